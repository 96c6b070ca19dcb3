"""What the tests of every engine share: small work functions, what a driver hears, a step that kills, raw files."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from small_batches import sentences, write_rows

from malmoi.corpus.steps.profanity import Profanity
from malmoi.kit.errors import UserError
from malmoi.kit.pool import Hooks

POISON = "독이 든 사과"


def at_home(work, given, _processes, hooks):
    """An engine in this very process."""
    for number, task in enumerate(given):
        hooks.done(number, work(task, lambda value, number=number: hooks.news(number, value)))


def square(task, report):
    report(task)
    return task * task


def die_on_odd(task, _report):
    if task % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def raise_on_three(task, _report):
    if task == 3:
        raise ValueError("three")
    return task


def ask_wrongly(_task, _report):
    raise UserError("the folder is /nope", "a folder with weights")


def write_to_nowhere(task, _report):
    Path(task).write_text("")


class Heard:
    def __init__(self):
        self.news, self.done, self.deaths = [], {}, []

    def hooks(self, retry=lambda _: None):
        def buried(number, exit_code):
            self.deaths.append((number, exit_code))
            return retry(number)

        return Hooks(lambda number, value: self.news.append((number, value)), self.done.__setitem__, buried)


@dataclass(frozen=True)
class Deadly(Profanity):
    """A step that kills its process, as a parser with a fault in its C code does."""

    def __call__(self, batch):
        if any(POISON in text for text in batch.column("text").to_pylist()):
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().__call__(batch)


def write_files(folder: Path, files: int, rows_in_each: int) -> None:
    """JSONL files of generated texts, each with some copies and a line that is no JSON."""
    for number in range(files):
        rows = [{"text": sentences(1000 * number + place)} for place in range(rows_in_each)]
        write_rows(folder / f"{number}.jsonl", [*rows, *rows[:5], "{"])
