import pytest
import torch

from malmoi.model.cache import Cache
from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer, start

SHAPE = ModelSettings(layers=2, hidden=32, heads=4, kv_heads=2, feed_forward=48, context_tokens=32).shape(67)


@pytest.fixture(scope="module")
def model() -> Transformer:
    model = Transformer(SHAPE)
    start(model, 0)
    return model.eval().requires_grad_(False)


def full(model, tokens):
    return model(torch.tensor([tokens]), torch.arange(len(tokens))[None])[0]


def text(seed, length):
    return torch.randint(0, 67, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def test_reading_in_pieces_and_token_by_token_gives_the_logits_of_one_pass(model):
    tokens, cache, seen = text(0, 20), Cache.empty(SHAPE, rows=1, slots=32), []
    for start_, stop in ((0, 7), (7, 12), *((place, place + 1) for place in range(12, 20))):
        piece = torch.tensor([tokens[start_:stop]])
        seen.append(model(piece, cache.next_positions(stop - start_), cache=cache)[0])
        cache.advance(stop - start_)
    assert torch.allclose(torch.cat(seen), full(model, tokens), atol=1e-5)
    assert cache.lengths_B.tolist() == [20]


def test_requests_of_different_lengths_decode_together_as_they_would_alone(model):
    texts = [text(seed, length) for seed, length in ((1, 9), (2, 3), (3, 15))]
    cache = Cache.empty(SHAPE, rows=4, slots=32)
    for row, tokens in enumerate(texts):
        one = cache.rows(row, row + 1)
        model(torch.tensor([tokens[:-1]]), one.next_positions(len(tokens) - 1), cache=one)
        one.advance(len(tokens) - 1)
    running = cache.rows(0, 3)
    last = torch.tensor([[tokens[-1]] for tokens in texts])
    logits = model(last, running.next_positions(1), cache=running)
    for row, tokens in enumerate(texts):
        assert torch.allclose(logits[row, 0], full(model, tokens)[-1], atol=1e-5)


def test_prompts_padded_on_the_right_are_read_at_once_and_the_padding_is_never_seen(model):
    texts = [text(4, 10), text(5, 4)]
    cache = Cache.empty(SHAPE, rows=2, slots=32)
    padded = torch.tensor([texts[0][:9], texts[1][:3] + [66] * 6])
    logits = model(padded, cache.next_positions(9), cache=cache)
    assert torch.allclose(logits[1, :3], full(model, texts[1][:3]), atol=1e-5)
    cache.advance(torch.tensor([9, 3]))
    last = torch.tensor([[tokens[-1]] for tokens in texts])
    logits = model(last, cache.next_positions(1), cache=cache)
    for row, tokens in enumerate(texts):
        assert torch.allclose(logits[row, 0], full(model, tokens)[-1], atol=1e-5)


def test_a_moved_request_goes_on_and_a_used_row_needs_no_clearing(model):
    long, short = text(6, 20), text(7, 6)
    cache = Cache.empty(SHAPE, rows=2, slots=32)
    for row, tokens in enumerate((long, short)):
        one = cache.rows(row, row + 1)
        model(torch.tensor([tokens[:-1]]), one.next_positions(len(tokens) - 1), cache=one)
        one.advance(len(tokens) - 1)
    cache.move(1, 0)  # the long request has ended; what it left in slots 5 to 18 of row 0 stays there
    assert cache.lengths_B.tolist() == [5, 0]
    running = cache.rows(0, 1)
    logits = model(torch.tensor([[short[-1]]]), running.next_positions(1), cache=running)
    assert torch.allclose(logits[0, 0], full(model, short)[-1], atol=1e-5)


def test_a_mask_narrows_what_a_query_sees_in_the_cache(model):
    tokens, cache = text(8, 12), Cache.empty(SHAPE, rows=1, slots=32)
    model(torch.tensor([tokens[:11]]), cache.next_positions(11), cache=cache)
    cache.advance(11)
    everything = model(torch.tensor([tokens[11:]]), cache.next_positions(1), cache=cache)
    visible = torch.arange(12)[None, None, None] > 3
    narrowed = model(torch.tensor([tokens[11:]]), cache.next_positions(1), visible, cache)
    assert not torch.allclose(everything, narrowed, atol=1e-5)


def test_the_cache_takes_the_memory_that_the_shape_says():
    cache = Cache.empty(SHAPE, rows=3, slots=10)
    found = sum(each.numel() * each.element_size() for each in (*cache.keys, *cache.values))
    assert found == 3 * 10 * SHAPE.cache_bytes_per_token(4)
