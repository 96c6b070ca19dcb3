"""A model as the routes see it: the engine, its tokenizer, who is let in, and what each key has used."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from malmoi.serve.admission import Admission
from malmoi.serve.engine import Engine
from malmoi.serve.metrics import Metrics
from malmoi.serve.quota import USE_FILE, Quota, UseFile
from malmoi.serve.records.writer import Records
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec

_ENCODERS = 2
"""Threads that encode prompts: more would only take processors from the model."""
_KEY_SHARE = 0.5
"""Of the places, for one key where keys are needed."""


@dataclass
class Served:
    """One served model. is_draining: the server finishes what it has begun and takes nothing new.

    records: where answers are kept, None where none are. large_bodies: held while a large body is read, for nobody is
    served meanwhile.
    """

    engine: Engine
    codec: Codec
    settings: ServeSettings
    is_draining: bool = False
    records: Records | None = None
    large_bodies: asyncio.Lock = field(default_factory=asyncio.Lock)
    metrics: Metrics = field(default_factory=Metrics)
    encoders: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_ENCODERS, "malmoi-encode"))

    def __post_init__(self) -> None:
        admission = self.admission
        self.metrics.gauge("slots", "Answers that may run at once", lambda: admission.slots)
        self.metrics.gauge("slots_running", "Answers that run", lambda: admission.running)
        self.metrics.gauge("places", "Requests that may be held at once", lambda: admission.places)
        self.metrics.gauge("places_held", "Places taken, running or waiting", lambda: admission.held)
        self.metrics.gauge("answers_waiting", "Answers that wait for a slot", lambda: admission.waiting)
        self.metrics.gauge("tokens_held", "Tokens of the requests under way, at most", lambda: admission.held_tokens)
        self.metrics.gauge("draining", "1 while the server takes nothing new", lambda: self.is_draining)
        self.metrics.gauge("records_lost", "Answers that could not be recorded", self._num_lost)
        self.metrics.gauge("engine_up", "1 while the engine is well", lambda: self.engine.health().state == "ok")

    def _num_lost(self) -> int:
        return 0 if self.records is None else self.records.num_lost

    @cached_property
    def made_with(self) -> dict[str, Any]:
        """What answers are made with, by name and hash, for their records."""
        about, vocabulary = self.engine.describe(), hashlib.sha256()
        for token_id in range(self.codec.vocabulary_tokens):
            content = self.codec.token_bytes(token_id)
            vocabulary.update(len(content).to_bytes(4, "little") + content)
        vocabulary.update(repr(sorted(self.codec.special_ids.items())).encode())
        hashes = {"model_sha256": about.model_sha256, "vocabulary_sha256": vocabulary.hexdigest()}
        return {"model": about.name, **hashes, "engine": about.engine, "adapter": None}

    @property
    def num_requests(self) -> int:
        """Places that are taken."""
        return self.admission.held

    @cached_property
    def admission(self) -> Admission:
        """Who may run now."""
        about, settings = self.engine.describe(), self.settings
        most_tokens = settings.web.queued_contexts * about.slots * about.context_tokens
        share = 1.0 if settings.keys is None else _KEY_SHARE
        return Admission(about.slots, settings.queue, most_tokens, settings.web.queue_s, share)

    @cached_property
    def quota(self) -> Quota:
        """What each key has used."""
        if self.records is not None:
            return Quota(self.records.usage)
        keys = self.settings.keys
        return Quota(UseFile(None if keys is None else keys.with_name(keys.name + USE_FILE)))

    @cached_property
    def longest_token_bytes(self) -> int:
        """Bytes of the longest token: what a context can hold at most, per token."""
        return max(len(self.codec.token_bytes(token_id)) for token_id in range(self.codec.vocabulary_tokens))
