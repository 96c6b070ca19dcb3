"""Pages for people as single HTML files: Jinja2 templates that escape all data, load nothing and run no script.

A room keeps its templates beside its Python and prepares plain data. Here is what every page shares: the frame
(templates/frame.html), the parts (templates/parts.html), the style sheet, and how numbers are written.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

PACKAGE = Path(__file__).parents[1]
STYLE = (PACKAGE / "kit" / "templates" / "style.css").read_text(encoding="utf-8")

DIRECTIONS = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""The signs of Unicode's bidirectional algorithm (UAX 9, 2.1 to 2.6): they can change the order in which text reads."""
SHOWN = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
    **{code: f"[U+{code:04X}]" for code in DIRECTIONS},
}
"""What a page shows for a sign that a reader would not see: the picture of a control character, or its number.

Those above ASCII have no picture, and are many where UTF-8 was read as Latin-1: one replacement character each.
"""


def render(template: Path, **data: Any) -> str:
    """The page that `template`, a file inside this package, makes of `data`.

    Data is escaped where it is printed. A name that is not there raises jinja2.UndefinedError.
    """
    return visible(ENVIRONMENT.get_template(template.relative_to(PACKAGE).as_posix()).render(data))


def visible(text: str) -> str:
    """`text` with pictures or numbers for control characters and signs of direction, and ? for lone surrogates.

    `render` gives it the whole page: templates have none of these, so that no value can pass it by.
    """
    return text.translate(SHOWN).encode("utf-8", "replace").decode()


def number(value: Any, digits: int = 0) -> str:
    """A number with thousands parted; a dash where there is none."""
    return f"{value:,.{digits}f}" if isinstance(value, (int, float)) and not isinstance(value, bool) else "–"


def rounded(value: float) -> str:
    """Four digits at most, or all those before the point: no powers of ten, and no 0.699999 for "less than 0.7"."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(share: Any) -> str:
    """A share, 0..1, in percent; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f}%"


def size(value: Any) -> str:
    """Bytes by thousands, three digits: 385 KB. The studio writes them so too (studio/web/src/text/numbers.ts)."""
    if not isinstance(value, (int, float)):
        return "–"
    units = ["B", "KB", "MB", "GB", "TB"]
    # What would be rounded to 1,000 of a unit is 1 of the next.
    while len(units) > 1 and float(f"{value:.3g}") >= 1000:
        value /= 1000
        units.pop(0)
    return f"{float(f'{value:.3g}'):,g} {units[0]}"


def duration(seconds: Any) -> tuple[str, str]:
    """A time in Korean and in English."""
    if not isinstance(seconds, (int, float)):
        return "–", "–"
    if round(seconds, 1) < 60:
        digits = 2 if round(seconds, 2) < 10 else 1
        return f"{seconds:.{digits}f}초", f"{seconds:.{digits}f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours:,}시간 {minutes}분", f"{hours:,} h {minutes} min"
    return f"{minutes}분 {rest}초", f"{minutes} min {rest} s"


ENVIRONMENT = Environment(
    loader=FileSystemLoader(PACKAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
ENVIRONMENT.filters |= {write.__name__: write for write in (number, rounded, percent, size, duration)}
ENVIRONMENT.globals |= {
    "style": Markup(STYLE),  # noqa: S704  (our own file)
    "style_sha256": base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode(),
}
