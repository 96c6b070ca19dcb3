"""What the routes see: the server as a whole, and one served model with its tokenizer and its places."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from malmoi.serve.admission import Admission
from malmoi.serve.engine import Engine
from malmoi.serve.keys import Keys, read_keys
from malmoi.serve.metrics import Metrics
from malmoi.serve.quota import USE_FILE, Quota, UseFile
from malmoi.serve.records.stored_keys import StoredKeys
from malmoi.serve.records.writer import Records
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec

_ENCODERS = 2
"""Threads that encode prompts: more would only take processors from the model."""
_KEY_SHARE = 0.5
"""Of the places, for one key where keys are needed."""


class ServerState:
    """What all models of a server share: settings, metrics, records, keys and what they have used, threads that encode.

    is_draining: the server finishes what it has begun and takes nothing new; is_cut: it waits no longer, and streams
    (the tasks that send them) end with an error. records: where answers are kept, None
    where none are. large_bodies: held while a large body is read, for nobody is served meanwhile.
    """

    def __init__(self, settings: ServeSettings, records: Records | None = None) -> None:
        self.settings, self.records, self.is_draining, self.is_cut = settings, records, False, False
        self.streams = set[asyncio.Task[Any]]()
        self.large_bodies = asyncio.Lock()
        self.encoders = ThreadPoolExecutor(_ENCODERS, "malmoi-encode")
        self.keys = _keys(settings, records)
        use = None if settings.keys is None else settings.keys.with_name(settings.keys.name + USE_FILE)
        self.quota = Quota(UseFile(use) if records is None else records.usage)
        self.metrics = Metrics()
        self.metrics.gauge("draining", "1 while the server takes nothing new", lambda: self.is_draining)
        self.metrics.gauge("records_lost", "Answers that could not be recorded", self._num_lost)

    def cut_streams(self) -> None:
        """Ends all streams with an error event, so that their clients know that there was more."""
        self.is_cut = True
        for task in self.streams:
            task.cancel()

    def key_share(self) -> float:
        """Of the places of a model, for one key: all where it is the only one."""
        return 1.0 if self.keys is None or self.keys.number < 2 else _KEY_SHARE

    def _num_lost(self) -> int:
        return 0 if self.records is None else self.records.num_lost


def _keys(settings: ServeSettings, records: Records | None) -> Keys | StoredKeys | None:
    """Those of the database where there is one, else those of a file. Raises UserError where it is no file of keys."""
    if records is not None:
        return records.keys
    return read_keys(settings.keys, settings.policies) if settings.keys else None


class Served:
    """One served model: its engine, its tokenizer, who may run now. name: what clients call it."""

    def __init__(
        self,
        engine: Engine,
        codec: Codec,
        settings: ServeSettings,
        records: Records | None = None,
        server: ServerState | None = None,
    ) -> None:
        """server: what it shares with the other models; where it is the only one, it gets its own with `records`."""
        self.engine, self.codec, self.settings = engine, codec, settings
        self.server = server or ServerState(settings, records)
        self.name = engine.describe().name

    @cached_property
    def made_with(self) -> dict[str, Any]:
        """What answers are made with, by name and hash, for their records."""
        about, vocabulary = self.engine.describe(), hashlib.sha256()
        for token_id in range(self.codec.vocabulary_tokens):
            content = self.codec.token_bytes(token_id)
            vocabulary.update(len(content).to_bytes(4, "little") + content)
        vocabulary.update(repr(sorted(self.codec.special_ids.items())).encode())
        hashes = {"model_sha256": about.model_sha256, "vocabulary_sha256": vocabulary.hexdigest()}
        return {"model": about.name, **hashes, "engine": about.engine}

    @cached_property
    def admission(self) -> Admission:
        """Who may run now."""
        about, settings = self.engine.describe(), self.settings
        most_tokens = settings.web.queued_contexts * about.slots * about.context_tokens
        return Admission(about.slots, settings.queue, most_tokens, settings.web.queue_s, self.server.key_share)

    @cached_property
    def longest_token_bytes(self) -> int:
        """Bytes of the longest token: what a context can hold at most, per token."""
        return max(len(self.codec.token_bytes(token_id)) for token_id in range(self.codec.vocabulary_tokens))

    @property
    def num_requests(self) -> int:
        """Places that are taken: a model that has one is in use."""
        return self.admission.held
