"""Dumps in XML: articles of MediaWiki, questions and answers of Stack Exchange, entries of RSS and Atom.

The file is read piece by piece and forgotten record by record. Declarations of entities end the reading (they are how
a small file becomes a large one), nothing outside the file is ever looked at, and what is not closed costs its record.
"""

import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from typing import Any, BinaryIO, NamedTuple
from xml.parsers import expat

from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.rows import row_to_raw
from malmoi.corpus.text import charset

RECORDS = frozenset({"page", "row", "item", "entry"})
"""Elements that hold one document each."""
KNOWN_ROOTS = frozenset({"mediawiki", "posts", "rss", "feed", "rdf"})
FEED_RECORDS = frozenset({"item", "entry"})
FEED_TEXTS = ("encoded", "content", "description", "summary")
"""Elements that hold the text of an entry, the fullest first. In Atom they may hold XHTML."""
LISTED = "category"
"""Of this element an entry has several; of any other the first counts."""
ARTICLE = "0"
"""The namespace of articles; the others hold talks, templates, files, categories, users."""
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
MOST_OPEN = 100
"""Elements in one another: dumps have some 6."""
MOST_WAITING_BYTES = 64_000_000
"""Of questions and answers that are held until their file ends; then the oldest are given out as they are."""
WAY_ON = (
    "; MediaWiki, Stack Exchange, RSS and Atom are read: write the texts as JSON Lines first (먼저 JSON Lines로 쓰세요)"
)

Items = Iterator[Raw | Unreadable]


class Record(NamedTuple):
    """One element of RECORDS: its name, the text of each element in it (paths joined by "/"), its attributes."""

    name: str
    values: dict[str, str]
    size_bytes: int


class _FaultError(Exception):
    """XML that cannot be read on."""


