"""What of the evaluation sets a corpus held: per set how many items, in which documents, and examples."""

from pathlib import Path
from typing import Any

from malmoi.corpus.ledger.database import add_view, connected, query
from malmoi.corpus.ledger.layout import LEDGER
from malmoi.corpus.steps.decontamination import Decontamination, read_all
from malmoi.kit.errors import UserError

_SHOWN_CHARACTERS = 200
_HOLDERS = """
SELECT name, list(id ORDER BY id) AS documents
FROM (SELECT id, unnest(contaminated_items) AS name FROM ledger) GROUP BY name"""


def report(folder: Path, settings: Decontamination, examples: int = 5) -> list[dict[str, Any]]:
    """What each evaluation set lost to the corpus in `folder`, by the settings it was built with.

    Per set: set, items (long enough to be looked for), leaked, documents, examples. leaked: items of which some
    document, kept or dropped, holds more than the limit. documents: that hold any of them. examples: item, its text,
    documents (ids). Raises UserError where the corpus was not compared with evaluation sets.
    """
    if not settings.sets:
        raise UserError(f"{folder} was built without evaluation sets", "sets in [corpus.decontamination] of its recipe")
    with connected(folder) as database:
        add_view(database, folder / LEDGER, LEDGER)
        holders: dict[str, list[str]] = {row["name"]: row["documents"] for row in query(database, _HOLDERS)}
    items = read_all(settings)
    texts = dict(zip(items.names, items.texts, strict=True))
    looked_for = [name for name, size in zip(items.names, items.sizes, strict=True) if size]
    result = []
    for each in settings.sets:
        leaked = [name for name in items.names if name in holders and _set_of(name) == each.name]
        shown = [
            {"item": name, "text": texts[name][:_SHOWN_CHARACTERS], "documents": holders[name][:examples]}
            for name in leaked[:examples]
        ]
        num_documents = len({document for name in leaked for document in holders[name]})
        num_items = sum(_set_of(name) == each.name for name in looked_for)
        about = {"set": each.name, "items": num_items, "leaked": len(leaked), "documents": num_documents}
        result.append({**about, "examples": shown})
    return result


def _set_of(item: str) -> str:
    return item.partition(":")[0]
