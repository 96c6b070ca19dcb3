"""Pages to text in a process of their own, with limits on their size, time and memory.

lxml and trafilatura are C and Python that meet whatever the web holds: a page may crash the parser, exhaust the memory
or run for minutes, and a signal does not reach C code. Only a process can be stopped for certain. It costs 0.2 ms a
page beside some 10 ms of work.
"""

import atexit
import contextlib
import os
import selectors
import subprocess
import sys
import time
from typing import Any

import orjson

from malmoi.corpus.sources.frames import FRAME, write_frame

MAX_PAGE_BYTES = 5_000_000
"""The mean page has 174 kB; beyond 5 MB it is a list that a program wrote."""
PAGE_S = 20.0
"""Wall time for one page: the slowest of the benchmark pages takes 0.05 s, and 2 cores may be shared by many."""
START_S = 120.0
MAX_PAGES = 5_000
"""Then a fresh process: trafilatura's caches and libxml2's dictionary of names only grow."""


class PageError(Exception):
    """A page that gave nothing: `reason` and `detail` are those of its Unreadable."""

    def __init__(self, reason: Any, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Extractor:
    """One worker process, started when first needed and again after it was stopped."""

    def __init__(self, page_s: float = PAGE_S) -> None:
        self._page_s = page_s
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._num_pages = 0

    def read_page(self, html: bytes, kind: str | None, url: str | None) -> dict[str, Any]:
        """What html_page.read_page gives for a page in UTF-8. Raises PageError."""
        if len(html) > MAX_PAGE_BYTES:
            raise PageError("too_large", f"a page of {len(html)} bytes; the limit is {MAX_PAGE_BYTES}")
        process = self._running()
        self._num_pages += 1
        try:
            write_frame(process.stdin, {"kind": kind, "url": url}, html)  # type: ignore[arg-type]
            page = self._reply(process, self._page_s)
        except (TimeoutError, EOFError, BrokenPipeError) as error:
            code = self._stop()
            if isinstance(error, TimeoutError):
                raise PageError("page_timeout", f"no result within {self._page_s:g} s") from None
            raise PageError("page_crash", f"the parser's process ended with {code}") from None
        if "error" in page:
            raise PageError("page_crash", page["error"])
        return page

    def close(self) -> None:
        """Ends the process. The next page starts another."""
        if self._process is not None:
            self._stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner != os.getpid():
            self._process = None  # a fork's copy: the process answers to the parent only
        if self._process is not None and (self._process.poll() is not None or self._num_pages >= MAX_PAGES):
            self._stop()
        if self._process is None:
            command = [sys.executable, "-m", "malmoi.corpus.sources.page_worker"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self._owner, self._num_pages = os.getpid(), 0
            try:
                self._reply(self._process, START_S)
            except (TimeoutError, EOFError):
                raise RuntimeError(f"{' '.join(command)} did not start (exit code {self._stop()})") from None
        return self._process

    def _reply(self, process: subprocess.Popen[bytes], limit_s: float) -> dict[str, Any]:
        """The next reply. Raises TimeoutError, or EOFError where the process ended first."""
        deadline = time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            json_bytes, _ = FRAME.unpack(_read(process, selector, FRAME.size, deadline))
            return orjson.loads(_read(process, selector, json_bytes, deadline))

    def _stop(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # bytes that were not sent any more
                pipe.close()  # type: ignore[union-attr]
        return code


def _read(
    process: subprocess.Popen[bytes], selector: selectors.BaseSelector, size_bytes: int, deadline: float
) -> bytes:
    parts: list[bytes] = []
    while size_bytes > 0:
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        part = os.read(process.stdout.fileno(), min(size_bytes, 1 << 20))  # type: ignore[union-attr]
        if not part:
            raise EOFError
        parts.append(part)
        size_bytes -= len(part)
    return b"".join(parts)


EXTRACTOR = Extractor()
"""The one of this process."""
atexit.register(EXTRACTOR.close)
