"""The [train] table of a recipe. No torch here."""

from dataclasses import dataclass
from typing import Literal

from malmoi.kit.config import machine
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least, require


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
        at_least(
            self, 1, "steps", "batch_sequences", "micro_sequences", "checkpoint_steps", "keep_checkpoints", "threads"
        )
        at_least(self, 2, "sequence_tokens")
        at_least(self, 0, "weight_decay", "seed")
        require(self, "above 0", lambda number: number > 0, "learning_rate", "clip_norm")
        require(self, "0 to 1", lambda share: 0 <= share <= 1, "decay_share")
        require(self, f"0 to {self.steps} (steps)", lambda steps: 0 <= steps <= self.steps, "warmup_steps")
        if self.batch_sequences % self.micro_sequences:
            wrong = f"batch_sequences {self.batch_sequences} with micro_sequences {self.micro_sequences}"
            raise UserError(wrong, "a batch that is a multiple of micro_sequences")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise UserError(f"betas is {list(self.betas)}", "two numbers from 0 to below 1")
