"""What only a GPU can show. Skipped where there is none, as in CI."""

import pytest
import torch

from malmoi.model.shape import ModelSettings
from malmoi.model.transformer import Transformer, start
from malmoi.train.loader import Batch
from malmoi.train.optimizer import build_optimizer
from malmoi.train.settings import TrainSettings
from malmoi.train.step import train_step

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")

SHAPE = ModelSettings(layers=2, hidden=128, heads=4, kv_heads=2, feed_forward=256, context_tokens=128).shape(512)
SETTINGS = TrainSettings(sequence_tokens=128, batch_sequences=4, micro_sequences=2)


def a_batch() -> Batch:
    line = torch.randint(0, 512, (4, 129), generator=torch.Generator().manual_seed(0))
    positions = torch.cat((torch.arange(50), torch.arange(78))).expand(4, 128)
    return Batch(line[:, :-1], positions, line[:, 1:])


def losses(device, precision):
    model = Transformer(SHAPE)
    start(model, 0)
    model.to(device)
    optimizer = build_optimizer(model, SETTINGS)
    return [train_step(model, optimizer, a_batch(), SETTINGS, precision).loss for _ in range(5)]


def test_float32_on_the_gpu_equals_the_cpu():
    assert losses("cuda", torch.float32) == pytest.approx(losses("cpu", torch.float32), rel=1e-3)


def test_bfloat16_on_the_gpu_learns_as_the_cpu_does():
    assert losses("cuda", torch.bfloat16) == pytest.approx(losses("cpu", torch.float32), rel=2e-2)


def test_a_gpu_gives_the_same_bits_twice():
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        assert losses("cuda", torch.bfloat16) == losses("cuda", torch.bfloat16)
    finally:
        torch.use_deterministic_algorithms(False)
