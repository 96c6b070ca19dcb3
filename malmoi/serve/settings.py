"""Settings of the server. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from malmoi.kit.config import machine
from malmoi.kit.ranges import at_least, require
from malmoi.serve.safety.policy import SafetySettings

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine can reach."""


@dataclass(frozen=True)
class WebSettings:
    """Who may ask, from where, and how long the server waits for a client.

    origins: web pages of other addresses whose scripts may ask ("https://chat.example.kr", or "*"). allowed_hosts:
    names that the Host header may carry besides this machine's own, for a proxy in front. root_path: what a proxy puts
    before every path. head_s: for the head of a request to come; body_s: for its body; send_s: a client that takes
    nothing of its answer for so long is cut off. comment_s: a stream that is silent for so long gets a comment, for
    proxies cut what is silent for a minute. keep_alive_s: an idle connection, longer than the 60 to 90 s of proxies,
    which answer 502 where the server closes first. queue_s: longest wait for a slot. drain_s: after SIGTERM answers
    under way have so long to end. queued_contexts: tokens that all requests under way may hold together, in contexts
    per slot.
    """

    origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    root_path: str = ""
    head_s: float = 15.0
    body_s: float = 30.0
    send_s: float = 30.0
    comment_s: float = 15.0
    keep_alive_s: int = 120
    queue_s: float = 60.0
    drain_s: float = 60.0
    queued_contexts: int = 4

    def __post_init__(self) -> None:
        times = ("head_s", "body_s", "send_s", "comment_s", "queue_s", "drain_s")
        require(self, "above 0", lambda seconds: seconds > 0, *times)
        at_least(self, 1, "keep_alive_s", "queued_contexts")
        require(self, "begins with / and does not end with it", _is_root_path, "root_path")


def _is_root_path(path: str) -> bool:
    return path == "" or (path.startswith("/") and not path.endswith("/"))


MOST_RETENTION_DAYS = 3650
"""Ten years: what is to stay longer belongs in an archive, and a date has to stand in four digits."""


@dataclass(frozen=True)
class Policy:
    """What a key that names it is served by (policy=NAME), until projects exist.

    records: what is kept of its requests, for retention_days. safety: what is looked for in them; None takes the
    server's own.
    """

    records: Literal["none", "metadata", "masked", "whole"] = "metadata"
    retention_days: int = 30
    safety: SafetySettings | None = None

    def __post_init__(self) -> None:
        require(self, f"0 to {MOST_RETENTION_DAYS}", is_retention, "retention_days")


def is_retention(days: int) -> bool:
    """Whether records may be kept for so many days."""
    return 0 <= days <= MOST_RETENTION_DAYS


@dataclass(frozen=True)
class RecordSettings:
    """Whether requests and answers are kept, and where.

    database: SQLite file, which may be the studio's; None keeps nothing. With it the keys are in it too, and a file of
    keys is read into it (docs/decisions/0021). policy and retention_days hold where no key is
    needed; a key has its own (malmoi/serve/keys.py).
    """

    database: Path | None = None
    policy: Literal["none", "metadata", "masked", "whole"] = "metadata"
    retention_days: int = 30

    def __post_init__(self) -> None:
        require(self, f"0 to {MOST_RETENTION_DAYS}", is_retention, "retention_days")


@dataclass(frozen=True)
class ModelsSettings:
    """Of several models in one server.

    memory_gb: what all that are loaded may take together (10^9 bytes); None: the memory that is free at the start.
    pinned: names that are loaded at the start and stay; others are loaded at their first request, and what was used
    longest ago is unloaded. traffic: file of weights and shadows, which the admin route writes; None: they end with the
    server. shadow_s: a copy for a shadow that takes longer is given up.
    """

    memory_gb: float | None = None
    pinned: tuple[str, ...] = ()
    traffic: Path | None = None
    shadow_s: float = 60.0

    def __post_init__(self) -> None:
        require(self, "above 0", lambda number: number is None or number > 0, "memory_gb", "shadow_s")


