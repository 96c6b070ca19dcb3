"""Exported chat logs: KakaoTalk of PCs and phones. Who spoke, what, from which day on.

PC: "[이름] [오후 3:21] 말", days on lines of their own. Android: "2021년 5월 25일 오후 3:21, 이름 : 말". iOS:
"2021. 5. 25. 오후 3:21, 이름 : 말". English: "May 25, 2021 at 3:21 PM, name : text". Lines without a head carry on the
message before. Who came and went, what was deleted, and attachments ("사진", "이모티콘") are nothing that was said.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from malmoi.corpus.sources.dialogue import Turn, labelled, read_turns, written
from malmoi.corpus.sources.subtitles import read_subtitles
from malmoi.corpus.text.dates import iso_date

CLOCK = r"(?:오전|오후|AM|PM|am|pm)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AP]M)?"
DAY = r"(?:\d{4}년 \d{1,2}월 \d{1,2}일|\d{4}\. ?\d{1,2}\. ?\d{1,2}\.?|[A-Z][a-z]{2,8} \d{1,2}, \d{4}(?: at)?)"
PC = re.compile(rf"^\[([^\[\]\n]{{1,60}})\] \[{CLOCK}\] ?(.*)$")
PHONE = re.compile(rf"^({DAY})\s{CLOCK}, (.{{1,60}}?) : (.*)$")
EVENT = re.compile(rf"^{DAY}\s{CLOCK}, (?!.{{1,60}}? : ).*$")
DAY_LINE = re.compile(rf"^-{{3,}} ?({DAY})[^-\n]{{0,30}}-{{3,}}$|^({DAY})(?:\s{CLOCK}| [월화수목금토일]요일)?$")
CAME_OR_WENT = re.compile(
    r"^.{1,60}님?(?:이|을|를|께서)? ?(?:.{1,60}님(?:과|을|를).{0,200})?"
    r"(?:초대했습니다|들어왔습니다|나갔습니다|내보냈습니다)\.?$"
)
ATTACHED = re.compile(
    r"^(?:사진(?: \d+장)?|동영상|이모티콘|음성메시지|지도: .*|파일: .*|연락처: .*|샵검색: .*|Photo|Video|Emoticons?"
    r"|삭제된 메시지입니다\.?|보이스톡 .{0,30}|페이스톡 .{0,30}|[0-9a-f]{32,64}\.(?:jpg|jpeg|png|gif|mp4|m4a))$"
)
LEAST_MESSAGES = 2
LEAST_SHARE = 0.3
"""Of the lines that are not blank, so many must have a head: some messages are whole articles."""
MOST_TOLD = 400
"""Characters of a line about people who come and go."""
HEAD_LINES, HEAD_CHARACTERS = 60, 6_000
"""Whether a text is a chat log is seen at its beginning."""
SIGN = re.compile(r"^\[[^\[\]\n]{1,60}\] \[|\d:\d{2}(?::\d{2})?(?: ?[AP]M)?, .{1,60}? : ", re.MULTILINE)


@dataclass(frozen=True)
class Chat:
    """The turns of a log in order, their speakers as they were written, and the day of the first (ISO 8601)."""

    turns: list[Turn]
    began: str | None


def read_chat(text: str) -> Chat | None:
    """The chat that a text is a log of. None where it is none, or nobody says anything in it."""
    head = text[:HEAD_CHARACTERS]
    if ("] [" not in head and " : " not in head) or SIGN.search(head) is None:
        return None
    lines = text.split("\n")
    num_lines = sum(1 for line in lines if line.strip())
    num_heads = sum(1 for line in lines if _head(line) or EVENT.match(line) or DAY_LINE.match(line))
    if num_heads < max(LEAST_MESSAGES, LEAST_SHARE * num_lines):
        return None
    turns = [turn for turn in _messages(lines) if turn["text"] and not ATTACHED.match(turn["text"])]
    return Chat(turns, _began(lines)) if turns else None


def _head(line: str) -> tuple[str, str] | None:
    """The speaker and the first line of a message."""
    if match := PC.match(line):
        return match[1].strip(), match[2].strip()
    if match := PHONE.match(line):
        return match[2].strip(), match[3].strip()
    return None


def _messages(lines: list[str]) -> list[Turn]:
    """Every message with its later lines. What comes before the first is the export's heading."""
    messages: list[Turn] = []
    goes_on = False
    for line in lines:
        if head := _head(line):
            messages.append({"speaker": head[0], "text": head[1]})
            goes_on = True
        elif EVENT.match(line) or DAY_LINE.match(line) or _came_or_went(line):
            goes_on = False
        elif goes_on and line.strip():
            messages[-1]["text"] = f"{messages[-1]['text']}\n{line.strip()}".strip()
    return messages


def _came_or_went(line: str) -> bool:
    """Whether a line tells of people. Its end is looked at first: the pattern tries every pair of places."""
    return line.endswith(("습니다", "습니다.")) and CAME_OR_WENT.match(line[:MOST_TOLD]) is not None


def _began(lines: list[str]) -> str | None:
    for line in lines[:HEAD_LINES]:
        match = PHONE.match(line) or DAY_LINE.match(line)
        day = match and next((group for group in match.groups() if group), None)
        if day:
            return iso_date(day.removesuffix(" at"))
    return None


def with_speakers(
    text: str, fields: dict[str, Any], speakers: Literal["labels", "names"] | None
) -> tuple[str, dict[str, Any]]:
    """The text and metadata of an item that may be a talk, its speakers as they are wanted.

    A subtitle file becomes the lines that are spoken, with turns where they name who speaks. A chat log becomes
    "화자 1: 말" lines: those who chat are no public persons, and their names are personal data.
    speakers: "names" keeps the names of a chat log; "labels" replaces those of any other talk as well; None: of chat
    logs only. What is said in a story keeps its speakers.
    """
    given = fields.get("turns")
    spoken = None if given else read_subtitles(text)
    if spoken:
        text, given = spoken, read_turns(spoken)
        fields = {"kind": "dialogue", **fields, "turns": given}
    chat = None if given or spoken else read_chat(text)
    if chat:
        turns = chat.turns if speakers == "names" else labelled(chat.turns)
        talk = {"turns": turns, "published": fields.get("published") or chat.began, "title": None}
        return written(turns), {"kind": "dialogue", **fields, **talk}
    turns = given or (read_turns(text) if speakers == "labels" else None)
    if speakers == "labels" and turns and all(turn.get("role") != "quotation" for turn in turns):
        turns = labelled(turns)
        return written(turns), {**fields, "turns": turns}
    return text, fields
