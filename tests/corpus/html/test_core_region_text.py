"""Chosen blocks as Markdown."""

import numpy as np
import pytest

from malmoi.corpus.html.region_text import markdown_blocks, to_markdown
from malmoi.corpus.html.scan import scan
from malmoi.corpus.html.tags import tables


def written(html: str) -> str:
    scanned = scan(np.frombuffer(html.encode(), np.uint8), tables())
    return to_markdown(markdown_blocks(scanned, np.ones(len(scanned.blocks), bool)))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>차례</h2><p>글 하나</p><p>글 둘</p>", "## 차례\n\n글 하나\n\n글 둘"),
        ("<ul><li>하나</li><li>둘<ul><li>둘의 하나</li></ul></li></ul><p>뒤</p>", "- 하나\n- 둘\n  - 둘의 하나\n\n뒤"),
        ("<table><tr><th>이름</th><th>값</th></tr><tr><td>가</td><td>1</td></tr></table>", "| 이름 | 값 |\n| 가 | 1 |"),
        ("<pre>a = 1\nif a:\n    b()</pre>", "```\na = 1\nif a:\n    b()\n```"),
        ("<blockquote><p>옛말에<br>이르기를</p></blockquote>", "> 옛말에\n> 이르기를"),
        ("<h1>말모이\n 사전</h1>", "# 말모이 사전"),
        ("<dl><dt>말</dt><dd>뜻</dd></dl>", "말\n: 뜻"),
    ],
)
def test_each_kind_of_block_has_its_markdown(html, text):
    assert written(html) == text


def test_layout_tables_become_paragraphs():
    long = "긴 글이다. " * 60
    assert written(f"<table><tr><td>차림</td><td>{long}</td></tr></table>") == f"차림\n\n{long.strip()}"


def test_a_table_of_one_column_becomes_paragraphs():
    assert written("<table><tr><td>가 나 다</td></tr><tr><td>라 마</td></tr></table>") == "가 나 다\n\n라 마"


def test_a_cell_of_two_lines_is_one_cell():
    assert written("<table><tr><td><p>가</p><p>나</p></td><td>다</td></tr></table>") == "| 가 나 | 다 |"
