"""Addresses on the internet: those by which somebody may be known."""

import ipaddress
import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan, cued

_FOUR = re.compile(r"(?<![0-9A-Za-z_.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z_-])(?!\.[0-9])")
_SIX = re.compile(r"(?<![0-9A-Za-z_:.])2[0-9a-fA-F]{3}:[0-9a-fA-F:]{2,34}(?![0-9A-Za-z_:])")
_CUE = re.compile(r"\bip\b|아이피|접속|주소|host|server|서버|inet|ping", re.IGNORECASE)
_VERSION = re.compile(
    r"버전|version|v\.?$|ver\b|릴리스|업데이트|빌드|build|제품|\bsdk|assembly|패키지|package", re.IGNORECASE
)
_KNOWN = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "168.126.63.1", "168.126.63.2"))
"""Public name servers, printed in every manual."""


def find_networks(text: str) -> Iterator[PersonalSpan]:
    """Global IPv4 and IPv6 addresses of hosts.

    Private, loopback, link-local, multicast and documentation ranges (RFC 6890) point at nobody, nor do networks (x.0)
    and public name servers. Four small numbers may be a version: without a cue one must be 100 or more and the first
    above 9, and a word for versions before it takes it away.
    """
    for match in _FOUR.finditer(text):
        parts = match.group().split(".")
        if any(int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts) or parts[3] in ("0", "255"):
            continue
        if match.group() in _KNOWN or not _is_global(match.group()):
            continue
        likely = int(parts[0]) > 9 and max(map(int, parts)) >= 100
        by_word = cued(text, match.start(), _CUE, 16)
        if by_word or (likely and not cued(text, match.start(), _VERSION, 24)):
            yield PersonalSpan(match.start(), match.end(), "ip_address")
    for match in _SIX.finditer(text):
        if match.group().count(":") >= 3 and _is_global(match.group()):
            yield PersonalSpan(match.start(), match.end(), "ip_address")


def _is_global(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_global and not parsed.is_multicast
