"""The OpenAI-compatible interface: /v1/models, /v1/completions, /v1/chat/completions. Any Engine answers behind it.

A request goes through four hands: `read` checks its fields (http_body), `begin` takes its place and fits it to a model
(http_begin), `_reply` watches whether the client is still there, and a Form (http_replies) writes the answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from malmoi.kit.errors import UserError
from malmoi.serve.http_adapters import adapter_routes
from malmoi.serve.http_admin import admin_routes
from malmoi.serve.http_ask import Ask
from malmoi.serve.http_begin import Begun, begin, guide_field
from malmoi.serve.http_body import IGNORED_HEADER, Read, read
from malmoi.serve.http_choices import made
from malmoi.serve.http_embeddings import embedding_routes
from malmoi.serve.http_errors import ApiError
from malmoi.serve.http_guard import MODEL_HEADER, REQUEST_ID_HEADER, Guard, Rules
from malmoi.serve.http_operator import operator_routes
from malmoi.serve.http_replies import ChatForm, CompletionForm, Form, Head, reply
from malmoi.serve.http_responses import ResponseForm, as_chat, in_our_words, response_lines
from malmoi.serve.http_route import listed_model, listed_models
from malmoi.serve.http_schema import ChatBody, CompletionBody, Sampling
from malmoi.serve.http_shadow import Shadows
from malmoi.serve.http_stream import DONE, EventStream, lines, timeout_of, told, until_gone
from malmoi.serve.http_tokens import token_routes
from malmoi.serve.http_trace import trace_of
from malmoi.serve.keys import Keys
from malmoi.serve.models import Models, only
from malmoi.serve.records.stored_keys import StoredKeys
from malmoi.serve.served import Served
from malmoi.serve.settings import LOOPBACK_HOSTS, ServeSettings
from malmoi.tokenizer.codec import Codec


def create_app(served: Served | Models) -> ASGIApp:
    """The server of `malmoi serve`. Raises UserError where its settings would let strangers in."""
    models = served if isinstance(served, Models) else only(served)
    settings = models.server.settings
    api = Router(routes(models), redirect_slashes=False)
    app: ASGIApp = Guard(api, rules(settings, models.server.keys), models.server)
    if settings.web.origins:
        # Outermost: a browser's preflight carries no key, and it shows an error only with these headers on it.
        app = CORSMiddleware(
            app,
            allow_origins=list(settings.web.origins),
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["*"],
            expose_headers=[REQUEST_ID_HEADER, MODEL_HEADER, IGNORED_HEADER, "retry-after"],
        )
    return app


def rules(settings: ServeSettings, keys: Keys | StoredKeys | None) -> Rules:
    """What the guard lets in. Off loopback keys are needed, of a file or of the records; any host name may be used."""
    web = settings.web
    is_local = settings.host in LOOPBACK_HOSTS
    if not is_local and (keys is None or not keys.are_needed):
        hint = "make a key with: malmoi serve keys add NAME --keys FILE"
        raise UserError(f"host {settings.host} can be reached by others and no keys are set", "--keys FILE", hint)
    hosts = (*LOOPBACK_HOSTS, *web.allowed_hosts) if is_local or web.allowed_hosts else None
    return Rules(settings.max_body_bytes, hosts, keys, web.origins, web.root_path, web.body_s)


def routes(models: Models) -> list[Route]:
    """The routes for a table of models. They are tried in this order, so those that are asked most come first."""
    shadows = Shadows(models)

    async def list_models(request: Request) -> Response:
        """All models that the key may ask."""
        await models.look()
        return reply({"object": "list", "data": listed_models(models, trace_of(request).key)})

    async def one_model(request: Request) -> Response:
        """One of them, by name; it is not loaded for that."""
        return reply(await listed_model(models, request.path_params["model"], trace_of(request).key))

    async def chat(request: Request) -> Response:
        """The assistant's next turn."""
        sent = await read(request, ChatBody, models.server.large_bodies)
        body = sent.body
        num_top = (body.top_logprobs or 0) if body.logprobs else 0
        form = lambda head, codec: ChatForm(head, codec, bool(body.logprobs))  # noqa: E731
        return await _reply(request, shadows, sent, num_top, form)

    async def completions(request: Request) -> Response:
        """How texts go on."""
        sent = await read(request, CompletionBody, models.server.large_bodies)
        by_id = bool(sent.body.return_tokens_as_token_ids)
        form = lambda head, codec: CompletionForm(head, codec, sent.body.logprobs, by_id)  # noqa: E731
        return await _reply(request, shadows, sent, sent.body.logprobs or 0, form)

    async def responses(request: Request) -> Response:
        """The next turn, in OpenAI's newer form."""
        table: dict[str, Any] = {}

        def as_ours(sent: dict[str, Any]) -> dict[str, Any]:
            table.update(sent)
            return as_chat(sent)

        try:
            sent = await read(request, ChatBody, models.server.large_bodies, as_ours)
            return await _reply(request, shadows, sent, 0, lambda head, _: ResponseForm(head, table))
        except ApiError as error:
            raise in_our_words(error, table) from None

    return [
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/completions", completions, methods=["POST"]),
        Route("/v1/responses", responses, methods=["POST"]),
        Route("/v1/models", list_models),
        Route("/v1/models/{model:path}", one_model),
        *embedding_routes(models),
        *token_routes(models),
        *operator_routes(models),
        *admin_routes(models),
        *adapter_routes(models),
    ]


