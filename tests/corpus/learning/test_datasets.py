import json
import random

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.linear_model import WEIGHTS, load_model
from malmoi.corpus.learning import value_dataset
from malmoi.corpus.learning.calibration import expected_calibration_error, fit
from malmoi.corpus.learning.classifiers import DATASETS, auroc_of, dataset_named, learn_named, learn_to_file
from malmoi.corpus.learning.comment_datasets import harm, harm_types, kmhas, profanity
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


SETS = {
    "curse_detection/dataset.txt": "",
    "kocohub_hate/labeled/train.tsv": HEADER,
    "kmhas/kmhas_valid.txt": "document\tlabel\n",
    "apeach/test.csv": "text,user_age,class\n",
    "kodoli/data/kodoli.csv": "index,sentences,abuse,sentiment,offensiveness\n",
}
"""The labelled sets as they are unpacked, without their rows."""


def labelled(folder, **rows):
    """The labelled sets in `folder`. rows: by the first letters of a set's name."""
    for path, head in SETS.items():
        text = head + "".join(rows.get(name, "") for name in rows if path.startswith(name))
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def pairs_of(dataset):
    texts = dataset.texts.to_pylist() + dataset.aside_texts.to_pylist()
    return dict(zip(texts, dataset.labels.tolist() + dataset.aside_labels.tolist(), strict=True))


def test_profanity_lines_may_hold_the_separator_and_broken_lines_are_left_out(tmp_path):
    labelled(tmp_path, curse="가|나|1\n다라|0\n|1\n라벨 없음|?\n\n")
    pairs = pairs_of(profanity(tmp_path))
    assert {text: pairs[text] for text in ("가|나", "다라")} == {"가|나": 1, "다라": 0}
    assert not any("라벨 없음" in text for text in pairs)


def test_a_comment_in_quotation_marks_is_the_same_comment_without(tmp_path):
    labelled(tmp_path, kmhas='그냥 글\t8\n"그가 ""참"" 좋다 했다"\t1,3\n"\t8\n')
    assert kmhas(tmp_path) == [("그냥 글", {8}), ('그가 "참" 좋다 했다', {1, 3}), ('"', {8})]


def test_a_fifth_of_every_set_is_kept_aside_and_unsure_labels_are_only_learned_from(tmp_path):
    grades, pairs = ("hate", "offensive", "none"), (("NON", "NOT"), ("ABS", "OFFEN"), ("ABS", "NOT"))
    labelled(
        tmp_path,
        kocohub="".join(f"코코 {n}\tFalse\tnone\t{grades[n % 3]}\n" for n in range(90)),
        curse="".join(f"욕 {n}|{n % 2}\n" for n in range(90)),
        kmhas="".join(f"뉴스 {n}\t{(8, 3, '0,5')[n % 3]}\n" for n in range(90)),
        apeach="".join(f"글 {n},30,{('Spoiled', 'Default')[n % 2]}\n" for n in range(90)),
        kodoli="".join(f"{n},코돌 {n},{pairs[n % 3][0]},NEU,{pairs[n % 3][1]}\n" for n in range(90)),
    )
    dataset = harm(tmp_path)
    aside = dataset.aside_texts.to_pylist()
    assert {text.split()[0] for text in aside} == {"코코", "욕", "뉴스", "글", "코돌"}
    assert all(kept_aside(text) for text in aside)
    assert set(np.unique(dataset.aside_labels)) == {0, 1}
    assert 0.5 in dataset.labels.tolist()
    assert not any(int(text.split()[1]) % 3 == 2 for text in aside if text.startswith("코돌"))
    assert set(np.round(dataset.guidance.importance, 2).tolist()) == {0.3, 0.5, 1.0, 4.0}
    swearing = pairs_of(profanity(tmp_path))
    assert swearing["뉴스 1"] == 1
    assert swearing["뉴스 0"] == 0
    assert "뉴스 2" not in swearing
    assert {"origin", "gender", "profanity"} <= harm_types(tmp_path).keys()
    assert pairs_of(harm_types(tmp_path)["gender"])["뉴스 2"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "오늘 회의가 개혁의 시발점이다.",
        "다람쥐 새끼가 굴 밖으로 나왔다.",
        "전염병이 잦아들자 시장이 문을 열었다.",
        "보존나무 앞에서 사진을 찍었다.",
        "강풍이 항로에 미친 영향은 크지 않았다.",
        "재판부는 '쓰레기'라고 부른 것이 모욕이라고 판단했다.",
        "여자는 우산을 폈고 남자는 모자를 썼다.",
        "장관은 대통령에게 보고서를 냈다.",
    ],
)
def test_false_friends_and_reports_of_abuse_score_below_the_abuse_itself(text):
    direct = ["이 새끼야 꺼져라 병신아", "쓰레기 같은 년놈들 다 죽어라"]
    for name in ("harm", "profanity"):
        scores = load_model(WEIGHTS / f"{name}.npz").score(pa.array([*direct, text]))
        assert scores[:2].min() > 0.9
        assert scores[2] < 0.6, name


