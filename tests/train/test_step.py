import dataclasses
import math

import pytest
import torch
from small_tokens import MODEL, VOCABULARY
from torch.nn import functional

from malmoi.model.spans import block_mask
from malmoi.model.transformer import Transformer, start
from malmoi.tokenizer.shards import open_part
from malmoi.train.loader import IGNORED, Loader
from malmoi.train.loss import next_token_loss
from malmoi.train.optimizer import build_optimizer, optimizer_tensors
from malmoi.train.settings import TrainSettings
from malmoi.train.step import NotFiniteError, train_step

SETTINGS = TrainSettings(steps=10, warmup_steps=0, sequence_tokens=48, batch_sequences=6, micro_sequences=2)


def new_model():
    model = Transformer(MODEL.shape(VOCABULARY))
    start(model, 0)
    return model


@pytest.fixture
def batches(tokens):
    loader = Loader(open_part(tokens, "train"), SETTINGS)
    return [loader.batch(loader.samples(step)) for step in range(3)]


def plain_step(model, optimizer, batch):
    """The same step as one would write it without any of our short cuts."""
    logits = model(batch.tokens_BT, batch.positions_BT, block_mask(batch.positions_BT))
    loss = functional.cross_entropy(logits.flatten(0, 1), batch.targets_BT.flatten(), ignore_index=IGNORED)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), SETTINGS.clip_norm)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item(), norm.item()


def test_steps_equal_those_of_plain_torch(batches):
    ours, plain = new_model(), new_model()
    our_optimizer = build_optimizer(ours, SETTINGS)
    decay = [one for one in plain.parameters() if one.ndim > 1], [one for one in plain.parameters() if one.ndim == 1]
    groups = [{"params": decay[0], "weight_decay": 0.1}, {"params": decay[1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95), eps=1e-8, fused=False, foreach=False)
    assert len(batches) == 3
    for batch in batches:
        result = train_step(ours, our_optimizer, batch, SETTINGS)
        loss, norm = plain_step(plain, optimizer, batch)
        assert result.loss == pytest.approx(loss, rel=1e-5)
        assert result.gradient_norm == pytest.approx(norm, rel=1e-4)
        assert result.tokens == batch.num_targets
    for name, parameter in plain.named_parameters():
        assert torch.allclose(parameter, ours.get_parameter(name), atol=2e-5), name


@pytest.mark.parametrize("clip_norm", [0.01, None])
def test_the_whole_gradient_has_the_norm_that_it_is_clipped_to(batches, clip_norm):
    """A plain step of size 1 moves the weights by the gradient; AdamW would hide its size."""
    model = new_model()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    settings = dataclasses.replace(SETTINGS, clip_norm=clip_norm)
    result = train_step(model, torch.optim.SGD(model.parameters(), lr=1.0), batches[0], settings)
    moved = [was - parameter.detach() for was, parameter in zip(before, model.parameters(), strict=True)]
    assert result.gradient_norm > 0.1
    assert float(torch.nn.utils.get_total_norm(moved)) == pytest.approx(clip_norm or result.gradient_norm, rel=1e-3)


def test_the_cut_into_micro_batches_changes_rounding_only(batches):
    results = []
    for micro_sequences in (1, 3, 6):
        model = new_model()
        settings = dataclasses.replace(SETTINGS, micro_sequences=micro_sequences)
        results.append(train_step(model, build_optimizer(model, settings), batches[0], settings))
    first = results[0]
    assert [result.loss for result in results] == pytest.approx([first.loss] * 3, rel=1e-6)
    assert [result.gradient_norm for result in results] == pytest.approx([first.gradient_norm] * 3, rel=1e-5)


def test_decay_applies_to_matrices_only():
    model = new_model()
    groups = build_optimizer(model, SETTINGS).param_groups
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert {one.ndim for one in groups[0]["params"]} == {2}
    assert {one.ndim for one in groups[1]["params"]} == {1}
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_the_optimizer_state_is_all_there_before_the_first_step(batches):
    model = new_model()
    optimizer = build_optimizer(model, SETTINGS)
    before = {name: tensor.data_ptr() for name, tensor in optimizer_tensors(model, optimizer).items()}
    train_step(model, optimizer, batches[0], SETTINGS)
    after = optimizer_tensors(model, optimizer)
    assert {name: tensor.data_ptr() for name, tensor in after.items()} == before
    assert all(after[f"{name}.step"] == 1 for name, _ in model.named_parameters())


def test_a_step_that_is_no_number_changes_nothing(batches):
    model = new_model()
    optimizer = build_optimizer(model, SETTINGS)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        model.model.norm.weight[0] = math.inf
    with pytest.raises(NotFiniteError):
        train_step(model, optimizer, batches[0], SETTINGS)
    with torch.no_grad():
        model.model.norm.weight[0] = 1.0
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_bfloat16_products_train_nearly_as_float32_with_float32_weights(batches):
    losses = {}
    for precision in (torch.float32, torch.bfloat16):
        model = new_model()
        optimizer = build_optimizer(model, SETTINGS)
        losses[precision] = [train_step(model, optimizer, batch, SETTINGS, precision).loss for batch in batches * 3]
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert losses[torch.bfloat16] == pytest.approx(losses[torch.float32], rel=0.01)
    assert losses[torch.bfloat16][-1] < losses[torch.bfloat16][0] - 0.3


@pytest.mark.parametrize("pieces", [1, 4, 100])
def test_loss_in_pieces_equals_cross_entropy_with_its_gradients(monkeypatch, pieces):
    monkeypatch.setattr("malmoi.train.loss.LOGITS_BYTES", 4 * 50 * -(-37 // pieces))
    generator = torch.Generator().manual_seed(0)
    hidden, weight = (torch.randn(size, 16, generator=generator, requires_grad=True) for size in (37, 50))
    targets = torch.randint(0, 50, (37,), generator=generator)
    targets[::5] = IGNORED
    ours = next_token_loss(hidden, weight, targets, 1 / 20)
    plain = functional.cross_entropy(hidden @ weight.t(), targets, ignore_index=IGNORED, reduction="sum") / 20
    assert ours.item() == pytest.approx(plain.item(), rel=1e-6)
    for mine, theirs in zip(
        torch.autograd.grad(ours * 3, (hidden, weight)), torch.autograd.grad(plain * 3, (hidden, weight)), strict=True
    ):
        assert torch.allclose(mine, theirs, atol=1e-5)


def test_loss_of_very_large_logits_is_exact():
    hidden, weight = torch.tensor([[1e4, -1e4]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert next_token_loss(hidden, weight, torch.tensor([0]), 1.0).item() == 0.0
    assert next_token_loss(hidden, weight, torch.tensor([1]), 1.0).item() == 20_000.0
