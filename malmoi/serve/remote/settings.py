"""A server that runs elsewhere, or that we start: where it is, what it speaks, how long it is waited for. One TOML."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from malmoi.kit.config import secret
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least, require

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Limits:
    """What is waited for, in seconds, and what is read at most.

    connect_s: for the connection; first_s: from the request to the first token, with the queue there and the reading
    of the prompt; idle_s: between two tokens (comments and empty events are none); poll_s: between two looks at its
    health. line_bytes: of one event of a stream; reply_bytes: of one whole reply.
    """

    connect_s: float = 5.0
    first_s: float = 120.0
    idle_s: float = 60.0
    poll_s: float = 5.0
    line_bytes: int = 1 << 20
    reply_bytes: int = 1 << 26

    def __post_init__(self) -> None:
        require(self, "above 0", lambda seconds: seconds > 0, "connect_s", "first_s", "idle_s", "poll_s")
        at_least(self, 1024, "line_bytes", "reply_bytes")


@dataclass(frozen=True)
class ProcessSettings:
    """A server that starts and ends with ours. command: its words, run without a shell; log: where it writes.

    ready_s: it has so long until it answers (a large model loads for minutes). It is started again when it ends by
    itself, after 1 s, 2 s, 4 s and so on up to longest_wait_s. grace_s: from SIGTERM to SIGKILL.
    """

    command: tuple[str, ...]
    log: Path
    ready_s: float = 900.0
    longest_wait_s: float = 60.0
    grace_s: float = 20.0

    def __post_init__(self) -> None:
        require(self, "at least one word", bool, "command")
        require(self, "above 0", lambda seconds: seconds > 0, "ready_s", "longest_wait_s", "grace_s")


@dataclass(frozen=True)
class RemoteSettings:
    """An OpenAI-compatible server as an engine.

    address: without /v1. tokenizer: folder with the tokenizer.json of the model that runs there. model: its name there;
    None where it has only one. server: whose it is, for the names of fields beyond OpenAI's; "auto" asks.
    context_tokens, guides: stated where the server does not tell, or tells wrongly; None asks. key_file, key_variable:
    where the API key is. plain_http_key: the key may go over http to another machine. deterministic: it is known
    that the server gives the same tokens again whatever else it runs.
    """

    address: str
    tokenizer: Path
    model: str | None = None
    server: Literal["auto", "vllm", "malmoi", "llama.cpp", "transformers", "openai"] = "auto"
    context_tokens: int | None = None
    guides: tuple[str, ...] | None = None
    deterministic: bool = False
    key_file: Path | None = None
    key_variable: str | None = secret()
    plain_http_key: bool = False
    limits: Limits = field(default_factory=Limits)
    process: ProcessSettings | None = None

    def __post_init__(self) -> None:
        require(self, "http://host:port or https://host:port, without /v1", _is_address, "address")
        at_least(self, 2, "context_tokens")
        if self.key_file is not None and self.key_variable is not None:
            raise UserError("key_file and key_variable are both set", "one of them")
        url = urlsplit(self.address)
        is_open = url.scheme == "http" and url.hostname not in LOOPBACK and not self.plain_http_key
        if is_open and (self.key_file or self.key_variable):
            hint = "use https, or plain_http_key = true where the network between is yours alone"
            raise UserError(f"the key would go to {self.address} unencrypted", hint=hint)

    def key(self) -> str | None:
        """The API key. Raises UserError where it should be and is not; the key is in no message."""
        if self.key_variable is not None:
            found, where = os.environ.get(self.key_variable, ""), f"the variable {self.key_variable}"
        elif self.key_file is not None:
            try:
                found, where = self.key_file.read_text(encoding="ascii"), str(self.key_file)
            except (OSError, UnicodeDecodeError) as error:
                raise UserError(f"the key file {self.key_file}: {type(error).__name__}", "one line of ASCII") from None
        else:
            return None
        if not (found.strip().isascii() and found.strip().isprintable() and found.strip()):
            raise UserError(f"{where} holds no key", "one line of ASCII")
        return found.strip()


def _is_address(address: str) -> bool:
    try:
        url = urlsplit(address)
        is_bare = not url.query and not url.fragment and "@" not in url.netloc
        return url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0 and is_bare
    except ValueError:
        return False
