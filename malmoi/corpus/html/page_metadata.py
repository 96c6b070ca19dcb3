"""What a page says about itself: JSON-LD and microdata first, then OpenGraph and its like, then <time> and <title>."""

import re
import tomllib
from collections import deque
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import numpy as np

from malmoi.corpus.html.attributes import attribute, canonical, hosts, metas, name_hashes
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.microdata import text_of
from malmoi.corpus.html.scan import ATTRIBUTES, END, START, TAG, ancestors
from malmoi.corpus.html.tags import ID
from malmoi.corpus.text.dates import iso_date
from malmoi.corpus.text.host import host_of
from malmoi.corpus.text.lines import one_line

MAX_NODES = 2_000
"""Values of the JSON-LD that are visited: more than any honest page has."""
MAX_LINK_HOSTS = 200
"""Hosts that are kept for the graph of links (composition/trust.py)."""
MAX_ADDRESS_CHARACTERS = 2_000
"""A longer address is no page's own; a sitemap may hold 2,048 characters (sitemaps.org)."""
_TABLES: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_KINDS, HOST_KINDS = (
    {name: kind for kind, names in _TABLES[table].items() for name in names.split()} for table in ("types", "hosts")
)
TYPE_KINDS: dict[str, str | None] = {**_KINDS, "Article": None, "WebPage": None}
"""By schema.org type the kind of document. None: it says nothing of the kind, but has the metadata."""
META_KEYS, NODE_KEYS = (
    {field: names.split() for field, names in _TABLES[table].items()} for table in ("meta", "nodes")
)
"""By field the names of the <meta>, and the properties of the main node, that may hold it."""
META_NAMES = list(dict.fromkeys(name for names in META_KEYS.values() for name in names))
META_HASHES = name_hashes(META_NAMES)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
TITLE_BYTES = 2_000
TIMES_ASKED = 20
"""<time> elements that are read: those of an article come before those of its comments."""
TIME, ARTICLE, H1 = ID["time"], ID["article"], ID["h1"]
SEPARATORS = (" - ", " | ", " : ", " :: ", " – ", " — ", " < ")
"""Between the title of an article and the name of its site, as Korean sites write them."""
MOST_NAMES = 3
"""Names of board and site that are cut off a title's end."""
SITES = re.compile("|".join(f"(?:{name})" for name in _TABLES["titles"]["sites"]), re.IGNORECASE)
DATE_BLOCKS, FIRST_BLOCKS, LABELLED_BLOCKS = 40, 3, 12
"""A date is looked for in so many blocks before the text, and in its first ones; one with a label in more of them."""
DATE_CHARACTERS = 80
"""A longer block is text that speaks of a date."""
SHOWN_DATE = re.compile(r"(?<![\d~∼])(?:19|20)\d\d ?[-./년] ?\d{1,2} ?[-./월] ?\d{1,2}(?!\d)")
DATE_LABEL = re.compile(
    r"(?:등록|작성|게시|입력|발행|송고|승인|published|posted|written)\s*(?:일시?|일자|시간|시각|on)?", re.IGNORECASE
)
PERIOD = re.compile(r"[~∼]|까지|부터|기간|마감")


def read_metadata(parsed: Parsed, nodes: Iterable[dict[str, Any]], url: str | None) -> dict[str, str]:
    """Those that are known of title, name (of the site), url (canonical), author, published, category, language, kind.

    nodes: those of JSON-LD and microdata, as `linked_nodes` gives them. url: that the page was fetched from.
    """
    node = main_node(nodes)
    meta = {META_NAMES[number]: value for number, value in metas(parsed, META_HASHES).items()}
    fields: dict[str, str | None] = {
        name: _of_node(node, name) or next((meta[key] for key in keys if key in meta), None)
        for name, keys in META_KEYS.items()
    }
    fields["url"] = _canonical(canonical(parsed), fields["url"], url)
    fields["published"] = iso_date(fields["published"]) or iso_date(_first_time(parsed)) or _shown_date(parsed)
    if fields["author"] and fields["author"].startswith(("http://", "https://")):
        fields["author"] = None
    fields["title"] = _without_site(fields["title"] or _title(parsed), fields["name"])
    fields["kind"] = _kind(node, fields["url"] or url)
    fields["language"] = _language(parsed, node)
    return {name: unescape(value) for name, value in fields.items() if value}  # many sites escape twice


def linked_nodes(states: Iterable[Any]) -> list[dict[str, Any]]:
    """The nodes of JSON-LD states, outer before inner; at most MAX_NODES values are visited."""
    nodes: list[dict[str, Any]] = []
    waiting: deque[Any] = deque(states)
    for _ in range(MAX_NODES):
        if not waiting:
            break
        value = waiting.popleft()
        if isinstance(value, list):
            waiting.extendleft(reversed(value[:MAX_NODES]))
        elif isinstance(value, dict):
            nodes.append(value)
            waiting += [value[key] for key in ("@graph", "mainEntity") if isinstance(value.get(key), (dict, list))]
    return nodes


def link_hosts(parsed: Parsed, url: str | None) -> list[str]:
    """The other hosts that the page links to, each once, at most MAX_LINK_HOSTS. url: that of the page."""
    page_host = (host_of(url) or "").removeprefix("www.")
    others = [host for host in hosts(parsed) if "." in host and host.removeprefix("www.") != page_host]
    return others[:MAX_LINK_HOSTS]