def test_fitted_probabilities_are_right_on_the_average():
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 2, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-truth))).astype(np.float64)
    stretch, shift = fit(3 * truth + 1, labels)
    assert stretch == pytest.approx(1 / 3, abs=0.02)
    assert shift == pytest.approx(-1 / 3, abs=0.06)
    off = expected_calibration_error(labels, 1 / (1 + np.exp(-(3 * truth + 1))))
    right = expected_calibration_error(labels, 1 / (1 + np.exp(-(stretch * (3 * truth + 1) + shift))))
    assert off > 0.1 > 0.02 > right


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
    labelled(tmp_path, curse="\n".join(rows) + "\n")
    model = learn_to_file(profanity(tmp_path), tmp_path / "model.npz", is_calibrated=True)
    summary = learn_named("profanity", tmp_path, tmp_path / "own")
    assert (tmp_path / "own" / "profanity.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()
    assert summary["auroc"] > 0.99
    assert summary["kept_aside"] > 10
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
    labelled(small_data, curse="욕이다|1\n고마워요|0\n", kocohub=comments)
    for dataset in (harm(small_data), profanity(small_data)):
        assert dataset.guidance.importance is not None
        little = np.isclose(dataset.guidance.importance, 0.1)
        assert little.sum() > 50
        assert not dataset.labels[little].any()
        assert not any("절차에 관하여" in text for text in dataset.aside_texts.to_pylist())


def test_value_learns_by_source_and_by_label_and_never_from_a_file_that_is_kept_aside(tmp_path, monkeypatch):
    kinds = {"manual": ("{}번 기능을 켜는 방법은 이렇다. ", 2.4), "chat": ("{}번째 봤는데 재미없다 진짜. ", 0.3)}
    for name, (sentence, _) in kinds.items():
        (tmp_path / name).mkdir()
        for number in range(12):
            (tmp_path / name / f"{number}.md").write_text(sentence.format(number) * 40, encoding="utf-8")
    files = [f'{name} = {{ files = "{name}/*.md", worth = {worth} }}' for name, (_, worth) in kinds.items()]
    rows = ["manual,manual/1.md,0,200,3,1", "chat,chat/2.md,5,200,0,0", "chat,chat/3.md,5,200,0,1"]
    labels = "\n".join(["source,path,start,characters,worth,aside", *rows])
    for name, text in (("SOURCES", "\n".join(files)), ("LABELS", labels)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(value_dataset, name, tmp_path / name)
    dataset = value(tmp_path)
    learned = dataset.texts.to_pylist()
    assert dataset.aside_labels.tolist() == [1, 0]
    assert [len(text) for text in dataset.aside_texts.to_pylist()] == [200, 200]
    assert not any(text.startswith(("1번 기능", "3번째")) for text in learned)
    assert set(np.round(dataset.labels, 3).tolist()) == {0.8, 0.1, 0.0}
    labelled_row = dataset.labels.tolist().index(0.0)
    assert learned[labelled_row] == (kinds["chat"][0].format(2) * 40)[5:205]
    assert dataset.guidance.importance[labelled_row] == dataset.guidance.importance.max()


def test_of_a_table_only_the_rows_kept_aside_are_closed_and_of_any_other_file_all(tmp_path):
    (tmp_path / "표").mkdir()
    rows = "\n".join(f"{number},{number}번 줄의 설명은 이렇게 이어진다. 그래서 끝까지 읽는다." for number in range(4))
    (tmp_path / "표" / "a.csv").write_text(rows, encoding="utf-8")
    aside = [
        value_dataset.Label("표", "표/a.csv#2", 0, 9, 1, True),
        value_dataset.Label("film", "film/1.json#7", 0, 9, 0, True),
    ]
    closed = value_dataset.closed_by_file(aside)
    assert closed == {"표/a.csv": {2}, "film/1.json": set()}
    lines = "\n".join(value_dataset.source_lines_of(tmp_path / "표" / "a.csv", closed_rows=closed["표/a.csv"]))
    assert [f"{number}번" in lines for number in range(4)] == [True, True, False, True]


def test_the_shipped_labels_of_value_are_400_and_half_of_them_are_kept_aside():
    labels = value_dataset.labels()
    assert len(labels) == 400
    assert sum(label.is_aside for label in labels) == 200
    assert {label.worth for label in labels} == {0, 1, 2, 3}


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
    assert scores[0] > 0.55
    assert scores[1] < 0.2
