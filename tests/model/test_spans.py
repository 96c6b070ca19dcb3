import torch
from torch.nn import functional

from malmoi.model.spans import GROUPED_TOKENS, attend, block_mask, spans_of


def positions_of(*rows):
    return torch.tensor([[place for length in row for place in range(length)] for row in rows])


def test_short_neighbours_are_grouped_and_long_documents_stand_alone():
    spans = spans_of(positions_of([100, 20, 8, 300, 2, 3, 67]))
    assert spans.lengths == [128, 300, 72]
    assert [mask is None for mask in spans.masks] == [False, True, False]
    assert max(spans.lengths[0], spans.lengths[2]) <= GROUPED_TOKENS


def test_a_group_may_span_rows_and_its_mask_keeps_the_documents_apart():
    spans = spans_of(positions_of([2, 1], [1, 2]))
    assert spans.lengths == [6]
    expected = [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1, 1],
    ]
    assert spans.masks[0].int().tolist() == expected


def test_pieces_cover_the_line_whatever_the_documents():
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        starts = torch.rand(4, 64, generator=generator) < 0.2
        places = torch.arange(64).expand(4, 64)
        positions = places - torch.where(starts, places, 0).cummax(dim=1).values
        assert sum(spans_of(positions).lengths) == 4 * 64


def test_block_mask_without_boundaries_is_the_causal_mask():
    assert torch.equal(block_mask(torch.arange(7)[None])[0, 0], torch.ones(7, 7).tril().bool())


def test_attention_piece_by_piece_is_attention_under_the_whole_mask():
    """A document that stands alone has no mask of its own, and still sees nothing later."""
    positions = positions_of([150, 30, 20], [200])
    q, k, v = (torch.randn(2, heads, 200, 8, generator=torch.Generator().manual_seed(heads)) for heads in (4, 2, 1))
    v = v.expand(2, 2, 200, 8)
    whole = functional.scaled_dot_product_attention(q, k, v, attn_mask=block_mask(positions), enable_gqa=True)
    assert torch.allclose(attend(q, k, v, spans_of(positions)), whole, atol=1e-5)
