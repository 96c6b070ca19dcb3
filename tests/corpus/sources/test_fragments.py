"""HTML in the text of rows is read as a reader sees it; code, mathematics and words about tags lose nothing."""

import io
import json
import sys
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from processor_time import least_seconds

from malmoi.corpus.sources import arrow_rows
from malmoi.corpus.sources.files import read as read_all
from malmoi.corpus.sources.fragments import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.loose import read_loose
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

READ = {
    "paragraphs and a script": ("<p>첫 문단</p>\n<script>var a = '<p>';</script><p>둘째</p>", "첫 문단\n\n둘째"),
    "lines of an old board": ("<P>옛 게시판<BR>글<P>둘째 문단<BR>끝", "옛 게시판\n글\n\n둘째 문단\n끝"),
    "breaks alone": ("첫 줄<br>둘째 줄<br/>셋째<br />", "첫 줄\n둘째 줄\n셋째"),
    "marks of a search": ("<b>말모이</b> &quot;사전&quot; 검색 결과", '말모이 "사전" 검색 결과'),
    "marks in lines of their own": ("첫 줄 <b>굵게</b>\n둘째 줄", "첫 줄 굵게\n둘째 줄"),
    "a list without ends": ("<ul><li>하나<li>둘</ul>", "- 하나\n- 둘"),
    "a table": ("<table><tr><td>가<td>나</tr><tr><td>다</td><td>라</td></tr></table>", "| 가 | 나 |\n| 다 | 라 |"),
    "code of Stack Exchange": (
        "<p>질문: <code>&lt;br&gt;</code> 태그가 왜?</p><pre><code>List&lt;String&gt; a;\n  b &lt; c\n</code></pre>",
        "질문: <br> 태그가 왜?\n\n```\nList<String> a;\n  b < c\n```",
    ),
    "a hidden note": ("<!-- 숨김 <b> --><p>글</p>", "글"),
    "a style before the text": ("<style>p{}</style>글만 있다", "글만 있다"),
    "spaces that do not break": ("냉각수&nbsp;온도가&nbsp;오르면", "냉각수 온도가 오르면"),
    "tags behind references": ("첫 줄이다.&lt;br&gt;&nbsp;둘째 줄이다.", "첫 줄이다.\n둘째 줄이다."),
    "references of references": ("가&amp;amp;나 &amp;nbsp;다", "가&나  다"),
    "syllables by number": ("&#50504;&#45397;&#xD558;", "안녕하"),
    "less than": ("5 &lt; 6 이고 a &amp;&amp; b", "5 < 6 이고 a && b"),
    "signs before words that are no tags": (
        "<p><개정 2020.1.1> 제1조</p><p><b>가</b><br><3 나</p>", "<개정 2020.1.1> 제1조\n\n가\n<3 나"
    ),
    "a type behind references": ("List&lt;String&gt;을 쓴다", "List<String>을 쓴다"),
    "a feed that is cut off": ("<p>하나</p><p>둘</p><p>셋 <b>넷</b> <i>다섯", "하나\n\n둘\n\n셋 넷 다섯"),
}  # fmt: skip
LEFT = (
    "a < b 이고 c > d 이면 b<c 는?",
    "List<String> xs = new ArrayList<>();",
    "Map<String, List<p>> m; std::vector<a> x;",
    "if (a<b && c>d) return x;",
    "판별식 $D<0$ 이면 허근, $x<y>z$",
    "<b>굵게</b> 태그는 글자를 굵게 한다",
    "`<br>`는 줄을 바꾼다. `&nbsp;`는 빈칸이다.",
    "&lt;div&gt; 요소는 상자다",
    "HTML에서 &amp;는 이렇게 쓴다",
    "<뉴스데스크> 오늘의 말말말 <3 <-",
    "function App() {\n  return <div>안녕</div>;\n}",
    "<App className='a'><p>글</p></App>",
    "<b>열린 채로",
    "#include <stdio.h>\nint main() { return a<b; }",
    "AT&T와 R&D, Q&A; a&b;",
    "보낸 이: 가온 <gaon@example.com>, <https://a.kr>",
    "```\n<p>글</p>\n```",
    "<script>끝나지 않는다",
    "<!-- 끝나지 않는다 <p>글</p>",
    "꺾쇠 없는 글",
    "",
)


