"""Names of files and of members of archives, as text, and what patterns let through.

Windows wrote Korean names into archives in CP949, and a Mac writes 한글 as letters that are joined (NFD): both are
shown as Korean, and patterns match names however they are composed.
"""

import fnmatch
import unicodedata
from collections.abc import Iterable

from malmoi.corpus.text.charset import reads_as_korean


def shown(name: bytes) -> str:
    """A name as text that every format can hold: UTF-8, else CP949 where that is Korean, else with bytes as \\xNN."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        pass
    try:
        korean = name.decode("cp949")
    except UnicodeDecodeError:
        korean = ""
    return korean if korean and reads_as_korean(korean) else name.decode("utf-8", "backslashreplace")


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name fits one of the shell patterns."""
    composed = unicodedata.normalize("NFC", name)
    return any(fnmatch.fnmatchcase(composed, unicodedata.normalize("NFC", pattern)) for pattern in patterns)
