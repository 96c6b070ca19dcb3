"""What grows with the documents is checked against the memory of the recipe."""

from dataclasses import replace

import pytest
from small_batches import quiet, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.passes import memory
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.kit.errors import UserError


@pytest.fixture
def recipe(tmp_path) -> CorpusRecipe:
    write_rows(tmp_path / "raw" / "a.jsonl", [{"text": "가나다라마바사 " * 20}] * 3)
    return CorpusRecipe(inputs=(Input(tmp_path / "raw"),), processes=1)


def test_a_thousand_million_documents_need_the_memory_that_their_ranks_take(recipe):
    needed = memory.needed_bytes(10**9)
    assert needed == 17 * 10**9 + memory.LIBRARY_BYTES + memory.LEAST_DUCKDB_BYTES
    with pytest.raises(UserError, match=r"memory_bytes is 2,000,000,000, too small for 1,000,000,000 documents.*17,"):
        memory.require_memory(recipe, 10**9)
    memory.require_memory(replace(recipe, memory_bytes=needed), 10**9)


def test_a_build_with_too_little_memory_for_its_documents_stops_in_one_line_and_goes_on_with_more(
    recipe, tmp_path, monkeypatch
):
    monkeypatch.setattr(memory, "BYTES_PER_DOCUMENT", 10**9)
    with pytest.raises(UserError, match="too small for 3 documents; expected at least 3,"):
        build(recipe, tmp_path / "corpus", quiet)
    counts = build(replace(recipe, memory_bytes=4 * 10**9), tmp_path / "corpus", quiet)
    assert counts["documents_in"] == 3


def test_duckdb_gets_what_the_arrays_of_the_process_leave(recipe):
    alone, _ = memory.duckdb_bytes(recipe, alone=True)
    beside, _ = memory.duckdb_bytes(recipe, alone=True, held_bytes=10**9)
    assert alone - beside == 10**9
    assert memory.duckdb_bytes(recipe, alone=True, held_bytes=10**12)[0] == memory.LEAST_DUCKDB_BYTES


def test_copies_that_the_memory_cannot_hold_stop_the_build_before_clusters_are_made(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "COPY_BYTES", 10**9)
    with pytest.raises(UserError, match="too small for 3 documents with 2 copies and pairs"):
        build(recipe, tmp_path / "corpus", quiet)
