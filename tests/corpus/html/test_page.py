import unicodedata

import pyarrow as pa
import pytest

from malmoi.corpus.document import DAMAGE, SCHEMA
from malmoi.corpus.html.core_region import MAX_PAGE_BYTES
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.record import AUTHOR, author_everywhere, author_hash, clean_text
from malmoi.corpus.sources.web_page import to_document

SOURCE = Input("unused", name="모둠", licence="CC0")


def document(content, form="text", source=SOURCE, **fields):
    return to_document(Raw(content, form, "a.txt", 7, len(content), fields), source)


def test_a_document_fits_the_schema_in_full():
    found = document(
        "글",
        title="제목",
        author="김말이",
        published="2021-05-25",
        popularity=3.0,
        turns=[{"speaker": "가", "text": "나", "role": "post"}],
    )
    damage = found.pop(DAMAGE)
    assert found.pop("source_verdict") is None
    assert found.pop(AUTHOR) == author_everywhere("김 말이")
    table = pa.Table.from_pylist([found], SCHEMA)
    assert table.to_pylist() == [found]
    assert set(found) == set(SCHEMA.names)
    assert damage == 0.0
    assert found["origin"] == {"file": "a.txt", "offset": 7}
    assert found["source"] == {
        "kind": "web", "name": "모둠", "url": None, "category": None, "author_hash": author_hash("김말이", "모둠"),
        "published": "2021-05-25", "licence": "CC0", "popularity": 3.0, "language": None,
    }  # fmt: skip


def test_an_author_is_a_hash_of_name_and_place_and_nothing_else():
    assert author_hash("김말이", "모둠") == author_hash(unicodedata.normalize("NFD", "김말이"), "모둠")
    assert len({author_hash("김말이", "모둠"), author_hash("김말이", "다른 곳"), author_hash("김말", "모둠")}) == 3
    found = document("글", author="김말이")
    assert "김말이" not in str(found)
    assert len(found["source"]["author_hash"]) == 16


def test_ids_follow_the_source_and_the_raw_content_only():
    same = [document("글", title="가"), document("글", title="나"), document("글".encode(), "text")]
    assert len({found["id"] for found in same}) == 1
    others = [
        document("글."),
        document("글", url="https://a.kr"),
        to_document(Raw("글", "text", "b.txt", 7, 3), SOURCE),
    ]
    assert len({found["id"] for found in [same[0], *others]}) == 4


@pytest.mark.parametrize(
    ("given", "input_kind", "kind"),
    [("cafe", None, "cafe"), ("cafe", "news", "news"), (None, "law", "law"), (None, None, "web")],
)
def test_the_input_decides_the_kind_before_the_row(given, input_kind, kind):
    assert document("글", source=Input("unused", kind=input_kind), kind=given)["source"]["kind"] == kind


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (unicodedata.normalize("NFD", "값을 매기다"), "값을 매기다"),
        ("한글", "한글"),
        ("첫 줄  \r\n둘째\t\n\r셋째\r", "첫 줄\n둘째\n\n셋째"),
        ("앞\u0000\u0007\ufeff뒤\f다음", "앞뒤\n다음"),
        ("👨‍👩‍👧 ㅋㅋ ᄒᆞᆫ글 ㆍ", "👨‍👩‍👧 ㅋㅋ ᄒᆞᆫ글 ㆍ"),
        ("\n\n 글 \n", "글"),
        ("\x7f", ""),
    ],
)
def test_texts_are_nfc_with_plain_line_ends(text, clean):
    assert clean_text(text) == clean
    assert clean_text(clean) == clean


def test_halves_of_surrogate_pairs_become_damage_that_can_be_stored():
    found = document("글 \ud83d 글", title="\udc00제목", turns=[{"speaker": "\ud800", "text": "\ud800말"}])
    assert found["text"] == "글 \ufffd 글"
    assert found[DAMAGE] == pytest.approx(1 / 5)
    assert pa.Table.from_pylist([found], SCHEMA).num_rows == 1


def test_damage_counts_replacement_characters_of_any_origin():
    assert document("\ufffd\ufffd글자")[DAMAGE] == 0.5
    assert 0 < document("강원 강릉시에 올겨울 첫눈".encode()[:-1])[DAMAGE] < 0.1


def test_front_matter_and_heading_give_a_markdown_document_its_metadata():
    text = (
        "---\n공포일자: 2021-05-25\n출처: https://law.go.kr/법령/민법\n---\n# 민법\n\n<!-- 목차 -->\n\n\n제1조 (법원)"
    )
    found = document(text, "markdown")
    assert (found["title"], found["text"]) == ("민법", "# 민법\n\n제1조 (법원)")
    assert (found["source"]["published"], found["source"]["url"]) == ("2021-05-25", "https://law.go.kr/법령/민법")


@pytest.mark.parametrize("kind", ["dialogue", "comment"])
def test_dialogues_get_their_turns(kind):
    found = document("민수: 안녕\n영희: 응", source=Input("unused", kind=kind))
    assert found["turns"] == [
        {"speaker": "민수", "text": "안녕", "role": None},
        {"speaker": "영희", "text": "응", "role": None},
    ]
    assert document("민수: 안녕\n영희: 응", source=Input("unused", kind="book"))["turns"] is None


def test_a_page_in_cp949_with_a_header_and_a_site_of_its_own():
    head = '<head><title>첫눈</title><meta property="og:site_name" content="눈 소식"></head>'
    page = f"<html>{head}<body><p>첫눈이 왔다.</p><p>끝.</p></body></html>"
    found = document(page.encode("cp949"), "html", charset="euc-kr", url="https://blog.naver.com/1")
    assert found["text"] == "첫눈이 왔다.\n\n끝."
    assert (found["title"], found["source"]["name"], found["source"]["kind"]) == ("첫눈", "눈 소식", "blog")


@pytest.mark.parametrize(
    ("content", "form", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n", "text", "binary"),
        (b"abc\0\0def", "html", "binary"),
        (bytes(range(0x80, 0x100)) * 3, "text", "encoding"),
        ("\u0000 \ufeff", "text", "no_text"),
        ("<!-- 주석뿐 -->", "markdown", "no_text"),
        ("<html><body></body></html>", "html", "no_text"),
        ("<p>" + "x" * MAX_PAGE_BYTES, "html", "too_large"),
    ],
)
def test_content_without_text_is_unreadable_with_its_offset(content, form, reason):
    found = document(content, form)
    assert isinstance(found, Unreadable)
    assert (found.reason, found.origin_file, found.origin_offset, found.raw_bytes) == (reason, "a.txt", 7, len(content))
