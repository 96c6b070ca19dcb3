"""Progress bars on a terminal, on stderr; silence elsewhere."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is in all, in any unit."""


@contextlib.contextmanager
def bar(label: str) -> Iterator[Progress]:
    """Yields a Progress that draws a bar named `label`, where stderr is a terminal."""
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
