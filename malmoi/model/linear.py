"""The linear map y = x W^T, on the fastest path that the machine has.

PyTorch sends float32 products on a CPU to MKL, which runs at half speed on processors that are not Intel's. oneDNN,
which PyTorch carries for bfloat16 and for compiled graphs, does not: on an AMD Zen 5 with two cores, 4096 x 512 x 1408
ran at 425 GFLOP/s against 173 forward and 418 against 195 backward (benchmarks/train_cpu.py measures the whole step).
The results differ from MKL's by rounding only. Everything else (GPU, bfloat16, other builds) goes the ordinary way.

Shape letters: M rows (all axes but the last), I inputs, O outputs.
"""
# ruff: noqa: N803, N806 (shape letters)

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

HAS_ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class Linear(nn.Linear):
    """nn.Linear on the path of `linear`; ours have no bias. packed: the weight as oneDNN wants it, if it stays.

    beside: adapters that add to the result (malmoi/model/lora.py).
    """

    def __init__(self, inputs: int, outputs: int, has_bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias=has_bias)
        self.packed: Tensor | None = None
        self._is_single_exact = False
        self.beside: Callable[[Tensor, Tensor], Tensor] | None = None

    def reset_parameters(self) -> None:
        """Leaves the memory as it is: `transformer.start` or a checkpoint fills it."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name in nn.Linear)
        """Returns input W^T over the last axis, and the bias added."""
        made = linear(input, self.weight) if self.packed is None else self._packed_product(input, self.packed)
        made = made if self.bias is None else made + self.bias
        return made if self.beside is None else self.beside(input, made)

    def pack(self, rows: int) -> None:
        """Lays the weight out once for products of about `rows` rows, for a model that is only run (CPU, float32).

        Products are bit-equal to unpacked ones of two rows and more, and 1.1 to 2.7 times as fast at 16 rows.
        """
        packed = torch.ops.mkldnn._reorder_linear_weight(self.weight.detach(), rows)  # noqa: SLF001
        x_MI = torch.randn(64, self.in_features, generator=torch.Generator().manual_seed(0))
        singles_MO = torch.cat([_onednn(row_1I, packed) for row_1I in x_MI.split(1)])
        self._is_single_exact = torch.equal(singles_MO, _onednn(x_MI, packed))
        self.packed = packed

    def _packed_product(self, x_MI: Tensor, packed: Tensor) -> Tensor:
        """Gives x W^T for the packed weight. A row's result has the same bits however many rows go with it.

        For some sizes a single row takes a kernel that adds in another order: there it goes with a copy of itself.
        """
        if self._is_single_exact or x_MI.numel() > x_MI.shape[-1]:
            return _onednn(x_MI, packed)
        pair_2I = x_MI.reshape(1, -1).expand(2, -1).contiguous()
        return _onednn(pair_2I, packed)[:1].reshape(*x_MI.shape[:-1], -1)


def linear(x_MI: Tensor, weight_OI: Tensor) -> Tensor:
    """Gives x W^T over the last axis of x (any number of axes before it), with gradients."""
    if not _suits_onednn(x_MI, weight_OI):
        return functional.linear(x_MI, weight_OI)
    if torch.is_grad_enabled() and (x_MI.requires_grad or weight_OI.requires_grad):
        result = _OneDnnLinear.apply(x_MI, weight_OI)
        assert isinstance(result, Tensor)
        return result
    return product(x_MI, weight_OI)


def product(x_MI: Tensor, weight_OI: Tensor) -> Tensor:
    """Gives x W^T without gradients."""
    if not _suits_onednn(x_MI, weight_OI):
        return functional.linear(x_MI, weight_OI)
    return _onednn(x_MI, weight_OI)


def outer_product(gradient_MO: Tensor, x_MI: Tensor) -> Tensor:
    """gradient^T x (O, I): what a weight's gradient is. Both have two axes."""
    if not _suits_onednn(gradient_MO, x_MI):
        return gradient_MO.t() @ x_MI
    # oneDNN copies its left side into rows first: let that be the smaller of the two.
    if gradient_MO.shape[1] <= x_MI.shape[1]:
        return product(gradient_MO.t(), x_MI.t())
    return product(x_MI.t(), gradient_MO.t()).t()


def _onednn(x_MI: Tensor, weight_OI: Tensor) -> Tensor:
    """The product by oneDNN, of a plain or a packed weight."""
    return torch.ops.mkldnn._linear_pointwise(x_MI, weight_OI, None, "none", [], "")  # noqa: SLF001 (no public name yet)


def _suits_onednn(x_MI: Tensor, weight_OI: Tensor) -> bool:
    """Plain float32 tensors on a CPU; a single row goes to MKL's matrix-vector product, which is quicker to start.

    Sharded and fake tensors are subclasses, which know how to carry out torch's own operations only.
    """
    return (
        HAS_ONEDNN
        and type(x_MI) in (Tensor, nn.Parameter)
        and type(weight_OI) in (Tensor, nn.Parameter)
        and x_MI.dtype == weight_OI.dtype == torch.float32
        and x_MI.device.type == "cpu"
        and x_MI.numel() > x_MI.shape[-1]
        and not torch.is_autocast_enabled("cpu")
    )


class _OneDnnLinear(torch.autograd.Function):
    """`product` with its derivative; oneDNN's operation has none in PyTorch."""

    @staticmethod
    def forward(ctx: Any, x_MI: Tensor, weight_OI: Tensor) -> Tensor:
        ctx.save_for_backward(x_MI, weight_OI)
        return product(x_MI, weight_OI)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of x (as x) and of the weight (O, I), from that of the result (as x, its last axis O)."""
        (gradient_MO,) = grad_outputs
        x_MI, weight_OI = ctx.saved_tensors
        x_gradient = product(gradient_MO, weight_OI.t())
        return x_gradient, outer_product(gradient_MO.flatten(0, -2), x_MI.flatten(0, -2))
