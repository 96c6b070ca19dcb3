# ruff: noqa: E501 (pages are data: a line broken is another page)
"""Articles, notices, lists and picture stories in the layouts of Korean sites: text, media, comments, links, metadata."""

import base64
import hashlib
import json

import pytest
from small_pages import ASKED, BLOG, FURNITURE, NEWS, POST, REPLIES, ld, page, paragraphs

from malmoi.corpus import media
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

URL = "https://news.a.kr/2021/1"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def read(html, kind=None, url=URL, source=None):
    content = html if isinstance(html, bytes) else html.encode()
    raw = Raw(content, "html", "a.html", 0, len(content), {"url": url} if url else {})
    return to_documents(raw, source or Input("unused", kind=kind))


def text_of(html, **how):
    found = read(html, **how)
    assert isinstance(found, list), found
    text = found[0]["text"]
    assert not any(word in text for word in FURNITURE), text
    return text


HTML5 = f'<main><article><h1>강릉에 첫눈</h1><p class="byline">김말이 기자</p>{paragraphs(NEWS)}</article></main>'
SOUP = f'<div class="x1"><div class="x2"><div class="x3">{paragraphs(NEWS, "div")}</div></div></div>'
BREAKS = f'<div id="newsBody">{"<br><br>".join(NEWS)}</div>'
TABLES = (
    '<table width="960"><tr><td width="180"><a href="/a">바로가기</a></td><td><table><tr><td>등록일 2021-05-25 | 조회 31</td></tr>'
    f'<tr><td class="view">{paragraphs(NEWS)}</td></tr></table></td></tr></table>'
)
FONTS = f'<div><font size="2">{"</font><br><font size=2>".join(NEWS)}</font></div>'
UNCLOSED = "<div class=view>" + "".join(f"<P>{line}" for line in NEWS)
EDITOR = '<div class="se-main-container">' + "".join(
    f'<div class="se-component"><div class="se-module"><p class="se-text-paragraph"><span>{line}</span></p></div></div>'
    for line in NEWS
) + "</div>"  # fmt: skip
MOBILE = (
    f'<section class="m_view"><h2 class="tit">강릉에 첫눈</h2><div class="m_body">{paragraphs(NEWS)}</div></section>'
)
CUSTOM = f"<news-article><article-body>{paragraphs(NEWS)}</article-body></news-article>"
HIDDEN = f'<div class="body">{paragraphs(NEWS)}<div style="display:none"><p>보이지 않는 글이 여기 숨어 있습니다.</p></div></div>'
QUOTED = (
    f'<div class="article_view">{paragraphs(NEWS[:1])}<blockquote>{NEWS[1]}</blockquote>{paragraphs(NEWS[2:])}</div>'
)


@pytest.mark.parametrize(
    "body",
    [HTML5, SOUP, BREAKS, TABLES, FONTS, UNCLOSED, EDITOR, MOBILE, CUSTOM, HIDDEN, QUOTED],
    ids="html5 soup breaks tables fonts unclosed editor mobile custom hidden quoted".split(),
)
def test_an_article_is_found_in_every_layout(body):
    text = text_of(page(body))
    positions = [text.index(line) for line in NEWS]
    assert positions == sorted(positions)
    assert "보이지 않는" not in text


@pytest.mark.parametrize("charset", ["euc-kr", "cp949", "utf-16", "utf-8-sig"])
def test_an_article_in_other_charsets(charset):
    html = (
        page(TABLES)
        .replace("ⓒ", "(c)")
        .replace("utf-8", "euc-kr" if charset == "cp949" else charset.replace("-sig", ""))
    )
    assert NEWS[2] in text_of(html.encode(charset))


def test_a_blog_post_keeps_its_headings_and_pictures_where_they_stood():
    body = f"""<div class="tt_article_useless_p_margin"><h2>군산 하루 걷기</h2><p>{BLOG[0]}</p>
    <figure class="imageblock"><img src="/img/1.jpg" alt="빵집"><figcaption>백 년 된 빵집의 앞</figcaption></figure>
    <h3>빵집</h3><p>{BLOG[1]}</p><img data-src="//cdn.a.kr/2.png" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="640">
    <p>{BLOG[2]}</p><img src="/dot.gif" width="1" height="1"></div>"""
    (found,) = read(page(body, ld(**{"@type": "BlogPosting", "headline": "군산", "author": {"name": "길손"}})))
    text = found["text"]
    assert found["source"]["kind"] == "blog"
    wanted = [BLOG[0], "### 빵집", BLOG[1], BLOG[2]]
    assert [text.index(part) for part in wanted] == sorted(text.index(part) for part in wanted)
    first, second = found["segments"]
    assert (first["type"], first["uri"], first["caption"]) == (
        "image",
        "https://news.a.kr/img/1.jpg",
        "백 년 된 빵집의 앞",
    )
    assert (second["uri"], second["sha256"]) == ("https://cdn.a.kr/2.png", None)
    assert text.index(BLOG[0]) < first["start"] == first["end"] <= text.index("### 빵집") < second["start"]
    assert second["start"] <= text.index(BLOG[2])
    assert media.MARK not in text


