"""Subtitles (SubRip, WebVTT, SAMI) as the words that are spoken, with the speaker where the file names one.

Times, numbers, places and styles of cues go. A line that is shown twice in a row is said once: captions of live
broadcasts roll. Of a SAMI file of several languages the Korean one is taken.
"""

import re
from html import unescape

TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
CUE = re.compile(rf"^\s*{TIME}\s+-->\s+{TIME}.*$")
NUMBER = re.compile(r"^\s*\d{1,6}\s*$")
VOICE = re.compile(r"<v(?:\.[\w.]{1,60})?\s+([^<>\n]{1,60})>")
TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}\n]{0,100}\}")
ASIDE = re.compile(r"^(?:WEBVTT|NOTE|STYLE|REGION)\b")
SYNC = re.compile(r"<SYNC\b[^>]{0,200}>", re.IGNORECASE)
CLASS = re.compile(r"<P\b[^>]{0,100}?\bClass\s*=\s*[\"']?(\w{1,30})", re.IGNORECASE)
BREAK = re.compile(r"<br\b[^>]{0,20}>", re.IGNORECASE)
LEAST_CUES = 2
HEAD_CHARACTERS = 20_000
KOREAN = re.compile(r"^KR|KOR", re.IGNORECASE)


def read_subtitles(text: str) -> str | None:
    """The lines that are spoken, "이름: 말" where the file says who. None where the text is no subtitle file."""
    head = text[:HEAD_CHARACTERS]
    if "-->" in head:
        lines = _cue_lines(text)
    elif ("<S" in head and SYNC.search(head)) or "<sync" in head:
        lines = _sami_lines(text)
    else:
        return None
    return "\n".join(lines) if lines else None


def _cue_lines(text: str) -> list[str]:
    """The lines of SubRip and WebVTT. Whatever stands before the first cue, or in a block without a time, goes."""
    said: list[str] = []
    num_cues, is_said = 0, False
    for line in text.split("\n"):
        if CUE.match(line):
            num_cues, is_said = num_cues + 1, True
            if said and NUMBER.match(said[-1]):  # the number of this cue, with no blank line before it
                said.pop()
        elif not line.strip() or ASIDE.match(line):
            is_said = False
        elif is_said:
            _add(said, _spoken(line))
    return said if num_cues >= LEAST_CUES else []


def _sami_lines(text: str) -> list[str]:
    parts = SYNC.split(text)[1:]
    classes = [match[1] if (match := CLASS.search(part[:300])) else "" for part in parts]
    has_korean = any(map(KOREAN.search, classes))
    said: list[str] = []
    for name, part in zip(classes, parts, strict=True):
        if not has_korean or KOREAN.search(name):
            for line in BREAK.sub("\n", part.partition("</BODY")[0].replace("\n", " ")).split("\n"):
                _add(said, _spoken(line))
    return said if len(parts) >= LEAST_CUES else []


def _spoken(line: str) -> str:
    return " ".join(unescape(TAG.sub("", VOICE.sub(r"\1: ", line))).split())


def _add(said: list[str], line: str) -> None:
    if line and (not said or said[-1] != line):
        said.append(line)
