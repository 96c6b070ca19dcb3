"""What a body asks of this model: the ids of its prompts, how long the answer may be, and what it must look like."""

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from malmoi.serve.chat import chat_ids
from malmoi.serve.daemon_thread import in_daemon_thread
from malmoi.serve.engine import Guide, Request, is_on
from malmoi.serve.http_errors import ApiError, bad, unknown_token
from malmoi.serve.http_schema import MAX_CHOICES, ChatBody, CompletionBody, Sampling
from malmoi.serve.http_trace import Trace
from malmoi.serve.served import Served

_DRAWING = {
    "temperature",
    "top_p",
    "min_p",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "min_tokens",
    "ignore_eos",
}
"""Fields of a body that the engine takes as they are; what is not sent keeps the engine's own default."""

ENCODE_S = 30.0
"""A text of 1 MB takes one second. In 30 a body that took its time and a busy machine are forgiven."""
_INLINE_BYTES = 2_000
"""A text up to here is encoded at once: it takes a third of a millisecond, and to wake a thread for it takes longer."""

_MARKS_A_TURN = 2
"""Our template's own tokens of each message: who speaks, and the end of the turn."""

_COMPOSED = 3
"""NFC makes a text at most three times shorter in bytes: three conjoining jamo (nine bytes) become a syllable."""


@dataclass(frozen=True)
class Ask:
    """One request, understood: an engine request for each answer, prompt by prompt."""

    body: Sampling
    requests: tuple[Request, ...]

    @property
    def prompt_tokens(self) -> int:
        """Tokens of the prompts; several answers to one prompt count it once."""
        return sum(len(request.prompt_ids) for request in self.requests[:: self.body.num_answers])

    @property
    def most_tokens(self) -> int:
        """Tokens that the prompts and the longest possible answers have together."""
        return sum(len(request.prompt_ids) + request.max_tokens for request in self.requests)


def check(served: Served, body: Sampling) -> None:
    """Raises ApiError for what can be refused before anything is encoded: too many answers, texts that cannot fit."""
    if isinstance(body, ChatBody):
        check_length(served, "messages", sum(_bytes(message.content or "") for message in body.messages))
        least, context_tokens = _MARKS_A_TURN * len(body.messages), served.engine.describe().context_tokens
        if served.codec.is_ours and least >= context_tokens:  # 512 empty messages would be encoded to be refused
            raise _too_long("messages", least, context_tokens)
    if isinstance(body, CompletionBody):
        if len(body.prompt) * body.num_answers > MAX_CHOICES:
            message = f"prompts x n is {len(body.prompt) * body.num_answers}; at most {MAX_CHOICES} answers"
            raise bad("n", message, "too_many_answers_asked", most=MAX_CHOICES)
        check_prompts(served, "prompt", body.prompt)
    check_capabilities(served, body)
    if body.best_of not in (None, 1, body.num_answers):
        raise bad("best_of", "best_of above n is not supported by this server", "unsupported_field")


def check_capabilities(served: Served, body: Sampling) -> None:
    """Refuses with a sentence what the engine says that it cannot do, before the request takes a place."""
    about = served.engine.describe()
    able = about.capabilities
    guide = _guide(body)
    if guide is not None and guide.kind not in able.guides:
        raise _cannot("guide" if body.guide else "response_format", f"guides of the kind {guide.kind!r}", about.engine)
    tops = body.top_logprobs if isinstance(body, ChatBody) else getattr(body, "logprobs", None)
    if (tops or 0) > able.top_logprobs:
        field = "top_logprobs" if isinstance(body, ChatBody) else "logprobs"
        raise _cannot(field, f"more than {able.top_logprobs} alternatives of a token", about.engine)
    if isinstance(body, CompletionBody) and body.echo and body.logprobs is not None and not able.prompt_logprobs:
        raise _cannot("echo", "log-probabilities of a prompt", about.engine)
    wants = getattr(body, "logprobs", None)
    if wants is not None and wants is not False and not able.logprobs:
        raise _cannot("logprobs", "log-probabilities", about.engine)
    for name in able.cannot:
        if is_on(body, name):
            raise bad(name, f"the engine of this server ({about.engine}) has no way for {name}", "cannot")


