import json
import random

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.linear_model import WEIGHTS, load_model
from malmoi.corpus.learning.classifiers import DATASETS, auroc_of, dataset_named, learn_named, learn_to_file
from malmoi.corpus.learning.comment_datasets import harm, profanity
from malmoi.corpus.learning.datasets import human_translation, kept_aside, prose
from malmoi.corpus.learning.spam_dataset import OFFERS_ASIDE, spam
from malmoi.corpus.learning.value_dataset import value
from malmoi.kit.errors import UserError
from malmoi.sample.plant import advertisements

HUMAN = "---\ntitle: 예\nms.translationtype: HT\n---\n"
MACHINE = "---\nms.translationtype: MT\n---\n"


def test_prose_loses_front_matter_code_anchors_and_targets():
    page = (
        f"{HUMAN}# 제목 {{#anchor}}\n\n<a name='x'></a>본문은 `code` 와 [링크](https://a.b/c) 다.\n"
        "```csharp\nvar x = 1;\n```\n    indented\n<!-- 숨은 말 -->끝"
    )
    kept = prose(page)
    assert "본문은" in kept
    assert "[링크]" in kept
    assert kept.endswith("끝")
    assert not any(word in kept for word in ("title", "anchor", "name=", "code", "https", "var x", "indented", "숨은"))


HEADER = "comments\tcontain_gender_bias\tbias\thate\n"


def labelled(folder, curses, comments=""):
    """The two labelled sets as they are unpacked."""
    for path, text in (("curse_detection/dataset.txt", curses), ("kocohub_hate/labeled/train.tsv", HEADER + comments)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def pairs_of(dataset):
    texts = dataset.texts.to_pylist() + dataset.aside_texts.to_pylist()
    return dict(zip(texts, dataset.labels.tolist() + dataset.aside_labels.tolist(), strict=True))


def test_profanity_lines_may_hold_the_separator_and_broken_lines_are_left_out(tmp_path):
    labelled(tmp_path, "가|나|1\n다라|0\n|1\n라벨 없음|?\n\n")
    assert pairs_of(profanity(tmp_path)) == {"가|나": 1, "다라": 0}


def test_each_set_of_comments_learns_from_the_other_but_is_measured_on_its_own(tmp_path):
    grades = ("hate", "offensive", "none")
    comments = "".join(f"댓글 {n}\tFalse\tnone\t{grades[n % 3]}\n" for n in range(90))
    labelled(tmp_path, "".join(f"욕 {n}|{n % 2}\n" for n in range(90)), comments)
    counts = {"댓글": {0.3, 0.7, 1.0, 2.0}, "욕": {0.2, 1.0}}
    for dataset, own in ((harm(tmp_path), "댓글"), (profanity(tmp_path), "욕")):
        assert {text.split()[0] for text in dataset.aside_texts.to_pylist()} == {own}
        assert {text.split()[0] for text in dataset.texts.to_pylist()} == {"댓글", "욕"}
        assert dataset.guidance.importance is not None
        assert set(dataset.guidance.importance.tolist()) == counts[own]
        assert not any(kept_aside(text) for text in dataset.texts.to_pylist())
    strangers = {text: label for text, label in pairs_of(profanity(tmp_path)).items() if text.startswith("댓글")}
    assert {int(text.split()[1]) % 3 for text, label in strangers.items() if label} == {0}
    assert {int(text.split()[1]) % 3 for text, label in strangers.items() if not label} == {2}


def test_a_folder_of_translations_is_kept_aside_whole_and_counts_as_much_as_any_other(tmp_path):
    data = tmp_path / "ms_dotnet_docs_ko"
    for folder in range(12):
        (data / f"d{folder}").mkdir(parents=True)
        for page in range(1 + folder):
            text = f"{HUMAN if folder % 2 else MACHINE}문서 {folder} {page}"
            (data / f"d{folder}" / f"{page}.md").write_text(text, encoding="utf-8")
    (data / "d1" / "none.md").write_text("# 표시 없음", encoding="utf-8")
    dataset = human_translation(tmp_path)
    learned = {text.split()[1] for text in dataset.texts.to_pylist()}
    aside = {text.split()[1] for text in dataset.aside_texts.to_pylist()}
    assert learned.isdisjoint(aside)
    assert learned | aside == {str(folder) for folder in range(12)}
    groups = dataset.guidance.groups
    assert groups is not None
    assert dataset.guidance.importance is not None
    sums = np.bincount(groups, dataset.guidance.importance)
    assert np.allclose(sums[sums > 0], sums.max())


def test_the_part_kept_aside_is_a_fifth_and_never_changes():
    aside = [kept_aside(f"글 {number}") for number in range(5000)]
    assert 0.17 < np.mean(aside) < 0.23
    assert [kept_aside(text) for text in ("가나다", " 가나다\n")] == [kept_aside("가나다")] * 2


def test_missing_data_is_refused(tmp_path):
    for name in DATASETS:
        with pytest.raises(UserError, match="nothing to learn"):
            dataset_named(name, tmp_path)
    with pytest.raises(UserError, match="did you mean 'harm'"):
        dataset_named("harn", tmp_path)


@pytest.mark.parametrize(("scores", "auroc"), [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([1, 1, 1, 1], 0.5)])
def test_auroc_counts_ties_half(scores, auroc):
    assert auroc_of(np.array([0, 0, 1, 1]), np.array(scores)) == auroc


def test_a_learned_model_is_written_and_tells_the_classes_apart(tmp_path):
    rng = random.Random(0)
    polite, rude = ["고마워요", "좋아요", "훌륭해요"], ["멍청이", "바보야", "꺼져라"]
    rows = [
        " ".join(rng.choices(words, k=3)) + f" {n}|{label}"
        for n in range(60)
        for label, words in enumerate((polite, rude))
    ]
    labelled(tmp_path, "\n".join(rows) + "\n")
    model = learn_to_file(profanity(tmp_path), tmp_path / "model.npz")
    summary = learn_named("profanity", tmp_path, tmp_path / "own")
    assert (tmp_path / "own" / "profanity.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()
    assert summary["auroc"] > 0.99
    assert summary["texts"] + summary["kept_aside"] == 120
    assert np.array_equal(load_model(tmp_path / "model.npz").weights, model.weights)
    assert model.score(pa.array(rude)).min() > 0.5 > model.score(pa.array(polite)).max()


@pytest.fixture
def small_data(tmp_path):
    """A folder with a little of every source that `value` and `spam` read."""
    sentences = "이 법은 절차에 관하여 필요한 사항을 정한다. " * 20 + "\n"
    for place in (
        "boddari/boddari/txt/wikinews.txt",
        "boddari/boddari/txt/book_review01.txt",
        "boddari/boddari/csv/book_review02.csv",
        "react_docs_ko/src/content/learn/one.md",
        "tensorflow_docs_ko/site/ko/one.md",
        "law_kr/kr/가법/법률.md",
        "kocohub_hate/unlabeled/comments.txt",
    ):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"## {n} <b>{place}</b> {sentences}" for n in range(20)), encoding="utf-8")
    for film in ("10001", "13001"):
        path = tmp_path / "nsmc_raw" / "raw" / f"{film}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{"review": f"별로다 {n} 진짜", "rating": "1"} for n in range(2000)] + [
            {"review": "최고", "rating": "10"}
        ]
        path.write_text(json.dumps(rows), encoding="utf-8")
    for folder in range(12):
        path = tmp_path / "ms_dotnet_docs_ko" / f"d{folder}" / "one.md"
        path.parent.mkdir(parents=True)
        kind = HUMAN if folder % 2 else MACHINE
        path.write_text(kind + f"문서 {folder} 입니다. " * 100, encoding="utf-8")
    return tmp_path


