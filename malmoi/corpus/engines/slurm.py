"""The engine for clusters under Slurm: each stage is a job array of `malmoi corpus work FOLDER STAGE NUMBER`.

A task is done when its record lies in the work folder, which all nodes see. Slurm is asked only whether what is missing
may still come; what left the queue without its record is submitted again, so a lost node costs time alone. Partition,
account and time limit are the cluster's own business: sbatch takes them from SBATCH_PARTITION and its like.
"""

import contextlib
import itertools
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from malmoi.corpus.passes import phases
from malmoi.corpus.passes.tasks import PLAN, Task, tasks_of
from malmoi.kit import events, pool
from malmoi.kit.errors import UserError
from malmoi.kit.files import listed
from malmoi.kit.paths import is_remote
from malmoi.kit.pool import Hooks, Work

COMMAND = ("-m", "malmoi", "corpus", "work")
"""What a node runs, with this very Python: it lies where all nodes see it, or at the same place on each."""
ROUNDS = 4
"""How often a task is submitted. What kills its worker is dealt with on the node; this is for nodes that are lost."""
ARRAY_TASKS = 1000
"""Of one array: Slurm's MaxArraySize is 1001 unless a site raises it."""
POLL_S, GRACE_S = 2.0, 6.0
"""Between looks at the folder; and how long a record that was written may stay unseen (NFS keeps listings 3-5 s)."""
QUEUE_S = 60.0
"""How long a command of Slurm may take. A controller that restarts is waited for."""


def run_all(work: Work, tasks: Sequence[Task], processes: int, hooks: Hooks) -> None:
    """Does all `tasks` of one stage as job arrays. `processes` of the recipe bounds those at once; unset, Slurm does.

    The cores of this machine (`processes` here) say nothing about those of the cluster. Nothing is told of a task
    before it is done. Raises UserError where there is no Slurm or it refuses the job, RuntimeError where tasks are
    still missing after ROUNDS submissions, with the log to read.
    """
    assert work is phases.work and processes, "a node knows no other work"
    if not tasks:
        return
    if shutil.which("sbatch") is None:
        raise UserError("engine is 'slurm', but there is no sbatch on this machine", "a login node of the cluster")
    array = _Array(tasks, hooks)
    array.cancel()  # what a killed driver left in the queue
    try:
        for attempt in range(ROUNDS):
            if attempt:
                place = tasks[0].space.out
                events.append(place, "resubmitted", stage=tasks[0].stage, tasks=len(array.missing), attempt=attempt + 1)
            array.submit()
            if array.wait():
                return
    except BaseException:
        array.cancel()
        raise
    lost = tasks[min(array.missing)]
    raise RuntimeError(f"{len(array.missing)} tasks were not done in {ROUNDS} rounds, among them {array.log(lost)}")


def do(folder: Path, stage: str, number: int) -> None:
    """One task on a node: `malmoi corpus work`. It is done in a child process, and what kills that reaches the ledger.

    Raises UserError where the folder has no plan, or no such task.
    """
    if not (folder / PLAN).is_file():
        raise UserError(f"{folder} has no {PLAN}", "the folder of a build that is under way (corpus/work/...)")
    found = [task for task in tasks_of(folder, stage) if task.number == number]
    if not found:
        raise UserError(f"{folder} has no task {number} in stage {stage!r}")
    deaths = itertools.count(1)

    def retry(_number: int, exit_code: int) -> Task:
        found[0] = phases.retry(found[0], next(deaths), exit_code)
        return found[0]

    if not found[0].record.exists():
        pool.run_all(phases.work, list(found), 1, Hooks(_nothing, _nothing, retry))


def _nothing(_number: int, _value: Any) -> None:
    """Nobody watches a node."""


