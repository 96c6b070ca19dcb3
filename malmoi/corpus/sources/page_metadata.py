"""What a page says about itself: JSON-LD first, then OpenGraph and its like, then <title>."""

import json
from collections import deque
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from malmoi.corpus.sources.dates import iso_date
from malmoi.corpus.sources.fields import one_line

MAX_NODES = 2_000
MAX_JSON_CHARACTERS = 2_000_000
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
SEPARATORS = (" - ", " | ", " : ", " :: ", " – ", " — ", " < ")


def read_metadata(tree: HtmlElement, url: str | None) -> dict[str, str]:
    """Those that are known of title, name (of the site), url (canonical), author, published, category and kind."""
    thing = _main_thing(tree)
    meta = _meta(tree)
    found: dict[str, str | None] = {
        name: _of_thing(thing, name) or next((meta[key] for key in keys if key in meta), None)
        for name, keys in META.items()
    }
    found["url"] = _canonical(tree, found["url"], url)
    found["published"] = iso_date(found["published"] or _first_time(tree))
    if found["author"] and found["author"].startswith(("http://", "https://")):
        found["author"] = None
    found["title"] = found["title"] or _title(tree, found["name"])
    found["kind"] = _kind(thing, found["url"] or url)
    return {name: unescape(value) for name, value in found.items() if value}  # many sites escape twice


def _main_thing(tree: HtmlElement) -> dict[str, Any]:
    """The JSON-LD node of the most telling type: one that names a kind before one that does not."""
    best: dict[str, Any] = {}
    for node in _json_ld_nodes(tree):
        types = [name for name in _types(node) if name in TYPE_KINDS]
        if types and TYPE_KINDS[types[0]]:
            return node
        best = best or (node if types else {})
    return best


def _json_ld_nodes(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """All nodes of all scripts, outer before inner, up to a number that no honest page reaches."""
    waiting: deque[Any] = deque()
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
            try:
                waiting.append(json.loads(text[:MAX_JSON_CHARACTERS], strict=False))
            except (ValueError, RecursionError):
                continue
    num_nodes = 0
    while waiting and num_nodes < MAX_NODES:
        node = waiting.popleft()
        num_nodes += 1
        if isinstance(node, list):
            waiting.extendleft(reversed(node[:MAX_NODES]))
        elif isinstance(node, dict):
            yield node
            waiting += [node[key] for key in ("@graph", "mainEntity") if isinstance(node.get(key), (dict, list))]


def _types(node: dict[str, Any]) -> list[str]:
    """The names in @type, without the address of the vocabulary."""
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return [name.rsplit("/", 1)[-1] for name in names if isinstance(name, str)]


def _of_thing(thing: dict[str, Any], name: str) -> str | None:
    """A property of the node, else of the question that a page of questions and answers is about."""
    entity = thing.get("mainEntity")
    nodes = [thing, entity] if isinstance(entity, dict) else [thing]
    values = (one_line(node.get(key)) for node in nodes for key in THING.get(name, ()))
    return next(filter(None, values), None)


def _meta(tree: HtmlElement) -> dict[str, str]:
    """<meta> contents by name, property or itemprop in lower case, the first of each."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = one_line(element.get("content") or "")
        if name and content:
            meta.setdefault(name.strip().lower(), content)
    return meta


def _canonical(tree: HtmlElement, stated: str | None, fetched: str | None) -> str | None:
    """The address the page gives as its own, made absolute; where it gives none, the one it was fetched from."""
    links = tree.xpath('//link[translate(@rel, "CANOIL", "canoil")="canonical"]/@href')
    for candidate in [*map(str, links[:1]), stated]:
        try:
            address = urljoin(fetched or "", candidate.strip()) if candidate else ""
            if urlsplit(address).scheme in ("http", "https") and len(address) <= 2_000:
                return address
        except ValueError:
            continue
    return fetched


def _first_time(tree: HtmlElement) -> str | None:
    times = tree.xpath('//time[@datetime][@pubdate or @itemprop="datePublished"]/@datetime | //article//time/@datetime')
    return str(times[0]) if times else None


def _title(tree: HtmlElement, site: str | None) -> str | None:
    """<title> without the name of the site at its end; where there is none, the first <h1>."""
    element = tree.find(".//title")
    title = one_line(element.text_content()) if element is not None else None
    if not title:
        heading = tree.find(".//h1")
        return one_line(heading.text_content()) if heading is not None else None
    for separator in SEPARATORS:
        head, found, tail = title.rpartition(separator)
        if found and head.strip() and site and tail.strip().lower() == site.strip().lower():
            return head.strip()
    return title


def _kind(thing: dict[str, Any], url: str | None) -> str | None:
    """By the page's own word, else by the site that it is from."""
    for name in _types(thing):
        if TYPE_KINDS.get(name):
            return TYPE_KINDS[name]
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return None
    return next((kind for known, kind in HOST_KINDS.items() if host == known or host.endswith("." + known)), None)
