"""What a reader of document files gives: texts with their metadata, and what it could not read of the file."""

from dataclasses import dataclass, field
from typing import Any

from malmoi.corpus.sources.raw import Reason

MOST_CHARACTERS = 50_000_000
"""Of one file. The largest statute book of the project's own data has 2 million."""


@dataclass(frozen=True)
class Part:
    """One text of a file: the whole of it, a chapter, a mail.

    content: the text; bytes are a saved web page, of which the core region is read. fields: metadata under the names of
    sources/fields.py. name: what tells it from the other parts of the file; "" for the only or the first one.
    taken: letters by step that the reader left out on purpose.
    """

    content: str | bytes
    fields: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    taken: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Gap:
    """What a file has beside its texts and could not be read: pages that are pictures, files attached to a mail."""

    reason: Reason
    detail: str


@dataclass(frozen=True)
class Extracted:
    """All that one file gave. There is at least one part or one gap."""

    parts: tuple[Part, ...] = ()
    gaps: tuple[Gap, ...] = ()


def table_row(cells: list[str]) -> str:
    """A row of a table as html/region_text.py writes it: one line, bars between the cells. "" for an empty row."""
    texts = [" ".join(cell.split()) for cell in cells]
    while texts and not texts[-1]:  # the empty cells at the right of a sheet
        texts.pop()
    return f"| {' | '.join(texts)} |" if any(texts) else ""


def paragraphs(blocks: list[str]) -> str:
    """Blocks as one text: rows of one table and items of one list on successive lines, all else apart."""
    lines: list[str] = []
    last = ""
    for block in blocks:
        sign = block.lstrip()[:2]
        if not block.strip():
            continue
        if lines and not (sign == last and sign in ("| ", "- ")):
            lines.append("")
        lines.append(block)
        last = sign
    return "\n".join(lines)
