"""Whole HTML pages around a text: several designs, each with navigation, advertisement, related links and a footer.

The designs (designs/*.html) differ in structure on purpose (semantic tags, nested tables, anonymous div soup), because
the extraction of the main content must not learn one of them. `break_markup` then does what careless sites do.
"""

import functools
import html
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from malmoi.sample.words import WORDS, listed
from malmoi.sample.written import Text

_WORDS = WORDS["pages"]
_MENU = listed(_WORDS["menu"])
_DESIGNS = {
    "news": ("modern", "soup", "tables"),
    "blog": ("soup", "modern"),
    "cafe": ("forum",),
    "kin": ("question",),
    "wiki": ("encyclopedia", "modern"),
    "web": ("tables", "modern", "soup"),
}


def page_bytes(text: Text, url: str, charset: str, chance: random.Random, broken_share: float) -> bytes:
    """A page in the bytes of its charset (EUC-KR as the CP949 that browsers read), broken by the chance given."""
    markup = page(text, url, charset, chance)
    if chance.random() < broken_share:
        markup = break_markup(markup, chance)
    return markup.encode("utf-8" if charset == "utf-8" else "cp949", "xmlcharrefreplace")


def page(text: Text, url: str, charset: str, chance: random.Random) -> str:
    """`text` as a whole page in one of the designs that suit its kind. charset: what its <meta> says."""
    design = chance.choice(_DESIGNS.get(text.kind, ("modern", "soup", "tables")))
    head = _head(text, url, charset, chance)
    body = _design(design).format_map(_Slots(text, chance, _PARTS_OF_DESIGN.get(design, _whole)(text)))
    return f'<!DOCTYPE html>\n<html lang="ko">\n{head}\n<body>\n{body}\n</body>\n</html>\n'


def break_markup(markup: str, chance: random.Random) -> str:
    """Careless HTML: closing tags left out, quotes forgotten, a tag cut off at the end."""
    broken = markup.replace("</li>", "").replace("</p>", "", chance.randrange(1, 4))
    broken = broken.replace(' class="ad"', " class=ad").replace("</body>\n</html>", "</bod")
    return broken.replace("<p>", "<P>", 2)


def _head(text: Text, url: str, charset: str, chance: random.Random) -> str:
    """A head in one of three styles: Open Graph with JSON-LD, JSON-LD alone, or, on kind web, Open Graph alone."""
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
        "@type": _WORDS["schema_types"].get(text.kind, "WebPage"),
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
    """The text itself as markup: code, headings, lists and paragraphs as they were written."""
    parts = []
    for paragraph in text.paragraphs:
        if paragraph.startswith("```"):
            parts.append(f"<pre><code>{html.escape(paragraph.strip('`').strip())}</code></pre>")
        else:
            parts.extend(_blocks(paragraph.splitlines()))
    return "\n".join(parts)


def _blocks(lines: list[str]) -> Iterator[str]:
    """Neighbouring lines of one sort (list items, plain lines) as one block; a heading is a block of its own."""
    for mark, run in itertools.groupby(lines, lambda line: next(filter(line.startswith, ("- ", "## ")), "")):
        escaped = [html.escape(line.removeprefix(mark)) for line in run]
        if mark == "## ":
            yield from (f"<h2>{line}</h2>" for line in escaped)
        elif mark == "- ":
            yield "<ul>" + "".join(f"<li>{line}</li>" for line in escaped) + "</ul>"
        else:
            yield "<p>" + "<br>\n".join(escaped) + "</p>"


def _links(labels: list[str], prefix: str) -> str:
    return "".join(f'<li><a href="/{prefix}/{index}">{label}</a></li>' for index, label in enumerate(labels))


class _Slots(dict[str, str]):
    """What fills the slots of a design: its text, escaped, and parts drawn anew for each slot, in the slots' order."""

    def __init__(self, text: Text, chance: random.Random, parts: dict[str, str]) -> None:
        names = ("title", "site", "author", "published", "category")
        super().__init__({name: html.escape(getattr(text, name)) for name in names} | parts)
        self._text, self._chance = text, chance

    def __missing__(self, slot: str) -> str:
        return _DRAWN[slot](self._text, self._chance)


def _related(text: Text, chance: random.Random) -> str:  # noqa: ARG001 (as the other parts)
    return f'<ul class="list">{_links(chance.sample(_WORDS["related"], 5), "read")}</ul>'


def _advertisement(text: Text, chance: random.Random) -> str:  # noqa: ARG001
    number, words = chance.randrange(999), chance.choice(_WORDS["advertisements"])
    return f'<div class="ad"><a href="https://ad.example/{number}">{words}</a></div>'


def _footer(text: Text, chance: random.Random) -> str:
    site = html.escape(text.site or "모둠터")
    return (
        f"<p>{site} | 이용약관 | 개인정보처리방침 | 광고 문의 | 찾아오시는 길</p>"
        f"<p>Copyright © {chance.randrange(2012, 2025)} {site}. All rights reserved.</p>"
    )


_DRAWN: dict[str, Callable[[Text, random.Random], str]] = {
    "navigation": lambda _, chance: f'<ul class="nav">{_links(chance.sample(_MENU, 7), "menu")}</ul>',
    "related": _related,
    "advertisement": _advertisement,
    "footer": _footer,
    "author_or_editor": lambda text, _: html.escape(text.author or "관리자"),
    "views": lambda _, chance: str(chance.randrange(20, 9000)),
    "likes": lambda _, chance: str(chance.randrange(300)),
}


@functools.cache
def _design(name: str) -> str:
    return Path(__file__).with_name("designs").joinpath(f"{name}.html").read_text(encoding="utf-8").removesuffix("\n")


def _whole(text: Text) -> dict[str, str]:
    return {"content": _content(text)}


def _forum(text: Text) -> dict[str, str]:
    """A post and the comments below it."""
    lines = text.body.split("\n")
    post = "\n".join(line for line in lines if not line.startswith("댓글>")).strip()
    comments = [line.removeprefix("댓글>").strip() for line in lines if line.startswith("댓글>")]
    items = "".join(f'<li class="reply"><p>{html.escape(comment)}</p></li>' for comment in comments)
    return {"content": _content(replace(text, body=post)), "num_comments": str(len(comments)), "comments": items}


def _question(text: Text) -> dict[str, str]:
    """A question and its answers, the accepted one first."""
    asked, *answers = text.body.split("답변>")
    blocks = []
    for index, answer in enumerate(answers):
        badge = "<em>질문자 채택</em>" if index == 0 else ""
        block = _content(replace(text, body=answer.strip()))
        blocks.append(f'<div class="answer" itemscope itemtype="https://schema.org/Answer">{badge}{block}</div>')
    content = _content(replace(text, body=asked.replace("질문>", "").strip()))
    return {"content": content, "num_answers": str(len(answers)), "answers": "".join(blocks)}


def _encyclopedia(text: Text) -> dict[str, str]:
    titles = [part[3:].splitlines()[0] for part in text.paragraphs if part.startswith("## ")]
    return {"content": _content(text), "sections": _links(titles, "sec")}


_PARTS_OF_DESIGN = {"forum": _forum, "question": _question, "encyclopedia": _encyclopedia}
