"""Damaged and hostile document files become rows of the ledger with a reason; none raises or hangs."""

import io
import random
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import made_documents as make
import pytest
from made_documents import STORY, documents, reasons, text_of
from small_batches import quiet

from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input

MADE = Path(__file__).parent / "made_elsewhere"
PLAIN_MAIL = f"From: a\r\nSubject: b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{STORY}".encode()
WHOLE = {
    "pdf": make.pdf(make.printed(STORY, 21, pages=2)),
    "hwp": make.hwp(make.hwp_paragraph(STORY) + make.hwp_paragraph("", 0, make.hwp_table([["가", "나"]]))),
    "hwpx": make.hwpx(make.hwpx_paragraph(f"<hp:t>{STORY}</hp:t>")),
    "docx": make.docx(make.docx_paragraph(STORY)),
    "xlsx": make.xlsx(("뱃삯", [["사람", 3]])),
    "pptx": make.pptx(make.pptx_shape(STORY)),
    "epub": make.epub({"a.xhtml": f"<p>{STORY}</p>"}, {"a.xhtml": "하나"}),
    "eml": PLAIN_MAIL,
    "mht": (MADE / "chromium.mht").read_bytes(),
    "xls": (MADE / "libreoffice.xls").read_bytes(),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_that_is_cut_short_is_told_or_read_in_part(tmp_path, kind):
    content = WHOLE[kind]
    for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97):
        found = documents(tmp_path, f"a.{kind}", content[: max(1, int(share * len(content)))])
        assert found, share
        assert all(one.reason != "failed" for one in found if not isinstance(one, dict))


@pytest.mark.parametrize("kind", WHOLE)
def test_changed_bytes_never_raise(tmp_path, kind):
    chance = random.Random(7)
    for _ in range(40):
        content = bytearray(WHOLE[kind])
        for _ in range(chance.choice([1, 5, 50])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        assert documents(tmp_path, f"a.{kind}", bytes(content))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_package_that_is_packed_in_another_way_and_damaged_is_told(tmp_path, method):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE["docx"])) as whole, zipfile.ZipFile(made, "w", method) as packed:
        for name in whole.namelist():
            packed.writestr(name, whole.read(name))
        at = packed.getinfo("word/document.xml").header_offset + 70
    content = bytearray(made.getvalue())
    assert text_of(tmp_path, "a.docx", bytes(content)) == STORY
    content[at : at + 30] = b"\xff" * 30
    assert [reason for reason, _ in reasons(documents(tmp_path, "b.docx", bytes(content)))] == ["malformed_document"]


@pytest.mark.parametrize("kind", ["pdf", "hwp", "hwpx", "docx", "xlsx", "pptx", "epub", "xls"])
@pytest.mark.parametrize(
    "content", [b"\0" * 100, b"plain words", bytes(range(256)) * 9, b"%PDF-", b"PK\3\4", b"\xff\xfe"]
)
def test_a_file_that_only_has_the_name_is_told(tmp_path, kind, content):
    found = documents(tmp_path, f"a.{kind}", content)
    assert [one.reason for one in found] == ["malformed_document"]


