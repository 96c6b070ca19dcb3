"""The OpenAI-compatible interface: /v1/models, /v1/completions, /v1/chat/completions. Any Engine answers behind it.

A request goes through four hands: Pydantic checks its fields (http_schema), `engine_request` fits it to this model,
`_reply` holds its place and watches whether the client is still there, and a Form (http_replies) writes the answer.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from malmoi.kit.errors import UserError
from malmoi.serve.chat import chat_ids
from malmoi.serve.engine import Guide
from malmoi.serve.engine import Request as EngineRequest
from malmoi.serve.http_errors import ApiError, add_error_handlers, bad
from malmoi.serve.http_guard import Guard, Rules
from malmoi.serve.http_replies import ChatForm, CompletionForm, Form, Head
from malmoi.serve.http_schema import ChatBody, CompletionBody, Sampling
from malmoi.serve.http_stream import EventStream, event, take_place, until_gone
from malmoi.serve.keys import read_keys
from malmoi.serve.served import Served
from malmoi.serve.settings import LOOPBACK_HOSTS, ServeSettings
from malmoi.serve.text import TextPiece, TextStream, TokenText, answer, echo

_DRAWING = {"temperature", "top_p", "top_k", "repetition_penalty", "seed"}
"""Fields of a body that the engine takes as they are; what is not sent keeps the engine's own default."""


def create_app(served: Served) -> FastAPI:
    """The server of `malmoi serve`. Raises UserError where its settings would let strangers in."""
    app = FastAPI(title="malmoi", docs_url=None, redoc_url=None, openapi_url=None)
    add_error_handlers(app)
    app.include_router(router(served))
    app.add_middleware(Guard, rules=rules(served.settings))
    return app


def rules(settings: ServeSettings) -> Rules:
    """What the guard lets in. Off loopback a file of keys is needed, and any host name may be used."""
    keys = read_keys(settings.keys) if settings.keys else None
    if settings.host in LOOPBACK_HOSTS:
        return Rules(settings.max_body_bytes, LOOPBACK_HOSTS, keys)
    if keys is None:
        hint = "make a key with: malmoi serve --keys FILE --new-key NAME"
        raise UserError(f"host {settings.host} can be reached by others and no keys are set", "--keys FILE", hint)
    return Rules(settings.max_body_bytes, None, keys)


def router(served: Served) -> APIRouter:
    """The routes for one served model."""
    routes = APIRouter()
    name = served.engine.describe().name

    @routes.get("/health")
    async def health() -> dict[str, str]:
        """For load balancers; needs no key."""
        return {"status": "ok"}

    @routes.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The list of the one model."""
        return {"object": "list", "data": [_model(name)]}

    @routes.get("/v1/models/{model:path}")
    async def model(model: str) -> dict[str, Any]:
        """That model, by name."""
        _check_model(model, name)
        return _model(name)

    @routes.post("/v1/chat/completions")
    async def chat(request: Request, body: ChatBody) -> Response:
        """The assistant's next turn. A long conversation is encoded in a thread, so that streams go on meanwhile."""
        turns = [message.to_turn() for message in body.messages]
        prompt_ids = await asyncio.to_thread(chat_ids, served.codec, turns)
        num_top = (body.top_logprobs or 0) if body.logprobs else 0
        form = ChatForm(_head(served, prompt_ids), served.codec, bool(body.logprobs))
        return await _reply(request, served, Ask(body, engine_request(served, body, prompt_ids, num_top), form))

    @routes.post("/v1/completions")
    async def completions(request: Request, body: CompletionBody) -> Response:
        """How a text goes on."""
        prompt = body.one_prompt
        prompt_ids = await asyncio.to_thread(served.codec.text_ids, prompt) if isinstance(prompt, str) else prompt
        ask = engine_request(served, body, prompt_ids, body.logprobs or 0)
        form = CompletionForm(_head(served, prompt_ids), served.codec, body.logprobs)
        return await _reply(request, served, Ask(body, ask, form))

    return routes


@dataclass(frozen=True)
class Ask:
    """One request, understood: what was sent, what the engine is asked, how the reply is written."""

    body: Sampling
    request: EngineRequest
    form: Form


def engine_request(served: Served, body: Sampling, prompt_ids: Sequence[int], num_top: int) -> EngineRequest:
    """What the engine is asked. Raises ApiError naming the field that does not fit this model."""
    about = served.engine.describe()
    _check_model(body.model, about.name)
    prompt_field = "messages" if isinstance(body, ChatBody) else "prompt"
    if not max(prompt_ids) < about.vocabulary_tokens:
        raise bad(prompt_field, f"{prompt_field} has a token id above {about.vocabulary_tokens - 1}")
    room = about.context_tokens - len(prompt_ids)
    if room < 1:
        message = f"{prompt_field} has {len(prompt_ids)} tokens; the model holds {about.context_tokens} with the answer"
        raise bad(prompt_field, message, "context_length_exceeded")
    return EngineRequest(
        prompt_ids=tuple(prompt_ids),
        max_tokens=_max_tokens(body, room, served.settings.default_max_tokens),
        top_logprobs=num_top,
        guide=_guide(body),
        **body.model_dump(include=_DRAWING, exclude_none=True),
    )


