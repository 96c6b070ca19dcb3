"""Deduplication: which documents are copies of one another, who stays for them, and how often each is read.

LSH candidates are verified on MinHash sketches and joined by union-find; a cluster is a connected component of what is
alike. In each cluster the survivor is its best document, and so is whoever is not like one that survives; of a chain,
the two ends come first. Documents in a pair take sketch and ranks (about 250 bytes each, the sketches in a mapped
file), all others BYTES_PER_DOCUMENT.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from malmoi.corpus.composition import mix
from malmoi.corpus.ledger.layout import COMPARISON, MIX
from malmoi.corpus.passes import shuffle
from malmoi.corpus.passes.candidates import read_copies
from malmoi.corpus.passes.memory import CLUSTER_BYTES, require_memory
from malmoi.corpus.passes.rank import read_scores
from malmoi.corpus.passes.shuffle import ROWS_AT_ONCE
from malmoi.corpus.passes.tasks import EXACT, NEAR, Task, Workspace, num_documents, numbered
from malmoi.kit.files import write_text

_CANDIDATES = pa.schema({
    "number": pa.int64(), "id": pa.string(), "kind": pa.string(), "source_name": pa.string(), "text_bytes": pa.int64(),
    "trust": pa.float32(), "value": pa.float32(),
    "source_popularity": pa.float32(),
})  # fmt: skip
"""What the mix chooses from. number: of the document among all; trust: of its site, null where that is unknown."""


@dataclass(frozen=True)
class Copies:
    """The documents that have copies, by ascending rank; all others stay alone.

    exact, near: rank of the document that stays for it, its own where it stays. similarity: to the near one, else NaN.
    cluster: rank of the best document of its connected component, or of the one that stays for that; size: documents in
    the cluster.
    """

    ranks: np.ndarray
    exact: np.ndarray
    near: np.ndarray
    similarity: np.ndarray
    cluster: np.ndarray
    size: np.ndarray


def cluster(task: Task) -> None:
    """Writes what comparing says of every document, one row group a chunk."""
    space = task.space
    copies = _copies(space)
    epochs = _epochs(space, copies)
    named_ranks, ids = _ids_of_named(space, copies)

    def ids_of(ranks: np.ndarray, where: np.ndarray) -> pa.Array:
        return ids.take(pa.array(np.searchsorted(named_ranks, ranks), mask=~where))

    def groups() -> Iterator[pa.Table]:
        first = 0
        for ranks in _ranks(space):
            yield _comparison(copies, ranks, ids_of, epochs[first : first + len(ranks)])
            first += len(ranks)

    shuffle.write_groups(task.record, groups(), COMPARISON)


def _ranks(space: Workspace) -> Iterator[np.ndarray]:
    """The ranks of the documents of every chunk, empty ones too."""
    with shuffle.reading(shuffle.ranks_path(space)) as file:
        for index in range(file.num_row_groups):
            yield file.read_row_group(index, columns=["rank"]).column(0).to_numpy()


def _comparison(
    copies: Copies, ranks: np.ndarray, ids_of: Callable[[np.ndarray, np.ndarray], pa.Array], epochs: np.ndarray
) -> pa.Table:
    """The rows of one chunk. epochs: below 0 where nothing was said."""
    index, has_copies = find(copies.ranks, ranks)

    def filled(of_alone: np.ndarray, of_copies: np.ndarray) -> np.ndarray:
        values = of_alone.copy()
        values[has_copies] = of_copies[index[has_copies]]
        return values

    exact, near, best = (filled(ranks, values) for values in (copies.exact, copies.near, copies.cluster))
    similarity = filled(np.full(len(ranks), np.nan, np.float32), copies.similarity)
    size = filled(np.ones(len(ranks), np.int32), copies.size)
    columns = [
        pa.array(np.ones(len(ranks), np.float32), mask=exact == ranks),
        pa.array(similarity, from_pandas=True),
        ids_of(exact, exact != ranks),
        ids_of(near, near != ranks),
        ids_of(best, size > 1),
        pa.array(size),
        pa.array((epochs == 0).astype(np.float32)),
        pa.array(np.abs(epochs).astype(np.int32)),
    ]
    return pa.Table.from_arrays(columns, schema=COMPARISON)


def find(ascending: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each wanted number is in an ascending array, and whether it is there at all (bool)."""
    index = np.searchsorted(ascending, wanted)
    is_there = index < len(ascending)
    is_there[is_there] = ascending[index[is_there]] == wanted[is_there]
    return index, is_there


def _epochs(space: Workspace, copies: Copies) -> np.ndarray:
    """How many times each document is to be read (int16, by number); -1, which means once, without a mixture."""
    documents = num_documents(space)
    epochs = np.full(documents, -1, np.int16)
    if space.recipe.mix is not None:
        with shuffle.database(space, alone=True, held_bytes=documents * CLUSTER_BYTES) as connection:
            shuffle.load(connection, "candidates", _CANDIDATES, _candidates(space, copies))
            mix.plan(connection, space.recipe.mix)
            write_text(space.out / MIX, json.dumps(mix.summary(connection), ensure_ascii=False, indent=1) + "\n")
            for batch in connection.sql("SELECT number, epochs FROM mixed").to_arrow_reader(ROWS_AT_ONCE):
                epochs[batch.column("number").to_numpy()] = batch.column("epochs").to_numpy()
    return epochs


