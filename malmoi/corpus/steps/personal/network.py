"""Addresses on the internet: those by which somebody may be known."""

import ipaddress
import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan, cued

_FOUR = re.compile(r"(?<![0-9A-Za-z_.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z_-])(?!\.[0-9])")
_SPACED = re.compile(r"(?<![0-9A-Za-z_.-])(?<![0-9] )[0-9]{1,3}(?: \. [0-9]{1,3}){3}(?![0-9A-Za-z_-])(?! ?\. ?[0-9])")
_SIX = re.compile(r"(?<![0-9A-Za-z_:.])2[0-9a-fA-F]{3}:[0-9a-fA-F:]{2,34}(?![0-9A-Za-z_:])")
_HIDDEN = re.compile(
    r"(?<![0-9A-Za-z_.-])[0-9]{1,3}\.[0-9]{1,3}\.(?:[0-9]{1,3}|\*{1,3})\.(?:\*{1,3}|[xX]{2,3})(?![\w*])"
)
_HALF = re.compile(
    r"(?<![가-힣ㄱ-ㅎA-Za-z0-9])[가-힣ㄱ-ㅎA-Za-z0-9]{1,12}\((?P<half>[0-9]{1,3}\.[0-9]{1,3})\)"
    r"(?P<date>[ \t]{0,2}(?:20[0-9]{2}[-./]|[0-9]{1,2}[.:/][0-9]{2}))?"
)
"""A board's ㅇㅇ(211.234): the first half of the writer's address. Another name may be an index (물가지수(112.45)): a
date must follow it."""
_CUE = re.compile(r"\bip\b|아이피|접속|주소|글쓴이|작성자|로그인|login|forwarded|방문", re.IGNORECASE)
_ACCESS = re.compile(r"접속|로그인|방문|작성|편집|차단|이다|입니다|이에요|login", re.IGNORECASE)
_ACCESS_AFTER = re.compile(r"[^\n]{0,4}(?:접속|로그인|님)")
_OWN_WORD = re.compile(r"(?:\bip|아이피)(?: ?주소)?(?:는|가|:|=)? ?$", re.IGNORECASE)
_MACHINE = re.compile(
    r"(?:host|server|서버|ping|resolving|connecting to|nslookup|curl|wget|ssh |@|\|)[^\n가-힣]{0,24}$|"
    r"\{\{[^}\n]{0,40}$|https?://$|https?://[^\s가-힣]{4,40} $|=\"$|"
    r"\$ [^\n]{0,30}$|\) ?\.\.\. ?(?:[0-9.]{7,15}, ?){0,6}$|\bIN A |\b[0-9]{2,5} A $",
    re.IGNORECASE,
)
_MACHINE_AFTER = re.compile(r"/[0-9]{1,2}(?![0-9])|\|?:[0-9]{2,5}|`?를? ?(?:서버|대역)|\}\}|/[a-z]")
"""What stands around addresses of machines in manuals and their printed lines: commands, ports, ranges of addresses."""
_WORD_AFTER = re.compile(r"(?![은는이가을를에의로와과도만님번등입으인처라])[가-힣]")
"""A noun that touches the number: a day and its hour (1932.6.15밤), no address."""
_VERSION = re.compile(
    r"버전|version|v\.?$|ver\b|릴리스|업데이트|빌드|build|제품|\bsdk|assembly|패키지|package", re.IGNORECASE
)
_KNOWN = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "168.126.63.1", "168.126.63.2"))
"""Public name servers, printed in every manual."""
_FEWEST_COLONS, _NO_VERSION = 3, 100


def find_networks(text: str) -> Iterator[PersonalSpan]:
    """Global IPv4 and IPv6 addresses of people, whole, with the last part hidden, or the first half after a nickname.

    Private, loopback, link-local, multicast and documentation ranges (RFC 6890) point at nobody (unless a word says
    that somebody came from there), nor do networks (x.0) and public name servers. Machines of manuals are left: behind
    commands and in addresses of pages. Four small numbers may be a version: without a cue one must be 100 or more and
    the first above 9, and a word for versions before it takes it away.
    """
    for match in _FOUR.finditer(text):
        if _is_somebody(text, match, match.group()):
            yield PersonalSpan(match.start(), match.end(), "ip_address")
    for match in _SPACED.finditer(text):
        if cued(text, match.start(), _CUE, 16) and _is_somebody(text, match, match.group().replace(" ", "")):
            yield PersonalSpan(match.start(), match.end(), "ip_address")
    for match in _HIDDEN.finditer(text):
        first = match.group().split(".")[:2]
        if _is_global(".".join((*first, "1", "1"))) and (
            cued(text, match.start(), _CUE, 16)
            or text[max(0, match.start() - 1) : match.start()] == "("
            or (match.group().endswith(".*.*") and int(first[0]) >= _NO_VERSION)
        ):
            yield PersonalSpan(match.start(), match.end(), "ip_address")
    for match in _HALF.finditer(text):
        if (match["date"] or "ㅇㅇ(" in match.group()) and _is_global(f"{match['half']}.1.1"):
            yield PersonalSpan(match.start("half"), match.end("half"), "ip_address")
    for match in _SIX.finditer(text):
        if match.group().count(":") >= _FEWEST_COLONS and _is_persons(text, match, match.group()):
            yield PersonalSpan(match.start(), match.end(), "ip_address")


def _is_somebody(text: str, match: re.Match[str], address: str) -> bool:
    """Whether four numbers are an address from which somebody came."""
    parts = address.split(".")
    if any(int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts) or parts[3] in ("0", "255"):
        return False
    if address in _KNOWN or not _is_persons(text, match, address):
        return False
    named = cued(text, match.start(), _CUE, 16) or _ACCESS_AFTER.match(text, match.end())
    likely = int(parts[0]) > 9 and max(map(int, parts)) >= 100 and not _WORD_AFTER.match(text, match.end())
    return bool(named) or (likely and not cued(text, match.start(), _VERSION, 24))


def _is_persons(text: str, match: re.Match[str], address: str) -> bool:
    """Neither a machine of a manual nor, unless somebody came from it, of a range that is nobody's."""
    before = text[max(0, match.start() - 48) : match.start()]
    if _MACHINE_AFTER.match(text, match.end()) or _MACHINE.search(before):
        return False
    own = _OWN_WORD.search(before) and _ACCESS.search(text, match.end(), match.end() + 12)
    return _is_global(address) or bool(own and _is_documentation(address))


def _is_documentation(address: str) -> bool:
    """Of RFC 5737 and RFC 3849."""
    return address.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"))


def _is_global(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_global and not parsed.is_multicast