class _Reader:
    """The records of a stream of text as they are closed. A record beyond the limit keeps its size alone.

    unread_bytes: of what was fed, so many stand behind the last record that was closed.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.root, self.records = "", list[Record]()
        self.unread_bytes = self._fed_bytes = 0
        self._limit_bytes = limit_bytes
        self._open: list[str] = []
        self._at = 0  # how many are open around the record
        self._passed_over = 0  # how many are open with an element that is not taken
        self._values: dict[str, list[str]] = {}
        self._size = 0
        parser = expat.ParserCreate("utf-8", None)
        parser.buffer_text = True
        parser.UseForeignDTD(True)  # so that &nbsp; without a declaration is told and not a fault
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.SkippedEntityHandler = lambda name, _: self._text(html5.get(f"{name};", ""))
        parser.EntityDeclHandler = _refuse
        self._parser = parser

    def feed(self, text: str, is_last: bool = False) -> list[Record]:
        """The records that a piece of text closes. Raises _FaultError."""
        self.records = []
        content = NO_XML.sub("", text).encode("utf-8", "replace")
        self.unread_bytes += len(content)
        self._fed_bytes += len(content)
        try:
            self._parser.Parse(content, is_last)
        except expat.ExpatError as error:
            raise _FaultError(f"{expat.errors.messages.get(error.code, 'a fault')} (line {error.lineno})") from None
        return self.records

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2].lower()
        self.root = self.root or name
        self._open.append(name)
        if len(self._open) > MOST_OPEN:
            raise _FaultError("elements in one another without end")
        if not self._at and name in RECORDS:
            self._at, self._values, self._size = len(self._open), {}, 0
        if self._at and not self._passed_over:
            self._take(name, attributes)

    def _take(self, name: str, attributes: dict[str, str]) -> None:
        """Takes up an element of a record, by its path, with its attributes."""
        if self._is_in_text():
            self._add(self._open[self._at], f"<{name}>")
            return
        path = "/".join(self._open[self._at :])
        if path == "revision":
            self._forget_revision()
        elif self._is_feed() and any(map(str.strip, self._values.get(path, ()))):
            self._passed_over = len(self._open) if name != LISTED else 0
            self._add(path, ", " if name == LISTED else "")
        if self._passed_over or (name == "link" and attributes.get("rel", "alternate") != "alternate"):
            return
        for key, value in attributes.items():
            known = self._values.get(f"{path}@{key.lower()}")
            if known is None or name == LISTED:
                self._add(f"{path}@{key.lower()}", f", {value}" if known else value)
        self._add(path, "")  # an empty element is one too: <redirect/>

    def _forget_revision(self) -> None:
        """Of a page with its history the last revision counts."""
        self._values = {path: parts for path, parts in self._values.items() if not path.startswith("revision")}
        self._size = sum(len(part.encode("utf-8", "replace")) for parts in self._values.values() for part in parts)

    def _is_feed(self) -> bool:
        return self._open[self._at - 1] in FEED_RECORDS

    def _is_in_text(self) -> bool:
        """Whether the innermost element is part of a text in XHTML."""
        return len(self._open) > self._at + 1 and self._is_feed() and self._open[self._at] in FEED_TEXTS

    def _end(self, name: str) -> None:
        if len(self._open) == self._at:
            values = {path: "".join(parts) for path, parts in self._values.items()}
            self.records.append(Record(self._open[-1], values, self._size))
            self._at, self._values = 0, {}
            end = self._parser.CurrentByteIndex + len(f"</{name}>".encode())
            self.unread_bytes = max(0, self._fed_bytes - end)
        elif self._at and not self._passed_over and self._is_in_text():
            self._add(self._open[self._at], f"</{self._open[-1]}>")
        if len(self._open) == self._passed_over:
            self._passed_over = 0
        self._open.pop()

    def _text(self, text: str) -> None:
        if not self._at or self._passed_over:
            return
        if self._is_in_text():
            self._add(self._open[self._at], escape(text, quote=False))
        else:
            self._add("/".join(self._open[self._at :]), text)

    def _add(self, path: str, text: str) -> None:
        self._size += len(text.encode("utf-8", "replace")) + len(path)
        if self._size <= self._limit_bytes:
            self._values.setdefault(path, []).append(text)


def _refuse(*_: Any) -> None:
    raise _FaultError("it declares entities, which are not read")


def read(stream: BinaryIO, origin_file: str, source: Input) -> Items:
    """One item for every article, question with its answers, or entry; its offset is the record's number."""
    reader, number = _Reader(source.max_bytes_per_document), 0
    threads = _Threads(origin_file, source)
    fault = ""
    pieces = charset.text_pieces(stream)
    is_last = False
    while not fault and not is_last:
        piece = next(pieces, None)
        is_last = piece is None
        try:
            records = reader.feed(piece or "", is_last)
        except _FaultError as error:
            records, fault = reader.records, str(error)
        for record in records:
            place = (origin_file, number, record.size_bytes)
            number += 1
            if record.size_bytes > source.max_bytes_per_document:
                limit = source.max_bytes_per_document
                yield Unreadable(*place, "too_large", f"a record of {record.size_bytes} bytes; the limit is {limit}")
            elif record.name == "row":
                yield from threads.add(record, place)
            else:
                yield _item(record, place, source)
        if reader.root and reader.root not in KNOWN_ROOTS:
            yield Unreadable(
                origin_file, number, reader.unread_bytes, "unsupported_format", f"XML of <{reader.root[:40]}>{WAY_ON}"
            )
            return
    yield from threads.rest()
    if fault:
        yield Unreadable(
            origin_file, number, reader.unread_bytes, "malformed_table", f"record {number} and all after it: {fault}"
        )


def _item(record: Record, place: tuple[str, int, int], source: Input) -> Raw | Unreadable:
    return _article(record, place) if record.name == "page" else _entry(record, place, source)


