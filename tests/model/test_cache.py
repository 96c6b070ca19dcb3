import contextlib
import itertools

import pytest
import torch

from malmoi.model.cache import BLOCK_TOKENS, PIECE_TOKENS, Pieces, Row, next_positions
from malmoi.model.linear import HAS_ONEDNN, Linear
from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer, start

SHAPE = ModelSettings(layers=2, hidden=32, heads=4, kv_heads=2, feed_forward=48, context_tokens=2048).shape(67)


@pytest.fixture(scope="module")
def model() -> Transformer:
    model = Transformer(SHAPE)
    start(model, 0)
    return model.eval().requires_grad_(False)


def full(model, tokens):
    return model(torch.tensor([tokens]), torch.arange(len(tokens))[None])[0]


def text(seed, length):
    return torch.randint(0, 67, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def read(model, rows, tokens):
    tokens_bt = torch.tensor(tokens)
    logits = model(tokens_bt, next_positions(rows, tokens_bt.shape[1]), cache=rows)
    for row in rows:
        row.length += tokens_bt.shape[1]
    return logits


def read_row(model, tokens):
    row = Row.empty(SHAPE, model.lm_head.weight)
    read(model, [row], [tokens])
    return row


def test_reading_in_pieces_and_token_by_token_gives_the_logits_of_one_pass(model):
    tokens, row, seen = text(0, 20), Row.empty(SHAPE, model.lm_head.weight), []
    for start_, stop in ((0, 7), (7, 12), *((place, place + 1) for place in range(12, 20))):
        seen.append(read(model, [row], [tokens[start_:stop]])[0])
    assert torch.allclose(torch.cat(seen), full(model, tokens), atol=1e-5)
    assert row.length == 20


def test_requests_of_different_lengths_decode_together_as_they_would_alone(model):
    texts = [text(seed, length) for seed, length in ((1, 9), (2, 3), (3, 15))]
    rows = [read_row(model, tokens[:-1]) for tokens in texts]
    logits = read(model, rows, [[tokens[-1]] for tokens in texts])
    for number, tokens in enumerate(texts):
        assert torch.allclose(logits[number, 0], full(model, tokens)[-1], atol=1e-5)


def test_a_row_grows_by_need_and_keeps_what_it_holds(model):
    tokens = text(4, BLOCK_TOKENS + 5)
    row = read_row(model, tokens[:3])
    assert row.slots == BLOCK_TOKENS
    for start_ in range(3, len(tokens), 100):
        logits = read(model, [row], [tokens[start_ : start_ + 100]])
    assert row.slots == 2 * BLOCK_TOKENS
    assert torch.allclose(logits[0, -1], full(model, tokens)[-1], atol=1e-5)


def test_another_text_is_read_after_the_same_beginning_by_setting_the_length_back(model):
    beginning, first, second = text(5, 9), text(6, 8), text(7, 4)
    row = read_row(model, [*beginning, *first])
    row.length = len(beginning)
    logits = read(model, [row], [second])
    assert torch.allclose(logits[0, -1], full(model, [*beginning, *second])[-1], atol=1e-5)


def test_a_row_takes_the_memory_that_the_shape_says(model):
    row = read_row(model, text(8, 10))
    found = sum(each.numel() * each.element_size() for each in (row.keys, row.values))
    assert found == BLOCK_TOKENS * SHAPE.cache_bytes_per_token(4)


@contextlib.contextmanager
def packed_model(**sizes):
    """A model with packed weights on one thread, as a server runs it."""
    packed = Transformer(ModelSettings(layers=2, context_tokens=512, **sizes).shape(500))
    threads = torch.get_num_threads()
    start(packed, 1)
    packed.requires_grad_(False)
    torch.set_num_threads(1)
    for module in packed.modules():
        if isinstance(module, Linear):
            module.pack(16)
    yield packed
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def packed():
    with packed_model(hidden=120, heads=6, kv_heads=2, feed_forward=1387) as packed:
        yield packed


@pytest.mark.skipif(not HAS_ONEDNN, reason="this build of torch has no oneDNN")
@pytest.mark.parametrize("cuts", [range(1, 101), [7, 40, 41, 64, 99], [32, 64, 96], [50]])
def test_a_token_gets_the_same_bits_however_the_text_is_cut_into_pieces(packed, cuts):
    tokens, whole = text(9, 100), Row.empty(packed.shape, packed.lm_head.weight)
    expected = read(packed, [whole], [tokens])[0]
    row = Row.empty(packed.shape, packed.lm_head.weight)
    borders = [0, *cuts, 100] if cuts[-1] < 100 else [0, *cuts]
    seen = [read(packed, [row], [tokens[first:stop]])[0] for first, stop in itertools.pairwise(borders)]
    assert torch.equal(torch.cat(seen), expected)
    for number in range(3):
        assert all(map(torch.equal, row.piece(number), whole.piece(number)))


def test_pieces_of_one_row_are_read_on_from_in_another(model):
    tokens = text(10, 70)
    row, other = read_row(model, tokens), Row.empty(SHAPE, model.lm_head.weight)
    other.reserve(70)
    pieces = Pieces(row, 3 * PIECE_TOKENS * SHAPE.cache_bytes_per_token())
    assert pieces.number == 3
    for number in range(2):
        pieces.take(2 - number, row, number)
        pieces.put(2 - number, other, number)
    other.length = 64
    logits = read(model, [other], [tokens[64:]])
    assert torch.allclose(logits[0], full(model, tokens)[64:], atol=1e-5)


@pytest.mark.skipif(not HAS_ONEDNN, reason="this build of torch has no oneDNN")
def test_with_packed_weights_a_row_gets_the_same_bits_whoever_else_is_in_the_batch():
    texts = [text(seed, length) for seed, length in enumerate((5, 90, 17, 300, 1, 41, 8, 8, 64))]

    def rows():
        result = []
        for tokens in texts:
            result.append(Row.empty(packed.shape, packed.lm_head.weight))
            read(packed, result[-1:], [tokens])
        return result

    with packed_model(hidden=128, heads=4, kv_heads=2, feed_forward=1408) as packed, torch.no_grad():
        together = read(packed, rows(), [[3]] * len(texts))
        alone = torch.cat([read(packed, [row], [[3]]) for row in rows()])
        pairs = torch.cat([read(packed, pair, [[3]] * len(pair)) for pair in (rows()[:4], rows()[4:])])
    assert torch.equal(together, alone)
    assert torch.equal(together, pairs)
