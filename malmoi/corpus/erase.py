"""Removal on request: documents leave the shards, the index and the ledger's text; a tombstone stays in the ledger.

What is to go is written down first (`erasing.json`), then file after file is rewritten aside and renamed, the manifest
comes last. An erasure that was killed is finished by the next one, or by the same command again. `erased.parquet` keeps
the ids from the beginning, so that a corpus that is built again from the same raw files does not bring them back.
A tombstone keeps the id (a hash), the recipe's name of the input, kind, sizes and scores. The names of its file, site
and source go, for each may be a person's; sites and sources that no other document has go from all tables.
Exact copies of a document go with it: they are its text. What else may hold its words (a report, what killed processes
left) is removed as a whole.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.ledger import stored_media, tombstones
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.ledger.layout import INDEX, LEDGER, MEDIA, MIX, REPORTS, SHARDS, SITES
from malmoi.corpus.ledger.tombstones import DETAIL, ERASED, NO_FILE
from malmoi.corpus.passes import shuffle
from malmoi.corpus.text.host import AUTHORITY, host_of_authority
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed, remove, remove_partials, write_text, writing
from malmoi.kit.lock import lock
from malmoi.kit.stage import WORK

PLAN = "erasing.json"
EMPTIED = ("title", "text", "turns", "segments", "views")
"""Columns of a tombstone that are emptied; of the source stays the kind, of the rest numbers that name nobody."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """Which documents: those with one of `ids`, and those whose text, title or address `matching` is found in (RE2)."""

    ids: tuple[str, ...] = ()
    matching: str | None = None

    def __post_init__(self) -> None:
        if not self.ids and not self.matching:
            raise UserError("nothing is asked to be erased", "ids or a pattern")


def find(folder: Path, asked: Asked) -> list[dict[str, Any]]:
    """The documents that would be erased, with their exact copies: id, title, origin, input, kept. Changes nothing.

    Those that an erasure which was killed had to erase are always among them. Raises UserError where an id is unknown
    or erased already, and for a pattern that is none.
    """
    if asked.matching is not None:
        try:
            re.compile(asked.matching)
        except re.error as error:
            raise UserError(f"the pattern {asked.matching!r} cannot be read: {error}", "a regular expression") from None
    with opened(folder) as database:
        database.register("asked", pa.table({"id": pa.array(sorted(set(asked.ids)), pa.string())}))
        database.register("left_over", pa.table({"id": pa.array(_left_over(folder), pa.string())}))
        found = query(database, _FOUND, pattern=asked.matching, erased=ERASED)
    known = {row["id"] for row in found}
    if missing := [one for one in asked.ids if one not in known]:
        raise UserError(f"no document {missing[0]!r} to erase in {folder}", "ids of documents that are not erased yet")
    return found


_FOUND = """
WITH there AS (
  SELECT id, title, origin, input, kept, coalesce(exact_duplicate_of, id) AS same,
    id IN (SELECT id FROM asked) OR id IN (SELECT id FROM left_over) OR ($pattern IS NOT NULL AND (
      regexp_matches(coalesce(text, ''), $pattern) OR regexp_matches(coalesce(title, ''), $pattern)
      OR regexp_matches(coalesce(source.url, ''), $pattern)))
    OR id IN (SELECT id FROM shards WHERE $pattern IS NOT NULL AND regexp_matches(text, $pattern)) AS is_asked
  FROM ledger
  WHERE id IS NOT NULL AND (NOT list_contains(reasons, $erased) OR id IN (SELECT id FROM left_over)))
