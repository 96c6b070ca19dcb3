"""Exported chat logs as text: KakaoTalk of PCs and phones, LINE, WhatsApp. Who spoke, what, from which day on.

PC: "[이름] [오후 3:21] 말", days on lines of their own. Android: "2021년 5월 25일 오후 3:21, 이름 : 말". iOS:
"2021. 5. 25. 오후 3:21, 이름 : 말". English: "May 25, 2021 at 3:21 PM, name : text". LINE: time, name and text by tabs.
WhatsApp: "2021. 5. 25. 오후 3:21 - 이름: 말" (Android), "[5/25/21, 3:21:05 PM] name: text" (iOS). Lines without a head
carry on the message before. Who came and went, what was deleted, and attachments ("사진", "이모티콘") are nothing that
was said. Exports as tables and JSON are read in chat_rows.py.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from malmoi.corpus.sources.dialogue import LABEL, Turn, labelled, read_turns, written
from malmoi.corpus.sources.mentions import members_told
from malmoi.corpus.sources.subtitles import read_lyrics, read_subtitles
from malmoi.corpus.text.dates import iso_date

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
CLOCK = r"(?:오전|오후|AM|PM|am|pm)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[APap]\.?[Mm]\.?)?"
DAY = (
    r"(?:\d{4}년 \d{1,2}월 \d{1,2}일|\d{4}\. ?\d{1,2}\. ?\d{1,2}\.?|\d{4}[-/]\d{1,2}[-/]\d{1,2}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8},? \d{4}|\d{1,2}/\d{1,2}/\d{2,4})"
)
WEEKDAY = r"(?:[월화수목금토일]요일|\([월화수목금토일]\)|\(?[A-Z][a-z]{2,8}\)?)"
PC = re.compile(rf"^\[(.{{1,60}}?)\] \[{CLOCK}\] ?(.*)$")
PHONE = re.compile(rf"^({DAY})(?: at|,)?\s{CLOCK}, (.{{1,60}}?) : (.*)$")
EVENT = re.compile(rf"^{DAY}(?: at|,)?\s{CLOCK}[,:] (?!.{{1,60}}? : ).*$")
DAY_LINE = re.compile(
    rf"^-{{3,}} ?(?:{WEEKDAY},? )?({DAY})[^-\n]{{0,30}}-{{3,}}$"
    rf"|^(?:{WEEKDAY},? )?({DAY})(?:(?: at|,)?\s{CLOCK}| ?{WEEKDAY})?$"
)
_WHATSAPP = rf"(?:{DAY}(?:,| at)|\d{{4}}년 \d{{1,2}}월 \d{{1,2}}일|\d{{2,4}}\. ?\d{{1,2}}\. ?\d{{1,2}}\.)\s{CLOCK}"
WHATSAPP = re.compile(rf"^(?:{_WHATSAPP} - |\[{_WHATSAPP}\] )(?:~\s?)?([^:\n\"“]{{1,60}}):(?: (.*))?$")
"""A day in digits and hyphens is that of a program's log ("[2021-05-25 15:20] ERROR: …"), which is no chat."""
WHATSAPP_EVENT = re.compile(rf"^(?:{_WHATSAPP} - |\[{_WHATSAPP}\] )")
WHATSAPP_SIGN = re.compile(r"^\[?\d[^\n]{5,30}\d:\d{2}[^\n]{0,12}?(?:\] | - )[^:\n]{1,60}:(?: |$)", re.MULTILINE)
WHATSAPP_NOTICE = re.compile(rf"(?:{'|'.join(_WORDS['whatsapp_notices'])})$")
WHATSAPP_ADDED = re.compile(
    rf"^(?:{'|'.join(_WORDS['whatsapp_files'])})(?:\n|$)"
    r"|\s?<(?:This message was edited|이 메시지는 (?:수정|편집)되었습니다\.?|(?:수정|편집)됨)>$"
)
"""A file before the words that were sent with it, and the mark behind what was edited."""
NUMBER_MENTION = re.compile(r"@\d{9,15}\b")
"""WhatsApp mentions a member by the number of a telephone."""
OF_SPEAKER = re.compile(
    r"(?:님[이의]| (?:left|joined|added|removed|created|changed|pinned|turned|started|updated|reset)\b)"
)
"""What a notice says of the one who stands in it as the speaker."""
WHATSAPP_DAY = re.compile(rf"^\[?({DAY}|\d{{2}}\. ?\d{{1,2}}\. ?\d{{1,2}})[.,]?(?: at)?\s{CLOCK}(?:\] | - )")
SLASHED_DAY = re.compile(r"^\[?(\d{1,2})/(\d{1,2})/(\d{2,4}),? ")
LINE_HEAD = re.compile(rf"^{CLOCK}\t([^\t\n]{{1,60}})\t(.*)$")
LINE_EVENT = re.compile(rf"^{CLOCK}\t[^\t\n]*$")
LINE_PC = re.compile(r"^\d{1,2}:\d{2} (\S{1,40}) (.+)$")
LINE_TITLE = re.compile(r"^\ufeff?\[LINE\] ")
TOLD = re.compile(rf"(?:{'|'.join(_WORDS['told'])})\.?(?: .{{0,300}}(?:습니다|됩니다)\.?)?$")
TOLD_IN_ENGLISH = re.compile(rf"^(?:{'|'.join(_WORDS['told_in_english'])})$")
ATTACHED = re.compile(rf"^(?:{'|'.join(_WORDS['attached'])})$")
ENGLISH = re.compile(r"^\[[^\n]{1,60}\] \[\d{1,2}:\d{2}\s?[APap]\.?[Mm]\.?\]", re.MULTILINE)
"""The head of a message in an export of an English PC. Only there a line may be a notice in English."""
LEAST_MESSAGES = 2
LEAST_SHARE = 0.3
"""Of the lines that are not blank, so many must have a head: some messages are whole articles."""
MOST_TOLD = 400
"""Characters of a line about people who come and go."""
HEAD_LINES, HEAD_CHARACTERS = 60, 6_000
"""Whether a text is a chat log is seen at its beginning."""
SIGN = re.compile(
    r"^\[[^\n]{1,60}\] \[(?:오[전후] )?\d{1,2}:|\d:\d{2}(?::\d{2})?(?:\s?[APap]\.?[Mm]\.?)?, .{1,60}? : "
    rf"|^\ufeff?\[LINE\] |^{CLOCK}\t[^\t\n]{{1,60}}\t",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Chat:
    """The turns of a log in order, their speakers as they were written, and the day of the first (ISO 8601).

    others: members that the log tells of.
    """

    turns: list[Turn]
    began: str | None
    others: tuple[str, ...] = ()


def read_chat(text: str) -> Chat | None:
    """The chat that a text is a log of. None where it is none, or nobody says anything in it."""
    head = text[:HEAD_CHARACTERS]
    is_known = any(sign in head for sign in ("] [", " : ", "\t", "[LINE]")) and SIGN.search(head)
    if not is_known and not ((" - " in head or "] " in head) and WHATSAPP_SIGN.search(head)):
        return None
    lines = text.split("\n")
    is_line = LINE_TITLE.match(text) is not None
    num_lines = sum(1 for line in lines if line.strip())
    num_heads = sum(1 for line in lines if _head(line, is_line) or _is_event(line) or DAY_LINE.match(line))
    if num_heads < max(LEAST_MESSAGES, LEAST_SHARE * num_lines):
        return None
    turns, told = _messages(lines, is_line, ENGLISH.search(head) is not None)
    for turn in turns:
        turn["text"] = NUMBER_MENTION.sub(f"@{LABEL}", WHATSAPP_ADDED.sub("", turn["text"] or ""))
    turns = [turn for turn in turns if is_said(turn["text"] or "")]
    return Chat(turns, _began(lines), tuple(members_told(told))) if turns else None


def is_spoken(text: str) -> bool:
    """Whether a text is a chat log, subtitles or timed lyrics: with_speakers makes another of it."""
    return bool(read_lyrics(text) or read_subtitles(text) or read_chat(text))


def is_said(text: str) -> bool:
    """Whether a message has words of its speaker: it is no attachment and no sentence of the program."""
    return bool(text) and not ATTACHED.match(text) and not is_told(text)


def is_told(line: str) -> bool:
    """Whether a line is the program's: it tells of people or of the room."""
    return len(line) <= MOST_TOLD and "\n" not in line and "습니다" in line and TOLD.search(line) is not None


def _head(line: str, is_line: bool) -> tuple[str, str] | None:
    """The speaker and the first line of a message. is_line: it is of a log of LINE."""
    match = PC.match(line) or LINE_HEAD.match(line) or (LINE_PC.match(line) if is_line else None)
    if match:
        return match[1].strip(), match[2].strip()
    if match := PHONE.match(line):
        return match[2].strip(), match[3].strip()
    return _whatsapp_head(line)


def _whatsapp_head(line: str) -> tuple[str, str] | None:
    """The speaker and the first line of a message of WhatsApp. On phones of Apple its notices name a speaker too."""
    match = WHATSAPP.match(line)
    speaker, said = (match[1].strip(), (match[2] or "").strip()) if match else ("", "")
    if not match or WHATSAPP_NOTICE.match(said) or (said.startswith(speaker) and OF_SPEAKER.match(said, len(speaker))):
        return None
    return speaker, said


def _is_event(line: str) -> bool:
    return any(pattern.match(line) for pattern in (EVENT, LINE_EVENT, WHATSAPP_EVENT))


def _messages(lines: list[str], is_line: bool, is_english: bool) -> tuple[list[Turn], list[str]]:
    """Every message with its later lines, and the lines about people. What comes before the first is a heading."""
    messages: list[Turn] = []
    told: list[str] = []
    goes_on = False
    for line in lines:
        if head := _head(line, is_line):
            messages.append({"speaker": head[0], "text": head[1].removeprefix('"') if is_line else head[1]})
            goes_on = True
            told += [head[1]] if is_told(head[1]) else []
        elif _is_event(line) or DAY_LINE.match(line) or is_told(line) or (is_english and TOLD_IN_ENGLISH.match(line)):
            goes_on = False
            told.append(line[:MOST_TOLD])
        elif goes_on and line.strip():
            messages[-1]["text"] = f"{messages[-1]['text']}\n{line.strip()}".strip()
    return messages, told


def _began(lines: list[str]) -> str | None:
    slashed = [match for line in lines[:HEAD_LINES] if (match := SLASHED_DAY.match(line))]
    if slashed:  # the day comes first where a month cannot, or where hours have no AM and PM: outside of America
        in_halves = re.search(r"\d\s?[AP]M\b", slashed[0].string, re.IGNORECASE)
        is_month_first = bool(in_halves) and all(int(match[1]) <= 12 for match in slashed)
        first, second, year = slashed[0].groups()
        month, day = (first, second) if is_month_first else (second, first)
        return iso_date(f"{year if len(year) == 4 else '20' + year}-{month}-{day}")
    for line in lines[:HEAD_LINES]:
        match = PHONE.match(line) or DAY_LINE.match(line) or WHATSAPP_DAY.match(line)
        day = match and next((group for group in match.groups() if group), None)
        if day:
            return iso_date(day)
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
    if given and fields.get("is_chat"):
        turns = given if speakers == "names" else labelled(given)
        return written(turns), {**fields, "turns": turns}
    if not given and (sung := read_lyrics(text)):
        return sung, fields
    spoken = None if given else read_subtitles(text)
    if spoken:
        text, given = spoken, read_turns(spoken)
        fields = {"kind": "dialogue", **fields, "turns": given}
    chat = None if given or spoken else read_chat(text)
    if chat:
        turns = chat.turns if speakers == "names" else labelled(chat.turns, chat.others)
        talk = {"turns": turns, "published": fields.get("published") or chat.began, "title": None}
        return written(turns), {"kind": "dialogue", **fields, **talk}
    turns = given or (read_turns(text) if speakers == "labels" else None)
    if speakers == "labels" and turns and all(turn.get("role") != "quotation" for turn in turns):
        turns = labelled(turns)
        return written(turns), {**fields, "turns": turns}
    return text, fields
