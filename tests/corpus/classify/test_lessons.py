import json
import random

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.lessons import LESSONS, human_translation, kept_aside, profanity, prose, teach
from malmoi.corpus.classify.model import load, shipped
from malmoi.corpus.classify.preferences import preferences
from malmoi.corpus.classify.value_lesson import value
from malmoi.kit.errors import UserError

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


def test_profanity_lines_may_hold_the_separator_and_broken_lines_are_left_out(tmp_path):
    (tmp_path / "dataset.txt").write_text("가|나|1\n다라|0\n|1\n라벨 없음|?\n\n", encoding="utf-8")
    lesson = profanity(tmp_path)
    texts = lesson.texts.to_pylist() + lesson.aside_texts.to_pylist()
    labels = lesson.labels.tolist() + lesson.aside_labels.tolist()
    assert dict(zip(texts, labels, strict=True)) == {"가|나": 1, "다라": 0}


def test_a_folder_of_translations_is_kept_aside_whole_and_counts_as_much_as_any_other(tmp_path):
    for folder in range(12):
        (tmp_path / f"d{folder}").mkdir()
        for page in range(1 + folder):
            text = f"{HUMAN if folder % 2 else MACHINE}문서 {folder} {page}"
            (tmp_path / f"d{folder}" / f"{page}.md").write_text(text, encoding="utf-8")
    (tmp_path / "d1" / "none.md").write_text("# 표시 없음", encoding="utf-8")
    lesson = human_translation(tmp_path)
    learnt = {text.split()[1] for text in lesson.texts.to_pylist()}
    aside = {text.split()[1] for text in lesson.aside_texts.to_pylist()}
    assert learnt.isdisjoint(aside)
    assert learnt | aside == {str(folder) for folder in range(12)}
    groups = lesson.guidance.groups
    assert groups is not None
    assert lesson.guidance.importance is not None
    sums = np.bincount(groups, lesson.guidance.importance)
    assert np.allclose(sums[sums > 0], sums.max())


def test_the_part_kept_aside_is_a_fifth_and_never_changes():
    aside = [kept_aside(f"글 {number}") for number in range(5000)]
    assert 0.17 < np.mean(aside) < 0.23
    assert [kept_aside(text) for text in ("가나다", " 가나다\n")] == [kept_aside("가나다")] * 2


def test_missing_data_is_asked_wrongly(tmp_path):
    for _, read in LESSONS.values():
        with pytest.raises(UserError):
            read(tmp_path)
    with pytest.raises(UserError, match="nothing to learn from"):
        value(tmp_path)


def test_a_taught_model_is_written_and_says_what_it_likes(tmp_path):
    rng = random.Random(0)
    polite, rude = ["고마워요", "좋아요", "훌륭해요"], ["멍청이", "바보야", "꺼져라"]
    rows = [
        " ".join(rng.choices(words, k=3)) + f" {n}|{label}"
        for n in range(60)
        for label, words in enumerate((polite, rude))
    ]
    (tmp_path / "dataset.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    model = teach(profanity(tmp_path), tmp_path / "model.npz")
    assert np.array_equal(load(tmp_path / "model.npz").weights, model.weights)
    liked = [word for word, _, _ in preferences(model, profanity(tmp_path).texts, 0.1)]
    assert set(liked[:3]) == set(rude)
    assert set(liked[-3:]) == set(polite)


def test_value_takes_edited_prose_and_low_rated_remarks_in_pieces_of_one_length(tmp_path):
    sentences = "이 법은 절차에 관하여 필요한 사항을 정한다. " * 20 + "\n"
    for place in (
        "boddari/boddari/txt/wikinews.txt",
        "boddari/boddari/txt/book_review01.txt",
        "react_docs_ko/src/content/learn/one.md",
        "tensorflow_docs_ko/site/ko/one.md",
        "law_kr/kr/가법/법률.md",
        "kocohub_hate/unlabeled/comments.txt",
    ):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"## {n} <b>{place}</b> {sentences}" for n in range(20)), encoding="utf-8")
    reviews = tmp_path / "nsmc_raw" / "raw" / "10001.json"
    reviews.parent.mkdir(parents=True)
    rows = [{"review": f"별로다 {n} 진짜", "rating": "1"} for n in range(2000)] + [{"review": "최고", "rating": "10"}]
    reviews.write_text(json.dumps(rows), encoding="utf-8")
    lesson = value(tmp_path)
    assert set(np.unique(lesson.labels)) == {0, 1}
    assert not any(mark in text for text in lesson.texts.to_pylist() for mark in ("#", "<b>", "최고"))
    sizes = np.array([len(text) for text in lesson.texts.to_pylist()])
    assert sizes.min() > 450


def test_shipped_value_prefers_an_encyclopedia_to_remarks():
    informative = (
        "광합성은 식물이 빛 에너지를 이용하여 유기물을 합성하는 과정이다. 엽록체에서 일어나며 두 반응으로 나뉜다."
    )
    remark = "진짜 너무 재미없다ㅋㅋㅋㅋ 왜 봤는지 모르겠음 그냥 시간 아깝다ㅡㅡ"
    scores = shipped("value").score(pa.array([informative, remark]))
    assert scores[0] > 0.8
    assert scores[1] < 0.2