async def _reply(
    request: Request,
    shadows: Shadows,
    sent: Read[Any],
    num_top: int,
    form_of: Callable[[Head, Codec], Form | ResponseForm],
) -> Response:
    """Runs a request. It holds its place until the engine is done with it, or until the client leaves."""
    body: Sampling = sent.body
    trace = trace_of(request)
    begun = await begin(shadows, body, num_top, trace, timeout_of(request, body.timeout))
    try:
        run = Run(begun, form_of(_head(begun.served, begun.ask, trace.reply_id), begun.served.codec))
        return await (_stream if body.stream else _whole)(request, run, {**sent.headers, **begun.flags})
    except BaseException as error:
        begun.place.release()
        raise told(error, guide_field(body)) from None


@dataclass(frozen=True)
class Run:
    """One request that has its place, and how the reply is written."""

    begun: Begun
    form: Form | ResponseForm


async def _whole(request: Request, run: Run, headers: Mapping[str, str]) -> Response:
    """The answers when they are all made."""
    begun = run.begun
    answers = await until_gone(request, made(begun.served, begun.ask, begun.place, begun.trace))
    return reply(run.form.whole(answers), headers=headers)


async def _stream(request: Request, run: Run, headers: Mapping[str, str]) -> Response:
    """The answers as a stream. The first piece is awaited, so that what is wrong with a guide becomes a status."""
    begun = run.begun
    pieces = begun.said()
    first = await until_gone(request, anext(pieces))
    if isinstance(run.form, ResponseForm):
        shown = response_lines(first, pieces, run.form)
        return EventStream(shown, pieces, begun.place, headers, trace=begun.trace, server=begun.served.server)
    shown = lines(first, pieces, run.form)
    return EventStream(shown, pieces, begun.place, headers, DONE, begun.trace, begun.served.server)


def _head(served: Served, ask: Ask, reply_id: str) -> Head:
    about, options = served.engine.describe(), ask.body.stream_options
    usage = "last" if ask.body.wants_usage else "none"
    if options is not None and options.include_usage and options.continuous_usage_stats:
        usage = "all"
    adapter = ask.requests[0].adapter
    name = about.name if adapter is None else f"{about.name}:{adapter}"
    return Head(name, f"malmoi-{about.model_sha256[:12]}", ask.prompt_tokens, usage, reply_id)
