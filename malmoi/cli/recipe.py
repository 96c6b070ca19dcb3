"""A whole run as one recipe: each room's table goes to that room's dataclass, and to no other."""

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

from malmoi.corpus.recipe import CorpusRecipe
from malmoi.evaluate.settings import EvaluateSettings
from malmoi.kit import config
from malmoi.kit.paths import is_remote, require_local
from malmoi.model.shape import ModelSettings
from malmoi.tokenizer.settings import EncodeSettings, LearnSettings
from malmoi.train.settings import TrainSettings


@dataclass(frozen=True)
class Run:
    """One run: a name, the folder that receives everything, and the settings of each stage.

    data: the folder in which the paths of the corpus's inputs begin. Whoever makes a corpus alone says nothing of
    the later stages.
    """

    name: str
    folder: Path
    corpus: CorpusRecipe
    tokenizer: LearnSettings = field(default_factory=LearnSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    data: Path = Path()
    tokens: EncodeSettings = field(default_factory=EncodeSettings)
    evaluate: EvaluateSettings = field(default_factory=EvaluateSettings)


def load(arguments: argparse.Namespace, *, corpus_alone: bool = False) -> Run:
    """The recipe that the arguments name, with their --set applied.

    corpus_alone: nothing but the corpus is made, which may lie on S3. Raises UserError.
    """
    table = config.override(config.read_toml(arguments.recipe), arguments.assignments)
    run = config.parse(Run, table, "")
    if not corpus_alone:
        require_local(run.folder)
    inputs = tuple(replace(source, path=_below(run.data, source.path)) for source in run.corpus.inputs)
    return replace(run, corpus=replace(run.corpus, inputs=inputs))


def _below(data: Path, path: Path) -> Path:
    """The path of an input: those that are absolute or on another file system do not begin in `data`."""
    return path if is_remote(path) or path.is_absolute() else data / str(path)
