"""Subtitles (SubRip, WebVTT, SAMI, ASS) as the words that are spoken, with the speaker where the file names one.

Times, numbers, places and styles of cues go. A line that is shown twice in a row is said once: captions of live
broadcasts roll. Of a SAMI file of several languages the Korean one is taken. Lyrics with times (LRC) become lines.
"""

import re
from html import unescape

from malmoi.corpus.sources.html_tags import without_comments

TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
CUE = re.compile(rf"^\s*{TIME}\s+-->\s+{TIME}.*$")
NUMBER = re.compile(r"^\s*\d{1,6}\s*$")
VOICE = re.compile(r"<v(?:\.[\w.]{1,60})?\s+([^<>\n]{1,60})>")
TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}\n]{0,200}\}")
ASIDE = re.compile(r"^(?:WEBVTT|NOTE|STYLE|REGION)\b")
SYNC = re.compile(r"<SYNC\b[^>]{0,200}>", re.IGNORECASE)
CLASS = re.compile(r"<P\b[^>]{0,100}?\bClass\s*=\s*[\"']?(\w{1,30})", re.IGNORECASE)
BREAK = re.compile(r"<br\b[^>]{0,20}>", re.IGNORECASE)
SAMI_END = re.compile(r"</(?:BODY|SAMI)\b", re.IGNORECASE)
EVENTS = re.compile(r"^\ufeff?\[Script Info\]|^\[Events\][ \t]*$", re.IGNORECASE | re.MULTILINE)
DIALOGUE = "Dialogue:"
DRAWING = re.compile(r"\{[^{}]{0,200}\\p[1-9][^{}]{0,200}\}")
ASS_BREAK = re.compile(r"\\[Nn]")
USUAL_FORMAT = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
SUNG = re.compile(r"^((?:\[\d{1,3}:\d{2}(?:[.:]\d{1,3})?\])+)(.*)$")
SUNG_TIME = re.compile(r"\[(\d{1,3}):(\d{2})(?:[.:](\d{1,3}))?\]")
LYRICS = re.compile(
    r"^\[\d{1,3}:\d{2}[.:]\d{2,3}\]|^\[(?:ti|ar|al|by|offset|length|re|ve):[^\]\n]*\][ \t]*$", re.MULTILINE
)
LEAST_CUES = 2
HEAD_CHARACTERS = 20_000
KOREAN = re.compile(r"^KR|KOR", re.IGNORECASE)


def read_subtitles(text: str) -> str | None:
    """The lines that are spoken, "이름: 말" where the file says who. None where the text is no subtitle file."""
    head = text[:HEAD_CHARACTERS]
    if ("<S" in head or "<s" in head) and SYNC.search(head):
        lines = _sami_lines(text)
    elif "-->" in head:
        lines = _cue_lines(text)
    elif DIALOGUE in text and EVENTS.search(head):
        lines = _ass_lines(text)
    else:
        return None
    return "\n".join(lines) if lines else None


def read_lyrics(text: str) -> str | None:
    """The lines of a song with times (LRC) in their order; a line with several times is sung as often. Else None."""
    head = text[:HEAD_CHARACTERS]
    if "[" not in head or LYRICS.search(head) is None:
        return None
    sung: list[tuple[float, int, str]] = []
    num_others = 0
    for number, line in enumerate(text.split("\n")):
        match = SUNG.match(line)
        if match is None:
            num_others += bool(line.strip()) and not LYRICS.match(line)
            continue
        words = _spoken(match[2])
        for minutes, seconds, rest in SUNG_TIME.findall(match[1]):
            sung.append((int(minutes) * 60 + float(f"{int(seconds)}.{rest or 0}"), number, words))
    if len(sung) < LEAST_CUES or num_others > len(sung):
        return None
    return "\n".join(words for _, _, words in sorted(sung)).strip() or None


def _cue_lines(text: str) -> list[str]:
    """The lines of SubRip and WebVTT. Whatever stands before the first cue, or in a block without a time, goes.

    A number right before a time is the cue's own where it is one more than that of the cue before it, or where a blank
    line stands before it; any other number is said.
    """
    said: list[str] = []
    num_cues, is_said, last_number, was_added = 0, False, None, False
    before = ""
    for line in text.split("\n"):
        if CUE.match(line):
            number = int(before) if NUMBER.match(before) else None
            if is_said and was_added and number is not None and number == (last_number or 0) + 1:
                said.pop()  # no blank line stood before it
            num_cues, is_said = num_cues + 1, True
            last_number = number if number is not None else last_number
        elif not line.strip() or (ASIDE.match(line) and not is_said):  # within a cue "NOTE" is a word
            is_said = False
        elif is_said:
            was_added = _add(said, _spoken(line))
        before = line
    return said if num_cues >= LEAST_CUES else []


def _sami_lines(text: str) -> list[str]:
    parts = SYNC.split(without_comments(text))[1:]
    classes = [match[1] if (match := CLASS.search(part[:300])) else "" for part in parts]
    has_korean = any(map(KOREAN.search, classes))
    said: list[str] = []
    for name, part in zip(classes, parts, strict=True):
        if not has_korean or KOREAN.search(name):
            for line in BREAK.sub("\n", SAMI_END.split(part)[0].replace("\n", " ")).split("\n"):
                _add(said, _spoken(line))
    return said if len(parts) >= LEAST_CUES else []


def _ass_lines(text: str) -> list[str]:
    """The lines of an ASS or SSA file in the order of their times, those of one time as they stand."""
    names = [name.strip().lower() for name in USUAL_FORMAT.split(",")]
    events: list[tuple[str, int, str]] = []
    is_events = False
    for number, line in enumerate(text.split("\n")):
        if line.startswith("["):
            is_events = line.strip().lower() == "[events]"
        elif is_events and line.startswith("Format:"):
            names = [name.strip().lower() for name in line.removeprefix("Format:").split(",")]
        elif is_events and line.startswith(DIALOGUE):
            values = [value.strip() for value in line.removeprefix(DIALOGUE).split(",", len(names) - 1)]
            event = dict(zip(names, values, strict=False))
            if (words := event.get("text")) and not DRAWING.search(words):
                events.append((event.get("start", "").rjust(12, "0"), number, _named(event, words)))
    said: list[str] = []
    for _, _, words in sorted(events):
        for line in ASS_BREAK.sub("\n", words).replace("\\h", " ").split("\n"):
            _add(said, _spoken(line))
    return said


def _named(event: dict[str, str], words: str) -> str:
    name = event.get("name") or event.get("actor") or ""
    return f"{name}: {words}" if name else words


def _spoken(line: str) -> str:
    return " ".join(unescape(TAG.sub("", VOICE.sub(r"\1: ", line))).split())


def _add(said: list[str], line: str) -> bool:
    """Adds a line, unless it is blank or the last again."""
    is_new = bool(line) and (not said or said[-1] != line)
    if is_new:
        said.append(line)
    return is_new
