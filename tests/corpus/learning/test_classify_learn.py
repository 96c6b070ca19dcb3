import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.columns import OF_DOCUMENTS, OF_SENTENCES
from malmoi.corpus.classify.linear_model import WEIGHTS, load_model
from malmoi.corpus.classify.ngram_features import Features
from malmoi.corpus.classify.scoring import score
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.corpus.learning.linear_learner import Guidance, LearnSettings, learn
from malmoi.kit.errors import UserError

SMALL = Features(bits=14)
POLITE = [
    "고맙습니다 잘 보았습니다",
    "좋은 글이네요 감사합니다",
    "다음에도 부탁드립니다",
    "수고하셨습니다 좋은 하루",
    "정말 고맙습니다",
]
RUDE = ["꺼져라 바보야", "멍청이 같은 소리", "바보 멍청이", "당장 꺼져 멍청아", "이 바보야 꺼져"]


def dataset():
    return pa.array(POLITE + RUDE), np.array([0] * len(POLITE) + [1] * len(RUDE))


def model():
    return learn(*dataset(), LearnSettings(features=SMALL, note="시험"))


def test_it_learns_and_sees_through_a_disguise():
    scores = model().score(pa.array(["바.보 멍1청이", "ㅂㅏ보 꺼져", "고맙습니다 좋은 날"]))
    assert scores[0] > 0.6 < scores[1]
    assert scores[2] < 0.4


def test_the_same_texts_and_settings_give_the_same_model():
    first, second = model(), model()
    assert np.array_equal(first.weights, second.weights)
    assert (first.scale, first.bias) == (second.scale, second.bias)


def test_the_optimum_does_not_depend_on_the_order_of_texts():
    texts, labels = dataset()
    settings = LearnSettings(features=SMALL, passes=500, tolerance=1e-7)
    order = np.array([9, 0, 8, 1, 7, 2, 6, 3, 5, 4])
    straight = learn(texts, labels, settings).score(texts)
    shuffled = learn(texts.take(pa.array(order)), labels[order], settings).score(texts)
    assert np.allclose(straight, shuffled, atol=0.01)


def test_the_dual_optimum_has_no_gradient_left():
    texts, labels = dataset()
    settings = LearnSettings(features=SMALL, minimum_texts=1, cost=1.0, passes=2000, tolerance=1e-9)
    learned = learn(texts, labels, settings)
    scores = learned.score(texts)
    assert abs(learned.bias - (labels - scores).sum()) < 0.02  # the bias is penalised too: bias = sum of cost * (y - p)


def test_a_text_that_counts_nothing_changes_nothing():
    texts, labels = dataset()
    settings = LearnSettings(features=SMALL, minimum_texts=1, passes=500, tolerance=1e-7)
    more = pa.concat_arrays([texts, pa.array(["고맙습니다"])])
    weighed = learn(more, np.append(labels, 1), settings, Guidance(importance=np.append(np.ones(len(labels)), 0)))
    assert np.allclose(weighed.score(texts), learn(texts, labels, settings).score(texts), atol=0.01)


def test_labels_between_0_and_1_pull_towards_both_classes():
    texts, labels = dataset()
    unsure = np.where(labels == 1, 0.6, 0.4)
    scores = learn(texts, unsure, LearnSettings(features=SMALL, cost=10.0)).score(texts)
    assert scores[labels == 1].max() < 0.75
    assert scores[labels == 1].min() > 0.5 > scores[labels == 0].max()


def test_a_word_of_one_group_weighs_nothing_when_groups_are_given():
    texts, labels = dataset()
    groups = np.arange(len(labels))
    learned = learn(texts, labels, LearnSettings(features=SMALL, minimum_groups=11), Guidance(groups=groups))
    assert not learned.weights.any()
    assert learn(texts, labels, LearnSettings(features=SMALL, minimum_groups=2), Guidance(groups=groups)).weights.any()


def test_texts_of_one_class_only_are_refused():
    with pytest.raises(UserError, match="same label"):
        learn(pa.array(POLITE), np.zeros(len(POLITE)), LearnSettings(features=SMALL))


def test_empty_and_missing_texts_get_the_bias():
    learned = model()
    scores = learned.score(pa.array(["", None, "\u200b"]))
    assert np.allclose(scores, 1 / (1 + np.exp(-learned.bias)))
    assert learned.score(pa.array([], pa.string())).shape == (0,)


def test_a_saved_model_scores_the_same_and_has_the_same_bytes(tmp_path):
    learned = model()
    learned.save(tmp_path / "one.npz")
    learned.save(tmp_path / "two.npz")
    again = load_model(tmp_path / "one.npz")
    texts, _ = dataset()
    assert np.array_equal(again.score(texts), learned.score(texts))
    assert again.note == "시험"
    assert again.features == SMALL
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(UserError, match="no model"):
        load_model(tmp_path / "broken.npz")


def test_a_pickle_is_refused(tmp_path):
    np.savez(tmp_path / "pickled.npz", weights=np.array([{}], object), numbers=np.zeros(2), settings=np.array("{}"))
    with pytest.raises(UserError, match="no model"):
        load_model(tmp_path / "pickled.npz")


def test_one_bad_sentence_shows_in_the_highest_and_hardly_in_the_mean():
    page = " ".join(f"{text}." for text in POLITE * 4)
    learned = model()
    texts = pa.array([page, f"{page} 꺼져라 바보야.", ""])
    highest, mean = score(*string_buffers(texts), learned.features, [], [learned.parameters])[1:]
    assert highest[0] < 0.5 < highest[1]
    assert mean[1] < 0.5
    assert highest[2] == pytest.approx(mean[2])


def test_shipped_models_say_what_they_were_learned_from():
    notes = [load_model(WEIGHTS / f"{name}.npz").note for name in (*OF_DOCUMENTS, *OF_SENTENCES)]
    assert len(notes) == 5
    assert all(notes)


def test_shipped_profanity_sees_through_disguises_and_spares_their_doubles():
    model = load_model(WEIGHTS / "profanity.npz")
    bad = model.score(pa.array(["씨발 뭐하는 놈이야", "ㅅㅂ 짜증나네 병신", "시1발 새끼야", "ㅆㅂ년아"]))
    good = model.score(pa.array(["오늘 날씨가 좋네요", "회의는 세 시에 시작합니다", "시발점은 서울역입니다"]))
    assert bad.min() > 0.5 > good[:2].max()
    assert bad.mean() > good.mean() + 0.3
