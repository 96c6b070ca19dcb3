"""A server of another package (vLLM) as a process of ours: started, waited for, started again, ended with us.

A keeper (remote/keeper.py) stands between, so that a server ends also when we are killed.
"""

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.serve.remote import keeper
from malmoi.serve.remote.http import Remote
from malmoi.serve.remote.settings import ProcessSettings, RemoteSettings

_FIRST_WAIT_S = 1.0
_LONG_LIFE_S = 600.0
"""A server that ran so long has not failed because of how it was started: its next wait is the first again."""
_LOOK_S = 0.2

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def started(remote: RemoteSettings) -> Iterator[None]:
    """The recipe's process while the block runs. Raises UserError where it does not start, or is not ready in time."""
    assert remote.process is not None
    process = _Process(remote.process)
    try:
        _await_ready(remote, process)
        yield
    finally:
        process.close()


class _Process:
    """Keeps a command running in a thread."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings, self._ended = settings, threading.Event()
        self.num_starts = 0
        self._keeper = self._start()
        self._thread = threading.Thread(target=self._keep, name="malmoi-remote-process", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends it: the keeper sends SIGTERM to its group, and SIGKILL after `grace_s`."""
        self._ended.set()
        self._thread.join()
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        """Starts the keeper with the command. The log is appended to, so that the last words of a fault stay in it."""
        words = [sys.executable, "-I", keeper.__file__, str(self._settings.grace_s), *self._settings.command]
        self.num_starts += 1
        try:
            with self._settings.log.open("ab") as log:
                return subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
        except OSError as error:
            raise UserError(f"process.log: {self._settings.log}: {error.strerror}", "a file in a folder") from None

    def _keep(self) -> None:
        """Starts the command again whenever it ends. The waits double, so that one that cannot run costs little."""
        wait_s = first_s = min(_FIRST_WAIT_S, self._settings.longest_wait_s)
        began_s = time.monotonic()
        while not self._ended.wait(_LOOK_S):
            if self._keeper.poll() is None:
                continue
            if time.monotonic() - began_s > _LONG_LIFE_S:
                wait_s = first_s
            _log.error("the server's process ended with %s; again in %.0f s", self._keeper.returncode, wait_s)
            if self._ended.wait(wait_s):
                return
            wait_s, began_s = min(2 * wait_s, self._settings.longest_wait_s), time.monotonic()
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
            self._keeper = self._start()


def _await_ready(remote: RemoteSettings, process: _Process) -> None:
    """Returns once /v1/models answers. A command that ends twice before has something wrong with it."""
    assert remote.process is not None
    key = remote.key()
    asking = Remote(remote.address, {"Authorization": f"Bearer {key}"} if key else {}, remote.limits)
    deadline = time.monotonic() + remote.process.ready_s
    while time.monotonic() < deadline and process.num_starts < 3:
        if asking.status("/v1/models", remote.limits.connect_s) not in (0, 408, 503):  # 503: llama.cpp, while it loads
            return
        time.sleep(_LOOK_S)
    wrong = "ends at once" if process.num_starts >= 3 else f"is not ready after {remote.process.ready_s:.0f} s"
    log = remote.process.log
    raise UserError(f"the server {remote.process.command[0]!r} {wrong}", hint=f"{log} says why", code=TRY_AGAIN)