def _max_tokens(body: Sampling, room: int, default: int) -> int:
    """How long the answer may become; `room` is what the context leaves. More is refused, never silently cut."""
    field, asked = "max_tokens", body.max_tokens
    if isinstance(body, ChatBody) and body.max_completion_tokens is not None:
        field, asked = "max_completion_tokens", body.max_completion_tokens
    if asked is None:
        return min(default, room)
    lowest = 0 if isinstance(body, CompletionBody) and body.echo else 1
    if not lowest <= asked <= room:
        message = f"{field} is {asked}; the model's context leaves {lowest} to {room} after this prompt"
        raise bad(field, message, "context_length_exceeded" if asked > room else None)
    return asked


def _guide(body: Sampling) -> Guide | None:
    """What the answer must look like: our own field, or OpenAI's response_format."""
    if body.guide is not None and body.response_format is not None and body.response_format.type != "text":
        raise bad("guide", "guide and response_format cannot be used together")
    if body.guide is not None:
        return body.guide.to_guide()
    try:
        return body.response_format.to_guide() if body.response_format else None
    except ValueError as error:
        raise bad("response_format", str(error)) from None


async def _reply(request: Request, served: Served, ask: Ask) -> Response:
    """Runs a request. It holds one place until the last byte is sent, or until the client leaves."""
    place = take_place(served)
    pieces = _pieces(served, ask)
    handed_over = False
    try:
        if not ask.body.stream:
            return JSONResponse(await until_gone(request, _whole(pieces, ask.form)))
        # The first piece is awaited here, so that what is wrong with a guide still becomes a proper status.
        first = await until_gone(request, anext(pieces))
        stream = EventStream(_lines(first, pieces, ask), pieces, place)
        handed_over = True
        return stream
    except UserError as error:
        param = "guide" if ask.body.guide else "response_format" if ask.request.guide else None
        raise bad(param, str(error)) from None
    finally:
        if not handed_over:
            place.release()
            await pieces.aclose()


async def _pieces(served: Served, ask: Ask) -> AsyncGenerator[TextPiece, None]:
    """What is echoed, then the answer. The echo's scores are work of the engine: they wait for the request's place."""
    shown = 0
    if isinstance(ask.body, CompletionBody) and ask.body.echo:
        echoed = await _echo(served, ask.request, ask.body)
        shown = len(echoed.text)
        yield echoed
    if ask.request.max_tokens == 0:
        yield TextPiece("", finish="length")
        return
    stream = TextStream(served.codec, ask.body.stop, shown)
    async with aclosing(answer(served.engine, ask.request, stream)) as pieces:
        async for piece in pieces:
            yield piece


async def _whole(pieces: AsyncIterator[TextPiece], form: Form) -> dict[str, Any]:
    """All pieces as one reply."""
    text, tokens, last = "", list[TokenText](), TextPiece("")
    async for last in pieces:
        text += last.text
        tokens.extend(last.tokens)
    return form.whole(text, tokens, last)


async def _lines(first: TextPiece, rest: AsyncIterator[TextPiece], ask: Ask) -> AsyncIterator[str]:
    """The pieces as server-sent events, as OpenAI's clients expect them, up to [DONE]."""
    opening = ask.form.opening()
    if opening is not None:
        yield event(opening)
    yield event(ask.form.chunk(first))
    last = first
    async for last in rest:
        yield event(ask.form.chunk(last))
    if ask.body.wants_usage:
        yield event(ask.form.closing(last.num_tokens))
    yield "data: [DONE]\n\n"


async def _echo(served: Served, ask: EngineRequest, body: CompletionBody) -> TextPiece:
    """The prompt as a piece, with the probabilities of its tokens where they are asked for."""
    if body.logprobs is None:
        return TextPiece(served.codec.decode(ask.prompt_ids))
    return echo(served.codec, await served.engine.score(ask.prompt_ids, ask.top_logprobs))


def _head(served: Served, prompt_ids: Sequence[int]) -> Head:
    about = served.engine.describe()
    return Head(about.name, f"malmoi-{about.model_sha256[:12]}", len(prompt_ids))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "malmoi"}


def _check_model(asked: str | None, served: str) -> None:
    if asked is not None and asked != served:
        raise ApiError(404, f"there is no model {asked!r}; this server has {served!r}", "model", "model_not_found")
