"""The pass over one unit: batches and chunks end where the items say, whoever reads them, and hold only so much."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.ledger import tombstones
from malmoi.corpus.passes import scan, tasks, units
from malmoi.corpus.passes.attempts import Attempts, ItemIndex, Journal, Phase, last
from malmoi.corpus.passes.tasks import Task, Workspace
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input


def passed(recipe: CorpusRecipe, out: Path, attempts: Attempts) -> dict[str, bytes]:
    """Every file that the only unit of a recipe becomes, by name."""
    space = Workspace(recipe, out / "work", out, 2)
    space.folder.mkdir(parents=True)
    (unit,) = units.plan(recipe)
    scan.scan_unit(Task(space, tasks.SCAN, 0, unit, attempts=attempts), lambda _: None)
    return {path.name: path.read_bytes() for path in space.folder.iterdir()}


@pytest.fixture
def table(tmp_path, monkeypatch) -> CorpusRecipe:
    """Rows of a Parquet file, clean ones and odd ones, two of them erased; small batches and chunks."""
    texts = [sentences(number) for number in range(60)]
    texts[7], texts[20], texts[31] = "", f"{texts[20]}\r\n끝", f"{texts[31]} " * 3
    (tmp_path / "raw").mkdir()
    pq.write_table(pa.table({"text": texts}), tmp_path / "raw" / "a.parquet", row_group_size=23)
    monkeypatch.setattr(scan, "BATCH_BYTES", 20_000)
    monkeypatch.setattr(scan, "BATCH_ROWS", 11)
    monkeypatch.setattr(scan, "CHUNK_ROWS", 20)
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),))
    build(recipe, tmp_path / "before", quiet)
    ids = pq.read_table(tmp_path / "before" / "ledger").column("id").drop_null().to_pylist()
    tombstones.remember(tmp_path / "base", [ids[10], ids[40]])
    return replace(recipe, base=(tmp_path / "base",))


@pytest.mark.parametrize(
    "attempts", [Attempts(failures=1), Attempts(failures=2, one_by_one=True)], ids=["read again", "judged one by one"]
)
def test_attempt_after_a_death_makes_the_same_bytes_of_a_table(table, tmp_path, attempts):
    whole = passed(table, tmp_path / "whole", Attempts())
    assert len({name.split(".")[0] for name in whole if "documents" in name}) == 3
    assert passed(table, tmp_path / "again", attempts) == whole


def test_items_that_cannot_be_read_fill_pieces_too(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "CHUNK_ROWS", 100)
    write_rows(tmp_path / "raw" / "a.jsonl", [{"body": "x"}] * 350 + [{"text": sentences(1)}] + [{"body": "x"}] * 10)
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw"),))
    passed(recipe, tmp_path / "passed", Attempts())
    made = tasks.read_chunks(tmp_path / "passed" / "work" / "pass-000000.json")
    assert [chunk.unreadable for chunk in made] == [100, 100, 100, 60]
    counts = build(recipe, tmp_path / "corpus", quiet)
    assert (counts["documents_in"], counts["documents_kept"]) == (361, 1)


def test_tombstone_keeps_its_id_in_a_corpus_that_is_built_again(table, tmp_path):
    passed(table, tmp_path / "whole", Attempts())
    rows = [
        row for path in (tmp_path / "whole" / "work").glob("*.unreadable.*") for row in pq.read_table(path).to_pylist()
    ]
    gone = {row["id"] for row in rows if row["reason"] == tombstones.ERASED}
    assert gone == set(tombstones.erased_ids(tmp_path / "base"))


def test_a_journal_begun_anew_leaves_the_memory_of_another_attempt_alone(tmp_path):
    first = Journal(tmp_path / "a.journal")
    Journal(tmp_path / "a.journal").at(ItemIndex(1, 2), Phase.PARSING)
    first.at(ItemIndex(9, 9), Phase.JUDGING)  # a file cut to nothing under a mapping kills whoever looks at it
    assert last(tmp_path / "a.journal") == (ItemIndex(1, 2), Phase.PARSING)
