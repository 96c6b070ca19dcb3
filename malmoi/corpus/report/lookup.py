"""Items of a corpus by what a person has of them: an id, a file, an address, a title, a site, a source, a kind."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from malmoi.corpus.document import require_kind
from malmoi.corpus.ledger.database import query
from malmoi.corpus.passes.units import label
from malmoi.corpus.sources.input import Input, origin_name
from malmoi.corpus.sources.listing import would_read
from malmoi.corpus.text.host import AUTHORITY, host_of, host_of_authority
from malmoi.kit.errors import UserError
from malmoi.kit.paths import is_remote

MOST_FOUND = 20
"""Items of one title or archive that are explained at a time."""
MOST_ALIKE = 3


@dataclass(frozen=True)
class Among:
    """Which items: of a site (a host counts with its subdomains), of a source by name, of a kind. None: of any."""

    site: str | None = None
    source: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.kind is not None:
            require_kind(self.kind, "--kind")

    def condition(self, database: duckdb.DuckDBPyConnection) -> tuple[str, dict[str, Any]]:
        """SQL over a row of the ledger, and its values. Raises UserError for a site that no document is of."""
        parts, values = ["true"], {}
        if self.source is not None:
            parts.append("coalesce(source.name, input) = $source")
            values["source"] = unicodedata.normalize("NFC", self.source)
        if self.kind is not None:
            parts.append("source.kind = $kind")
            values["kind"] = self.kind
        if self.site is not None:
            parts.append("list_contains($authorities, regexp_extract(source.url, $part, 1))")
            values |= {"authorities": _authorities(database, self.site), "part": AUTHORITY}
        return " AND ".join(parts), values


ANY = Among()


def _authorities(database: duckdb.DuckDBPyConnection, site: str) -> list[str]:
    """All ways in which the addresses of the ledger write the site and its subdomains."""
    asked = host_of(site) or host_of_authority(site.partition("/")[0])
    rows = query(database, "SELECT DISTINCT regexp_extract(source.url, $part, 1) AS part FROM ledger", part=AUTHORITY)
    hosts = {row["part"]: host_of_authority(row["part"]) or "" for row in rows if row["part"]}
    found = [part for part, host in hosts.items() if asked and (host == asked or host.endswith(f".{asked}"))]
    if not found:
        raise UserError(f"no document is of the site {site!r}", "a host, such as news.example.kr")
    return found


def find(database: duckdb.DuckDBPyConnection, what: str, inputs: Sequence[Input]) -> list[dict[str, Any]]:
    """The rows of the ledger, without text, that `what` is the id of; else the address, the file, the title.

    A file may be named by the end of its path, a member of an archive by its own name. At most MOST_FOUND.
    """
    name = unicodedata.normalize("NFC", what)
    bare = name.removeprefix("./")
    values = {"what": what, "name": name, "bare": bare.rstrip("/"), "most": MOST_FOUND}
    for condition in _CONDITIONS:
        used = {key: value for key, value in values.items() if f"${key}" in condition + _FOUND}
        if rows := query(database, _FOUND.format(condition=condition), **used):
            return rows
    for source, path in _places(what, inputs):
        place = {"file": origin_name(path, source), "input": label(source), "most": MOST_FOUND}
        if rows := query(database, _FOUND.format(condition="origin.file = $file AND input = $input"), **place):
            return rows
    return []


def _places(what: str, inputs: Sequence[Input]) -> Iterator[tuple[Input, Path]]:
    """Inputs that a file on this machine belongs to, with its path as the input would list it."""
    for source in inputs:
        given = Path(what).resolve()
        if not is_remote(source.path) and given.is_file() and given.is_relative_to(source.path.resolve()):
            yield source, source.path / given.relative_to(source.path.resolve())


_FOUND = "SELECT * EXCLUDE (text) FROM ledger WHERE {condition} ORDER BY origin LIMIT $most"
_CONDITIONS = (
    "id = $what",
    "source.url = $what OR rtrim(source.url, '/') = $bare",
    "nfc_normalize(origin.file) = $bare OR ends_with(nfc_normalize(origin.file), '/' || $bare)"
    " OR ends_with(nfc_normalize(origin.file), '!' || $bare)",
    "title = $name",
)


def missing(database: duckdb.DuckDBPyConnection, what: str, inputs: Sequence[Input]) -> UserError:
    """What is said of an item that is not in the ledger: left out by a pattern, or never there, and what is like it."""
    below = [(source, source.path / what) for source in inputs if not is_remote(source.path)]
    for source, path in (*_places(what, inputs), *below):
        if path.is_file() and not would_read(path, source):
            wrong = f"{path} was left out by include and exclude of corpus.inputs[{inputs.index(source)}]"
            return UserError(wrong, "a file that was read")
    expected = "an id, an address, a file or a title that was read"
    return UserError(f"nothing read is {what!r}", expected, _alike(database, what))


def _alike(database: duckdb.DuckDBPyConnection, what: str) -> str:
    """The hint: ids that begin alike, else addresses, files and titles that hold the words."""
    for length in range(min(len(what), 31), 2, -1):
        sql = "SELECT min(id) AS id FROM ledger WHERE starts_with(id, $start)"
        (close,) = query(database, sql, start=what[:length])
        if close["id"]:
            return f"did you mean {close['id']!r}?"
    found = query(database, _LIKE, part=unicodedata.normalize("NFC", what).rstrip("/"), most=MOST_ALIKE)
    if found:
        return "did you mean " + ", ".join(repr(row["name"]) for row in found) + "?"
    return "`malmoi corpus sample` and the shards show ids; what was never read is in no ledger"


_LIKE = """
SELECT DISTINCT name FROM (
  SELECT unnest([source.url, origin.file, title]) AS name FROM ledger)
WHERE name IS NOT NULL AND contains(lower(name), lower($part)) ORDER BY length(name), name LIMIT $most"""
