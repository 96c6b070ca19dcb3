"""Removal on request: documents leave the shards, the index and the ledger's text; a tombstone stays in the ledger.

What is to go is written down first (kit/erasing.py), then file after file is rewritten aside and renamed; manifest and
certificate (erasure/certificate.py) come last. Each step done twice is the same as once, so what was killed is begun
again from the plan, and until then no stage works on the corpus. `erased.parquet` keeps the ids, `erased_texts.parquet`
what knows the texts again (ledger/erased_texts.py), so that no later build brings them back. A tombstone keeps the id
(a hash), the recipe's name of the input, kind, sizes and scores. The names of its file, site and source go, for each
may be a person's; sites and sources that no other document has go from all tables. What else may hold its words (a
report, what killed processes left) is removed as a whole.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.erasure import certificate, columns
from malmoi.corpus.ledger import erased_texts, stored_media, tombstones
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.ledger.layout import INDEX, LEDGER, MEDIA, MIX, REPORTS, SHARDS, SITES
from malmoi.corpus.ledger.tombstones import DETAIL, ERASED, NO_FILE
from malmoi.corpus.passes import scan, shuffle
from malmoi.corpus.text.host import AUTHORITY, host_of_authority
from malmoi.kit import erasing, events, manifest
from malmoi.kit.files import listed, remove, remove_partials, write_text, writing
from malmoi.kit.lock import lock
from malmoi.kit.stage import WORK

EMPTIED = ("title", "text", "turns", "segments", "views", "source_verdict")
"""Columns of a tombstone that are emptied; of the source stays the kind, of the rest numbers that name nobody."""

TEXTS_AT_ONCE = 20_000
"""Texts that are marked at a time."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Gone:
    """What is to go beside documents by id, and what is kept so that it is known again.

    places: items that gave no text, by part of the ledger and row. media: stored files, relative to MEDIA. below:
    addresses that were asked for, with all below them; authors: names, wherever they write. similarity: from which a
    text counts as a near copy in later builds. terms: what was asked, by kind, for the certificate. near: ids that are
    near copies. of_person: ids of documents whose words say nothing of whom was asked for: if they are everyday words
    others may go on saying them.
    """

    places: tuple[tuple[str, int], ...] = ()
    media: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    similarity: float = erased_texts.NEAR_SIMILARITY
    terms: tuple[tuple[str, str], ...] = ()
    near: tuple[str, ...] = ()
    of_person: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """Rows that went, by folder of the corpus; and the number of the certificate, None where nothing was to do."""

    rows: dict[str, int]
    certificate: int | None = None


NOTHING = Gone()
Part = dict[str, Any]
"""What is to be done in one corpus: a part of an erasing.Plan, with no name in clear. Only reading made it."""


def erase(folder: Path, ids: Sequence[str], progress: Progress, gone: Gone = NOTHING) -> Done:
    """Erases the documents with these ids and what `gone` names from one corpus.

    `progress` is called with files done and in all. Raises UserError where the folder is no finished corpus or cannot
    be written to, where a build or another erasure is at work in it (of two, one would bring back what the other takes
    out), and where one is not finished.
    """
    manifest.read(folder)
    with writing(folder), lock(folder):
        erasing.require_none(folder)
        part = plan(folder, ids, gone)
        if not (part["ids"] or part["places"] or part["media"]):
            return Done(part["rows"])
        whole = {"request": secrets.token_hex(16), "corpora": [part]}
        erasing.begin(folder, whole)
        done = carry_out(folder, whole["request"], part, progress)
        erasing.end(folder, whole)
    return done


def plan(folder: Path, ids: Sequence[str], gone: Gone = NOTHING, first: Sequence[Path] = ()) -> Part:
    """All that is to be done in a corpus, and what it is before. first: paths outside that hold words of documents."""
    key = erased_texts.key_of(folder, create=True)
    assert key is not None
    marks = {erased_texts.BELOW: gone.below, erased_texts.AUTHOR: gone.authors}
    files = _files_with(folder, pa.array(sorted(ids), pa.string()), gone.places)
    media = sorted({*gone.media, *stored_media.unwanted(folder, ids)})
    return {
        "path": str(folder.absolute()),
        "ids": sorted(ids),
        "places": sorted(gone.places),
        "first": [str(path.absolute()) for path in first],
        "media": media,
        "files": files,
        "rows": _rows(files) | {MEDIA: len(media)},
        "before": manifest.hashes(manifest.read(folder)["outputs"]),
        "marks": erased_texts.marks_under(key, marks),
        "terms": certificate.hashed(key, gone.terms),
        "near": list(gone.near),
        "of_person": list(gone.of_person),
        "similarity": gone.similarity,
    }


def carry_out(folder: Path, request: str, part: Part, progress: Progress) -> Done:
    """Does what is planned for a corpus whose lock is held. Done again after a kill, it leaves what one run leaves."""
    ids, places = part["ids"], [(name, row) for name, row in part["places"]]
    for path in part["first"]:
        remove(Path(path))
    tombstones.remember(folder, ids)
    _remember_texts(folder, part, places)
    _remove_traces(folder)
    _rewrite_all(folder, part["files"], pa.array(ids, pa.string()), places, progress)
    _drop_sites(folder)
    _drop_sources(folder)
    for name in part["media"]:
        remove(folder / MEDIA / name)
    files = _publish(folder, {SITES, MIX, *part["files"]}, part["before"])
    told = {name: part[name] for name in ("terms", "rows", "similarity")}
    told |= {"what": "corpus", "request": request, "documents": ids, "near_copies": part["near"], "files": files}
    number = certificate.write(folder, told | {"items_without_text": len(places)})
    events.append(folder, ERASED, documents=len(ids), **part["rows"])
    return Done(part["rows"], number)


