"""What an operator's Prometheus reads: counts, times and the state of the queue. No web framework, no prompt text.

Label values come from the operator's own words (model, key names, route templates), never from what a client sent, so
that no client can make as many series as it likes.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics import MetricWrapperBase

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_WAIT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STEP_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1)
_LOAD_S = (0.1, 0.3, 1, 3, 10, 30, 100, 300)
_WHO = ["model", "key"]


class OfWho(NamedTuple):
    """What is counted for a model and a key."""

    prompt_tokens: Counter
    answer_tokens: Counter
    left: Counter
    queue_s: Histogram
    request_s: Histogram
    first_token_s: Histogram
    token_s: Histogram


class Metrics:
    """The series of one server."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        outcome = ["model", "key", "route", "status"]
        self.requests = Counter("malmoi_requests", "Requests that were answered", outcome, registry=registry)
        self.prompt_tokens = Counter("malmoi_prompt_tokens", "Tokens of prompts", _WHO, registry=registry)
        self.answer_tokens = Counter("malmoi_completion_tokens", "Tokens of answers", _WHO, registry=registry)
        self.refusals = Counter("malmoi_refusals", "Requests refused with 429 or 503", ["code"], registry=registry)
        self.failed_keys = Counter("malmoi_failed_keys", "Requests without a valid key", registry=registry)
        hits = ["where", "kind", "action"]
        self.safety_hits = Counter("malmoi_safety_hits", "Hits of the safety policy", hits, registry=registry)
        self.left = Counter("malmoi_clients_left", "Clients that left before the end", _WHO, registry=registry)
        self.queue_s = self._times("malmoi_queue_seconds", "Wait for a slot", _WAIT_S)
        self.first_token_s = self._times("malmoi_time_to_first_token_seconds", "Request to first token", _WAIT_S)
        self.token_s = self._times("malmoi_time_per_token_seconds", "Time between tokens after the first", _STEP_S)
        self.loads = Counter("malmoi_model_loads", "Models loaded and unloaded", ["model", "what"], registry=registry)
        self.load_s = Histogram(
            "malmoi_model_load_seconds", "Time to load", ["model"], buckets=_LOAD_S, registry=registry
        )
        told = "Requests that the main version answered, for this one could not be loaded"
        self.fallbacks = Counter("malmoi_traffic_fallbacks", told, ["model"], registry=registry)
        told = "Copies of requests for a shadow, by what came of them"
        self.shadow_copies = Counter("malmoi_shadow_copies", told, ["model", "outcome"], registry=registry)
        self.shadow_tokens = Counter("malmoi_shadow_tokens", "Tokens of shadows' answers", ["model"], registry=registry)
        told = "A shadow's whole answer"
        self.shadow_s = Histogram("malmoi_shadow_seconds", told, ["model"], buckets=_WAIT_S, registry=registry)
        self.request_s = self._times("malmoi_request_seconds", "Request to the end of its answer", _WAIT_S)

    @functools.cache  # noqa: B019 (as long as the server; the operator's names are few)
    def of(self, model: str, key: str) -> "OfWho":
        """The series of one model and key: to look them up costs as much as to count."""
        return OfWho(**{name: getattr(self, name).labels(model, key) for name in OfWho._fields})

    def gauge(self, name: str, about: str, value: Callable[[], float]) -> MetricWrapperBase:
        """A number that is asked for whenever it is read."""
        gauge = Gauge(f"malmoi_{name}", about, registry=self.registry)
        gauge.set_function(value)
        return gauge

    def text(self) -> bytes:
        """All series in Prometheus' text format."""
        return generate_latest(self.registry)

    def _times(self, name: str, about: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, about, _WHO, buckets=buckets, registry=self.registry)
