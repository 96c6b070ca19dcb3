"""The scanner: blocks of text in reading order from bytes that were never a tree."""

import time
import unicodedata

import numpy as np
import pytest

from malmoi.corpus.html.scan import (
    CHARACTERS,
    ELEMENT,
    END,
    IMAGES,
    LINKED,
    LINKS,
    MAX_DEPTH,
    OUTSIDE,
    START,
    TAG,
    WITHIN,
    scan,
)
from malmoi.corpus.html.tags import NAMES, automaton, tables


def read(html: str | bytes) -> list[str]:
    scanned = scanned_of(html)
    text = scanned.text.tobytes()
    return [text[block[START] : block[END]].decode() for block in scanned.blocks]


def scanned_of(html: str | bytes):
    content = html.encode() if isinstance(html, str) else html
    return scan(np.frombuffer(content, np.uint8), tables())


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>하나<p>둘<div>셋</div>", ["하나", "둘", "셋"]),
        ("<p>가나 <b>다</b>라<i> 마</i></p>", ["가나 다라 마"]),
        ("<div>앞<p>가운데</p>뒤</div>", ["앞", "가운데", "뒤"]),
        ("<ul><li>하나<li>둘<ul><li>둘의 하나</ul><li>셋</ul>", ["하나", "둘", "둘의 하나", "셋"]),
        ("<table><tr><td>이름<td>값<tr><td>가<td>1</table>", ["이름", "값", "가", "1"]),
        ("<dl><dt>말<dd>뜻<dt>글<dd>적은 것</dl>", ["말", "뜻", "글", "적은 것"]),
        ("첫 줄<br>둘째 줄<br><br>다른 문단", ["첫 줄\n둘째 줄", "다른 문단"]),
        ("<p>a &amp; b &lt;c&gt; &hellip; &#44032;&#xAC01; &nbsp;끝 &bogus; &</p>", ["a & b <c> … 가각 끝 &bogus; &"]),
        ("<p>3 < 4 그리고 5<6</p>", ["3 < 4 그리고 5<6"]),
        ("<p>앞<!-- <p>주석</p> -->뒤</p><!doctype x><?php echo ?>", ["앞뒤"]),
        ("<script>var a = '<p>아님</p>';</script><style>p{}</style><p>글</p><noscript><p>x</p></noscript>", ["글"]),
        ("<p>가<svg><text>그림</text></svg>나</p><select><option>고름</select>", ["가나"]),
        ("<pre>  줄 1\n    줄 2</pre>", ["  줄 1\n    줄 2"]),
        ("<p class=\"a>b\">가</p><p class='x' id=y>나</p><p class=z>다", ["가", "나", "다"]),
        ("</div></p></b>그래도 읽힌다</span>", ["그래도 읽힌다"]),
        ("<my-box>맞춤 상자</my-box><my-box>둘째</my-box>", ["맞춤 상자", "둘째"]),
        ("<p>끝나지 않은 <b>글", ["끝나지 않은 글"]),
        ("<p>   \n\t </p><p>\u00a0</p><p>글</p>", ["글"]),
        ("<p>\u200b</p><p>\ufeff &#8203;</p><p>가\u200b나&shy;다\u00ad라</p>", ["가나다라"]),
        ("", []),
        ("<", ["<"]),
        ("<p", []),
        ("<!--", []),
        ("<script>", []),
        ("&", ["&"]),
    ],
)
def test_blocks_are_read_in_order(html, blocks):
    assert read(html) == blocks


def test_nfd_jamo_and_emoji_pass_unchanged():
    text = f"{unicodedata.normalize('NFD', '각')} ㅋㅋㅋ 한글 👨‍👩‍👧 漢字"
    assert not unicodedata.is_normalized("NFC", text)
    assert read(f"<p>{text}</p>") == [text]


def test_table_cells_are_walls_for_end_tags():
    assert read("<table><tr><td><div>하나</td><td></div>둘</td></tr></table>셋") == ["하나", "둘", "셋"]


