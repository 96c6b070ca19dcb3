import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify import scoring
from malmoi.corpus.classify.columns import COLUMNS, OF_DOCUMENTS, OF_SENTENCES
from malmoi.corpus.classify.ensemble import (
    ensemble_of,
    load_ensemble,
    score_texts,
)
from malmoi.corpus.classify.linear_model import LinearModel, load_model
from malmoi.corpus.classify.ngram_features import Features, slots
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.kit.errors import UserError

HARD = [
    "가나다 가나다 가나다. 라마바 사아자!",
    "",
    None,
    "ㅋㅋㅋㅋ ㅠㅠ ㆍ옛ㆎ",
    unicodedata.normalize("NFD", "한글은 소리글자다. 냉면"),
    "漢字와 かな 그리고 ＡＢＣ １２３",
    "😀😀 좋아요\n\n\n끝",
    "긴낱말" * 5_000,
    "이 문장은 되풀이된다. " * 300,
    "뷁뷁 ��",
]
SENTENCES = ["가나다 가나다 가나다.", "라마바 사아자!"]


def some_model(seed: int, bits: int = 14) -> LinearModel:
    weights = np.random.default_rng(seed).integers(-127, 128, 1 << bits).astype(np.int8)
    return LinearModel(weights, 0.01, 0.3 - seed / 10, Features(bits))


def plain_margins(model: LinearModel, texts: list) -> np.ndarray:
    """The definition, slowly: distinct slots, their weights, the root of their number."""
    indices, starts = slots(*string_buffers(pa.array(texts, pa.string())), model.features)
    rows = [indices[starts[d] : starts[d + 1]] for d in range(len(texts))]
    sums = [model.weights[row].astype(int).sum() / np.sqrt(max(1, len(row))) for row in rows]
    return model.bias + model.scale * np.array(sums)


def sentence_scores(model: LinearModel, texts: list) -> tuple[np.ndarray, np.ndarray]:
    """The highest and the mean probability of each text's sentences, by one model alone."""
    scored = scoring.score(*string_buffers(pa.array(texts, pa.string())), model.features, [], [model.parameters])
    return scored.highest[:, 0].astype(np.float32), scored.mean[:, 0].astype(np.float32)


def five() -> dict[str, LinearModel]:
    return {name: some_model(seed) for seed, name in enumerate((*OF_DOCUMENTS, *OF_SENTENCES))}


def test_every_model_scores_together_as_it_scores_alone_and_by_definition():
    models = five()
    columns = ensemble_of(models).score(pa.array(HARD))
    assert tuple(columns) == COLUMNS
    for name in OF_DOCUMENTS:
        assert np.allclose(columns[name], 1 / (1 + np.exp(-plain_margins(models[name], HARD))), atol=1e-6)
        assert np.array_equal(columns[name], models[name].score(pa.array(HARD)))
    for name in OF_SENTENCES:
        highest, mean = sentence_scores(models[name], HARD)
        assert np.array_equal(columns[name], highest)
        assert np.array_equal(columns[f"{name}_mean"], mean)
    assert all(column.dtype == np.float32 for column in columns.values())


def test_highest_and_mean_are_those_of_the_sentences():
    model = some_model(3)
    shares = 1 / (1 + np.exp(-plain_margins(model, SENTENCES)))
    sizes = np.array([len(SENTENCES[0].encode()), len(SENTENCES[1].encode()) + 1])  # the space is the second's
    highest, mean = sentence_scores(model, [" ".join(SENTENCES)])
    assert highest[0] == pytest.approx(shares.max(), abs=1e-6)
    assert mean[0] == pytest.approx((shares * sizes).sum() / sizes.sum(), abs=1e-6)


def test_a_document_is_scored_alike_alone_and_among_others():
    others = [f"다른 문장 {chr(0xAC00 + n)}. 그리고 또" for n in range(3_000)]
    columns = ensemble_of(five()).score(pa.array([HARD[0], *others, HARD[0]]))
    assert tuple(columns) == COLUMNS
    for column in columns.values():
        assert column[0] == column[-1]


def test_scores_are_the_same_after_the_marks_overflow():
    data, offsets = string_buffers(pa.array(["가나다라. 마바사", "아자차카 타파하", "가나다라. 마바사"]))
    model = some_model(1, 12)
    table = scoring.interleave([model.parameters], [model.parameters], model.features.slots)
    before = table.copy()
    first = scoring.score(data, offsets, model.features, [model.parameters], [model.parameters], table)
    assert np.array_equal(table, before)
    full = table | np.uint64(scoring.LAST_MARK << 40)
    assert scoring._wipe.py_func(full) == 1
    again = scoring.score(data, offsets, model.features, [model.parameters], [model.parameters], full)
    assert np.array_equal(first.documents, again.documents)
    assert np.array_equal(first.highest, again.highest)


def test_the_most_extreme_weights_do_not_run_over():
    for extreme in (-127, 127):
        model = LinearModel(np.full(1 << 14, extreme, np.int8), 1e-4, 0.0, Features(14))
        text = " ".join(chr(0xAC00 + 7 * n) * 2 for n in range(1_500))
        assert model.margins(*string_buffers(pa.array([text])))[0] == pytest.approx(plain_margins(model, [text])[0])


def test_models_of_other_features_are_refused():
    models = five() | {"harm": some_model(9, 12)}
    with pytest.raises(UserError, match="harm"):
        ensemble_of(models)


def test_own_models_replace_shipped_ones(tmp_path):
    own = load_shipped("value")
    LinearModel(own.weights, own.scale, 40.0, own.features).save(tmp_path / "value.npz")
    text = pa.array(["ㅋㅋㅋ 뭐야"])
    columns = load_ensemble(tmp_path).score(text)
    assert columns["value"][0] > 0.99 > load_ensemble().score(text)["value"][0]
    assert columns["harm"][0] == load_ensemble().score(text)["harm"][0]
    with pytest.raises(UserError, match="no folder"):
        load_ensemble(tmp_path / "none")


def load_shipped(name: str) -> LinearModel:
    from malmoi.corpus.classify.linear_model import WEIGHTS

    return load_model(WEIGHTS / f"{name}.npz")


def test_scores_of_texts_are_plain_numbers_with_the_features_beside_them():
    rows = score_texts(["민법 제1조는 민사에 관하여 법률에 규정이 없으면 관습법에 의한다고 정한다.", "ㅅㅂ 뭐야", ""])
    assert [set(COLUMNS) <= set(row) for row in rows] == [True] * 3
    assert rows[0]["value"] > rows[1]["value"]
    assert rows[1]["profanity"] > 0.5 > rows[0]["profanity"]
    assert rows[0]["features"]["characters"] > 30
    assert rows[0]["language"] == "ko"
    assert rows[1]["features"]["ending_share"] is None
    assert all(isinstance(number, float) for row in rows for number in map(row.get, COLUMNS))
    assert score_texts([]) == []