def main_node(nodes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The node that the page is about: the first whose type names a kind, else the first of a known type, else {}."""
    best: dict[str, Any] = {}
    for node in nodes:
        types = [name for name in types_of(node) if name in TYPE_KINDS]
        if types and TYPE_KINDS[types[0]]:
            return node
        best = best or (node if types else {})
    return best


def states_kind(node: dict[str, Any]) -> bool:
    """Whether the type of the node names a kind of document."""
    return any(TYPE_KINDS.get(name) for name in types_of(node))


def types_of(node: dict[str, Any]) -> list[str]:
    """The names in @type, without the address of the vocabulary."""
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return [name.rstrip("/").rsplit("/", 1)[-1] for name in names if isinstance(name, str)]


def _of_node(node: dict[str, Any], name: str) -> str | None:
    """A property of the node, else of the question that a page of questions and answers is about."""
    entity = node.get("mainEntity")
    nodes = [node, entity] if isinstance(entity, dict) else [node]
    values = (one_line(node.get(key)) for node in nodes for key in NODE_KEYS.get(name, ()))
    return next(filter(None, values), None)


def _canonical(linked: str | None, stated: str | None, fetched: str | None) -> str | None:
    """The address the page gives as its own, made absolute; where it gives none, the one it was fetched from."""
    for candidate in (linked, stated):
        try:
            address = urljoin(fetched or "", candidate.strip()) if candidate else ""
            if urlsplit(address).scheme in ("http", "https") and len(address) <= MAX_ADDRESS_CHARACTERS:
                return address
        except ValueError:
            continue
    return fetched


def _first_time(parsed: Parsed) -> str | None:
    """The datetime of the first <time> that is said to be of publication, else of the first inside an <article>."""
    elements = parsed.scanned.elements
    inside: str | None = None
    for number in np.flatnonzero(elements[:, TAG] == TIME)[:TIMES_ASKED].tolist():
        start = int(parsed.scanned.spans[number, ATTRIBUTES])
        stated = attribute(parsed, start, b"datetime")
        if not stated:
            continue
        if attribute(parsed, start, b"pubdate") is not None:
            return stated
        if attribute(parsed, start, b"itemprop") == "datePublished":
            return stated
        if inside is None and any(elements[above, TAG] == ARTICLE for above in ancestors(elements, number)):
            inside = stated
    return inside


def _shown_date(parsed: Parsed) -> str | None:
    """The date in a short block near the head of the text: one with a label such as 등록일, else the last before it."""
    chosen = np.flatnonzero(parsed.chosen)
    if not len(chosen):
        return None
    first = int(chosen[0])
    nearest: str | None = None
    label = ""
    low = max(0, first - DATE_BLOCKS)
    spans = parsed.scanned.blocks[low : first + LABELLED_BLOCKS, START : END + 1].tolist()
    for number, (start, end) in enumerate(spans, low):
        text = parsed.scanned.text[start : min(end, start + 4 * DATE_CHARACTERS)].tobytes().decode("utf-8", "replace")
        dates = SHOWN_DATE.findall(text)
        date = iso_date(dates[0]) if len(dates) == 1 and len(text) <= DATE_CHARACTERS else None
        if date and not PERIOD.search(text):
            if DATE_LABEL.search(text) or DATE_LABEL.fullmatch(label.strip(" :：")):
                return date
            nearest = date if number < first + FIRST_BLOCKS else nearest
        label = text
    return nearest


def _title(parsed: Parsed) -> str | None:
    """<title>; where there is none, the first <h1>."""
    title = one_line(parsed.title())
    if title:
        return title
    headings = np.flatnonzero(parsed.scanned.elements[:, TAG] == H1)
    return one_line(text_of(parsed.scanned, int(headings[0]), " ")) if len(headings) else None


def _without_site(title: str | None, site: str | None) -> str | None:
    """The title without the names of board and site at its end."""
    kept = title or ""
    for _ in range(MOST_NAMES):
        at, separator = max((kept.rfind(separator), separator) for separator in SEPARATORS)
        tail = kept[at + len(separator) :].strip() if at > 0 else ""
        if not tail or not (SITES.fullmatch(tail) or (site and tail.lower() == site.strip().lower())):
            break
        kept = kept[:at].strip()
    return kept or None


def _kind(node: dict[str, Any], url: str | None) -> str | None:
    """By the page's own word, else by the site that it is from."""
    for name in types_of(node):
        if TYPE_KINDS.get(name):
            return TYPE_KINDS[name]
    host = host_of(url) or ""
    return next((kind for known, kind in HOST_KINDS.items() if host == known or host.endswith("." + known)), None)


def _language(parsed: Parsed, node: dict[str, Any]) -> str | None:
    """Of <html lang>, else what JSON-LD says. og:locale is not asked: it names the visitor's as often."""
    stated = None
    if parsed.scanned.html:
        stated = attribute(parsed, parsed.scanned.html, b"lang") or attribute(parsed, parsed.scanned.html, b"xml:lang")
    stated = stated or one_line(node.get("inLanguage"))
    return stated.replace("_", "-") if stated and LANGUAGE.fullmatch(stated) else None