def test_a_picture_within_a_sentence_keeps_its_position():
    body = f'<div class="view"><p>{NEWS[0]}</p><p>지도의 <img src="/s.png" alt="별"> 표시를 보세요. 그곳이 약속한 자리입니다.</p><p>{NEWS[1]}</p></div>'
    (found,) = read(page(body))
    (segment,) = found["segments"]
    assert found["text"][: segment["start"]].rstrip().endswith("지도의")
    assert found["text"][segment["end"] :].lstrip().startswith("표시를")
    assert segment["caption"] == "별"


def test_embedded_bytes_are_given_to_be_stored():
    uri = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    (found,) = read(
        page(f'<div class="view">{paragraphs(NEWS[:2])}<img src="{uri}" alt="점">{paragraphs(NEWS[2:])}</div>')
    )
    (segment,) = found["segments"]
    assert segment["uri"] is None
    assert segment["sha256"] == hashlib.sha256(PIXEL).hexdigest()
    assert found[media.CONTENTS] == {segment["sha256"]: PIXEL}


def test_sound_and_video_are_segments_of_their_types():
    body = (
        f'<div class="view"><p>{NEWS[0]}</p><video poster="p.jpg"><source src="v.mp4" type="video/mp4">볼 수 없어요</video>'
        f'<p>{NEWS[1]}</p><audio src="https://b.kr/a.mp3" aria-label="눈 밟는 소리"></audio><p>{NEWS[2]}</p></div>'
    )
    (found,) = read(page(body))
    kinds = [(segment["type"], segment["uri"], segment["caption"]) for segment in found["segments"]]
    assert kinds == [
        ("video", "https://news.a.kr/2021/v.mp4", None), ("audio", "https://b.kr/a.mp3", "눈 밟는 소리"),
    ]  # fmt: skip
    assert "볼 수 없어요" not in found["text"]


def test_pictures_of_menus_advertisements_and_related_links_are_dropped():
    body = f"""<div class="logo"><img src="/logo.png"></div><div class="view"><p>{NEWS[0]}</p>
    <div class="ad_banner"><a href="//ad.kr"><img src="/ad.jpg" alt="특가"></a></div><p>{NEWS[1]}</p>
    <div class="related"><img src="/r.jpg"></div><p>{NEWS[2]}</p></div><aside><img src="/side.jpg"></aside>"""
    (found,) = read(page(body))
    assert found["segments"] is None


def test_a_picture_story_gives_its_captions_and_pictures():
    cards = "".join(f'<p>{line}</p><p><img src="/card{n}.jpg" alt="카드 {n}"></p>' for n, line in enumerate(NEWS))
    (found,) = read(page(f'<div class="article_body"><h2>카드뉴스</h2>{cards}</div>'))
    assert [segment["caption"] for segment in found["segments"]] == ["카드 0", "카드 1", "카드 2"]
    starts = [segment["start"] for segment in found["segments"]]
    assert starts[0] <= found["text"].index(NEWS[1]) <= starts[1] <= found["text"].index(NEWS[2]) <= starts[2]


def test_a_notice_keeps_its_table_and_its_list():
    rows = (("구분", "시간", "장소"), ("접수", "09:00~12:00", "1층 민원실"), ("교부", "14:00~18:00", "2층 재무과"))
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    body = f"""<div class="board_view"><div class="title">재산세 납부 안내</div><div class="content">
    <p>2021년 제2기분 재산세를 아래와 같이 안내하오니 기한 안에 납부하여 주시기 바랍니다.</p><table border=1>{table}</table>
    <ul><li>납부 기한: 2021. 9. 30.까지 (기한이 지나면 3%의 가산금이 붙습니다)</li><li>문의: 재무과 재산세팀</li></ul>
    <p>가까운 은행이나 인터넷으로도 납부할 수 있으며, 자세한 것은 고지서를 보시기 바랍니다.</p></div></div>"""
    text = text_of(page(body))
    wanted = ["재산세를 아래와 같이", "| 구분 | 시간 | 장소 |", "| 접수 | 09:00~12:00 | 1층 민원실 |", "- 납부 기한",
              "- 문의: 재무과 재산세팀", "가까운 은행이나"]  # fmt: skip
    positions = [text.index(part) for part in wanted]
    assert positions == sorted(positions)


