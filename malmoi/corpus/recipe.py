"""What a corpus is made from and how: the [corpus] table of a recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.composition.trust import Trust
from malmoi.corpus.document import DOCUMENTS
from malmoi.corpus.sources.input import MEGABYTE, Input
from malmoi.corpus.steps.account import Losses
from malmoi.corpus.steps.boilerplate import Paragraphs
from malmoi.corpus.steps.decontamination import Decontamination
from malmoi.corpus.steps.learned import Learned
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.profanity import Profanity
from malmoi.corpus.steps.promotion import Promotion
from malmoi.corpus.steps.quality import Quality
from malmoi.corpus.steps.rule import Rule, Step, check_order
from malmoi.corpus.steps.source_verdict import SourceVerdict
from malmoi.kit.config import machine, parse
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least

LEAST_MEMORY_BYTES = 600 * MEGABYTE
"""One process with its libraries, a batch of text and DuckDB."""
RETIRED = frozenset({"translation"})
"""Tables and steps of earlier versions. A manifest may still name them; a new recipe may not."""


OptionalStep = Literal["personal_data", "promotion", "profanity", "learned"]
"""In the order in which they look at a document."""
Optional = OptionalStep | Literal["exact_duplicate", "near_duplicate", "paragraphs"]
"""What a recipe may switch off."""


@dataclass(frozen=True)
class CorpusRecipe:
    """How to build one corpus from several inputs. `off` names the steps that are not wanted.

    mix: shares of kinds and caps; None keeps everything once.
    base: finished corpora whose documents always stay: copies of them are dropped. Their text is not read.
    processes: None takes as many as there are cores. memory_bytes: what the whole build may use on one machine; it also
    bounds the processes. engine: who does the tasks. shard_bytes: text bytes of one output shard, before compression.
    """

    inputs: tuple[Input, ...]
    quality: Quality = field(default_factory=Quality)
    personal_data: PersonalData = field(default_factory=PersonalData)
    promotion: Promotion = field(default_factory=Promotion)
    profanity: Profanity = field(default_factory=Profanity)
    learned: Learned = field(default_factory=Learned)
    source_verdict: SourceVerdict = field(default_factory=SourceVerdict)
    decontamination: Decontamination = field(default_factory=Decontamination)
    near_duplicate: NearDuplicate = field(default_factory=NearDuplicate)
    paragraphs: Paragraphs = field(default_factory=Paragraphs)
    losses: Losses = field(default_factory=Losses)
    trust: Trust = field(default_factory=Trust)
    mix: Mix | None = None
    off: tuple[Optional, ...] = ()
    base: tuple[Path, ...] = ()
    engine: Literal["pool", "ray", "slurm"] = machine("pool")
    processes: int | None = machine(None)
    memory_bytes: int = machine(2_000 * MEGABYTE)
    shard_bytes: int = 128 * MEGABYTE

    def __post_init__(self) -> None:
        if not self.inputs:
            raise UserError("inputs is empty", "at least one input with a path")
        at_least(self, 1, "processes", "shard_bytes")
        at_least(self, LEAST_MEMORY_BYTES, "memory_bytes")
        check_order(self.steps(), DOCUMENTS.names)

    def steps(self) -> tuple[Step, ...]:
        """The steps that look at one document alone, in order: the numbers of quality are what later ones divide by."""
        optional = (name for name in get_args(OptionalStep) if name not in self.off)
        # Evaluation items are looked for before anything is masked: they hold names and numbers too.
        looked_for = (self.decontamination,) if self.decontamination.sets else ()
        return (self.quality, self.source_verdict, *looked_for, *(getattr(self, name) for name in optional))

    def document_rules(self) -> tuple[Rule, ...]:
        """The rules that look at one document alone."""
        return tuple(rule for step in self.steps() for rule in step.rules())

    def copy_rules(self) -> tuple[Rule, ...]:
        """The rules about copies of other documents."""
        return tuple(rule for rule in self.near_duplicate.rules() if rule.reason not in self.off)

    def group_rules(self) -> tuple[Rule, ...]:
        """The rules about a document among all others: copies, and what there is too much of."""
        boilerplate = () if "paragraphs" in self.off else self.paragraphs.rules()
        over = (Rule("over_share", "over_share", maximum=0.5),) if self.mix else ()
        return (*self.copy_rules(), *boilerplate, *over)

    def rules(self) -> tuple[Rule, ...]:
        """Every rule with the limits of the recipe. The first reason that fires is the one that is counted."""
        return (*self.document_rules(), *self.group_rules())


def from_manifest(config: Mapping[str, Any]) -> CorpusRecipe:
    """The recipe of a finished corpus, from the config of its manifest. What is RETIRED there is left out.

    Raises UserError for any other key that this version does not know.
    """
    table = {key: value for key, value in config.items() if key not in RETIRED}
    table["off"] = [name for name in table.get("off", ()) if name not in RETIRED]
    return parse(CorpusRecipe, table, "corpus")
