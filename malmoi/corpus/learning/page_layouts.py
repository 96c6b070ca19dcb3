"""Made-up Korean pages with their truth: layouts that the labelled real pages have too few of.

Boards of nested tables without classes, popups, questions that open, cards, timetables, lists of linked sentences,
wikis, documentation, notices of shops, news, index pages that are no text. What is put together is drawn by a seed, so
that the same number gives the same pages. The truth is marked while a page is written, and cut out at the end.
"""

import random
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from malmoi.corpus.learning.labelled_pages import MADE_UP, LabelledPage

WORDS = tomllib.loads(Path(__file__).with_name("page_layouts.toml").read_text(encoding="utf-8"))
SENTENCE = [text.strip().split("|") for text in WORDS["sentence"].values()]
WAYS = WORDS["ways"]
"""How the parts of a text may be written, as formats of HTML."""
PIECES = {name: text.strip().split("|") for name, text in WORDS["pieces"].items()}
FIRST, LAST = "\ue000", "\ue001"
"""Around each piece of the truth while a page is written."""
SITES = 20
"""Made-up pages are of so many made-up sites, so that folds by site hold them apart, too."""
Draw = random.Random


def made_up_pages(count: int, seed: int = 1) -> list[LabelledPage]:
    """So many pages; one in eight is an index or has nothing but menus, and has no true text."""
    return [_page(number, random.Random(f"{seed} {number}")) for number in range(count)]


def _page(number: int, draw: Draw) -> LabelledPage:
    frame = draw.choice([_table_frame, _div_frame, _div_frame, _semantic_frame, _bare_frame])
    has_text = draw.random() > 1 / 8
    html = frame(draw, _text(draw) if has_text else draw.choice([_teasers, _board, _nothing])(draw))
    truth = "\n".join(re.findall(f"{FIRST}(.*?){LAST}", html, re.DOTALL))
    truth = re.sub(r"<br>", "\n", truth)
    truth = re.sub(r"<[^>]*>", "", truth)
    html = html.replace(FIRST, "").replace(LAST, "")
    return LabelledPage(MADE_UP, f"made-up-{number}", f"made-up-{number % SITES}", html.encode(), truth)


def _true(text: str) -> str:
    return FIRST + text + LAST


def _sentence(draw: Draw) -> str:
    parts = [draw.choice(phrases) for phrases in SENTENCE]
    return " ".join(parts[draw.random() < 0.4 :])


def _prose(draw: Draw, low: int = 1, high: int = 5) -> str:
    return " ".join(_sentence(draw) for _ in range(draw.randint(low, high)))


def _some(draw: Draw, kind: str, low: int, high: int) -> list[str]:
    return [draw.choice(PIECES[kind]) for _ in range(draw.randint(low, high))]


def _link(draw: Draw, text: str, to: str | None = None) -> str:
    to = to or draw.choice(["/a/{}", "view.do?no={}", "https://e{}.example/", "#s{}"]).format(draw.randint(1, 999))
    return f'<a href="{to}">{text}</a>'


# Pieces of a text: each gives HTML with the truth marked.


def _paragraphs(draw: Draw) -> str:
    way = draw.choice(["p", "p", "p", "div", "br", "brbr", "loose", "span", "short"])
    texts = [_true(_prose(draw)) for _ in range(draw.randint(1, 4))]
    if way == "br":
        return "<br>".join(texts)
    if way == "short":
        return f"<p>{texts[0]}</p>" + "<br>".join(_true(noun) for noun in _some(draw, "noun", 2, 4))
    if way == "brbr":
        return "<br><br>\n".join(texts)
    if way == "loose":
        return f"<div>{texts[0]}<div>{_true(_prose(draw, 1, 2))}</div>{_true(_sentence(draw))}</div>"
    if way == "span":
        return "".join(f'<p class="se-text-paragraph"><span class="se-fs-">{text}</span></p>' for text in texts)
    return "".join(f"<{way}>{text}</{way}>" for text in texts)


def _heading(draw: Draw) -> str:
    text, level = _true(draw.choice(PIECES["noun"])), draw.choice("233445")
    return draw.choice(WAYS["heading"]).format(text, level)


