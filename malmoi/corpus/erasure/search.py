"""Which items of a corpus a request means: by what they say, where they were, who wrote them, and copies of those.

Patterns (text/fold.py) run over whole Arrow columns; Python looks only at the strings that they are in. Nothing of a
hit is held but a short excerpt, in which the words asked for and all personal data are masked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.erasure import columns
from malmoi.corpus.erasure.columns import Group, Strings
from malmoi.corpus.erasure.request import Request
from malmoi.corpus.ledger.database import manifest_of, opened, query
from malmoi.corpus.ledger.erased_texts import is_everyday
from malmoi.corpus.ledger.layout import LEDGER, SHARDS
from malmoi.corpus.sources.record import author_hashes
from malmoi.corpus.text.fold import (
    IGNORED,
    address_pattern,
    addresses_above,
    fold_address,
    is_certain,
    pattern,
    squeezed,
)

PROBE_LETTERS = 100
"""Of a passage: its opening finds candidates, and the whole of it is then looked for in them."""
NAMES_AT_ONCE = 20
"""Names in one expression: with hundreds RE2 has no room for its automaton and becomes slow."""
AROUND = 20
"""Characters of an excerpt before and behind what was found."""
HIDDEN = "●●●"
_IGNORED = re.compile(f"[{IGNORED}]")
NO_STRING = "source.author_hash"


@dataclass(frozen=True)
class Hit:
    """One item that a request means.

    id: None for one that gave no text; it is known by its place (part of the ledger, row). request: number of the
    request. how: the column, "id", "author", "copy" (exact) or "near" (with its estimated similarity). is_certain: it
    need not be asked whether it is meant.
    """

    id: str | None
    place: tuple[str, int]
    request: int
    how: str
    is_certain: bool = True
    similarity: float | None = None
    excerpt: str = ""
    title: str | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    input: str | None = None
    kept: bool = False


@dataclass(frozen=True)
class Asked:
    """Several requests, ready to run over strings."""

    requests: tuple[Request, ...]

    @cached_property
    def names(self) -> list[tuple[int, str, re.Pattern[str], re.Pattern[str]]]:
        """Names and passages: (request, words, expression for texts, expression for addresses)."""
        made = []
        for number, request in enumerate(self.requests):
            for words in (*request.names, *request.texts):
                probe = words if len(squeezed(words)) <= PROBE_LETTERS else squeezed(words)[:PROBE_LETTERS]
                of_address = address_pattern(words) if words in request.names else pattern(probe)
                made.append((number, words, _compiled(pattern(probe)), _compiled(of_address)))
        return made

    @cached_property
    def ids(self) -> dict[str, int]:
        """The request of each id."""
        return {one: number for number, request in enumerate(self.requests) for one in request.ids}

    @cached_property
    def addresses(self) -> dict[str, int]:
        """The request of each address, folded."""
        return {fold_address(one): number for number, request in enumerate(self.requests) for one in request.addresses}

    def authors(self, name: str | None) -> dict[str, int]:
        """The hashes that the authors asked for have at a source, with the request of each. Names are authors too."""
        return {
            one: number
            for number, request in enumerate(self.requests)
            for author in (*request.authors, *request.names)
            for one in author_hashes(author, name)
        }


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


def find(folder: Path, requests: Sequence[Request]) -> list[Hit]:
    """The items of a corpus that the requests mean, and exact copies of them: one hit each, in the ledger's order.

    Ids that are not there, or erased already, give nothing. Raises UserError where the folder is no finished corpus.
    """
    manifest_of(folder)
    asked = Asked(tuple(requests))
    in_shards: dict[str, Hit] = {}
    for group in columns.groups(folder, SHARDS):
        ids = group.table.column("id").to_pylist()
        for row, hit in _hits(asked, group).items():
            in_shards.setdefault(ids[row], hit)
    found: dict[Any, Hit] = {}
    for group in columns.groups(folder, LEDGER):
        for hit in _of_ledger(asked, group, in_shards):
            known = found.setdefault(hit.id or hit.place, hit)  # one id may have several rows: the kept one tells most
            found[hit.id or hit.place] = hit if hit.kept and not known.kept else known
    hits = list(found.values())
    copies = {hit.id: hit for hit in _exact_copies(folder, hits)}
    return [*(hit for hit in hits if hit.id is None or hit.id not in copies), *copies.values()]


def _of_ledger(asked: Asked, group: Group, in_shards: dict[str, Hit]) -> Iterator[Hit]:
    """The hits of some rows of the ledger, with what the shards of the same documents gave."""
    here, is_alive = _hits(asked, group), columns.alive(group.table)
    ids = group.table.column("id").to_pylist()
    for row in np.flatnonzero(is_alive).tolist():
        one = ids[row]
        hit = here.get(row)
        if (hit is None or not hit.is_certain) and one in in_shards:
            hit = in_shards[one]
        if hit is not None:
            item = group.table.select(["title", "origin", "input", "kept"]).slice(row, 1).to_pylist()[0]
            yield replace(hit, id=one, place=(group.part.name, group.first + row), **item)


def _hits(asked: Asked, group: Group) -> dict[int, Hit]:
    """The first certain hit of each row, else the first. The words of a text come first: such words are the person's
    whoever says them."""
    best: dict[int, Hit] = {}

    def add(row: int, request: int, how: str, certain: bool = True, excerpt: str = "") -> None:
        if row not in best or (certain and not best[row].is_certain):
            best[row] = Hit(None, ("", 0), request, how, certain, excerpt=excerpt)

    for held in columns.strings(group.table):
        if held.name != NO_STRING:
            for found in _in_strings(asked, held):
                add(*found)
    if asked.ids:
        for row, one in enumerate(group.table.column("id").to_pylist()):
            if one in asked.ids:
                add(row, asked.ids[one], "id")
    _authors_and_addresses(asked, group.table, add)
    return best


def _authors_and_addresses(asked: Asked, table: pa.Table, add: Any) -> None:
    source = table.column("source").combine_chunks()
    if any(request.authors or request.names for request in asked.requests):
        hashes, names = source.field("author_hash").to_pylist(), source.field("name").to_pylist()
        known = {name: asked.authors(name) for name in {*names}}
        for row, (one, name) in enumerate(zip(hashes, names, strict=True)):
            if one is not None and one in known[name]:
                add(row, known[name][one], "author")
    if asked.addresses:
        for row, url in enumerate(source.field("url").to_pylist()):
            if url is not None and (number := _request_of(fold_address(url), asked.addresses)) is not None:
                add(row, number, "address")


def _request_of(address: str, asked: dict[str, int]) -> int | None:
    """The request that an address belongs to: it is one that was asked for, or lies below one."""
    return next((asked[above] for above in addresses_above(address) if above in asked), None)


def _in_strings(asked: Asked, held: Strings) -> Iterator[tuple[int, int, str, bool, str]]:
    """(row, request, column, whether it is certain, excerpt) of each string that holds what is asked for."""
    is_address = held.name.endswith(("url", "uri"))
    for first in range(0, len(asked.names), NAMES_AT_ONCE):
        some = [(number, words, of_address if is_address else of_text)
                for number, words, of_text, of_address in asked.names[first : first + NAMES_AT_ONCE]]  # fmt: skip
        for place, text in _candidates(held.values, "|".join(expression.pattern for _, _, expression in some)):
            for number, words, expression in some:
                if (span := _place_of(words, text, expression, is_address)) is not None:
                    yield int(held.rows[place]), number, held.name, span[2], excerpt(text, span[0], span[1])
    for number, request in enumerate(asked.requests):
        if request.matching:
            plain = pc.call_function("replace_substring_regex", [held.values], _without_ignored())
            expression = _nfc(request.matching)
            for place, text in _candidates(plain, expression):
                yield int(held.rows[place]), number, held.name, True, excerpt(text, *_span(text, expression))


def _candidates(values: pa.Array, expression: str) -> Iterator[tuple[int, str]]:
    options = pc.MatchSubstringOptions(expression, ignore_case=True)
    found = pc.call_function("match_substring_regex", [values], options).fill_null(False)
    places = np.flatnonzero(found.to_numpy(zero_copy_only=False))
    yield from zip(places.tolist(), values.take(pa.array(places)).to_pylist(), strict=True)


def _place_of(words: str, text: str, expression: re.Pattern[str], is_address: bool) -> tuple[int, int, bool] | None:
    """Where the words are in a text that their probe was found in, and whether it is certain. None: not all of them."""
    if len(squeezed(words)) > PROBE_LETTERS and squeezed(words) not in squeezed(text):
        return None
    spans = [found.span() for found in expression.finditer(text)]
    certain = [span for span in spans if is_address or is_certain(text, *span, words)]
    return (*(certain or spans)[0], bool(certain)) if spans else None


def excerpt(text: str, start: int, stop: int) -> str:
    """What stands around a place, on one line: what was found is hidden, and personal data are masked."""
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal.settings import MaskingSettings

    around = text[max(0, start - AROUND) : start], text[stop : stop + AROUND]
    found = text[start:stop]
    before, after = (part.replace(found, HIDDEN) if found else part for part in around)
    plain = f"{before}{HIDDEN}{after}".encode("utf-8", "replace").decode()
    return " ".join(find_spans_of([plain], MaskingSettings())[0][0].split())


def _span(text: str, expression: str) -> tuple[int, int]:
    """Where RE2 finds an expression that is in a text: by characters. Python's own would read it otherwise, and a
    pattern of a user could keep it busy for ever."""
    one, ignoring_case = pa.array([text]), pc.MatchSubstringOptions(expression, ignore_case=True)
    at = pc.call_function("find_substring_regex", [one], ignoring_case)[0].as_py()
    cut = pc.ReplaceSubstringOptions(f"(?i:{expression})", "", max_replacements=1)
    left = pc.call_function("replace_substring_regex", [one], cut)[0].as_py()
    start = len(text.encode()[:at].decode())
    return start, start + len(text) - len(left)


def _nfc(expression: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", _IGNORED.sub("", expression))


def _without_ignored() -> Any:
    return pc.ReplaceSubstringOptions(f"[{IGNORED}]", "")


_COPIES = """
SELECT DISTINCT ON (ledger.id) ledger.id, title, origin, input, kept, request, asked_id,
  coalesce(list_contains(authors, source.author_hash) OR list_contains(urls, source.url), false) AS is_own
