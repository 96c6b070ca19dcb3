"""Removal on request: documents leave the shards, the index and the ledger's text; a tombstone stays in the ledger.

What is to go is written down first (`erasing.json`), then file after file is rewritten aside and renamed, the manifest
comes last. An erasure that was killed is finished by the next one, or by the same command again. `erased.parquet` keeps
the ids from the beginning, so that a corpus that is built again from the same raw files does not bring them back.
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

from malmoi.corpus import build, media
from malmoi.corpus.ledger import tombstones
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.ledger.layout import LEDGER, MEDIA, SHARDS, SITES
from malmoi.corpus.ledger.tombstones import DETAIL, ERASED
from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.dedup_index import FOLDER as INDEX
from malmoi.corpus.text.host import AUTHORITY, host_of_authority
from malmoi.kit import events, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed, remove, remove_partials, sha256_of, write_text, writing

PLAN = "erasing.json"
EMPTIED = ("title", "text", "turns", "segments", "views")
"""Columns of a tombstone that are emptied; of the source stay kind and name, of the rest numbers that name nobody."""
KEPT_OF_SOURCE = ("kind", "name", "licence")

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

    Those that an erasure which was killed had to erase may be asked for again. Raises UserError where an id is unknown
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
    id IN (SELECT id FROM asked) OR ($pattern IS NOT NULL AND (
      regexp_matches(coalesce(text, ''), $pattern) OR regexp_matches(coalesce(title, ''), $pattern)
      OR regexp_matches(coalesce(source.url, ''), $pattern)))
    OR id IN (SELECT id FROM shards WHERE $pattern IS NOT NULL AND regexp_matches(text, $pattern)) AS is_asked
  FROM ledger
  WHERE id IS NOT NULL AND (NOT list_contains(reasons, $erased) OR id IN (SELECT id FROM left_over)))
SELECT DISTINCT ON (id) id, title, origin, input, kept FROM there
WHERE same IN (SELECT same FROM there WHERE is_asked) ORDER BY id, kept DESC, origin"""
"""Copies of one text name the best of them, so that one round finds them all. No text is held, only the ids of hits."""


