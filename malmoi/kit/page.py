"""A page for people as one HTML file: Korean and English side by side, nothing loaded, no script, all data escaped.

What a page says is its room's business; here is the frame, and how words and numbers are written in it.
"""

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from malmoi.kit.style import STYLE


def document(title: str, body: str) -> str:
    """The whole file: a switch of language, and `body` (safe HTML) in <main>. title: plain text."""
    style_hash = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="ko"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{visible(title)} · malmoi</title><style>{STYLE}</style></head><body>"
        '<input class="lang" type="radio" name="lang" id="ko" checked aria-label="한국어">'
        '<input class="lang" type="radio" name="lang" id="en" aria-label="English">'
        '<nav><label for="ko">한국어</label><label for="en">English</label></nav>'
        f"<main>{body}</main></body></html>\n"
    )


def tiles(rows: Sequence[tuple[str, str, str]]) -> str:
    """Figures that one looks for first: name, value and a line below, each safe HTML."""
    drawn = "".join(f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>" for name, value, more in rows)
    return f'<dl class="tiles">{drawn}</dl>' if drawn else ""


def section(korean: str, english: str, content: str) -> str:
    """A part of the page under its heading; content is safe HTML."""
    return f"<section><h2>{both(korean, english)}</h2>{content}</section>"


def table(rows: Iterable[str], *names: tuple[str, str]) -> str:
    """A table of figures. rows: safe HTML. names: of the columns, in Korean and English; none for a list."""
    words = "".join(f"<th>{both(korean, english)}</th>" for korean, english in names)
    head = f"<thead><tr>{words}</tr></thead>" if words else ""
    return f'<div class="scroll"><table class="figures">{head}<tbody>{"".join(rows)}</tbody></table></div>'


def both(korean: str, english: str) -> str:
    """Two texts, escaped, of which the reader sees the one of the language chosen."""
    texts = (("ko", korean), ("en", english))
    return "".join(f'<span class="{tongue}" lang="{tongue}">{visible(text)}</span>' for tongue, text in texts)


def named(name: str, labels: Mapping[str, tuple[str, str]]) -> str:
    """The label of a name of ours in Korean and English, escaped; the name itself where `labels` lacks it."""
    return both(*labels.get(name, (name, name)))


def visible(text: str) -> str:
    """`text` escaped, with control characters as their pictures, so that the page stays valid whatever a model says."""
    pictures = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: 0x2421}
    return html.escape(text.translate(pictures).encode("utf-8", "replace").decode())


def number(value: Any, digits: int = 0) -> str:
    """A number with thousands parted; a dash where there is none."""
    return f"{value:,.{digits}f}" if isinstance(value, (int, float)) and not isinstance(value, bool) else "–"


def size(value: Any) -> str:
    """Bytes in the largest decimal unit that leaves a number above 1."""
    if not isinstance(value, (int, float)):
        return "–"
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:.0f} B"


def duration(seconds: Any) -> str:
    """A time in both languages."""
    if not isinstance(seconds, (int, float)):
        return "–"
    if seconds < 60:
        return both(f"{seconds:.1f}초", f"{seconds:.1f} s")
    hours, minutes, rest = int(seconds // 3600), int(seconds % 3600 // 60), int(seconds % 60)
    if hours:
        return both(f"{hours}시간 {minutes}분", f"{hours} h {minutes} min")
    return both(f"{minutes}분 {rest}초", f"{minutes} min {rest} s")
