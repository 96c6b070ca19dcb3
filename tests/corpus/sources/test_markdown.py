import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processor_time import least_seconds

from malmoi.corpus.sources import notebook
from malmoi.corpus.sources.figures import Figures
from malmoi.corpus.sources.front_matter import split_front_matter
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.markdown import clean, first_heading
from malmoi.corpus.sources.markdown_blocks import split_blocks
from malmoi.corpus.sources.markdown_inline import rewritten
from malmoi.corpus.sources.markdown_plain import cleaned_plain
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_document

CLEANED = {
    "앞<!-- 숨은\n말 -->뒤": "앞뒤",
    "# <a name=\"top\"></a>제목": "# 제목",
    "[민법](../민법.md)을 보라": "민법을 보라",
    "[위키](https://ko.wikipedia.org/wiki/말모이_(사전)) 참고": "위키 참고",
    "[정의][1]와 ![그림](a.png \"제목\")끝\n\n[1]: https://a.kr": "정의와 끝\n\n",
    "[정의]와 [다른 말][]\n\n[정의]: /가 '제목'\n[다른 말]: #나": "정의와 다른 말\n\n",
    "[정의]\n\n[정의]: first\n[정의]: second": "정의\n\n",
    "[![배지](b.svg)](https://ci.kr)": "",
    "[`stackalloc`](a.md) 식": "`stackalloc` 식",
    "[!INCLUDE [공유](../a.md)]\n본문": "\n본문",
    "[!code-csharp[예](a.cs#1)]\n본문": "\n본문",
    "> [!NOTE]\n> 알아 두세요": "> 알아 두세요",
    "[1]: https://a.kr \"제목\"\n본문": "본문",
    "<xref:System.String.Format%2A?displayProperty=nameWithType> 메서드": "System.String.Format 메서드",
    "첫째<br/>둘째": "첫째 둘째",
    "H<sub>2</sub>O와 2<sup>10</sup>, 1<sup>st</sup>": "H₂O와 2¹⁰, 1st",
    "<table>\n<tr><td>하나</td><td>둘</td></tr>\n</table>": "\n하나 둘\n",
    "<div class=\"x\">상자</div>": "상자",
    "<style>a{}</style>글<script>b()</script>": "글",
    "그림 data:image/png;base64," + "A" * 90 + " 뒤": "그림  뒤",
    "  1\\. 첫째\n  가\\. 둘째": "  1. 첫째\n  가. 둘째",
    "## 개요 {#overview}": "## 개요",
    "## 개요 {/*overview*/}": "## 개요",
    "&lt;div&gt; &amp; &#44032;": "<div> & 가",
    "\\<script> \\[글\\] \\`": "<script> [글] `",
    "> - [가](/나) `<b>`\n>   뒤 <b>굵게</b>": "> - 가 `<b>`\n>   뒤 굵게",
    "| [가](/b) | `a\\|b` |\n|---|---|\n| <br>나 | ![x](y.png) |": "| 가 | `a\\|b` |\n|---|---|\n|  나 |  |",
    "[가\n나](/다\n'제목') 뒤": "가\n나 뒤",
    "`가 <!--`와 <!-- 주석 --> 뒤": "`가 <!--`와  뒤",
    "<Intro>\n\n글 <CodeStep step={1}>한 걸음</CodeStep>\n\n</Intro>": "\n\n글 한 걸음\n\n",
    "<p>첫 문단<p>둘째 <b>문단</b><li>하나": "첫 문단 둘째 문단 하나",
    "<details>\n<summary>[요약](a.md)</summary>\n\n본문\n\n</details>": "\n요약\n\n본문\n\n",
    "<script>\n\nvar 가;\n</script>\n본문": "\n본문",
    "<pre>\n[가](나) &lt;\n</pre>": "\n[가](나) <\n",
    "<!-- 주석\n\n더 --> 뒤 [가](/b)": "뒤 가",
    "글 <script>var 가 = 1;</script> 뒤": "글  뒤",
    "C:\\Users\\가 \\# \\*": "C:\\Users\\가 # *",
    "<https://말모이.kr>로": "https://말모이.kr로",
}  # fmt: skip
UNTOUCHED = [
    "제1조 <개정 2013.3.23, 2025.10.1>",
    "| 가 | 나 |\n|---|---|\n| 1 | 2 |",
    "**굵게** *기울임* ~~지움~~",
    "a < b 이고 b > c 이면",
    "`<div>` 와 `[a](b)` 는 코드다",
    "```html\n<div><!-- 주석 --></div>\n[a](b)\n```",
    "~~~\n```\n[a](b)\n```\n~~~",
    "수식 \\left\\{ x \\right\\}",
    "목록[1]과 표(2)",
    "한글 [대괄호] 글",
    "끝나지 않는 <!-- 주석\n\n다음 문단",
    "<!-- 줄 처음에서 끝나지 않는 주석\n\n다음 문단",
    "본문에 <style> 을 쓰면 바뀐다.\n\n다음 문단",
    "`<script>` 요소를 넣는다.\n\n- 끝으로 `<style>`은 쓰지 않는다.",
    "``코드 ` 안 <script>`` 뒤",
    "`여러 줄\n코드 <!--` 뒤 -->",
    "[기자]: 이번 사업은 언제 끝나나요?\n\n[시장]: 네.\n\n[시장]: 네, 충분합니다.",
    "[Q]: Yes\n\n[A]: OK",
    "말[^1]\n\n[^1]: 이 각주는\n[^2]: https://a.kr\n[^3]: 혼자",
    "a[i][j] 를 b[k](x) 처럼, [3][4]",
    "[별표 1](제3조 관련)과 [별지 제2호서식](앞쪽)",
    "제네릭 List<T>와 Dictionary<string>",
    "글에 <!DOCTYPE html>을 쓰면",
    "    [들여 쓴](코드) <b>\n\n뒤",
    ":::note 제목\n\n글\n\n:::",
    "- 가\n\n  ```\n  [나](다)\n  ```\n\n뒤",
    "[-][d.]hh:mm",
    "본문에서 <script>를 쓰고 </script>로 닫는다",
    "<script> 태그를 쓴다.\n\n본문이다.\n\n`</script>`로 닫는다.",
    "`[가](b.md)` 는 코드다",
    "<!-- 끝나지 않는 주석\n\n    [들여 쓴](코드.md)",
    "<홍길동전>과 <춘향전>",
]


