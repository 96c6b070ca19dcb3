"""Preparing a page's tree for trafilatura: what is never content goes, the element that holds the content is marked.

Trafilatura knows the class names of the world's publishing systems; where a page has none of them, as most Korean ones
of anonymous boxes or of tables in tables, it collects paragraphs from the whole page and loses the lists. On the 104
clean pages of samples/ these steps raise its recall from .93 to 1.00 and its precision from .78 to .995; on 92 pages of
the article extraction benchmark F1 goes from .956 to .966.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import lxml.etree as etree
from lxml.html import HtmlElement

NEVER_CONTENT = (
    "//nav | //body/header | //footer[not(ancestor::article)] | //aside | //script | //style | //noscript | //template"
)
BLOCKS = frozenset("p div br table ul ol dl h1 h2 h3 h4 h5 h6 article form center".split())
FRAMES = frozenset("div section td center form main".split())
"""Elements that may be the one that holds the content."""
LEAVES = ("p", "div", "td", "li", "address", "center", "span")
LAYOUT_CELL_BLOCKS = 2
LAYOUT_CELL_CHARACTERS = 400
"""A table with a cell that holds so many blocks, or so much text, places things on the page; it is no table."""
FRAME_SHARE = 0.75
THREAD_FRAME_SHARE = 0.9
"""The frame is entered as long as one child has so much of its text outside links; in threads the replies count too."""
FARM_LINKS, FARM_LINK_SHARE, FARM_PLAIN_CHARACTERS = 3, 0.8, 60
"""A block of so many links, so much of its text in them, and no more text beside them is a menu."""
IMPRINT_CHARACTERS = 300
IMPRINT = re.compile(
    r"copyright|[©ⓒ]\s*\d{4}|all rights reserved|무단\s?전재|저작권자\s*[©ⓒ(]"
    r"|이용약관.{0,40}개인정보|사업자\s?등록\s?번호",
    re.IGNORECASE | re.DOTALL,
)
SENTENCE_END = re.compile(r"[다요]\.(?:\s|$)")
"""A short block of these words without a whole sentence is an imprint, not a text about one."""


class _Size(NamedTuple):
    """Characters of an element, how many of them are in links, and the number of links."""

    characters: int
    linked: int
    links: int


NOTHING = _Size(0, 0, 0)


def prepare(tree: HtmlElement, is_thread: bool) -> int:
    """Changes the tree in place: menus and imprints go, layout tables become boxes, the frame is marked.

    Returns the number of characters outside links that are left: what there is to find.
    """
    for element in tree.xpath(NEVER_CONTENT):
        _drop(element)
    for table in reversed(list(tree.iter("table"))):
        if _is_layout(table):
            _as_boxes(table)
    body = tree.find(".//body")
    if body is None:
        return 0
    for element in list(body.iter(*LEAVES)):
        if _is_imprint(element):
            _drop(element)
    sizes = _measure(body)
    for element in list(body.iter("ul", "ol", "div", "p", "td")):
        if _is_farm(sizes[element]):
            _drop(element)
    if next(body.iter("article"), None) is None:
        _mark_frame(body, sizes, THREAD_FRAME_SHARE if is_thread else FRAME_SHARE)
    return _plain(body, sizes)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _is_layout(table: HtmlElement) -> bool:
    """Korean pages of the EUC-KR years are built of tables; inside a true table line breaks would be lost."""
    if table.find(".//th") is not None:
        return False
    for cell in table.iter("td"):
        if sum(1 for child in cell.iter() if child is not cell and child.tag in BLOCKS) >= LAYOUT_CELL_BLOCKS:
            return True
        if sum(map(len, cell.itertext())) > LAYOUT_CELL_CHARACTERS:
            return True
    return False


def _as_boxes(table: HtmlElement) -> None:
    for part in _own_parts(table):
        part.tag = "div"
    table.tag = "div"


def _own_parts(table: HtmlElement) -> Iterator[HtmlElement]:
    for part in list(table.iter("tbody", "thead", "tfoot", "tr", "td", "colgroup")):
        if next(part.iterancestors("table"), None) is table:
            yield part


def _measure(body: HtmlElement) -> dict[HtmlElement, _Size]:
    """The size of every element, in one pass from the leaves up."""
    sizes: dict[HtmlElement, _Size] = {}
    for _, element in etree.iterwalk(body, events=("end",)):
        characters, linked, links = _num_characters(element.text), 0, 0
        for child in element:
            inner = sizes.get(child, NOTHING)
            characters += inner.characters + _num_characters(child.tail)
            linked += inner.linked
            links += inner.links
        if element.tag == "a" and element.get("href"):
            linked, links = characters, 1
        sizes[element] = _Size(characters, linked, links)
    return sizes


def _is_farm(size: _Size) -> bool:
    plain = size.characters - size.linked
    return (
        size.links >= FARM_LINKS and size.linked >= FARM_LINK_SHARE * size.characters and plain <= FARM_PLAIN_CHARACTERS
    )


def _is_imprint(element: HtmlElement) -> bool:
    if next(element.iterchildren("p", "div", "table", "ul", "ol"), None) is not None:
        return False
    text = "".join(element.itertext()).strip()
    return len(text) <= IMPRINT_CHARACTERS and IMPRINT.search(text) is not None and not SENTENCE_END.search(text)


def _mark_frame(body: HtmlElement, sizes: dict[HtmlElement, _Size], share: float) -> None:
    """Finds the innermost element with the page's text and names it <article>, which trafilatura looks into."""
    frame = body
    left = _plain(frame, sizes)
    while True:
        inner = [(child, _plain(child, sizes)) for child in frame.iterchildren() if child.tag in FRAMES]
        child, characters = max(inner, key=lambda candidate: candidate[1], default=(frame, 0))
        if characters < share * left or characters == 0:
            break
        frame, left = child, characters
    if frame is not body:
        frame.tag = "article"


def _plain(element: HtmlElement, sizes: dict[HtmlElement, _Size]) -> int:
    """Characters outside links."""
    size = sizes.get(element, NOTHING)
    return size.characters - size.linked


def _num_characters(text: str | None) -> int:
    """Characters, white space not counted."""
    return sum(map(len, text.split())) if text else 0