def rewritten(content, name, change):
    """A package with one member changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members[name] = change(members[name])
    return make.package(members)


MAIN_MEMBERS = [
    ("docx", "word/document.xml"),
    ("hwpx", "Contents/section0.xml"),
    ("pptx", "ppt/slides/slide1.xml"),
    ("xlsx", "xl/worksheets/sheet1.xml"),
    ("epub", "OEBPS/book.opf"),
]


@pytest.mark.parametrize(("kind", "member"), MAIN_MEMBERS)
def test_a_member_that_unpacks_to_far_too_much_is_a_bomb(tmp_path, kind, member):
    content = rewritten(WHOLE[kind], member, lambda xml: xml + b" " * 70_000_000)
    assert len(content) < 1_000_000
    assert reasons(documents(tmp_path, f"a.{kind}", content))[0][0] == "decompression_bomb"


@pytest.mark.slow
def test_many_members_share_one_budget(tmp_path):
    chapters = {f"{number}.xhtml": " " * 60_000_000 for number in range(5)}
    assert reasons(documents(tmp_path, "a.epub", make.epub(chapters)))[0][0] == "decompression_bomb"


def test_a_section_of_hwp_that_unpacks_to_far_too_much_is_a_bomb(tmp_path):
    deflate = zlib.compressobj(1, wbits=-15)
    packed = b"".join(deflate.compress(bytes(1_000_000)) for _ in range(300)) + deflate.flush()
    content = make.hwp(b"", preview=None, **{"BodyText/Section0": packed})
    assert reasons(documents(tmp_path, "a.hwp", content))[0][0] == "decompression_bomb"


LAUGHS = '<!DOCTYPE x [<!ENTITY a "{0}"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(("kind", "member"), MAIN_MEMBERS[:3])
@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused(tmp_path, kind, member, head, encoding):
    def with_entity(xml):
        return (head + xml.decode().replace("강변", "&a;")).encode(encoding)

    ((reason, detail),) = reasons(documents(tmp_path, f"a.{kind}", rewritten(WHOLE[kind], member, with_entity)))
    assert reason == "malformed_document" and "defines XML entities" in detail


@pytest.mark.parametrize(("kind", "member"), MAIN_MEMBERS[:3])
def test_xml_that_nests_without_end_is_refused(tmp_path, kind, member):
    content = rewritten(WHOLE[kind], member, lambda _: b"<a>" * 100_000 + b"</a>" * 100_000)
    ((reason, detail),) = reasons(documents(tmp_path, f"a.{kind}", content))
    assert reason == "malformed_document" and "nests deeper" in detail


def test_records_of_hwp_that_nest_without_end_are_refused(tmp_path):
    section = b"".join(make.hwp_record(71, level, b"tbl "[::-1]) for level in range(1000))
    content = make.hwp(section, preview=None)
    ((reason, detail),) = reasons(documents(tmp_path, "a.hwp", content))
    assert reason == "malformed_document" and "nests deeper" in detail


def test_a_damaged_section_of_hwp_leaves_the_preview_and_says_so(tmp_path):
    found = documents(tmp_path, "a.hwp", make.hwp(b"", **{"BodyText/Section0": b"\xff" * 500}))
    assert found[0]["text"] == "미리 보기의 글"
    ((reason, detail),) = reasons(found)
    assert reason == "malformed_document" and detail.startswith("only the preview")


def test_two_cells_at_the_corners_of_a_sheet_do_not_fill_the_memory(tmp_path):
    far = b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    content = rewritten(WHOLE["xlsx"], "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", far))
    assert reasons(documents(tmp_path, "a.xlsx", content)) == [("too_large", "cells in 1048576 rows of 16384 columns")]


def test_mails_inside_mails_without_end_are_refused_or_read(tmp_path):
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(3000))
    found = documents(tmp_path, "a.eml", ("From: a\r\n" + deep + "\r\nwords").encode())
    assert [one.reason for one in found] == ["malformed_document"]


def test_a_mail_of_very_many_parts_is_refused(tmp_path):
    body = "--x\r\n\r\na\r\n" * 20_000
    content = f"From: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{body}--x--".encode()
    assert [one.reason for one in documents(tmp_path, "a.eml", content)] == ["malformed_document"]


def test_pages_of_a_pdf_that_hold_themselves_end(tmp_path):
    content = WHOLE["pdf"].replace(b"/Kids[7 0 R", b"/Kids[2 0 R")
    assert content != WHOLE["pdf"]
    assert documents(tmp_path, "a.pdf", content)


def test_a_pdf_that_claims_a_thousand_million_pages_ends(tmp_path):
    content = WHOLE["pdf"].replace(b"/Count 2/", b"/Count 999999999/")
    assert content != WHOLE["pdf"]
    assert documents(tmp_path, "a.pdf", content)


def test_scripts_and_addresses_in_a_pdf_do_nothing(tmp_path):
    marker = tmp_path / "ran"
    action = b"/OpenAction<</S/JavaScript/JS(app.launchURL\\('file://%s'\\))>>" % str(marker).encode()
    content = WHOLE["pdf"].replace(b"/Type/Catalog", b"/Type/Catalog" + action)
    assert STORY.split()[0] in text_of(tmp_path, "a.pdf", content)
    assert not marker.exists()


def test_a_pdf_of_very_many_pages_is_read(tmp_path):
    page = [("나루터에 배가 닿았다.", 40, 500, 10)]
    assert text_of(tmp_path, "a.pdf", make.pdf([page] * 1500)).count("나루터") == 1500


def test_links_out_of_a_package_name_no_file(tmp_path):
    secret = tmp_path / "secret.xhtml"
    secret.write_text("<p>비밀</p>")
    content = rewritten(WHOLE["epub"], "OEBPS/book.opf", lambda opf: opf.replace(b"a.xhtml", b"../../secret.xhtml"))
    found = documents(tmp_path, "a.epub", content)
    assert found
    assert "비밀" not in str(found)


def test_a_file_larger_than_the_input_allows_is_told(tmp_path):
    assert reasons(documents(tmp_path, "a.pdf", WHOLE["pdf"], max_bytes_per_document=500)) == [
        ("too_large", "more than 500 bytes; raise max_bytes_per_document of the input")
    ]


def test_what_hangs_inside_a_library_ends_its_process_and_says_where():
    module = "malmoi.corpus.sources.document_files.limits"
    code = f"from {module} import time_limit\nwith time_limit(0.2):\n    while True: pass"
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1 and "Timeout" in ended.stderr


HOSTILE_TREE = make.docx("<w:p/>" * 1_500_000)
"""Some 20 kB; 9 MB unpacked, of which a tree takes 150 MB."""


IN_A_NEW_PROCESS = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import made_documents as made
from malmoi.corpus.sources.document_files import read
read.MOST_MEMORY_BYTES = 60_000_000
folder, limit = Path(sys.argv[1]), resource.getrlimit(resource.RLIMIT_AS)
print(made.reasons(made.documents(folder, "a.docx", (folder / "tree").read_bytes())))
print(resource.getrlimit(resource.RLIMIT_AS) == limit, made.text_of(folder, "b.docx", (folder / "whole").read_bytes()))
"""


