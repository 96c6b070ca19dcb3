"""E-mail addresses, plain and as people write them to hide them from machines: 골뱅이, (at), 닷컴."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan
from malmoi.corpus.steps.personal.words import WORDS

_LOCAL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_DOT = r"(?:\.| ?(?:닷|점|쩜|[(\[{<] ?(?:dot|DOT|닷|점|\.) ?[)\]}>]) ?| (?:dot|DOT) | \. |,(?=(?:com|net|co,kr)\b))"
_AT = r"(?:@|[(\[<{] ?(?:[aA][tT]?|골뱅이|앳|@) ?[)\]>}]|골뱅이|앳)"
_PROVIDER = r"(?:네이버|지메일|한메일|다음|네이트|핫메일|카카오|구글)"
_TOP = r"(?P<top>[A-Za-z]{2,24}|컴|넷)(?![A-Za-z0-9])"
_EMAIL = re.compile(
    rf"{_LOCAL}(?P<mark> ?{_AT} ?)(?:"
    rf"(?:{_LABEL}{_DOT}){{1,6}}{_TOP}|{_PROVIDER}(?:{_DOT}?(?:컴|넷|com|net|co\.kr))?)"
)
_WORDS = re.compile(
    # haneul at naver dot com, and an address in Hangul alone: 하늘칠칠 골뱅이 네이버 닷 컴
    rf"{_LOCAL} (?:at|AT|앳) (?:{_LABEL} ?(?:dot|DOT|닷|점|쩜) ?){{1,3}}(?:com|net|org|co|kr|컴|넷)(?![A-Za-z])"
    rf"|[가-힣]{{2,12}} ?(?:골뱅이|@) ?{_PROVIDER} ?(?:닷|점|쩜|\.) ?(?:컴|넷|com|net)"
)
_TOPS, _SPACED_TOPS, _FILE_ENDINGS = (
    frozenset(WORDS["mail"][name].split()) for name in ("tops", "spaced_tops", "file_endings")
)
"""Top domains of more than two letters, those that count around a spaced @, and countries' that end more files."""
_COUNTRY_LETTERS = 2
_ROBOTS = frozenset(("git", "hg", "svn"))
_RESERVED = re.compile(
    r"(?:^|\.)(?:invalid|localhost|test|(?:contoso|fabrikam|tempuri)\.(?:com|net|org))$", re.IGNORECASE
)
"""Domains that belong to nobody: of RFC 2606 those that no text uses as if it were mail, and Microsoft's own."""


def find_mail(text: str) -> Iterator[PersonalSpan]:
    """Addresses with a top domain of letters. Around a spaced @ (as in `a @ b.T`) only a well-known one counts."""
    for match in _EMAIL.finditer(text):
        top = (match["top"] or "컴").lower()
        local = match.group()[: match.start("mark") - match.start()]
        if not (top in _TOPS or (len(top) == _COUNTRY_LETTERS and top not in _FILE_ENDINGS)):
            continue
        if local in _ROBOTS or _is_path(text, match):
            continue
        spaced = (" " in match["mark"] and "@" in match["mark"]) or " . " in match.group()
        if spaced and top not in _SPACED_TOPS:
            continue
        if not _RESERVED.search(match.group()[match.end("mark") - match.start() :]):
            yield PersonalSpan(match.start(), match.end(), "email")
    for match in _WORDS.finditer(text):
        yield PersonalSpan(match.start(), match.end(), "email")


def _is_path(text: str, match: re.Match[str]) -> bool:
    """https://name@host/..., ssh://git@host, /options@file.co, image@sha256:..."""
    return text.endswith(("/", "\\"), 0, match.start()) or text.startswith(("://", ":/"), match.end())
