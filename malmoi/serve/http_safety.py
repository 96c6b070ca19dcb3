"""The safety policy on requests and answers: prompts before they are encoded, answers on their way to the client."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing

from malmoi.serve.engine import Guide
from malmoi.serve.http_errors import ApiError, bad
from malmoi.serve.http_schema import ChatBody, CompletionBody, Sampling
from malmoi.serve.keys import Key
from malmoi.serve.safety.check import Judged, Span, judge
from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.safety.stream import FINISH, StreamFilter, covered
from malmoi.serve.served import Served
from malmoi.serve.text import TextPiece

FLAGS_HEADER = "x-malmoi-flags"
"""What was found in the prompts, as kind=count; never the words."""
_KOREAN = {"profanity": "욕설", "harm": "혐오 표현", "personal": "개인 정보"}


def safety_of(served: Served, key: Key) -> SafetySettings:
    """The safety policy of a request: its key's, else the server's."""
    return key.safety or served.settings.safety


async def judged(served: Served, body: Sampling, key: Key) -> tuple[Sampling, dict[str, str]]:
    """The body with its texts masked as the policy says, and the headers that tell what was flagged.

    Ids are read as text for that, and stay as they are: what would have to be masked in them is refused. Raises
    ApiError 400 with code content_filter for what is blocked.
    """
    settings = safety_of(served, key)
    _check_asked(settings, body)
    checked, headers = await _judged(served, _texts(served, body), settings.input)
    return (_with_texts(body, [one.text for one in checked]) if checked else body), headers


async def judged_inputs(
    served: Served, inputs: Sequence[str | Sequence[int]], key: Key
) -> tuple[Sequence[str | Sequence[int]], dict[str, str]]:
    """`judged` for the texts and lists of ids of a request that gets vectors."""
    texts = (_as_text(served, "input", each) for each in inputs)
    checked, headers = await _judged(served, texts, safety_of(served, key).input)
    masked = [one.text if isinstance(each, str) else each for one, each in zip(checked, inputs, strict=bool(checked))]
    return (masked if checked else inputs), headers


async def _judged(
    served: Served, texts: Iterable[tuple[str, str, bool]], rules: Rules
) -> tuple[list[Judged], dict[str, str]]:
    """(field, text, whether it was given as ids) judged in a thread, and the headers; nothing where no rule looks."""
    if not rules.wanted():
        return [], {}
    checked = await asyncio.get_running_loop().run_in_executor(served.server.encoders, _checked, served, texts, rules)
    flags = Counter(span.kind for one in checked for span in one.spans)
    headers = {FLAGS_HEADER: ", ".join(f"{kind}={flags[kind]}" for kind in sorted(flags))} if flags else {}
    return checked, headers


def _check_asked(settings: SafetySettings, body: Sampling) -> None:
    """Log-probabilities, alternatives and echoed ids would show what is covered."""
    changes = {settings.output.action(kind) for kind in settings.output.wanted()} & {"mask", "block"}
    wants = getattr(body, "logprobs", None)
    if changes and wants is not None and wants is not False:
        message = "logprobs would show what this server's safety policy covers; ask without it"
        raise bad("logprobs", message, FINISH, "logprobs")


def _checked(served: Served, texts: Iterable[tuple[str, str, bool]], rules: Rules) -> list[Judged]:
    """Judges the texts of a request. Raises ApiError for one that is blocked, or for ids whose text would be masked."""
    checked = []
    for field, text, is_ids in texts:
        one = judge(text, rules)
        _count(served, "prompt", rules, one.spans)
        if one.blocked or (is_ids and one.text != text):
            raise blocked(field, one.blocked or one.spans[0])
        checked.append(one)
    return checked


def blocked(field: str | None, span: Span) -> ApiError:
    """The refusal. It names the kind, not the word: errors are logged by clients."""
    message = f"{field} holds {span.kind}, which this server's safety policy does not let in"
    return bad(field, message, FINISH, kind={"ko": _KOREAN[span.kind], "en": span.kind})


def _texts(served: Served, body: Sampling) -> Iterable[tuple[str, str, bool]]:
    """(field, text, whether it was given as ids) of everything that a body says."""
    if isinstance(body, ChatBody):
        for number, message in enumerate(body.messages):
            yield f"messages[{number}].content", message.content or "", False
    if isinstance(body, CompletionBody):
        yield from (_as_text(served, "prompt", prompt) for prompt in body.prompt)


def _as_text(served: Served, field: str, prompt: str | Sequence[int]) -> tuple[str, str, bool]:
    if isinstance(prompt, str):
        return field, prompt, False
    return field, served.codec.decode(prompt), True


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


def filtered(
    served: Served, pieces: AsyncGenerator[TextPiece, None], key: Key, guide: Guide | None = None, before: str = ""
) -> AsyncGenerator[TextPiece, None]:
    """An answer under the policy of a key. No client sees the tokens of what is covered, for logprobs is refused.

    guide: what the answer has to look like; before: what it goes on.
    """
    rules = safety_of(served, key).output
    return _covered(served, pieces, rules, StreamFilter(rules, before, guide)) if rules.wanted() else pieces


async def _covered(
    served: Served, pieces: AsyncGenerator[TextPiece, None], rules: Rules, state: StreamFilter
) -> AsyncGenerator[TextPiece, None]:
    """An answer that is looked at; what was found is counted at its end."""
    async with aclosing(covered(pieces, state, served.server.encoders)) as shown:
        async for piece in shown:
            if piece.finish:
                _count(served, "answer", rules, state.spans)
            yield piece
