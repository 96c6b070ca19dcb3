"""Batches of packed text, each a pure function of the seed and the step.

The train part is one line of tokens, documents one after another, each ended by a separator. Window w is the tokens
from w T on. Sample i (0, 1, ... over the whole run, `batch_sequences` a step) is window Order(epoch).at(place), so
there is nothing to save but the step, and any number of processes may each take any samples of a step.

Documents do not see each other. The separator before a document belongs to it, as its begin token: positions restart
there and attention begins there, so a document's first token is predicted from "a text begins" alone and never from
the document that happened to lie before; and the end of each document is predicted from that document. The first token
of a window restarts too. Where the last window is not full, targets are IGNORED.
"""
# ruff: noqa: N815 (shape letters)

import functools
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from malmoi.kit.errors import UserError
from malmoi.tokenizer.shards import SEPARATOR, Part
from malmoi.train.order import Order
from malmoi.train.settings import TrainSettings

IGNORED = -1
"""A target that is not trained on."""


@dataclass(frozen=True)
class Batch:
    """Rows of tokens (B, T), int64. targets[b, t] is the token after tokens[b, t]; positions count in the document."""

    tokens_BT: Tensor
    positions_BT: Tensor
    targets_BT: Tensor

    def rows(self, start: int, stop: int) -> "Batch":
        """Rows start..stop-1."""
        return Batch(self.tokens_BT[start:stop], self.positions_BT[start:stop], self.targets_BT[start:stop])

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return Batch(self.tokens_BT.to(device), self.positions_BT.to(device), self.targets_BT.to(device))

    @property
    def num_targets(self) -> int:
        """Targets that are trained on."""
        return int((self.targets_BT != IGNORED).sum())


class Loader:
    """The samples of a run. Steps count from 0 here: step s makes the model of checkpoint s + 1."""

    def __init__(self, part: Part, settings: TrainSettings) -> None:
        if part.num_tokens < 2:
            raise UserError(f"the train part has {part.num_tokens} tokens", "2 or more")
        self._part, self._settings = part, settings
        self.num_windows = -(-(part.num_tokens - 1) // settings.sequence_tokens)

    def samples(self, step: int) -> range:
        """The indices of a step's samples in the whole run."""
        size = self._settings.batch_sequences
        return range(step * size, (step + 1) * size)

    def window(self, sample: int) -> int:
        """The window that a sample is."""
        epoch, place = divmod(sample, self.num_windows)
        return self._order(epoch).at(place)

    def batch(self, samples: Iterable[int]) -> Batch:
        """The rows of some samples: all of `samples(step)`, or one process's share of them."""
        rows = [self._row(self.window(sample)) for sample in samples]
        return Batch(*(torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)))

    def documents_of(self, step: int) -> list[list[str]]:
        """The ids of the documents in each row of a step's batch."""
        return [
            [document_id for document_id, _, _ in self._part.documents(*self._extent(self.window(sample)))]
            for sample in self.samples(step)
        ]

    def steps_with(self, document_id: str, num_steps: int) -> list[int]:
        """The steps below `num_steps` whose batches hold tokens of a document. Raises UserError for an unknown id."""
        steps = self.steps_with_any({document_id}, num_steps)
        if steps is None:
            raise UserError(f"no document {document_id!r} in the train part", "the id of a document that was kept")
        return sorted(steps)

    def steps_with_any(self, document_ids: AbstractSet[str], num_steps: int) -> set[int] | None:
        """The steps below `num_steps` whose batches hold tokens of any of the documents; None where none is there."""
        size, steps, is_there = self._settings.batch_sequences, set(), False
        num_epochs = -(-num_steps * size // self.num_windows)
        for start, stop in self._part.places_of(document_ids):
            is_there = True
            for window in self._windows_of(start, stop):
                places = (epoch * self.num_windows + self._order(epoch).place_of(window) for epoch in range(num_epochs))
                steps.update(sample // size for sample in places if sample // size < num_steps)
        return steps if is_there else None

    def ids_among(self, document_ids: AbstractSet[str]) -> set[str]:
        """Those of the documents that are in the train part."""
        return self._part.ids_among(document_ids)

    def _windows_of(self, start: int, stop: int) -> range:
        size = self._settings.sequence_tokens
        return range(max(0, (start - 1) // size), min(self.num_windows, (stop - 1) // size + 1))

    def _extent(self, window: int) -> tuple[int, int]:
        """The tokens of a window, inputs and targets together."""
        size = self._settings.sequence_tokens
        return window * size, min((window + 1) * size + 1, self._part.num_tokens)

    def _row(self, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens, positions and targets of a window, each int64 (T,).

        At the end of the part the row is filled with token 0 at targets IGNORED; the filling is a document of its own.
        """
        size = self._settings.sequence_tokens
        start, stop = self._extent(window)
        line = self._part.read(start, stop)
        full = len(line) - 1
        tokens, targets = np.zeros(size, np.int64), np.full(size, IGNORED, np.int64)
        tokens[:full], targets[:full] = line[:-1], line[1:]
        restarts = np.zeros(size, np.int64)
        begins = np.flatnonzero(line[:-1] == SEPARATOR)  # no text gives this id (codec.py), so no table is needed
        restarts[begins] = begins
        if full < size:
            restarts[full] = full  # the padding is a document of its own
        return tokens, np.arange(size) - np.maximum.accumulate(restarts), targets

    def _order(self, epoch: int) -> Order:
        return _order(self.num_windows, self._settings.seed, epoch)


@functools.lru_cache(maxsize=16)
def _order(size: int, seed: int, epoch: int) -> Order:
    return Order(size, seed, epoch)