def _candidates(space: Workspace, copies: Copies) -> Iterator[pa.RecordBatch]:
    """The documents that nothing else drops, for the mix."""
    gone = copies.ranks[(copies.exact != copies.ranks) | (copies.near != copies.ranks)]
    for first, chunk, known in shuffle.by_chunk(space, shuffle.ranks_path(space), ["rank", "dropped", "trust"]):
        if chunk.base:
            continue
        dropped = known.column("dropped").to_numpy(zero_copy_only=False)
        dropped = dropped | find(gone, known.column("rank").to_numpy())[1]
        scores = read_scores(space, chunk)
        columns = {name: scores.column(name) for name in ("id", "kind", "source_name", "text_bytes")}
        columns["number"] = pa.array(np.arange(first, first + chunk.documents))
        columns["trust"] = known.column("trust")
        for name in ("value", "source_popularity"):
            unknown = pa.nulls(chunk.documents, pa.float32())
            columns[name] = scores.column(name) if name in scores.schema.names else unknown
        arrays = [columns[field.name].cast(field.type) for field in _CANDIDATES]
        yield pa.RecordBatch.from_arrays(arrays, schema=_CANDIDATES).filter(pa.array(~dropped))


def _copies(space: Workspace) -> Copies:
    from malmoi.corpus.kernels import clusters

    settings = space.recipe.near_duplicate
    require_memory(space.recipe, num_documents(space), copies=shuffle.num_results(space, EXACT))
    copied, best = read_copies(space)
    members = _members(space)
    require_memory(space.recipe, num_documents(space), copies=len(copied) + len(members))
    parents, survivors = np.arange(len(members)), np.arange(len(members))
    similarity = np.full(len(members), np.nan)
    if len(members):
        with shuffle.temporary(space) as folder:
            sketches = _sketches(space, members, Path(folder) / "sketches.bin")
            for left, right in _pairs(space):
                ends = np.searchsorted(members, left), np.searchsorted(members, right)
                clusters.join(*ends, sketches, settings.similarity, parents)
            _choose_survivors(space, members, parents, sketches, (survivors, similarity))
            del sketches
    ranks = np.union1d(np.union1d(copied, best), members)
    exact, near, best_of_cluster = ranks.copy(), ranks.copy(), ranks.copy()
    similar = np.full(len(ranks), np.nan)
    of_members = np.searchsorted(ranks, members)
    near[of_members], best_of_cluster[of_members] = members[survivors], members[survivors[parents]]
    similar[of_members] = similarity
    copies = np.searchsorted(ranks, copied)
    exact[copies] = best
    # An exact copy belongs to the cluster of the one that stays for it.
    best_of_cluster[copies] = best_of_cluster[np.searchsorted(ranks, best)]
    roots = np.searchsorted(ranks, best_of_cluster)
    size = np.bincount(roots, minlength=len(ranks))[roots]
    return Copies(ranks, exact, near, similar, best_of_cluster, size)


def _choose_survivors(
    space: Workspace,
    members: np.ndarray,
    parents: np.ndarray,
    sketches: np.ndarray,
    chosen: tuple[np.ndarray, np.ndarray],
) -> None:
    """Fills survivors and similarity (`chosen`) of every member that is linked with another one."""
    from malmoi.corpus.kernels import clusters

    clusters.flatten(parents)
    of_base = sum(chunk.documents for _, _, chunk in numbered(space) if chunk.base)
    always = int(np.searchsorted(members, of_base))  # they have the first ranks
    linked = np.flatnonzero(np.bincount(parents, minlength=len(parents))[parents] > 1)
    order = linked[np.argsort(parents[linked], kind="stable")]
    clusters.choose(order, parents, sketches, space.recipe.near_duplicate.similarity, *chosen, always)


def _pairs(space: Workspace) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for batch in shuffle.results(space, NEAR):
        yield batch.column("left").to_numpy(), batch.column("right").to_numpy()


def _members(space: Workspace) -> np.ndarray:
    """The documents that are in any pair, by ascending rank."""
    is_member = np.zeros(num_documents(space), np.bool_)
    for left, right in _pairs(space):
        is_member[left] = is_member[right] = True
    return np.flatnonzero(is_member)


def _sketches(space: Workspace, members: np.ndarray, path: Path) -> np.ndarray:
    """The sketches of the members in their order, in a file that the kernels map into memory as they need it."""
    bins = space.recipe.near_duplicate.bins
    sketches = np.memmap(path, np.uint8, "w+", shape=(len(members), bins))
    for _, chunk, known in shuffle.by_chunk(space, shuffle.ranks_path(space), ["rank"]):
        index, is_member = find(members, known.column("rank").to_numpy())
        if not is_member.any():
            continue
        column = shuffle.read_table(chunk.path(space.folder, "signatures"), ["sketch"]).column(0).chunk(0)
        content = np.frombuffer(column.buffers()[1], np.uint8)[column.offset * bins :]
        sketches[index[is_member]] = content[: len(column) * bins].reshape(-1, bins)[is_member]
    return sketches


def _ids_of_named(space: Workspace, copies: Copies) -> tuple[np.ndarray, pa.Array]:
    """The ranks that some document points to, ascending, and their ids: all ids together would take most memory."""
    pointed = [values[values != copies.ranks] for values in (copies.exact, copies.near)]
    named = np.unique(np.concatenate([*pointed, copies.cluster[copies.size > 1]]))
    ranks: list[np.ndarray] = []
    ids: list[pa.Array] = [pa.array([], pa.string())]
    for _, chunk, known in shuffle.by_chunk(space, shuffle.ranks_path(space), ["rank"]) if len(named) else ():
        of_chunk = known.column("rank").to_numpy()
        wanted = np.flatnonzero(np.isin(of_chunk, named))
        if len(wanted):
            column = read_scores(space, chunk, ["id"]).column(0)
            ranks.append(of_chunk[wanted])
            ids.append(column.take(pa.array(wanted)).cast(pa.string()))
    order = np.argsort(np.concatenate(ranks)) if ranks else np.empty(0, np.int64)
    return named, pa.concat_arrays(ids).take(pa.array(order))
