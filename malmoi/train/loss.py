"""Cross-entropy straight from hidden states, a piece of the tokens at a time.

The logits of a batch are the largest tensor of a step (8 x 512 tokens x 16,384 ids x 4 bytes = 268 MB, and the usual
way keeps three of that size). Here a piece's logits are turned into their gradient in place and multiplied away before
the next piece is made. The products are the same, so is the result up to rounding. On two cores the loss took 18 % of a
step the usual way, mostly in touching new memory.

Shape letters: N token, C hidden size, V vocabulary.
"""
# ruff: noqa: N803, N806 (shape letters)

from typing import Any

import torch
from torch import Tensor

from malmoi.model.linear import outer_product, product

LOGITS_BYTES = 2**26
"""Size of a piece's logits: large enough that adding up the weight's gradient, once a piece, costs little."""


def next_token_loss(hidden_NC: Tensor, weight_VC: Tensor, targets_N: Tensor, scale: float) -> Tensor:
    """Gives scale x the sum over tokens of -log p(target), in nats; targets below 0 count nothing.

    The result is float32 without axes. `scale` is 1 / targets of the whole step, so that gradients are means over its
    tokens, however the batch was cut. Inside autocast the products are made in its type, softmax and sums in float32.
    """
    device = hidden_NC.device.type
    dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight_VC.dtype
    with torch.autocast(device, enabled=False):
        result = _NextTokenLoss.apply(hidden_NC.to(dtype), weight_VC, targets_N, scale)
    assert isinstance(result, Tensor)
    return result


class _NextTokenLoss(torch.autograd.Function):
    """The gradients are made with the loss, while the logits are there."""

    @staticmethod
    def forward(ctx: Any, hidden_NC: Tensor, weight_VC: Tensor, targets_N: Tensor, scale: float) -> Tensor:
        """The loss of all tokens, float32 (); both gradients are made here, LOGITS_BYTES of logits at a time."""
        hidden_gradient_NC = torch.empty_like(hidden_NC)
        weight_gradient_VC = torch.zeros_like(weight_VC)
        cast_weight_VC = weight_VC.to(hidden_NC.dtype)
        total = torch.zeros((), dtype=torch.float64, device=hidden_NC.device)
        piece = max(1, LOGITS_BYTES // (4 * weight_VC.shape[0]))
        for start in range(0, hidden_NC.shape[0], piece):
            part_NC = hidden_NC[start : start + piece]
            logits_NV = product(part_NC, cast_weight_VC).float()
            total += _to_gradient(logits_NV, targets_N[start : start + piece], scale)
            gradient_NV = logits_NV.to(hidden_NC.dtype)
            hidden_gradient_NC[start : start + piece] = product(gradient_NV, cast_weight_VC.t())
            weight_gradient_VC += outer_product(gradient_NV, part_NC)
        ctx.save_for_backward(hidden_gradient_NC, weight_gradient_VC)
        return (total * scale).float()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """The gradients that `forward` made, times that of the loss (a single number)."""
        (gradient,) = grad_outputs
        hidden_gradient_NC, weight_gradient_VC = ctx.saved_tensors
        return hidden_gradient_NC.mul_(gradient), weight_gradient_VC.mul_(gradient), None, None


def _to_gradient(logits_NV: Tensor, targets_N: Tensor, scale: float) -> Tensor:
    """Turns logits into the gradient of scale x loss, in place; returns the sum of the losses (float64)."""
    is_counted_N = targets_N >= 0
    places_N1 = targets_N.clamp(min=0)[:, None]
    highest_N1 = logits_NV.amax(dim=1, keepdim=True)
    aims_N = (logits_NV.gather(1, places_N1) - highest_N1)[:, 0]
    totals_N1 = logits_NV.sub_(highest_N1).exp_().sum(dim=1, keepdim=True)
    losses_N = (totals_N1[:, 0].log() - aims_N) * is_counted_N
    weights_N1 = (is_counted_N * scale)[:, None]
    logits_NV.mul_(weights_N1 / totals_N1)
    logits_NV.scatter_add_(1, places_N1, -weights_N1)
    return losses_N.sum(dtype=torch.float64)
