"""Whole HTML pages around a text: several designs, each with navigation, advertisement, related links and a footer.

The designs differ in structure on purpose (semantic tags, nested tables, anonymous div soup), because the extraction
of the main content must not learn one of them. `break_markup` then does what careless sites do.
"""

import html
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from malmoi.sample.written import Text

ADVERTISEMENTS = (
    "오늘만 특가! 무선 청소기 최대 60% 할인 바로가기",
    "우리 동네 꽃집, 첫 주문 배달비 무료 ▶",
    "3분이면 끝나는 자동차 보험료 비교",
    "신선한 제철 과일을 새벽에 받아 보세요",
    "영어 회화, 하루 10분이면 충분합니다 — 무료 체험",
    "가을맞이 등산화 기획전 열려 있어요",
)
RELATED = (
    "주말 나들이, 이곳은 어떠세요", "한눈에 보는 이번 주 날씨", "동네 빵집의 하루", "알뜰 장보기 요령 다섯 가지",
    "겨울철 식물 관리법", "퇴근길 라디오가 전한 사연", "시장 골목 사진전 안내", "처음 만드는 된장찌개",
    "독자가 보내온 편지", "자전거 출퇴근 한 달 기록", "오래된 극장의 마지막 상영", "여름밤 별 보기 좋은 곳",
)  # fmt: skip
MENU = ("홈", "소식", "생활", "문화", "지역", "사진", "자료실", "고객센터", "로그인", "회원가입")
SCHEMA_TYPES = {"news": "NewsArticle", "blog": "BlogPosting", "cafe": "DiscussionForumPosting", "kin": "QAPage",
                "wiki": "Article", "web": "WebPage"}  # fmt: skip


@dataclass(frozen=True)
class SamplePage:
    """A page as text, before it is encoded. `charset` is what its <meta> says."""

    markup: str
    charset: str


def page(text: Text, url: str, charset: str, chance: random.Random) -> SamplePage:
    """`text` as a whole page in one of the designs that suit its kind."""
    design = chance.choice(DESIGNS.get(text.kind, (_modern, _soup, _tables)))
    head = _head(text, url, charset, chance)
    body = design(text, chance)
    return SamplePage(f'<!DOCTYPE html>\n<html lang="ko">\n{head}\n<body>\n{body}\n</body>\n</html>\n', charset)


def break_markup(markup: str, chance: random.Random) -> str:
    """Careless HTML: closing tags left out, quotes forgotten, a tag cut off at the end."""
    broken = markup.replace("</li>", "").replace("</p>", "", chance.randrange(1, 4))
    broken = broken.replace(' class="ad"', " class=ad").replace("</body>\n</html>", "</bod")
    return broken.replace("<p>", "<P>", 2)