@dataclass
class _Array:
    """The tasks of a stage on their way. missing: places of those without a record. jobs: what was submitted."""

    tasks: Sequence[Task]
    hooks: Hooks
    missing: set[int] = field(default_factory=set)
    jobs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.missing = set(range(len(self.tasks)))
        space = self.tasks[0].space
        self.name = f"malmoi-{space.folder.name}-{self.tasks[0].stage}"
        self.logs = Path.cwd() if is_remote(space.folder) else space.folder

    def submit(self) -> None:
        """Hands what is missing to Slurm, in arrays that it takes."""
        places = sorted(self.missing)
        self.jobs = []
        for first in range(0, len(places), ARRAY_TASKS):
            part = [self.tasks[place].number for place in places[first : first + ARRAY_TASKS]]
            self.jobs.append(self._submit(part))

    def _submit(self, numbers: list[int]) -> str:
        recipe = self.tasks[0].space.recipe
        at_once = f"%{recipe.processes}" if recipe.processes else ""
        words = [
            "sbatch",
            "--parsable",
            "--requeue",
            f"--job-name={self.name}",
            f"--array=0-{len(numbers) - 1}{at_once}",
            f"--output={str(self.logs).replace('%', '%%')}/%x-%A_%a.log",
        ]
        with tempfile.NamedTemporaryFile("w", suffix=".sh", encoding="utf-8") as script:
            script.write(_script(self.tasks[0], numbers))
            script.flush()
            done = _asked([*words, script.name])
        if done.returncode:
            said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise UserError(
                f"sbatch refused the job: {said}", hint="SBATCH_PARTITION, SBATCH_ACCOUNT and others are read"
            )
        return done.stdout.strip().partition(";")[0]

    def wait(self) -> bool:
        """Until every record is there (True), or nothing of ours is in the queue any more (False)."""
        gone_since: float | None = None
        while True:
            self._look()
            if not self.missing:
                return True
            if self._is_queued():
                gone_since = None
            elif gone_since is None:
                gone_since = time.monotonic()
            elif time.monotonic() - gone_since > GRACE_S:
                return False
            time.sleep(POLL_S)

    def _look(self) -> None:
        """One listing, however many tasks there are."""
        names = {path.name for path in listed(self.tasks[0].space.folder)}
        for place in sorted(self.missing):
            if self.tasks[place].record.name in names:
                self.missing.discard(place)
                self.hooks.done(place, None)

    def _is_queued(self) -> bool:
        """Whether any task may still come. A controller that does not answer has forgotten nothing: yes."""
        done = _asked(["squeue", "--noheader", "--format=%i", f"--jobs={','.join(self.jobs)}"])
        if done.returncode:
            return "Invalid job id" not in done.stderr
        return bool(done.stdout.strip())

    def cancel(self) -> None:
        """Takes everything of this stage of this build out of the queue."""
        with contextlib.suppress(OSError, UserError):
            _asked(["scancel", "--me", f"--name={self.name}"])

    def log(self, task: Task) -> str:
        """A task by name, with where its last words lie."""
        return f"{task.stem}; see {self.logs}/{self.name}-{self.jobs[-1] if self.jobs else '*'}_*.log"


def _script(task: Task, numbers: list[int]) -> str:
    """The job. Only whole numbers and quoted constants stand in it. #SBATCH lines give way to SBATCH_* variables."""
    space = task.space
    command = [sys.executable, *COMMAND, str(space.folder), task.stage]
    return f"""#!/bin/bash
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem={-(-space.recipe.memory_bytes // 2**20)}M
numbers=({" ".join(str(int(number)) for number in numbers)})
exec {shlex.join(command)} "${{numbers[$SLURM_ARRAY_TASK_ID]}}"
"""


def _asked(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(words, capture_output=True, text=True, timeout=QUEUE_S, check=False)
    except FileNotFoundError:
        raise UserError(f"there is no {words[0]} on this machine", "the commands of Slurm") from None
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(list(words), 1, "", f"no answer in {QUEUE_S:g} s")