def _list(draw: Draw) -> str:
    way = draw.choice(["noun", "prose", "linked", "linked", "dated", "lead", "nested"])
    tag = draw.choice(["ul", "ul", "ol"])
    items = []
    for _ in range(draw.randint(3, 7)):
        text = _true(draw.choice(PIECES["noun"]) if way == "noun" else _prose(draw, 1, 2))
        if way == "linked":
            text = _link(draw, _true(_sentence(draw)))
        if way == "dated":
            text = f"{_true(_dates(draw))} {_link(draw, _true(draw.choice(PIECES['noun']) + ' 읽기 모임'), 'https://e.example/1')}"
        if way == "nested":
            text += f"<ul><li>{_true(draw.choice(PIECES['noun']))}</li><li>{_true(_sentence(draw))}</li></ul>"
        items.append(f"<li>{text}</li>" if draw.random() < 0.8 else f"<li><p>{text}</p></li>")
    return f"<{tag}>{_true(_sentence(draw)) if way == 'lead' else ''}{''.join(items)}</{tag}>"


def _dates(draw: Draw) -> str:
    return f"{draw.randint(2010, 2021)}.{draw.randint(1, 12):02} ~ {draw.randint(2010, 2021)}.{draw.randint(1, 12):02}:"


def _table(draw: Draw) -> str:
    columns = draw.randint(2, 4)
    head = "".join(f"<th>{_true(draw.choice(PIECES['noun']))}</th>" for _ in range(columns))
    rows = ""
    for _ in range(draw.randint(2, 6)):
        cells = [
            draw.choice([draw.choice(PIECES["noun"]), str(draw.randint(1, 9999)), _sentence(draw)])
            for _ in range(columns)
        ]
        rows += "<tr>" + "".join(f"<td>{_true(cell)}</td>" for cell in cells) + "</tr>"
    return f"<table border=1><tr>{head}</tr>{rows}</table>"


def _code(draw: Draw) -> str:
    drawn = _some(draw, "code", 2, 8)
    lines = "\n".join(drawn)
    if draw.random() < 0.3:  # line numbers in a cell of their own, as highlighters of blogs write them
        numbers = "\n".join(str(number + 1) for number in range(len(drawn)))
        cell = draw.choice(["<td class='gutter'><pre>{}</pre></td>", "<td><div>{}</div></td>"]).format(numbers)
        return f"<table><tr>{cell}<td class='code'><pre>{_true(lines)}</pre></td></tr></table>"
    return draw.choice(["<pre><code>{}</code></pre>", "<div class='highlight'><pre>{}</pre></div>"]).format(
        _true(lines)
    )


def _questions(draw: Draw) -> str:
    way = draw.choice(WAYS["question"])
    items = "".join(way.format(_true(q), _true(_prose(draw, 1, 3))) for q in _some(draw, "question", 3, 7))
    return f"<ul>{items}</ul>" if way.startswith("<li") else items


def _cards(draw: Draw) -> str:
    way = draw.choice(WAYS["card"])
    cards = "".join(way.format(_true(noun), _true(_prose(draw, 1, 2))) for noun in _some(draw, "noun", 3, 7))
    box = "ul" if way.startswith("<li") else "dl" if "<dt>" in way else "div"
    return f"<{box}>{cards}</{box}>"


def _timetable(draw: Draw) -> str:
    way = draw.choice(WAYS["timetable"])
    rows = ""
    for hour in range(9, 9 + draw.randint(4, 8)):
        name = draw.choice(PIECES["name"]) + draw.choice(["", " (가나 연구소)", " 교수"])
        rows += way.format(
            _true(f"{hour:02}:00 ~ {hour:02}:50"), _true(draw.choice(PIECES["noun"]) + " 발표"), _true(name)
        )
    return f"<{box}>{rows}</{box}>" if (box := {"<li": "ul", "<tr": "table"}.get(way[:3])) else rows


def _figure(draw: Draw) -> str:
    text = _true(_sentence(draw) + draw.choice(["", " [사진 출처 = 가나 사진부]", " /사진=가나"]))
    return draw.choice(WAYS["figure"]).format(text)


def _quote(draw: Draw) -> str:
    return f"<blockquote><p>{_true(_prose(draw, 1, 2))}</p></blockquote>"


def _aside(draw: Draw) -> str:
    """What stands inside a text and is none: cards of links, advertisements, notices, a list of its sections."""
    noun, one = draw.choice(PIECES["noun"]), _sentence(draw)
    return draw.choice(
        [
            f"<div class='se-oglink'>{_link(draw, f'<strong>{noun}</strong><p>{one}</p><p>e.example</p>')}</div>",
            f"<div class='ad'>{_link(draw, draw.choice(PIECES['chrome']))}</div>",
            "<div id='toc'><p>목차</p><ul>"
            + "".join(f"<li><a href='#s{n}'>{n}. {noun}</a></li>" for n in range(1, 5))
            + "</ul></div>",
            f"<div class='ai-summary'><strong>AI 요약</strong><p>{one}</p><p>자동으로 요약된 내용입니다.</p></div>",
            f"<div style='display:none'>{{&quot;title&quot;:&quot;{noun}&quot;,&quot;no&quot;:12}}</div>",
            f"<div class='related'><b>관련 기사</b>{_titles(draw)}</div>",
        ]
    )


