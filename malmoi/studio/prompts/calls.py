"""A saved prompt called by its name, by any client that takes a base address.

    client = OpenAI(base_url="http://127.0.0.1:8600/v1/prompts/인사@운영", api_key="none")
    client.chat.completions.create(model="", messages=[{"role": "user", "content": "안녕"}])

After @ stands a label or the number of a version; without it, the version under 운영 answers, else the newest. What
the client sends goes after what the prompt says, and a parameter of the client goes before the prompt's own. Values for
the prompt's variables come in `variables` (extra_body in OpenAI's client). No field of OpenAI's request is changed, so
nothing but the address is new to a client. The answer names the version that was used in a header.
"""

import json
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from malmoi.serve.http_body import json_of
from malmoi.serve.http_errors import ApiError, bad, invalid
from malmoi.serve.http_trace import trace_of
from malmoi.studio.needs import StoreNeed
from malmoi.studio.prompts import store
from malmoi.studio.prompts.content import request_of

LIVE = "운영"
"""The label that a call without @ asks for."""
PROMPT_HEADER = "x-malmoi-prompt"

router = APIRouter(prefix="/v1/prompts")
_VARIABLES = TypeAdapter(dict[str, str])


@dataclass(frozen=True)
class Named:
    """The version that a name stood for."""

    prompt_id: str
    title: str
    n: int
    body: dict[str, Any]

    @property
    def reference(self) -> str:
        """As it stands in records and answers: the id, since a name may change."""
        return f"{self.prompt_id}@{self.n}"


class Passed(Response):
    """The answer of another route of this application to another body; one header says which prompt it was."""

    def __init__(self, request: Request, path: str, content: bytes, prompt: str) -> None:
        super().__init__()
        self._app, self._path, self._content, self._prompt = request.app.router, path, content, prompt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the request on and passes the answer through, piece by piece."""
        waiting = [{"type": "http.request", "body": self._content, "more_body": False}]

        async def received() -> Message:
            return waiting.pop() if waiting else await receive()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (PROMPT_HEADER.encode(), self._prompt.encode())]
            await send(message)

        inner = {key: value for key, value in scope.items() if key not in ("route", "endpoint", "path_params")}
        await self._app({**inner, "path": self._path, "raw_path": self._path.encode()}, received, sent)


@router.post("/{reference:path}/chat/completions")
async def chat(reference: str, request: Request, database: StoreNeed) -> Response:
    """The answer to a saved conversation with the client's messages after it."""
    return await _called(reference, request, database, "chat/completions", "messages")


@router.post("/{reference:path}/completions")
async def completions(reference: str, request: Request, database: StoreNeed) -> Response:
    """How a saved text goes on, with the client's own text after it."""
    return await _called(reference, request, database, "completions", "prompt")


async def _called(reference: str, request: Request, database: Engine, path: str, field: str) -> Response:
    """The answer to a saved prompt with what the client sends after it. field: where the text or the messages stand.

    Raises ApiError: 404 for no such prompt or version, 409 for a prompt of the other kind, 400 for a wrong field. The
    records of the answer name the prompt's id and version, for its name may change.
    """
    sent = await json_of(request)
    named = await run_in_threadpool(find, database, reference)
    try:
        given = _VARIABLES.validate_python(sent.pop("variables", None) or {})
    except ValidationError as error:
        raise invalid([{**error.errors()[0], "loc": ("variables",)}]) from None
    own_path, own = request_of(named.body, given)
    if own_path != path:
        message, params = f"this prompt is called at /{own_path}", {"path": f"/{own_path}"}
        raise ApiError(409, message, "prompt", "wrong_way_to_call", params=params)
    more = sent.pop(field, None) or type(own[field])()
    if type(more) is not type(own[field]):
        raise bad(field, f"{field} must be a {'list of messages' if field == 'messages' else 'text'} here")
    trace_of(request).prompt = named.reference
    body = own | sent | {field: own[field] + more}
    # An empty name of a model is the server's own model: OpenAI's client must send one.
    if not body.get("model"):
        body.pop("model", None)
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Passed(request, f"/v1/{path}", content, quote(named.reference, safe="@"))


def find(database: Engine, reference: str) -> Named:
    """The version that name, name@label or name@number stands for. Raises ApiError where it is none, or several."""
    reference = unicodedata.normalize("NFC", reference)  # as names are kept; some systems send Hangul in parts
    name, at, mark = reference.rpartition("@")
    ids = store.find_by_name(database, reference)
    if not ids and at:
        ids = store.find_by_name(database, name)
    else:
        mark = ""
    if not ids:
        message, params = f"there is no prompt {reference[:80]!r}", {"name": reference[:80]}
        raise ApiError(404, message, "prompt", "prompt_not_found", variant="name", params=params)
    if len(ids) > 1:
        message, params = (
            f"{len(ids)} prompts have that name: {', '.join(ids)}",
            {"name": reference[:80], "many": len(ids)},
        )
        raise ApiError(409, message, "prompt", "name_not_unique", params=params)
    prompt = store.read_prompt(database, ids[0])
    assert prompt is not None
    n = _number(prompt, mark)
    version = store.read_version(database, ids[0], n) if n else None
    if version is None:
        there = ", ".join(label["name"] for label in prompt["labels"]) or "no labels"
        message = f"there is no version or label {mark[:40]!r}; it has versions 1 to {prompt['n']} and {there}"
        params = {"mark": mark[:40], "newest": prompt["n"]}
        raise ApiError(404, message, "prompt", "version_not_found", variant="mark", params=params)
    return Named(ids[0], prompt["title"], n, version["body"])


def _number(prompt: dict[str, Any], mark: str) -> int:
    """The number of the version that a mark stands for; 0 for none. Without a mark the live one, else the newest."""
    labels = {label["name"]: label["n"] for label in prompt["labels"]}
    if not mark:
        return labels.get(LIVE, prompt["n"])
    if mark in labels:
        return labels[mark]
    return int(mark) if mark.isascii() and mark.isdecimal() and len(mark) <= 9 else 0