def _cannot(field: str, what: str, engine: str) -> ApiError:
    return bad(field, f"the engine of this server ({engine}) cannot give {what}", "cannot")


def check_prompts(served: Served, field: str, prompts: Sequence[str | Sequence[int]]) -> None:
    """Refuses texts and ids that cannot fit."""
    context_tokens = served.engine.describe().context_tokens
    for prompt in prompts:
        if isinstance(prompt, str):
            check_length(served, field, _bytes(prompt))
        elif len(prompt) >= context_tokens:
            raise _too_long(field, len(prompt), context_tokens)


def check_length(served: Served, field: str, num_bytes: int) -> None:
    """Refuses a text that cannot fit, whatever its tokens are: encoding 1 MB would take a second of a CPU."""
    most = served.engine.describe().context_tokens * served.longest_token_bytes * _COMPOSED
    if num_bytes > most:
        message = f"{field} has {num_bytes} bytes; what the model can hold has at most {most}"
        raise bad(field, message, "context_length_exceeded", "bytes", bytes=num_bytes, most=most)


async def asked(served: Served, body: Sampling, num_top: int, trace: Trace) -> Ask:
    """What the engine is asked. Encodes in a thread; call it once the request has its place.

    What one key has asked must not make the answer of another come sooner: its name is in the salt.
    """
    guide = _guide(body)
    # A text is scored by the base's weights alone: its numbers would be wrong ones under the adapter's name.
    if trace.adapter is not None and isinstance(body, CompletionBody) and body.echo and body.logprobs is not None:
        raise _cannot("echo", "log-probabilities of a prompt with an adapter", served.engine.describe().engine)
    prompts = await _encoded(served, body)
    requests: list[Request] = []
    for prompt_ids in prompts:
        # Each answer has its own seed, ours where the client sent none: so it can be made again.
        seed = secrets.randbelow(2**53) if body.seed is None else body.seed
        salt = f"{trace.key.name}\n{body.cache_salt or ''}"
        given = {"seed": seed, "guide": guide, "adapter": trace.adapter, "cache_salt": salt, "top_logprobs": num_top}
        first = _request(served, body, prompt_ids, given)
        more = ((seed + count) % 2**63 for count in range(1, body.num_answers))
        requests += [first, *(dataclasses.replace(first, seed=each) for each in more)]
    return Ask(body, tuple(requests))


async def _encoded(served: Served, body: Sampling) -> list[Sequence[int]]:
    """The ids of each prompt."""
    if isinstance(body, ChatBody):
        turns = body.turns()
        num_bytes = sum(_bytes(turn.text) for turn in turns)
        return [await in_thread(served, lambda: chat_ids(served.codec, turns), num_bytes)]
    assert isinstance(body, CompletionBody)
    return await encoded(served, body.prompt)


async def encoded(served: Served, prompts: Sequence[str | Sequence[int]]) -> list[Sequence[int]]:
    """The ids of each prompt."""
    num_bytes = sum(_bytes(prompt) for prompt in prompts if isinstance(prompt, str))
    return [
        await in_thread(served, lambda text=prompt: served.codec.text_ids(text), num_bytes)
        if isinstance(prompt, str)
        else prompt
        for prompt in prompts
    ]


