# ruff: noqa: E501 (pages are data: a line broken is another page)
"""Titles without the names of Korean sites, and dates that Korean pages show without saying them in their head."""

import pytest

from malmoi.corpus.html.page import read_page

TEXT = "나루에 닿은 배에서 사람들이 소금과 쌀을 내렸다. 고개를 넘어 온 장꾼이 값을 물었고, 사공은 웃기만 하였다. " * 3


def fields_of(head: str, before: str = "", first: str = "") -> dict[str, str]:
    article = f"<div>{before}</div><article>{first}<p>{TEXT}</p><p>{TEXT}</p></article>"
    html = f"<!doctype html><html lang=ko><head><meta charset=utf-8>{head}</head><body>{article}</body></html>"
    return read_page(html.encode(), None, None).fields


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("동네 빵집 기록 : 네이버 블로그", "동네 빵집 기록"),
        ("냉각수 질문 - 자동차 마이너 갤러리 - 커뮤니티 포털 디시인사이드", "냉각수 질문"),
        ("전세 계약 물어봅니다 : 지식iN", "전세 계약 물어봅니다"),
        ("하늘재 넘기 | 브런치", "하늘재 넘기"),
        ("첫눈 | 가나일보", "첫눈"),
        ("김가온 - 위키백과, 우리 모두의 백과사전", "김가온"),
        ("값 : 단위 : 뜻", "값 : 단위 : 뜻"),
        ("네이버 블로그", "네이버 블로그"),
        ("해와 달 - 옛이야기", "해와 달 - 옛이야기"),
    ],
)
def test_the_name_of_the_site_is_no_part_of_a_title(stated: str, title: str):
    assert fields_of(f"<title>{stated}</title>")["title"] == title
    assert fields_of(f'<meta property="og:title" content="{stated}">')["title"] == title


def test_a_site_that_the_page_names_is_cut_off_too():
    head = '<meta property="og:site_name" content="나루터"><title>사공의 하루 :: 나루터</title>'
    assert fields_of(head)["title"] == "사공의 하루"


@pytest.mark.parametrize(
    ("shown", "published"),
    [
        ('<span class="se_publishDate">2021. 5. 25. 15:21</span>', "2021-05-25"),
        ('<span class="nickname">ㅇㅇ</span><span class="gall_date">2021.05.25 15:21:00</span>', "2021-05-25"),
        ("<dl><dt>등록일</dt><dd>2021-05-25</dd><dt>수정일</dt><dd>2022-01-02</dd></dl>", "2021-05-25"),
        ("<p>기사입력 2021년 5월 25일 오전 9:30</p><p>2022.01.02</p>", "2021-05-25"),
        ("<p>접수 기간: 2021.05.01 ~ 2021.05.20</p>", None),
        ("<p>2021.05.01까지 신청</p>", None),
        ("<p>2021.13.45</p>", None),
        (f"<p>{TEXT} 2021년 5월 25일의 일이다.</p>", None),
        ("<p>어제</p>", None),
    ],
)
def test_the_date_that_a_page_shows_before_its_text_is_its_date(shown: str, published: str | None):
    assert fields_of("<title>글</title>", before=shown).get("published") == published


def test_a_stated_date_comes_before_a_shown_one():
    head = '<meta property="article:published_time" content="2020-01-02T03:04:05+09:00">'
    assert fields_of(head, before="<p>등록일 2021-05-25</p>")["published"] == "2020-01-02"


@pytest.mark.parametrize(
    ("picture", "caption"),
    [
        (
            '<div class="se-component"><a><img src=a.jpg alt=""></a><div class="se-caption"><span>나루의 아침</span></div></div>',
            "나루의 아침",
        ),
        ('<span class="end_photo_org"><img src=a.jpg><em class="img_desc">나루의 아침</em></span>', "나루의 아침"),
        ("<figure><img src=a.jpg alt=배><figcaption>나루의 아침</figcaption></figure>", "나루의 아침"),
        ('<p><img src=a.jpg alt="배"></p><p class="text">나루의 아침</p>', "배"),
        ("<p><img src=a.jpg></p>" + "<p>글이다.</p>" * 9 + '<p class="caption">다른 그림</p>', None),
    ],
)
def test_the_caption_that_korean_editors_write_below_a_picture_is_its_caption(picture: str, caption: str | None):
    html = f"<html><body><article><p>{TEXT}</p>{picture}<p>{TEXT}</p></article></body></html>"
    items = [item for passage in read_page(html.encode(), None, None).passages for item in passage.items]
    assert [item.get("caption") for item in items] == [caption]
