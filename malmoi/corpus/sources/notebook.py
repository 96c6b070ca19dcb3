"""Jupyter notebooks: the words and the code. Pictures among the outputs and attached ones are media of the document.

Of an output only its pictures count: what a cell printed is no text that anybody wrote.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from malmoi.corpus.media import MARK, MOST_ITEMS, from_base64, item, without_marks
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.text import charset
from malmoi.corpus.text.lines import fenced

DEFAULT_LANGUAGE = "python"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml", "png", "jpeg", "svg")
"""Types of pictures in outputs and attachments, the richest first; the last three as nbformat 3 names them."""
SOUNDS = ("audio/wav", "audio/mpeg", "video/mp4", "video/webm")
ATTACHED = re.compile(r"!\[([^\]\n]{0,500})\]\(attachment:([^)\s]{1,300})\)")


def read(content: bytes, origin_file: str) -> Raw | Unreadable:
    """One notebook (nbformat 3 or 4) as a Markdown document, code cells fenced, its pictures as media."""
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
    media: list[dict[str, Any]] = []
    blocks = [block for cell in cells if (block := _block(cell, language, media))]
    if not blocks:
        return Unreadable(*place, "no_text", "a notebook without a cell that has text")
    return Raw("\n\n".join(blocks), "markdown", *place, {"media": media} if media else {})


def _cells(notebook: Any) -> list[dict[str, Any]] | None:
    """The cells of either format. None where this is no notebook."""
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else None


def _language(notebook: dict[str, Any]) -> str:
    node: Any = notebook
    for key in ("metadata", "kernelspec", "language"):
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, str) and node.isalnum() else DEFAULT_LANGUAGE


def _block(cell: dict[str, Any], language: str, media: list[dict[str, Any]]) -> str:
    """A cell as Markdown, its pictures added to `media`; a longer fence where the code itself has one.

    Empty where the cell is: a picture without words or code has nothing to stand in.
    """
    source = without_marks(_joined(cell.get("source", cell.get("input", ""))))
    if not source.strip():
        return ""
    source = source.strip("\n")
    if cell.get("cell_type") != "code":
        return _with_attached(source, cell.get("attachments"), media)
    shown = list(_shown(cell.get("outputs")))[: MOST_ITEMS - len(media)]
    media += shown
    return fenced(source, language) + f"\n\n{MARK}" * len(shown)


def _joined(lines: Any) -> str:
    """Text that may be a list of lines."""
    if isinstance(lines, list):
        return "".join(part for part in lines if isinstance(part, str))
    return lines if isinstance(lines, str) else ""


def _with_attached(source: str, attachments: Any, media: list[dict[str, Any]]) -> str:
    """Words with a mark for each attached picture that they show; others keep their address."""
    if not isinstance(attachments, dict) or "attachment:" not in source:
        return source

    def mark(found: re.Match[str]) -> str:
        bundle = attachments.get(found[2])
        shown = _item(bundle, found[1].strip()) if isinstance(bundle, dict) else None
        if shown is None or len(media) >= MOST_ITEMS:
            return found[0]
        media.append(shown)
        return MARK

    return ATTACHED.sub(mark, source)


def _shown(outputs: Any) -> Iterator[dict[str, Any]]:
    """The pictures and sounds among the outputs of a cell, one of each output."""
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, dict):
            bundle = output.get("data", output)  # nbformat 3 has the pictures in the output itself
            shown = _item(bundle, None) if isinstance(bundle, dict) else None
            if shown:
                yield shown


def _item(bundle: dict[str, Any], caption: str | None) -> dict[str, Any] | None:
    for name in (*PICTURES, *SOUNDS):
        encoded = _joined(bundle.get(name))
        if not encoded.strip():
            continue
        content = encoded.encode("utf-8", "replace") if "svg" in name else from_base64(encoded)
        if content:
            kind = "image" if name in PICTURES else name.partition("/")[0]
            return item(kind, None, content, caption or _caption(bundle))
    return None


def _caption(bundle: dict[str, Any]) -> str | None:
    """The text form of an output, where it is words."""
    text = _joined(bundle.get("text/plain")).strip()
    return text if text and not text.startswith("<") else None  # "<Figure size 640x480>"
