"""The process that parses pages, so that one that crashes or hangs the parser takes no run with it.

Started by extractor.py as `python -m malmoi.corpus.sources.page_worker`. A request on stdin is one frame: the options
and the page in UTF-8; a reply on stdout one with the result. It ends when stdin ends, also when its parent is killed.
"""

import contextlib
import os
import resource
import signal
import sys
from typing import Any

from malmoi.corpus.sources.frames import read_frame, write_frame
from malmoi.corpus.sources.html_page import read_page

MEMORY_BYTES = 1_500_000_000
"""Address space. A page of 5 MB, the largest that is sent, needs some 300 MB."""


def main() -> None:
    """Answers requests until stdin ends, or nobody is left to hear the answer: a killed parent is no fault of ours."""
    with contextlib.suppress(BrokenPipeError):
        _serve()


def _serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which closes stdin
    requests = sys.stdin.buffer
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as replies:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not end up among the replies
        with contextlib.suppress(ValueError, OSError):  # a lower limit is in force already
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        write_frame(replies, {"ready": True})
        while (request := read_frame(requests)) is not None:
            options, html = request
            write_frame(replies, _answer(options, html))


def _answer(options: dict[str, Any], html: bytes) -> dict[str, Any]:
    try:
        return read_page(html, options.get("kind"), options.get("url"))
    except Exception as error:  # the edge of this process: what a hostile page raises is the page's verdict
        return {"error": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    main()
