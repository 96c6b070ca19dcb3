from pathlib import Path

import pytest

from malmoi.corpus.sources.fields import pick, spoken_turns
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.nested import rows_of
from malmoi.corpus.text.lines import one_line


def test_korean_and_english_names_become_ours():
    row = {
        "제목": "첫눈",
        "작성일": "2021.05.25",
        "작성자": "김말이",
        "분류": "날씨",
        "조회수": "1,204",
        "Link": "https://a.kr/1",
    }
    assert pick(row) == {
        "title": "첫눈", "published": "2021-05-25", "author": "김말이", "category": "날씨", "popularity": 1204.0,
        "url": "https://a.kr/1",
    }  # fmt: skip


def test_the_surest_of_several_names_wins_in_any_order():
    assert pick({"시행일자": "2022-01-01", "공포일자": "2021-01-01"})["published"] == "2021-01-01"
    assert pick({"subject": "b", "title": "a"})["title"] == "a"
    assert pick({"title": None, "subject": "b"})["title"] == "b"


def test_a_source_that_is_an_address_is_the_url():
    assert pick({"출처": "https://law.go.kr/법령/민법"}) == {"url": "https://law.go.kr/법령/민법"}
    assert pick({"출처": "한빛일보"}) == {"name": "한빛일보"}


def test_rows_of_our_own_schema_are_read_back():
    row = {
        "id": "x",
        "text": "t",
        "source": {"kind": "cafe", "name": "텃밭", "popularity": 3.5, "published": "2020-01-02"},
    }
    assert pick(row) == {"kind": "cafe", "name": "텃밭", "popularity": 3.5, "published": "2020-01-02"}


def test_values_of_the_wrong_shape_are_left_away():
    assert (
        pick({"title": {"a": 1}, "kind": "카페", "views": "많음", "date": [], "turns": "a", 3: 4, "author": True}) == {}
    )
    assert pick({"likes": float("inf"), "url": "x" * 5000}) == {}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (" a \n b ", "a b"),
        (["첫째", "둘째"], "첫째"),
        ({"name": "이름"}, "이름"),
        (3, "3"),
        ([], None),
        ("", None),
        (None, None),
    ],
)
def test_values_become_one_line(value, line):
    assert one_line(value) == line


def test_a_list_that_holds_itself_has_no_line():
    circle = []
    circle.append({"name": circle})
    assert one_line(circle) is None


@pytest.mark.parametrize(
    "given",
    [
        [{"speaker": "가", "text": "안녕"}, {"speaker": None, "text": "응"}],
        [{"role": "가", "content": "안녕"}, {"content": "응"}],
        [{"from": "가", "value": "안녕"}, "응"],
        ({"화자": "가", "발화": "안녕"}, {"utterance": "응"}),
    ],
)
def test_turns_of_every_common_shape_are_read(given):
    assert spoken_turns(given) == [{"speaker": "가", "text": "안녕"}, {"speaker": None, "text": "응"}]


@pytest.mark.parametrize(
    ("row", "roles"),
    [
        ({"Q": "뭐 해?", "A": "놀아", "label": 0}, ["question", "answer"]),
        ({"question": "뭐 해?", "answer": "놀아"}, ["question", "answer"]),
        ({"질문": "뭐 해?", "답변": "놀아"}, ["question", "answer"]),
        ({"user_message": "뭐 해?", "system_message": "놀아"}, ["user", "assistant"]),
        (
            {"turns": [{"role": "user", "utterance": "뭐 해?"}, {"role": "system", "utterance": "놀아"}]},
            ["user", "assistant"],
        ),
        ({"messages": [{"from": "human", "value": "뭐 해?"}, {"from": "gpt", "value": "놀아"}]}, ["user", "assistant"]),
        ({"turns": [{"user_message": "뭐 해?", "system_message": "놀아"}]}, ["user", "assistant"]),
    ],
)
def test_questions_and_answers_have_roles(row, roles):
    assert [(turn["text"], turn["role"]) for turn in pick(row)["turns"]] == [("뭐 해?", roles[0]), ("놀아", roles[1])]


def test_what_was_not_answered_is_no_turn():
    assert [
        turn["text"] for turn in pick({"turns": [{"user_message": "고마워!", "system_message": "NULL"}]})["turns"]
    ] == ["고마워!"]
    assert "turns" not in pick({"Q": " ", "A": "nan"})
    assert "turns" not in pick({"Q": "뭐", "A": 3})


def test_an_instruction_to_a_machine_is_nobodys_turn_to_answer():
    turns = spoken_turns([{"role": "system", "content": "너는 말모이다."}, {"role": "user", "content": "안녕"}])
    assert turns is not None
    assert [turn.get("role") for turn in turns] == [None, "user"]


def test_a_text_of_sentences_and_its_summary():
    row = {"title": "제목", "sentences": ["하나다. ", "둘이다.", "셋이다."], "summaries": [2, 0, 9, "x"]}
    assert pick(row) == {"title": "제목", "text": "하나다.\n둘이다.\n셋이다.", "summary": "하나다.\n셋이다."}
    assert pick({"sentences": ["하나", 2]}) == {}
    assert pick({"abstract": " 짧은 글 ", "요약": "다른 것"})["summary"] == "짧은 글"


def test_who_says_what_in_a_story_is_read_by_place():
    row = {"text": '"아이고." 하고 울었다.', "speakers": [[["0", "6", "A"]], [["x", "9", "B"]], "y"]}
    assert pick(row)["turns"] == [{"speaker": "A", "text": "아이고.", "role": "quotation"}]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ({"data": [{"text": "가"}, {"text": "나"}]}, 2),
        ({"dial_data": {"samsung": [{"turns": []}], "iphone": [{"turns": []}, {"turns": []}]}}, 3),
        ({"text": "가", "data": [{"a": 1}]}, 1),
        ({"turns": [{"text": "가"}, {"text": "나"}]}, 1),
        ({"a": {"b": {"c": {"d": {"e": {"f": [{"text": "가"}, {"text": "나"}]}}}}}}, 1),
        ({"info": {"n": 2}, "data": [{"text": "가"}, {"text": "나"}]}, 2),
        ({"data": ["가", "나"]}, 1),
        ({"data": []}, 1),
        ({}, 1),
        ("글", 1),
        ([{"text": "가"}, {"text": "나"}], 1),
    ],
)
def test_an_object_of_nothing_but_rows_is_those_rows(value, number):
    rows = rows_of(value, Input(Path()), is_file=True)
    assert len(rows) == number
    assert (rows == [value]) == (number == 1)


@pytest.mark.parametrize("given", [None, "가: 나", [], [3], [{"speaker": "가"}], [{"text": "나"}, None]])
def test_what_is_no_list_of_turns_gives_none(given):
    assert spoken_turns(given) is None
