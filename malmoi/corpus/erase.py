"""Removal on request: documents leave the shards, the index and the ledger's text; a tombstone stays in the ledger.

What is to go is written down first (`erasing.json`), then file after file is rewritten aside and renamed, the manifest
comes last. An erasure that was killed is finished by the next one, or by the same command again. `erased.parquet` keeps
the ids from the beginning, and `erased_texts.parquet` what knows the texts again (ledger/erased_texts.py), so that no
later build brings them back. A tombstone keeps the id (a hash), the recipe's name of the input, kind, sizes and scores.
The names of its file, site and source go, for each may be a person's; sites and sources that no other document has go
from all tables. What else may hold its words (a report, what killed processes left) is removed as a whole.
What was done is certified (erasure/certificate.py).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.erasure import certificate, columns, near
from malmoi.corpus.ledger import erased_texts, stored_media, tombstones
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.ledger.layout import INDEX, LEDGER, MEDIA, MIX, REPORTS, SHARDS, SITES
from malmoi.corpus.ledger.tombstones import DETAIL, ERASED, NO_FILE
from malmoi.corpus.passes import scan, shuffle
from malmoi.corpus.text.host import AUTHORITY, host_of_authority
from malmoi.kit import events, manifest
from malmoi.kit.files import listed, remove, remove_partials, write_text, writing
from malmoi.kit.lock import lock
from malmoi.kit.stage import WORK

PLAN = "erasing.json"
EMPTIED = ("title", "text", "turns", "segments", "views", "source_verdict")
"""Columns of a tombstone that are emptied; of the source stays the kind, of the rest numbers that name nobody."""

TEXTS_AT_ONCE = 20_000
"""Texts that are marked at a time."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Gone:
    """What is to go beside documents by id, and what is kept so that it is known again.

    places: items that gave no text, by part of the ledger and row. media: stored files, relative to MEDIA. below:
    addresses that were asked for, with all below them; authors: their hashes. similarity: from which a text counts as a
    near copy in later builds. terms: what was asked, by kind, for the certificate. near: ids that are near copies.
    """

    places: tuple[tuple[str, int], ...] = ()
    media: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    similarity: float = erased_texts.NEAR_SIMILARITY
    terms: tuple[tuple[str, str], ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """Rows that went, by folder of the corpus; and the number of the certificate, None where nothing was to do."""

    rows: dict[str, int]
    certificate: int | None = None


NOTHING = Gone()


def erase(
    folder: Path, ids: Sequence[str], progress: Progress, first: Sequence[Path] = (), gone: Gone = NOTHING
) -> Done:
    """Erases the documents with these ids and what `gone` names, and finishes what an earlier erasure left.

    first: paths outside that hold words of the documents. They go before the corpus is touched, and only once it is
    known that it may be: a kill between leaves documents that can be asked for again.

    `progress` is called with files done and in all. Raises UserError where the folder is no finished corpus or cannot
    be written to, and where a build or another erasure is at work in it: of two, one would bring back what the other
    takes out.
    """
    manifest.read(folder)
    with writing(folder), lock(folder):
        made = manifest.read(folder)
        left_ids, left_places = left_over(folder)
        wanted = sorted({*ids, *left_ids})
        places = sorted({*gone.places, *left_places})
        if not wanted and not places and not gone.media:
            return Done(dict.fromkeys((SHARDS, LEDGER, INDEX, MEDIA), 0))
        for path in first:
            remove(path)
        write_text(folder / PLAN, json.dumps({"ids": wanted, "places": places}))
        tombstones.remember(folder, wanted)
        _remember_texts(folder, wanted, places, gone)
        _remove_traces(folder)
        rows, touched = _take_out(folder, pa.array(wanted, pa.string()), places, progress)
        rows[MEDIA] = _remove_media(folder, gone.media)
        files = _publish(folder, made, touched)
        number = certificate.write(folder, _certified(wanted, places, gone) | {"rows": rows, "files": files})
        remove(folder / PLAN)
    events.append(folder, ERASED, documents=len(wanted), **rows)
    return Done(rows, number)


def left_over(folder: Path) -> tuple[list[str], list[tuple[str, int]]]:
    """The ids and places that an erasure which was killed had to erase."""
    path = folder / PLAN
    plan = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if isinstance(plan, list):  # of a version before 2026-11-30
        plan = {"ids": plan}
    return plan.get("ids", []), [(part, row) for part, row in plan.get("places", ())]


def _remember_texts(folder: Path, ids: Sequence[str], places: Sequence[tuple[str, int]], gone: Gone) -> None:
    """Keeps marks of the texts, of addresses that no other document has, of authors and of places."""
    wanted = dict.fromkeys(ids, 0)
    batch: list[str] = []
    for _, text in near.texts_of(folder, wanted):
        batch.append(text)
        if len(batch) >= TEXTS_AT_ONCE:
            erased_texts.remember(folder, batch, gone.similarity)
            batch = []
    with opened(folder) as database:
        database.register("gone", pa.table({"id": pa.array(ids, pa.string())}))
        addresses = [row["url"] for row in query(database, _OWN_ADDRESSES)]
    named = [scan.place_of(row) for row in _items_at(folder, set(places))] if places else []
    erased_texts.remember(
        folder, batch, gone.similarity, address=addresses, below=gone.below, author=gone.authors, place=named
    )


_OWN_ADDRESSES = r"""
WITH addresses AS (
  SELECT source.url AS url, id IS NOT NULL AND id IN (SELECT id FROM gone) AS goes,
    rtrim(regexp_replace(lower(source.url), '^[a-z][a-z0-9+.-]*://(www\.)?', ''), '/') AS page
  FROM ledger WHERE source.url IS NOT NULL)
SELECT DISTINCT url FROM addresses WHERE goes AND page NOT IN (SELECT page FROM addresses WHERE NOT goes)"""
"""Many rows of a collection may name one address: it stands for a document only where no other has it, however it is
written (as text/fold.py compares addresses, but for percent signs)."""


def _items_at(folder: Path, places: set[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Input and origin of the items at some places of the ledger."""
    for group in columns.groups(folder, LEDGER):
        rows = [row for row in range(len(group.table)) if (group.part.name, group.first + row) in places]
        yield from group.table.select(["input", "origin"]).take(pa.array(rows, pa.int64())).to_pylist()


def _take_out(
    folder: Path, ids: pa.Array, places: Sequence[tuple[str, int]], progress: Progress
) -> tuple[dict[str, int], set[str]]:
    """Rewrites all files that hold any of it. Returns the rows by folder, and the names of the files."""
    files = _files_with(folder, ids, {part for part, _ in places})
    rows = _rewrite_all(files, ids, places, progress)
    _drop_sites(folder)
    _drop_sources(folder)
    return rows, {SITES, MIX, *(f"{file.parent.name}/{file.name}" for file in files)}


def _remove_media(folder: Path, named: Sequence[str]) -> int:
    """Removes the named files and those that no document points to any more; returns how many."""
    for name in named:
        remove(folder / MEDIA / name)
    return len(named) + stored_media.remove_unwanted(folder)


def _publish(folder: Path, made: dict[str, Any], touched: set[str]) -> dict[str, dict[str, str | None]]:
    """Writes the manifest of the corpus as it is now; returns the hashes of the files that changed, before and after.

    What was not touched is not hashed again: damage to it stays known.
    """
    before = manifest.hashes(made["outputs"])
    outputs = made["outputs"] | manifest.outputs_of(folder, touched & made["outputs"].keys())
    inputs = {**made["inputs"], **tombstones.hashes(folder)}
    counts = {**made["counts"], **count(folder)}
    manifest.write(folder, manifest.revised(made, inputs=inputs, outputs=outputs, counts=counts))
    after = manifest.hashes(outputs)
    return {name: {"before": before[name], "after": one} for name, one in after.items() if before[name] != one}


def _certified(ids: Sequence[str], places: Sequence[tuple[str, int]], gone: Gone) -> dict[str, Any]:
    """What the certificate says was asked and taken out."""
    return {
        "what": "corpus",
        "terms": gone.terms,
        "documents": list(ids),
        "near_copies": list(gone.near),
        "similarity": gone.similarity,
        "items_without_text": len(places),
    }


def _remove_traces(folder: Path) -> None:
    """What shows or holds texts beside the corpus itself: reports, and what killed builds and erasures left."""
    for name in (*REPORTS, WORK):
        remove(folder / name)
    for name in ("", SHARDS, LEDGER, INDEX):
        remove_partials(folder / name)


def _files_with(folder: Path, gone: pa.Array, also: set[str]) -> list[Path]:
    """The parts of shards, ledger and index that hold, or held before a kill, any of the documents; and those `also`.

    A part has one number in all three, and the ledger names every document for ever: its ids alone are read. Row-group
    statistics would pass over nothing: ids are hashes, so each group spans nearly all of them.
    """
    parts = [file.name for file in listed(folder / LEDGER, ".parquet") if file.name in also or _hits(file, gone)]
    files = [folder / name / part for part in parts for name in (SHARDS, LEDGER, INDEX)]
    return [file for file in files if file.exists()]


def _hits(file: Path, gone: pa.Array) -> int:
    """How many rows of a file have one of the ids."""
    with shuffle.reading(file) as parts:
        groups = (parts.read_row_group(group, columns=["id"]).column("id") for group in range(parts.num_row_groups))
        return sum(_is_in(ids, gone).to_pylist().count(True) for ids in groups)


def _is_in(ids: pa.ChunkedArray, gone: pa.Array) -> Any:
    return pc.call_function("is_in", [ids], pc.SetLookupOptions(gone))


def _rewrite_all(
    files: Sequence[Path], gone: pa.Array, places: Sequence[tuple[str, int]], progress: Progress
) -> dict[str, int]:
    rows: dict[str, int] = dict.fromkeys((SHARDS, LEDGER, INDEX), 0)
    for number, file in enumerate(files):
        progress(number, len(files))
        at = np.array(sorted(row for part, row in places if part == file.name), np.int64)
        at = at if file.parent.name == LEDGER else at[:0]
        if affected := _hits(file, gone) + len(at):
            _rewrite(file, gone, at)
            rows[file.parent.name] += affected
    progress(len(files), len(files))
    return rows


def _rewrite(file: Path, gone: pa.Array, at: np.ndarray) -> None:
    """One file without the documents; in the ledger, with tombstones in their place, and for the rows `at`."""
    first = 0
    with shuffle.reading(file) as parts, shuffle.writing(file, parts.schema_arrow) as writer:
        for group in range(parts.num_row_groups):
            table = parts.read_row_group(group)
            hit = _is_in(table.column("id"), gone)
            if file.parent.name == LEDGER:
                named = pa.array(np.isin(np.arange(first, first + len(table)), at))
                writer.write_table(_tombstones(table, pc.call_function("or", [hit, named])))
            else:
                writer.write_table(table.filter(pc.call_function("invert", [hit])))
            first += len(table)


def _tombstones(table: pa.Table, hit: pa.ChunkedArray) -> pa.Table:
    """The table with everything that tells about the document emptied where `hit`."""
    mask, rows = hit.combine_chunks(), len(hit)
    told = {name: pa.nulls(rows, table.schema.field(name).type) for name in EMPTIED if name in table.schema.names}
    for name, value in (("kept", False), ("reasons", [ERASED]), ("detail", DETAIL), ("text_bytes", 0)):
        told[name] = pa.array([value] * rows, table.schema.field(name).type)
    source, origin = (table.column(name).combine_chunks() for name in ("source", "origin"))
    told["source"] = _bare_struct(source, {"kind": source.field("kind")})
    file = pa.array([NO_FILE] * rows, pa.string())
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
