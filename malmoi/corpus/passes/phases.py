"""The stages of a build, run by any engine: each is the tasks whose record is missing, handed to `run_all`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from malmoi.corpus.ledger.layout import WRITTEN
from malmoi.corpus.passes import candidates, dedup, dedup_index, publish, rank, scan, tasks
from malmoi.corpus.passes.attempts import MAX_ATTEMPTS, after_failure
from malmoi.corpus.passes.memory import num_processes
from malmoi.corpus.passes.tasks import BOILERPLATE, CLUSTER, EXACT, NEAR, PUBLISH, RANK, SCAN, STAGES, Plan, Task
from malmoi.kit import events, fence
from malmoi.kit.files import listed, remove_partials
from malmoi.kit.pool import Hooks, Work

RunAll = Callable[[Work, Sequence[Any], int, Hooks], None]
"""An engine: kit/pool.run_all, or another that does the same tasks elsewhere."""
SHARES = dict(zip(STAGES, (0.68, 0.02, 0.02, 0.04, 0.02, 0.02, 0.2), strict=True))
"""About how much of a build each stage is, for the progress."""
_WORK: dict[str, Callable[[Task], None]] = {
    RANK: rank.rank,
    EXACT: candidates.exact_copies,
    NEAR: candidates.near_pairs,
    CLUSTER: dedup.cluster,
    BOILERPLATE: candidates.boilerplate_paragraphs,
}


def work(task: Task, report: Callable[[Any], None]) -> None:
    """Does one task of any stage, in any process; nothing where it is done. `report` gets what is done of it.

    Raises UserError (75), before anything is published, where the build's folder was taken over by another driver.
    """
    lease = task.space.lease
    is_guest = lease is not None and lease not in fence.held()  # a node, a Ray worker: it may serve many builds
    if lease and is_guest:
        fence.adopt([lease])
    try:
        if not task.record.exists():
            _do(task, report)
    finally:
        if lease and is_guest:
            fence.drop(lease)


def _do(task: Task, report: Callable[[Any], None]) -> None:
    if task.stage == SCAN:
        assert task.unit is not None
        (dedup_index.scan_index if task.unit.is_base else scan.scan_unit)(task, report)
    elif task.stage == PUBLISH:
        publish.write_part(task, report)
    else:
        _WORK[task.stage](task)


def run(plan: Plan, run_all: RunAll, progress: Callable[[float], None]) -> None:
    """Does what is missing of every stage, one after another. `progress` gets the share of the build that is done."""
    before = 0.0
    for stage in STAGES:
        started = time.monotonic()
        every = tasks.tasks(plan, stage)
        _StageRun(plan, every, progress, (before, SHARES[stage])).run(run_all)
        before += SHARES[stage]
        if stage == PUBLISH:
            for name in WRITTEN:  # what killed writers left
                remove_partials(plan.space.out / name)
        events.append(plan.space.out, "stage", stage=stage, tasks=len(every), seconds=time.monotonic() - started)


def retry(task: Task, failures: int, exit_code: int) -> Task:
    """The task to try in place of one whose process died, `failures` times since its driver began.

    For SCAN the journal of the dead process says what to do otherwise, and that is kept for whoever goes on. Raises
    RuntimeError where there is no end to it.
    """
    if task.record.exists():
        return task  # it died on the way to say that it is done
    if task.unit is None or task.unit.is_base:
        if failures > MAX_ATTEMPTS:
            raise RuntimeError(f"{task.stem} killed {failures} workers (exit code {exit_code})")
        return task
    again = replace(task, attempts=after_failure(task.attempts, scan.journal_path(task)))
    tasks.write_attempts(again)
    return again


@dataclass
class _StageRun:
    """One stage while it runs. share: of the build before it, and of itself."""

    plan: Plan
    every: Sequence[Task]
    progress: Callable[[float], None]
    share: tuple[float, float]

    def run(self, run_all: RunAll) -> None:
        names = {path.name for path in listed(self.plan.space.folder)}
        self.waiting = [task for task in self.every if task.record.name not in names]
        self.total = max(1, sum(task.weight for task in self.every))
        self.done = {task.number: task.weight for task in self.every}
        self.done.update({task.number: 0 for task in self.waiting})
        self.failures: dict[int, int] = {}
        self._show()
        if len(self.waiting) == 1 and self.waiting[0].stage != SCAN:
            work(self.waiting[0], lambda value: self._news(0, value))  # it takes longer to start a process
        elif self.waiting:
            hooks = Hooks(self._news, lambda number, _: self._news(number, self.waiting[number].weight), self._retry)
            run_all(work, list(self.waiting), num_processes(self.plan.space.recipe), hooks)

    def _news(self, number: int, value: Any) -> None:
        task = self.waiting[number]
        self.done[task.number] = min(value, task.weight)
        self._show()

    def _show(self) -> None:
        before, of_stage = self.share
        self.progress(before + of_stage * sum(self.done.values()) / self.total)

    def _retry(self, number: int, exit_code: int) -> Task:
        """The task to try in place of one whose process died."""
        self.failures[number] = self.failures.get(number, 0) + 1
        task = self.waiting[number] = retry(self.waiting[number], self.failures[number], exit_code)
        index = task.attempts.last_failure and task.attempts.last_failure[0]
        about = {"stage": task.stage, "task": task.number, "exit_code": exit_code, "place": index}
        events.append(self.plan.space.out, "worker_died", **about)
        return task
