"""Copies among texts in memory: the kernels and the choice of a corpus build, without its folders and exchange."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import SCHEMA
from malmoi.corpus.steps.minhash import NearDuplicate

_DOCUMENTS_AT_ONCE = 10_000
"""A signature takes 800 bytes until it has become keys and a sketch."""


class Keys(NamedTuple):
    """What `NearDuplicate.sign` says of every text: fingerprints and bands (uint64), sketches (uint8), has_letters."""

    fingerprints: np.ndarray
    bands: np.ndarray
    sketches: np.ndarray
    has_letters: np.ndarray


def duplicates_in(
    texts: Sequence[str] | pa.Array,
    names: Sequence[str],
    settings: NearDuplicate | None = None,
    quality: np.ndarray | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of `compared`, one a text, in the order given: file, cluster, representative, similarity."""
    for batch in compared(texts, names, settings, quality).to_batches(_DOCUMENTS_AT_ONCE):
        yield from batch.to_pylist()


def compared(
    texts: Sequence[str] | pa.Array,
    names: Sequence[str],
    settings: NearDuplicate | None = None,
    quality: np.ndarray | None = None,
) -> pa.Table:
    """One row a text, in the order given: file, cluster, representative (strings), similarity (float32).

    texts: up to some million. names: what stands for each, all different. quality: higher is better; alike for all
    where it is None. Who stays is decided as in a corpus: by quality, then length in characters, then name, so the
    result does not depend on the order of the texts.
    cluster: the name of the best text of all that are linked; null for a text without copies. representative: the text
    that stays for this one, its own name where it stays. similarity: to the representative, null where it stays.
    """
    assert len(names) == len(texts) == len(set(names)), "a name for each text, all different"
    array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
    settings = settings or NearDuplicate()
    keys = sign_all(array, settings)
    order = best_first(array, names, quality)
    roots, stands_for, similarity = judge_all(Keys(*(part[order] for part in keys)), settings)
    rank_of = np.empty(len(order), np.int64)
    rank_of[order] = np.arange(len(order))
    alone = np.bincount(roots, minlength=len(order))[roots] == 1
    named = pa.array(names, pa.string())
    columns = {
        "file": named,
        "cluster": named.take(pa.array(order[roots[rank_of]], mask=alone[rank_of])),
        "representative": named.take(pa.array(order[stands_for[rank_of]])),
        "similarity": pa.array(similarity[rank_of].astype(np.float32), from_pandas=True),
    }
    return pa.table(columns)


def sign_all(texts: pa.Array, settings: NearDuplicate) -> Keys:
    """The keys of all texts."""
    schema = pa.schema([SCHEMA.field("text")])
    parts = []
    for first in range(0, len(texts), _DOCUMENTS_AT_ONCE):
        some = texts.slice(first, _DOCUMENTS_AT_ONCE).cast(pa.large_string())
        signed = settings.sign(pa.RecordBatch.from_arrays([some], schema=schema))
        fingerprints = [signed.column(f"fingerprint_{number}").to_numpy() for number in (1, 2)]
        bands = signed.column("bands")
        sketches = np.frombuffer(signed.column("sketch").buffers()[1], np.uint8)
        has_letters = bands.is_valid().to_numpy(zero_copy_only=False)
        values = bands.values.to_numpy().reshape(-1, settings.bands)
        parts.append(Keys(np.stack(fingerprints, 1), values, sketches.reshape(-1, settings.bins), has_letters))
    if not parts:
        empty = np.empty((0, 2), np.uint64), np.empty((0, settings.bands), np.uint64)
        return Keys(*empty, np.empty((0, settings.bins), np.uint8), np.empty(0, bool))
    return Keys(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def best_first(texts: pa.Array, names: Sequence[str], quality: np.ndarray | None) -> np.ndarray:
    """The numbers of the texts, better ones first."""
    characters = pc.call_function("utf8_length", [texts]).to_numpy(zero_copy_only=False)
    values = np.zeros(len(texts)) if quality is None else np.asarray(quality, np.float64)
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    return by_name[np.lexsort((-characters[by_name].astype(np.int64), -values[by_name]))]


def judge_all(keys: Keys, settings: NearDuplicate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By rank, for keys in the order of ranks: root of the cluster, who stays for it, similarity to that or NaN."""
    from malmoi.corpus.kernels import clusters

    exact = first_copies(keys.fingerprints)
    ranks = np.flatnonzero(keys.has_letters & (exact == np.arange(len(exact))))
    roots, stands_for = np.arange(len(exact)), np.arange(len(exact))
    similarity = np.full(len(exact), np.nan)
    for band in range(settings.bands):
        values = keys.bands[ranks, band]
        by_key = np.argsort(values, kind="stable")
        settings.judge(values[by_key], ranks[by_key], keys.sketches, roots)
    clusters.flatten(roots)
    members = np.flatnonzero(np.bincount(roots, minlength=len(roots))[roots] > 1)
    members = members[np.argsort(roots[members], kind="stable")]
    clusters.choose(members, roots, keys.sketches, settings.similarity, stands_for, similarity)
    similarity = np.where((exact != np.arange(len(exact))) & np.isnan(similarity[exact]), 1.0, similarity[exact])
    return roots[exact], stands_for[exact], similarity


def first_copies(fingerprints: np.ndarray) -> np.ndarray:
    """For each text the first one that has the same fingerprint (n x 2), its own number where it is that."""
    order = np.lexsort((np.arange(len(fingerprints)), fingerprints[:, 1], fingerprints[:, 0]))
    ordered = fingerprints[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(1)
    firsts = np.empty(len(order), np.int64)
    firsts[order] = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]] if len(order) else order
    return firsts
