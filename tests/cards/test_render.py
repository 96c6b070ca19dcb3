import dataclasses
import re
import unicodedata

import pytest

from malmoi.cards.card import Both, Card, Example, Guards, Input, Output, OutputField, read_library
from malmoi.cards.render import InputError, check_inputs, empty_inputs, json_schema, prompt, read_json

TITLE = Both("글", "Text")
CARD = Card(
    id="x",
    version=1,
    title=TITLE,
    description=TITLE,
    kind="generate",
    instruction="고른다.\n",
    inputs=(
        Input("text", TITLE, max_chars=20),
        Input("long", TITLE, type="long_text", required=False),
        Input("tone", TITLE, type="choice", choices=("담백", "다정"), required=False),
        Input("count", TITLE, type="number", required=False),
        Input("words", TITLE, type="words", required=False, max_chars=3),
    ),
    shot="{{text}}={{output}}\n",
    template="{{instruction}}\n{{examples}}{{text}}|{{long}}=",
    examples=(Example({"text": "가"}, "1"), Example({"text": "나"}, "2"), Example({"text": "다"}, "3")),
    output=Output("text"),
    guards=Guards(blocked_words=("금지",)),
)
JSON_CARD = dataclasses.replace(
    CARD,
    examples=(),
    shot="",
    output=Output(
        "json",
        fields=(OutputField("제목", TITLE, 5, 2, "가-힣 "), OutputField("본문", TITLE, max_chars=4, min_chars=0)),
    ),
)


def test_what_a_person_types_is_never_read_as_a_placeholder():
    values = check_inputs(CARD, {"text": "{{instruction}}{{tone}}"[:20]})
    assert prompt(CARD, values, 0).endswith("{{instruction}}{{ton|=")


def test_the_last_examples_stay_when_there_is_room_for_few():
    values = check_inputs(CARD, {"text": "라"})
    assert prompt(CARD, values) == "고른다.\n가=1\n나=2\n다=3\n라|="
    assert prompt(CARD, values, 1) == "고른다.\n다=3\n라|="
    assert prompt(CARD, values, 0) == "고른다.\n라|="


def test_inputs_are_composed_and_cleaned():
    decomposed = unicodedata.normalize("NFD", " 한글 문장 ")
    values = check_inputs(CARD, {"text": decomposed + "\n다음\x00줄", "long": "두\n줄 \x07"})
    assert values["text"] == "한글 문장 다음줄"
    assert values["long"] == "두\n줄"
    assert values["words"] == []


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "text"),
        ({"text": "   "}, "text"),
        ({"text": 3}, "text"),
        ({"text": "가" * 21}, "text"),
        ({"text": "금지된 말"}, "text"),
        ({"text": "가", "tone": "무뚝뚝"}, "tone"),
        ({"text": "가", "count": "3"}, "count"),
        ({"text": "가", "count": True}, "count"),
        ({"text": "가", "words": "사과"}, "words"),
        ({"text": "가", "words": ["사과", 3]}, "words"),
        ({"text": "가", "words": ["네글자다"]}, "words"),
        ({"text": "가", "words": ["가"] * 1001}, "words"),
        ({"text": "가", "txet": "나"}, "txet"),
    ],
)
def test_a_wrong_input_is_named(values, name):
    with pytest.raises(InputError) as caught:
        check_inputs(CARD, values)
    assert caught.value.name == name
    assert "\n" not in str(caught.value)


def test_every_card_of_the_library_renders_from_its_own_examples():
    library = read_library()
    assert {"content_classification", "marketing_copy", "word_chain"} <= library.keys()
    for card in library.values():
        examples = {each.name: each.example for each in card.inputs if each.example is not None}
        for values in (examples, *(case.inputs for case in card.evaluation.cases)):
            rendered = prompt(card, check_inputs(card, values))
            assert "{{" not in rendered
            assert card.instruction.strip() in rendered
        assert prompt(card, empty_inputs(card), 0)


def test_the_schema_bounds_every_text():
    schema = json_schema(JSON_CARD)
    assert schema["properties"]["제목"] == {"type": "string", "pattern": "^[가-힣 ]{2,5}$"}
    assert schema["properties"]["본문"] == {"type": "string", "minLength": 0, "maxLength": 4}
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ('{"제목":"새 옷","본문":""}', True),
        ('{"제목":"새","본문":""}', False),
        ('{"제목":"abc","본문":""}', False),
        ('{"제목":"새 옷"}', False),
        ('{"제목":"새 옷","본문":"', False),
        ("[]", False),
        ("", False),
    ],
)
def test_an_answer_is_complete_only_when_it_keeps_the_contract(text, complete):
    assert read_json(JSON_CARD, text)[1] is complete


def test_examples_of_json_cards_are_written_as_the_guide_demands():
    card = read_library()["marketing_copy"]
    values = {"product": "가", "features": "나", "tone": "다정하게"}
    lines = [line for line in prompt(card, values).splitlines() if line.startswith("문구: {")]
    assert len(lines) == len(card.examples)
    for line in lines:
        assert read_json(card, line.removeprefix("문구: "))[1]
        assert not re.search(r'": |, "', line)
