"""E-mail addresses, plain and as people write them to hide them from machines: 골뱅이, (at), 닷컴."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan, cued
from malmoi.corpus.steps.personal.words import WORDS

_LOCAL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_DOT = r"(?:\.| ?(?:닷|점|쩜|[(\[{<] ?(?:dot|DOT|닷|점|\.) ?[)\]}>]) ?| (?:dot|DOT) | \. |,(?=(?:com|net|co,kr)\b))"
_SPOKEN_AT = "(?:골[뱅벵]이|골뱅|앳|에이티)"
_AT = rf"(?:@|%40|&#0{{0,3}}64;|&#[xX]40;|&commat;|[(\[<{{] ?(?:[aA][tT]?|{_SPOKEN_AT}|@) ?[)\]}}>]|{_SPOKEN_AT})"
"""The sign, as links and HTML write it, and in words."""
_PROVIDER = r"(?:네이버|지메일|한메일|다음|네이트|핫메일|카카오|구글|아웃룩|야후|한메|지멜)"
_MAIL_HOST = r"(?:naver|gmail|daum|hanmail|nate|kakao|hotmail|outlook|yahoo|icloud|korea)"
"""Hosts that are known for mail and little else: beside them a word for @ is one."""
_TOP = r"(?P<top>[A-Za-z]{2,24}|컴|넷)(?![A-Za-z0-9])"
_EMAIL = re.compile(
    rf"{_LOCAL}(?P<mark> ?{_AT} ?)(?:"
    rf"(?:{_LABEL}{_DOT}){{1,6}}{_TOP}|{_PROVIDER}(?:{_DOT}?(?:컴|넷|com|net|co\.kr))?)"
)
_WORDS = re.compile(
    # haneul at naver dot com, and an address in Hangul alone: 하늘칠칠 골뱅이 네이버 닷 컴
    rf"{_LOCAL} (?:at|AT|앳) (?:{_LABEL} ?(?:dot|DOT|닷|점|쩜) ?){{1,3}}(?:com|net|org|co|kr|컴|넷)(?![A-Za-z])"
    rf"|[가-힣]{{2,12}} ?(?:{_SPOKEN_AT}|@) ?{_PROVIDER} ?(?:닷|점|쩜|\.) ?(?:컴|넷|com|net)"
    # haneul.77 at naver.com, haneul_at_naver.com, haneul#naver.com; over the end of a line
    rf"|{_LOCAL}(?: (?:at|AT|앳) |[_-](?:at|AT)[_-]|#){_MAIL_HOST}"
    rf"(?:{_DOT}|[-_]dot[-_])(?:com|net|co\.kr|kr)(?![A-Za-z0-9])"
    rf"|{_LOCAL}(?: ?@\n?|\n@){_MAIL_HOST}(?:\n?\.\n?)(?:com|net|co\.kr|kr)(?![A-Za-z0-9])"
)
_LIKELY_LOCAL = re.compile(r"[0-9_.]")
_MAIL_CUE = re.compile(r"메일|mail", re.IGNORECASE)
_INTERNATIONAL = re.compile(
    # domains and names in Hangul (RFC 6531): 가온@한글.한국, gaon@말모이.kr
    r"(?<![A-Za-z0-9가-힣._%+-])[A-Za-z0-9가-힣][A-Za-z0-9가-힣._+-]{0,40}@(?:[A-Za-z0-9가-힣-]{1,40}\.){1,3}"
    r"(?:한국|닷컴|닷넷|컴|넷|kr|com|net|org)(?![A-Za-z0-9])"
)
_TOPS, _SPACED_TOPS, _FILE_ENDINGS = (
    frozenset(WORDS["mail"][name].split()) for name in ("tops", "spaced_tops", "file_endings")
)
"""Top domains of more than two letters, those that count around a spaced @, and countries' that end more files."""
_COUNTRY_LETTERS = 2
_REMOTE = re.compile(r"\b(?:ssh|scp|sftp|rsync|ssh-copy-id|mosh)\b[^\n@가-힣]{0,40}$")
"""A user and a machine, as commands name them."""
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
        if " at " not in match.group() or "dot" in match.group() or _is_likely(text, match):
            yield PersonalSpan(match.start(), match.end(), "email")
    for match in _INTERNATIONAL.finditer(text):
        if not match.group().isascii() and not _is_path(text, match):
            yield PersonalSpan(match.start(), match.end(), "email")


def _is_likely(text: str, match: re.Match[str]) -> bool:
    """`look at naver.com` is English: the word before must look like a name in mail, or a word for mail stand there."""
    return bool(_LIKELY_LOCAL.search(match.group().partition(" ")[0])) or cued(text, match.start(), _MAIL_CUE, 16)


def _is_path(text: str, match: re.Match[str]) -> bool:
    """https://name@host/..., ssh://git@host, /options@file.co, image@sha256:..."""
    before = text[max(0, match.start() - 48) : match.start()]
    return (
        bool(_REMOTE.search(before))
        or text.endswith(("/", "\\"), 0, match.start())
        or text.startswith(("://", ":/"), match.end())
    )
