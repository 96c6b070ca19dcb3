"""Beginnings that were read before: found, kept apart, forgotten in order, and never seen in an answer."""

import asyncio
import contextlib
import dataclasses
import random

import pytest
import torch

from malmoi.kit.errors import UserError
from malmoi.model.cache import PIECE_TOKENS, Row
from malmoi.model.shape import ModelSettings
from malmoi.serve.engine import Request
from malmoi.serve.prefix_cache import PrefixCache
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine

SHAPE = ModelSettings(layers=1, hidden=8, heads=1, kv_heads=1, feed_forward=8, context_tokens=512).shape(10)
PIECE_BYTES = PIECE_TOKENS * SHAPE.cache_bytes_per_token()
SETTINGS = ServeSettings(slots=3, prefill_tokens=16, device="cpu", threads=1)


def cache_of(pieces):
    return PrefixCache(pieces * PIECE_BYTES, Row.empty(SHAPE, torch.zeros(1)))


def row_of(length, value=1.0):
    row = Row.empty(SHAPE, torch.zeros(1))
    row.reserve(length)
    row.keys.fill_(value)
    row.values.fill_(value)
    row.length = length
    return row


def filled(cache, token_ids, salt=""):
    row = Row.empty(SHAPE, torch.zeros(1))
    cache.fill(row, token_ids, salt)
    return row.length


def test_whole_pieces_are_found_and_the_last_token_is_always_read():
    cache, ids = cache_of(20), list(range(70))
    cache.keep(row_of(70), ids, "")
    assert [filled(cache, ids[:length]) for length in (32, 33, 64, 65, 70)] == [0, 32, 32, 64, 64]
    assert filled(cache, [5, *ids[1:]]) == 0
    assert filled(cache, [*ids[:40], *ids]) == 32
    assert (cache.hits, cache.saved_tokens) == (5, 32 * 3 + 64 * 2)


def test_who_has_another_salt_finds_nothing():
    cache, ids = cache_of(20), list(range(70))
    cache.keep(row_of(70), ids, "a key\n")
    assert filled(cache, ids, "another key\n") == filled(cache, ids, "a key\nsalt") == 0
    assert filled(cache, ids, "a key\n") == 64


def test_what_was_used_longest_ago_goes_first_and_an_end_before_its_beginning():
    cache, first, second = cache_of(4), list(range(97)), list(range(100, 200))
    cache.keep(row_of(97), first, "")
    cache.keep(row_of(64), second, "")
    assert cache.held_bytes == 4 * PIECE_BYTES
    assert (filled(cache, first), filled(cache, second)) == (64, 64)
    assert filled(cache, first) == 64
    cache.keep(row_of(32), list(range(300, 332)), "")
    assert (filled(cache, first), filled(cache, second)) == (64, 32)


def test_of_a_text_that_is_longer_than_the_cache_the_beginning_is_kept():
    cache, ids = cache_of(2), list(range(97))
    cache.keep(row_of(97), ids, "")
    cache.keep(row_of(97), ids, "")
    assert (filled(cache, ids), cache.held_bytes) == (64, 2 * PIECE_BYTES)


def test_memory_that_is_not_there_is_told_when_the_cache_is_made():
    with pytest.raises(UserError, match="prefix_cache_bytes"):
        cache_of(2**60)


def test_a_cache_of_no_bytes_keeps_nothing():
    cache = cache_of(0)
    cache.keep(row_of(70), list(range(70)), "")
    assert (filled(cache, list(range(70))), cache.held_bytes) == (0, 0)


def made(model_folder, cache_bytes):
    return TorchEngine(model_folder, dataclasses.replace(SETTINGS, prefix_cache_bytes=cache_bytes))


@pytest.fixture(scope="module")
def plain(model_folder):
    with made(model_folder, 0) as engine:
        yield engine


async def collect(steps, most=1000):
    """The first `most` pieces; who has them leaves."""
    pieces = []
    async with contextlib.aclosing(steps) as opened:
        async for step in opened:
            pieces += step
            if len(pieces) >= most:
                break
    return pieces[:most]


@pytest.mark.parametrize("pieces_held", [5, 1000])
def test_answers_are_the_same_to_the_last_bit_with_and_without(model_folder, plain, pieces_held):
    draw = random.Random(pieces_held)
    piece_bytes = PIECE_TOKENS * plain._model.shape.cache_bytes_per_token()
    begins = [[draw.randrange(1029, 1387) for _ in range(80)] for _ in range(3)]
    asked = []
    for number in range(16):
        ids = draw.choice(begins)[: draw.choice((0, 20, 33, 64, 80))]
        ids = [*ids, *(draw.randrange(1029, 1387) for _ in range(draw.randrange(1, 12)))]
        asked.append(Request(tuple(ids), draw.randrange(1, 36), draw.choice((0.0, 1.1)), seed=number, top_logprobs=2))
    leaves = [draw.choice((1000, 1000, 1, 4)) for _ in asked]

    async def answers(engine):
        said = []
        for first in range(0, len(asked), 4):
            steps = [
                collect(engine.generate(request), most)
                for request, most in zip(asked[first : first + 4], leaves[first : first + 4], strict=True)
            ]
            said += await asyncio.gather(*steps)
        # Each again, with its own answer as part of the prompt: the next turn of a conversation.
        for request, pieces in zip(asked, list(said), strict=True):
            ids = (*request.prompt_ids, *(piece.token_id for piece in pieces), 1300)
            said.append(
                await collect(engine.generate(dataclasses.replace(request, prompt_ids=ids[:120], max_tokens=6)))
            )
        return said

    expected = asyncio.run(answers(plain))
    with made(model_folder, pieces_held * piece_bytes) as engine:
        said = asyncio.run(answers(engine))
        assert engine.health().prefix_hits > 5
        assert engine._batch.prefixes.held_bytes <= pieces_held * piece_bytes
    assert len(said) == 2 * len(asked)
    assert said == expected


def test_a_conversation_reads_only_what_is_new_also_of_its_answers(model_folder):
    with made(model_folder, 10**8) as engine:
        ids = [1029 + number for number in range(40)]
        asked = Request(tuple(ids), 30, 0.0, ignore_eos=True, cache_salt="one")
        answer = [piece.token_id for piece in asyncio.run(collect(engine.generate(asked)))]
        longer = dataclasses.replace(asked, prompt_ids=(*ids, *answer, 1300), max_tokens=2)
        asyncio.run(collect(engine.generate(dataclasses.replace(longer, cache_salt="two"))))
        assert engine.health().prefix_tokens == 0
        asyncio.run(collect(engine.generate(longer)))
        assert engine.health().prefix_tokens == 64


def test_scores_after_a_kept_beginning_are_the_same_to_the_last_bit(model_folder, plain):
    prefix, others = list(range(1029, 1100)), [[1300], [1200, 1201], [1300, 1301, 1302]]
    expected = asyncio.run(plain.score_many(prefix, others, 2))
    with made(model_folder, 10**8) as engine:
        for tokens in (0, 64, 128):
            assert asyncio.run(engine.score_many(prefix, others, 2, "a card")) == expected
            assert engine.health().prefix_tokens == tokens
        assert asyncio.run(engine.score_many(prefix, others, 2)) == expected
        assert engine.health().prefix_tokens == 128
