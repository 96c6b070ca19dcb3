"""A model as the routes see it: the engine, its tokenizer, and how many requests are under way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from malmoi.serve.engine import Engine
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec

_ENCODERS = 2
"""Threads that encode prompts: more would only take processors from the model."""


@dataclass
class Served:
    """One served model. `num_requests` are those in a slot or waiting for one."""

    engine: Engine
    codec: Codec
    settings: ServeSettings
    num_requests: int = 0
    encoders: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_ENCODERS, "malmoi-encode"))

    @property
    def is_full(self) -> bool:
        """Whether every slot and every waiting place is taken."""
        return self.num_requests >= self.engine.describe().slots + self.settings.queue

    @cached_property
    def longest_token_bytes(self) -> int:
        """Bytes of the longest token: what a context can hold at most, per token."""
        return max(len(self.codec.token_bytes(token_id)) for token_id in range(self.codec.vocabulary_tokens))


class Place:
    """One request's place. Released once, whoever is first to do it. num_slots: answers that it may run at once."""

    def __init__(self, served: Served, num_slots: int = 1) -> None:
        self._served: Served | None = served
        self.num_slots = num_slots
        served.num_requests += num_slots

    def release(self) -> None:
        """Gives the place to the next request."""
        if self._served is not None:
            self._served.num_requests -= self.num_slots
            self._served = None
