"""A limit on the time of one piece of work, that holds inside a library too."""

import contextlib
import faulthandler
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def time_limit(limit_s: float) -> Iterator[None]:
    """Ends this process where the work inside takes longer, even inside a library that never comes back.

    In a build the item is tried once more and then stands in the ledger as `worker_died` (passes/attempts.py).
    """
    faulthandler.dump_traceback_later(limit_s, exit=True, file=sys.__stderr__ or sys.stderr)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
