"""What is said to an OpenAI-compatible server, and what it says: bodies of requests, tokens of replies. No network.

OpenAI's interface has no token ids in its answers. vLLM and malmoi name tokens "token_id:5" in their log-probabilities
when asked (return_tokens_as_token_ids); of others the text is all there is. llama.cpp's server has ids beside its
log-probabilities, but its streams leave out each token that ends inside a character, which Korean has many of.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from malmoi.kit.errors import UserError
from malmoi.serve.engine import EngineDownError, Guide, OverloadedError, Request

_SAME = {
    name: name
    for name in (
        *("top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty", "seed"),
        *("logit_bias", "min_tokens", "stop_token_ids", "ignore_eos"),
    )
}
FIELDS: dict[str, dict[str, str]] = {
    "vllm": _SAME,
    "malmoi": _SAME,
    # Its presence and frequency penalties look at the prompt as well, which ours (OpenAI's) do not.
    "llama.cpp": {
        **{name: name for name in ("top_p", "top_k", "min_p", "seed", "logit_bias", "ignore_eos")},
        "repetition_penalty": "repeat_penalty",
    },
    # In its `generation_config`: the fields of the body itself are half ignored (temperature without do_sample). It has
    # a way for stop ids, but their own text then stands at the end of the answer.
    "transformers": {
        **{name: name for name in ("top_p", "top_k", "min_p", "repetition_penalty", "seed")},
        "min_tokens": "min_new_tokens",
        "ignore_eos": "min_new_tokens",
    },
    "openai": {name: name for name in ("top_p", "seed", "presence_penalty", "frequency_penalty", "logit_bias")},
}
"""Fields of a Request that each server has a way for, by its name there."""

_NEUTRAL: dict[str, Any] = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""Sent where a Request leaves a filter off, for servers have defaults of their own (vLLM: the model's file)."""
_LONGEST_RETRY_S = 3600.0
_LARGEST_SEED = {"llama.cpp": 2**32 - 1}

GUIDES: dict[str, tuple[str, ...]] = {
    "vllm": ("structured_outputs", "guided"),
    "malmoi": ("guide",),
    "llama.cpp": ("gbnf",),
    "transformers": (),
    "openai": ("response_format",),
}
"""How each server may be told of a guide, the newest way first; those that it has not heard of are found by asking."""


@dataclass(frozen=True)
class Token:
    """One token of a reply, with its id; top: alternatives."""

    token_id: int
    logprob: float | None
    top: tuple[tuple[int, float], ...]

    def best(self, count: int) -> tuple[tuple[int, float], ...]:
        """The likeliest alternatives. vLLM tells of the chosen token besides, so there may be one more."""
        return tuple(sorted(self.top, key=lambda pair: -pair[1])[:count])


def body_of(request: Request, server: str, prompt: Any, guide_way: str | None, end_ids: Sequence[int]) -> dict:
    """The body of a generation without model. prompt: ids or a text. guide_way: None for a request without guide."""
    names = FIELDS[server]
    body: dict[str, Any] = {"prompt": prompt, "max_tokens": request.max_tokens, "temperature": request.temperature}
    for field, name in names.items():
        value = getattr(request, field)
        value = _NEUTRAL.get(field) if value is None else value
        if value not in (None, (), False, 0) or field in _NEUTRAL:
            body[name] = value
    if request.logit_bias and "logit_bias" in names:
        body["logit_bias"] = {str(token_id): bias for token_id, bias in request.logit_bias}
    if request.seed is not None:
        body["seed"] = request.seed % _LARGEST_SEED.get(server, 2**63)
    if server == "llama.cpp":
        body["repeat_last_n"] = len(request.prompt_ids) + request.max_tokens  # all that there is; its default is 64
        body["logit_bias"] = [list(pair) for pair in request.logit_bias]
    if server == "transformers":
        body = _of_transformers(request, body, end_ids)
    return body if request.guide is None else {**body, **guide_fields(guide_way or "", request.guide)}


def _of_transformers(request: Request, body: dict[str, Any], end_ids: Sequence[int]) -> dict[str, Any]:
    """Its own configuration, whole, as it takes it: a text."""
    config = {name: body[name] for name in ("temperature", "top_p", "min_p", "repetition_penalty")}
    config |= {"do_sample": request.temperature > 0, "top_k": request.top_k or 0, "use_cache": True}
    config |= {"max_new_tokens": request.max_tokens, "eos_token_id": list(end_ids)}
    config["min_new_tokens"] = request.max_tokens if request.ignore_eos else request.min_tokens
    if request.temperature == 0:
        del config["temperature"]
    kept = {name: body[name] for name in ("prompt", "max_tokens", "seed") if name in body}
    return {**kept, "generation_config": json.dumps(config)}


