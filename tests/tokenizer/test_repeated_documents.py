"""Documents that a mixture reads several times: written again behind the others, held out once, found again."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.kit import manifest
from malmoi.tokenizer.corpus_text import documents_by_epoch, read_documents
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.settings import EncodeSettings, id_share
from malmoi.tokenizer.shards import open_part

SETTINGS = EncodeSettings(heldout_share=0.1, shard_tokens=1500, processes=1)
EPOCHS = [1, 3, None, 2]


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory, write_corpus, documents: list[dict]) -> Path:
    """The small corpus of three shards; the second has no column of epochs, the others have row groups of 7."""
    corpus = write_corpus(tmp_path_factory.mktemp("repeated") / "corpus", documents, shards=3)
    for name in ("part-00000", "part-00002"):
        shard = corpus / "shards" / f"{name}.parquet"
        table = pq.read_table(shard)
        epochs = pa.array([EPOCHS[n % 4] for n in range(len(table))], pa.int32())
        pq.write_table(table.append_column("epochs", epochs), shard, compression="zstd", row_group_size=7)
    return corpus


@pytest.fixture(scope="module")
def wanted(documents: list[dict]) -> dict[str, int]:
    """How often each document is to be written, by id."""
    epochs = [1 if 80 <= n < 160 else EPOCHS[n % 80 % 4] or 1 for n in range(240)]
    shares = [id_share(one["id"]) for one in documents]
    return {one["id"]: 1 if share < 0.1 else count for one, share, count in zip(documents, shares, epochs, strict=True)}


def test_documents_are_counted_by_epoch(repeated: Path, corpus: Path):
    assert documents_by_epoch(repeated) == [240, 80, 40]
    assert documents_by_epoch(corpus) == [240]


def test_later_epochs_read_only_what_is_repeated(repeated: Path, documents: list[dict]):
    found = [[one for batch in read_documents(repeated, 5, epoch) for one in batch.ids] for epoch in (1, 2, 3, 4)]
    ids = [one["id"] for one in documents]
    outer = [*range(80), *range(160, 240)]
    assert found == [
        ids,
        [ids[n] for n in outer if n % 4 in (1, 3)],
        [ids[n] for n in outer if n % 4 == 1],
        [],
    ]


def test_each_document_is_written_as_often_as_wanted_and_held_out_once(repeated, plain, wanted, tmp_path: Path):
    counts = encode(SETTINGS, repeated, plain, tmp_path, quiet)
    train, heldout = open_part(tmp_path, "train"), open_part(tmp_path, "heldout")
    places = list(train.located(0, train.num_tokens))
    found = [one.id for one in places]
    held = [one.id for one in heldout.located(0, heldout.num_tokens)]
    assert {one: found.count(one) for one in found} | {one: held.count(one) for one in held} == wanted
    assert not set(found) & set(held)
    assert any(wanted[one] == 1 for one in held)
    first = len(set(found))
    assert len(set(found[:first])) == first, "all are written once before any is written again"
    by_id: dict[str, list] = {}
    for one in places:
        by_id.setdefault(one.id, []).append(train.read(one.start, one.stop))
    assert all((np.array_equal(copies[0], other)) for copies in by_id.values() for other in copies)
    assert counts["train_documents"] == len(found)
    assert counts["repeated_documents"] == len(found) - first
    assert counts["repeated_tokens"] == sum(one.stop - one.start for one in places[first:])
    assert counts["repeated_tokens"] == sum(row["repeated_tokens"] for row in counts["by_kind"].values())
    assert counts["text_bytes"]["train"] == sum(one.text_bytes for one in places)


def test_any_number_of_workers_writes_the_same_repeats(repeated, plain, tmp_path: Path):
    encode(SETTINGS, repeated, plain, tmp_path / "one", quiet)
    encode(EncodeSettings(0.1, 1500, processes=2), repeated, plain, tmp_path / "two", quiet)
    assert manifest.read(tmp_path / "one")["outputs"] == manifest.read(tmp_path / "two")["outputs"]


def test_the_last_progress_is_the_whole(repeated, plain, tmp_path: Path):
    told: list[tuple[int, int]] = []
    encode(SETTINGS, repeated, plain, tmp_path, lambda done, total: told.append((done, total)))
    assert told[-1] == (360, 360)
    assert sorted(told) == told
