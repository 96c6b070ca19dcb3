"""The one reader of a finished corpus: any folder name, one spill folder, one bound of memory a process."""

import threading
from pathlib import Path

import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.ledger import pairs, rules
from malmoi.corpus.ledger.counts import count
from malmoi.corpus.ledger.database import AT_ONCE, connected, opened, query
from malmoi.corpus.passes import rank, shuffle
from malmoi.corpus.passes.tasks import Workspace
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import questions
from malmoi.corpus.report.difference import difference
from malmoi.corpus.report.findings import gather
from malmoi.corpus.sources.input import Input
from malmoi.kit import manifest
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.studio.corpora import folder, listing
from malmoi.studio.corpora.conditions import Query


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """A small corpus in a run whose name is a pattern of files."""
    folder = tmp_path_factory.mktemp("reader")
    write_rows(
        folder / "raw" / "a.jsonl", [*({"text": sentences(n), "kind": "qa"} for n in range(8)), {"text": "짧다"}]
    )
    build(CorpusRecipe(inputs=(Input(folder / "raw"),)), folder / "br[1]*?" / "corpus", quiet)
    return folder / "br[1]*?" / "corpus"


def test_a_run_folder_with_a_pattern_for_a_name_loses_no_figure(corpus):
    counts = manifest.read(corpus)["counts"]
    assert counts["documents_in"] == 9
    assert count(corpus) == {name: value for name, value in counts.items() if name in count(corpus)}
    assert sum(row["documents"] for row in gather(corpus)["flow"]) == counts["documents_dropped"] == 1
    assert listing.list_documents(corpus, Query()).total == 9
    assert difference(corpus, corpus)["counts"]["after"]["documents_in"] == 9
    assert list(pairs.rows(corpus, "qa")) == []
    assert len(questions.sample(corpus, None, 3)) == 3


def test_a_question_reads_by_its_own_temporary_folder_and_leaves_nothing(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with opened(corpus) as database:
        spill = Path(query(database, "SELECT current_setting('temp_directory') AS folder")[0]["folder"])
        assert spill.is_dir()
        assert query(database, "SELECT current_setting('memory_limit') AS limit")[0]["limit"] == "476.8 MiB"
    assert not spill.exists()
    assert list(tmp_path.iterdir()) == []


def test_threads_share_one_bound_of_memory(corpus):
    at_work, most, lock = 0, 0, threading.Lock()

    def ask():
        nonlocal at_work, most
        with connected(corpus) as database:
            with lock:
                at_work += 1
                most = max(most, at_work)
            database.execute("SELECT count(*) FROM range(1000000)").fetchall()
            with lock:
                at_work -= 1

    threads = [threading.Thread(target=ask) for _ in range(4 * AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= AT_ONCE


def test_damaged_files_are_one_sentence(tmp_path):
    manifest.write(tmp_path, manifest.Manifest("corpus", {}))
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "part-0.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(UserError, match=r"cannot be read: .*; build the corpus again"), opened(tmp_path):
        pass


def test_why_a_document_was_dropped_needs_no_recipe(corpus):
    short = questions.sample(corpus, "too_short", 1)[0]["id"]
    with_recipe = questions.explain(corpus, short)
    assert rules.read(corpus) is not None
    made = manifest.read(corpus)
    recipe = questions.recipe_of(corpus)
    assert [(rule.reason, rule.score, rule.limit("news")) for rule in rules.read(corpus) or ()] == [
        (rule.reason, rule.score, rule.limit("news")) for rule in rank.rules(recipe, corpus)
    ]
    manifest.write(corpus, manifest.revised(made, config={"of": "another version"}))
    try:
        assert questions.explain(corpus, short) == with_recipe
        assert folder.why(corpus, short).judgements
        fired = [row["reason"] for row in with_recipe[0]["judgements"] if row["dropped"]]
        assert "too_short" in fired
    finally:
        manifest.write(corpus, manifest.revised(made))


def test_a_corpus_of_the_version_before_has_its_limits_from_its_recipe(corpus):
    short = questions.sample(corpus, "too_short", 1)[0]["id"]
    now = questions.explain(corpus, short)
    text = (corpus / "rules.json").read_text(encoding="utf-8")
    (corpus / "rules.json").unlink()
    try:
        assert questions.explain(corpus, short) == now
        (corpus / "rules.json").write_text("[{", encoding="utf-8")
        with pytest.raises(UserError, match=r"rules\.json is damaged"):
            questions.explain(corpus, short)
    finally:
        (corpus / "rules.json").write_text(text, encoding="utf-8")


def test_a_full_disk_is_no_damaged_corpus(tmp_path):
    full = "COPY (SELECT * FROM range(1000000)) TO '/dev/full' (FORMAT csv)"
    space = Workspace(CorpusRecipe(inputs=(Input(tmp_path),), processes=1), tmp_path, tmp_path, 1)
    for database in (connected(tmp_path), shuffle.database(space)):
        with pytest.raises(UserError, match="No space left on device") as raised, database as connection:
            connection.execute(full)
        assert raised.value.code == TRY_AGAIN
