"""The stages of a build, run by any engine: each is the tasks whose record is missing, handed to `run_all`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from malmoi.corpus.passes import candidates, dedup, dedup_index, publish, rank, tasks
from malmoi.corpus.passes.attempts import PATIENCE, after_death
from malmoi.corpus.passes.memory import num_processes
from malmoi.corpus.passes.scan import journal_path, pass_over
from malmoi.corpus.passes.tasks import (
    CLOSE,
    JUDGE,
    PARAGRAPHS,
    PASS,
    PUBLISH,
    RANK,
    SAME,
    STAGES,
    Hooks,
    Plan,
    Task,
    Work,
)
from malmoi.kit import events
from malmoi.kit.files import listed, remove_partials

RunAll = Callable[[Work, Sequence[Any], int, Hooks], None]
"""An engine: workers.run_all, or another that does the same tasks elsewhere."""
SHARES = dict(zip(STAGES, (0.68, 0.02, 0.02, 0.04, 0.02, 0.02, 0.2), strict=True))
"""About how much of a build each stage is, for the progress."""


def work(task: Task, report: Callable[[Any], None]) -> None:
    """Does one task of any stage, in any process; nothing where it is done. `report` gets what is done of it."""
    if task.record.exists():
        return
    if task.stage == PASS:
        assert task.unit is not None
        (dedup_index.pass_over if task.unit.is_base else pass_over)(task, report)
    elif task.stage == PUBLISH:
        publish.write_part(task, report)
    else:
        alone = {
            RANK: rank.rank,
            SAME: candidates.find_copies,
            CLOSE: candidates.find_pairs,
            JUDGE: dedup.judge,
            PARAGRAPHS: candidates.find_repeats,
        }
        alone[task.stage](task)


def run(plan: Plan, run_all: RunAll, progress: Callable[[float], None]) -> None:
    """Does what is missing of every stage, one after another. `progress` gets the share of the build that is done."""
    before = 0.0
    for stage in STAGES:
        started = time.monotonic()
        every = tasks.tasks(plan, stage)
        _Stage(plan, every, progress, (before, SHARES[stage])).run(run_all)
        before += SHARES[stage]
        if stage == PUBLISH:
            for name in publish.WRITTEN:  # what killed writers left
                remove_partials(plan.space.out / name)
        events.append(plan.space.out, "stage", stage=stage, tasks=len(every), seconds=time.monotonic() - started)


def revived(task: Task, deaths: int, exit_code: int) -> Task:
    """The task to try in place of one whose process died, for the so-manieth time since its driver began.

    What reads an input learns from the journal of the dead process, and keeps that for whoever goes on. Raises
    RuntimeError where there is no end to it.
    """
    if task.record.exists():
        return task  # it died on the way to say that it is done
    if task.unit is None or task.unit.is_base:
        if deaths > PATIENCE:
            raise RuntimeError(f"{task.stem} killed {deaths} workers (exit code {exit_code})")
        return task
    wounded = replace(task, wounds=after_death(task.wounds, journal_path(task)))
    tasks.write_wounds(wounded)
    return wounded


@dataclass
class _Stage:
    """One stage while it runs. share: of the build before it, and of itself."""

    plan: Plan
    every: Sequence[Task]
    progress: Callable[[float], None]
    share: tuple[float, float]

    def run(self, run_all: RunAll) -> None:
        there = {path.name for path in listed(self.plan.space.folder)}
        self.waiting = [task for task in self.every if task.record.name not in there]
        self.total = max(1, sum(task.weight for task in self.every))
        self.done = {task.number: task.weight for task in self.every}
        self.done.update({task.number: 0 for task in self.waiting})
        self.deaths: dict[int, int] = {}
        self._tell()
        if len(self.waiting) == 1 and self.waiting[0].stage != PASS:
            work(self.waiting[0], lambda value: self._news(0, value))  # it takes longer to start a process
        elif self.waiting:
            hooks = Hooks(self._news, lambda number, _: self._news(number, self.waiting[number].weight), self._revive)
            run_all(work, list(self.waiting), num_processes(self.plan.space.recipe), hooks)

    def _news(self, number: int, value: Any) -> None:
        task = self.waiting[number]
        self.done[task.number] = min(value, task.weight)
        self._tell()

    def _tell(self) -> None:
        before, own = self.share
        self.progress(before + own * sum(self.done.values()) / self.total)

    def _revive(self, number: int, exit_code: int) -> Task:
        """The task to try in place of one whose process died."""
        self.deaths[number] = self.deaths.get(number, 0) + 1
        task = self.waiting[number] = revived(self.waiting[number], self.deaths[number], exit_code)
        place = task.wounds.before
        told = {"stage": task.stage, "task": task.number, "exit_code": exit_code, "place": place and place[0]}
        events.append(self.plan.space.out, "worker_died", **told)
        return task
