"""A card and a person's inputs to a prompt, and a model's words back to an answer. Text in, text out: no tokens here.

Placeholders are replaced once, in one pass, so what a person typed is never read as a placeholder; and the prompt is
text that the tokenizer encodes as text, so it never becomes a special token either.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from malmoi.cards.blocked import find
from malmoi.cards.card import PLACEHOLDER, Card, Input
from malmoi.kit.errors import UserError, did_you_mean

MAX_WORDS = 1000


class InputError(UserError):
    """One input of a card was wrong. `name` is the input's.

    problem: a code that a page has a sentence for; params: the values of that sentence.
    """

    def __init__(self, name: str, problem: str, wrong: str, expected: str = "", hint: str = "", **params: Any) -> None:
        super().__init__(wrong, expected, hint)
        self.name, self.problem, self.params = name, problem, params


def check_inputs(card: Card, values: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a card, cleaned: NFC, no control characters, within their limits. Raises InputError."""
    names = [each.name for each in card.inputs]
    for name in values:
        if name not in names:
            raise InputError(name, "unknown_field", f"{card.id} has no input {name!r}", hint=did_you_mean(name, names))
    cleaned = {each.name: _clean(each, values.get(each.name)) for each in card.inputs}
    for name, value in cleaned.items():
        blocked = [word for word in card.guards.blocked_words if find(str(value), [word])]
        if blocked:
            wrong = f"{name} has a word that this card refuses: {blocked[0]!r}"
            raise InputError(name, "word_refused", wrong, word=blocked[0])
    return cleaned


def prompt(card: Card, values: Mapping[str, Any], shots: int | None = None) -> str:
    """The prompt for cleaned inputs, with the last `shots` examples (all if None)."""
    examples = card.examples if shots is None else card.examples[len(card.examples) - shots :]
    worked = "".join(
        _fill(card.shot, {**_texts(example.inputs), "output": written(example.output)}) for example in examples
    )
    return _fill(card.template, {**_texts(values), "instruction": card.instruction.strip(), "examples": worked})


def empty_inputs(card: Card) -> dict[str, Any]:
    """Inputs without content: what the model answers to them is its prejudice, which calibration takes away."""
    return {each.name: each.choices[0] if each.type == "choice" else "" for each in card.inputs}


def written(output: Any) -> str:
    """An answer as the model is to write it: a table as compact JSON, as the guide demands it too."""
    if isinstance(output, dict):
        return json.dumps(output, ensure_ascii=False, separators=(",", ":"))
    return str(output)


def json_schema(card: Card) -> dict[str, Any]:
    """The JSON schema of a card's answer. Every text is bounded: an unbounded one may never end."""
    fields = {each.name: _field_schema(each.letters, each.min_chars, each.max_chars) for each in card.output.fields}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def read_json(card: Card, text: str) -> tuple[dict[str, str], bool]:
    """The fields of an answer, and whether it keeps the contract. What was cut off gives no fields."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}, False
    if not isinstance(found, dict):
        return {}, False
    return found, card.output_problem(found) is None


def _clean(declared: Input, value: Any) -> Any:
    """An input's value as the card may use it, by its type; "" or [] for an optional one that is left out."""
    name = declared.name
    if value is None or value in ("", []):
        if declared.required:
            raise InputError(name, "field_missing", f"{name} is missing", "a value", param=_title(declared))
        return [] if declared.type == "words" else ""
    if declared.type == "number":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(name, "not_a_number", f"{name} is no number", param=_title(declared))
        return value
    if declared.type == "words":
        return _clean_words(declared, value)
    text = _clean_text(declared, value)
    if declared.type == "choice" and text not in declared.choices:
        there = ", ".join(declared.choices)
        wrong, title = f"{name} is {text[:40]!r}", _title(declared)
        raise InputError(name, "not_a_choice", wrong, f"one of {there}", param=title, choices=there)
    return text


def _clean_text(declared: Input, value: Any) -> str:
    """A text in NFC within its limit, without control characters and halves of surrogate pairs. Raises InputError."""
    if not isinstance(value, str):
        raise InputError(declared.name, "not_a_text", f"{declared.name} is no text", param=_title(declared))
    text = unicodedata.normalize("NFC", value)
    text = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))
    # A line break in a one-line input could pretend to be the next line of the template.
    text = text.strip() if declared.type == "long_text" else " ".join(text.split())
    if len(text) > declared.max_chars:
        wrong, most = f"{declared.name} has {len(text)} characters", declared.max_chars
        raise InputError(declared.name, "text_too_long", wrong, f"at most {most}", param=_title(declared), most=most)
    if not text and declared.required:
        raise InputError(declared.name, "field_missing", f"{declared.name} is empty", "a text", param=_title(declared))
    return text


def _clean_words(declared: Input, value: Any) -> list[str]:
    """A list of words, each cleaned as a text is. Raises InputError for what is no list, or too long a one."""
    if not isinstance(value, list) or len(value) > MAX_WORDS:
        wrong, title = f"{declared.name} is no list of at most {MAX_WORDS} words", _title(declared)
        raise InputError(declared.name, "too_many", wrong, param=title, most=MAX_WORDS)
    return [_clean_text(declared, word) for word in value]


def _title(declared: Input) -> dict[str, str]:
    """What people call an input, in both languages."""
    return asdict(declared.title)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in values.items()}


def _fill(template: str, texts: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: texts.get(found[1], ""), template)


def _field_schema(letters: str | None, min_chars: int, max_chars: int) -> dict[str, Any]:
    """A bounded text; where it is of certain letters only, the bound stands in their pattern."""
    if letters is None:
        return {"type": "string", "minLength": min_chars, "maxLength": max_chars}
    return {"type": "string", "pattern": f"^[{letters}]{{{min_chars},{max_chars}}}$"}
