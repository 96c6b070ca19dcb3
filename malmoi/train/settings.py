"""The [train] table of a recipe. No torch here."""

from dataclasses import dataclass
from typing import Literal

from malmoi.kit.config import machine
from malmoi.kit.errors import UserError


@dataclass(frozen=True)
class TrainSettings:
    """How a model is trained. 16 fields, because a run is one thing and each of them changes its numbers.

    One step takes `batch_sequences` windows of `sequence_tokens`; `micro_sequences` of them go through the model at
    once, which changes memory and speed only. The learning rate rises over `warmup_steps`, stays, and falls over the
    last `decay_share` of the steps. `clip_norm` None = no clipping. `threads` None = all cores, as counted at the first
    start. micro_sequences, device and threads may change when a run is gone on with: they change the rounding, no more,
    and an event says so. Left alone, a run that was stopped gives the same bits as one that never was.
    """

    steps: int = 200
    sequence_tokens: int = 256
    batch_sequences: int = 16
    micro_sequences: int = machine(8)
    learning_rate: float = 3e-3
    warmup_steps: int = 20
    decay_share: float = 0.2
    weight_decay: float = 0.1
    betas: tuple[float, ...] = (0.9, 0.95)
    clip_norm: float | None = 1.0
    seed: int = 0
    checkpoint_steps: int = 100
    keep_checkpoints: int = 2
    device: Literal["auto", "cpu", "cuda"] = machine("auto")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: int | None = machine(None)

    def __post_init__(self) -> None:
        for name in ("steps", "batch_sequences", "micro_sequences", "checkpoint_steps", "keep_checkpoints"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}", "1 or more")
        if self.sequence_tokens < 2:
            raise UserError(f"sequence_tokens is {self.sequence_tokens}", "2 or more")
        if self.batch_sequences % self.micro_sequences:
            wrong = f"batch_sequences {self.batch_sequences} with micro_sequences {self.micro_sequences}"
            raise UserError(wrong, "a batch that is a multiple of micro_sequences")
        if not 0 <= self.warmup_steps <= self.steps:
            raise UserError(f"warmup_steps is {self.warmup_steps}", f"0 to {self.steps} (steps)")
        self._check_optimizer()
        if self.threads is not None and self.threads < 1:
            raise UserError(f"threads is {self.threads}", "1 or more")

    def _check_optimizer(self) -> None:
        if not 0 <= self.decay_share <= 1:
            raise UserError(f"decay_share is {self.decay_share}", "0 to 1")
        if self.learning_rate <= 0:
            raise UserError(f"learning_rate is {self.learning_rate}", "above 0")
        if self.weight_decay < 0:
            raise UserError(f"weight_decay is {self.weight_decay}", "0 or more")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise UserError(f"betas is {list(self.betas)}", "two numbers from 0 to below 1")
        if self.clip_norm is not None and self.clip_norm <= 0:
            raise UserError(f"clip_norm is {self.clip_norm}", "above 0, or leave it out for no clipping")
        if self.seed < 0:
            raise UserError(f"seed is {self.seed}", "0 or more")