def erase(folder: Path, ids: Sequence[str], progress: Progress) -> dict[str, int]:
    """Erases the documents with these ids, and finishes what an earlier erasure left. Returns how many rows of what.

    `progress` is called with files done and in all. Raises UserError where the folder is no finished corpus or cannot
    be written to, and where a build or another erasure is at work in it: of two, one would bring back what the other
    takes out.
    """
    manifest.read(folder)
    with writing(folder), build.locked(folder):
        made = manifest.read(folder)
        gone = sorted({*ids, *_left_over(folder)})
        if not gone:
            return dict.fromkeys((SHARDS, LEDGER, INDEX, MEDIA), 0)
        write_text(folder / PLAN, json.dumps(gone))
        tombstones.remember(folder, gone)
        _remove_traces(folder)
        wanted = pa.array(gone, pa.string())
        rows = _rewrite_all(folder, wanted, progress)
        rows[MEDIA] = _drop_media(folder)
        _drop_sites(folder)
        outputs = {name: sha256_of(folder / name) for name in made["outputs"]}
        inputs = {**made["inputs"], **tombstones.hashes(folder)}
        made |= {"inputs": inputs, "outputs": outputs, "counts": {**made["counts"], **count(folder)}}
        write_text(folder / manifest.NAME, json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
        remove(folder / PLAN)
    events.append(folder, ERASED, documents=len(gone), **rows)
    return rows


def _left_over(folder: Path) -> list[str]:
    """What an erasure that was killed had to erase."""
    path = folder / PLAN
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def _remove_traces(folder: Path) -> None:
    """What shows or holds texts beside the corpus itself: reports, and what killed builds and erasures left."""
    for name in (*build.REPORTS, build.WORK):
        remove(folder / name)
    for name in (SHARDS, LEDGER, INDEX):
        remove_partials(folder / name)


def _files(folder: Path) -> list[Path]:
    return [file for name in (SHARDS, LEDGER, INDEX) for file in listed(folder / name, ".parquet")]


def _rewrite_all(folder: Path, gone: pa.Array, progress: Progress) -> dict[str, int]:
    files = _files(folder)
    rows: dict[str, int] = dict.fromkeys((SHARDS, LEDGER, INDEX), 0)
    for number, file in enumerate(files):
        progress(number, len(files))
        with shuffle.reading(file) as parts:
            hits = pc.call_function("is_in", [parts.read(columns=["id"]).column("id")], _value_set(gone))
        affected = pc.call_function("sum", [hits]).as_py() or 0
        if affected:
            _rewrite(file, gone)
            rows[file.parent.name] += affected
    progress(len(files), len(files))
    return rows


def _value_set(gone: pa.Array) -> pc.SetLookupOptions:
    return pc.SetLookupOptions(value_set=gone)


def _rewrite(file: Path, gone: pa.Array) -> None:
    """One file without the documents; in the ledger, with tombstones in their place."""
    with (
        shuffle.reading(file) as parts,
        shuffle.writing(file, parts.schema_arrow) as writer,
    ):
        for group in range(parts.num_row_groups):
            table = parts.read_row_group(group)
            hit = pc.call_function("is_in", [table.column("id")], _value_set(gone))
            if file.parent.name == LEDGER:
                writer.write_table(_tombstones(table, hit))
            else:
                writer.write_table(table.filter(pc.call_function("invert", [hit])))


def _tombstones(table: pa.Table, hit: pa.ChunkedArray) -> pa.Table:
    """The table with everything that tells about the document emptied where `hit`."""
    mask = hit.combine_chunks()
    for name in table.schema.names:
        column = table.column(name).combine_chunks()
        if name in EMPTIED:
            told: Any = pa.nulls(len(column), column.type)
        elif name == "kept":
            told = pa.array([False] * len(column))
        elif name == "reasons":
            told = pa.array([[ERASED]] * len(column), column.type)
        elif name == "detail":
            told = pa.array([DETAIL] * len(column), column.type)
        elif name == "source":
            told = _bare_source(column)
        elif name == "text_bytes":
            told = pa.array([0] * len(column), column.type)
        else:
            continue
        merged = pc.call_function("if_else", [mask, told, column])
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), merged)
    return table


def _bare_source(source: Any) -> pa.Array:
    """Sources with nothing in them but what names no person."""
    fields = list(source.type)
    columns = [
        source.field(field.name) if field.name in KEPT_OF_SOURCE else pa.nulls(len(source), field.type)
        for field in fields
    ]
    mask = source.is_null() if source.null_count else None
    return pa.StructArray.from_arrays(columns, fields=fields, mask=mask)


def _drop_sites(folder: Path) -> None:
    """Takes the sites out of which no document is left and to which no other site links: a blog's name is a name."""
    if not (folder / SITES).exists():
        return
    with opened(folder) as database:
        asked = "SELECT DISTINCT regexp_extract(source.url, $part, 1) AS part FROM ledger"
        found = query(database, asked, part=AUTHORITY)
    left = {host_of_authority(row["part"]) for row in found if row["part"]}
    with shuffle.reading(folder / SITES) as file:
        table = file.read()
    rows = zip(table.column("host").to_pylist(), table.column("in_hosts").to_pylist(), strict=True)
    stays = pa.array([host in left or in_hosts > 0 for host, in_hosts in rows], pa.bool_())
    shuffle.write_table(folder / SITES, table.filter(stays))


def _drop_media(folder: Path) -> int:
    """Removes the pictures, sounds and films that no document points to any more."""
    if not (folder / MEDIA).exists():
        return 0
    with opened(folder) as database:
        rows = query(database, "SELECT DISTINCT unnest(segments).sha256 AS sha256 FROM shards")
    return media.remove_others(folder / MEDIA, {row["sha256"] for row in rows} - {None})
