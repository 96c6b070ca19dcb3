"""Progress bars on a terminal, on stderr; heartbeats in a job; silence elsewhere."""

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from malmoi.kit.events import HEARTBEATS, heartbeat

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is in all, in any unit."""


_TOLD_S = 1.0
"""So often a job tells how far it is."""


@contextlib.contextmanager
def bar(label: str) -> Iterator[Progress]:
    """Yields a Progress that draws a bar named `label`, where stderr is a terminal. A job writes a heartbeat."""
    if HEARTBEATS in os.environ:
        yield _beating(label)
        return
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from tqdm import tqdm

    plain = "NO_COLOR" in os.environ
    with tqdm(total=0, desc=label, unit_scale=True, leave=False, ascii=plain, file=sys.stderr) as drawn:

        def show(done: int, total: int) -> None:
            drawn.total = total
            drawn.update(done - drawn.n)

        yield show


def _beating(label: str) -> Progress:
    """Writes progress.json into the folder of the job at most once a second: label, done, total, since, since_done.

    The log gets a line for each tenth, so that it says later what took its time.
    """
    began: dict[str, float] = {}
    last_s, tenth = -math.inf, -1

    def beat(done: int, total: int) -> None:
        nonlocal last_s, tenth
        now_s = time.monotonic()
        if now_s - last_s < _TOLD_S and done < total:
            return
        last_s = now_s
        began.setdefault("since", time.time())
        began.setdefault("since_done", done)
        heartbeat(Path(), "progress", label=label, done=done, total=total, **began)
        if total and int(10 * done / total) > tenth:
            tenth = int(10 * done / total)
            print(f"{time.strftime('%F %T')} {label}: {done / total:.0%}", file=sys.stderr)

    return beat
