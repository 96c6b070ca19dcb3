"""Jupyter notebooks: the words and the code; outputs and attached pictures are left away."""

import json
from typing import Any

from malmoi.corpus.sources import charset
from malmoi.corpus.sources.raw import Raw, Unreadable

DEFAULT_LANGUAGE = "python"


def read(content: bytes, origin_file: str) -> Raw | Unreadable:
    """One notebook (nbformat 3 or 4) as a Markdown document, code cells fenced."""
    place = (origin_file, 0, len(content))
    decoded = charset.decode(content)
    if decoded is None:
        return Unreadable(*place, "encoding", "no charset gives text")
    try:
        notebook: Any = json.loads(decoded.text, strict=False)
    except (ValueError, RecursionError) as error:
        return Unreadable(*place, "malformed_json", f"{type(error).__name__}: {error}"[:200])
    cells = _cells(notebook)
    if cells is None:
        return Unreadable(*place, "unsupported_format", "JSON without the cells of a notebook")
    language = _language(notebook)
    blocks = [block for cell in cells if (block := _block(cell, language))]
    if not blocks:
        return Unreadable(*place, "no_text", "a notebook without a cell that has text")
    return Raw("\n\n".join(blocks), "markdown", *place)


def _cells(notebook: Any) -> list[dict[str, Any]] | None:
    """The cells of either format. None where this is no notebook."""
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _language(notebook: dict[str, Any]) -> str:
    node: Any = notebook
    for key in ("metadata", "kernelspec", "language"):
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, str) and node.isalnum() else DEFAULT_LANGUAGE


def _block(cell: dict[str, Any], language: str) -> str:
    """A cell as Markdown; a longer fence where the code itself has one. Empty where the cell is."""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str) or not source.strip():
        return ""
    source = source.strip("\n")
    if cell.get("cell_type") != "code":
        return source
    fence = "````" if "```" in source else "```"
    return f"{fence}{language}\n{source}\n{fence}"