def _text(draw: Draw) -> str:
    """A text of one kind: some pieces of few sorts, as a page has; one in twelve is a line or two."""
    if draw.random() < 1 / 12:
        lines = [draw.choice([_sentence(draw), draw.choice(PIECES["noun"]) + "."]) for _ in range(draw.randint(1, 2))]
        return "".join(f"<p>{_true(line)}</p>" for line in lines)
    sorts: list[Callable[[Draw], str]] = [
        *(_list, _linked, _table, _code, _questions, _questions, _cards, _timetable, _figure, _quote)
    ]
    liked = [_paragraphs] * draw.choice([1, 3, 6]) + draw.sample(sorts, draw.choice([0, 1, 1, 2, 3]))
    pieces = []
    for _ in range(draw.randint(1, 9)):
        if draw.random() < 0.5:
            pieces.append(_heading(draw))
        pieces.append(draw.choice(liked)(draw))
        if draw.random() < 0.3:
            pieces.append(f"<p>{_true(_prose(draw))}</p>")
        if draw.random() < 0.08:
            pieces.append(_aside(draw))
    return "\n".join(pieces)


def _linked(draw: Draw) -> str:
    """A list of sentences that are links: sources, laws, further reading."""
    items = [f"<li>{_link(draw, _true(_sentence(draw)))}</li>" for _ in range(draw.randint(2, 6))]
    return f"<p>{_true(_prose(draw, 1, 2))}</p><ul>{''.join(items)}</ul>"


def _board(draw: Draw) -> str:
    """The list of a board: number, title, who, when."""
    rows = "<tr><th>번호</th><th>제목</th><th>글쓴이</th><th>날짜</th></tr>" if draw.random() < 0.7 else ""
    for number in range(draw.randint(6, 20)):
        title, name = _link(draw, _sentence(draw)[:-1]), draw.choice(PIECES["name"])
        rows += f"<tr><td>{number}</td><td>{title}</td><td>{name}</td><td>2021.05.{number + 10}</td></tr>"
    return f"<table class='{draw.choice(['board_list', 'tbl', ''])}'>{rows}</table>"


def _nothing(draw: Draw) -> str:
    return draw.choice(["", "<div id='root'></div>", _titles(draw)])


def _teasers(draw: Draw) -> str:
    way = draw.choice(WAYS["teaser"])
    items = ""
    for day in range(10, 10 + draw.randint(6, 18)):
        cut = _prose(draw, 1, 2)[: draw.randint(40, 80)] + draw.choice(["…", "...", " …"])
        items += way.format(_link(draw, _sentence(draw)[:-1]), cut, day)
    return f"<table>{items}</table>" if way.startswith("<tr") else f"<div class='list'>{items}</div>"


# Frames: what stands around a text.


def _menu(draw: Draw, low: int = 4, high: int = 24) -> str:
    names = _some(draw, "menu", low, high)
    return draw.choice(
        [
            "<ul>" + "".join(f"<li>{_link(draw, name)}</li>" for name in names) + "</ul>",
            " | ".join(_link(draw, name) for name in names),
            "<table><tr>" + "".join(f"<td>{_link(draw, name)}</td>" for name in names) + "</tr></table>",
            "".join(f"<div>{_link(draw, name)}</div>" for name in names),
        ]
    )


def _titles(draw: Draw) -> str:
    titles = [_link(draw, _sentence(draw)[:-1]) for _ in range(draw.randint(3, 10))]
    return "<ul>" + "".join(f"<li>{title}</li>" for title in titles) + "</ul>"


def _after(draw: Draw) -> str:
    """Below a text: buttons, neighbours, other titles, comments."""
    name = draw.choice(PIECES["name"])
    before, after = _link(draw, _sentence(draw)[:-1]), _link(draw, _sentence(draw)[:-1])
    parts = [
        "<div class='sns'>" + " ".join(f"<button>{word}</button>" for word in _some(draw, "chrome", 2, 6)) + "</div>",
        f"<div class='tags'>{' '.join(_link(draw, '#' + noun) for noun in _some(draw, 'noun', 2, 6))}</div>",
        f"<p>{name} 기자 kim@gana.example</p><p>저작권자 (c) 가나신문 무단 전재 및 재배포 금지</p>",
        f"<div><h4>관련 글</h4>{_titles(draw)}</div>",
        f"<table><tr><td>이전 글</td><td>{before}</td></tr><tr><td>다음 글</td><td>{after}</td></tr></table>",
        f"<div class='comments'><b>댓글 2</b><ul><li>{name} 2021.05.02 <p>{_sentence(draw)}</p></li></ul></div>",
        "<div class='profile'><b>글쓴이</b><p>가나를 만드는 사람입니다.</p></div>",
    ]
    return "\n".join(draw.sample(parts, draw.randint(0, 4)))


