"""What a prompt's body says, as far as the server looks into it: the words to search in, and the request that it makes.

The same rules are in web/src/features/prompts/request.ts; tests/studio/prompt_requests.json holds cases for both.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from malmoi.serve.http_errors import ApiError, bad

MAX_WORDS = 20_000
"""Characters of a version that can be found: more would make the search of 10,000 prompts slow."""
MAX_LINE = 200
MAX_REQUEST_CHARACTERS = 1_000_000
"""Of all texts of a request together, with its variables filled in: 200,000 places with a value of 1 MB are 200 GB."""

_VARIABLE = re.compile(r"\{\{\s*([^\s{}](?:[^{}]*[^\s{}])?)\s*\}\}")
_SAMPLING = ("max_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "seed")


class _Loose(BaseModel):
    """Older and newer editors keep more than is read here."""

    model_config = ConfigDict(extra="ignore")


class _Turn(_Loose):
    role: str
    text: str


class _Draft(_Loose):
    mode: str = "completion"
    prompt: str = ""
    system: str = ""
    turns: list[_Turn] = []


class _Example(_Loose):
    """One row of the table of examples: what stands for each variable, and the answer."""

    values: dict[str, str] = {}
    answer: str = ""


class Content(_Loose):
    """The parts of a body that make a request."""

    draft: _Draft
    sampling: dict[str, Any] = {}
    variables: dict[str, str] = {}
    examples: list[_Example] = []


def sha256_of(body: Mapping[str, Any]) -> str:
    """The hash of a body as canonical JSON: the same for the same content in any order of fields."""
    written = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def first_line(body: Mapping[str, Any]) -> str:
    """The first line with words, to know a prompt again in a list."""
    lines = (line.strip() for text in _texts(body) for line in text.splitlines())
    return next(filter(None, lines), "")[:MAX_LINE]


def words_of(title: str, body: Mapping[str, Any]) -> str:
    """What a prompt is found by: its name and texts, composed and without case."""
    return searchable(" ".join([title, *_texts(body)])[:MAX_WORDS])[:MAX_WORDS]


def searchable(text: str) -> str:
    """A text as it is searched: NFC, so that what a Mac sends is found too, and without case."""
    return unicodedata.normalize("NFC", text).casefold()


def _texts(body: Mapping[str, Any]) -> list[str]:
    """All texts of a body; none of one that another program has written."""
    try:
        draft = Content.model_validate(body).draft
    except ValidationError:
        return []
    return [draft.system, draft.prompt, *(turn.text for turn in draft.turns)]


def request_of(body: Mapping[str, Any], given: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The path below /v1 and the body of the request that a version makes; `given` fills its variables.

    Raises ApiError for a body that the editor did not write, and for variables without a value or that do not exist.
    """
    try:
        content = Content.model_validate(body)
    except ValidationError:
        message = "this prompt holds no text that can be run: save it again in the editor"
        raise ApiError(409, message, "prompt", "prompt_not_runnable") from None
    draft, fill = content.draft, _filler(content, given)
    if draft.mode != "chat":
        shots = [fill(draft.prompt, example.values) + example.answer for example in content.examples]
        return "completions", {"prompt": "\n\n".join([*shots, fill(draft.prompt, {})]), **_sampling(content)}
    said = [turn for turn in draft.turns if turn.text.strip()]
    messages = [{"role": "system", "content": fill(draft.system, {})}] if draft.system.strip() else []
    asked = next((turn.text for turn in said if turn.role == "user"), "")
    for example in content.examples:
        messages.append({"role": "user", "content": fill(asked, example.values)})
        messages.append({"role": "assistant", "content": example.answer})
    messages += [{"role": turn.role, "content": fill(turn.text, {})} for turn in said]
    return "chat/completions", {"messages": messages, **_sampling(content)}


def variables_of(content: Content) -> list[str]:
    """The names between {{ and }} in its texts, each once, in their order."""
    draft = content.draft
    texts = [draft.prompt] if draft.mode != "chat" else [draft.system, *(turn.text for turn in draft.turns)]
    return list(dict.fromkeys(_name(found) for text in texts for found in _VARIABLE.findall(text)))


def _filler(content: Content, given: Mapping[str, str]) -> Any:
    """A function that writes values where a text names them. An example's own value goes before the others."""
    known = variables_of(content)
    values = {_name(name): value for name, value in {**content.variables, **given}.items()}
    if unknown := [name for name in given if _name(name) not in known]:
        there = ", ".join(known) or "none"
        message = f"variables has {unknown[0][:40]!r}, which the prompt does not name; it has {there}"
        raise bad("variables", message, "variable_unknown", name=unknown[0][:40])
    if missing := [name for name in known if not values.get(name)]:
        raise bad("variables", f"variables.{missing[0]} has no value", "variable_missing", name=missing[0])

    left = MAX_REQUEST_CHARACTERS

    def fill(text: str, own: Mapping[str, str]) -> str:
        nonlocal left
        row = {_name(name): value for name, value in own.items()}
        value_of = lambda found: row.get(_name(found[1])) or values[_name(found[1])]  # noqa: E731
        left -= len(text) + sum(len(value_of(found)) for found in _VARIABLE.finditer(text))
        if left < 0:  # known before anything of it is made
            message = f"the prompt with its variables has more than {MAX_REQUEST_CHARACTERS} characters"
            raise bad("variables", message, "text_too_long", most=MAX_REQUEST_CHARACTERS)
        return _VARIABLE.sub(value_of, text)

    return fill


def _name(text: str) -> str:
    """The name of a variable, composed (NFC): some programs send Hangul in parts, which look the same."""
    return unicodedata.normalize("NFC", text)


def _sampling(content: Content) -> dict[str, Any]:
    """The parameters that are set, in the words of /v1."""
    given = content.sampling
    fields = {name: given[name] for name in _SAMPLING if given.get(name) is not None}
    lines = str(given.get("stops") or "").split("\n")
    if stop := [line.replace("\\n", "\n") for line in lines if line]:
        fields["stop"] = stop
    return fields
