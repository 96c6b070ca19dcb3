"""Runs a command as long as its standard input is open: a program of its own, between us and a server.

Whoever starts it holds the other end of that pipe. When it closes, also because its holder was killed, the whole group
of the command is ended. So no GPU stays taken by a server that nobody knows of.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1


def keep(grace_s: float, command: list[str]) -> int:
    """Runs `command` until it ends, or until our standard input closes; its exit code.

    The command gets a group of its own, which is ended whole: vLLM has a process for each GPU.
    """
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_parent)  # noqa: PLW1509 (no thread runs yet)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever ends us closes our input

    def watch() -> None:
        while os.read(0, 1):
            pass
        _end(child, grace_s)

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    _signal(child.pid, signal.SIGKILL)  # what it left of its group
    return code


def _end_with_parent() -> None:
    """Linux: the command gets SIGTERM when we are killed, which nobody else could send it then."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(child: subprocess.Popen[bytes], grace_s: float) -> None:
    _signal(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(grace_s)
    _signal(child.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(keep(float(sys.argv[1]), sys.argv[2:]))
