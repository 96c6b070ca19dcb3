"""Which commands of malmoi the studio starts as jobs, and what it must know of the command line, which lies above it.

The command line hands itself over (cli/studio_commands.py), so that a form offers the settings of the recipe's own
dataclass, and what it asks is read by the very code that will read it when the job starts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from malmoi.kit.run import CORPUS, MODEL, REPORT, TOKENIZER, TOKENS, TRAIN


@dataclass(frozen=True)
class Command:
    """A verb of the command line that makes one stage. sections: the tables of the recipe that it reads."""

    words: tuple[str, ...]
    sections: tuple[str, ...]


COMMANDS: Mapping[str, Command] = {
    CORPUS: Command(("corpus", "build"), ("corpus",)),
    TOKENIZER: Command(("tokenizer", "learn"), ("tokenizer",)),
    TOKENS: Command(("tokenizer", "encode"), ("tokens",)),
    TRAIN: Command(("train", "run"), ("model", "train")),
    MODEL: Command(("model", "export"), ()),
    REPORT: Command(("evaluate", "run"), ("evaluate",)),
    "run": Command(("run",), ("corpus", "tokenizer", "tokens", "model", "train", "evaluate")),
}
"""By the name of the stage that each makes; "run" makes them all. Nothing else can be started from the studio."""


@dataclass(frozen=True)
class Option:
    """A word of a verb beside the recipe, as --step N. help: in English."""

    name: str
    type: Literal["flag", "int", "choice", "text"]
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommandLine:
    """What the command line says of itself.

    program: the words that start it. recipe: the dataclass of a recipe. options: of a verb by its words. read: the
    recipe that the words after the program mean, with its settings changed; it raises UserError as the command would.
    """

    program: tuple[str, ...]
    recipe: type
    options: Callable[[tuple[str, ...]], tuple[Option, ...]]
    read: Callable[[Sequence[str]], Any]