def _head(text: Text, url: str, charset: str, chance: random.Random) -> str:
    escape = html.escape
    lines = [f'<meta charset="{charset}">', f"<title>{escape(text.title)} - {escape(text.site)}</title>"]
    style = chance.randrange(3)
    if style != 1:
        lines += [
            f'<meta property="og:title" content="{escape(text.title)}">',
            f'<meta property="og:site_name" content="{escape(text.site)}">',
            f'<meta property="article:section" content="{escape(text.category)}">',
        ]
    data = {
        "@context": "https://schema.org",
        "@type": SCHEMA_TYPES.get(text.kind, "WebPage"),
        "headline": text.title,
        "datePublished": text.published,
        "author": {"@type": "Person", "name": text.author or text.site},
        "publisher": {"@type": "Organization", "name": text.site},
    }
    if style != 2 or text.kind != "web":
        lines.append(f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>')
    lines += [f'<link rel="canonical" href="{escape(url)}">', "<style>.ad{color:#888}.nav li{display:inline}</style>",
              "<script>var 방문 = 1; function 열기(){ return false; }</script>"]  # fmt: skip
    return "<head>\n" + "\n".join(lines) + "\n</head>"


def _content(text: Text) -> str:
    """The text itself as markup: headings, lists and paragraphs as they were written."""
    parts = []
    for paragraph in text.paragraphs:
        lines = paragraph.splitlines()
        if paragraph.startswith("```"):
            parts.append(f"<pre><code>{html.escape(paragraph.strip('`').strip())}</code></pre>")
            continue
        parts.extend(_block(run) for run in _runs(lines))
    return "\n".join(parts)


def _runs(lines: list[str]) -> list[list[str]]:
    """Neighbouring lines of one sort (list items, a heading, plain lines) together."""
    runs: list[list[str]] = []
    for line in lines:
        if runs and _sort(runs[-1][0]) == _sort(line) and _sort(line) != "heading":
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _sort(line: str) -> str:
    return "item" if line.startswith("- ") else "heading" if line.startswith("## ") else "plain"


def _block(run: list[str]) -> str:
    escaped = [html.escape(line) for line in run]
    if _sort(run[0]) == "heading":
        return f"<h2>{escaped[0][3:]}</h2>"
    if _sort(run[0]) == "item":
        return "<ul>" + "".join(f"<li>{line[2:]}</li>" for line in escaped) + "</ul>"
    return "<p>" + "<br>\n".join(escaped) + "</p>"


def _links(labels: list[str], prefix: str) -> str:
    return "".join(f'<li><a href="/{prefix}/{index}">{label}</a></li>' for index, label in enumerate(labels))


def _navigation(chance: random.Random) -> str:
    return f'<ul class="nav">{_links(chance.sample(MENU, 7), "menu")}</ul>'


def _related(chance: random.Random) -> str:
    return f'<ul class="list">{_links(chance.sample(RELATED, 5), "read")}</ul>'


def _advertisement(chance: random.Random) -> str:
    link = f'<a href="https://ad.example/{chance.randrange(999)}">{chance.choice(ADVERTISEMENTS)}</a>'
    return f'<div class="ad">{link}</div>'


def _footer(text: Text, chance: random.Random) -> str:
    site = html.escape(text.site or "모둠터")
    return (
        f"<p>{site} | 이용약관 | 개인정보처리방침 | 광고 문의 | 찾아오시는 길</p>"
        f"<p>Copyright © {chance.randrange(2012, 2025)} {site}. All rights reserved.</p>"
    )


def _modern(text: Text, chance: random.Random) -> str:
    return f"""<header><div class="logo">{html.escape(text.site)}</div><nav>{_navigation(chance)}</nav></header>
{_advertisement(chance)}
<main><article>
<h1>{html.escape(text.title)}</h1>
<div class="byline"><span>{html.escape(text.author)}</span>
<time datetime="{text.published}">{text.published}</time></div>
{_content(text)}
</article>
<aside><h3>함께 볼 만한 글</h3>{_related(chance)}{_advertisement(chance)}</aside></main>
<footer>{_footer(text, chance)}</footer>"""


def _tables(text: Text, chance: random.Random) -> str:
    """The way of the early 2000s: one table in another, no semantic tag."""
    return f"""<table width="960" align="center"><tr><td colspan="2" bgcolor="#eeeeee">{_navigation(chance)}</td></tr>
<tr><td width="180" valign="top"><b>바로가기</b>{_related(chance)}{_advertisement(chance)}</td>
<td valign="top"><table width="100%">
<tr><td class="tit"><font size="4"><b>{html.escape(text.title)}</b></font></td></tr>
<tr><td>작성자 {html.escape(text.author or "관리자")} | 등록일 {text.published} |
조회 {chance.randrange(20, 9000)}</td></tr>
<tr><td class="view">{_content(text)}</td></tr>
<tr><td><a href="/list">목록</a> <a href="/prev">이전글</a> <a href="/next">다음글</a></td></tr></table></td></tr>
<tr><td colspan="2" align="center">{_footer(text, chance)}</td></tr></table>"""


def _soup(text: Text, chance: random.Random) -> str:
    """Anonymous boxes in boxes, as page builders make them."""
    return f"""<div class="x1"><div class="x2">{_navigation(chance)}</div>
<div class="x3"><div class="x4"><div class="x5"><div class="tt">{html.escape(text.title)}</div>
<div class="mm">{html.escape(text.author)} · {text.published} · 공감 {chance.randrange(300)}</div>
<div class="se-main">{_content(text)}</div>
<div class="share"><a href="#">공유하기</a><a href="#">스크랩</a><a href="#">신고</a></div></div>
<div class="x6">{_advertisement(chance)}<strong>이 블로그 인기글</strong>{_related(chance)}</div></div></div>
<div class="x9">{_footer(text, chance)}</div></div>"""


def _forum(text: Text, chance: random.Random) -> str:
    """A post and the comments below it."""
    post = [line for line in text.body.split("\n") if not line.startswith("댓글>")]
    comments = [line.removeprefix("댓글>").strip() for line in text.body.split("\n") if line.startswith("댓글>")]
    kept = Text(**{**text.__dict__, "body": "\n".join(post).strip()})
    listed = "".join(f'<li class="reply"><p>{html.escape(comment)}</p></li>' for comment in comments)
    return f"""<div id="gnb">{_navigation(chance)}</div><div id="left"><h4>카페 게시판</h4>{_related(chance)}</div>
<div id="post"><h1>{html.escape(text.title)}</h1><p class="info">{html.escape(text.author)} {text.published}</p>
<div class="article_body">{_content(kept)}</div>
<div class="comments"><h4>댓글 {len(comments)}</h4><ul>{listed}</ul></div></div>
{_advertisement(chance)}<div id="bottom">{_footer(text, chance)}</div>"""


def _question(text: Text, chance: random.Random) -> str:
    """A question and its answers, the accepted one first."""
    question, *answers = text.body.split("답변>")
    blocks = []
    for index, answer in enumerate(answers):
        badge = "<em>질문자 채택</em>" if index == 0 else ""
        block = _content(Text(**{**text.__dict__, "body": answer.strip()}))
        blocks.append(f'<div class="answer" itemscope itemtype="https://schema.org/Answer">{badge}{block}</div>')
    asked = _content(Text(**{**text.__dict__, "body": question.replace("질문>", "").strip()}))
    return f"""<header><nav>{_navigation(chance)}</nav></header>
<div class="qna"><h1>{html.escape(text.title)}</h1><div class="question">{asked}</div>
<h3>답변 {len(answers)}개</h3>{"".join(blocks)}</div>
<aside class="side">{_related(chance)}{_advertisement(chance)}</aside><footer>{_footer(text, chance)}</footer>"""


def _encyclopedia(text: Text, chance: random.Random) -> str:
    sections = _links([part[3:].splitlines()[0] for part in text.paragraphs if part.startswith("## ")], "sec")
    return f"""<div id="mw-head">{_navigation(chance)}</div>
<div id="content"><h1 id="firstHeading">{html.escape(text.title)}</h1><div id="toc"><p>목차</p>{sections}</div>
<div class="body-text">{_content(text)}</div>
<div class="cat">분류: <a href="/c">{html.escape(text.category)}</a></div></div>
<div id="panel"><h3>둘러보기</h3>{_related(chance)}</div><div id="footer">{_footer(text, chance)}</div>"""


DESIGNS: dict[str, tuple[Callable[[Text, random.Random], str], ...]] = {
    "news": (_modern, _soup, _tables),
    "blog": (_soup, _modern),
    "cafe": (_forum,),
    "kin": (_question,),
    "wiki": (_encyclopedia, _modern),
    "web": (_tables, _modern, _soup),
}