def _headline(draw: Draw) -> tuple[str, str]:
    """A title, and the lines about who wrote it and when."""
    title = f"{draw.choice(PIECES['noun'])} {draw.choice(['안내', '알아보기', '정리', '결과', '이야기', ''])}".strip()
    about = [draw.choice(PIECES["name"]), "2021-05-25 10:12", f"조회 {draw.randint(1, 9999)}", _link(draw, "붙임.hwp")]
    drawn = draw.sample(about, draw.randint(0, 4))
    return title, draw.choice([" | ".join(drawn), "".join(f"<span>{part}</span> " for part in drawn)])


def _bottom(draw: Draw) -> str:
    words = _some(draw, "footer", 2, 6)
    return draw.choice([" | ".join(words), "".join(f"<p>{word}</p>" for word in words), "<br>".join(words)])


def _table_frame(draw: Draw, text: str) -> str:
    """A board of the years of EUC-KR: nested tables, no classes; old pages leave anchors open."""
    title, about = _headline(draw)
    anchor = draw.choice(["", "<a name='top'>", "<a name='top'></a>", "<a href='#top' name='top'>"])
    side = f"<td width=180>{_menu(draw)}</td>" if draw.random() < 0.6 else ""
    rows = (
        f"<tr><th>제목</th><td>{title}</td></tr><tr><td>등록일</td><td>{about}</td></tr>" if draw.random() < 0.7 else ""
    )
    body = f"<table width=600>{rows}<tr><td colspan=2>{text}</td></tr></table>"
    return (
        f"<html><head><title>{title}</title></head><body bgcolor=#ffffff>{anchor}<center><table width=900>"
        f"<tr><td colspan=2>{_menu(draw)}</td></tr><tr>{side}<td>{body}{_after(draw)}</td></tr>"
        f"<tr><td colspan=2><font size=2>{_bottom(draw)}</font></td></tr></table></center></body></html>"
    )


def _div_frame(draw: Draw, text: str) -> str:
    """Boxes with the ids and classes of boards, blogs and shops, or with names that say nothing."""
    title, about = _headline(draw)
    box = draw.choice(PIECES["box"])
    side = (
        f"<div class='{draw.choice(['side', 'lnb', 'css-9a', 'widget'])}'>{_menu(draw)}</div>"
        if draw.random() < 0.6
        else ""
    )
    head = draw.choice(
        [f"<h1>{title}</h1><p>{about}</p>", f"<div class='title'>{title}</div><div class='info'>{about}</div>", ""]
    )
    return (
        f"<!doctype html><html><head><title>{title} - 가나</title></head><body><div id='wrap'>"
        f"<div id='head'>{_menu(draw)}</div>{side if draw.random() < 0.5 else ''}"
        f"<div id='container'>{head}<div {box}>{text}</div>{_after(draw)}</div>{side}"
        f"<div id='footer'>{_bottom(draw)}</div></div></body></html>"
    )


def _semantic_frame(draw: Draw, text: str) -> str:
    """Documentation and news of today: header, nav, main, article, aside, footer."""
    title, about = _headline(draw)
    aside = f"<aside>{draw.choice([_titles, _menu])(draw)}</aside>" if draw.random() < 0.7 else ""
    inner = f"<article><h1>{title}</h1><p>{about}</p>{text}</article>"
    return (
        f"<!doctype html><html lang=ko><head><title>{title} | 가나</title></head><body><header>{_menu(draw)}</header>"
        f"<nav>{_menu(draw)}</nav><main>{inner if draw.random() < 0.7 else text}{_after(draw)}</main>{aside}"
        f"<footer>{_bottom(draw)}</footer></body></html>"
    )


def _bare_frame(draw: Draw, text: str) -> str:
    """Almost nothing around: popups, pages made by hand, documents turned into HTML."""
    start = draw.choice(["", "<a name='top'>", f"<center>{_menu(draw, 2, 5)}</center><hr>"])
    end = draw.choice(
        ["", f"<hr>{_menu(draw, 2, 4)}", f"<p>{_bottom(draw)}</p>", "<a href='javascript:self.close()'>닫기</a>"]
    )
    return f"<html><body>{start}{text}{end}</body></html>"
