"""Metadata that rows, front matter and pages give under many names, under one name each."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from malmoi.corpus.document import KINDS
from malmoi.corpus.sources.dates import iso_date

ALIASES: dict[str, tuple[str, ...]] = {
    "title": ("title", "제목", "headline", "subject"),
    "url": ("url", "link", "uri", "source_url", "링크"),
    "name": ("name", "source_name", "site_name", "site", "source", "출처", "publisher", "언론사", "매체", "press"),
    "author": ("author", "작성자", "글쓴이", "저자", "writer", "nickname", "기자", "byline"),
    "published": (
        "published",
        "date",
        "작성일",
        "published_at",
        "datepublished",
        "pubdate",
        "등록일",
        "공포일자",
        "시행일자",
        "created_at",
        "timestamp",
        "ms.date",
    ),
    "category": ("category", "분류", "카테고리", "section", "topic", "법령구분"),
    "licence": ("licence", "license", "라이선스"),
    "kind": ("kind",),
    "popularity": ("popularity", "views", "조회수", "likes", "추천수"),
    "turns": ("turns", "messages", "conversations", "conversation", "dialogue"),
}
"""One name of ours to theirs, the surest first. Names are compared in lower case."""
CANONICAL = {alias: (name, rank) for name, aliases in ALIASES.items() for rank, alias in enumerate(aliases)}
MAX_CHARACTERS = 2_000
"""Longer values are no title, name or address."""
MOST_NESTED = 4
"""Lists and tables around a value. YAML can put a list into itself."""
SPEAKER_NAMES = ("speaker", "role", "from", "name", "화자")
SPOKEN_NAMES = ("text", "content", "value", "utterance", "발화")


def pick(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The metadata in a row under our names. A nested `source` table (our own schema) is read as part of the row."""
    found: dict[str, Any] = {}
    for key, name in _plan(tuple(row)):
        if name not in found and row[key] is not None and (read := _read(name, row[key])) is not None:
            found[name] = read
    if isinstance(row.get("source"), Mapping):
        found = {**pick({**row["source"], "source": None}), **found}
    if str(found.get("name", "")).startswith(("http://", "https://")):
        found.setdefault("url", found["name"])
        del found["name"]
    return found


@lru_cache(maxsize=1024)
def _plan(keys: tuple[Any, ...]) -> list[tuple[Any, str]]:
    """Which keys of a row hold metadata, under which of our names, the surest first. Rows of a file share it."""
    known = [(key, *CANONICAL[str(key).lower()]) for key in keys if str(key).lower() in CANONICAL]
    return [(key, name) for key, name, _ in sorted(known, key=lambda entry: entry[2])]


def one_line(value: Any) -> str | None:
    """A value as one line of text; of a list its first item, of a table its name. None where nothing is left."""
    for _ in range(MOST_NESTED):
        if isinstance(value, (list, tuple)):
            value = value[0] if value else None
        elif isinstance(value, Mapping):
            value = value.get("name") if not isinstance(value.get("name"), Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = " ".join(str(value)[: MAX_CHARACTERS + 1].split())
    return text if 0 < len(text) <= MAX_CHARACTERS else None


def spoken_turns(value: Any) -> list[dict[str, str | None]] | None:
    """A list of turns as {speaker, text} each. None where the value is no list of turns."""
    if not isinstance(value, (list, tuple)) or not value:
        return None
    turns = [_turn(item) for item in value]
    return None if None in turns else [turn for turn in turns if turn]


def _read(name: str, value: Any) -> Any:
    """A value in the form its name asks for. None where it cannot be read so: it then counts as absent."""
    if name == "published":
        return iso_date(value)
    if name == "turns":
        return spoken_turns(value)
    if name == "popularity":
        return _number(value)
    text = one_line(value)
    return text if name != "kind" or text in KINDS else None


def _number(value: Any) -> float | None:
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _turn(item: Any) -> dict[str, str | None] | None:
    """One turn from the shapes that chat data sets use. None where it has no words."""
    if isinstance(item, str):
        return {"speaker": None, "text": item} if item.strip() else None
    if not isinstance(item, Mapping):
        return None
    text = next((item[name] for name in SPOKEN_NAMES if isinstance(item.get(name), str)), None)
    speaker = next((one_line(item[name]) for name in SPEAKER_NAMES if item.get(name) is not None), None)
    return {"speaker": speaker, "text": text} if text else None
