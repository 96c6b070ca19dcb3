"""Answers as a file: plain text, Markdown, JSON lines, or a spreadsheet's table. Rows are written as they are read."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from malmoi.studio.answers.tables import HistoryRow

TYPES = {
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
}

_COLUMNS = ("id", "at", "kind", "model", "subject", "state", "finish", "prompt_tokens", "answer_tokens", "seconds")
_WORDS = {
    "ko": {"system": "시스템 지시문", "user": "사용자", "assistant": "모델", "prompt": "프롬프트", "answer": "답"},
    "en": {"system": "System", "user": "User", "assistant": "Model", "prompt": "Prompt", "answer": "Answer"},
}
_LEFT_OPEN = {"ko": "고르지 않았어요", "en": "Left open"}
"""The answer of a label card that found no label likely enough."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula and runs it (OWASP, CSV injection)."""


def lines(rows: Iterable[HistoryRow], form: str, language: str = "ko") -> Iterator[str]:
    """The file, in pieces. form: of TYPES."""
    if form == "csv":
        yield "\ufeff" + _cells([*_COLUMNS, "asked", "text"])  # without the mark Excel reads Korean as Latin
    write: Callable[[HistoryRow], str] = {
        "txt": lambda row: _plain(row, language),
        "md": lambda row: _markdown(row, language),
        "jsonl": lambda row: json.dumps(table(row), ensure_ascii=False) + "\n",
        "csv": lambda row: _cells([*(getattr(row, name) for name in _COLUMNS), asked(row), answered(row, language)]),
    }[form]
    for row in rows:
        yield write(row)


def table(row: HistoryRow) -> dict[str, Any]:
    """An answer with all that is needed to ask it again."""
    names = (*_COLUMNS, "seed", "source", "again_of", "body", "text", "result", "error", "tokens")
    return {name: getattr(row, name) for name in names}


def asked(row: HistoryRow) -> str:
    """What was asked, whole and in words: the prompt, the conversation, or the inputs of a card."""
    return "\n\n".join(f"{name}: {text}" if name else text for name, text in _asked(row))


def answered(row: HistoryRow, language: str) -> str:
    """What was answered, in words. A card that chooses, or plays, says it in its result: its text is empty there."""
    output = (row.result or {}).get("output")
    if row.kind != "card" or not isinstance(output, dict):
        return row.text
    if "label" in output:
        return _LEFT_OPEN[language] if output["label"] is None else f"{output['label']} ({output['confidence']:.1%})"
    if isinstance(fields := output.get("fields"), dict) and fields:
        return "\n".join(f"{name}: {text}" for name, text in fields.items())
    if isinstance(message := output.get("message"), dict):
        return " · ".join(part for part in (output.get("word"), message[language]) if part)
    return row.text


def _asked(row: HistoryRow) -> list[tuple[str, str]]:
    """(who or which field, text) of what was asked."""
    if row.kind == "chat":
        return [(str(turn.get("role")), _text(turn.get("content"))) for turn in row.body.get("messages", ())]
    if row.kind == "card":
        return [(name, text) for name, value in row.body.get("inputs", {}).items() if (text := _text(value))]
    prompt = row.body.get("prompt", "")
    return [("", prompt if isinstance(prompt, str) else row.asked)]


def _text(value: Any) -> str:
    """A value in words: a text as it is, the parts of a message by their text, choices with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(part.get("text", "") if isinstance(part, dict) else str(part) for part in value)
    return "" if value is None else str(value)


def _plain(row: HistoryRow, language: str) -> str:
    """One answer as plain text: when and by which model, who said what before it, its text, and a rule below."""
    words = _WORDS[language]
    said = "\n\n".join(f"[{words.get(name, name) or words['prompt']}]\n{text}" for name, text in _asked(row))
    return f"{row.at}  {row.model}\n\n{said}\n\n[{words['answer']}]\n{answered(row, language)}\n\n{'-' * 72}\n\n"


def _markdown(row: HistoryRow, language: str) -> str:
    """One answer as a chapter of Markdown. What a person wrote is not escaped: it may be Markdown itself."""
    words = _WORDS[language]
    said = "\n\n".join(f"### {words.get(name, name) or words['prompt']}\n\n{text}" for name, text in _asked(row))
    return f"## {row.at} · {row.model}\n\n{said}\n\n### {words['answer']}\n\n{answered(row, language)}\n\n"


def _cells(values: list[Any]) -> str:
    """One row. csv puts a text with a line break in quotes, which spreadsheets read back as one cell (RFC 4180)."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """A value as a cell; an apostrophe goes before a text that a spreadsheet would run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
