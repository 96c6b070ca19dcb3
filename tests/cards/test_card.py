import copy

import pytest
import yaml

from malmoi.cards.card import LIBRARY, read_card, read_library
from malmoi.cards.word_chain import Game, read_dictionary
from malmoi.kit.errors import UserError

CARD = {
    "id": "mood",
    "version": 1,
    "title": {"ko": "기분", "en": "Mood"},
    "description": {"ko": "기분을 맞혀요.", "en": "Guesses the mood."},
    "kind": "classify",
    "instruction": "기분을 고른다.",
    "inputs": [{"name": "text", "title": {"ko": "글", "en": "Text"}}],
    "shot": "{{text}} = {{output}}\n",
    "template": "{{instruction}}\n{{examples}}{{text}} =",
    "examples": [{"inputs": {"text": "신난다"}, "output": "기쁨"}],
    "output": {"type": "label", "choices": ["기쁨", "슬픔"]},
}


def write(tmp_path, content, name="mood.yaml"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True))
    return path


def changed(**changes):
    card = copy.deepcopy(CARD)
    for path, value in changes.items():
        *parents, last = path.split("__")
        table = card
        for key in parents:
            table = table[int(key) if key.isdigit() else key]
        table[last] = value
    return card


def test_the_library_has_its_three_cards_and_each_keeps_its_own_rules():
    cards = read_library()
    assert {"content_classification", "marketing_copy", "word_chain"} <= set(cards)
    for card in cards.values():
        assert card.evaluation.cases, card.id


def test_the_dictionary_of_the_word_chain_is_large_and_its_examples_are_legal():
    card = read_library()["word_chain"]
    dictionary = read_dictionary(LIBRARY / card.output.dictionary)
    assert len(dictionary.words) >= 1500
    lines = (LIBRARY / card.output.dictionary).read_text().splitlines()
    assert lines == sorted(set(lines)), "one word a line, sorted, each once"
    for example in card.examples:
        Game(dictionary).replay([*example.inputs["history"], example.output])


def test_a_card_is_read(tmp_path):
    card = read_card(write(tmp_path, CARD))
    assert card.inputs[0].max_chars == 500
    assert card.decoding.temperature == 0.8


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verison": 1}, ["verison", "version"]),
        ({"inputs__0__typ": "text"}, ["inputs[0].typ", "type"]),
        ({"inputs__0__type": "txt"}, ["inputs[0].type", "long_text"]),
        ({"inputs__0__type": "choice"}, ["inputs[0]", "choices"]),
        ({"inputs__0__max_chars": 0}, ["inputs[0]", "max_chars"]),
        ({"inputs__0__name": "두 낱말"}, ["inputs[0]", "name"]),
        ({"title": "기분"}, ["title", "a table"]),
        ({"title": {"ko": "기분"}}, ["title.en"]),
        ({"version": "1"}, ["version", "whole number"]),
        ({"version": 0}, ["version"]),
        ({"id": "Mood!"}, ["id"]),
        ({"template": "{{instruction}} {{txt}}"}, ["template", "txt", "text"]),
        ({"shot": "{{instruction}}"}, ["shot", "instruction"]),
        ({"shot": ""}, ["examples without shot"]),
        ({"output__type": "labels"}, ["output.type"]),
        ({"output__choices": []}, ["output", "choices"]),
        ({"output__choices": ["기쁨", "기쁨"]}, ["output", "twice"]),
        ({"output__fields": [{"name": "a", "title": {"ko": "a", "en": "a"}, "max_chars": 3}]}, ["output", "fields"]),
        ({"output__dictionary": "../../etc/passwd"}, ["output", "dictionary"]),
        ({"output": {"type": "word_chain", "dictionary": "../a.txt"}}, ["output", "'../a.txt'", "beside the card"]),
        ({"output__abstain_below": 2.0}, ["output", "abstain_below"]),
        ({"examples__0__output": "화남"}, ["examples[0].output", "화남", "기쁨"]),
        ({"examples__0__inputs": {"txt": "x"}}, ["examples[0].inputs", "txt"]),
        ({"decoding": {"temperature": 3}}, ["decoding", "temperature"]),
        ({"decoding": {"top_p": 0.0}}, ["decoding", "top_p"]),
        ({"evaluation": {"cases": [{"inputs": {}, "output": "x"}]}}, ["evaluation.cases[0].output"]),
        ({"kind": "chat"}, ["kind", "classify"]),
        ({"output": {"type": "word_chain", "dictionary": "a.txt"}}, ["word", "history"]),
    ],
)
def test_a_mistake_in_a_card_is_one_line_with_the_file_and_the_path_of_the_key(tmp_path, changes, words):
    with pytest.raises(UserError) as caught:
        read_card(write(tmp_path, changed(**changes)))
    message = str(caught.value)
    assert message.startswith("mood.yaml: ")
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("content", ["", "- a", "a: [", "id: !!python/object/apply:os.system [ls]", "x" * 300_000])
def test_a_file_that_is_no_card_is_refused_in_one_line(tmp_path, content):
    with pytest.raises(UserError) as caught:
        read_card(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_card_that_is_too_large_is_not_even_parsed(tmp_path):
    path = write(tmp_path, f"{CARD}\n# {'가' * 100_000}\n")
    with pytest.raises(UserError, match=r"mood\.yaml is larger than 256000 bytes"):
        read_card(path)


def test_a_library_refuses_a_card_whose_id_is_not_its_file_and_a_dictionary_that_is_absent(tmp_path):
    write(tmp_path, CARD, "other.yaml")
    with pytest.raises(UserError, match=r"other\.yaml"):
        read_library(tmp_path)
    with pytest.raises(UserError, match="no card"):
        read_card(tmp_path / "absent.yaml")


def test_letters_may_not_break_out_of_their_brackets(tmp_path):
    field = {"name": "a", "title": {"ko": "a", "en": "a"}, "max_chars": 3, "letters": "가-힣]|.*["}
    with pytest.raises(UserError, match="letters"):
        read_card(write(tmp_path, changed(output={"type": "json", "fields": [field]}, examples=[], shot="")))
