"""Hands requests and made answers to the records, by the policy of their key."""

import datetime
from collections.abc import Sequence
from typing import Any

from malmoi.serve.engine import Request
from malmoi.serve.http_ask import Ask
from malmoi.serve.http_trace import CLIENT_LEFT, Trace
from malmoi.serve.keys import ANYONE, Key
from malmoi.serve.records.answers import Answered, Asked
from malmoi.serve.second_engine import engine_of
from malmoi.serve.served import Served, ServerState
from malmoi.serve.settings import ServeSettings

CUT = "cut"
"""The finish of an answer that was not made to its end."""


def kept_by(key: Key, settings: ServeSettings) -> tuple[str, int]:
    """The records policy of a request and its days: its key's, and where no key is needed, the server's."""
    if key is ANYONE:
        return settings.records.policy, settings.records.retention_days
    return key.records, key.retention_days


def keep_request(server: ServerState, trace: Trace, method: str, route: str) -> None:
    """Keeps a request that is over, also one that was refused. What only reads (GET) is none."""
    if server.records is None or method != "POST":
        return
    policy, days = kept_by(trace.key, server.settings)
    told = {
        "route": route,
        "model": trace.model,
        "status": trace.status or CLIENT_LEFT,
        "code": trace.code,
        "prompt_tokens": trace.prompt_tokens,
        "answer_tokens": trace.answer_tokens,
        "ms": round(trace.elapsed_s * 1e3, 1),
    }
    asked = Asked(trace.reply_id, trace.request_id, trace.key.name, trace.user, policy, days, told, now())
    server.records.put(asked)


def now() -> datetime.datetime:
    """This moment, UTC."""
    return datetime.datetime.now(datetime.UTC)


class Answer:
    """The answer number `index` of a request, as it is made."""

    def __init__(self, ask: Ask, index: int) -> None:
        self.request: Request = ask.requests[index]
        self._ask, self._index = ask, index
        self._ids: list[int] = []
        self.is_kept = False

    @property
    def stops(self) -> tuple[str, ...]:
        """The strings that end it."""
        return tuple(self._ask.body.stop)

    def add(self, token_ids: Sequence[int]) -> None:
        """Its next tokens."""
        self._ids.extend(token_ids)

    def keep_cut(self, served: Served, trace: Trace) -> None:
        """Keeps what was made of an answer whose client left, or whose engine failed, before its end."""
        if self._ids and not self.is_kept:
            self.keep(served, trace, CUT)

    def keep(self, served: Served, trace: Trace, finish: str) -> None:
        """Keeps it as its key's policy says; where no key is needed, as the server's settings say."""
        if served.server.records is None:
            return
        policy, days = kept_by(trace.key, served.server.settings)
        self.is_kept = True
        made_with = {**served.made_with, **_with(served, self.request)}
        if trace.shadow_of:
            made_with["shadow_of"] = trace.shadow_of
        if trace.prompt:
            made_with["prompt"] = trace.prompt
        answered = Answered(
            id=f"{trace.reply_id}-{self._index}",
            request_id=trace.request_id,
            key=trace.key.name,
            user=trace.user,
            policy=policy,
            retention_days=days,
            made_with=made_with,
            request=self.request,
            stops=self.stops,
            answer_ids=tuple(self._ids),
            finish=finish,
            at=now(),
        )
        served.server.records.put(answered, served.codec)


def _with(served: Served, request: Request) -> dict[str, Any]:
    """The engine and the adapter that answer a request."""
    sha256 = dict(served.engine.describe().adapters).get(request.adapter or "")
    adapter = None if request.adapter is None else {"name": request.adapter, "sha256": sha256}
    return {"engine": engine_of(served.engine, request), "adapter": adapter}