def guide_fields(way: str, guide: Guide) -> dict[str, Any]:
    """The fields that tell of a guide. Raises UserError where this way has none for its kind."""
    kind, value = guide.kind, guide.value
    if way == "guide":
        return {"guide": {"kind": kind, "value": value}}
    if way == "structured_outputs":
        return {"structured_outputs": {"grammar" if kind == "lark" else kind: value}}
    if way == "guided":
        return {"guided_grammar" if kind == "lark" else f"guided_{kind}": value}
    if kind == "json" and way == "response_format":
        schema = {"name": "guide", "strict": True, "schema": value}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if kind == "json" and way == "gbnf":
        return {"json_schema": value}
    if kind == "choice" and way == "gbnf":
        return {"grammar": "root ::= " + " | ".join(json.dumps(text, ensure_ascii=False) for text in value)}
    if kind == "lark" and way == "gbnf" and "::=" in str(value):
        return {"grammar": value}
    form = " but in llama.cpp's form (root ::= ...)" if (kind, way) == ("lark", "gbnf") else ""
    raise UserError(f"the remote server takes no guide of the kind {kind!r}{form}")


def tokens_of(choice: Mapping[str, Any]) -> list[Token] | None:
    """The tokens of a choice with their ids; None where it does not tell them. Raises EngineDownError for nonsense."""
    told = choice.get("logprobs")
    if not told:
        return None
    try:
        tops = told.get("top_logprobs") or [None] * len(told["tokens"])
        rows = zip(told["tokens"], told["token_logprobs"], tops, strict=True)
        return [Token(_id(name), _nats(logprob), _alternatives(top or {})) for name, logprob, top in rows]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _alternatives(top: Mapping[str, float]) -> tuple[tuple[int, float], ...]:
    return tuple((_id(name), float(logprob)) for name, logprob in top.items() if math.isfinite(logprob))


def _id(name: str) -> int:
    """Of "token_id:5". Raises ValueError for a token that is told as text."""
    kind, _, number = name.partition(":")
    if kind != "token_id":
        raise ValueError("a token as text")
    if int(number) < 0:  # our tables would count it from their end
        raise ValueError("no id")
    return int(number)


def _nats(logprob: float | None) -> float | None:
    return float(logprob) if logprob is not None and math.isfinite(logprob) else None


def error_of(status: int, content: bytes, retry_after: str | None) -> Exception:
    """A reply that is no 200, as one of the named errors. What the remote says of a bad request goes to the client."""
    if 300 <= status < 400:
        return EngineDownError(f"the remote server redirects ({status}), which is not followed: the key stays here")
    if status in (401, 403, 404):
        return EngineDownError(f"the remote server says {status}: its key, or the name of its model, is another")
    if status in (408, 425, 429, 503):
        seconds = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdecimal() else None
        return OverloadedError(f"the remote server says {status}", seconds and min(seconds, _LONGEST_RETRY_S))
    if 400 <= status < 500:
        return UserError(f"the remote server refuses the request: {sentence(content)}")
    return EngineDownError(f"the remote server says {status}")


def error_in(event: Any) -> Exception | None:
    """The error that an event or a reply with status 200 tells, or None."""
    if not isinstance(event, dict):
        return EngineDownError("the remote server sent an event that is no object")
    told = event.get("error") or (event if event.get("object") == "error" else None)
    if not told:
        return None
    code = told.get("code") if isinstance(told, dict) else None
    if code in ("overloaded", "queue_full"):
        code = 503
    content = json.dumps(event).encode()
    return error_of(code if isinstance(code, int) and 400 <= code < 600 else 500, content, None)


def sentence(content: bytes) -> str:
    """What a reply says is wrong: one line of at most 300 characters, whatever it is."""
    try:
        told: Any = json.loads(content)
    except (ValueError, RecursionError):
        return "no reason given"
    for name in ("error", "message", "detail"):
        told = told.get(name, told) if isinstance(told, dict) else told
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else " " for sign in text)[:300]
