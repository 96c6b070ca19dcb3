"""Hands a made answer to the records, by the policy of its key."""

import datetime
from collections.abc import Sequence

from malmoi.serve.engine import Request
from malmoi.serve.http_ask import Ask
from malmoi.serve.http_trace import Trace
from malmoi.serve.keys import ANYONE
from malmoi.serve.records.answers import Answered
from malmoi.serve.second_engine import engine_of
from malmoi.serve.served import Served


class Answer:
    """The answer number `index` of a request, as it is made."""

    def __init__(self, ask: Ask, index: int) -> None:
        self.request: Request = ask.requests[index]
        self._ask, self._index = ask, index
        self._ids: list[int] = []

    def add(self, token_ids: Sequence[int]) -> None:
        """Its next tokens."""
        self._ids.extend(token_ids)

    def keep(self, served: Served, trace: Trace, finish: str) -> None:
        """Keeps it as its key's policy says; where no key is needed, as the server's settings say."""
        if served.server.records is None:
            return
        policy, days = trace.key.records, trace.key.retention_days
        if trace.key is ANYONE:
            policy, days = served.settings.records.policy, served.settings.records.retention_days
        user = self._ask.body.user
        answered = Answered(
            id=f"{trace.reply_id}-{self._index}",
            request_id=trace.request_id,
            key=trace.key.name,
            user=user if isinstance(user, str) else None,
            policy=policy,
            retention_days=days,
            made_with={**served.made_with, "engine": engine_of(served.engine, self.request)},
            request=self.request,
            stops=tuple(self._ask.body.stop),
            answer_ids=tuple(self._ids),
            finish=finish,
            at=datetime.datetime.now(datetime.UTC),
        )
        served.server.records.put(answered, served.codec)
