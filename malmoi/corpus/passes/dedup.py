"""Judgement on documents against one another: who stays among copies, and how often each is read.

Candidate pairs are verified on sketches and joined; of each cluster the best stays, and whoever is not like one that
stays. Only documents that are in a pair take memory beside a few bytes for each of all.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.composition import mix
from malmoi.corpus.ledger.layout import FOUND, MIX
from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.candidates import read_copies
from malmoi.corpus.passes.rank import read_scores
from malmoi.corpus.passes.shuffle import ROWS_AT_ONCE
from malmoi.corpus.passes.tasks import CLOSE, Task, Workspace, numbered
from malmoi.corpus.steps.minhash import NEAR
from malmoi.kit.files import write_text

_CANDIDATES = pa.schema(
    [
        ("number", pa.int64()),
        ("id", pa.string()),
        ("kind", pa.string()),
        ("source_name", pa.string()),
        ("text_bytes", pa.int64()),
        ("trust", pa.float32()),
        ("value", pa.float32()),
    ]
)


@dataclass(frozen=True)
class Copies:
    """The documents that have copies, by ascending rank; all others stay alone.

    exact, near: rank of the document that stays for it, its own where it stays. similarity: to the near one, else NaN.
    cluster: rank of the best document that it is linked to; size: documents in that cluster.
    """

    ranks: np.ndarray
    exact: np.ndarray
    near: np.ndarray
    similarity: np.ndarray
    cluster: np.ndarray
    size: np.ndarray


def judge(task: Task) -> None:
    """Writes what comparing found of every document, one row group a piece."""
    space = task.space
    copies = _copies(space)
    epochs = _epochs(space, copies)
    named, ids = _names(space, copies)

    def ids_of(ranks: np.ndarray, where: np.ndarray) -> pa.Array:
        return ids.take(pa.array(np.searchsorted(named, ranks), mask=~where))

    def groups() -> Iterator[pa.Table]:
        first = 0
        for own in _ranks(space):
            yield _found(copies, own, ids_of, epochs[first : first + len(own)])
            first += len(own)

    shuffle.write_groups(task.record, groups(), FOUND)


def _ranks(space: Workspace) -> Iterator[np.ndarray]:
    """The ranks of the documents of every piece, empty ones too."""
    with shuffle.reading(shuffle.ranks_path(space)) as file:
        for place in range(file.num_row_groups):
            yield file.read_row_group(place, columns=["rank"]).column(0).to_numpy()


def _found(
    copies: Copies, own: np.ndarray, ids_of: Callable[[np.ndarray, np.ndarray], pa.Array], epochs: np.ndarray
) -> pa.Table:
    """The rows of one piece. epochs: below 0 where nothing was said."""
    place, known = places(copies.ranks, own)
    exact, near, cluster = own.copy(), own.copy(), own.copy()
    similarity, size = np.full(len(own), np.nan, np.float32), np.ones(len(own), np.int32)
    for values, theirs in (
        (exact, copies.exact),
        (near, copies.near),
        (cluster, copies.cluster),
        (similarity, copies.similarity),
        (size, copies.size),
    ):
        values[known] = theirs[place[known]]
    columns = [
        pa.array(np.ones(len(own), np.float32), mask=exact == own),
        pa.array(similarity, from_pandas=True),
        ids_of(exact, exact != own),
        ids_of(near, near != own),
        ids_of(cluster, size > 1),
        pa.array(size),
        pa.array((epochs == 0).astype(np.float32)),
        pa.array(np.abs(epochs).astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=FOUND)


def places(ordered: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each wanted number is in an ascending array, and whether it is there at all (bool)."""
    place = np.searchsorted(ordered, wanted)
    known = place < len(ordered)
    known[known] = ordered[place[known]] == wanted[known]
    return place, known


def _epochs(space: Workspace, copies: Copies) -> np.ndarray:
    """How many times each document is to be read (int16, by number); -1, which means once, without a mixture."""
    epochs = np.full(sum(piece.documents for _, _, piece in numbered(space)), -1, np.int16)
    if space.recipe.mix is not None:
        with shuffle.database(space, alone=True) as connection:
            shuffle.load(connection, "candidates", _CANDIDATES, _candidates(space, copies))
            mix.plan(connection, space.recipe.mix)
            write_text(space.out / MIX, json.dumps(mix.summary(connection), ensure_ascii=False, indent=1) + "\n")
            for batch in connection.sql("SELECT number, epochs FROM mixed").to_arrow_reader(ROWS_AT_ONCE):
                epochs[batch.column("number").to_numpy()] = batch.column("epochs").to_numpy()
    return epochs


def _candidates(space: Workspace, copies: Copies) -> Iterator[pa.RecordBatch]:
    """The documents that nothing else drops."""
    gone = copies.ranks[(copies.exact != copies.ranks) | (copies.near != copies.ranks)]
    for first, piece, known in shuffle.by_piece(space, shuffle.ranks_path(space), ["rank", "dropped", "trust"]):
        if piece.base:
            continue
        dropped = known.column("dropped").to_numpy(zero_copy_only=False)
        dropped = dropped | places(gone, known.column("rank").to_numpy())[1]
        scores = read_scores(space, piece)
        columns = {name: scores.column(name) for name in ("id", "kind", "source_name", "text_bytes")}
        columns["number"] = pa.array(np.arange(first, first + piece.documents))
        columns["trust"] = known.column("trust")
        no_value = pa.nulls(piece.documents, pa.float32())
        columns["value"] = scores.column("value") if "value" in scores.schema.names else no_value
        batch = pa.RecordBatch.from_pydict(
            {name: columns[name].cast(_CANDIDATES.field(name).type) for name in _CANDIDATES.names}
        )
        yield batch.filter(pa.array(~dropped))


