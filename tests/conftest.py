"""What all tests share."""

import builtins
import io
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from room_times import summary

# A background job of a shell is deaf to Ctrl-C and hands that on to all that it starts; the tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# As the command line does, and before torch is loaded: two test processes share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_terminal_summary(terminalreporter, config):
    """After a stage of `make test`: how long each room took."""
    lines = summary(terminalreporter.stats, config.getoption("-m"), config.getoption("numprocesses", None))
    if lines:
        terminalreporter.section("time of the rooms")
    for line in lines:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test verifies leaves no stamp on the machine."""
    before = os.environ.get("MALMOI_CACHE")
    os.environ["MALMOI_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    os.environ.pop("MALMOI_CACHE") if before is None else os.environ.update(MALMOI_CACHE=before)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int], None]:
    """Storage that is away: after `unreadable(path, errno)` the system refuses whatever lies at or below `path`."""

    def refuse(path: Path, number: int) -> None:
        def refusing(call):
            def called(asked=".", *arguments, **named):
                if isinstance(asked, (str, os.PathLike)) and Path(asked).is_relative_to(path):
                    raise OSError(number, os.strerror(number), str(asked))
                return call(asked, *arguments, **named)

            return called

        for module, name in ((io, "open"), (builtins, "open"), (os, "scandir"), (os, "listdir"), (os, "stat")):
            monkeypatch.setattr(module, name, refusing(getattr(module, name)))

    return refuse
