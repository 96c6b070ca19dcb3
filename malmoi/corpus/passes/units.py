"""What one worker does at a time: some files of one input, cut so that the cut does not depend on the machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.listing import sized_files
from malmoi.kit.errors import UserError

MOST_BYTES, LEAST_BYTES = 16_000_000, 200_000
MOST_FILES = 500
BASE = -1
"""What the units of older corpora have for the number of an input."""
WANTED_UNITS = 32
"""Small inputs are cut into about so many units, so that several processes have work."""


@dataclass(frozen=True)
class Unit:
    """Consecutive files of one input: one large file or archive, or several small ones. Or parts of an older index."""

    number: int
    input_number: int
    files: tuple[Path, ...]
    size_bytes: int

    @property
    def is_base(self) -> bool:
        """Whether it holds the index of an older corpus instead of an input."""
        return self.input_number == BASE


def plan(recipe: CorpusRecipe) -> list[Unit]:
    """The units of a recipe, in the order of its inputs and their files. Raises UserError where an input has none."""
    listed = [(number, _sizes(source)) for number, source in enumerate(recipe.inputs)]
    total = sum(size for _, files in listed for _, size in files)
    wanted_bytes = min(MOST_BYTES, max(LEAST_BYTES, total // WANTED_UNITS))
    cuts = [(number, files) for number, sized in listed for files in _cut(sized, wanted_bytes)]
    return [
        Unit(number, input_number, tuple(path for path, _ in files), sum(size for _, size in files))
        for number, (input_number, files) in enumerate(cuts)
    ]


def label(source: Input) -> str:
    """How an input is called in the ledger and the manifest."""
    return source.name or source.path.name


def _sizes(source: Input) -> list[tuple[Path, int]]:
    files = sized_files(source)
    if not files:
        raise UserError(f"no files in {source.path}", "files that include and exclude let through")
    return files


def _cut(files: Sequence[tuple[Path, int]], wanted_bytes: int) -> Iterator[list[tuple[Path, int]]]:
    group: list[tuple[Path, int]] = []
    held = 0
    for path, size in files:
        if group and (held + size > wanted_bytes or len(group) >= MOST_FILES):
            yield group
            group, held = [], 0
        group.append((path, size))
        held += size
    yield group