def _remember_texts(folder: Path, part: Part, places: Sequence[tuple[str, int]]) -> None:
    """Keeps marks of the texts, of addresses that no other document has, of authors and of places."""
    ids, of_person, similarity = set(part["ids"]), set(part["of_person"]), part["similarity"]
    texts: list[str] = []
    authors: list[str | None] = []
    for one, text, author, _ in columns.texts_of(folder, ids):
        texts.append(text)
        authors.append(author or "" if one in of_person else None)
        if len(texts) >= TEXTS_AT_ONCE:
            erased_texts.remember(folder, texts, similarity, authors)
            texts, authors = [], []
    with opened(folder) as database:
        database.register("gone", pa.table({"id": pa.array(part["ids"], pa.string())}))
        addresses = [row["url"] for row in query(database, _OWN_ADDRESSES)]
    named = [scan.place_of(row) for row in _items_at(folder, set(places))] if places else []
    marks = [(kind, digest) for kind, digest in part["marks"]]
    erased_texts.remember(folder, texts, similarity, authors, marks, address=addresses, place=named)


_OWN_ADDRESSES = r"""
WITH addresses AS (
  SELECT source.url AS url, id IS NOT NULL AND id IN (SELECT id FROM gone) AS goes,
    rtrim(regexp_replace(lower(source.url), '^[a-z][a-z0-9+.-]*://(www\.)?', ''), '/') AS page
  FROM ledger WHERE source.url IS NOT NULL)
SELECT DISTINCT url FROM addresses WHERE goes AND page NOT IN (SELECT page FROM addresses WHERE NOT goes)"""
"""Many rows of a collection may name one address: it stands for a document only where no other has it, however it is
written (as text/fold.py compares addresses, but for percent signs)."""


def _items_at(folder: Path, places: set[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Input and origin of the items at some places of the ledger, but for those that are tombstones already."""
    for group in columns.groups(folder, LEDGER):
        rows = [row for row in range(len(group.table)) if (group.part.name, group.first + row) in places]
        found = group.table.select(["input", "origin"]).take(pa.array(rows, pa.int64())).to_pylist()
        yield from (row for row in found if row["origin"]["file"] != NO_FILE)


def _publish(folder: Path, touched: set[str], before: dict[str, str]) -> dict[str, dict[str, str | None]]:
    """Writes the manifest of the corpus as it is now; returns the hashes of the files that changed, before and after.

    What was not touched is not hashed again: damage to it stays known.
    """
    made = manifest.read(folder)
    outputs = made["outputs"] | manifest.outputs_of(folder, touched & made["outputs"].keys())
    inputs = {**made["inputs"], **tombstones.hashes(folder)}
    counts = {**made["counts"], **count(folder)}
    manifest.write(folder, manifest.revised(made, inputs=inputs, outputs=outputs, counts=counts))
    after = manifest.hashes(outputs)
    return {name: {"before": before[name], "after": one} for name, one in after.items() if before[name] != one}


def _remove_traces(folder: Path) -> None:
    """What shows or holds texts beside the corpus itself: reports, and what killed builds and erasures left."""
    for name in (*REPORTS, WORK):
        remove(folder / name)
    for name in ("", SHARDS, LEDGER, INDEX):
        remove_partials(folder / name)


def _files_with(folder: Path, gone: pa.Array, places: Sequence[tuple[str, int]]) -> dict[str, int]:
    """The parts of shards, ledger and index that hold any of the documents or a place, with the rows that go.

    A part has one number in all three, and the ledger names every document: its ids alone are read of the parts that
    have none. Row-group statistics would pass over nothing: ids are hashes, so each group spans nearly all of them.
    """
    found = dict[str, int]()
    for part in listed(folder / LEDGER, ".parquet"):
        rows = _hits(part, gone) + sum(name == part.name for name, _ in places)
        if rows:
            others = (folder / name / part.name for name in (SHARDS, INDEX))
            hits = {f"{one.parent.name}/{one.name}": _hits(one, gone) for one in others if one.exists()}
            found |= {f"{LEDGER}/{part.name}": rows} | {name: number for name, number in hits.items() if number}
    return found


def _rows(files: dict[str, int]) -> dict[str, int]:
    """The rows of parts that go, by folder."""
    rows = dict.fromkeys((SHARDS, LEDGER, INDEX), 0)
    for name, number in files.items():
        rows[name.partition("/")[0]] += number
    return rows


def _hits(file: Path, gone: pa.Array) -> int:
    """How many rows of a file have one of the ids."""
    with shuffle.reading(file) as parts:
        groups = (parts.read_row_group(group, columns=["id"]).column("id") for group in range(parts.num_row_groups))
        return sum(_is_in(ids, gone).to_pylist().count(True) for ids in groups)


def _is_in(ids: pa.ChunkedArray, gone: pa.Array) -> Any:
    return pc.call_function("is_in", [ids], pc.SetLookupOptions(gone))


def _rewrite_all(
    folder: Path, names: Iterable[str], gone: pa.Array, places: Sequence[tuple[str, int]], progress: Progress
) -> None:
    """Rewrites parts; one that a killed erasure had rewritten becomes the same again."""
    files = [folder / name for name in names]
    for number, file in enumerate(files):
        progress(number, len(files))
        at = [row for part, row in places if part == file.name and file.parent.name == LEDGER]
        _rewrite(file, gone, np.array(at, np.int64))
    progress(len(files), len(files))


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
