"""A request on its way to the engine: its model, its place, the ids of its prompts. All routes begin here."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from malmoi.serve.admission import Place
from malmoi.serve.http_ask import Ask, asked, check
from malmoi.serve.http_choices import Said, said
from malmoi.serve.http_route import routed
from malmoi.serve.http_safety import judged
from malmoi.serve.http_schema import Sampling
from malmoi.serve.http_shadow import Shadows
from malmoi.serve.http_stream import hold_tokens, take_place, told
from malmoi.serve.http_trace import Trace
from malmoi.serve.served import Served


@dataclass(frozen=True)
class Begun:
    """One request that has its place. flags: headers that tell what the safety policy found in it."""

    served: Served
    ask: Ask
    place: Place
    trace: Trace
    flags: dict[str, str]

    def said(self) -> AsyncGenerator[Said, None]:
        """What the answers say. The place is released when the engine is done, or when this is closed."""
        return said(self.served, self.ask, self.place, self.trace)


async def begin(shadows: Shadows, body: Sampling, num_top: int, trace: Trace, within_s: float | None = None) -> Begun:
    """Routes a request, takes its place and encodes it. within_s: its answer begins by then, since the request came.

    Raises ApiError for what is wrong with it or where there is no place; then nothing is held.
    """
    trace.user = body.user if isinstance(body.user, str) else None
    async with routed(shadows.models, trace, body.model, trace.user, within_s) as served:
        check(served, body)
        num_answers = len(getattr(body, "prompt", "1")) * body.num_answers
        place = take_place(served, num_answers, trace.key, trace.left_s(within_s))
        trace.placed_s = trace.elapsed_s
    try:
        asked_name = body.model
        body, flags = await judged(served, body, trace.key)
        ask = await asked(served, body, num_top, trace)
        hold_tokens(served, place, trace, ask.prompt_tokens, ask.most_tokens)
        shadows.offer(asked_name, served, ask, trace)
        return Begun(served, ask, place, trace, flags)
    except BaseException as error:
        place.release()
        raise told(error, guide_field(body)) from None


def guide_field(body: Sampling) -> str | None:
    """The field that holds the request's guide: what the engine says of a wrong one is said of that field."""
    return "guide" if body.guide else "response_format" if body.response_format else None
