import io
import tarfile

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable


def put_archive(folder):
    with tarfile.open(folder / "글.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("시/하나.txt")
        entry.size = 9
        archive.addfile(entry, io.BytesIO("가나다".encode()))


def test_what_patterns_leave_out_is_counted_in_the_folder_and_in_an_archive(tmp_path):
    put_archive(tmp_path)
    (tmp_path / "소설").mkdir()
    (tmp_path / "소설" / "둘.txt").write_text("라마바", encoding="utf-8")
    items = list(read(Input(tmp_path, include=("소설/*",))))
    assert [item.origin_file for item in items] == ["글.tar.gz", "소설/둘.txt"]
    assert items[0].detail == "1 member is left out by include and exclude (시/하나.txt)"
    assert items[0].raw_bytes == 9
    assert isinstance(items[1], Raw)
    out = list(read(Input(tmp_path, exclude=("*.txt", "*.gz"), include=("*.none",))))[-1:]
    assert not out
    item = list(read(Input(tmp_path, exclude=("*.txt",))))[-1]
    assert isinstance(item, Unreadable)
    assert (item.reason, item.detail) == ("left_out", "1 file is left out by include and exclude (소설/둘.txt)")


def test_an_archive_that_is_the_input_tells_when_the_filter_leaves_nothing(tmp_path):
    put_archive(tmp_path)
    items = list(read(Input(tmp_path / "글.tar.gz", include=("소설/*",))))
    assert isinstance(items[0], Unreadable)
    assert items[0].reason == "left_out"
    assert [item.origin_file for item in read(Input(tmp_path, include=("시/*",)))] == ["글.tar.gz!시/하나.txt"]
