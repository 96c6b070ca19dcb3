"""Exported chat logs as turns, and names of those who chat as labels."""

import json
import tarfile
import unicodedata
from pathlib import Path

import duckdb
import pytest
import zstandard

from malmoi.corpus.sources.chat_log import read_chat, with_speakers
from malmoi.corpus.sources.dialogue import labelled, quotations
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_document

ARCHIVE = Path(__file__).parents[4] / "shared" / "data" / "text" / "docs_and_literature.tar.zst"
PC = """홍길동 님과 카카오톡 대화
저장한 날짜 : 2021-05-26 09:00:01

--------------- 2021년 5월 25일 화요일 ---------------
[홍길동] [오후 3:21] 길순아, 내일 볼래?
몇 시가 좋아?
[김길순] [오후 3:22] 응 길동아! 홍길동은 늘 급해
[김길순] [오후 3:22] 사진
김철수님이 들어왔습니다.
[김철수] [오후 11:59] @홍길동 나도 끼워 줘: 제발
--------------- 2021년 5월 26일 수요일 ---------------
[홍길동] [오전 12:01] 그래
"""
ANDROID = """우리 방 님과 카카오톡 대화
저장한 날짜 : 2021년 5월 26일 오전 9:00

2021년 5월 25일 오후 3:20
2021년 5월 25일 오후 3:20, 홍길동님이 김길순님을 초대했습니다.
2021년 5월 25일 오후 3:21, 홍길동 : 길순아, 내일 볼래?
몇 시가 좋아?
2021년 5월 25일 오후 3:22, 김길순 : 응 : 좋아
2021년 5월 25일 오후 3:22, 김길순 : 이모티콘
"""
IOS = """2021. 5. 25. 15:20: 홍길동님이 들어왔습니다.
2021. 5. 25. 오후 3:21, 홍길동 : 내일 볼래?
2021. 5. 25. 오후 3:22, 김길순 : 응
"""
ENGLISH = """KakaoTalk Chats with Gildong
Date Saved : May 26, 2021 at 9:00 AM

May 25, 2021 at 3:21 PM, Gildong : 내일 볼래?
May 25, 2021 at 3:22 PM, Al : Also 응
"""


def said(text: str) -> list[tuple[str | None, str | None]]:
    chat = read_chat(text)
    return [(turn["speaker"], turn["text"]) for turn in chat.turns] if chat else []


def test_a_log_of_a_computer():
    assert said(PC) == [
        ("홍길동", "길순아, 내일 볼래?\n몇 시가 좋아?"),
        ("김길순", "응 길동아! 홍길동은 늘 급해"),
        ("김철수", "@홍길동 나도 끼워 줘: 제발"),
        ("홍길동", "그래"),
    ]
    chat = read_chat(PC)
    assert chat is not None
    assert chat.began == "2021-05-25"


def test_logs_of_telephones():
    assert said(ANDROID) == [("홍길동", "길순아, 내일 볼래?\n몇 시가 좋아?"), ("김길순", "응 : 좋아")]
    assert said(IOS) == [("홍길동", "내일 볼래?"), ("김길순", "응")]
    assert said(ENGLISH) == [("Gildong", "내일 볼래?"), ("Al", "Also 응")]
    began = [chat.began if (chat := read_chat(text)) else "" for text in (ANDROID, IOS)]
    assert began == ["2021-05-25", "2021-05-25"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "민수: 안녕\n철수: 응",
        "[공지] [필독] 회의는 3시입니다.\n\n" + "내용이 이어집니다.\n" * 20,
        "[민법] [시행 2021. 5. 25.] [법률 제1호]\n제1조 이 법은 …\n",
        "2021년 5월 25일 오후 3:21, 서울에서는 비가 왔다.\n그리고 그쳤다.",
        "기사 : 2021. 5. 25. 오후 3:21, 기자 : 김말이\n" + "본문이 길게 이어진다.\n" * 10,
        "[홍길동] [오후 3:21] 사진\n[김길순] [오후 3:22] 이모티콘",
    ],
)
def test_other_texts_are_no_logs(text: str):
    assert read_chat(text) is None


