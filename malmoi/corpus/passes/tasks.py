"""What there is to do: a build as stages, a stage as tasks, a task as a small thing that any process can be handed.

A task is done when its record is there. Records are written last and atomically, so a stage is always the tasks whose
record is missing, whoever asks, and whatever was killed before.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from malmoi.corpus.passes import attempts
from malmoi.corpus.passes.attempts import Attempts
from malmoi.corpus.passes.units import Unit
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.steps import minhash
from malmoi.kit import config, fence
from malmoi.kit.files import listed, write_text
from malmoi.kit.paths import to_path

STAGES = ("pass", "rank", "exact", "near", "judge", "paragraphs", "publish")
SCAN, RANK, EXACT, NEAR, CLUSTER, BOILERPLATE, PUBLISH = STAGES
"""In order, by the names that records and events have. Each needs the whole one before it; its tasks stand alone.

SCAN reads and scores the documents, RANK puts them in order, EXACT and NEAR find candidates for copies, CLUSTER joins
those that are alike and says who stays, BOILERPLATE finds paragraphs that many of these share, PUBLISH writes.
"""
_NAMES_IN_OFF = {EXACT: minhash.EXACT, NEAR: minhash.NEAR, BOILERPLATE: "paragraphs"}
"""The stages over partitions, by what a recipe calls them in `off`."""

PLAN = "plan.json"
PARTITION_BYTES, MOST_PARTITIONS = 256_000_000, 128
"""Input bytes for each partition of the keys. Their number depends on the input alone, the result on neither."""


@dataclass(frozen=True)
class Workspace:
    """Where a build works. folder: what is on the way. out: the corpus. partitions: of the keys by hash.

    lease: of the driver. A task publishes only while it is in force, on whatever machine it runs.
    """

    recipe: CorpusRecipe
    folder: Path
    out: Path
    partitions: int
    lease: fence.Token | None = None


@dataclass
class Chunk:
    """A bounded number of documents of one unit, by its counts. base: of an older corpus, keys only.

    A file of it exists only where its count is not 0.
    """

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
    """One task of a stage. number: of the unit, the partition or the part.

    unit, attempts: of SCAN, what to read and how often that failed. chunks: of PUBLISH, those that become one part of
    the output; first_chunk: the index of the first.
    """

    space: Workspace
    stage: str
    number: int = 0
    unit: Unit | None = None
    chunks: tuple[Chunk, ...] = ()
    first_chunk: int = 0
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def stem(self) -> str:
        """What the names of the task's files begin with."""
        return f"{self.stage}-{self.number:06d}"

    @property
    def record(self) -> Path:
        """The file that says the task is done; in the stages from EXACT to BOILERPLATE it is also the result."""
        suffix = "json" if self.stage in (SCAN, RANK, PUBLISH) else "parquet"
        return self.space.folder / f"{self.stem}.{suffix}"

    @property
    def weight(self) -> int:
        """How much of its stage the task is, in the unit in which it reports."""
        if self.unit:
            return self.unit.size_bytes
        return sum(chunk.text_bytes for chunk in self.chunks)


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
        "lease": [space.lease.attempt, space.lease.token] if space.lease else None,
        "units": units,
    }
    write_text(space.folder / PLAN, json.dumps(table))


def read_plan(folder: Path) -> Plan:
    """The plan in a folder of what is on the way."""
    table = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    recipe = config.parse(CorpusRecipe, table["recipe"], "corpus")
    units = tuple(Unit(**{**unit, "files": tuple(map(to_path, unit["files"]))}) for unit in table["units"])
    out = to_path(table["out"])
    lease = fence.Token(out, *table["lease"]) if table["lease"] else None
    return Plan(Workspace(recipe, folder, out, table["partitions"], lease), units)


def tasks_of(folder: Path, stage: str) -> list[Task]:
    """Every task of a stage, done or not, from the folder alone. The stage before must be done."""
    return tasks(read_plan(folder), stage)


def tasks(plan: Plan, stage: str) -> list[Task]:
    """Every task of a stage, done or not. The stage before must be done."""
    space = plan.space
    if stage == SCAN:
        before = _attempts(space.folder) if plan.units else {}
        return [
            Task(space, stage, unit.number, unit, attempts=before.get(unit.number, Attempts())) for unit in plan.units
        ]
    if stage == PUBLISH:
        return list(_parts(space))
    if stage in (RANK, CLUSTER):
        return [Task(space, stage)]
    return partition_tasks(space, stage)


def partition_tasks(space: Workspace, stage: str) -> list[Task]:
    """The tasks of EXACT, NEAR or BOILERPLATE: one for each partition, none where the recipe switches the stage off."""
    is_off = _NAMES_IN_OFF[stage] in space.recipe.off
    return [] if is_off else [Task(space, stage, number) for number in range(space.partitions)]


def ranked(space: Workspace) -> list[Chunk]:
    """All chunks in order, as the stage RANK found them, those without a document too."""
    return read_chunks(Task(space, RANK).record)


def read_chunks(record: Path) -> list[Chunk]:
    """The chunks in a record of the stages SCAN and RANK."""
    return [Chunk(**chunk) for chunk in json.loads(record.read_text(encoding="utf-8"))["chunks"]]


def write_chunks(record: Path, chunks: Sequence[Chunk], file_hashes: Sequence[str] = ()) -> None:
    """Says that a task of SCAN or RANK is done, and what it made. file_hashes: SHA-256 of each file that it read."""
    write_text(record, json.dumps({"chunks": [asdict(chunk) for chunk in chunks], "file_hashes": list(file_hashes)}))


def scanned(plan: Plan) -> Iterator[tuple[Unit, list[str]]]:
    """The units in order, each with the SHA-256 of its files as it was scanned."""
    for task in tasks(plan, SCAN):
        if task.unit and not task.unit.is_base:
            yield task.unit, json.loads(task.record.read_text(encoding="utf-8"))["file_hashes"]


def numbered(space: Workspace) -> Iterator[tuple[int, int, Chunk]]:
    """Chunks with documents: index among all chunks, number of the first document, chunk."""
    first = 0
    for index, chunk in enumerate(ranked(space)):
        if chunk.documents:
            yield index, first, chunk
        first += chunk.documents


def num_documents(space: Workspace) -> int:
    """Documents of all chunks, those of older corpora too."""
    return sum(chunk.documents for chunk in ranked(space))


def write_attempts(task: Task) -> None:
    """Keeps what a unit cost, so that whoever goes on knows of it."""
    write_text(task.space.folder / f"{task.stem}.attempts", task.attempts.to_json())


def _attempts(folder: Path) -> dict[int, Attempts]:
    """What units have cost so far, by number."""
    return {
        int(path.name.split("-")[1].split(".")[0]): attempts.from_json(path.read_text(encoding="utf-8"))
        for path in listed(folder, ".attempts")
    }


def _parts(space: Workspace) -> Iterator[Task]:
    """As many whole chunks as fit into shard_bytes of text make a part. There is always one, if it is empty."""
    chunks = ranked(space)
    held, first, number = 0, 0, 0
    for index, chunk in enumerate(chunks):
        if index > first and held + chunk.text_bytes > space.recipe.shard_bytes:
            yield Task(space, PUBLISH, number, chunks=tuple(chunks[first:index]), first_chunk=first)
            held, first, number = 0, index, number + 1
        held += chunk.text_bytes
    yield Task(space, PUBLISH, number, chunks=tuple(chunks[first:]), first_chunk=first)
