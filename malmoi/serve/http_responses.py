"""/v1/responses, text only: a request in OpenAI's newer form becomes one for a chat, and its answer goes back in it.

Nothing is kept for a next turn, so `previous_response_id` is refused with a sentence: a client sends the conversation.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from malmoi.serve.http_choices import Said
from malmoi.serve.http_errors import ApiError, bad
from malmoi.serve.http_replies import Head
from malmoi.serve.http_stream import COMMENT
from malmoi.serve.text import TextPiece

_NAMES = {"max_output_tokens": "max_tokens"}
"""Fields that a chat has under another name."""
_SAME = {"background": False, "truncation": "disabled", "include": [], "max_tool_calls": None, "n": 1}
"""Fields with the value that asks for what this server does anyway; n is a chat's, and a response has one answer."""
_KEPT = ("previous_response_id", "conversation", "prompt")
_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why a response is incomplete, by the finish of its answer."""


def as_chat(table: dict[str, Any]) -> dict[str, Any]:
    """The table of a request for a chat. Raises ApiError for what a response cannot be made of here."""
    if name := next((name for name in _KEPT if table.get(name) is not None), None):
        message = f"this server keeps no answers to go on from ({name}); send the whole conversation as input"
        raise bad(name, message, "unsupported_field", "kept_answers")
    for name, same in _SAME.items():
        if table.get(name) not in (None, same):
            raise bad(name, f"{name} with this value is not supported by this server", "unsupported_field")
    known = {"input", "instructions", "text", "reasoning", *_SAME, *_KEPT}
    chat = {_NAMES.get(key, key): value for key, value in table.items() if key not in known}
    if (table.get("reasoning") or {}) not in ({}, {"effort": None}, {"effort": "none"}):
        raise bad("reasoning", "reasoning with this value is not supported by this server", "unsupported_field")
    chat["messages"] = _messages(table.get("input"))
    if table.get("instructions"):
        chat["messages"] = [{"role": "system", "content": table["instructions"]}, *chat["messages"]]
    chat |= _of_text(table.get("text"))
    return chat


def in_our_words(error: ApiError, table: dict[str, Any]) -> ApiError:
    """An error of the chat with the names that the client used."""
    shift = 1 if table.get("instructions") else 0
    for number in range(len(table["input"]) if isinstance(table.get("input"), list) else 0):
        error = _renamed(error, f"messages[{number + shift}]", f"input[{number}]")
    for ours, theirs in (("messages[0]", "instructions" if shift else "input"), ("messages[1]", "input")):
        error = _renamed(error, f"{ours}.content", theirs)
    for ours, theirs in (
        ("messages", "input"),
        ("max_tokens", "max_output_tokens"),
        ("response_format", "text.format"),
        ("verbosity", "text.verbosity"),
    ):
        error = _renamed(error, ours, theirs)
    return error


def _renamed(error: ApiError, ours: str, theirs: str) -> ApiError:
    """The error with a field by the client's name for it, in `param` and in the message; else as it was."""
    if not (error.param or "").startswith(ours):
        return error
    param = theirs + (error.param or "")[len(ours) :]
    return replace(error, message=error.message.replace(ours, theirs, 1), param=param)


def _messages(sent: Any) -> Any:
    """The turns of an input: a text, or a list of messages, in which answers of this server may stand as they came."""
    if isinstance(sent, str):
        return [{"role": "user", "content": sent}]
    if not isinstance(sent, list):
        raise bad("input", "input: must be a text or a list of messages", "not_a_list")
    turns = []
    for number, item in enumerate(sent):
        kind = item.get("type", "message") if isinstance(item, dict) else "message"
        if kind == "reasoning":
            continue
        if kind != "message":
            message = f"input[{number}].type is {kind!r:.60}: this model reads messages only"
            raise bad(f"input[{number}].type", message, "not_a_text_part")
        turns.append({k: v for k, v in item.items() if k in ("role", "content")} if isinstance(item, dict) else item)
    return turns


