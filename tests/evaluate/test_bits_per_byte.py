import asyncio
import math

import pytest

from malmoi.evaluate.bits_per_byte import Measured, bits_per_byte, score, weighted, windows
from malmoi.evaluate.heldout import Excerpt
from malmoi.kit.errors import UserError


@pytest.mark.parametrize("context_tokens", [2, 3, 7, 16, 100])
@pytest.mark.parametrize("context_share", [0.0, 0.25, 0.5, 0.99])
@pytest.mark.parametrize("length", [1, 2, 6, 7, 15, 16, 17, 99])
def test_every_token_is_scored_once_with_enough_before_it(context_tokens: int, context_share: float, length: int):
    ids = list(range(1, length + 1))
    scored: list[int] = []
    for number, window in enumerate(windows(ids, context_tokens, context_share)):
        assert len(window.ids) <= context_tokens
        assert window.first >= (
            1 if number == 0 else min(max(1, int(context_tokens * context_share)), context_tokens - 1)
        )
        before = (0, *ids)[len(scored) + 1 - window.first : len(scored) + 1]
        assert window.ids[: window.first] == before
        scored += window.ids[window.first :]
    assert scored == ids


def test_the_first_token_follows_the_separator():
    [window] = windows([5, 6], 10, 0.5)
    assert window.ids == (0, 5, 6)
    assert window.first == 1


def test_a_context_of_one_token_is_refused():
    with pytest.raises(UserError, match="context is 1 tokens"):
        list(windows([1, 2], 1, 0.5))


def test_bits_are_nats_over_ln_2_and_bytes():
    assert bits_per_byte(math.log(2) * 24, 12) == pytest.approx(2.0)
    assert Measured(1, 3, 0, 1.0).bits_per_byte == 0.0


def test_an_engine_that_knows_nothing_needs_the_logarithm_of_its_vocabulary(make_engine):
    excerpts = [Excerpt("a", "news", tuple(range(1100, 1300)), 600), Excerpt("b", "law", (1100, 0), 3)]
    excerpts += [Excerpt("c", "news", (1200, 0), 3)]
    seen: list[tuple[int, int]] = []
    result = asyncio.run(score(make_engine(), excerpts, 0.5, lambda done, total: seen.append((done, total))))
    assert (result["news"].documents, result["news"].tokens, result["news"].text_bytes) == (2, 202, 603)
    assert result["news"].nats == pytest.approx(202 * math.log(1400))
    assert result["law"].bits_per_byte == pytest.approx(2 * math.log2(1400) / 3)
    assert seen[-1] == (204, 204)


@pytest.mark.parametrize("logprob", [-math.inf, math.nan])
def test_a_logprob_that_is_no_number_is_named(make_engine, logprob: float):
    with pytest.raises(UserError, match="for token 7"):
        asyncio.run(score(make_engine(logprob=logprob), [Excerpt("a", "news", (7,), 3)], 0.5, lambda *_: None))


def test_a_total_weighs_kinds_by_their_heldout_text():
    assert weighted({"law": 1.0, "news": 4.0}, {"law": 200, "news": 100}) == pytest.approx(2.0)
    assert weighted({}, {}) == 0.0
