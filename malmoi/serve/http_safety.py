"""The safety policy on requests and answers: prompts before they are encoded, answers on their way to the client."""

import asyncio
import functools
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace

from malmoi.serve.http_errors import ApiError, bad
from malmoi.serve.http_schema import ChatBody, CompletionBody, Sampling
from malmoi.serve.safety.check import Judged, Span, judge
from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.safety.stream import StreamFilter
from malmoi.serve.served import Served
from malmoi.serve.text import TextPiece

FLAGS_HEADER = "x-malmoi-flags"
"""What was found in the prompts, as kind=count; never the words."""
FINISH = "content_filter"
"""OpenAI's finish_reason for an answer that a filter ended."""
_KOREAN = {"profanity": "욕설", "harm": "혐오 표현", "personal": "개인정보"}


async def judged(served: Served, body: Sampling) -> tuple[Sampling, dict[str, str]]:
    """The body with its texts masked as the policy says, and the headers that tell what was flagged.

    Ids are read as text for that, and stay as they are: what would have to be masked in them is refused. Raises
    ApiError 400 with code content_filter for what is blocked.
    """
    settings = served.settings.safety
    _check_asked(settings, body)
    rules = settings.input
    if not rules.wanted():
        return body, {}
    checked = await asyncio.get_running_loop().run_in_executor(served.server.encoders, _checked, served, body, rules)
    flags = Counter(span.kind for one in checked for span in one.spans)
    headers = {FLAGS_HEADER: ", ".join(f"{kind}={flags[kind]}" for kind in sorted(flags))} if flags else {}
    return _with_texts(body, [one.text for one in checked]), headers


def _check_asked(settings: SafetySettings, body: Sampling) -> None:
    """Log-probabilities, alternatives and echoed ids would show what is covered."""
    changes = {settings.output.action(kind) for kind in settings.output.wanted()} & {"mask", "block"}
    wants = getattr(body, "logprobs", None)
    if changes and wants is not None and wants is not False:
        message = "logprobs would show what this server's safety policy covers; ask without it"
        raise bad("logprobs", message, FINISH)


def _checked(served: Served, body: Sampling, rules: Rules) -> list[Judged]:
    checked = []
    for field, text, is_ids in _texts(served, body):
        one = judge(text, rules)
        _count(served, "prompt", rules, one.spans)
        if one.blocked or (is_ids and one.text != text):
            raise blocked(field, one.blocked or one.spans[0])
        checked.append(one)
    return checked


def blocked(field: str | None, span: Span) -> ApiError:
    """The refusal. It names the kind, not the word: errors are logged by clients."""
    korean = f"이 서버의 안전 정책에 따라 {_KOREAN[span.kind]}이(가) 든 요청에는 답하지 않아요."
    message = f"{field} holds {span.kind}, which this server's safety policy does not let in"
    return ApiError(400, message, field, FINISH, korean)


def _texts(served: Served, body: Sampling) -> Iterable[tuple[str, str, bool]]:
    """(field, text, whether it was given as ids) of everything that a body says."""
    if isinstance(body, ChatBody):
        for number, message in enumerate(body.messages):
            yield f"messages[{number}].content", message.content or "", False
    if isinstance(body, CompletionBody):
        for prompt in body.prompt:
            is_ids = not isinstance(prompt, str)
            yield "prompt", served.codec.decode(prompt) if is_ids else prompt, is_ids


def _with_texts(body: Sampling, texts: list[str]) -> Sampling:
    """The body with these texts in the order of _texts."""
    if isinstance(body, ChatBody):
        told = [
            message if text == (message.content or "") else message.model_copy(update={"content": text})
            for message, text in zip(body.messages, texts, strict=True)
        ]
        return body.model_copy(update={"messages": told})
    if isinstance(body, CompletionBody):
        prompts = [text if isinstance(prompt, str) else prompt for prompt, text in zip(body.prompt, texts, strict=True)]
        return body.model_copy(update={"prompt": prompts})
    return body


def _count(served: Served, where: str, rules: Rules, spans: Iterable[Span]) -> None:
    """Tells the operator how much was found; an answer that is flagged goes out as it is and is told here alone."""
    for span in spans:
        served.server.metrics.safety_hits.labels(where, span.kind, rules.action(span.kind)).inc()


async def filtered(served: Served, pieces: AsyncGenerator[TextPiece, None]) -> AsyncGenerator[TextPiece, None]:
    """An answer whose masked spans never leave; a blocked one ends before the span, and so does the engine's work.

    It is looked at in a thread, for a look takes milliseconds and would hold up every other stream. Its tokens go on
    with it for the record of the answer; no client sees them, for logprobs is refused.
    """
    rules = served.settings.safety.output
    if not rules.wanted():
        async for piece in pieces:
            yield piece
        return
    state = StreamFilter(rules)
    shows_all = all(rules.action(kind) == "flag" for kind in rules.wanted())
    async with aclosing(pieces):
        async for piece in pieces:
            is_last = piece.finish is not None
            look = functools.partial(state.feed, piece.text, is_last=is_last)
            is_due = state.is_due(piece.text, is_last=is_last)
            text = await asyncio.get_running_loop().run_in_executor(served.server.encoders, look) if is_due else look()
            finish = FINISH if state.blocked else piece.finish
            if finish:
                _count(served, "answer", rules, state.spans)
            yield piece if shows_all else replace(piece, text=text, finish=finish)
            if finish:
                return
