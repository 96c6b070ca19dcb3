import time

import pytest

from malmoi.corpus.sources.markdown import clean, first_heading, split_front_matter

CLEANED = {
    "앞<!-- 숨은\n말 -->뒤": "앞뒤",
    "끝나지 않는 <!-- 주석": "끝나지 않는 ",
    "# <a name=\"top\"></a>제목": "# 제목",
    "[민법](../민법.md)을 보라": "민법을 보라",
    "[위키](https://ko.wikipedia.org/wiki/말모이_(사전)) 참고": "위키 참고",
    "[정의][1]와 ![그림](a.png \"제목\")끝": "정의와 끝",
    "[![배지](b.svg)](https://ci.kr)": "",
    "[`stackalloc`](a.md) 식": "`stackalloc` 식",
    "[!INCLUDE [공유](../a.md)]\n본문": "\n본문",
    "[!code-csharp[예](a.cs#1)]\n본문": "\n본문",
    "> [!NOTE]\n> 알아 두세요": "> 알아 두세요",
    "[1]: https://a.kr \"제목\"\n본문": "본문",
    "<xref:System.String.Format%2A?displayProperty=nameWithType> 메서드": "System.String.Format 메서드",
    "첫째<br/>둘째": "첫째 둘째",
    "H<sub>2</sub>O": "H2O",
    "<div class=\"x\">상자</div>": "상자",
    "<style>a{}</style>글<script>b()</script>": "글",
    "그림 data:image/png;base64," + "A" * 90 + " 뒤": "그림  뒤",
    "  1\\. 첫째\n  가\\. 둘째": "  1. 첫째\n  가. 둘째",
    "## 개요 {#overview}": "## 개요 ",
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
    start = time.process_time()
    table, body = split_front_matter(f"---\ntitle: 제목\ncategory: {{x: &a0 {{k: v}}, {levels}}}\n---\n본문")
    assert time.process_time() - start < 0.5
    assert (table["title"], body) == ("제목", "본문")


def test_a_comment_in_a_block_of_code_is_no_title():
    text = "```python\n# Licensed under the Apache License\nx = 1\n```\n\n# 환경 설정\n\n글이에요.\n~~~\n# 끝까지 코드"
    assert first_heading(text) == "환경 설정"
    assert first_heading("~~~\n# 닫히지 않은 코드") is None
