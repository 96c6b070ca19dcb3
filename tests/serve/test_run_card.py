import asyncio
import dataclasses
import json
import unicodedata

import numpy as np
import pytest

from malmoi.cards.card import read_library
from malmoi.cards.render import InputError
from malmoi.serve.engine import Description
from malmoi.serve.run_card import label_output, prepare, run
from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine

CARDS = read_library()


def played(card_id, values, engine, **decoding):
    async def collect():
        task = prepare(CARDS[card_id], values, engine, engine.codec)
        task = dataclasses.replace(task, decoding=dataclasses.replace(task.decoding, **decoding))
        return [event async for event in run(task)]

    return asyncio.run(collect())


def test_a_label_card_scores_every_choice_and_names_the_best(fake):
    events = played("content_classification", {"text": "기준금리가 올랐다."}, fake)
    choices = CARDS["content_classification"].output.choices
    assert events[0]["type"] == "start"
    assert [event["done"] for event in events if event["type"] == "progress"] == [len(choices), 2 * len(choices)]
    output = events[-1]["output"]
    assert {score["label"] for score in output["scores"]} == set(choices)
    assert sum(score["probability"] for score in output["scores"]) == pytest.approx(1.0)
    assert output["confidence"] == output["scores"][0]["probability"]


def test_calibration_takes_away_what_the_model_says_to_an_empty_text():
    card = CARDS["content_classification"]
    sums, empty = np.full(7, -9.0), np.full(7, -9.0)
    sums[2], empty[2] = -3.0, -2.5  # the model likes label 2 whatever it reads
    sums[5] = -6.0
    assert label_output(card, np.stack([sums, empty]))["label"] == card.output.choices[5]
    assert label_output(card, sums[None])["label"] == card.output.choices[2]


def test_a_label_below_the_threshold_is_not_named():
    output = label_output(CARDS["content_classification"], np.zeros((1, 7)))
    assert output["abstained"]
    assert output["label"] is None
    assert output["confidence"] == pytest.approx(1 / 7)


def test_a_json_card_gives_fields_when_the_answer_keeps_the_contract(fake):
    fields = {"제목": "가벼운 의자", "본문": "한 손으로 접어 어디든 들고 가세요.", "권유": "지금 만나 보세요"}
    fake.text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    values = {"product": "의자", "features": "가볍다"}
    events = played("marketing_copy", values, fake)
    assert events[-1]["output"] == {"fields": fields, "complete": True, "text": fake.text}
    assert "".join(event["text"] for event in events if event["type"] == "delta") == fake.text
    assert fake.requests[-1].guide.kind == "json"
    cut = played("marketing_copy", values, fake, max_tokens=5)[-1]
    assert (cut["finish"], cut["output"]["complete"]) == ("length", False)


def test_an_answer_ends_before_a_blocked_word(fake):
    fake.text = '{"제목":"무조건 수익'
    result = played("marketing_copy", {"product": "의자", "features": "가볍다"}, fake)[-1]
    assert result["output"]["text"] == '{"제목":"'


def test_the_model_answers_a_word_with_a_legal_word(fake):
    decomposed = unicodedata.normalize("NFD", "사과")
    events = played("word_chain", {"word": decomposed, "history": []}, fake)
    output = events[-1]["output"]
    assert (output["status"], output["history"][0]) == ("playing", "사과")
    assert output["word"].startswith("과")
    assert all(word.startswith(" 과") for word in fake.requests[-1].guide.value)


def test_the_person_may_go_on_by_the_initial_sound_rule_and_not_otherwise(fake):
    played_on = played("word_chain", {"word": "여우", "history": ["사과", "과자", "자녀"]}, fake)[-1]["output"]
    assert played_on["status"] in ("playing", "model_wins")
    refused = played("word_chain", {"word": "나무", "history": ["사과", "과자", "자녀"]}, fake)
    assert [event["type"] for event in refused] == ["result"]
    assert refused[-1]["output"]["reason"] == "wrong_start"


