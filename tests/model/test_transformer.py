import pytest
import torch
from torch.nn import functional

from malmoi.model.shape import ModelSettings
from malmoi.model.spans import block_mask, spans_of
from malmoi.model.transformer import Transformer, start

SIZES = {"layers": 2, "hidden": 32, "heads": 4, "feed_forward": 48, "context_tokens": 128}
SHAPES = {
    "tied, shared keys": ModelSettings(**SIZES, kv_heads=2, tied=True).shape(67),
    "untied, one key head": ModelSettings(**SIZES, kv_heads=1, tied=False, rope_theta=500_000.0).shape(67),
    "untied, a key head each": ModelSettings(**SIZES, kv_heads=4, tied=False, norm_epsilon=1e-6).shape(67),
}


def new_model(shape, seed=0) -> Transformer:
    model = Transformer(shape)
    start(model, seed)
    with torch.no_grad():  # larger weights than at the start of training, so that a wrong term shows
        for parameter in model.parameters():
            parameter.mul_(1 + torch.rand(parameter.shape, generator=torch.Generator().manual_seed(1)) * 4)
    return model


def numbers(*size, high=67, seed=0):
    return torch.randint(0, high, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_logits_and_gradients_equal_those_of_transformers_llama(shape):
    from transformers import LlamaConfig, LlamaForCausalLM

    ours = new_model(shape)
    theirs = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=67,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=shape.kv_heads,
            max_position_embeddings=128,
            rms_norm_eps=shape.norm_epsilon,
            rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
            tie_word_embeddings=shape.tied,
        )
    )
    theirs.load_state_dict(ours.state_dict())
    tokens = numbers(3, 100)
    positions = torch.arange(100).expand(3, 100)
    our_logits, their_logits = ours(tokens, positions), theirs(tokens).logits
    assert (our_logits - their_logits).abs().max() < 1e-4
    for logits in (our_logits, their_logits):
        functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
    theirs_by_name = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        assert torch.allclose(parameter.grad, theirs_by_name[name].grad, atol=1e-5, rtol=1e-4), name


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_number_of_parameters_is_what_the_shape_says(shape):
    assert sum(parameter.numel() for parameter in Transformer(shape).parameters()) == shape.parameters


def test_start_is_the_same_for_the_same_seed_and_keeps_the_stream_small():
    shape = SHAPES["tied, shared keys"]
    one, same, other = Transformer(shape), Transformer(shape), Transformer(shape)
    start(one, 1), start(same, 1), start(other, 2)
    parameters = dict(one.named_parameters())
    assert sum(parameter.ndim == 1 for parameter in parameters.values()) == 5  # the norms: two a layer, one at the end
    for name, parameter in parameters.items():
        assert torch.equal(parameter, same.get_parameter(name))
        if parameter.ndim == 1:
            assert bool((parameter == 1).all())
        else:
            assert not torch.equal(parameter, other.get_parameter(name))
            expected = 0.01 if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02  # 0.02 / sqrt(2 x 2)
            assert parameter.std().item() == pytest.approx(expected, rel=0.1)


POSITIONS = torch.tensor([[*range(10), *range(25), *range(13)], [*range(3), *range(4), *range(41)]])
"""Two packed rows of 48 tokens: documents of 10, 25, 13 and of 3, 4, 41."""


@pytest.mark.parametrize("mask_of", [spans_of, block_mask])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_packed_document_gets_the_logits_that_it_gets_alone(shape, mask_of):
    model, tokens = new_model(shape), numbers(2, 48)
    packed = model(tokens, POSITIONS, mask_of(POSITIONS))
    for row, begin, end in ((0, 0, 10), (0, 10, 35), (0, 35, 48), (1, 0, 3), (1, 3, 7), (1, 7, 48)):
        alone = model(tokens[row : row + 1, begin:end], torch.arange(end - begin)[None])
        assert torch.allclose(packed[row, begin:end], alone[0], atol=1e-5)


@pytest.mark.parametrize("mask_of", [spans_of, block_mask])
def test_changing_one_document_leaves_the_logits_of_its_neighbours_bit_for_bit(mask_of):
    model, tokens = new_model(SHAPES["tied, shared keys"]), numbers(2, 48)
    changed = tokens.clone()
    changed[0, 10:35] = (changed[0, 10:35] + 1) % 67
    before, after = (model(one, POSITIONS, mask_of(POSITIONS)) for one in (tokens, changed))
    is_same = (before == after).all(dim=-1)
    assert is_same[0, :10].all()
    assert is_same[0, 35:].all()
    assert is_same[1].all()
    assert not is_same[0, 10:35].any()


def test_no_token_sees_a_later_one():
    model, tokens = new_model(SHAPES["tied, shared keys"]), numbers(1, 20)
    changed = tokens.clone()
    changed[0, 12] = (changed[0, 12] + 1) % 67
    positions = torch.arange(20)[None]
    is_same = (model(tokens, positions) == model(changed, positions)).all(dim=-1)[0]
    assert is_same[:12].all()
    assert not is_same[12:].any()
