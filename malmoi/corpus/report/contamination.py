"""What of the evaluation sets a corpus held: per set how many items, in which documents, and examples."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from malmoi.corpus.ledger.layout import LEDGER
from malmoi.corpus.passes import shuffle
from malmoi.corpus.steps.decontamination import Decontamination, read_all
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed

NAMED = "contaminated_items"
_SHOWN_CHARACTERS = 200


def report(folder: Path, settings: Decontamination, examples: int = 5) -> list[dict[str, Any]]:
    """`summary` for a finished corpus in `folder`, from its ledger, by the settings it was built with.

    Raises UserError where the corpus was not compared with evaluation sets.
    """
    if not settings.sets:
        raise UserError(f"{folder} was built without evaluation sets", "sets in [corpus.decontamination] of its recipe")

    def tables() -> Iterator[pa.Table]:
        for path in listed(folder / LEDGER, ".parquet"):
            with shuffle.reading(path) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, columns=["id", NAMED])

    return summary(settings, tables(), examples)


def summary(settings: Decontamination, tables: Iterable[pa.Table], examples: int = 5) -> list[dict[str, Any]]:
    """What each evaluation set lost: set, items (long enough to be looked for), leaked, documents, examples.

    tables: with the columns id and contaminated_items, of all documents, dropped ones too. leaked: items of which some
    document holds more than the limit. documents: that hold any of them. examples: item, its text, documents (ids).
    """
    items = read_all(settings)
    place = {name: number for number, name in enumerate(items.names)}
    holders: dict[str, list[str]] = {}
    for table in tables:
        some = table.filter(table.column(NAMED).is_valid())
        for identity, names in zip(some["id"].to_pylist(), some[NAMED].to_pylist(), strict=True):
            for name in names:
                holders.setdefault(name, []).append(identity)
    result = []
    for each in settings.sets:
        leaked = sorted((name for name in holders if _set_of(name) == each.name), key=lambda name: place[name])
        looked_for = (name for name, size in zip(items.names, items.sizes, strict=True) if size)
        result.append(
            {
                "set": each.name,
                "items": sum(_set_of(name) == each.name for name in looked_for),
                "leaked": len(leaked),
                "documents": len({identity for name in leaked for identity in holders[name]}),
                "examples": [
                    _example(name, items.texts[place[name]], sorted(holders[name])[:examples])
                    for name in leaked[:examples]
                ],
            }
        )
    return result


def _example(item: str, text: str, documents: list[str]) -> dict[str, Any]:
    return {"item": item, "text": text[:_SHOWN_CHARACTERS], "documents": documents}


def _set_of(item: str) -> str:
    return item.partition(":")[0]
