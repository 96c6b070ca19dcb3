"""`malmoi <room> <verb> [path] --set a.b=c --dry-run --json`: parse, wire, print. Rooms are imported when asked for."""

import argparse
import importlib
import io
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from malmoi.kit.caches import move_numba_cache
from malmoi.kit.errors import OUR_FAULT, STOPPED, TRY_AGAIN, UserError, code_of, did_you_mean
from malmoi.kit.paths import CLIENT_LIBRARIES

ROOMS = {
    "demo": "samples to a model that answers, on this machine",
    "run": "a whole run from one recipe",
    "corpus": "build a corpus and ask it questions",
    "sample": "make raw files with planted faults and their truth",
    "tokenizer": "learn a tokenizer and encode a corpus",
    "train": "train a model",
    "model": "export a model",
    "evaluate": "measure a model and write the report",
    "serve": "serve a model over the OpenAI-compatible interface",
    "studio": "open the studio in a browser",
    "jobs": "the long work that a studio has started",
}
"""Each names a module malmoi.cli.<room> with `add_arguments(parser)` and, by parser defaults, `action(arguments)`."""

NAME = "malmoi"
_TERMINATED = threading.Event()
"""SIGTERM came. Said here and not by an exception of its own: DuckDB makes of any in a query what it does of Ctrl-C."""
_INTERRUPTED_QUERY = "Query interrupted"
"""What DuckDB makes of a Ctrl-C in the middle of a query: a RuntimeError with these words."""


class _Parser(argparse.ArgumentParser):
    """argparse with one line for a mistake and a guess at what was meant."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{self._asked}{message}")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            known = sorted(map(str, action.choices))
            raise UserError(f"{self._asked}{value!r} is not known", hint=did_you_mean(str(value), known))

    @property
    def _asked(self) -> str:
        """The room and verb that were asked for, as "corpus why: "."""
        words = self.prog.removeprefix(NAME).strip()
        return f"{words}: " if words else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns its exit code (kit/errors.py); a job (kit/job.py) leaves it in its folder too."""
    code: int = OUR_FAULT
    if arguments is None:  # a program of its own
        signal.signal(signal.SIGTERM, _terminate)
    try:
        code = _main(arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else OUR_FAULT
        raise
    finally:
        if "MALMOI_JOB" in os.environ:
            from malmoi.kit.job import note_exit

            try:
                note_exit(code)
            except (OSError, UserError) as error:
                _say(f"the exit code {code} could not be left in the job's folder: {error}")
    return code


def _terminate(_number: int, _frame: object) -> NoReturn:
    """SIGTERM asks to stop as Ctrl-C does. What is on the disk is whole: the same command goes on from it."""
    _TERMINATED.set()
    raise KeyboardInterrupt


def _main(arguments: Sequence[str] | None) -> int:
    """The command itself.

    Threads of torch that wait for each other sleep instead of spinning: on two cores that other work shares, training
    ran at 463 tokens/s spinning and at 2,900-6,500 sleeping (docs/log.md). It must be said before torch is loaded.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal in EUC-KR has no emoji
    try:
        move_numba_cache()
        words = list(sys.argv[1:] if arguments is None else arguments)
        if broken := [word for word in words if word != word.encode(errors="replace").decode()]:
            raise UserError(f"{broken[0]!r} is no text", "words and paths in UTF-8")
        parsed = build_parser(words).parse_args(words)
        return parsed.action(parsed) or 0
    except UserError as error:
        _say(str(error))
        return error.code
    except (KeyboardInterrupt, RuntimeError) as error:
        if isinstance(error, RuntimeError) and str(error) != _INTERRUPTED_QUERY:
            raise
        _say("stopped; run the same command again to go on")
        return TRY_AGAIN if _TERMINATED.is_set() else STOPPED
    except BrokenPipeError:
        sys.stderr.close()  # the reader (head, less) has gone: nothing is left to say and no one to say it to
        return 1
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        _say(f"{place}{error.strerror or error}")
        return code_of(error)
    except Exception as error:
        if type(error).__module__.split(".")[0] not in CLIENT_LIBRARIES:
            raise
        _say(f"{error}; check the address (AWS_ENDPOINT_URL), the network and the keys")
        return TRY_AGAIN


def _say(wrong: str) -> None:
    """One line on stderr."""
    print(f"{NAME}: {wrong}".replace("\n", " "), file=sys.stderr)


def build_parser(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The parser. With `words`, only the room that they name is imported, so that `malmoi --help` stays quick."""
    parser = _Parser(prog=NAME, description="말모이: make and run your own Korean language model.")
    rooms = parser.add_subparsers(title="rooms", metavar="<room>", required=True, parser_class=_Parser)
    named = next((word for word in words or () if not word.startswith("-")), None)
    for room, purpose in ROOMS.items():
        child = rooms.add_parser(room, help=purpose, description=purpose)
        if words is None or room == named:
            importlib.import_module(f"malmoi.cli.{room}").add_arguments(child)
    return parser


if __name__ == "__main__":
    sys.exit(main())