def _of_text(text: Any) -> dict[str, Any]:
    """A chat's fields for `text`: its verbosity, and a response_format for its format, whose json_schema is flat."""
    if not isinstance(text, dict | None):
        raise bad("text", "text: Input should be an object", "not_an_object")
    form, verbosity = (text or {}).get("format"), (text or {}).get("verbosity")
    if isinstance(form, dict) and form.get("type") == "json_schema":
        form = {"type": "json_schema", "json_schema": {key: value for key, value in form.items() if key != "type"}}
    return {"response_format": form, "verbosity": verbosity}


@dataclass(frozen=True)
class ResponseForm:
    """The reply of /v1/responses. asked: the request, of which a response repeats a part."""

    head: Head
    asked: dict[str, Any]

    def whole(self, answers: Sequence[TextPiece]) -> dict[str, Any]:
        """The finished response."""
        [answer] = answers
        return self.response(answer.text, answer.finish, answer.num_tokens)

    def response(self, text: str, finish: str | None, answer_tokens: int = 0) -> dict[str, Any]:
        """A response; finish None: it is in progress."""
        reason = _REASONS.get(finish or "")
        status = "in_progress" if finish is None else "incomplete" if reason else "completed"
        asked = {name: self.asked.get(name) for name in ("instructions", "max_output_tokens", "temperature", "top_p")}
        usage = {
            "input_tokens": self.head.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": answer_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.head.prompt_tokens + answer_tokens,
        }
        return {
            "id": f"resp_{self.head.reply_id}",
            "object": "response",
            "created_at": self.head.created,
            "status": status,
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": self.head.model,
            "output": [] if finish is None else [self.item(text, status)],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "text": self.asked.get("text") or {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "truncation": "disabled",
            "metadata": self.asked.get("metadata") or {},
            "usage": None if finish is None else usage,
            **asked,
        }

    def item(self, text: str | None, status: str) -> dict[str, Any]:
        """The message of the answer; text None: it has not begun."""
        content = [] if text is None else [part(text)]
        frame = {"id": f"msg_{self.head.reply_id}", "type": "message", "role": "assistant"}
        return {**frame, "status": status, "content": content}


def part(text: str) -> dict[str, Any]:
    """The text of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


async def response_lines(first: Said, rest: AsyncIterator[Said], form: ResponseForm) -> AsyncIterator[str]:
    """The answer as the server-sent events that OpenAI's clients expect of a response."""
    number = -1

    def event(kind: str, **content: Any) -> str:
        nonlocal number
        number += 1
        told = json.dumps({"type": kind, "sequence_number": number, **content}, ensure_ascii=False)
        return f"event: {kind}\ndata: {told}\n\n"

    at = {"item_id": f"msg_{form.head.reply_id}", "output_index": 0, "content_index": 0}
    begun = form.response("", None)
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    yield event("response.output_item.added", output_index=0, item=form.item(None, "in_progress"))
    yield event("response.content_part.added", **at, part=part(""))
    said, last = "", TextPiece("")
    async for each in _chained(first, rest):
        if each.piece is None:
            yield COMMENT
            continue
        said, last = said + each.piece.text, each.piece
        if last.text:
            yield event("response.output_text.delta", **at, delta=last.text, logprobs=[])
    done = form.response(said, last.finish, last.num_tokens)
    yield event("response.output_text.done", **at, text=said, logprobs=[])
    yield event("response.content_part.done", **at, part=part(said))
    yield event("response.output_item.done", output_index=0, item=form.item(said, done["status"]))
    yield event(f"response.{done['status']}", response=done)


async def _chained(first: Said, rest: AsyncIterator[Said]) -> AsyncIterator[Said]:
    """All that is said, with the piece in front that was awaited before the reply began."""
    yield first
    async for each in rest:
        yield each
