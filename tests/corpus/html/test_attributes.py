"""What is read again of the tags of a scanned page."""

import numpy as np
import pytest

from malmoi.corpus.html.attributes import (
    attribute,
    attribute_spans,
    canonical,
    element_words,
    hosts,
    metas,
    name_hashes,
)
from malmoi.corpus.html.core_region import Parsed, parse
from malmoi.corpus.html.scan import ATTRIBUTES, FIRST, INSIDE, LAST, MARK_BLOCK, TAG
from malmoi.corpus.html.tags import ID
from malmoi.corpus.html.thread_words import ACCEPTED, ANSWER, AUTHOR, COMMENT, QUESTION, thread_words


def first(html: str, tag: str) -> tuple[Parsed, int]:
    """A page, and where the attributes of its first such tag begin."""
    parsed = parse(html.encode())
    number = int(np.flatnonzero(parsed.scanned.elements[:, TAG] == ID[tag])[0])
    return parsed, int(parsed.scanned.spans[number, ATTRIBUTES])


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ('<a href="/x">', "/x"),
        ("<a HREF = '/x' >", "/x"),
        ("<a href=/x>", "/x"),
        ("<a class=href data-href=no href=/x>", "/x"),
        ("<a href='/x?a=1&amp;b=&#54620;'>", "/x?a=1&b=한"),
        ("<a href>", ""),
        ("<a/href=/x>", "/x"),
        ('<a title=">" href="가">', "가"),
        ("<a hrefs=/x href>", ""),
        ("<a title='href=/x' href=y>", "y"),
    ],
)
def test_an_attribute_is_found_however_it_is_written(tag, value):
    assert attribute(*first(f"<p>{tag}글</a>", "a"), b"href") == value


def test_a_value_that_is_too_long_is_cut():
    parsed, start = first(f"<a href={'x' * 9_000}>글</a>", "a")
    assert len(attribute(parsed, start, b"href") or "") == 8_000


def test_values_of_several_attributes_are_found_at_once_and_the_first_of_a_name_counts():
    parsed, start = first("<a HREF=/x class='이름' href=/y title>글</a>", "a")
    spans = attribute_spans(parsed, np.array([start]), name_hashes(["href", "class", "title", "id"]))[0].tolist()
    values = [None if low < 0 else parsed.content[low:high].decode() for low, high in spans]
    assert values == ["/x", "이름", "", None]


def test_metas_are_found_by_any_of_three_names_and_the_first_counts():
    names = ["og:title", "author", "datepublished", "none"]
    parsed = parse(
        '<meta property=" OG:Title " content=" 첫\n눈 "><meta name=author content=""><meta NAME=Author content=길손>'
        "<meta property='og:title' content=둘째><meta itemprop=datePublished content=2021><meta charset=utf-8>".encode()
    )
    assert metas(parsed, name_hashes(names)) == {0: "첫 눈", 1: "길손", 2: "2021"}


def test_only_a_canonical_link_is_canonical():
    links = '<link rel=icon href=/i><link href="/1?a&amp;b" rel="Canonical"><link rel=canonical href=/2>'
    assert canonical(parse(links.encode())) == "/1?a&b"
    assert canonical(parse(b"<link rel=stylesheet href=/s>")) is None


def test_hosts_of_absolute_links_are_listed_once_in_order():
    links = ("//b.kr", "http://A.kr/x", "https://a.kr:80", "HTTPS://u:p@c.kr?q", "/x", "mailto:a@d.kr", "#e.kr", "//")
    html = "".join(f'<a href="{link}">x</a>' for link in links)
    assert hosts(parse(html.encode())) == ["b.kr", "a.kr", "c.kr"]


@pytest.mark.parametrize(
    ("tag", "bits"),
    [
        ('<div itemtype="https://schema.org/Question">', QUESTION),
        ('<div itemprop="acceptedAnswer">', ANSWER | ACCEPTED),
        ('<div class="c-answer is-accepted">', ANSWER | ACCEPTED),
        ('<div id="답변_3">', ANSWER),
        ('<div class="cmt_list">', COMMENT),
        ('<div class="recmtx">', 0),
        ('<div title="answer" data-x="comment">', 0),
        ('<div class="nickname">', AUTHOR),
        ("<div>", 0),
    ],
)
def test_words_in_classes_ids_and_microdata_say_what_an_element_is_for(tag, bits):
    named = QUESTION | ANSWER | ACCEPTED | COMMENT | AUTHOR
    assert int(element_words(parse(f"{tag}글</div>".encode()), thread_words())[1]) & named == bits


def test_every_element_knows_its_text_and_every_picture_its_block():
    html = "<div><p>하나</p><img src=a><p>둘 <img src=b>셋</p></div><img src=c>"
    scanned = parse(html.encode()).scanned
    text = scanned.text.tobytes()
    spans = [text[span[FIRST] : span[LAST]].decode() for span in scanned.spans]
    assert spans == ["하나둘 셋", "하나둘 셋", "하나", "둘 셋"]
    assert scanned.marks[:, MARK_BLOCK].tolist() == [1, 1, 2]
    assert scanned.marks[:, INSIDE].tolist() == [0, 1, 0]