def test_names_become_labels_in_every_place_where_they_stand_whole():
    chat = read_chat(PC)
    assert chat is not None
    assert [(turn["speaker"], turn["text"]) for turn in labelled(chat.turns)] == [
        ("화자 1", "화자 2아, 내일 볼래?\n몇 시가 좋아?"),
        ("화자 2", "응 화자 1아! 화자 1은 늘 급해"),
        ("화자 3", "화자 1 나도 끼워 줘: 제발"),
        ("화자 1", "그래"),
    ]


def test_parts_of_words_and_short_names_stay():
    turns = [
        {"speaker": "Al", "text": "Also @Al, Al님"},
        {"speaker": "이", "text": "이 말"},
        {"speaker": "민수", "text": "주민수 민수가"},
    ]
    assert [turn["text"] for turn in labelled(turns)] == ["Also 화자 1, 화자 1님", "이 말", "주민수 화자 3가"]
    odd = [{"speaker": "🍀(클로버)", "text": "🍀(클로버) 왔다"}, {"speaker": None, "text": "누구"}]
    assert labelled(odd) == [{"speaker": "화자 1", "text": "화자 1 왔다"}, {"speaker": None, "text": "누구"}]


def document(text: str, **fields) -> dict:
    found = to_document(Raw(text, "text", "톡.txt", 0, len(text), fields), Input(Path("unused")))
    assert not isinstance(found, Unreadable)
    return found


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("charset", ["utf-8", "cp949"])
def test_a_log_becomes_a_dialogue_without_names(form, charset, tmp_path: Path):
    if (form, charset) == ("NFD", "cp949"):
        pytest.skip("cp949 has no single jamo of NFD")
    (tmp_path / "톡.txt").write_bytes(unicodedata.normalize(form, PC).replace("\n", "\r\n").encode(charset))
    (raw,) = read(Input(tmp_path))
    assert isinstance(raw, Raw)
    found = to_document(raw, Input(tmp_path))
    assert not isinstance(found, Unreadable)
    assert found["text"].split("\n")[:3] == [
        "화자 1: 화자 2아, 내일 볼래?",
        "몇 시가 좋아?",
        "화자 2: 응 화자 1아! 화자 1은 늘 급해",
    ]
    assert "홍길동" not in str({**found, "origin": None})
    assert (found["source"]["kind"], found["source"]["published"]) == ("dialogue", "2021-05-25")
    assert [turn["speaker"] for turn in found["turns"]] == ["화자 1", "화자 2", "화자 3", "화자 1"]


def test_names_are_kept_or_replaced_as_the_input_asks():
    text, fields = with_speakers(PC, {}, "names")
    assert text.startswith("홍길동: 길순아")
    assert fields["turns"][0]["speaker"] == "홍길동"
    script = "민수: 안녕\n철수: 민수야"
    assert with_speakers(script, {}, None) == (script, {})
    text, fields = with_speakers(script, {"title": "대본"}, "labels")
    assert (text, fields["title"]) == ("화자 1: 안녕\n화자 2: 화자 1야", "대본")
    story = {"turns": quotations('"가" 했다', [(0, 3, "A")])}
    assert with_speakers('"가" 했다', story, "labels") == ('"가" 했다', story)


def test_a_plain_text_is_left_as_it_is():
    found = document("오늘은 12:30에 만나서 밥을 먹었다.")
    assert (found["text"], found["turns"], found["source"]["kind"]) == (
        "오늘은 12:30에 만나서 밥을 먹었다.",
        None,
        "web",
    )


def test_a_log_of_a_hundred_thousand_lines_takes_linear_time():
    lines = "\n".join(f"[이름 {n % 9}] [오후 3:{n % 60:02d}] 말 {n}\n이어지는 말" for n in range(100_000))
    chat = read_chat(lines)
    assert chat is not None
    assert len(labelled(chat.turns)) == 100_000


QUOTED = '그가 "왜 그래?" 하니 「아니」라 했다. “좋아” (속으로)'


