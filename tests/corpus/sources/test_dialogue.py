import pytest

from malmoi.corpus.sources.dialogue import read_turns, written

TALK = "상담원: 무엇을 도와드릴까요?\n고객님 2: 환불이 안 돼요.\n아까부터요.\n상담원: 확인해 보겠습니다."


def test_lines_with_names_become_turns_and_others_go_on():
    turns = read_turns(TALK)
    assert turns == [
        {"speaker": "상담원", "text": "무엇을 도와드릴까요?"},
        {"speaker": "고객님 2", "text": "환불이 안 돼요.\n아까부터요."},
        {"speaker": "상담원", "text": "확인해 보겠습니다."},
    ]


@pytest.mark.parametrize(
    "line", ["민수: 응", "[민수] : 응", "민수:응", "- 민수: 응", "  민수: 응", "〈민수〉 : 응", "만두*: 응"]
)
def test_names_are_read_as_people_mark_them(line):
    turns = read_turns(f"{line}\n{line}")
    assert turns is not None
    assert turns[0]["text"] == "응"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "그냥 글입니다.",
        "민수: 혼잣말",
        "12:30에 만나요\n13:30에 봐요",
        "https://a.kr\nhttps://b.kr",
        "이 글은 다음과 같은 내용을 담고 있는 긴 문장이다: 하나\n또 다른 문장은 이보다도 훨씬 더 길다: 둘",
        "민수: 안녕\n여기부터는 이야기다.\n길게 이어진다.\n끝까지.\n철수: 응\n그렇게 끝났다.",
        "머리말이 있다\n민수: 안녕\n철수: 응",
    ],
)
def test_other_texts_are_no_dialogue(text):
    assert read_turns(text) is None


def test_turns_are_written_as_they_are_read():
    assert written([{"speaker": "가", "text": "나"}, {"speaker": None, "text": "다"}]) == "가: 나\n다"
