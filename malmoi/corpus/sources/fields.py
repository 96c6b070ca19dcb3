"""Metadata that rows, front matter and pages give under many names, under one name each."""

import itertools
import math
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from malmoi.corpus.document import KINDS
from malmoi.corpus.sources.dialogue import MOST_TURNS, Turn, quotations
from malmoi.corpus.text.dates import iso_date
from malmoi.corpus.text.lines import one_line

_TABLES = tomllib.loads(Path(__file__).with_name("fields.toml").read_text(encoding="utf-8"))
ALIASES: dict[str, list[str]] = _TABLES["aliases"]
"""One name of ours to theirs, the surest first. Names are compared in lower case."""
CANONICAL = {alias: (name, rank) for name, aliases in ALIASES.items() for rank, alias in enumerate(aliases)}
MOST_DIGITS = 9
"""Of a place in a text. Python refuses to read numbers of more than 4,300 digits, and to write them."""
MOST_SUMMARY = 10_000
"""Characters of an abstract."""
PAIRS: list[list[str]] = _TABLES["talks"]["pairs"]
"""Columns of what was asked and what was answered, compared in lower case."""
INSTRUCTIONS = ("user_message", "instruction", "prompt")
"""What is asked of an assistant; other pairs are questions and answers of people."""
SENTENCES, CHOSEN, SPEAKERS = "sentences", "summaries", "speakers"
"""Rows that give a text as its sentences, the numbers of those that sum it up, and who says what in a story."""
ROLES: dict[str, str] = _TABLES["roles"]
"""What chat data call a role, in a turn's words. "system" answers where it speaks after others; first, it instructs."""
HTML_FIELD = "html"
NOTHING_SAID = ("null", "none", "nan")
SPEAKER_NAMES: list[str] = _TABLES["talks"]["speaker"]
SPOKEN_NAMES: list[str] = _TABLES["talks"]["spoken"]


