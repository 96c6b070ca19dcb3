"""A corpus measured against the truth of its sample: what was planted, and what the build found of it."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from malmoi.corpus.ledger.database import opened, query
from malmoi.corpus.steps.minhash import EXACT, NEAR
from malmoi.kit import config
from malmoi.kit.errors import UserError
from malmoi.sample.plant import Personal

CLOSE_COPY = 0.8
"""Jaccard similarity from which a planted near-duplicate has to be found."""


def measure(folder: Path, truth: Path) -> dict[str, Any]:
    """How the corpus did against planted faults: shares found, clean documents lost, false alarms.

    A clean document of which a planted copy stays is not lost: of two copies one has to go. Every share is a table of
    how many were `found`, `of` how many, and their ratio. A pair of copies is found when both are known to be of one
    cluster and at most one stays; a piece of personal data, when what was written stands nowhere in the text any more;
    a false alarm is a document without personal data in which something was masked.

    truth: one JSON object a line, {"file", "offset", "plants", "duplicate_of", "jaccard", "personal", "clean"}.
    """
    planted = list(_read_truth(truth))
    with opened(folder) as database:
        asked = "SELECT origin, kept, reasons, cluster, id, COLUMNS('^masked_') FROM ledger"
        rows = {_place(row["origin"]): row for row in query(database, asked)}
        texts = _texts(database, [(item["file"], item["offset"]) for item in planted if item["personal"]])
    known = [(item, rows[item["file"], item["offset"]]) for item in planted if (item["file"], item["offset"]) in rows]
    pairs = [(item, row, rows.get(_place(item["duplicate_of"]))) for item, row in known if item["duplicate_of"]]
    judged = [(item, row, _is_found(row, other)) for item, row, other in pairs]
    exact = [is_found for item, _, is_found in judged if EXACT in item["plants"]]
    near = [(is_found, item["jaccard"] or 0) for item, _, is_found in judged if NEAR in item["plants"]]
    copied = {_place(item["duplicate_of"]): row["cluster"] for item, row, is_found in judged if is_found}
    clean = [
        (row, row["cluster"] is not None and copied.get(_place(item)) == row["cluster"])
        for item, row in known
        if item["clean"]
    ]
    lost = [
        row for row, is_copied in clean if not (row["kept"] or (is_copied and set(row["reasons"]) <= {EXACT, NEAR}))
    ]
    return {
        "planted": len(planted),
        "not_in_corpus": len(planted) - len(known),
        "exact_duplicates": _share(exact),
        "near_duplicates": _share([is_found for is_found, _ in near]),
        "near_duplicates_jaccard_0.8": _share([is_found for is_found, jaccard in near if jaccard >= CLOSE_COPY]),
        "personal_data": _personal(known, texts),
        "dropped_by_plant": _dropped_by_plant(known),
        "clean_dropped": _ratio(len(lost), len(clean)),
        "clean_gone_for_their_copy": sum(not row["kept"] for row, _ in clean) - len(lost),
        "clean_dropped_by_reason": dict(Counter(row["reasons"][0] for row in lost)),
        "clean_dropped_ids": [row["id"] for row in lost][:20],
    }


@dataclass(frozen=True)
class _Place:
    """Where a document lies: the `origin` of its row in the ledger."""

    file: str
    offset: int


@dataclass(frozen=True)
class _Planted:
    """A line of a truth file, for the check of its types. `written`: the id of the text it was made from."""

    file: str
    offset: int
    plants: tuple[str, ...]
    duplicate_of: _Place | None
    jaccard: float | None
    personal: tuple[Personal, ...]
    clean: bool
    written: str = ""


def _read_truth(truth: Path) -> Iterator[dict[str, Any]]:
    """The lines of a truth file, checked for their keys. Raises UserError with the number of the line."""
    try:
        with truth.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                item = json.loads(line)
                if not isinstance(item, dict):
                    raise UserError(f"{truth}, line {number}: no table", "a truth file of `malmoi sample`")
                if missing := {"file", "offset", "plants", "duplicate_of", "jaccard", "personal", "clean"} - set(item):
                    raise UserError(f"{truth}, line {number}: no {min(missing)!r}", "a truth file of `malmoi sample`")
                config.parse(_Planted, item, f"{truth}, line {number}")
                yield item
    except (OSError, ValueError) as error:
        raise UserError(f"{truth} cannot be read: {error}", "a truth file of `malmoi sample`") from None


def _place(origin: dict[str, Any]) -> tuple[str, int]:
    return origin["file"], origin["offset"]


def _is_found(row: dict[str, Any], other: dict[str, Any] | None) -> bool:
    """Whether at most one of two copies stays, and they are known as copies of one another."""
    return (
        other is not None
        and not (row["kept"] and other["kept"])
        and row["cluster"] is not None
        and row["cluster"] == other["cluster"]
    )


def _share(found: list[bool]) -> dict[str, Any]:
    return _ratio(sum(found), len(found))


def _ratio(found: int, of: int) -> dict[str, Any]:
    return {"of": of, "found": found, "share": round(found / of, 4) if of else None}


def _texts(database: duckdb.DuckDBPyConnection, places: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The texts as they came out, kept or not, of the documents at these places."""
    asked = pa.table(
        {"file": [file for file, _ in places], "place": pa.array([place for _, place in places], pa.int64())}
    )
    database.register("asked", asked)
    found = {}
    for name in ("ledger", "shards"):
        rows = database.execute(
            f"SELECT file, place, text FROM asked JOIN {name} ON origin.file = file AND origin.offset = place"  # noqa: S608
            " WHERE text IS NOT NULL"
        ).fetchall()
        found.update({(file, place): text for file, place, text in rows})
    return found


def _personal(known: list[tuple[dict[str, Any], dict[str, Any]]], texts: dict[tuple[str, int], str]) -> dict[str, Any]:
    """Planted items that stand in no text any more, by type; documents without any in which something was masked."""
    by_type: dict[str, list[bool]] = {}
    for item, _ in known:
        text = texts.get((item["file"], item["offset"]))
        if text is not None:
            for one in item["personal"]:
                by_type.setdefault(one["type"], []).append(unicodedata.normalize("NFC", one["text"]) not in text)
    clean = [row for item, row in known if not item["personal"]]
    alarms = [any(row[name] for name in row if name.startswith("masked_")) for row in clean]
    return {
        **_share([found for items in by_type.values() for found in items]),
        "by_type": {name: _share(items) for name, items in sorted(by_type.items())},
        "false_alarm_documents": _share(alarms),
    }


def _dropped_by_plant(known: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    # Personal data is masked and boilerplate is cut out, so these need not be dropped: the reader knows which should.
    names = sorted({plant for item, _ in known for plant in item["plants"]})
    return {name: _share([not row["kept"] for item, row in known if name in item["plants"]]) for name in names}