@pytest.mark.parametrize("case", READ)
def test_a_fragment_is_read_as_a_reader_sees_it(case):
    text, expected = READ[case]
    fragment = read(text)
    assert fragment is not None
    assert fragment.text == expected


@pytest.mark.parametrize("text", LEFT)
def test_what_is_no_fragment_loses_no_letter(text):
    assert read(text) is None


def test_a_field_that_says_html_is_read_as_html():
    fragment = read("이 <b>태그는 열린 채", is_html=True)
    assert fragment is not None
    assert fragment.text == "이 태그는 열린 채"


def documents(path) -> list:
    return [made for item in read_all(Input(path)) for made in to_documents(item, Input(path))]


def test_rows_of_jsonl_and_parquet_are_read_alike_and_keep_their_pictures(tmp_path):
    text = "<p>바닷가 <img src='https://a.example/b.png' alt='해변 사진'> 이야기</p>"
    rows = [{"text": text}, {"text": "글 <b>굵게</b>"}, {"text": "a&nbsp;b"}, {"text": "x < y"}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pq.write_table(pa.table({"text": [row["text"] for row in rows]}), tmp_path / "b.parquet")
    made = documents(tmp_path / "a.jsonl")
    assert [one["text"] for one in made] == ["바닷가 이야기", "글 굵게", "a b", "x < y"]
    assert made[0]["segments"][0]["caption"] == "해변 사진"
    items = arrow_rows.read(tmp_path / "b.parquet", Input(tmp_path / "b.parquet"))
    assert [type(item) for item in items] == [Raw, Raw, Raw, pa.RecordBatch]
    assert [one["text"] for one in documents(tmp_path / "b.parquet")] == [one["text"] for one in made]


def test_rows_of_markup_only_are_told_and_code_is_left_alone(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "<p></p><script>a</script>"}), encoding="utf-8")
    (told,) = read_all(Input(tmp_path))
    assert isinstance(told, Unreadable)
    assert told.reason == "no_text"
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "<p>Hi</p>", "kind": "code"}), encoding="utf-8")
    (code,) = read_all(Input(tmp_path))
    assert code.content == "<p>Hi</p>"


def test_rows_that_are_joined_may_be_fragments(tmp_path):
    rows = ["<p>하나</p>", "둘", "셋 &amp; 넷"]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"text": row}) for row in rows), encoding="utf-8")
    (joined,) = read_all(Input(tmp_path, rows_per_document=3))
    assert joined.content == "하나\n둘\n셋 & 넷"


@pytest.mark.parametrize("start", ["<!DOCTYPE html>\n", "\ufeff<html>", "<!-- 저장 -->\n<HTML>", "\n<body>"])
def test_a_page_on_standard_input_is_read_as_a_page(start, monkeypatch):
    body = "보름달이 뜨는 밤에는 갯벌의 물이 가장 멀리 빠진다. 아이들은 조개를 캤다. " * 5
    page = f"{start}<head><title>갯벌</title></head><article><p>{body}</p></article>"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(page.encode())))
    (found,) = read_loose(["-"])
    assert (found.document or {})["text"] == body.strip()


@pytest.mark.parametrize(
    "piece", ["<script>", "<!--", "<p>", "</p>", "<b></b>", "&amp;", "<", "</script><script>", "&#"]
)
def test_hostile_rows_cost_linear_time(piece):
    def seconds(number: int) -> float:
        return least_seconds(lambda: read(piece * number))

    assert seconds(40_000) < 12 * seconds(10_000) + 0.2
