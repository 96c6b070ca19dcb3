import json

import pytest

from malmoi.corpus.html import page as html_page

MENU = (
    "<ul class=m>"
    + "".join(f'<li><a href="/{n}">{w}</a>' for n, w in enumerate(["홈", "정치", "경제", "로그인"]))
    + "</ul>"
)
FOOTER = "<p>모둠터 | 이용약관 | 개인정보처리방침</p><p>Copyright ⓒ 2021 모둠터. 무단 전재 및 재배포 금지</p>"
BODY = "<p>강원 강릉시에 올겨울 첫눈이 내렸다.</p><p>기상청은 오늘 밤까지 3cm의 눈이 더 올 것으로 내다봤다.</p>"


def read_page(html, kind, url):
    """The fields of a page and its text, as one table."""
    web_page = html_page.read_page(html, kind, url)
    return {**web_page.fields, "text": "\n\n".join(passage.text for passage in web_page.passages)}


def page(body, head=""):
    html = f"<!doctype html><html lang=ko><head><meta charset=utf-8><title>첫눈 - 모둠터</title>{head}</head>"
    return f"{html}<body><div id=top>{MENU}</div>{body}<div id=bottom>{FOOTER}</div></body></html>".encode()


def ld(**fields):
    return f'<script type="application/ld+json">{json.dumps(fields, ensure_ascii=False)}</script>'


def test_a_short_korean_article_comes_without_menu_and_imprint():
    text = read_page(page(f"<div class=view><h1>강릉에 첫눈</h1>{BODY}</div>"), None, None)["text"]
    assert text.split("\n\n")[-2:] == [
        "강원 강릉시에 올겨울 첫눈이 내렸다.",
        "기상청은 오늘 밤까지 3cm의 눈이 더 올 것으로 내다봤다.",
    ]
    for word in ("로그인", "이용약관", "무단", "Copyright"):
        assert word not in text


def test_headings_lists_and_tables_are_kept_in_order():
    body = f"""<div class=x1>{BODY}<h2>재료</h2><ul><li>된장 2큰술</li><li>두부 반 모</li></ul>
    <h2>만드는 법</h2><ol><li>육수를 낸다.</li><li>된장을 푼다.</li></ol>
    <table><tr><th>영양</th><th>양</th></tr><tr><td>열량</td><td>120 kcal</td></tr>
        <tr><td>단백질</td><td>9 g</td></tr><tr><td>나트륨</td><td>800 mg</td></tr></table></div>"""
    text = read_page(page(body), None, None)["text"]
    wanted = [
        "첫눈이",
        "## 재료",
        "- 된장 2큰술",
        "- 두부 반 모",
        "## 만드는 법",
        "1. 육수를 낸다.",
        "| 열량 | 120 kcal",
    ]
    positions = [text.index(part) for part in wanted]
    assert positions == sorted(positions)


def test_a_page_laid_out_in_tables_keeps_its_paragraphs():
    cell = f"{BODY}<br>첫 줄이 이어진다.<br>둘째 줄이 이어진다."
    inner = f"<table><tr><td>작성자 관리자</td></tr><tr><td>{cell}</td></tr></table>"
    body = f"<table><tr><td>{MENU}</td><td>{inner}</td></tr></table>"
    lines = read_page(page(body), None, None)["text"].split("\n")
    assert {"강원 강릉시에 올겨울 첫눈이 내렸다.", "첫 줄이 이어진다.", "둘째 줄이 이어진다."} <= {
        line.strip() for line in lines
    }


def test_threads_keep_their_replies_in_reading_order():
    body = """<div class=q><h2>김치가 너무 시어요</h2><p>버리기엔 아까운데 살릴 방법이 있을까요?</p></div>
    <div class=answers><div class=a><p>설탕을 조금 넣고 볶아 드세요.</p></div>
    <div class=a><p>찌개로 끓여도 좋습니다.</p></div></div>"""
    text = read_page(page(body, ld(**{"@type": "QAPage"})), None, None)["text"]
    positions = [text.index(part) for part in ("아까운데", "설탕을", "찌개로")]
    assert positions == sorted(positions)
    body = """<div class=post><p>토요일 아침 8시에 구파발역에서 만나요.</p><p>초보도 환영합니다!</p></div>
    <div class=comments id=comments><ul><li><p>저 갈게요!</p></li><li><p>처음인데 괜찮을까요ㅠㅠ</p></li></ul></div>"""
    text = read_page(page(body), "cafe", None)["text"]
    assert text.index("환영합니다") < text.index("저 갈게요!") < text.index("괜찮을까요ㅠㅠ")
    assert text.count("저 갈게요!") == 1


