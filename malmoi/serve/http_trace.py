"""What is noted of one request on its way: for the access line, the metrics and the records. Never any text of it."""

import logging
import secrets
import time
from dataclasses import dataclass, field

import orjson
from starlette.requests import Request
from starlette.types import Scope

from malmoi.serve.keys import ANYONE, Key
from malmoi.serve.metrics import Metrics
from malmoi.serve.served import ServerState

_IN_SCOPE = "malmoi.trace"

CLIENT_LEFT = 499
"""nginx's status for a client that did not wait."""

access_log = logging.getLogger("malmoi.access")


@dataclass
class Trace:
    """One request. Times are seconds since `started_s` (monotonic), and queue_s is since `placed_s`.

    has_begun: its answer is on the way. placed_s: when it had its place, after its model was loaded. queue_s: its wait
    for a slot; None: it had none.
    shadow_of: where this is a copy for a shadow, the id of the reply that its client got. prompt: of a saved prompt
    that was called by its name, the id and version.
    """

    request_id: str
    key: Key = ANYONE
    model: str = ""
    adapter: str | None = None
    status: int = 0
    code: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    reserved_tokens: int = 0
    shadow_of: str = ""
    prompt: str = ""
    has_begun: bool = False
    placed_s: float = 0.0
    queue_s: float | None = None
    first_token_s: float | None = None
    user: str | None = None
    reply_id: str = field(default_factory=lambda: secrets.token_hex(16))
    started_s: float = field(default_factory=time.monotonic)

    @property
    def elapsed_s(self) -> float:
        """Since the request came."""
        return time.monotonic() - self.started_s

    @property
    def used_tokens(self) -> int:
        """Tokens that the engine has worked on: none where the request never had its turn."""
        return 0 if self.queue_s is None else self.prompt_tokens + self.answer_tokens

    def left_s(self, within_s: float | None) -> float | None:
        """What is left now of a time that began with the request; None where there is none."""
        return None if within_s is None else max(0.0, within_s - self.elapsed_s)

    def said(self, tokens: int) -> None:
        """Notes the tokens of all answers so far."""
        if tokens and self.first_token_s is None:
            self.first_token_s = self.elapsed_s
        self.answer_tokens = tokens


def put(scope: Scope, trace: Trace) -> None:
    """Ties a trace to a request."""
    scope[_IN_SCOPE] = trace


def trace_of(request: Request) -> Trace:
    """The trace of a request; a new one where no guard stands before the route."""
    return request.scope.get(_IN_SCOPE) or Trace("")


def route_of(scope: Scope) -> str:
    """The template of a request's path: a client may write a prompt in a path."""
    return getattr(scope.get("route"), "path", "none")


def close(trace: Trace, scope: Scope, server: ServerState | None) -> None:
    """Writes the access line of a request, counts it, and settles what its key has used."""
    route, seconds = route_of(scope), trace.elapsed_s
    line = {
        "request": trace.request_id,
        "key": trace.key.name,
        "method": scope["method"],
        "route": route,
        "status": trace.status,
        "code": trace.code,
        "model": trace.model,
        "prompt_tokens": trace.prompt_tokens,
        "completion_tokens": trace.answer_tokens,
        "queue_ms": _ms(trace.queue_s),
        "first_token_ms": _ms(trace.first_token_s),
        "ms": _ms(seconds),
    }
    shown = {name: value for name, value in line.items() if value or name == "status"}
    access_log.info("%s", orjson.dumps(shown).decode())
    if server is not None:
        _count(server.metrics, trace, route, seconds)
        if trace.reserved_tokens:
            server.quota.settle(trace.key, trace.reserved_tokens, trace.used_tokens)


def _count(metrics: Metrics, trace: Trace, route: str, seconds: float) -> None:
    """Counts a finished request. Tokens and times only where a model was asked, and had its turn."""
    metrics.requests.labels(trace.model, trace.key.name, route, str(trace.status)).inc()
    if trace.status in (429, 503):
        metrics.refusals.labels(trace.code).inc()
    if not trace.model:
        return
    who = metrics.of(trace.model, trace.key.name)
    who.prompt_tokens.inc(trace.used_tokens - trace.answer_tokens)
    who.answer_tokens.inc(trace.answer_tokens)
    if trace.status == CLIENT_LEFT:
        who.left.inc()
    if trace.queue_s is not None:
        who.queue_s.observe(trace.queue_s)
        who.request_s.observe(seconds)  # a quick refusal is no answer that came quickly
    if trace.first_token_s is not None:
        who.first_token_s.observe(trace.first_token_s)
        if trace.answer_tokens > 1:
            who.token_s.observe((seconds - trace.first_token_s) / (trace.answer_tokens - 1))


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1e3, 1)