def test_a_file_that_takes_more_memory_than_it_may_is_told_and_the_next_is_read(tmp_path):
    """In a process of its own: one that has run other tests has memory to give away, which no limit counts again."""
    (tmp_path / "tree").write_bytes(HOSTILE_TREE)
    (tmp_path / "whole").write_bytes(WHOLE["docx"])
    words = [sys.executable, "-c", IN_A_NEW_PROCESS, str(tmp_path), str(Path(make.__file__).parent)]
    told, after = subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout.split("\n", 1)
    expected = "reading it takes more than 60000000 bytes of memory; split it into several files"
    assert (told, after.strip()) == (str([("too_large", expected)]), f"True {STORY}")


def test_what_a_library_takes_beyond_the_limit_ends_no_more_than_its_process():
    module = "malmoi.corpus.sources.document_files.limits"
    take = "libc.malloc.restype = ctypes.c_void_p\nwhile libc.malloc(1 << 20): pass\nprint('no memory')"
    code = f"import ctypes\nfrom {module} import memory_limit\nlibc = ctypes.CDLL(None)\n"
    code += "with memory_limit(100 << 20):\n    " + take.replace("\n", "\n    ")
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, "no memory\n")


@pytest.mark.slow
def test_a_build_accounts_for_every_file(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for kind, content in WHOLE.items():
        (folder / f"whole.{kind}").write_bytes(content)
        (folder / f"cut.{kind}").write_bytes(content[: len(content) // 3])
    (folder / "pictures.pdf").write_bytes(make.pdf([b"picture"] * 2))
    counts = build(CorpusRecipe(inputs=(Input(folder),), processes=1), tmp_path / "out", quiet)
    assert counts["documents_in"] == counts["documents_kept"] + counts["documents_dropped"] >= 2 * len(WHOLE) + 1
    assert {"malformed_document", "needs_ocr"} <= set(counts["dropped_by_reason"])
