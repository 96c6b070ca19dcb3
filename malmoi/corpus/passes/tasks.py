"""What there is to do: a build as stages, a stage as tasks, a task as a small thing that any process can be handed.

A task is done when its record is there. Records are written last and atomically, so a stage is always the tasks whose
record is missing, whoever asks, and whatever was killed before.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from malmoi.corpus.passes.attempts import Phase, Place, Wounds
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps.minhash import EXACT, NEAR
from malmoi.kit import config
from malmoi.kit.files import listed, write_text
from malmoi.kit.paths import to_path

PASS, RANK, SAME, CLOSE, JUDGE, PARAGRAPHS, PUBLISH = STAGES = (
    "pass",
    "rank",
    "exact",
    "near",
    "judge",
    "paragraphs",
    "publish",
)
"""In order. Each needs the whole one before it; within one every task stands alone."""

PLAN = "plan.json"
PARTITION_BYTES, MOST_PARTITIONS = 256_000_000, 128
"""Input bytes for each partition of the keys. Their number depends on the input alone, the result on neither."""


@dataclass(frozen=True)
class Workspace:
    """Where a build works. folder: what is on the way. out: the corpus. partitions: of the keys by hash."""

    recipe: CorpusRecipe
    folder: Path
    out: Path
    partitions: int


@dataclass
class Piece:
    """What one piece holds. A file of it exists only where its count is not 0. base: of an older corpus, keys only."""

    name: str
    documents: int = 0
    unreadable: int = 0
    text_bytes: int = 0
    links: bool = False
    base: bool = False

    def path(self, folder: Path, part: str) -> Path:
        """The file of a part: documents, scores, signatures, exact, bands, links, paragraphs or unreadable."""
        return folder / f"{self.name}.{part}.parquet"


@dataclass(frozen=True)
class Task:
    """One task of a stage. unit: of the pass. pieces: those that become one part of the output, with the first's place.

    number: of the unit, the partition or the part. wounds: what this unit cost before.
    """

    space: Workspace
    stage: str
    number: int = 0
    unit: Unit | None = None
    pieces: tuple[Piece, ...] = ()
    first_piece: int = 0
    wounds: Wounds = field(default_factory=Wounds)

    @property
    def stem(self) -> str:
        """What the names of the task's files begin with."""
        return f"{self.stage}-{self.number:06d}"

    @property
    def record(self) -> Path:
        """The file that says the task is done: for exact, near, judge and paragraphs also its result."""
        suffix = "json" if self.stage in (PASS, RANK, PUBLISH) else "parquet"
        return self.space.folder / f"{self.stem}.{suffix}"

    @property
    def weight(self) -> int:
        """How much of its stage the task is, in the unit in which it reports."""
        if self.unit:
            return self.unit.size_bytes
        return sum(piece.text_bytes for piece in self.pieces)


@dataclass(frozen=True)
class Plan:
    """A whole build."""

    space: Workspace
    units: tuple[Unit, ...]