def test_an_empty_word_asks_the_model_to_begin(fake):
    assert len(played("word_chain", {}, fake)[-1]["output"]["history"]) == 1


def test_the_model_loses_when_no_word_is_left(fake):
    output = played("word_chain", {"word": "가을", "history": []}, fake)[-1]["output"]
    spent = [word for word in ("을지로",) if word in output["history"]]
    ended = played("word_chain", {"word": "버릇", "history": []}, fake)[-1]["output"]
    assert (ended["status"], ended["reason"]) == ("user_wins", "no_word_left")
    assert ended["word"] is None
    assert len(spent) <= 1


@pytest.mark.parametrize(
    ("card_id", "values", "name"),
    [
        ("content_classification", {"text": ""}, "text"),
        ("marketing_copy", {"product": "의자"}, "features"),
        ("marketing_copy", {"product": "원금 보장 의자", "features": "가"}, "product"),
        ("word_chain", {"word": "사과", "history": ["기차", "사과"]}, "history"),
    ],
)
def test_a_wrong_input_is_told_before_anything_runs(fake, card_id, values, name):
    with pytest.raises(InputError) as caught:
        prepare(CARDS[card_id], values, fake, fake.codec)
    assert caught.value.name == name
    assert fake.requests == []


def test_examples_are_left_out_until_the_prompt_fits(fake, monkeypatch):
    def small(tokens):
        about = Description("fake", "fake", fake.codec.vocabulary_tokens, tokens, 2, "0" * 64)
        monkeypatch.setattr(fake, "describe", lambda: about)
        return played("content_classification", {"text": "짧은 글"}, fake)[0]

    assert small(2048)["shots"] == 7
    assert 0 < small(300)["shots"] < 7
    with pytest.raises(InputError, match="too long"):
        small(30)


def test_leaving_a_card_frees_the_engine(fake):
    async def leave():
        fake.text = "가 " * 500
        values = {"product": "의자", "features": "가볍다"}
        events = run(prepare(CARDS["marketing_copy"], values, fake, fake.codec))
        await anext(events)
        await anext(events)
        assert fake.num_open == 1
        await events.aclose()
        assert fake.num_open == 0

    asyncio.run(leave())


def test_a_model_that_knows_nothing_still_plays_by_the_rules(model_folder):
    settings = ServeSettings(slots=2, device="cpu", threads=1)
    with TorchEngine(model_folder, settings) as engine:
        history = []
        for word in ("사과",):
            output = played("word_chain", {"word": word, "history": history}, engine)[-1]["output"]
            assert output["status"] in ("playing", "model_wins")
            assert output["word"].startswith("과")


def test_a_card_obeys_the_safety_policy_in_what_comes_in_and_goes_out(fake):
    policy = SafetySettings(Rules(profanity="block", personal="mask"), Rules(personal="mask", profanity="block"))
    card, values = CARDS["marketing_copy"], {"product": "의자", "features": "가볍다"}

    def said(text, **change):
        fake.text = text
        task = prepare(card, {**values, **change}, fake, fake.codec, policy)

        async def collect():
            return [event async for event in run(task)]

        return asyncio.run(collect())

    with pytest.raises(InputError, match="profanity"):
        said("", features="이 병신아")
    start, *_, last = said('{"제목":"전화는 010-2345-6789 번"}', features="번호는 010-9876-5432 이다")
    assert "<전화번호>" in start["prompt"] and "9876" not in start["prompt"]
    assert last["output"]["text"].startswith('{"제목":"전화는'), "this card's schema has a pattern that no mask fits"
    assert (last["finish"], "2345" in str(last)) == ("content_filter", False)
    ended = said('{"제목":"그래 이 시발 뭐야"}')
    assert ended[-1]["finish"] == "content_filter"
    assert "시발" not in json.dumps(ended, ensure_ascii=False)
