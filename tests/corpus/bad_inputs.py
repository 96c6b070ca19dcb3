"""Every sort of bad input that we could think of, as files, with what must come of each.

The tables are in bad_rows.py (rows of tables), bad_texts.py (texts and pages), bad_files.py (containers and names) and
bad_documents.py (document files, mails, zip archives, feeds, chats, nested rows);
here they become folders. Each kind has a folder of its own and beside its file a good text, which must be kept.
"""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from small_batches import sentences

Good = Callable[[], str]
"""Gives another text each time, which must be kept."""
Content = bytes | str

MORE = -1
"""Of a kind from which any number of documents may come, none among them."""
LIMIT = 300_000
"""max_bytes_per_document of all inputs but "large"."""
SMALL = {"max_bytes_per_document": LIMIT}
INPUTS: dict[str, dict[str, object]] = {
    "raw": SMALL,
    "joined": {**SMALL, "rows_per_document": 3},
    "talk": {**SMALL, "kind": "dialogue"},
    "comments": {**SMALL, "comments": True},
    "paths": {**SMALL, "text_field": "data[].body.ko"},
    "large": {},
}
"""Folders that are read in different ways, with the settings of each as an Input."""
PAGE_REASONS = frozenset({"no_text", "binary", "encoding", "too_large", "damaged_archive"})


class Kind(NamedTuple):
    """One kind of bad input.

    file: name of its file; "" where `make` fills the folder itself. make: the content, or what makes it from good
    texts. told: reasons of readers that must be in the ledger, no others. documents: how many come out of it beside
    the good ones, kept or dropped by a rule; MORE: any number, and `told` is what may be said instead.
    """

    file: str
    make: Content | Callable[[Good], Content] | Callable[[Path, Good], None]
    told: frozenset[str] = frozenset()
    documents: int = 0
    input: str = "raw"


def kind(file: str, make: object, told: str = "", documents: int = 0, into: str = "raw") -> Kind:
    """A Kind with its reasons as words."""
    return Kind(file, make, frozenset(told.split()), documents, into)  # type: ignore[arg-type]


class Written(NamedTuple):
    """Where a kind was written ("raw", "k017") and the good texts that went with it."""

    input: str
    folder: str
    good: tuple[str, ...]


def all_kinds() -> dict[str, Kind]:
    """Every kind by name."""
    import bad_documents
    import bad_files
    import bad_rows
    import bad_texts

    tables = (bad_rows.KINDS, bad_texts.KINDS, bad_files.KINDS, bad_documents.KINDS, _pages())
    merged = {name: one for table in tables for name, one in table.items()}
    assert len(merged) == sum(map(len, tables)), "two kinds of one name"
    return merged


def _pages() -> dict[str, Kind]:
    """The hostile pages of sources/hostile_pages.py, some hundred kB of each."""
    pages = runpy.run_path(str(Path(__file__).parent / "html" / "hostile_pages.py"))["PAGES"]
    told = " ".join(PAGE_REASONS)
    return {
        f"page: {name}": kind("a.html", lambda _, make=make: make(3_000), told, MORE, "comments" if n % 3 else "raw")
        for n, (name, make) in enumerate(pages.items())
    }


def write(root: Path, kinds: dict[str, Kind]) -> dict[str, Written]:
    """Writes all kinds below `root`, one folder each in the folder of its input, and says where."""
    numbers = iter(range(1_000_000))
    written = {}
    for place, (name, one) in enumerate(kinds.items()):
        folder = root / one.input / f"k{place:03}"
        folder.mkdir(parents=True)
        given: list[str] = []

        def good(given: list[str] = given) -> str:
            given.append(sentences(next(numbers)))
            return given[-1]

        _fill(folder, one, good)
        beside = {"data": [{"body": {"ko": good()}}]} if one.input == "paths" else {"text": good()}
        (folder / "good.jsonl").write_text(row(**beside), encoding="utf-8")
        written[name] = Written(one.input, folder.name, tuple(given))
    return written


def row(**fields: object) -> str:
    """One line of JSONL."""
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _fill(folder: Path, one: Kind, good: Good) -> None:
    if not one.file:
        one.make(folder, good)  # type: ignore[operator]
        return
    content = one.make(good) if callable(one.make) else one.make  # type: ignore[call-arg]
    assert isinstance(content, (bytes, str))
    (folder / one.file).write_bytes(content.encode() if isinstance(content, str) else content)
