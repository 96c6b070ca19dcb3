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


def test_an_archive_in_a_folder_that_holds_nothing_wanted_is_passed_over(tmp_path):
    put_archive(tmp_path)
    (tmp_path / "소설").mkdir()
    (tmp_path / "소설" / "둘.txt").write_text("라마바", encoding="utf-8")
    items = list(read(Input(tmp_path, include=("소설/*",))))
    assert [item.origin_file for item in items] == ["소설/둘.txt"]
    assert isinstance(items[0], Raw)


def test_an_archive_that_is_the_input_tells_when_the_filter_leaves_nothing(tmp_path):
    put_archive(tmp_path)
    items = list(read(Input(tmp_path / "글.tar.gz", include=("소설/*",))))
    assert isinstance(items[0], Unreadable)
    assert items[0].reason == "empty"
    assert [item.origin_file for item in read(Input(tmp_path, include=("시/*",)))] == ["글.tar.gz!시/하나.txt"]
