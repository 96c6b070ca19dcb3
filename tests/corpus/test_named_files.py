"""Every file that a recipe names is an input: another content means another corpus, under the same path too."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.build import build
from malmoi.corpus.classify.linear_model import WEIGHTS, LinearModel, load
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.learned import Learned
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.kit import manifest

TEXT = "기준금리가 올랐다고 한국은행이 밝혔다. 문의는 010-1234-5678 로 하면 되고 자세한 내용은 누리집에 있다. " * 4


def quiet(_done, _total):
    pass


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "가.txt").write_text(TEXT, encoding="utf-8")
    return Input(tmp_path / "raw")


def ledger(out):
    (row,) = pq.read_table(out / "ledger").to_pylist()
    return row


def write_weights(folder, bias):
    folder.mkdir(exist_ok=True)
    own = load(WEIGHTS / "value.npz")
    LinearModel(np.zeros_like(own.weights), own.scale, bias, own.features).save(folder / "value.npz")


def test_weights_replaced_under_the_same_path_score_the_corpus_again(raw, tmp_path):
    write_weights(tmp_path / "weights", -1.0)
    recipe = CorpusRecipe((raw,), learned=Learned(weights=tmp_path / "weights"), processes=1)
    build(recipe, tmp_path / "out", quiet)
    before, finished_at = ledger(tmp_path / "out")["value"], manifest.read(tmp_path / "out")["finished_at"]
    build(recipe, tmp_path / "out", quiet)
    assert manifest.read(tmp_path / "out")["finished_at"] == finished_at
    write_weights(tmp_path / "weights", 1.0)
    build(recipe, tmp_path / "out", quiet)
    assert before < 0.5 < ledger(tmp_path / "out")["value"]


@pytest.mark.parametrize("where", ["file", "environment"])
def test_another_key_gives_other_pseudonyms_and_no_manifest_holds_its_hash(raw, tmp_path, monkeypatch, where):
    key_file = tmp_path / "key" if where == "file" else None

    def give(key):
        monkeypatch.setenv("MALMOI_PSEUDONYM_KEY", key)
        if key_file:
            key_file.write_text(key)

    texts = []
    for key in ("첫째 열쇠 0123456789", "둘째 열쇠 0123456789"):
        give(key)
        personal = PersonalData(default_policy="pseudonym", key_file=key_file)
        build(CorpusRecipe((raw,), personal_data=personal, processes=1), tmp_path / "out", quiet)
        texts.append(ledger(tmp_path / "out")["text"])  # it repeats itself, so it is dropped, with its text
    assert "010-1234-5678" not in "".join(texts)
    assert texts[0] != texts[1]
    (told,) = [value for name, value in manifest.read(tmp_path / "out")["inputs"].items() if "personal_data" in name]
    assert told.startswith("scrypt ")