def _article(record: Record, place: tuple[str, int, int]) -> Raw | Unreadable:
    """A page of MediaWiki; its latest revision is the last."""
    values = record.values
    space, title = values.get("ns", ARTICLE), values.get("title", "")
    if space != ARTICLE:
        return Unreadable(*place, "unsupported_format", f"a page of namespace {space[:6]}, which is no article")
    if "redirect" in values or "redirect@title" in values:
        return Unreadable(*place, "no_text", "a redirect to another page")
    text = values.get("revision/text", "")
    if not text.strip():
        return Unreadable(*place, "no_text", "a page without text")
    fields = {"title": title or None, "published": values.get("revision/timestamp", "")[:10] or None}
    return Raw(text, "wikitext", *place, {key: value for key, value in fields.items() if value})


def _entry(record: Record, place: tuple[str, int, int], source: Input) -> Raw | Unreadable:
    """An entry of RSS or Atom: its whole content, else what describes it."""
    values = record.values
    text = next((values[key] for key in FEED_TEXTS if values.get(key, "").strip()), "")
    row = {
        source.text_field: text or None,
        "title": values.get("title"),
        "url": values.get("link") or values.get("link@href"),
        "author": values.get("creator") or values.get("author/name") or values.get("author"),
        "published": values.get("pubdate") or values.get("published") or values.get("date") or values.get("updated"),
        "category": values.get("category") or values.get("category@term"),
    }
    return row_to_raw({key: value for key, value in row.items() if value}, place, source)


class _Threads:
    """Questions of Stack Exchange with their answers, which stand anywhere after them."""

    def __init__(self, origin_file: str, source: Input) -> None:
        self._origin_file, self._source = origin_file, source
        self._waiting: dict[str, tuple[int, list[dict[str, str]]]] = {}
        self._held_bytes = 0

    def add(self, record: Record, place: tuple[str, int, int]) -> Items:
        """Holds a post; gives out the oldest threads where too much is held, and what is no post."""
        post = {key.removeprefix("@"): value for key, value in record.values.items()}
        kind = post.get("posttypeid")
        if kind not in ("1", "2") or not post.get("body", "").strip():
            what = "a post without text" if kind in ("1", "2") else "a row that is no question and no answer"
            yield Unreadable(*place, "no_text", what)
            return
        key = post.get("id", "") if kind == "1" else post.get("parentid", "")
        self._waiting.setdefault(key, (place[1], []))[1].append(post | {"bytes": str(place[2])})
        self._held_bytes += place[2]
        while self._held_bytes > MOST_WAITING_BYTES:
            yield self._thread(next(iter(self._waiting)))

    def rest(self) -> Items:
        """All threads that are held still, in the order in which they began."""
        while self._waiting:
            yield self._thread(next(iter(self._waiting)))

    def _thread(self, key: str) -> Raw | Unreadable:
        number, posts = self._waiting.pop(key)
        size_bytes = sum(int(post["bytes"]) for post in posts)
        self._held_bytes -= size_bytes
        posts.sort(key=lambda post: post["posttypeid"])  # the question first, though an answer may have come first
        first = posts[0]
        place = (self._origin_file, number, size_bytes)
        accepted = first.get("acceptedanswerid")
        turns = [turn for post in posts if (turn := self._turn(post, accepted, place))]
        row = {"turns": turns, "title": first.get("title"), "published": first.get("creationdate"), "kind": "kin"}
        row |= {"popularity": first.get("score"), "url": None}
        return row_to_raw({name: value for name, value in row.items() if value}, place, self._source)

    def _turn(self, post: dict[str, str], accepted: str | None, place: tuple[str, int, int]) -> dict[str, str] | None:
        """One post with its HTML as text. None where nothing is left of it."""
        raw = row_to_raw({"html": post["body"]}, place, Input(self._source.path))
        if not isinstance(raw, Raw) or not isinstance(raw.content, str):
            return None
        answer = "accepted_answer" if post.get("id") == accepted and accepted else "answer"
        return {"speaker": "", "text": raw.content, "role": "question" if post["posttypeid"] == "1" else answer}