@pytest.mark.parametrize("text", CLEANED)
def test_what_only_a_site_builder_reads_goes(text):
    assert clean(text) == CLEANED[text]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_prose_and_code_stay_as_they_are(text):
    assert clean(text) == text


def test_code_and_prose_side_by_side():
    text = "[가](1)\n```\n[나](2)\n```\n[다](3) `[라](4)` [마](5)\n끝나지 않는 코드\n```\n[바](6)"
    assert clean(text) == "가\n```\n[나](2)\n```\n다 `[라](4)` 마\n끝나지 않는 코드\n```\n[바](6)"


def test_front_matter_is_metadata_and_not_text():
    text = (
        "---\n제목: 민법\n공포일자: 2026-06-02\n소관부처:\n- 법무부\n첨부파일:\n"
        + "- 하나\n" * 2000
        + "출처: https://a.kr\n---\n\n# 민법\n"
    )
    table, rest = split_front_matter(text)
    assert (table["제목"], str(table["공포일자"]), table["출처"]) == ("민법", "2026-06-02", "https://a.kr")
    assert "첨부파일" not in table
    assert rest == "# 민법\n"


def test_front_matter_that_is_not_quite_yaml_is_read_by_lines():
    table, rest = split_front_matter("---\ntitle: 말: 말의 말: [\nauthor: '김말이'\n---\n글")
    assert (table["title"], table["author"], rest) == ("말: 말의 말: [", "김말이", "글")


@pytest.mark.parametrize("text", ["---\n글\n글", "--- 글", "글\n---\na: b\n---\n", "----\n글\n----\n", "", "---"])
def test_rules_and_other_beginnings_are_no_front_matter(text):
    assert split_front_matter(text) == ({}, text)


def test_a_front_matter_of_aliases_does_not_grow():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert split_front_matter(f"---\n{bomb}title: 제목\n---\n글") == ({"title": "제목"}, "글")


def test_the_first_heading_of_the_first_level_is_found():
    assert first_heading("글\n## 둘째\n# 첫째 #\n# 다음") == "첫째"
    assert first_heading("글") is None


def test_front_matter_that_multiplies_itself_by_merging_costs_nothing():
    levels = ", ".join(f"y{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}]}}" for level in range(1, 8))
    text = f"---\ntitle: 제목\ncategory: {{x: &a0 {{k: v}}, {levels}}}\n---\n본문"
    assert least_seconds(lambda: split_front_matter(text)) < 0.5
    table, body = split_front_matter(text)
    assert (table["title"], body) == ("제목", "본문")


