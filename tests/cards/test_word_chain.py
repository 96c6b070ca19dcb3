import unicodedata

import pytest

from malmoi.cards.word_chain import Dictionary, Game, read_dictionary, starts
from malmoi.kit.errors import UserError


def dictionary(*words):
    firsts = {word[0] for word in words}
    return Dictionary(frozenset(words), {first: tuple(word for word in words if word[0] == first) for first in firsts})


def test_the_rule_works_in_one_direction_only():
    assert starts("녀") == ("녀", "여")
    assert starts("여") == ("여",)


@pytest.mark.parametrize(
    ("history", "word", "fault"),
    [
        (["기차"], "차표", None),
        (["기차"], "표범", "wrong_start"),
        (["소녀"], "여우", None),
        (["소녀"], "녀석", None),
        (["여우"], "우유", None),
        (["다리"], "이름", None),
        (["다리"], "리본", None),
        (["오락"], "낙타", None),
        (["오락"], "락카", "not_in_dictionary"),
        (["차표", "표범"], "범", "too_short"),
        (["기차", "차표"], "표범1", "not_hangul"),
        (["기차", "차표"], "", "not_hangul"),
        (["기차"], "ㅊㅍ", "not_hangul"),
        (["차차", "차표", "표차"], "차표", "already_used"),
        ([], "사과", "not_in_dictionary"),
    ],
)
def test_a_word_is_judged(history, word, fault):
    known = dictionary("기차", "차표", "표범", "여우", "녀석", "우유", "이름", "리본", "낙타", "범고래", "소녀")
    assert Game(known, tuple(history)).fault(word) == fault


def test_the_model_may_say_every_legal_word_and_no_other():
    known = dictionary("여우", "여자", "녀석", "나비")
    game = Game(known, ("여자", "소녀"))
    assert sorted(game.legal_words()) == ["녀석", "여우"]
    assert len(Game(known).legal_words()) == 4, "the first word is free"


def test_the_model_loses_honestly_and_wins_when_the_person_has_no_word():
    known = dictionary("기차", "차표", "표범")
    assert Game(known, ("표범",)).lose()["status"] == "user_wins"
    won = Game(known, ("기차", "차표")).move("표범")
    assert (won["status"], won["word"], won["words_left"]) == ("model_wins", "표범", 0)
    playing = Game(known, ("기차",)).move("차표")
    assert (playing["status"], playing["next_starts"], playing["words_left"]) == ("playing", ["표"], 1)


def test_a_move_of_the_model_that_is_no_word_loses():
    assert Game(dictionary("차표"), ("기차",)).move("차")["status"] == "user_wins"


def test_a_refusal_says_why_in_both_languages():
    refused = Game(dictionary("여우"), ("소녀",)).refuse("wrong_start")
    assert refused["status"] == "illegal"
    assert refused["message"]["ko"] == "‘녀’ 또는 ‘여’로 시작해야 해요."
    assert "녀 or 여" in refused["message"]["en"]
    assert refused["history"] == ["소녀"]


def test_a_history_that_breaks_the_rules_is_refused_with_its_place():
    with pytest.raises(UserError, match=r"history\[1\]"):
        Game(dictionary("기차", "표범")).replay(["기차", "표범"])


def test_a_dictionary_in_decomposed_form_is_read_and_a_bad_line_is_named(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(unicodedata.normalize("NFD", "사과\n과자\n"), encoding="utf-8")
    assert read_dictionary(path).words == {"사과", "과자"}
    (tmp_path / "bad.txt").write_text("사과\napple\n")
    with pytest.raises(UserError, match="line 2"):
        read_dictionary(tmp_path / "bad.txt")
