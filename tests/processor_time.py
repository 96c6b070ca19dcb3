"""How long a call takes, measured so that what else happens in a test process does not count."""

import time
from collections.abc import Callable


def least_seconds(call: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time of the fastest of `times` calls.

    A test process holds millions of objects: one full collection of garbage takes 0.8 s, in whichever call it falls.
    """
    return min(_seconds(call) for _ in range(times))


def _seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began
