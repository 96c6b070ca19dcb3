"""What a page says about itself: JSON-LD and microdata first, then OpenGraph and its like, then <time> and <title>."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import numpy as np

from malmoi.corpus.html.attributes import attribute, canonical, hosts, metas, name_hashes
from malmoi.corpus.html.core_region import Look
from malmoi.corpus.html.microdata import text_of
from malmoi.corpus.html.scan import ATTRIBUTES, PARENT, TAG
from malmoi.corpus.html.tags import ID
from malmoi.corpus.text.dates import iso_date
from malmoi.corpus.text.host import host_of
from malmoi.corpus.text.lines import one_line

MAX_NODES = 2_000
MAX_LINK_HOSTS = 200
TYPE_KINDS = {
    "NewsArticle": "news", "ReportageNewsArticle": "news", "AnalysisNewsArticle": "news", "OpinionNewsArticle": "news",
    "BackgroundNewsArticle": "news", "ReviewNewsArticle": "news", "LiveBlogPosting": "news", "BlogPosting": "blog",
    "QAPage": "kin", "DiscussionForumPosting": "cafe", "SocialMediaPosting": "cafe", "Legislation": "law",
    "ScholarlyArticle": "expert", "MedicalScholarlyArticle": "expert", "TechArticle": "expert", "Chapter": "book",
    "Product": "web", "Recipe": "web", "FAQPage": "web", "Article": None, "WebPage": None, "Question": "kin",
}  # fmt: skip
"""schema.org types of the thing that a page is about; None: it says nothing of the kind, but has the metadata."""
HOST_KINDS = {
    "news.naver.com": "news", "v.daum.net": "news", "kin.naver.com": "kin", "cafe.naver.com": "cafe",
    "cafe.daum.net": "cafe", "blog.naver.com": "blog", "tistory.com": "blog", "brunch.co.kr": "blog",
    "velog.io": "blog", "ko.wikipedia.org": "wiki", "namu.wiki": "wiki", "ko.wikisource.org": "book",
    "law.go.kr": "law", "github.com": "code",
}  # fmt: skip
"""Large Korean sites whose pages carry no JSON-LD but are of one kind; a host counts with its subdomains."""
META = {
    "title": ("og:title", "twitter:title", "dc.title", "title"),
    "name": ("og:site_name", "application-name", "dc.publisher", "publisher"),
    "url": ("og:url", "twitter:url"),
    "author": ("author", "article:author", "dable:author", "dc.creator", "og:article:author"),
    "published": (
        "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
        "pubdate", "publish-date", "regdate", "og:regdate",
    ),
    "category": ("article:section", "og:article:section", "section", "dable:section"),
}  # fmt: skip
THING = {
    "title": ("headline", "name"), "name": ("publisher",), "author": ("author",), "category": ("articleSection",),
    "published": ("datePublished", "dateCreated"),
}  # fmt: skip
META_NAMES = list(dict.fromkeys(name for names in META.values() for name in names))
META_HASHES = name_hashes(META_NAMES)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
TITLE_BYTES = 2_000
TIMES_ASKED = 20
TIME, ARTICLE, H1 = ID["time"], ID["article"], ID["h1"]
SEPARATORS = (" - ", " | ", " : ", " :: ", " – ", " — ", " < ")


def read_metadata(seen: Look, nodes: Iterable[dict[str, Any]], url: str | None) -> dict[str, str]:
    """Those that are known of title, name (of the site), url (canonical), author, published, category, language, kind.

    nodes: those of JSON-LD and microdata, as `linked_nodes` gives them.
    """
    thing = main_thing(nodes)
    by_number = metas(seen.page, seen.content, seen.scanned, META_HASHES)
    meta = {META_NAMES[number]: value for number, value in by_number.items()}
    found: dict[str, str | None] = {
        name: _of_thing(thing, name) or next((meta[key] for key in keys if key in meta), None)
        for name, keys in META.items()
    }
    found["url"] = _canonical(canonical(seen.page, seen.content, seen.scanned), found["url"], url)
    found["published"] = iso_date(found["published"]) or iso_date(_first_time(seen))
    if found["author"] and found["author"].startswith(("http://", "https://")):
        found["author"] = None
    found["title"] = found["title"] or _title(seen, found["name"])
    found["kind"] = _kind(thing, found["url"] or url)
    found["language"] = _language(seen, thing)
    return {name: unescape(value) for name, value in found.items() if value}  # many sites escape twice


def linked_nodes(states: Iterable[Any]) -> list[dict[str, Any]]:
    """All nodes of JSON-LD states, outer before inner, up to a number that no honest page reaches."""
    return list(_nodes(states))


def link_hosts(seen: Look, url: str | None) -> list[str]:
    """The other hosts that the page links to, each once, at most MAX_LINK_HOSTS."""
    own = (host_of(url) or "").removeprefix("www.")
    found = hosts(seen.page, seen.content, seen.scanned)
    others = [host for host in found if "." in host and host.removeprefix("www.") != own]
    return others[:MAX_LINK_HOSTS]


def main_thing(nodes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The node of the most telling type: one that names a kind before one that does not."""
    best: dict[str, Any] = {}
    for node in nodes:
        types = [name for name in types_of(node) if name in TYPE_KINDS]
        if types and TYPE_KINDS[types[0]]:
            return node
        best = best or (node if types else {})
    return best