SELECT DISTINCT ON (id) id, title, origin, input, kept FROM there
WHERE same IN (SELECT same FROM there WHERE is_asked) ORDER BY id, kept DESC, origin"""
"""Copies of one text name the best of them, so that one round finds them all. No text is held, only the ids of hits."""


def erase(folder: Path, ids: Sequence[str], progress: Progress, first: Sequence[Path] = ()) -> dict[str, int]:
    """Erases the documents with these ids, and finishes what an earlier erasure left. Returns how many rows of what.

    first: paths outside that hold words of the documents. They go before the corpus is touched, and only once it is
    known that it may be: a kill between leaves documents that can be asked for again.

    `progress` is called with files done and in all. Raises UserError where the folder is no finished corpus or cannot
    be written to, and where a build or another erasure is at work in it: of two, one would bring back what the other
    takes out.
    """
    manifest.read(folder)
    with writing(folder), lock(folder):
        made = manifest.read(folder)
        gone = sorted({*ids, *_left_over(folder)})
        if not gone:
            return dict.fromkeys((SHARDS, LEDGER, INDEX, MEDIA), 0)
        for path in first:
            remove(path)
        write_text(folder / PLAN, json.dumps(gone))
        tombstones.remember(folder, gone)
        _remove_traces(folder)
        wanted = pa.array(gone, pa.string())
        files = _files_with(folder, wanted)
        rows = _rewrite_all(files, wanted, progress)
        rows[MEDIA] = stored_media.remove_unwanted(folder)
        _drop_sites(folder)
        _drop_sources(folder)
        touched = {SITES, MIX, *(f"{file.parent.name}/{file.name}" for file in files)}
        outputs = made["outputs"] | manifest.outputs_of(folder, touched & made["outputs"].keys())
        inputs = {**made["inputs"], **tombstones.hashes(folder)}
        counts = {**made["counts"], **count(folder)}
        manifest.write(folder, manifest.revised(made, inputs=inputs, outputs=outputs, counts=counts))
        remove(folder / PLAN)
    events.append(folder, ERASED, documents=len(gone), **rows)
    return rows


def _left_over(folder: Path) -> list[str]:
    """What an erasure that was killed had to erase."""
    path = folder / PLAN
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def _remove_traces(folder: Path) -> None:
    """What shows or holds texts beside the corpus itself: reports, and what killed builds and erasures left."""
    for name in (*REPORTS, WORK):
        remove(folder / name)
    for name in ("", SHARDS, LEDGER, INDEX):
        remove_partials(folder / name)


def _files_with(folder: Path, gone: pa.Array) -> list[Path]:
    """The parts of shards, ledger and index that hold, or held before a kill, any of the documents.

    A part has one number in all three, and the ledger names every document for ever: its ids alone are read. Row-group
    statistics would pass over nothing: ids are hashes, so each group spans nearly all of them.
    """
    parts = [file.name for file in listed(folder / LEDGER, ".parquet") if _hits(file, gone)]
    files = [folder / name / part for part in parts for name in (SHARDS, LEDGER, INDEX)]
    return [file for file in files if file.exists()]


def _hits(file: Path, gone: pa.Array) -> int:
    """How many rows of a file have one of the ids."""
    options = pc.SetLookupOptions(gone)
    with shuffle.reading(file) as parts:
        groups = (parts.read_row_group(group, columns=["id"]).column("id") for group in range(parts.num_row_groups))
        return sum(pc.call_function("is_in", [ids], options).to_pylist().count(True) for ids in groups)


def _rewrite_all(files: Sequence[Path], gone: pa.Array, progress: Progress) -> dict[str, int]:
    rows: dict[str, int] = dict.fromkeys((SHARDS, LEDGER, INDEX), 0)
    for number, file in enumerate(files):
        progress(number, len(files))
        if affected := _hits(file, gone):
            _rewrite(file, gone)
            rows[file.parent.name] += affected
    progress(len(files), len(files))
    return rows


def _rewrite(file: Path, gone: pa.Array) -> None:
    """One file without the documents; in the ledger, with tombstones in their place."""
    with shuffle.reading(file) as parts, shuffle.writing(file, parts.schema_arrow) as writer:
        for group in range(parts.num_row_groups):
            table = parts.read_row_group(group)
            hit = pc.call_function("is_in", [table.column("id")], pc.SetLookupOptions(gone))
            if file.parent.name == LEDGER:
                writer.write_table(_tombstones(table, hit))
            else:
                writer.write_table(table.filter(pc.call_function("invert", [hit])))


def _tombstones(table: pa.Table, hit: pa.ChunkedArray) -> pa.Table:
    """The table with everything that tells about the document emptied where `hit`."""
    mask, rows = hit.combine_chunks(), len(hit)
    told = {name: pa.nulls(rows, table.schema.field(name).type) for name in EMPTIED if name in table.schema.names}
    for name, value in (("kept", False), ("reasons", [ERASED]), ("detail", DETAIL), ("text_bytes", 0)):
        told[name] = pa.array([value] * rows, table.schema.field(name).type)
    source, origin = (table.column(name).combine_chunks() for name in ("source", "origin"))
    told["source"] = _bare_struct(source, {"kind": source.field("kind")})
    file = pa.array([NO_FILE] * rows)
    told["origin"] = _bare_struct(origin, {"file": file, "offset": origin.field("offset")})
    for name, emptied in told.items():
        merged = pc.call_function("if_else", [mask, emptied, table.column(name).combine_chunks()])
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), merged)
    return table


def _bare_struct(column: Any, kept: dict[str, pa.Array]) -> pa.Array:
    """A struct column with these fields and null for every other one."""
    columns = [kept.get(field.name, pa.nulls(len(column), field.type)) for field in column.type]
    mask = column.is_null() if column.null_count else None
    return pa.StructArray.from_arrays(columns, fields=list(column.type), mask=mask)


def _drop_sites(folder: Path) -> None:
    """Takes the sites out of which no document is left: a blog's name is a name, whoever links to it.

    A site that never had a document stands there for links alone. It goes where these may all have been in erased
    documents: which site linked where is not kept, but as many documents as were erased link from no more sites.
    """
    if not (folder / SITES).exists():
        return
    with opened(folder) as database:
        asked = "SELECT DISTINCT regexp_extract(source.url, $part, 1) AS part FROM ledger"
        found = query(database, asked, part=AUTHORITY)
    left = {host_of_authority(row["part"]) for row in found if row["part"]}
    table = shuffle.read_table(folder / SITES)
    most_links = len(tombstones.erased_ids(folder))
    columns = (table.column(name).to_pylist() for name in ("host", "documents", "in_hosts"))
    stays = [
        host in left or (documents == 0 and links > most_links) for host, documents, links in zip(*columns, strict=True)
    ]
    shuffle.write_table(folder / SITES, table.filter(pa.array(stays, pa.bool_())))


def _drop_sources(folder: Path) -> None:
    """Takes the sources out of the mix's summary of which no document is left."""
    if not (folder / MIX).exists():
        return
    with opened(folder) as database:
        left = {row["name"] for row in query(database, "SELECT DISTINCT source.name AS name FROM ledger")} | {None}
    mix = json.loads((folder / MIX).read_text(encoding="utf-8"))
    mix["sources"] = [row for row in mix["sources"] if row["source_name"] in left]
    write_text(folder / MIX, json.dumps(mix, ensure_ascii=False, indent=1) + "\n")
