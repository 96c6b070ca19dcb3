"""Names of files and members, zip archives, pages that are known by their bytes, and what has no reader."""

import io
import json
import subprocess
import tarfile
import unicodedata
import zipfile
from shutil import which

import pytest
import zstandard

from malmoi.corpus.sources import files, streams
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.listing import is_archive
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

TEXT = "나루터에는 새벽마다 안개가 끼었고 사공은 노를 저어 강을 건넜다."
PAGE = f"<html><body><p>{TEXT}</p></body></html>"


def zip_of(**members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def items_of(folder, name, content, **settings):
    (folder / name).write_bytes(content)
    return list(read(Input(folder / name, **settings)))


def row(text=TEXT):
    return json.dumps({"text": text}, ensure_ascii=False)


def test_the_members_of_a_zip_are_read_by_their_suffixes(tmp_path):
    content = zip_of(**{"가/나.jsonl": row(), "다.txt": TEXT, "빈.txt": "", "폴더/": "", ".숨김/라.txt": TEXT})
    items = items_of(tmp_path, "말.zip", content)
    assert [(item.origin_file, type(item)) for item in items] == [
        ("말.zip!가/나.jsonl", Raw),
        ("말.zip!다.txt", Raw),
        ("말.zip!빈.txt", Unreadable),
    ]


def test_a_member_of_a_zip_without_a_name_is_an_item_as_any_other(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        nameless = zipfile.ZipInfo("x")
        nameless.filename = ""
        archive.writestr(nameless, TEXT)
        archive.writestr("나.txt", TEXT)
    items = items_of(tmp_path, "말.zip", made.getvalue())
    assert [item.origin_file for item in items] == ["말.zip!", "말.zip!나.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_of_a_zip_is_told_and_the_others_are_read(method, tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("가.txt", TEXT * 20)
        archive.writestr("나.txt", TEXT)
    content = bytearray(made.getvalue())
    content[50:70] = b"\xff" * 20
    bad, good = items_of(tmp_path, "말.zip", bytes(content))
    assert (bad.origin_file, bad.reason, bad.raw_bytes) == ("말.zip!가.txt", "damaged_archive", len(TEXT.encode()) * 20)
    assert (good.origin_file, good.content.decode()) == ("말.zip!나.txt", TEXT)


@pytest.mark.skipif(which("zip") is None, reason="needs the program zip")
def test_an_archive_of_the_program_zip_is_read(tmp_path):
    (tmp_path / "뉴스.txt").write_text(TEXT, "utf-8")
    subprocess.run(["zip", "-q", "-P", "열쇠", "locked.zip", "뉴스.txt"], cwd=tmp_path, check=True)
    subprocess.run(["zip", "-q", "open.zip", "뉴스.txt"], cwd=tmp_path, check=True)
    (item,) = read(Input(tmp_path / "open.zip"))
    assert item.origin_file == "open.zip!뉴스.txt"
    assert item.content.decode() == TEXT
    (item,) = read(Input(tmp_path / "locked.zip"))
    assert item.detail == "the member is encrypted: unpack the archive with its password first"


def test_zip64_and_a_stream_that_cannot_seek_are_read(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("a.txt", "w", force_zip64=True) as member:
        member.write(TEXT.encode())
    assert [item.content.decode() for item in items_of(tmp_path, "a.zip", made.getvalue())] == [TEXT]
    packed = zstandard.compress(made.getvalue())
    assert [item.content.decode() for item in items_of(tmp_path, "a.zip.zst", packed)] == [TEXT]


def test_an_archive_in_an_archive_is_read_and_one_more_is_refused(tmp_path):
    inner = zip_of(**{"글.txt": TEXT})
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("원천데이터.zip")
        entry.size = len(inner)
        archive.addfile(entry, io.BytesIO(inner))
    (item,) = items_of(tmp_path, "내려받은.tar", tar.getvalue())
    assert (item.origin_file, item.content.decode()) == ("내려받은.tar!원천데이터.zip!글.txt", TEXT)
    (item,) = items_of(tmp_path, "a.zip", zip_of(**{"b.tar": tar.getvalue()}))
    assert item.detail == "an archive inside an archive inside an archive: unpack the outer one first"


def test_damage_in_a_zip_costs_its_member_and_is_told(tmp_path):
    content = zip_of(**{"a.txt": TEXT * 20, "b.txt": TEXT})
    broken = bytearray(content)
    broken[60:70] = b"\xff" * 10
    first, second = items_of(tmp_path, "a.zip", bytes(broken))
    assert (first.reason, second.content.decode()) == ("damaged_archive", TEXT)
    (cut,) = items_of(tmp_path, "a.zip", content[:-30])
    assert (cut.reason, cut.raw_bytes) == ("truncated_archive", len(content) - 30)


@pytest.mark.parametrize("name", ["../밖.txt", "/etc/x.txt", "c:\\x.txt"])
def test_a_member_whose_name_leads_out_of_a_zip_is_refused(name, tmp_path):
    (item,) = items_of(tmp_path, "a.zip", zip_of(**{name: TEXT}))
    assert item.reason == "unsafe_member"


def test_a_zip_that_grows_beyond_measure_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "BOMB_FLOOR_BYTES", 1_000_000)
    content = zip_of(**{f"{n}.txt": bytes(900_000) for n in range(9)})
    items = items_of(tmp_path, "a.zip", content)
    assert "decompression_bomb" in {item.reason for item in items if isinstance(item, Unreadable)}
    assert len(items) == 9


def test_names_in_cp949_are_shown_in_korean(tmp_path):
    made = bytearray(zip_of(**{"xxxx.txt": TEXT}))
    korean = "뉴스".encode("cp949")
    archive = bytes(made).replace(b"xxxx", korean)
    (item,) = items_of(tmp_path, "a.zip", archive, include=("뉴스*",))
    assert item.origin_file == "a.zip!뉴스.txt"
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", encoding="cp949", format=tarfile.USTAR_FORMAT) as made_tar:
        entry = tarfile.TarInfo("뉴스/하나.txt")
        entry.size = len(TEXT.encode())
        made_tar.addfile(entry, io.BytesIO(TEXT.encode()))
    (item,) = items_of(tmp_path, "a.tar", tar.getvalue(), include=("뉴스/*",))
    assert item.origin_file == "a.tar!뉴스/하나.txt"


def test_a_pattern_matches_a_name_however_it_is_composed(tmp_path):
    for name in ("뉴스_하나.txt", unicodedata.normalize("NFD", "뉴스_둘.txt"), "잡담.txt"):
        (tmp_path / name).write_text(TEXT, "utf-8")
    for pattern in ("뉴스*", unicodedata.normalize("NFD", "뉴스*")):
        items = list(read(Input(tmp_path, include=(pattern,))))
        assert [type(item) for item in items] == [Raw, Raw, Unreadable]
        assert items[-1].detail == "1 file is left out by include and exclude (잡담.txt)"


@pytest.mark.parametrize(
    "name",
    [
        "view.do",
        "page.php",
        "index.html?no=12",
        "articleView.html?idxno=7",
        "UPPER.HTM",
        "noext",
        "a.html@id=3",
        "b.nhn",
    ],
)
@pytest.mark.parametrize("code", ["utf-8", "cp949", "utf-16"])
def test_a_page_is_known_by_its_bytes_where_its_name_does_not_tell(name, code, tmp_path):
    for page in (PAGE, f"<!DOCTYPE html>\n{PAGE}", f"\n<!-- 머리 -->\n{PAGE}"):
        (item,) = items_of(tmp_path, name, page.encode(code))
        assert (type(item), item.format) == (Raw, "html")


def test_a_text_without_a_suffix_is_read_and_a_program_is_not(tmp_path):
    (item,) = items_of(tmp_path, "읽어두기", TEXT.encode())
    assert (type(item), item.format) == (Raw, "text")
    (item,) = items_of(tmp_path, "page.php", b"<?php echo 1; ?>")
    assert item.reason == "unsupported_format"


@pytest.mark.parametrize("name", ["글.md", "글.mdx", "글.Rmd", "글.qmd", "글.mdown", "글.mkd"])
def test_markdown_is_read_under_all_names_that_writers_give_it(name, tmp_path):
    content = f"---\ntitle: 나루터\n---\n<Banner\n    chapter={{1}}\n/>\n\n{TEXT}\n\n```{{r}}\nx <- c(1, 3)\n```\n"
    (item,) = items_of(tmp_path, name, content.encode())
    assert isinstance(item, Raw)
    (document,) = to_documents(item, Input(tmp_path))
    assert (document["title"], document["text"]) == ("나루터", f"{TEXT}\n\n```{{r}}\nx <- c(1, 3)\n```")


def test_every_suffix_without_a_reader_has_a_way_on_in_both_languages(tmp_path):
    for suffix, way in files.ways_on().items():
        assert suffix not in files.TABLES
        assert suffix not in files.DOCUMENTS
        assert not is_archive(f"a{suffix}")
        (item,) = items_of(tmp_path, f"a{suffix}", b"\x01\x02 content")
        assert item.reason == "unsupported_format"
        assert way in item.detail
        assert any("가" <= letter <= "힣" for letter in way)
    (item,) = items_of(tmp_path, "a.unknown", b"x")
    assert "convert it to text, HTML, JSON Lines or Parquet first" in item.detail


def test_a_zstd_window_beyond_the_limit_is_told_as_such(tmp_path):
    options = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    packed = zstandard.ZstdCompressor(compression_params=options).compressobj()
    content = packed.compress(row().encode()) + packed.flush()
    (item,) = items_of(tmp_path, "a.jsonl.zst", content)
    assert item.reason == "too_large"
    assert "window is 256 MiB" in item.detail
    assert "zstd --long=27" in item.detail
