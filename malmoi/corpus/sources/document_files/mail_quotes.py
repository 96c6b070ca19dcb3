"""Earlier mails that a mail quotes: kept once, or cut, as the input asks. What goes is counted by its letters.

Quoted are lines behind ">", the line that says who wrote them, and all that follows "-----Original Message-----" or the
header of an earlier mail, as Outlook and Korean webmails write it. An answer between quoted lines is no quotation.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from malmoi.corpus.sources.document_files.extracted import Part
from malmoi.corpus.sources.letter_account import MAIL_QUOTES, letters_in

QUOTED = re.compile(r"^\s{0,3}>")
WROTE = re.compile(
    r"^.{0,300}(?:wrote|writes|님이 (?:작성|쓴 글|보낸 메일)|(?:작성|말)했습니다|썼습니다|쓰셨습니다)\s?:\s*$"
)
ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:(?:original|forwarded) (?:message|mail)|(?:원본|전달된) ?(?:메시지|메일|이메일))",
    re.IGNORECASE,
)
_NAMES = "sent|date|to|cc|subject|보낸 ?날짜|받는 ?사람|받는 ?이|참조|날짜|제목|수신|일시"
FROM = re.compile(r"^\W{0,3}(?:from|보낸 ?사람|보낸 ?이|발신)\W{0,3}\s?:", re.IGNORECASE)
HEADER = re.compile(rf"^\W{{0,3}}(?:{_NAMES})\W{{0,3}}\s?:", re.IGNORECASE)
HEADER_LINES, LEAST_HEADERS = 6, 2
"""Behind the line of who sent it, so many more lines of a header stand in the next ones."""
LEAST_LETTERS = 8
"""A line of fewer is never a repetition: "네, 알겠습니다." may be said twice."""
SIGNS = re.compile(r"[\W_]+")


def settled(parts: Sequence[Part], choice: Literal["once", "cut"]) -> list[Part]:
    """The mails of one file without what they quote ("cut"), or with each line of it once ("once").

    A mail that only quotes is never cut to nothing.
    """
    lines = [part.content.split("\n") if isinstance(part.content, str) else [] for part in parts]
    quoted = [_quoted(each) for each in lines]
    seen = {
        key for each, marks in zip(lines, quoted, strict=True) for line, is_quote in zip(each, marks, strict=True)
        if not is_quote and (key := _key(line))
    }  # fmt: skip
    return [_part(part, marks, choice, seen) for part, marks in zip(parts, quoted, strict=True)]


def _part(part: Part, quoted: list[bool], choice: str, seen: set[str]) -> Part:
    if not isinstance(part.content, str) or not any(quoted):
        return part
    lines = part.content.split("\n")
    kept = [line for line, is_quote in zip(lines, quoted, strict=True) if not is_quote]
    if choice == "once" or not any(map(str.strip, kept)):
        kept = []
        for line, is_quote in zip(lines, quoted, strict=True):
            key = _key(line) if is_quote else ""
            if key not in seen:
                kept.append(line)
                seen |= {key} if key else set()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    letters = letters_in(part.content) - letters_in(text)
    return replace(part, content=text, taken=(*part.taken, (MAIL_QUOTES, letters))) if letters else part


def _quoted(lines: list[str]) -> list[bool]:
    """Whether each line is of an earlier mail."""
    begin = next((index for index in range(len(lines)) if _begins_chain(lines, index)), len(lines))
    quoted = [index >= begin or QUOTED.match(line) is not None for index, line in enumerate(lines)]
    for index, line in enumerate(lines[:begin]):
        if WROTE.match(line):
            after = next((n for n in range(index + 1, len(lines)) if lines[n].strip()), len(lines))
            if after < len(lines) and quoted[after]:
                # a long line of who wrote is broken before its last word
                first = index - (index > 0 and len(line.split()) <= 1 and bool(lines[index - 1].strip()))
                quoted[first : index + 1] = [True] * (index + 1 - first)
    return quoted


def _begins_chain(lines: list[str], index: int) -> bool:
    if ORIGINAL.match(lines[index]):
        return True
    following = lines[index + 1 : index + 1 + HEADER_LINES]
    return bool(FROM.match(lines[index])) and sum(bool(HEADER.match(line)) for line in following) >= LEAST_HEADERS


def _key(line: str) -> str:
    """A line as its letters; "" for one that is too short to tell."""
    letters = SIGNS.sub("", line)
    return letters if len(letters) >= LEAST_LETTERS else ""