def test_signs_that_markdown_would_read_stay_as_written():
    body = "<div><p>드라마 &lt;숨바꼭질&gt;은 [엔터미디어] 기사에서 *별점* 5_점을 받았다. 모두 기뻐했다.</p></div>"
    assert "<숨바꼭질>은 [엔터미디어] 기사에서 *별점* 5_점을" in read_page(page(body), None, None)["text"]


def test_an_article_about_terms_of_use_is_not_taken_for_an_imprint():
    words = "이용약관과 개인정보처리방침을 바꾼 회사가 늘고 있다. 저작권자 ⓒ 표시도 달라졌다고 한다."
    assert words in read_page(page(f"<div><p>{words}</p><p>{words}</p></div>"), None, None)["text"]


def test_json_ld_gives_the_metadata():
    head = ld(
        **{
            "@context": "https://schema.org", "@graph": [
                {"@type": "WebSite", "name": "누리집"},
                {"@type": ["NewsArticle"], "headline": "강릉에 &quot;첫눈&quot;", "articleSection": "날씨",
                 "author": [{"@type": "Person", "name": "김말이"}], "publisher": {"name": "모둠신문"},
                 "datePublished": "2021-05-25T09:00:00+09:00"},
            ],
        }
    )  # fmt: skip
    found = read_page(page(BODY, head + '<link rel=canonical href="/1">'), None, "https://a.kr/x?utm=1")
    found.pop("text")
    assert found == {
        "title": '강릉에 "첫눈"', "name": "모둠신문", "url": "https://a.kr/1", "author": "김말이",
        "published": "2021-05-25", "category": "날씨", "kind": "news", "language": "ko",
    }  # fmt: skip


def test_open_graph_and_title_fill_in():
    head = """<meta property="og:site_name" content="모둠터"><meta name=author content="https://a.kr/kim">
    <meta property="article:published_time" content="2020-01-02"><meta property="og:url" content="https://a.kr/9">"""
    found = read_page(page(BODY, head), None, None)
    assert (found["title"], found["name"], found["url"]) == ("첫눈", "모둠터", "https://a.kr/9")
    assert found["published"] == "2020-01-02"
    assert "author" not in found


@pytest.mark.parametrize(
    ("schema", "kind"),
    [("NewsArticle", "news"), ("BlogPosting", "blog"), ("QAPage", "kin"), ("DiscussionForumPosting", "cafe"),
     ("https://schema.org/Product", "web"), ("Legislation", "law"), ("Unknown", None)],
)  # fmt: skip
def test_the_schema_type_sets_the_kind(schema, kind):
    assert read_page(page(BODY, ld(**{"@type": schema})), None, None).get("kind") == kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [("https://n.news.naver.com/1", "news"), ("https://me.tistory.com/1", "blog"), ("https://kin.naver.com/q", "kin"),
     ("https://fakenews.naver.com.evil.kr/1", None), ("https://[broken/", None), (None, None)],
)  # fmt: skip
def test_known_hosts_set_the_kind(url, kind):
    assert read_page(page(BODY), None, url).get("kind") == kind


@pytest.mark.parametrize(
    "html",
    [b"", b" ", b"<html>", b"<frameset><frame src=a></frameset>", b"<p>", b"<?xml version='1.0' encoding='euc-kr'?>",
     page("", '<script type="application/ld+json">{bad</script>'), page("", ld(a=1)).replace(b"{", b"[" * 5000)],
)  # fmt: skip
def test_pages_of_nothing_have_no_text(html):
    assert read_page(html, None, None)["text"] == ""


def test_tags_that_are_never_closed_lose_nothing():
    line = "<font size=2><b>글이 여기 있습니다. 줄마다 글꼴을 정하고 닫지 않았습니다.<br>"
    assert read_page(f"<body>{line * 400}".encode(), None, None)["text"].count("닫지 않았습니다.") == 400
