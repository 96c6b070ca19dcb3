"""Continuations of held-out beginnings, as the model gave them: no second try, no choice among several."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from malmoi.evaluate.heldout import Excerpt
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.serve.engine import Engine, Request
from malmoi.tokenizer.codec import Codec, after_begin

MIN_FOLLOWING_TOKENS = 8
"""A document must go on for so long after its beginning, so that there is something to continue."""


@dataclass(frozen=True)
class Continuation:
    """A beginning, what the model wrote after it, and what the document says there. finish: "stop" or "length"."""

    document_id: str
    kind: str
    prompt: str
    continuation: str
    reference: str
    tokens: int
    finish: str


async def sample(
    engine: Engine,
    codec: Codec,
    excerpts: Sequence[Excerpt],
    settings: EvaluateSettings,
    progress: Callable[[int, int], None],
) -> list[Continuation]:
    """Continues `settings.samples` beginnings, one after another, each with a seed of its own."""
    chosen = pick(excerpts, settings)
    result = []
    for number, excerpt in enumerate(chosen):
        result.append(await _continue(engine, codec, excerpt, settings, settings.seed + number))
        progress(number + 1, len(chosen))
    return result


def pick(excerpts: Sequence[Excerpt], settings: EvaluateSettings) -> list[Excerpt]:
    """Documents to continue: one of each kind in turn, long enough ones only."""
    by_kind: defaultdict[str, list[Excerpt]] = defaultdict(list)
    for excerpt in excerpts:
        if len(excerpt.ids) >= settings.prompt_tokens + MIN_FOLLOWING_TOKENS:
            by_kind[excerpt.kind].append(excerpt)
    turns = range(max(map(len, by_kind.values()), default=0))
    in_turn = [by_kind[kind][turn] for turn in turns for kind in sorted(by_kind) if turn < len(by_kind[kind])]
    return in_turn[: settings.samples]


async def _continue(
    engine: Engine, codec: Codec, excerpt: Excerpt, settings: EvaluateSettings, seed: int
) -> Continuation:
    """One continuation. The beginning takes at most half of the context and ends with a whole character."""
    context = engine.describe().context_tokens
    count = _whole_characters(codec, excerpt.ids[: min(settings.prompt_tokens, max(1, context // 2))])
    prompt, following = excerpt.ids[:count], excerpt.ids[count : count + settings.sample_tokens]
    request = Request(
        prompt_ids=tuple(after_begin(prompt, codec.begin_ids)),
        max_tokens=min(settings.sample_tokens, context - 1 - count),
        temperature=settings.temperature,
        top_p=settings.top_p,
        seed=seed,
    )
    written: list[int] = []
    finish = "length"  # an engine that ends without a word has reached a limit of its own
    async for pieces in engine.generate(request):
        written.extend(piece.token_id for piece in pieces if not piece.is_end)
        finish = pieces[-1].finish or finish
    return Continuation(
        excerpt.id,
        excerpt.kind,
        prompt=codec.decode(prompt),
        continuation=codec.decode(written),
        reference=codec.decode(following),
        tokens=len(written),
        finish=finish,
    )


def _whole_characters(codec: Codec, ids: Sequence[int]) -> int:
    """How many of `ids` to take so that they end with a whole character; all where none do."""
    for count in range(len(ids), 0, -1):
        try:
            b"".join(map(codec.token_bytes, ids[:count])).decode("utf-8")
        except UnicodeDecodeError:
            continue
        return count
    return len(ids)