def _copies(space: Workspace) -> Copies:
    from malmoi.corpus.kernels import clusters

    settings = space.recipe.near_duplicate
    copied, best = read_copies(space)
    members = _members(space)
    parents, stays = np.arange(len(members)), np.arange(len(members))
    similarity = np.full(len(members), np.nan)
    if len(members):
        with shuffle.temporary(space) as folder:
            sketches = _sketches(space, members, Path(folder) / "sketches.bin")
            for left, right in _pairs(space):
                ends = np.searchsorted(members, left), np.searchsorted(members, right)
                clusters.join(*ends, sketches, settings.similarity, parents)
            _choose(space, members, parents, sketches, (stays, similarity))
            del sketches
    ranks = np.union1d(np.union1d(copied, best), members)
    exact, near, cluster = ranks.copy(), ranks.copy(), ranks.copy()
    alike = np.full(len(ranks), np.nan)
    places = np.searchsorted(ranks, members)
    near[places], cluster[places], alike[places] = members[stays], members[parents], similarity
    copies = np.searchsorted(ranks, copied)
    exact[copies] = best
    cluster[copies] = cluster[np.searchsorted(ranks, best)]  # an exact copy belongs where the one that stays does
    roots = np.searchsorted(ranks, cluster)
    size = np.bincount(roots, minlength=len(ranks))[roots]
    return Copies(ranks, exact, near, alike, cluster, size)


def _choose(
    space: Workspace,
    members: np.ndarray,
    parents: np.ndarray,
    sketches: np.ndarray,
    chosen: tuple[np.ndarray, np.ndarray],
) -> None:
    from malmoi.corpus.kernels import clusters

    clusters.flatten(parents)
    of_base = sum(piece.documents for _, _, piece in numbered(space) if piece.base)
    always = int(np.searchsorted(members, of_base))  # they have the first ranks
    linked = np.flatnonzero(np.bincount(parents, minlength=len(parents))[parents] > 1)
    order = linked[np.argsort(parents[linked], kind="stable")]
    clusters.choose(order, parents, sketches, space.recipe.near_duplicate.similarity, *chosen, always)


def _pairs(space: Workspace) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for number in range(space.partitions if NEAR not in space.recipe.off else 0):
        with shuffle.reading(Task(space, CLOSE, number).record) as file:
            for place in range(file.num_row_groups):
                found = file.read_row_group(place)
                yield found.column("left").to_numpy(), found.column("right").to_numpy()


def _members(space: Workspace) -> np.ndarray:
    """The documents that are in any pair, by ascending rank."""
    is_member = np.zeros(sum(piece.documents for _, _, piece in numbered(space)), np.bool_)
    for left, right in _pairs(space):
        is_member[left] = is_member[right] = True
    return np.flatnonzero(is_member)


def _sketches(space: Workspace, members: np.ndarray, path: Path) -> np.ndarray:
    """The sketches of the members in their order, in a file that the kernels map into memory as they need it."""
    bins = space.recipe.near_duplicate.bins
    sketches = np.memmap(path, np.uint8, "w+", shape=(len(members), bins))
    for _, piece, known in shuffle.by_piece(space, shuffle.ranks_path(space), ["rank"]):
        at, wanted = places(members, known.column("rank").to_numpy())
        if not wanted.any():
            continue
        with shuffle.reading(piece.path(space.folder, "signatures")) as file:
            column = file.read(columns=["sketch"]).column(0).combine_chunks()
        content = np.frombuffer(column.buffers()[1], np.uint8)[column.offset * bins :]
        sketches[at[wanted]] = content[: len(column) * bins].reshape(-1, bins)[wanted]
    return sketches


def _names(space: Workspace, copies: Copies) -> tuple[np.ndarray, pa.Array]:
    """The ranks that some document points to, ascending, and their ids: all ids together would take most memory."""
    pointed = [values[values != copies.ranks] for values in (copies.exact, copies.near)]
    named = np.unique(np.concatenate([*pointed, copies.cluster[copies.size > 1]]))
    ranks: list[np.ndarray] = []
    ids: list[pa.Array] = [pa.array([], pa.string())]
    for _, piece, known in shuffle.by_piece(space, shuffle.ranks_path(space), ["rank"]) if len(named) else ():
        own = known.column("rank").to_numpy()
        wanted = np.flatnonzero(np.isin(own, named))
        if len(wanted):
            with shuffle.reading(piece.path(space.folder, "scores")) as file:
                column = file.read(columns=["id"]).column(0).combine_chunks()
            ranks.append(own[wanted])
            ids.append(column.take(pa.array(wanted)).cast(pa.string()))
    order = np.argsort(np.concatenate(ranks)) if ranks else np.empty(0, np.int64)
    return named, pa.concat_arrays(ids).take(pa.array(order))