def test_a_recipe_keeps_its_steps_in_order_and_code_its_lines():
    body = f"""<div class="post-content"><p>{BLOG[1]}</p><ol><li>육수를 낸다.</li><li>된장을 푼다.</li><li>두부를 넣는다.</li></ol>
    <pre><code>for n in range(3):\n    print(n)</code></pre><p>{BLOG[2]}</p></div>"""
    text = text_of(page(body))
    assert "1. 육수를 낸다.\n2. 된장을 푼다.\n3. 두부를 넣는다." in text
    assert "```\nfor n in range(3):\n    print(n)\n```" in text


def test_a_list_of_a_board_has_no_text_of_its_own():
    rows = "".join(
        f'<tr><td>{n}</td><td><a href="/v/{n}">{n}번째 글의 제목입니다</a></td><td>2021.05.{n}</td></tr>'
        for n in range(10, 25)
    )
    found = read(page(f'<table class="board_list"><tr><th>번호</th><th>제목</th><th>날짜</th></tr>{rows}</table>'))
    text = found[0]["text"] if isinstance(found, list) else ""
    assert "번째 글의 제목" not in text


COMMENTED = (
    f'<div class="article_body"><h1>강릉에 첫눈</h1>{paragraphs(NEWS)}</div><div class="comment_area"><h3>댓글 3</h3><ul>'
    + "".join(
        f'<li class="cmt"><b class="nick">{who}</b><p>{what}</p><a href="#">신고</a></li>' for who, what in REPLIES
    )
    + "</ul></div>"
)


@pytest.mark.parametrize("schema", ["NewsArticle", "BlogPosting", None])
def test_readers_comments_are_a_document_of_their_own_where_asked_for(schema):
    html = page(COMMENTED, ld(**{"@type": schema}) if schema else "")
    (alone,) = read(html)
    article, comments = read(html, source=Input("unused", comments=True))
    assert article["text"] == alone["text"]
    assert not any(what in article["text"] for _, what in REPLIES)
    assert comments["source"]["kind"] == "comment"
    assert comments["source"]["url"] == f"{URL}#comments"
    assert comments["id"] != article["id"]
    assert comments["origin"] == article["origin"]
    assert [(turn["speaker"], turn["text"], turn["role"]) for turn in comments["turns"]] == [
        (who, what, "comment") for who, what in REPLIES
    ]
    assert comments["text"] == "\n\n".join(what for _, what in REPLIES)


def test_a_page_without_comments_has_one_document_and_a_thread_keeps_its_replies():
    assert len(read(page(HTML5), source=Input("unused", comments=True))) == 1
    (found,) = read(page(COMMENTED), source=Input("unused", kind="cafe", comments=True))
    assert [turn["role"] for turn in found["turns"]] == ["post", "comment", "comment", "comment"]


def test_linked_hosts_are_listed_once_each():
    links = '<a href="https://go.kr/1">a</a><a href="//www.B.co.kr/x">b</a><a href="https://go.kr/2">c</a><a href="/own">d</a>' \
            '<a href="https://news.a.kr/y">e</a><a href="mailto:x@c.kr">f</a><a href="http://user@d.kr:80/">g</a>'  # fmt: skip
    (found,) = read(page(f'<div class="view">{paragraphs(NEWS)}<p>{links}</p></div>'))
    assert found["link_hosts"] == ["go.kr", "www.b.co.kr", "d.kr", "ad.example"]


def test_no_more_than_two_hundred_hosts_are_listed():
    links = "".join(f'<a href="https://s{n}.kr/">x</a>' for n in range(500))
    (found,) = read(page(f'<div class="view">{paragraphs(NEWS)}</div><p>{links}</p>'))
    assert len(found["link_hosts"]) == 200


METADATA = [
    ('<meta property="og:title" content="첫눈 &amp; 바다"><meta property="article:published_time" content="2021-05-25T01:00">', {"title": "첫눈 & 바다"}, "2021-05-25"),
    ('<META NAME="Title" CONTENT="첫눈"><meta itemprop="datePublished" content="2021.5.25">', {"title": "첫눈"}, "2021-05-25"),
    ('<meta name="dc.date" content="20210525"><link REL="Canonical" href="/9?a=1&amp;b=2">', {"url": "https://news.a.kr/9?a=1&b=2"}, "2021-05-25"),
    (ld(**{"@type": "NewsArticle", "headline": "첫눈", "articleSection": ["날씨"], "inLanguage": "ko_KR", "datePublished": "2021-05-25"}), {"title": "첫눈", "category": "날씨"}, "2021-05-25"),
]  # fmt: skip