def pick(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The metadata in a row under our names. A nested `source` table (our own schema) is read as part of the row."""
    fields: dict[str, Any] = {}
    for key, name in _plan(tuple(row)):
        if name not in fields and row[key] is not None and (read := _read(name, row[key])) is not None:
            fields[name] = read
    if isinstance(row.get("source"), Mapping):
        fields = {**pick({**row["source"], "source": None}), **fields}
    if str(fields.get("name", "")).startswith(("http://", "https://")):
        fields.setdefault("url", fields["name"])
        del fields["name"]
    return fields | _talk(row, fields) | _sentences(row) if _is_special(tuple(row)) else fields


def is_talk(names: Iterable[str]) -> bool:
    """Whether columns of these names hold what was asked and what was answered."""
    lower = {name.lower() for name in names}
    return any(lower.issuperset(pair) for pair in PAIRS)


def _talk(row: Mapping[Any, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The turns that a row gives in other ways than as a list of them."""
    if "turns" in found:
        return {}
    spoken = row.get(SPEAKERS)
    if isinstance(spoken, list) and isinstance(row.get("text"), str):
        turns = quotations(row["text"], _places(spoken))
    else:
        turns = _pair(row)
    return {"turns": turns} if turns else {}


def _pair(row: Mapping[Any, Any]) -> list[Turn]:
    """A question and its answer, from a row that has both as columns."""
    lower = {str(key).lower(): value for key, value in row.items()}
    names = next((pair for pair in PAIRS if all(isinstance(lower.get(name), str) for name in pair)), None)
    if names is None:
        return []
    roles = ("user", "assistant") if names[0] in INSTRUCTIONS else ("question", "answer")
    asked, answered = (lower[name].strip() for name in names)
    if names[0] == "instruction" and isinstance(lower.get("input"), str):
        asked = f"{asked}\n\n{lower['input'].strip()}".strip()  # Alpaca: what the instruction is about
    turns: list[Turn] = [
        {"speaker": None, "text": said, "role": role} for said, role in zip((asked, answered), roles, strict=True)
    ]
    return [turn for turn in turns if turn["text"] and turn["text"].lower() not in NOTHING_SAID]


def _places(spoken: list[Any]) -> list[tuple[int, int, str | None]]:
    """(start, end, speaker) of [[["0", "6", "A"], …], …], the places of each speaker in a list of its own."""
    listed = itertools.chain.from_iterable(places for places in spoken if isinstance(places, list))
    triples = (place for place in listed if isinstance(place, list) and len(place) >= 3)
    return [(int(one[0]), int(one[1]), one_line(one[2])) for one in triples if all(map(_is_place, one[:2]))]


def _is_place(edge: Any) -> bool:
    if isinstance(edge, int):
        return 0 <= edge < 10**MOST_DIGITS
    return isinstance(edge, str) and len(edge) <= MOST_DIGITS and edge.isascii() and edge.isdecimal()


def _sentences(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The text and the summary of a row that has the sentences of a text and the numbers of those that sum it up."""
    sentences = row.get(SENTENCES)
    if not isinstance(sentences, list) or not sentences or not all(isinstance(sentence, str) for sentence in sentences):
        return {}
    chosen = row.get(CHOSEN)
    numbers = [n for n in chosen if isinstance(n, int) and 0 <= n < len(sentences)] if isinstance(chosen, list) else []
    fields: dict[str, Any] = {"text": "\n".join(sentence.strip() for sentence in sentences)}
    return fields | {"summary": "\n".join(sentences[n].strip() for n in sorted(set(numbers)))} if numbers else fields


@lru_cache(maxsize=1024)
def _plan(keys: tuple[Any, ...]) -> list[tuple[Any, str]]:
    """Which keys of a row hold metadata, under which of our names, the surest first. Rows of a file share it."""
    known = [(key, *CANONICAL[str(key).lower()]) for key in keys if str(key).lower() in CANONICAL]
    return [(key, name) for key, name, _ in sorted(known, key=lambda entry: entry[2])]


@lru_cache(maxsize=1024)
def _is_special(keys: tuple[Any, ...]) -> bool:
    """Whether a row of these keys may give turns or a text in another way than in a field of that name."""
    return SENTENCES in keys or SPEAKERS in keys or is_talk(map(str, keys))


def spoken_turns(value: Any) -> list[Turn] | None:
    """A list of turns as {speaker, text} each, with a role where it is known.

    None where the value is no such list, or has more than MOST_TURNS.
    """
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= MOST_TURNS:
        return None
    turns: list[Turn] = []
    for item in value:
        pair = _pair(item) if isinstance(item, Mapping) else []
        turn = None if pair else _turn(item, not turns)
        if not pair and not turn:
            return None
        turns += pair or ([turn] if turn else [])
    return turns


def _read(name: str, value: Any) -> Any:
    """A value in the form its name asks for. None where it cannot be read so: it then counts as absent."""
    if name == "published":
        return iso_date(value)
    if name == "turns":
        return spoken_turns(value)
    if name == "popularity":
        return number(value)
    if name == "summary":
        return value.strip()[:MOST_SUMMARY] or None if isinstance(value, str) else None
    text = one_line(value)
    return text if name != "kind" or text in KINDS else None


def number(value: Any) -> float | None:
    """A number, also where it is written with commas; None for all else."""
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _speaker(value: Any) -> str | None:
    """Who speaks; of a table that describes the speaker, the number it goes by."""
    return one_line(value["id"] if isinstance(value, Mapping) and "id" in value else value)


def _turn(item: Any, is_first: bool) -> Turn | None:
    """One turn from the shapes that chat data sets use. None where it has no words."""
    if isinstance(item, str):
        return {"speaker": None, "text": item} if item.strip() else None
    if not isinstance(item, Mapping):
        return None
    text = next((item[name] for name in SPOKEN_NAMES if isinstance(item.get(name), str)), None)
    speaker = next((_speaker(item[name]) for name in SPEAKER_NAMES if item.get(name) is not None), None)
    if not text:
        return None
    said = str(item.get("role") or speaker or "").lower()
    role = ROLES.get(said, "assistant" if said == "system" and not is_first else None)
    return {"speaker": speaker, "text": text, **({"role": role} if role else {})}