@dataclass(frozen=True)
class EightBitSettings:
    """When 8-bit weights may be served (serve/agreement.py measures).

    allow_untested_8bit: always. most_change_share: how much more a text may cost in bits; a model twice as large saves
    5 % (loss as N^-0.076, Kaplan et al. 2020), and a tenth of that is what less memory may cost. least_equal_share: of
    the first 24 greedy ids; where one token in 100 is a near tie that 8 bits turn, .89 stay equal, and far fewer say
    that something is broken.
    """

    allow_untested_8bit: bool = False
    most_change_share: float = 0.005
    least_equal_share: float = 0.75

    def __post_init__(self) -> None:
        require(self, "0 to 1", lambda share: 0 <= share <= 1, "most_change_share", "least_equal_share")


@dataclass(frozen=True)
class ServeSettings:
    """How a model is served.

    slots: requests that are answered at once; each takes a row of the key/value cache. queue: requests that may wait
    for a slot; more get 429. prefill_tokens: a long prompt is read in pieces of this size, so that the answers under
    way are never held up for longer than one piece. adapters: NAME=FOLDER of adapters (LoRA, as PEFT writes them) that
    are loaded at the start; clients ask for one as model "model:NAME". prefix_cache_bytes: memory for beginnings that
    were read before (a conversation, a common instruction); 0 reads all anew. Each key and each `cache_salt` has
    beginnings of its own. keys: file of API keys, needed where `host` is not loopback.
    name: what /v1/models calls the model; None takes the name of its folder (of the run, for runs/<run>/model).
    threads: CPU threads for torch; None leaves torch's own choice. step_limit_s: a step of the engine that lasts longer
    is taken as hanging: its requests end with an error. web: who may ask, and how long is waited for them. safety: what
    is looked for in prompts and answers, and what is done with it. records: what is kept. policies: what keys name by
    policy=NAME. models: of several models. engine: "openvino" answers two to four times as fast on a CPU, and leaves to
    torch what it cannot do; "auto" takes it where it can be had (engine_choice.py), else torch; "remote" is a server
    elsewhere, which a recipe names (remote/settings.py). openvino_precision: what OpenVINO computes in;
    openvino_weights: what its weights are kept in; eight_bit: when 8 bits are allowed.
    """

    host: str = "127.0.0.1"
    port: int = 8500
    slots: int = 8
    queue: int = 32
    engine: Literal["auto", "torch", "openvino", "remote"] = machine("auto")
    openvino_precision: Literal["f32", "bf16"] = machine("f32")
    openvino_weights: Literal["f16", "int8"] = machine("f16")
    device: Literal["auto", "cpu", "cuda"] = machine("auto")
    threads: int | None = machine(None)
    prefill_tokens: int = 256
    adapters: tuple[str, ...] = ()
    prefix_cache_bytes: int = machine(134_217_728)
    step_limit_s: float = 120.0
    default_max_tokens: int = 256
    max_body_bytes: int = 1_048_576
    keys: Path | None = None
    name: str | None = None
    web: WebSettings = WebSettings()
    safety: SafetySettings = field(default_factory=SafetySettings)
    records: RecordSettings = RecordSettings()
    eight_bit: EightBitSettings = EightBitSettings()
    policies: dict[str, Policy] = field(default_factory=dict)
    models: ModelsSettings = ModelsSettings()

    @property
    def has_several_askers(self) -> bool:
        """Whether others than the one at this machine may ask: with keys, from outside, or through a proxy."""
        return self.keys is not None or self.host not in LOOPBACK_HOSTS or bool(self.web.allowed_hosts)

    def __post_init__(self) -> None:
        require(self, "0 to 65535", lambda port: 0 <= port <= 65535, "port")
        at_least(self, 1, "slots", "prefill_tokens", "default_max_tokens", "threads")
        at_least(self, 0, "queue", "prefix_cache_bytes")
        at_least(self, 1024, "max_body_bytes")