def partitions_for(units: Sequence[Unit]) -> int:
    """How many partitions the keys of these inputs are cut into."""
    total = sum(unit.size_bytes for unit in units)
    return min(MOST_PARTITIONS, 1 + total // PARTITION_BYTES)


def write_plan(plan: Plan) -> None:
    """Puts the plan into its folder, for `read_plan`. Done once all other files of an older plan are gone."""
    units = [{**asdict(unit), "files": [str(path) for path in unit.files]} for unit in plan.units]
    space = plan.space
    table = {
        "recipe": config.to_table(space.recipe),
        "out": str(space.out),
        "partitions": space.partitions,
        "units": units,
    }
    write_text(space.folder / PLAN, json.dumps(table))


def read_plan(folder: Path) -> Plan:
    """The plan in a folder of what is on the way."""
    table = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    recipe = config.parse(CorpusRecipe, table["recipe"], "corpus")
    units = tuple(Unit(**{**unit, "files": tuple(map(to_path, unit["files"]))}) for unit in table["units"])
    return Plan(Workspace(recipe, folder, to_path(table["out"]), table["partitions"]), units)


def tasks_of(folder: Path, stage: str) -> list[Task]:
    """Every task of a stage, done or not, from the folder alone. The stage before must be done."""
    return tasks(read_plan(folder), stage)


def tasks(plan: Plan, stage: str) -> list[Task]:
    """Every task of a stage, done or not. The stage before must be done."""
    space, off = plan.space, plan.space.recipe.off
    if stage == PASS:
        wounds = dict(_wounds(space.folder)) if plan.units else {}
        return [Task(space, stage, unit.number, unit, wounds=wounds.get(unit.number, Wounds())) for unit in plan.units]
    if stage == PUBLISH:
        return list(_parts(space))
    if stage in (RANK, JUDGE):
        return [Task(space, stage)]
    if {SAME: EXACT, CLOSE: NEAR, PARAGRAPHS: PARAGRAPHS}[stage] in off:
        return []
    return [Task(space, stage, number) for number in range(space.partitions)]


def ranked(space: Workspace) -> list[Piece]:
    """All pieces in order, as the stage `rank` found them, those without a document too."""
    return read_pieces(Task(space, RANK).record)


def read_pieces(record: Path) -> list[Piece]:
    """The pieces in a record of the stages pass and rank."""
    return [Piece(**piece) for piece in json.loads(record.read_text(encoding="utf-8"))]


def write_pieces(record: Path, pieces: Sequence[Piece]) -> None:
    """Says that a stage is done, and what it made."""
    write_text(record, json.dumps([asdict(piece) for piece in pieces]))


def numbered(space: Workspace) -> Iterator[tuple[int, int, Piece]]:
    """Pieces with documents: place among all pieces, number of the first document, piece."""
    first = 0
    for place, piece in enumerate(ranked(space)):
        if piece.documents:
            yield place, first, piece
        first += piece.documents


def write_wounds(task: Task) -> None:
    """Keeps what a unit cost, so that whoever goes on knows of it."""
    told: dict[str, Any] = {
        "deaths": task.wounds.deaths,
        "before": task.wounds.before and [*task.wounds.before[0], int(task.wounds.before[1])],
        "lost": sorted(task.wounds.lost),
        "unread": sorted(task.wounds.unread),
        "one_by_one": task.wounds.one_by_one,
    }
    write_text(task.space.folder / f"{task.stem}.wounds", json.dumps(told))


def _wounds(folder: Path) -> Iterator[tuple[int, Wounds]]:
    for path in listed(folder, ".wounds"):
        told = json.loads(path.read_text(encoding="utf-8"))
        before = told["before"] and (Place(*told["before"][:2]), Phase(told["before"][2]))
        places = {name: frozenset(Place(*place) for place in told[name]) for name in ("lost", "unread")}
        wounds = Wounds(told["deaths"], before, one_by_one=told["one_by_one"])
        yield int(path.name.split("-")[1].split(".")[0]), replace(wounds, **places)


def _parts(space: Workspace) -> Iterator[Task]:
    """As many whole pieces as fit into shard_bytes of text make a part. There is always one, if it is empty."""
    pieces = ranked(space)
    held, first, number = 0, 0, 0
    for place, piece in enumerate(pieces):
        if place > first and held + piece.text_bytes > space.recipe.shard_bytes:
            yield Task(space, PUBLISH, number, pieces=tuple(pieces[first:place]), first_piece=first)
            held, first, number = 0, place, number + 1
        held += piece.text_bytes
    yield Task(space, PUBLISH, number, pieces=tuple(pieces[first:]), first_piece=first)


Work = Callable[[Any, Callable[[Any], None]], Any]
"""A function of a task and of `report`, which sends news to the driver while it works. Importable by name."""


@dataclass(frozen=True)
class Hooks:
    """What the driver is told. news(task number, what was reported); done(task number, result).

    revive(task number, exit code): the task to try in place of the one whose process died.
    """

    news: Callable[[int, Any], None]
    done: Callable[[int, Any], None]
    revive: Callable[[int, int], Any]
