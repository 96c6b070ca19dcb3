"""Chats that come as tables or JSON."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from malmoi.corpus.sources import arrow_rows, json_batches
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_document

KAKAO = """Date,User,Message
2021-05-24 15:00:00,"가온","내일 모임 몇 시야?"
2021-05-24 15:01:00,"나래","일곱 시.
늦지 마"
2021-05-24 15:02:00,"다솜","사진"
2021-05-24 15:03:00,"가온","@나래 고마워"
2021-05-24 15:04:00,"다솜","다솜님이 나갔습니다."
"""
DISCORD = """AuthorID,Author,Date,Content,Attachments,Reactions
1,"가온#0001","24-May-21 03:00 PM","내일 모임 몇 시야?","",""
2,"나래#0002","24-May-21 03:01 PM","일곱 시.
늦지 마","",""
3,"다솜#0003","24-May-21 03:02 PM","","https://a.kr/b.png",""
1,"가온#0001","24-May-21 03:03 PM","@나래 고마워","",""
"""
WORDS = [("U1", "가온", "내일 모임 몇 시야?"), ("U2", "나래", "일곱 시.\n늦지 마"), ("U1", "가온", "<@U2> 고마워")]
DAY = "2021-05-24T15:00:00"
SLACK = [
    {"type": "message", "user": key, "ts": "1621868400.1", "text": text, "user_profile": {"real_name": name}}
    for key, name, text in WORDS
]
SLACK.insert(
    1, {"type": "message", "subtype": "channel_join", "user": "U3", "ts": "1621868400.3", "text": "<@U3> 왔다"}
)
TELEGRAM = {
    "name": "독서 모임",
    "type": "private_group",
    "messages": [
        {"type": "service", "date": "2021-05-24T14:00:00", "actor": "가온", "action": "invite_members"},
        *(
            {"type": "message", "date": DAY, "from": name, "from_id": key, "text": text}
            for key, name, text in WORDS[:2]
        ),
        {"type": "message", "date": DAY, "from": "다솜", "from_id": "u3", "text": "", "photo": "a.jpg"},
        {
            "type": "message",
            "date": DAY,
            "from": "가온",
            "from_id": "U1",
            "text": [{"type": "mention_name", "text": "나래", "user_id": 2}, " 고마워"],
        },
    ],
}
DISCORD_OBJECT = {
    "guild": {"name": "방"},
    "channel": {"name": "수다"},
    "messages": [
        {"type": "Default", "timestamp": DAY + "+09:00", "content": text, "author": {"id": key, "name": name}}
        for key, name, text in WORDS
    ],
}
FILES = {
    "kakao.csv": KAKAO,
    "kakao_bom.csv": "\ufeff" + KAKAO,
    "discord.csv": DISCORD,
    "slack.json": json.dumps(SLACK),
    "slack.jsonl": "\n".join(map(json.dumps, SLACK)),
    "telegram.json": json.dumps(TELEGRAM),
    "all_of_telegram.json": json.dumps({"about": "내보내기", "chats": {"list": [TELEGRAM]}}),
    "discord.json": json.dumps(DISCORD_OBJECT),
}
SAID = "화자 1: 내일 모임 몇 시야?\n화자 2: 일곱 시.\n늦지 마\n화자 1: 화자 2 고마워"


@pytest.mark.parametrize("name", FILES)
def test_every_export_becomes_one_talk_without_names(name: str, tmp_path: Path):
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    (raw,) = read(Input(tmp_path / name))
    assert isinstance(raw, Raw)
    found = to_document(raw, Input(tmp_path / name))
    assert not isinstance(found, Unreadable)
    assert found["text"] == SAID
    assert (found["source"]["kind"], found["source"]["published"]) == ("dialogue", "2021-05-24")
    assert not any(person in str({**found, "origin": None}) for person in ("가온", "나래", "다솜"))
    assert raw.raw_bytes > 0


TABLES = {
    "kakao": list(csv.DictReader(io.StringIO(KAKAO))),
    "discord": list(csv.DictReader(io.StringIO(DISCORD))),
    "slack": [{"subtype": None, "user_profile": None, **row} for row in SLACK],
    "discord object": [DISCORD_OBJECT],
}


@pytest.mark.parametrize("settings", [{}, {"text_field": "Message"}, {"text_field": "Content"}])
@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@pytest.mark.parametrize("name", TABLES)
def test_a_chat_in_a_table_is_one_talk_in_a_build_too(name: str, suffix: str, settings: dict, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(TABLES[name]), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in TABLES[name]), encoding="utf-8")
    source = Input(path, **settings)
    for reader in (read, lambda source: arrow_rows.read(path, source) or json_batches.read(path, source)):
        items = list(reader(source) or ())
        assert items or reader is not read
        for raw in items:
            assert isinstance(raw, Raw)
            found = to_document(raw, source)
            assert not isinstance(found, Unreadable)
            assert (found["text"], raw.raw_bytes > 0) == (SAID, True)


def test_names_are_kept_where_the_input_asks(tmp_path: Path):
    (tmp_path / "kakao.csv").write_text(KAKAO, encoding="utf-8")
    source = Input(tmp_path / "kakao.csv", speakers="names", text_field="Message")
    (raw,) = read(source)
    assert isinstance(raw, Raw)
    found = to_document(raw, source)
    assert not isinstance(found, Unreadable)
    assert found["text"] == "가온: 내일 모임 몇 시야?\n나래: 일곱 시.\n늦지 마\n가온: @나래 고마워"


def test_a_chat_without_words_is_told_and_a_long_one_is_several_talks(tmp_path: Path):
    (tmp_path / "a.csv").write_text("Date,User,Message\n2021-05-24 15:00,가온,사진\n", encoding="utf-8")
    (nothing,) = read(Input(tmp_path / "a.csv"))
    assert isinstance(nothing, Unreadable)
    assert nothing.reason == "no_text"
    rows = "".join(f"2021-05-24 15:00:00,가온,말 {number}\n" for number in range(100))
    (tmp_path / "b.csv").write_text("Date,User,Message\n" + rows, encoding="utf-8")
    items = list(read(Input(tmp_path / "b.csv", max_bytes_per_document=1_000)))
    assert len(items) > 2
    assert "".join(str(item.content) for item in items if isinstance(item, Raw)).count("말 ") == 100


@pytest.mark.parametrize(
    "row",
    [
        {"type": "message", "ts": "1", "text": "글"},
        {"Date": "2021-05-24", "User": 3, "Message": "글", "text": "다른 글"},
        {"messages": "글", "text": "글"},
        {"messages": [{"role": "user", "content": "안녕"}, {"role": "assistant", "content": "네"}]},
        {"type": "x", "messages": [{"from": 1, "date": []}], "text": "글"},
        {"type": "message", "ts": "nan", "user": None, "text": None},
    ],
)
def test_other_rows_are_rows_as_before(row: dict, tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (item,) = read(Input(tmp_path / "a.jsonl"))
    assert isinstance(item, Unreadable) or "is_chat" not in item.fields


def test_what_an_account_that_was_deleted_said_stays(tmp_path: Path):
    said = [("가온", "user1", "어디로 갈까?"), (None, "user2", "강으로 가자"), ("가온", "user1", "그래")]
    messages = [
        {"type": "message", "date": DAY, "from": name, "from_id": key, "text": text} for name, key, text in said
    ]
    (tmp_path / "a.json").write_text(json.dumps({"type": "personal_chat", "messages": messages}), encoding="utf-8")
    (raw,) = read(Input(tmp_path / "a.json"))
    found = to_document(raw, Input(tmp_path / "a.json"))
    assert found["text"] == "화자 1: 어디로 갈까?\n화자 2: 강으로 가자\n화자 1: 그래"


def test_a_message_without_a_name_stays_and_an_account_that_says_nothing_has_no_name(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "Date,User,Message\n2021-05-24,가온,안녕\n2021-05-24,,이름 없는 말\n", encoding="utf-8"
    )
    (raw,) = read(Input(tmp_path / "a.csv"))
    assert [turn["text"] for turn in raw.fields["turns"]] == ["안녕", "이름 없는 말"]
    rows = [
        {"type": "message", "user": "U1", "ts": "1", "text": "<@U2> <@U1> 안녕"},
        {"type": "message", "subtype": "channel_join", "user": "U2", "ts": "2", "text": "<@U2> 왔다"},
        {"type": "message", "subtype": "file_share", "user": "U1", "ts": "3", "text": "사진이 잘 나왔다"},
    ]
    (tmp_path / "b.json").write_text(json.dumps(rows), encoding="utf-8")
    (raw,) = read(Input(tmp_path / "b.json"))
    assert [turn["text"] for turn in raw.fields["turns"]] == ["@화자 @U1 안녕", "사진이 잘 나왔다"]


def test_the_letters_of_messages_that_nobody_says_are_counted(tmp_path: Path):
    (tmp_path / "kakao.csv").write_text(KAKAO, encoding="utf-8")
    (raw,) = read(Input(tmp_path / "kakao.csv"))
    assert raw.taken == (("talk", len("사진다솜님이나갔습니다")),)