def tells_kind(thing: dict[str, Any]) -> bool:
    """Whether its type names a kind."""
    return any(TYPE_KINDS.get(name) for name in types_of(thing))


def _nodes(states: Iterable[Any]) -> Iterator[dict[str, Any]]:
    waiting: deque[Any] = deque(states)
    num_nodes = 0
    while waiting and num_nodes < MAX_NODES:
        node = waiting.popleft()
        num_nodes += 1
        if isinstance(node, list):
            waiting.extendleft(reversed(node[:MAX_NODES]))
        elif isinstance(node, dict):
            yield node
            waiting += [node[key] for key in ("@graph", "mainEntity") if isinstance(node.get(key), (dict, list))]


def types_of(node: dict[str, Any]) -> list[str]:
    """The names in @type, without the address of the vocabulary."""
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return [name.rstrip("/").rsplit("/", 1)[-1] for name in names if isinstance(name, str)]


def _of_thing(thing: dict[str, Any], name: str) -> str | None:
    """A property of the node, else of the question that a page of questions and answers is about."""
    entity = thing.get("mainEntity")
    nodes = [thing, entity] if isinstance(entity, dict) else [thing]
    values = (one_line(node.get(key)) for node in nodes for key in THING.get(name, ()))
    return next(filter(None, values), None)


def _canonical(linked: str | None, stated: str | None, fetched: str | None) -> str | None:
    """The address the page gives as its own, made absolute; where it gives none, the one it was fetched from."""
    for candidate in (linked, stated):
        try:
            address = urljoin(fetched or "", candidate.strip()) if candidate else ""
            if urlsplit(address).scheme in ("http", "https") and len(address) <= 2_000:
                return address
        except ValueError:
            continue
    return fetched


def _first_time(seen: Look) -> str | None:
    """The datetime of the first <time> that is said to be of publication, else of the first inside an <article>."""
    elements = seen.scanned.elements
    inside: str | None = None
    for number in np.flatnonzero(elements[:, TAG] == TIME)[:TIMES_ASKED].tolist():
        place = int(seen.scanned.places[number, ATTRIBUTES])
        stated = attribute(seen.page, seen.content, place, b"datetime")
        if not stated:
            continue
        if attribute(seen.page, seen.content, place, b"pubdate") is not None:
            return stated
        if attribute(seen.page, seen.content, place, b"itemprop") == "datePublished":
            return stated
        if inside is None and _is_under(elements, number, ARTICLE):
            inside = stated
    return inside


def _is_under(elements: np.ndarray, number: int, tag: int) -> bool:
    while number > 0:
        if elements[number, TAG] == tag:
            return True
        number = int(elements[number, PARENT])
    return False


def _title(seen: Look, site: str | None) -> str | None:
    """<title> without the name of the site at its end; where there is none, the first <h1>."""
    first, last = seen.scanned.title
    title = one_line(unescape(seen.content[first : min(last, first + TITLE_BYTES)].decode("utf-8", "replace")))
    if not title:
        headings = np.flatnonzero(seen.scanned.elements[:, TAG] == H1)
        return one_line(text_of(seen.scanned, int(headings[0]), " ")) if len(headings) else None
    for separator in SEPARATORS:
        head, found, tail = title.rpartition(separator)
        if found and head.strip() and site and tail.strip().lower() == site.strip().lower():
            return head.strip()
    return title


def _kind(thing: dict[str, Any], url: str | None) -> str | None:
    """By the page's own word, else by the site that it is from."""
    for name in types_of(thing):
        if TYPE_KINDS.get(name):
            return TYPE_KINDS[name]
    host = host_of(url) or ""
    return next((kind for known, kind in HOST_KINDS.items() if host == known or host.endswith("." + known)), None)


def _language(seen: Look, thing: dict[str, Any]) -> str | None:
    """Of <html lang>, else what JSON-LD says. og:locale is not asked: it names the visitor's as often."""
    stated = None
    if seen.scanned.html:
        place = seen.scanned.html
        stated = attribute(seen.page, seen.content, place, b"lang")
        stated = stated or attribute(seen.page, seen.content, place, b"xml:lang")
    stated = stated or one_line(thing.get("inLanguage"))
    return stated.replace("_", "-") if stated and LANGUAGE.fullmatch(stated) else None