FROM ledger JOIN (
  SELECT coalesce(exact_duplicate_of, ledger.id) AS same, min(request) AS request, min(ledger.id) AS asked_id,
    list(source.author_hash) AS authors, list(source.url) AS urls
  FROM ledger JOIN asked USING (id) GROUP BY 1) ON coalesce(exact_duplicate_of, ledger.id) = same
WHERE ledger.id NOT IN (SELECT id FROM asked) AND NOT list_contains(reasons, 'erased') ORDER BY ledger.id, kept DESC"""
"""Copies of one text name the best of them, so that one round finds them all."""


def _exact_copies(folder: Path, hits: Sequence[Hit]) -> list[Hit]:
    """Exact copies of the certain hits that have a text, also those that their own words leave undecided.

    Everyday words ("재미있다") are certain only where author or address are the same too, or where it is these words
    that were asked for.
    """
    asked = {hit.id: hit.request for hit in hits if hit.id is not None and hit.is_certain}
    if not asked:
        return []
    with opened(folder) as database:
        database.register("asked", pa.table({"id": [*asked], "request": [*asked.values()]}))
        rows = query(database, _COPIES)
    by_words = {hit.id for hit in hits if hit.how.endswith("text")}
    texts = {one: text for one, text, *_ in columns.texts_of(folder, {row["asked_id"] for row in rows} - by_words)}
    everyday = {one for one, is_one in zip(texts, is_everyday([*texts.values()]), strict=True) if is_one}
    return [
        Hit(row.pop("id"), ("", 0), row.pop("request"), "copy", row.pop("asked_id") not in everyday or is_own, **row)
        for row in rows for is_own in [row.pop("is_own")]
    ]  # fmt: skip
