"""What the process and the device must be set to for a run: threads, determinism, memory, signals."""

import contextlib
import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

import torch

from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.train.settings import TrainSettings

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def choose_device(settings: TrainSettings) -> str:
    """The device type to train on, "cpu" or "cuda". Raises UserError where a GPU is asked for and none is there."""
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise UserError("train.device is cuda, and torch sees no GPU here", hint="use auto or cpu")
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device


def choose_precision(settings: TrainSettings, device: str) -> str:
    """The type of the matrix products; weights, their gradients and the optimizer's state are float32 in any case."""
    if settings.precision == "auto":
        return "bfloat16" if device == "cuda" else "float32"
    return settings.precision


@contextlib.contextmanager
def fixed(threads: int, device: str) -> Iterator[None]:
    """Makes the same inputs give the same bits, and sets everything back at the end.

    Sums depend on how they are split, so the number of threads is part of the result. On a GPU, operations without a
    deterministic form still run, with a warning.
    """
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=device == "cuda")
    _fill_new_memory(False)  # a debugging aid that writes all new memory twice
    if device == "cpu":
        keep_freed_memory()
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        _fill_new_memory(True)


def _fill_new_memory(wanted: bool) -> None:
    torch.utils.deterministic.fill_uninitialized_memory = wanted  # pyright: ignore[reportAttributeAccessIssue]


def keep_freed_memory() -> None:
    """Tells glibc to keep large freed blocks instead of giving each back to the system.

    A step frees and takes the same hundreds of megabytes again, and the system clears every page anew: measured, this
    took 6-10 % of a step's time away for 7 % more memory. Elsewhere than on glibc, nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 2**30)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


class Interruption:
    """While open, a signal that asks to stop only raises a flag: the step in hand is finished and saved first.

    Ctrl-C, a scheduler's SIGTERM or SIGUSR1 (Slurm's --signal), and the SIGHUP of a closed ssh, unless nohup ignores
    it. A second Ctrl-C or SIGTERM acts as usual; a closed ssh sends SIGHUP twice. In other threads than the main one,
    where Python allows no handlers, nothing changes.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
                if one is not signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN:
                    self._before[one] = signal.signal(one, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)
        self._before.clear()

    def leave(self, where: str) -> None:
        """Ends the program where a signal asked for it. `where` says what was reached, and that it is saved.

        Raises KeyboardInterrupt for Ctrl-C, UserError (try again) for the others. No signal: nothing happens.
        """
        if self.signal is signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            hint = "run the same command again to go on"
            raise UserError(f"stopped by {self.signal.name} {where}", hint=hint, code=TRY_AGAIN)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.signal = signal.Signals(number)
        if self.signal in (signal.SIGINT, signal.SIGTERM) and self.signal in self._before:
            signal.signal(number, self._before.pop(self.signal))