def test_a_comment_in_a_block_of_code_is_no_title():
    text = "```python\n# Licensed under the Apache License\nx = 1\n```\n\n# 환경 설정\n\n글이에요.\n~~~\n# 끝까지 코드"
    assert first_heading(text) == "환경 설정"
    assert first_heading("~~~\n# 닫히지 않은 코드") is None


PIECES = st.sampled_from(
    '가 나 \n \n\n ` `` [ ] ( ) ]( /b b.md < > <b> </b> <T> ! \\\\ \\. * _ & &lt; - # | " : ]: ~~~ ```'
    " $$ {#a} <!-- --> 1. >".split(" ")
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_the_quick_way_gives_the_text_of_the_parser(text: str):
    plain = cleaned_plain(text)
    if plain is None or "\n" in text or text != text.strip() or text[:1] in "#->1|*_":
        return
    assert plain == "\n".join(line for line, _ in rewritten(text, {}, Figures()))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_parts_are_the_whole_text(text: str):
    assert "\n".join(part for part, _ in split_blocks(text)) == text


NO_MARKUP = ["가", "나다", "\n\n", "\n", "- ", "> ", "# ", "1. ", " ", "*", "_", "`", "[", "]", "<", "  "]


@given(st.lists(st.sampled_from(NO_MARKUP)))
def test_no_word_goes_where_nothing_is_markup_but_signs(pieces: list[str]):
    text = "".join(pieces)
    assert re.findall("[가-힣]", clean(text)) == re.findall("[가-힣]", text)


HOSTILE = ["`", "`a", "[", "![", "[a](", "](", "<", "<a ", "<!--\n", "<!--\n\n", "<?", "*a_ ", "> ", "> > a\n",
           "- ", "|a", "[a]: b\n", "&#", "\\[", "{/*", "<style>", "<T>", "<pre>\n", "~~~a\n```\n", "[a](b)", "<xref:",
           "- [a](b)\n\n  c\n", "a\n=\n"]  # fmt: skip


@pytest.mark.parametrize("sign", HOSTILE)
def test_a_text_made_to_hang_takes_linear_time(sign: str):
    """20,000 characters, then eight times as many: quadratic time would be 64 times as much."""
    short, long = (sign * (size // len(sign)) for size in (20_000, 160_000))
    assert least_seconds(lambda: clean(long)) < 30 * max(least_seconds(lambda: clean(short)), 0.02)


def test_a_notebook_keeps_what_its_cells_say_about_markup():
    cells = [
        {"cell_type": "markdown", "source": ["`<script>` 요소를 넣는다.\n", "[기자]: 언제 끝나나요?"]},
        {"cell_type": "code", "source": "글 = '````'  # <!-- 주석"},
        {"cell_type": "markdown", "source": "끝으로 <style> 을 쓰면 [글꼴](a.md)이 바뀐다."},
    ]
    content = json.dumps({"cells": cells, "nbformat": 4}).encode()
    raw = notebook.read(content, "a.ipynb")
    assert isinstance(raw, Raw)
    found = to_document(raw, Input(Path("unused")))
    assert isinstance(found, dict)
    assert found["text"].split("\n\n") == [
        "`<script>` 요소를 넣는다.\n[기자]: 언제 끝나나요?",
        "`````python\n글 = '````'  # <!-- 주석\n`````",
        "끝으로 <style> 을 쓰면 글꼴이 바뀐다.",
    ]


@pytest.mark.parametrize(
    "of", ["![그림]({})", "<p><img src='{}'> 뒤</p>", "앞 {} 뒤", "| 가 |\n|---|\n| ![그림]({}) |"]
)
def test_a_picture_of_any_size_in_a_text_is_no_text(of):
    picture = "data:image/png;base64," + "A" * 60_000
    cleaned = clean(f"첫 문단이다.\n\n{of.format(picture)}\n\n끝 문단이다.")
    assert "AAAA" not in cleaned
    assert cleaned.startswith("첫 문단이다.\n\n")
    assert cleaned.endswith("\n\n끝 문단이다.")


def test_a_picture_in_code_stays_however_large_it_is():
    code = "앞 `data:image/png;base64," + "A" * 60_000 + "` 뒤 [가](/나)"
    assert clean(code) == code.replace("[가](/나)", "가")
