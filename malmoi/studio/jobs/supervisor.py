"""Who looks at the jobs of a folder: one thread of one studio, by kit's lock, however many studios are open on it.

Jobs are programs of their own (kit/job.py). They live on when the studio ends or is killed; the next one finds their
process again, or the exit code that they left, and follows on.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from malmoi.kit import fence, job
from malmoi.kit.errors import UserError, reason_of
from malmoi.kit.files import make_folder
from malmoi.kit.job import State
from malmoi.kit.lock import lock
from malmoi.studio.jobs import folder as jobs_folder

_TICK_S = 0.5
"""So often it looks: a stop is heard, and an end is noted, within half a second."""
_AT_REST = (State.FAILED, State.LOST)
_AT_WORK = (State.STARTING, State.RUNNING, State.STOPPING)

_log = logging.getLogger("malmoi.studio")


class Supervisor:
    """Looks at each job that is not finished, again and again. at_once: so many run at the same time, oldest first.

    _quiet: when the state of a job that rests was last written (ns), by its id. _failed: what was told already.
    """

    def __init__(self, jobs: Path, at_once: int = 1, tick_s: float = _TICK_S) -> None:
        self._jobs, self._at_once, self._tick_s = jobs, at_once, tick_s
        self._runner, self._quiet = job.LocalRunner(), dict[str, int]()
        self._finished, self._failed = set[str](), set[str]()
        self._ended, self._awake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="malmoi-jobs", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def wake(self) -> None:
        """Looks now, and not at the next tick: somebody has changed something."""
        self._awake.set()

    def close(self) -> None:
        """Ends the looking. The jobs go on."""
        self._ended.set()
        self._awake.set()
        self._thread.join()

    def look(self) -> None:
        """Looks once at every job that may change by itself. To be called under the lock of the folder."""
        names = [name for name in jobs_folder.ids(self._jobs) if not self._is_quiet(name)]
        found = sorted(one for name in names if (one := self._read(name)))  # the oldest is next
        at_work = sum(state in _AT_WORK for _, _, state in found)
        for _, name, before in found:
            if before == State.QUEUED and at_work >= self._at_once:
                continue
            with self._told(f"job {name}"):
                after = self._advance(self._jobs / name)
                at_work += (after in _AT_WORK) - (before in _AT_WORK)

    def _is_quiet(self, name: str) -> bool:
        """Whether a job rests, and nobody has let it go on since: of thousands, one look at the time of a file each."""
        if name in self._finished:  # for good
            return True
        if name in self._quiet:
            with contextlib.suppress(OSError):
                if (self._jobs / name / job.STATE).stat().st_mtime_ns == self._quiet[name]:
                    return True
            del self._quiet[name]
        return False

    def _advance(self, folder: Path) -> State:
        """Does what is due for one job. One that was killed is let go on: what is on its disk is whole."""
        looked_at = (folder / job.STATE).stat().st_mtime_ns
        status = job.advance(folder, self._runner)
        if jobs_folder.goes_on_by_itself(folder, status):
            job.try_again(folder)
            return State.QUEUED
        if status.state == State.FINISHED:
            self._finished.add(folder.name)
        elif status.state in _AT_REST or (status.state == State.QUEUED and (folder / job.STOP).exists()):
            self._quiet[folder.name] = looked_at  # of before: a change since then is looked at once more
        return status.state

    def _read(self, name: str) -> tuple[float, str, State] | None:
        """When a job was asked for (an id knows only seconds), its name and its state."""
        with self._told(f"job {name}"):
            asked, status = job.read(self._jobs / name)
            return asked.submitted_at, name, status.state
        return None

    def _run(self) -> None:
        """Waits for the lock, which another studio may hold; where it is lost, waits for it again."""
        while not self._ended.is_set():
            with self._told("the folder of jobs"):
                make_folder(self._jobs)
                with lock(self._jobs) as token:
                    while not self._ended.is_set() and fence.is_in_force(token):
                        self.look()
                        self._wait()
            self._wait()

    def _wait(self) -> None:
        """Until the next tick, or until somebody wakes it."""
        self._awake.wait(self._tick_s)
        self._awake.clear()

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """A disk that is away for a moment, or one damaged job, ends no supervision: the next look tries again."""
        try:
            yield
        except (OSError, UserError) as error:
            if what not in self._failed:
                _log.warning("%s is left alone for now: %s", what, reason_of(error))
            self._failed.add(what)