def test_links_and_images_are_counted():
    scanned = scanned_of("<img><p>앞 <a href=x>고리 하나</a> 사이 <a href=y>둘</a></p>")
    block = scanned.blocks[0]
    assert (block[CHARACTERS], block[LINKED], block[LINKS], block[IMAGES]) == (8, 5, 2, 1)


@pytest.mark.parametrize(
    ("html", "linked"),
    [
        ("<a name=top><table><tr><td>본문<tr><td>둘째</table>", [0, 0]),
        ("<a name=top>머리</a><p>본문", [0, 0]),
        ("<a id=x><a href=y>고리</a> 글", [2]),
        ("<div><a href=x><div><p>하나</p><p>둘</p></div></div><p>셋</p>", [0, 0, 0]),
        ("<a href=x><p>하나<p><a href=y>고리</a> 글", [0, 2]),
        ("<a href=x><p>카드 제목</p><p>카드 설명</p></a><p>글</p>", [4, 4, 0]),
        ("<ul><li><a href=x>차림 하나<li><a href=y>차림 둘</ul>", [4, 3]),
        ("<p><a href=x>끝나지 않은 고리</p><p>글</p>", [7, 0]),
        ("<a href=x><div>고리</a> 뒤의 글</div>", [2]),
    ],
)
def test_only_a_closed_anchor_with_href_links_the_boxes_in_it(html, linked):
    assert scanned_of(html).blocks[:, LINKED].tolist() == linked


def test_links_within_the_page_and_to_hosts_are_told_apart():
    html = "<a href='#절'>가</a> <a href='JavaScript:x()'>나</a> <a href=' //e.kr'>다</a> <a href=HTTPS://e.kr>라</a>"
    block = scanned_of(html + " <a href=/x>마</a>").blocks[0]
    assert (block[LINKED], block[WITHIN], block[OUTSIDE]) == (5, 2, 2)


def test_the_element_of_a_block_is_the_nearest_box():
    scanned = scanned_of("<article><h2><span>제목</span></h2><div><em>글</em></div></article>")
    assert [NAMES[scanned.elements[block[ELEMENT], TAG]] for block in scanned.blocks] == ["h2", "div"]


def test_words_in_classes_are_found_at_boundaries_and_in_any_case():
    words = automaton({"ad": ".ad. advert", "본문": "본문"})
    scanned = scan(
        np.frombuffer('<p class="Top-AD x">a<p class="head">b<p id="본문영역">c'.encode(), np.uint8),
        tables()._replace(class_words=words),
    )
    assert scanned.elements[1:, 2].tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    "piece",
    [
        b"<div>",
        b"<a><b>",
        b"</div>",
        b"<!--",
        b"<p",
        b"<table><tr><td>",
        b"&amp",
        b"<script>",
        b"<",
        b'<a "',
        b"\xff\xfe",
        b"\0",
    ],
)
def test_a_million_of_anything_takes_bounded_time(piece):
    scanned_of(piece * 10)
    content = piece * 1_000_000
    start = time.process_time()
    scanned = scanned_of(content)
    assert time.process_time() - start < 5
    assert len(scanned.elements) <= 1 << 18
    assert scanned.elements[:, 4].max(initial=0) <= MAX_DEPTH


def test_text_of_deep_nesting_is_kept():
    assert read("<div>" * 5000 + "깊은 글" + "</div>" * 5000 + "<p>얕은 글</p>") == ["깊은 글", "얕은 글"]


def test_random_bytes_never_fail():
    random = np.random.default_rng(7)
    signs = np.frombuffer(b"<>/=\"' abp!-&;#x\n\xea\xb0\x80", np.uint8)
    for _ in range(100):
        scanned = scan(random.choice(signs, random.integers(0, 400)), tables())
        assert (scanned.blocks[:, END] >= scanned.blocks[:, START]).all()
