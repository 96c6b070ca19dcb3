"""What a corpus is made from and how: the [corpus] table of a recipe."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from malmoi.corpus.document import KINDS
from malmoi.corpus.steps.duplicates import NearDuplicate
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.profanity import Profanity
from malmoi.corpus.steps.promotion import Promotion
from malmoi.corpus.steps.quality import Quality
from malmoi.corpus.steps.rule import Rule, Step
from malmoi.corpus.steps.translation import Translation
from malmoi.kit.config import to_table
from malmoi.kit.errors import UserError, did_you_mean

MEGABYTE = 1_000_000
LEAST_MEMORY_BYTES = 600 * MEGABYTE
"""One process with its libraries, a batch of text and DuckDB."""


@dataclass(frozen=True)
class Input:
    """One thing to read: a file, an archive, or a folder with everything below it.

    include, exclude: shell patterns ("*.md", "law/*.md") over paths relative to `path`; empty includes all.
    rows_per_document: joins so many consecutive rows of one file with newlines (short reviews of one film); above 1,
    the rows of a plain text file are its lines.
    max_bytes_per_document: raw bytes; what is larger is reported as unreadable and never held whole.
    """

    path: Path
    kind: str | None = None
    name: str | None = None
    licence: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    text_field: str = "text"
    rows_per_document: int = 1
    max_bytes_per_document: int = 20 * MEGABYTE

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            hint = did_you_mean(self.kind, list(KINDS))
            raise UserError(f"kind is {self.kind!r}", f"one of {', '.join(KINDS)}", hint)
        if not self.text_field:
            raise UserError("text_field is empty", "the name of the field that holds the text")
        for name in ("rows_per_document", "max_bytes_per_document"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}", "1 or more")


@dataclass(frozen=True)
class CorpusRecipe:
    """How to build one corpus from several inputs. `off` names the steps that are not wanted.

    processes: None takes as many as there are cores. memory_bytes: what the whole build may use; it also bounds the
    processes. shard_bytes: text bytes of one output shard, before compression.
    """

    inputs: tuple[Input, ...]
    quality: Quality = field(default_factory=Quality)
    personal_data: PersonalData = field(default_factory=PersonalData)
    promotion: Promotion = field(default_factory=Promotion)
    translation: Translation = field(default_factory=Translation)
    profanity: Profanity = field(default_factory=Profanity)
    near_duplicate: NearDuplicate = field(default_factory=NearDuplicate)
    off: tuple[
        Literal["personal_data", "promotion", "translation", "profanity", "exact_duplicate", "near_duplicate"], ...
    ] = ()
    processes: int | None = None
    memory_bytes: int = 2_000 * MEGABYTE
    shard_bytes: int = 128 * MEGABYTE

    def __post_init__(self) -> None:
        if not self.inputs:
            raise UserError("inputs is empty", "at least one input with a path")
        if self.processes is not None and self.processes < 1:
            raise UserError(f"processes is {self.processes}", "1 or more")
        if self.memory_bytes < LEAST_MEMORY_BYTES:
            raise UserError(f"memory_bytes is {self.memory_bytes}", f"at least {LEAST_MEMORY_BYTES}")
        if self.shard_bytes < 1:
            raise UserError(f"shard_bytes is {self.shard_bytes}", "1 or more")

    def steps(self) -> tuple[Step, ...]:
        """The steps that look at one document alone, in order: the numbers of quality are what later ones divide by."""
        optional: dict[str, Step] = {
            "personal_data": self.personal_data,
            "promotion": self.promotion,
            "translation": self.translation,
            "profanity": self.profanity,
        }
        return (self.quality, *(step for name, step in optional.items() if name not in self.off))

    def document_rules(self) -> tuple[Rule, ...]:
        """The rules that look at one document alone."""
        return tuple(rule for step in self.steps() for rule in step.rules())

    def copy_rules(self) -> tuple[Rule, ...]:
        """The rules about copies of other documents."""
        return tuple(rule for rule in self.near_duplicate.rules() if rule.reason not in self.off)

    def rules(self) -> tuple[Rule, ...]:
        """Every rule of this corpus. The order of reasons: the first that fires is the one that is counted."""
        return (*self.document_rules(), *self.copy_rules())

    def output_config(self) -> dict[str, Any]:
        """What the output depends on: all settings but those of the machine."""
        table = to_table(self)
        return {key: value for key, value in table.items() if key not in ("processes", "memory_bytes")}