def test_prose_is_learned_as_harmless_with_a_small_weight(small_data):
    comments = "나쁜 댓글\tFalse\tnone\thate\n좋은 댓글\tFalse\tnone\tnone\n"
    labelled(small_data, "욕이다|1\n고마워요|0\n", comments)
    for dataset in (harm(small_data), profanity(small_data)):
        assert dataset.guidance.importance is not None
        little = np.isclose(dataset.guidance.importance, 0.1)
        assert little.sum() > 50
        assert not dataset.labels[little].any()
        assert not any("절차에 관하여" in text for text in dataset.aside_texts.to_pylist())


def test_value_takes_edited_prose_and_low_rated_remarks_in_passages_of_one_length(small_data):
    dataset = value(small_data)
    assert set(np.unique(dataset.labels)) == {0, 1}
    texts = dataset.texts.to_pylist() + dataset.aside_texts.to_pylist()
    assert not any(mark in text for text in texts for mark in ("#", "<b>", "최고"))
    assert min(len(text) for text in dataset.texts.to_pylist()) > 450
    learned, aside = (
        {text.split()[1] for text in part.to_pylist() if text.startswith("문서")}
        for part in (dataset.texts, dataset.aside_texts)
    )
    assert learned | aside == {str(folder) for folder in range(12)}
    assert learned.isdisjoint(aside)


def test_spam_keeps_three_offers_aside_and_counts_both_classes_alike(small_data):
    dataset = spam(small_data, advertisements())
    assert not any(offer in text for text in dataset.texts.to_pylist() for offer in OFFERS_ASIDE)
    for offer in OFFERS_ASIDE:
        assert any(offer in text for text in dataset.aside_texts.to_pylist())
    assert dataset.guidance.importance is not None
    sums = np.bincount(dataset.labels, dataset.guidance.importance)
    assert sums[0] == pytest.approx(sums[1])


def test_shipped_value_prefers_an_encyclopedia_to_remarks():
    informative = (
        "광합성은 식물이 빛 에너지를 이용하여 유기물을 합성하는 과정이다. 엽록체에서 일어나며 두 반응으로 나뉜다."
    )
    remark = "진짜 너무 재미없다ㅋㅋㅋㅋ 왜 봤는지 모르겠음 그냥 시간 아깝다ㅡㅡ"
    scores = load_model(WEIGHTS / "value.npz").score(pa.array([informative, remark]))
    assert scores[0] > 0.8
    assert scores[1] < 0.2
