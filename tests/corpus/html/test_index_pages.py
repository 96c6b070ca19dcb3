"""A page of teasers is told as such; an article with some teasers below it, questions and lists are not."""

from pathlib import Path

import pytest

from malmoi.corpus.html.page import read_page
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

PLACES = "하늘재 이화령 죽령 추풍령 대관령 한계령 미시령 진부령 육십령 팔량치".split()
TEASERS = [
    f"{place} 고개를 넘던 장꾼들은 해가 지기 전에 주막에 들었다. 주막집 아이는 등불을 들고 나와 길손을 맞았고"
    for place in PLACES
]


def page_of(body: str) -> bytes:
    menu = '<ul id="gnb"><li><a href="/">홈</a></li><li><a href="/a">소개</a></li></ul>'
    return f"<!doctype html><html lang=ko><head><title>길</title></head><body>{menu}{body}</body></html>".encode()


def item(number: int, text: str, date: str = "2021.05.10") -> str:
    return (
        f'<li><a href="/n/{number}"><strong>{PLACES[number]} 이야기</strong></a><p>{text}</p><span>{date}</span></li>'
    )


LISTS = {
    "cut with a sign": "<ul class=list>" + "".join(item(n, text + "…") for n, text in enumerate(TEASERS)) + "</ul>",
    "cut with points": "<ul class=list>" + "".join(item(n, text + "...") for n, text in enumerate(TEASERS)) + "</ul>",
    "boxes": "".join(
        f'<div class="post-item"><h3><a href="/p/{n}">{PLACES[n]}</a></h3><div class=summary>{text}… 더보기</div></div>'
        for n, text in enumerate(TEASERS)
    ),
    "links around": "".join(
        f'<article class=card><a href="/p/{n}"><h3>{PLACES[n]}</h3><p>{text} ...</p></a><p>{text}…</p></article>'
        for n, text in enumerate(TEASERS)
    ),
    "rows of a table": "<table>"
    + "".join(
        f'<tr><td><a href="/v?id={n}">{PLACES[n]}</a></td><td>{text}…</td></tr>' for n, text in enumerate(TEASERS)
    )
    + "</table>",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_teasers_is_an_index_page(name: str):
    content = page_of(LISTS[name])
    read = to_documents(Raw(content, "html", "a.html", 0, len(content)), Input(Path()))
    assert isinstance(read, Unreadable) and read.reason in ("index_page", "no_text")
    if read.reason == "index_page":
        assert read.detail == "10 teasers, each a link to another page"


ARTICLE = "".join(f"<p>{text} 밤늦도록 길 이야기를 들려주었다.</p>" for text in TEASERS)
TEXTS = {
    "an article with teasers below": f"<article>{ARTICLE * 2}</article><ul>{item(0, TEASERS[0] + '…')}</ul>",
    "questions and answers": "<main>"
    + "".join(
        f'<div class=faq><h3><a href="#q{n}">{place}는 어디인가요?</a></h3><p>{TEASERS[n]} 밤늦도록 놀았다…</p></div>'
        for n, place in enumerate(PLACES)
    )
    + "</main>",
    "paragraphs that end in an ellipsis": "<article>" + "".join(f"<p>{text}…</p>" for text in TEASERS) + "</article>",
    "whole entries with links": "<main>"
    + "".join(
        f'<div class=entry><h3><a href="/p/{n}">{PLACES[n]}</a></h3><p>{text} 밤늦도록 놀았다.</p></div>'
        for n, text in enumerate(TEASERS)
    )
    + "</main>",
}


@pytest.mark.parametrize("name", TEXTS)
def test_other_pages_are_no_index_pages(name: str):
    page = read_page(page_of(TEXTS[name]), None, None)
    assert page.teasers == 0 and "주막집 아이는 등불을 들고 나와" in page.passages[0].text
