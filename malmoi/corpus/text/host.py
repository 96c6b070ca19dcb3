"""The host of an address, written in one way, and the domain that somebody registered: a site has one name everywhere.

Case, port, user, percent signs, the dot at the end and "xn--" are ways of writing. So that every room gives the same
answer, every room asks here. Blogs of one platform are sites of one domain: the public suffix list is read without its
private section (tistory.com, blogspot.com), whose names cost nothing.
"""

import re
import unicodedata
from functools import cache
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
from publicsuffixlist import PublicSuffixList

AUTHORITY = r"^[ \t\r\n]*[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^/?#\\]*)"
"""What stands between "://" and the path (RFC 3986, 3.2). A browser reads a backslash as a slash."""
MAX_HOST_CHARACTERS = 253
"""Of a name in DNS (RFC 1035)."""
_PLAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_FOREIGN_SIGNS = re.compile(r"[\x00-\x2c/:-@\[-^`{-\x7f�]")


def host_of(url: str | None) -> str | None:
    """The host of an absolute address, as `hosts` gives it."""
    match = re.match(AUTHORITY, url or "")
    return host_of_authority(match["authority"]) if match else None


def hosts(urls: pa.Array) -> pa.Array:
    """The host of each address (strings): null where it has none. The work in Python is done once a host."""
    parts = pc.call_function("extract_regex", [urls], pc.ExtractRegexOptions(AUTHORITY))
    authorities = pc.call_function("struct_field", [parts], pc.StructFieldOptions([0])).dictionary_encode()
    names = pa.array([host_of_authority(name) for name in authorities.dictionary.to_pylist()], pa.string())
    return names.take(authorities.indices)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def registrable_domain(host: str) -> str:
    """The part of a host that somebody registered: "news.a.co.kr" has "a.co.kr".

    An address in numbers and a public suffix are their own domain. host: as `host_of` gives it.
    """
    if ":" in host or host.replace(".", "").isdecimal():
        return host
    return _suffixes().privatesuffix(host) or host


def host_of_authority(authority: str) -> str | None:
    """The host of "user:password@host:port". None where it is empty or no name that DNS could hold.

    A port that is no number is no reason to lose the host. An address in numbers stays as it is written, but IPv6 gets
    its one short form (RFC 5952).
    """
    name = authority.rpartition("@")[2].strip()
    if name.startswith("["):
        try:
            return IPv6Address(name[1:].partition("]")[0]).compressed
        except AddressValueError:
            return None
    name = name.partition(":")[0]
    if not _PLAIN.fullmatch(name) or "xn--" in name:
        name = _folded(unquote(name, errors="replace"))
        name = ".".join(_decoded(label) for label in name.split("."))
    if not name or len(name) > MAX_HOST_CHARACTERS or ".." in name or _FOREIGN_SIGNS.search(name):
        return None
    return name if name.isprintable() else None


def _folded(name: str) -> str:
    """Small letters, NFC, no full-width forms, no dot at either end. U+3002 is a dot in a name (RFC 3490, 3.1)."""
    lower = unicodedata.normalize("NFKC", name).lower().replace("。", ".")
    return unicodedata.normalize("NFC", lower).strip(".")


def _decoded(label: str) -> str:
    """A label in the letters that "xn--…" stands for; as it is where it stands for none, or not in their one form."""
    if not label.startswith("xn--"):
        return label
    try:
        letters = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return letters if letters == _folded(letters) and not letters.isascii() and "." not in letters else label
