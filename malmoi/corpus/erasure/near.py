"""Near copies of documents that are to go: by the sketches in the index, and by the texts that the ledger holds.

A near copy that was dropped for a document which is erased would stay in the next build: nothing is left that it is a
copy of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.erasure import columns
from malmoi.corpus.erasure.search import Hit
from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.ledger.erased_texts import LEAST_SHINGLES, is_everyday
from malmoi.corpus.ledger.layout import INDEX, LEDGER, SHARDS
from malmoi.corpus.passes import shuffle
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.corpus.text.fold import squeezed
from malmoi.kit import config, manifest
from malmoi.kit.files import listed

LEAST_SHOWN = 0.4
"""Similarity from which a document is shown for a decision. Unrelated texts of a language share less than a tenth of
their 5-grams; of pairs at .4 the estimate by 100 bins lies between .3 and .5."""

SHORT_CHARACTERS = 4 * LEAST_SHINGLES
"""Of a text up to here it is asked whether it is the same as another: it may be too short for a sketch."""


@dataclass(frozen=True)
class Targets:
    """Texts whose copies are looked for. sketches: uint8 (texts, bins); requests: the request of each."""

    sketches: np.ndarray
    requests: np.ndarray


def settings_of(folder: Path) -> NearDuplicate:
    """What the sketches of a corpus were made with."""
    return config.parse(NearDuplicate, manifest.read(folder)["config"].get("near_duplicate", {}), "near_duplicate")


def targets(folder: Path, requests_by_id: dict[str, int], passages: Sequence[tuple[int, str]], like: Path) -> Targets:
    """The sketches of some documents of a corpus, and of passages (request, text), made as the corpus `like` does.

    A document is known by its text as it stands, and by the sketch in the index, which was made before paragraphs that
    pages repeat were cut. Texts of fewer than LEAST_SHINGLES shingles are left out.
    """
    settings = settings_of(like)
    held = columns.texts_of(folder, requests_by_id.keys())
    texts = [*((requests_by_id[one], text) for one, text, *_ in held), *passages]
    made, shingles = _signed(settings, [text for _, text in texts])
    long = shingles >= LEAST_SHINGLES
    requests = np.array([number for number, _ in texts], np.int64)[long]
    indexed = [
        (requests_by_id[one], sketch)
        for ids, sketches in _index(folder, settings)
        for one, sketch in zip(ids, sketches, strict=True)
        if one in requests_by_id
    ] if settings_of(folder) == settings else []  # fmt: skip
    if indexed:
        requests = np.r_[requests, [number for number, _ in indexed]]
        made = np.r_[made[long], [sketch for _, sketch in indexed]]
        return Targets(made, requests)
    return Targets(made[long], requests)


def short_texts(folder: Path, requests_by_id: dict[str, int]) -> dict[str, tuple[int, set[str]]]:
    """The short texts of some documents of a corpus, as they are compared, with the request of each, and the hashes of
    their authors and addresses."""
    found: dict[str, tuple[int, set[str]]] = {}
    for one, text, *owners in columns.texts_of(folder, requests_by_id.keys()):
        if len(text) <= SHORT_CHARACTERS:
            _, known = found.setdefault(squeezed(text), (requests_by_id[one], set()))
            known.update(filter(None, owners))
    return found


def find_short(folder: Path, wanted: dict[str, tuple[int, set[str]]], known: frozenset[str]) -> list[Hit]:
    """The documents of a corpus that say the same as a short text, but for those that are known.

    Everyday words are certain where the author or the address is the same too.
    """
    found: dict[str, tuple[int, bool]] = {}
    for kind in (SHARDS, LEDGER) if wanted else ():
        for group in columns.groups(folder, kind):
            lengths = pc.call_function("utf8_length", [group.table.column("text")])
            table = group.table.filter(pc.call_function("less_equal", [lengths, SHORT_CHARACTERS]))
            for row in table.select(["id", "text", "source"]).to_pylist():
                if row["id"] not in known and (asked := wanted.get(squeezed(row["text"]))) is not None:
                    own = {(row["source"] or {}).get(name) for name in ("author_hash", "url")} & asked[1]
                    found[row["id"]] = asked[0], bool(own) or not is_everyday([row["text"]])[0]
    return [
        Hit(one, ("", 0), found[one][0], "copy", found[one][1], **row)
        for row in _rows(folder, [*found]) for one in [row.pop("id")]
    ]  # fmt: skip


def find(folder: Path, wanted: Targets, known: frozenset[str], at_least: float) -> list[Hit]:
    """The documents of a corpus that are like a target, but for those that are known. at_least: of their similarity.

    One from `at_least` on is certain; those from LEAST_SHOWN on are to be decided on.
    """
    if not len(wanted.sketches):
        return []
    found = {one: pair for one, pair in _like(folder, wanted) if one not in known}
    return [_hit(row, *found[row["id"]], at_least) for row in _rows(folder, [*found])]


def _rows(folder: Path, ids: Sequence[str]) -> list[dict[str, Any]]:
    """What the ledger says of documents that are not erased."""
    if not ids:
        return []
    with opened(folder) as database:
        database.register("wanted", pa.table({"id": pa.array(sorted(ids), pa.string())}))
        return query(database, _ROWS)


_ROWS = """
SELECT DISTINCT ON (id) id, title, origin, input, kept FROM ledger JOIN wanted USING (id)
WHERE NOT list_contains(reasons, 'erased') ORDER BY id, kept DESC"""


def _hit(row: dict[str, Any], similarity: float, request: int, at_least: float) -> Hit:
    return Hit(row.pop("id"), ("", 0), request, "near", similarity >= at_least - 1e-6, round(similarity, 3), **row)


def _like(folder: Path, wanted: Targets) -> Iterator[tuple[str, tuple[float, int]]]:
    """(id, (similarity, request)) of what is like a target."""
    from malmoi.corpus.kernels.keyed_hash import nearest

    settings = settings_of(folder)
    for ids, sketches in (*_index(folder, settings), *_dropped(folder, settings)):
        similarities, which = nearest(sketches, wanted.sketches)
        for row in np.flatnonzero(similarities >= LEAST_SHOWN).tolist():
            yield ids[row], (float(similarities[row]), int(wanted.requests[which[row]]))


def _index(folder: Path, settings: NearDuplicate) -> Iterator[tuple[list[str], np.ndarray]]:
    """Ids and sketches of the kept documents that are long enough."""
    for part in listed(folder / INDEX, ".parquet"):
        table = shuffle.read_table(part, ["id", "characters", "sketch"])
        table = table.filter(pa.array(table.column("characters").to_numpy() >= LEAST_SHINGLES))
        content = b"".join(table.column("sketch").to_pylist())
        yield table.column("id").to_pylist(), np.frombuffer(content, np.uint8).reshape(-1, settings.bins)


def _dropped(folder: Path, settings: NearDuplicate) -> Iterator[tuple[list[str], np.ndarray]]:
    """Ids and sketches of the dropped documents, signed now: the ledger holds their texts."""
    for group in columns.groups(folder, LEDGER):
        table = group.table.filter(group.table.column("text").is_valid())
        sketches, shingles = _signed(settings, table.column("text").to_pylist())
        long = shingles >= LEAST_SHINGLES
        ids = [one for one, is_long in zip(table.column("id").to_pylist(), long, strict=True) if is_long]
        yield ids, sketches[long]


def _signed(settings: NearDuplicate, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sketches (uint8, texts x bins) and numbers of shingles of texts."""
    from malmoi.corpus.kernels import signatures
    from malmoi.corpus.kernels.buffers import string_buffers

    data, offsets = string_buffers(pa.array(texts, pa.large_string()))
    made, _, shingles = signatures.sign(data, offsets, settings.shingle_characters, settings.bins)
    return signatures.sketches(made), shingles