def test_quotations_are_turns_in_the_order_of_the_text():
    said = [("「아니」", "B"), ('"왜 그래?"', "A"), ("“좋아”", "A"), ("(속으로)", "B")]
    places = [(QUOTED.index(words), QUOTED.index(words) + len(words), who) for words, who in said]
    assert quotations(QUOTED, [*places, (5, 5, "A"), (90, 99, "A"), (-3, 2, "A")]) == [
        {"speaker": "A", "text": "왜 그래?", "role": "quotation"},
        {"speaker": "B", "text": "아니", "role": "quotation"},
        {"speaker": "A", "text": "좋아", "role": "quotation"},
        {"speaker": "B", "text": "속으로", "role": "quotation"},
    ]


def test_real_stories_have_the_speaker_of_each_quotation(tmp_path: Path):
    """The data set gives texts and speakers in two files with one key: they are joined first."""
    if not ARCHIVE.exists():
        pytest.skip(f"no real data at {ARCHIVE.parent}")
    with (
        ARCHIVE.open("rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        for member in tar:
            if member.isfile() and "koconovel" in member.name and member.name.endswith(".jsonl"):
                tar.extract(member, tmp_path / "raw", filter="data")
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT t.doc_id, t.text, c.speakers FROM '{tmp_path}/raw/**/text.jsonl' t"
            f" JOIN '{tmp_path}/raw/**/coref.jsonl' c USING (doc_id)) TO '{tmp_path}/novels.jsonl'"
        )
    source = Input(tmp_path / "novels.jsonl", kind="book")
    given = {}
    for line in (tmp_path / "novels.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        given[unicodedata.normalize("NFC", row["text"]).strip()] = sum(map(len, row["speakers"]))
    found = [to_document(raw, source) for raw in read(source) if isinstance(raw, Raw)]
    assert len(found) == 715
    turns = [turn for row in found for turn in row["turns"] or ()]
    assert len(turns) == sum(given.values()) == 3_263
    assert all(turn["speaker"] and turn["role"] == "quotation" for turn in turns)
    assert all(turn["text"] in row["text"] for row in found for turn in row["turns"] or ())
    assert not [turn for turn in turns if turn["text"][0] == turn["text"][-1] and turn["text"][0] in "\"'"]


BRACKETS = """우리 방 님과 카카오톡 대화
저장한 날짜 : 2021-05-26 09:00:01

--------------- Monday, May 24, 2021 ---------------
[[독서]가온/95/서울] [3:00 PM] 반가워요
다솜님이 들어왔습니다.
[나래(운영)] [3:01 PM] @[독서]가온/95/서울 어서 오세요. 다솜님도요
채팅방 관리자가 메시지를 가렸습니다.
[방장봇] [3:02 PM] 다솜님이 부방장이 되었습니다.
다솜님이 부방장이 되었습니다. 다솜님에게 관리 권한이 부여되었습니다.
[나래(운영)] [3:03 PM] [공지] 회비는 만 원입니다
"""


def test_names_with_brackets_and_lines_of_the_program():
    found = document(BRACKETS)
    assert found["text"].split("\n") == [
        "화자 1: 반가워요",
        "화자 2: 화자 1 어서 오세요. 화자 3님도요",
        "화자 2: [공지] 회비는 만 원입니다",
    ]
    assert found["source"]["published"] == "2021-05-24"


DATED = {
    "May 24, 2021 at 3:00 PM, {} : {}": "2021-05-24",
    "24 May 2021 at 15:00, {} : {}": "2021-05-24",
    "2021. 5. 24. 오후 3:00, {} : {}": "2021-05-24",
    "2021년 5월 24일 오후 3:00, {} : {}": "2021-05-24",
    "2021-05-24 15:00, {} : {}": "2021-05-24",
    "2021/5/24 3:00 p.m., {} : {}": "2021-05-24",
}


@pytest.mark.parametrize("form", DATED)
def test_days_are_read_in_every_form(form: str):
    chat = read_chat("\n".join([form.format("가온", "내일 볼래?"), form.format("나래", "그래: 좋아"), "다음 줄"]))
    assert chat is not None
    assert [(turn["speaker"], turn["text"]) for turn in chat.turns] == [
        ("가온", "내일 볼래?"),
        ("나래", "그래: 좋아\n다음 줄"),
    ]
    assert chat.began == DATED[form]


@pytest.mark.parametrize(
    "event",
    [
        "2021. 5. 24. 오후 3:30: 다솜님이 나갔습니다.",
        "2021년 5월 24일 오후 3:00, 가온님이 나래님과 다솜님을 초대했습니다.",
        "May 24, 2021 at 3:00 PM, Gaon invited Narae.",
        "가온님이 나래님을 내보냈습니다.",
        "채팅방 관리자가 메시지를 가렸습니다.",
        "나래님이 방장이 되었습니다.",
        "2021년 5월 25일 화요일",
    ],
)
def test_what_the_program_tells_is_nobodys_word(event: str):
    lines = ["2021년 5월 24일 오후 3:00, 가온 : 하나", event, "2021년 5월 24일 오후 3:01, 나래 : 둘"]
    assert said("\n".join(lines)) == [("가온", "하나"), ("나래", "둘")]


LINE = """[LINE] 독서 모임 대화
저장 시간: 2021/05/25 15:21

2021.05.24 월요일
15:00{0}가온{0}내일 몇 시야?
15:01{0}나래{0}일곱 시.
늦지 마
15:02{0}다솜{0}[스티커]
15:03{0}가온{0}@나래 고마워
"""


@pytest.mark.parametrize("between", ["\t", " "])
def test_a_log_of_line(between: str):
    found = document(LINE.format(between) + "15:04\t나래님이 그룹에서 나갔습니다.\n")
    assert found["text"] == "화자 1: 내일 몇 시야?\n화자 2: 일곱 시.\n늦지 마\n화자 1: 화자 2 고마워"
    assert (found["source"]["kind"], found["source"]["published"]) == ("dialogue", "2021-05-24")


@pytest.mark.parametrize(
    "text",
    [
        "12:30\t서울\t부산\n13:30\t대전\t광주\n표가 이어진다\n" + "긴 글이 이어진다.\n" * 9,
        "[참고] [12:30 도착] 안내문입니다.\n" + "본문이 이어집니다.\n" * 9,
        "이 글은 2021년 5월 24일에 들어왔습니다.\n그리고 나갔습니다.",
    ],
)
def test_texts_with_times_are_no_logs(text: str):
    assert read_chat(text) is None


def test_notices_of_an_english_program_are_said_by_nobody():
    log = """Reading Club with KakaoTalk Chats
--------------- Monday, May 24, 2021 ---------------
가온 invited 나래 and 다솜.
[가온] [3:00 PM] 내일 몇 시에 볼까?
He left.
[나래] [4:01 PM] 일곱 시에 보자.
다솜 left.
[나래] [7:04 PM] Photo
This message was deleted.
Kim Ga On joined this chatroom."""
    chat = read_chat(log)
    assert [turn["text"] for turn in chat.turns] == ["내일 몇 시에 볼까?\nHe left.", "일곱 시에 보자."]
    korean = log.replace("3:00 PM", "오후 3:00").replace("4:01 PM", "오후 4:01").replace("7:04 PM", "오후 7:04")
    assert "다솜 left." in read_chat(korean).turns[1]["text"]


WHATSAPP = {
    "Android, Korean": (
        """2021년 5월 25일 오후 3:20 - 메시지와 통화는 종단간 암호화됩니다. 이 대화에 참여한 사람만 읽을 수 있습니다.
2021년 5월 25일 오후 3:20 - 한가온님이 그룹 "독서: 모임"을(를) 만들었습니다
2021년 5월 25일 오후 3:21 - 한가온: 내일 볼래?
윤나래야, 몇 시가 좋아?
2021년 5월 25일 오후 3:22 - 윤나래: <미디어 파일을 제외한 메시지>
2021년 5월 25일 오후 3:22 - 윤나래: IMG-20210525-WA0001.jpg (파일 첨부됨)
3시: 좋아 <이 메시지는 수정되었습니다>
""",
        "2021-05-25",
    ),
    "Android, Korean, short years": (
        "21. 5. 25. 오후 3:20 - 서다솜님이 나갔습니다.\n21. 5. 25. 오후 3:21 - 한가온: 내일 볼래?\n"
        "윤나래야, 몇 시가 좋아?\n"
        "21. 5. 25. 오후 3:22 - 윤나래: 3시: 좋아\n",
        "2021-05-25",
    ),
    "Apple, Korean": (
        """[2021. 5. 25. 오후 3:20:01] 독서 모임: \u200e메시지와 통화는 종단간 암호화됩니다.
[2021. 5. 25. 오후 3:20:02] 한가온: \u200e한가온님이 윤나래님을 추가했습니다
[2021. 5. 25. 오후 3:21:05] 한가온: 내일 볼래?
\u2068윤나래\u2069야, 몇 시가 좋아?
\u200e[2021. 5. 25. 오후 3:22:09] ~ 윤나래: \u200e<첨부: 00000012-PHOTO-2021-05-25.jpg>
\u200e[2021. 5. 25. 오후 3:22:09] ~ 윤나래: \u200e이미지 생략됨
[2021. 5. 25. 오후 3:22:10] ~ 윤나래: 3시: 좋아
""",
        "2021-05-25",
    ),
    "Android, English of America": (
        """5/12/21, 9:41\u202fPM - Messages and calls are end-to-end encrypted. Only people in this chat can read them.
5/12/21, 9:41\u202fPM - 한가온 created group "Books: we"
5/12/21, 9:41\u202fPM - 한가온: 내일 볼래?
윤나래야, 몇 시가 좋아?
5/12/21, 9:42\u202fPM - 윤나래: <Media omitted>
5/12/21, 9:43\u202fPM - 윤나래: This message was deleted
5/12/21, 9:44\u202fPM - 윤나래: 3시: 좋아
5/12/21, 9:45\u202fPM - 한가온 left
""",
        "2021-05-12",
    ),
    "Apple, English of Britain": (
        """[05/12/2021, 21:41:07] 한가온: \u200e한가온 added 윤나래
[05/12/2021, 21:41:07] 한가온: 내일 볼래?
윤나래야, 몇 시가 좋아?
[05/12/2021, 21:41:08] 윤나래: plan.pdf • \u200e3 pages \u200edocument omitted
[05/12/2021, 21:41:08] 윤나래: Missed voice call
[05/12/2021, 21:41:09] 윤나래: 3시: 좋아
""",
        "2021-12-05",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", WHATSAPP)
def test_logs_of_whatsapp_are_talks_without_notices_files_and_names(form: str):
    text, day = WHATSAPP[form]
    found = document(text)
    assert found["text"] == "화자 1: 내일 볼래?\n화자 2야, 몇 시가 좋아?\n화자 2: 3시: 좋아"
    assert (found["source"]["kind"], found["source"]["published"]) == ("dialogue", day)


@pytest.mark.parametrize(
    "text",
    [
        "[2021-05-25 15:20:05] ERROR: 연결이 끊겼습니다\n[2021-05-25 15:20:06] INFO: 다시 잇습니다\n",
        "2021-05-25 15:20:05 - server: started\n2021-05-25 15:20:06 - server: stopped\n",
        "2021. 5. 25. 오후 3:21 - 회의를 시작하다\n2021. 5. 25. 오후 4:21 - 회의를 마치다\n",
        "[2021. 5. 25.] 회의: 시작\n[2021. 5. 26.] 회의: 끝\n",
    ],
)
def test_logs_of_programs_and_minutes_are_no_talks(text: str):
    assert read_chat(text) is None


def test_what_a_member_says_of_others_in_whatsapp_is_no_notice():
    said = ["선생님이 일정을 변경했습니다", "Mom left", "사진 보냈어", "전화번호를 바꿨습니다"]
    text = "".join(f"[2021. 5. 25. 오후 3:2{n}:00] 한가온: {line}\n" for n, line in enumerate(said))
    assert document(text)["text"] == "\n".join(f"화자 1: {line}" for line in said)


def test_a_mention_by_the_number_of_a_telephone_is_somebody():
    text = "21. 5. 25. 오후 3:21 - 한가온: @821012345678 올래?\n21. 5. 25. 오후 3:22 - +82 10-1234-5678: 갈게\n"
    assert document(text)["text"] == "화자 1: @화자 올래?\n화자 2: 갈게"
