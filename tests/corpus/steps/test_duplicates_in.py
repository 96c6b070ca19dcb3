import random

import numpy as np
import pyarrow.parquet as pq
import pytest
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.dedup_in_memory import duplicates_in, first_copies
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.sample.plant import STRENGTHS, near_duplicate


def found(texts, names=None, **options):
    names = names or [f"{number:03d}" for number in range(len(texts))]
    return list(duplicates_in(texts, names, **options))


def family(seed):
    """Originals, copies of each with changes of all strengths, exact copies, and texts without a letter."""
    chance = random.Random(seed)
    texts = []
    for number in range(8):
        body = sentences(number, seed)
        texts.append(body)
        texts += [near_duplicate(body, chance.choice(STRENGTHS), chance) for _ in range(chance.randrange(4))]
        texts += [body.replace(" ", "  ")] * chance.randrange(3)
    return [*texts, "!!!", "!!!", "", "...", "네"]


def test_copies_name_the_longest_and_lone_texts_stay_alone():
    text = sentences(1)
    longer = text + " 끝에 한마디를 덧붙인다."
    rows = found([text, sentences(2), longer, text.replace(" ", "\n"), sentences(3)])
    assert [row["cluster"] for row in rows] == ["002", None, "002", "002", None]
    assert [row["representative"] for row in rows] == ["002", "001", "002", "002", "004"]
    assert [row["similarity"] is None for row in rows] == [False, True, True, False, True]
    assert 0.9 < rows[0]["similarity"] < 1


def test_quality_comes_before_length_and_the_name_decides_last():
    text = sentences(1)
    longer = text + " 더 길다."
    assert found([text, longer], quality=np.array([2.0, 1.0]))[1]["representative"] == "000"
    assert found([text, text, text], names=["다", "가", "나"])[0]["representative"] == "가"
    assert [row["similarity"] for row in found([text, text])] == [None, 1.0]


@pytest.mark.parametrize("seed", range(6))
def test_result_does_not_depend_on_the_order_of_the_texts(seed):
    texts = family(seed)
    names = [f"{number:03d}" for number in range(len(texts))]
    quality = np.array([random.Random(number).choice((0.5, 0.7)) for number in range(len(texts))])
    expected = {row["file"]: row for row in found(texts, names, quality=quality)}
    for again in range(3):
        order = list(range(len(texts)))
        random.Random(again).shuffle(order)
        rows = found([texts[k] for k in order], [names[k] for k in order], quality=quality[order])
        assert {row["file"]: row for row in rows} == expected
        assert [row["file"] for row in rows] == [names[k] for k in order]


@pytest.mark.parametrize("seed", range(3))
def test_every_text_that_goes_is_like_one_that_stays_and_is_in_its_cluster(seed):
    texts = family(seed)
    rows = found(texts)
    by_name = {row["file"]: row for row in rows}
    gone = [row for row in rows if row["representative"] != row["file"]]
    assert gone
    for row in gone:
        stays = by_name[row["representative"]]
        assert stays["representative"] == stays["file"]
        assert row["similarity"] >= NearDuplicate().similarity - 1e-6
        assert stays["cluster"] == row["cluster"]


def test_texts_without_letters_are_copies_only_where_they_are_equal():
    rows = found(["!!!", "...", "! !\n!", "", " ", "😀", "🎉"])
    assert [row["representative"] for row in rows] == ["002", "001", "002", "004", "004", "005", "006"]


def test_no_text_and_one_text_are_fine():
    assert found([]) == []
    assert found(["가"]) == [{"file": "000", "cluster": None, "representative": "000", "similarity": None}]


def test_first_copies_are_found_for_any_order_of_fingerprints():
    prints = np.array([[3, 1], [1, 2], [3, 1], [1, 1], [1, 2]], np.uint64)
    assert first_copies(prints).tolist() == [0, 1, 0, 3, 1]


def test_a_corpus_build_finds_the_same_copies(tmp_path):
    texts = [text for text in dict.fromkeys(family(3)) if len(text) > 100] + [sentences(1, 3)] * 2
    write_rows(tmp_path / "raw.jsonl", [{"text": text, "kind": "web"} for text in texts])
    build(CorpusRecipe(inputs=(Input(tmp_path / "raw.jsonl"),), processes=1), tmp_path / "corpus", quiet)
    columns = ["origin", "id", "quality", "cluster", "exact_duplicate_of", "near_duplicate_of", "reasons"]
    rows = pq.read_table(tmp_path / "corpus" / "ledger", columns=columns).sort_by("id").to_pylist()
    rows.sort(key=lambda row: row["origin"]["offset"])
    assert {reason for row in rows for reason in row["reasons"]} == {"exact_duplicate", "near_duplicate"}
    quality = np.array([row["quality"] for row in rows])
    expected = found(texts, [row["id"] for row in rows], quality=quality)
    near = {row["id"]: row["near_duplicate_of"] or row["id"] for row in rows}
    assert [near[row["exact_duplicate_of"] or row["id"]] for row in rows] == [row["representative"] for row in expected]
    assert [row["cluster"] for row in rows] == [row["cluster"] for row in expected]
