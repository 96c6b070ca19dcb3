"""One training step: forward and backward over the pieces of a batch, clipping, the check, the optimizer.

A function of model, optimizer, batch and settings, and nothing else: tests and benchmarks call it as the trainer does.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from malmoi.model.spans import block_mask, spans_of
from malmoi.model.transformer import Transformer
from malmoi.train.loader import Batch
from malmoi.train.loss import next_token_loss
from malmoi.train.settings import TrainSettings


class NotFiniteError(Exception):
    """A loss or gradient is infinite or no number. The weights are as they were before the step."""


@dataclass(frozen=True)
class StepResult:
    """loss: nats per token, mean over the step's targets. gradient_norm: before clipping. tokens: targets."""

    loss: float
    gradient_norm: float
    tokens: int


def train_step(
    model: Transformer,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: TrainSettings,
    precision: torch.dtype = torch.float32,
) -> StepResult:
    """Trains on one batch. Raises NotFiniteError before anything is changed.

    The loss is divided by the targets of the whole batch, so the cut into `micro_sequences` changes rounding only.
    """
    tokens = batch.num_targets
    device = model.lm_head.weight.device
    losses: list[Tensor] = []
    for start in range(0, len(batch.tokens_BT), settings.micro_sequences):
        piece = batch.rows(start, start + settings.micro_sequences).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == torch.bfloat16):
            loss = batch_loss(model, piece, 1 / tokens)
        loss.backward()
        losses.append(loss.detach().double())
    parameters = list(model.parameters())
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
    result = StepResult(float(torch.stack(losses).sum()), float(norm), tokens)
    if not (math.isfinite(result.loss) and math.isfinite(result.gradient_norm)):
        optimizer.zero_grad()
        raise NotFiniteError(f"loss {result.loss}, gradient norm {result.gradient_norm}")
    if settings.clip_norm is not None:
        torch.nn.utils.clip_grads_with_norm_(parameters, settings.clip_norm, norm, foreach=True)
    optimizer.step()
    optimizer.zero_grad()
    return result


def batch_loss(model: Transformer, batch: Batch, scale: float) -> Tensor:
    """Gives scale x the sum of the losses of a packed batch, documents kept apart."""
    on_cpu = batch.tokens_BT.device.type == "cpu"
    mask = spans_of(batch.positions_BT) if on_cpu else block_mask(batch.positions_BT)
    hidden = model.hidden(batch.tokens_BT, batch.positions_BT, mask)
    return next_token_loss(hidden.flatten(0, 1), model.lm_head.weight, batch.targets_BT.flatten(), scale)
