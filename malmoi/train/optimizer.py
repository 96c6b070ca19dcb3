"""AdamW with decay on matrices only, and its state by parameter name."""

import torch
from torch import Tensor, nn

from malmoi.train.settings import TrainSettings

EPSILON = 1e-8
STATE = ("step", "exp_avg", "exp_avg_sq")
"""What torch's AdamW keeps for each parameter."""


def build_optimizer(model: nn.Module, settings: TrainSettings) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) over all parameters.

    Decay pulls weights to 0, which is right for matrices and wrong for norms' scales, whose neutral value is 1. The
    state is made here, not at the first step, so that a checkpoint has a place to be loaded into.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in parameters if one.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [one for one in parameters if one.ndim <= 1], "weight_decay": 0.0},
    ]
    first, second = settings.betas
    optimizer = torch.optim.AdamW(groups, settings.learning_rate, betas=(first, second), eps=EPSILON, fused=True)
    for parameter in parameters:
        optimizer.state[parameter] = {
            "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
    return optimizer


def optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as "parameter name.exp_avg" and so on: what a checkpoint saves and fills."""
    return {
        f"{name}.{slot}": optimizer.state[parameter][slot]
        for name, parameter in model.named_parameters()
        for slot in STATE
    }


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of the next step, for all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = rate