async def in_thread(served: Served, encode: Callable[[], list[int]], num_bytes: int) -> list[int]:
    """Runs an encoding in one of the few threads that are for it, so that streams go on meanwhile; a short one here.

    A foreign tokenizer's expressions may take for ever: it gets a thread of its own, and a time (ApiError 400).
    """
    if not served.codec.is_ours:
        try:
            return await asyncio.wait_for(in_daemon_thread(encode), ENCODE_S)
        except TimeoutError:
            message = f"the tokenizer of {served.name} has not read this text in {ENCODE_S:.0f} s"
            raise ApiError(400, message, code="slow_tokenizer", params={"seconds": ENCODE_S}) from None
    if num_bytes <= _INLINE_BYTES:
        return encode()
    return await asyncio.get_running_loop().run_in_executor(served.server.encoders, encode)


def _request(served: Served, body: Sampling, prompt_ids: Sequence[int], given: dict[str, Any]) -> Request:
    """One engine request; `given` are fields of it.

    Raises ApiError naming the field of the body that does not fit this model.
    """
    about = served.engine.describe()
    field = "messages" if isinstance(body, ChatBody) else "prompt"
    check_ids(served, field, prompt_ids)
    room = about.context_tokens - len(prompt_ids)
    for name, ids in (("logit_bias", body.logit_bias), ("stop_token_ids", body.stop_token_ids)):
        if ids and max(ids) >= about.vocabulary_tokens:
            raise unknown_token(name, about.vocabulary_tokens - 1)
    max_tokens = _max_tokens(body, room, served.settings.default_max_tokens)
    if (body.min_tokens or 0) > max_tokens:
        message = f"min_tokens is {body.min_tokens}; the answer may have {max_tokens}"
        raise bad("min_tokens", message, "number_too_high", most=max_tokens)
    return Request(
        prompt_ids=tuple(prompt_ids),
        max_tokens=max_tokens,
        top_k=body.top_k if body.top_k and body.top_k > 0 else None,
        logit_bias=tuple((body.logit_bias or {}).items()),
        stop_token_ids=tuple(body.stop_token_ids or ()),
        **{name: value for name in _DRAWING if (value := getattr(body, name)) is not None},
        **given,
    )


def check_ids(served: Served, field: str, token_ids: Sequence[int]) -> None:
    """Refuses ids that the model does not know, or so many that no answer fits after them."""
    about = served.engine.describe()
    if not max(token_ids) < about.vocabulary_tokens:
        raise unknown_token(field, about.vocabulary_tokens - 1)
    if len(token_ids) >= about.context_tokens:
        raise _too_long(field, len(token_ids), about.context_tokens)


def _too_long(field: str, num_tokens: int, context_tokens: int) -> ApiError:
    message = f"{field} has {num_tokens} tokens; the model holds {context_tokens} with the answer"
    return bad(field, message, "context_length_exceeded", "prompt", tokens=num_tokens, most=context_tokens)


def _max_tokens(body: Sampling, room: int, default: int) -> int:
    """How long the answer may become; `room` is what the context leaves. More is refused, never silently cut."""
    field, most = "max_tokens", body.max_tokens
    if isinstance(body, (ChatBody, CompletionBody)) and body.max_completion_tokens is not None:
        field, most = "max_completion_tokens", body.max_completion_tokens
    if most is None:
        return min(default, room)
    if most == -1:  # llama.cpp's and Ollama's "no limit"
        return room
    lowest = 0 if isinstance(body, CompletionBody) and body.echo else 1
    if not lowest <= most <= room:
        message = f"{field} is {most}; the model's context leaves {lowest} to {room} after this prompt"
        if most > room:
            raise bad(field, message, "context_length_exceeded", "answer", value=most, most=room)
        raise bad(field, message, "number_too_low", least=lowest)
    return most


def _guide(body: Sampling) -> Guide | None:
    """What the answer must look like: our own field, or OpenAI's response_format."""
    if body.guide is not None and body.response_format is not None and body.response_format.type != "text":
        raise bad("guide", "guide and response_format cannot be used together", "two_guides")
    if body.guide is not None:
        return body.guide.to_guide()
    try:
        return body.response_format.to_guide() if body.response_format else None
    except ValueError as error:
        raise bad("response_format", str(error), "bad_value") from None


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
