"""What readers say of letters: how many an item had as decoded, and how many each step of reading took.

For each document letters_read = letters of its text + letters_taken (document.TAKEN). A reader names what it takes on
purpose; what else is missing in the text is put down to the `rest` of its format by steps/account.py.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from malmoi.corpus.sources.raw import Raw

FRONT_MATTER, MARKUP, CORE_REGION, TALK, NORMALISED = "front_matter", "markup", "core_region", "talk", "normalised"
PAGE_FURNITURE, NOTES, MAIL_QUOTES = "page_furniture", "notes", "mail_quotes"
"""Steps of reading: metadata at the head; marks and addresses of Markdown; what of a page is not its core region;
names, times and notices of chats and subtitles; signs that become another letter or none; page numbers and repeated
heads of printed pages; notes of wiki pages; earlier mails that a mail quotes."""
MARKS = (b"\xe1", b"\xcc", b"\xcd")
"""First bytes of jamo that join into a syllable, and of accents: NFC makes fewer letters of them."""


def letters_in(content: str | bytes | np.ndarray) -> int:
    """Letters and digits of a text in NFC. content: text, or its UTF-8 as bytes or uint8 (bytes,)."""
    from malmoi.corpus.kernels import letter_counts

    encoded = content.encode("utf-8", "replace") if isinstance(content, str) else content
    if isinstance(encoded, np.ndarray) and np.isin(encoded, (0xE1, 0xCC, 0xCD)).any():
        encoded = encoded.tobytes()
    if isinstance(encoded, bytes) and any(mark in encoded for mark in MARKS):
        encoded = unicodedata.normalize("NFC", encoded.decode("utf-8", "replace")).encode()
    data = encoded if isinstance(encoded, np.ndarray) else np.frombuffer(encoded, np.uint8)
    return int(letter_counts.count(data, np.array([0, len(data)]))[0])


def account(raw: Raw, decoded: str, text: str, rest: str, apart: Sequence[tuple[str, int]] = ()) -> dict[str, Any]:
    """The account of a document as columns of DOCUMENTS: empty where nothing but blanks is gone.

    decoded, text: the item before and after reading. rest: the step that whatever is missing is put down to.
    apart: the letters that named steps took.
    """
    if not raw.taken and (text == decoded or text == decoded.strip()):
        return {}
    read = letters_in(decoded) + sum(letters for _, letters in raw.taken)
    return columns(read, [*raw.taken, *apart, (rest, None)])


def columns(read: int, taken: Iterable[tuple[str, int | None]]) -> dict[str, Any]:
    """letters_read and letters_taken as a document's columns. A number that is None takes the rest."""
    entries = [{"step": step, "letters": letters} for step, letters in taken if letters != 0]
    return {"letters_read": read, "letters_taken": entries}