@pytest.mark.parametrize(("head", "wanted", "published"), METADATA)
def test_metadata_in_the_head(head, wanted, published):
    (found,) = read(page(HTML5, head))
    told = {**found["source"], "title": found["title"]}
    assert {name: told[name] for name in wanted} == wanted
    assert told["published"] == published
    assert told["language"] == "ko"


def test_microdata_and_times_in_the_body_give_metadata():
    body = f"""<article itemscope itemtype="https://schema.org/BlogPosting"><h1 itemprop="headline">군산 하루</h1>
    <span itemprop="author" itemscope itemtype="https://schema.org/Person"><a itemprop="name" href="/u">길손</a></span>
    <time itemprop="datePublished" datetime="2021-05-25">어제</time><meta itemprop="articleSection" content="여행">
    <div itemprop="articleBody">{paragraphs(BLOG)}</div></article>"""
    (found,) = read(page(body))
    source = found["source"]
    assert (found["title"], source["kind"], source["published"], source["category"]) == (
        "군산 하루", "blog", "2021-05-25", "여행",
    )  # fmt: skip
    assert source["author_hash"]
    (found,) = read(page(f'<article>{paragraphs(NEWS)}<time datetime="2020-01-02T03:04">그제</time></article>'))
    assert found["source"]["published"] == "2020-01-02"


@pytest.mark.parametrize(
    ("lang", "told"), [("ko", "ko"), ("en_US", "en-US"), ("", None), ("한국어", None), ('ko" x="', "ko")]
)
def test_the_language_is_what_the_page_says(lang, told):
    (found,) = read(page(HTML5).replace('lang="ko"', f'lang="{lang}"'))
    assert found["source"]["language"] == told


STATES = {
    "next": '<script id="__NEXT_DATA__" type="application/json">{}</script>',
    "nuxt": "<script>window.__NUXT__={};</script>",
    "nuxt, typed": '<script type="application/json" id="__NUXT_DATA__">{}</script>',
    "initial": "<script>window.__INITIAL_STATE__ = {}; (function(){{}})();</script>",
    "preloaded": "<script>var x=1;\nwindow.__PRELOADED_STATE__ = {}\n</script>",
    "apollo": "<script>window.__APOLLO_STATE__={};</script>",
}


@pytest.mark.parametrize("framework", STATES)
@pytest.mark.parametrize("escaped", [False, True], ids=["as letters", "as numbers"])
def test_the_text_of_a_page_that_only_a_browser_makes_is_read_from_its_state(framework, escaped):
    state = {
        "page": {
            "menu": ["홈", "생활"],
            "article": {"title": "첫눈", "paragraphs": [{"text": line} for line in (*NEWS, *BLOG)]},
        }
    }
    script = STATES[framework].format(json.dumps(state, ensure_ascii=escaped))
    found = read(f'<html lang="ko"><head><title>첫눈</title></head><body><div id="__next"></div>{script}</body></html>')
    assert isinstance(found, list), found
    assert found[0]["text"] == "\n\n".join((*NEWS, *BLOG))


def test_a_document_says_whether_its_text_was_in_a_script():
    head = ld(**{"@type": "NewsArticle", "articleBody": "\n".join(NEWS * 3)})
    (hidden,), (shown,) = read(page("<div id=app></div>", head)), read(page(HTML5))
    assert (hidden["embedded"], hidden["cut"]) == (True, False)
    assert (shown["embedded"], shown["cut"]) == (False, False)


def test_an_article_body_in_json_ld_is_taken_where_the_page_shows_a_teaser():
    head = ld(**{"@type": "NewsArticle", "headline": "첫눈", "articleBody": "\n".join(NEWS * 3)})
    assert text_of(page(f"<div class=view><p>{NEWS[0][:40]}… 더 보려면 로그</p></div>", head)).count(NEWS[2]) == 3


@pytest.mark.parametrize(
    "html", ["", "<html>", "<html><body></body></html>", page(""), "<script>x = 1</script>", "<!-- 글 -->"]
)
def test_a_page_without_text_says_so(html):
    found = read(html)
    assert isinstance(found, Unreadable)
    assert found.reason == "no_text"


@pytest.mark.parametrize(
    "line", ["첫눈이 왔다.", "ㅋㅋㅋ 진짜?", "👨‍👩‍👧 가족사진", "1234 전화 주세요", "ᄒᆞᆫ글", "漢字와 한글"]
)
def test_a_page_of_one_line_is_that_line(line):
    (found,) = read(f"<html><body><p>{line}</p></body></html>")
    assert found["text"] == line


def test_a_post_without_comments_in_a_cafe_is_a_post():
    (found,) = read(page(f'<div class="article_viewer">{paragraphs(POST)}<p>{ASKED}</p></div>'), kind="cafe")
    assert all(line in found["text"] for line in POST)
