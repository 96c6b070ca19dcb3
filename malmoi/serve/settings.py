"""Settings of the server. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from malmoi.kit.config import machine
from malmoi.kit.ranges import at_least, require

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine can reach."""


@dataclass(frozen=True)
class ServeSettings:
    """How a model is served.

    slots: requests that are answered at once; each takes a row of the key/value cache. queue: requests that may wait
    for a slot; more get 429. prefill_tokens: a long prompt is read in pieces of this size, so that the answers under
    way are never held up for longer than one piece. keys: file of API keys, needed where `host` is not loopback.
    name: what /v1/models calls the model; None takes the name of its folder (of the run, for runs/<run>/model).
    threads: CPU threads for torch; None leaves torch's own choice.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    slots: int = 8
    queue: int = 32
    device: Literal["auto", "cpu", "cuda"] = machine("auto")
    threads: int | None = machine(None)
    prefill_tokens: int = 256
    default_max_tokens: int = 256
    max_body_bytes: int = 1_048_576
    keys: Path | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        require(self, "0 to 65535", lambda port: 0 <= port <= 65535, "port")
        at_least(self, 1, "slots", "prefill_tokens", "default_max_tokens", "threads")
        at_least(self, 0, "queue")
        at_least(self, 1024, "max_body_bytes")
