"""Mails (EML, RFC 5322 and MIME) and pages saved as MHTML, by the standard library's parser.

Of a mail in several forms the plain one is read, else the HTML. Quoted mails are settled in mail_quotes.py.
Files attached to it are counted, by kind and size and without their names, which may name people. Mails attached to a
mail are texts of their own. Nothing that a mail points to is fetched.
"""

import email
import email.errors
import email.header
import email.message
import email.policy
import email.utils
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from os.path import splitext

from malmoi.corpus.sources.document_files.extracted import Extracted, Gap, Part
from malmoi.corpus.sources.document_files.package import no_text
from malmoi.corpus.sources.document_files.whole_page import whole_text
from malmoi.corpus.sources.streams import DamagedError
from malmoi.corpus.text import charset
from malmoi.corpus.text.dates import iso_date

MOST_PARTS = 10_000
MOST_DEPTH = 50
LOCKED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
SIGNED = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
NO_HEADER = "the file begins with no header line of a mail"
Message = email.message.Message


@dataclass
class _Found:
    """What was found in a mail on the way: its words, mails in it, and what is not read."""

    texts: list[str] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    num_parts: int = 0


def read(content: bytes) -> Extracted:
    """The text of a mail, of the mails in it, or the page of an MHTML file. Raises DamagedError where there is none."""
    message = email.message_from_bytes(content.lstrip(b"\r\n"), policy=email.policy.compat32)
    if not message.keys():
        raise DamagedError("malformed_document", NO_HEADER)
    page = _saved_page(message)
    if page:
        return page
    parts: list[Part] = []
    attached: list[str] = []
    waiting = [message]
    while waiting and len(parts) < MOST_PARTS:
        mail = waiting.pop(0)
        found = _Found()
        _collect(mail, found, 0)
        text = "\n\n".join(text for text in map(str.strip, found.texts) if text)
        if text:
            parts.append(Part(text, _fields(mail), f"mail-{len(parts) + 1}" if parts else ""))
        attached += found.attached
        waiting += found.mails
    gaps = (Gap("attachment", _counted(attached)),) if attached else ()
    if not parts and not gaps:
        no_text("a mail without words")
    return Extracted(tuple(parts), gaps)


def _collect(part: Message, found: _Found, depth: int) -> None:
    """Adds what a part of a mail holds to `found`."""
    found.num_parts += 1
    if depth > MOST_DEPTH or found.num_parts > MOST_PARTS:
        raise DamagedError("malformed_document", f"more than {MOST_PARTS} parts, or nested deeper than {MOST_DEPTH}")
    kind = part.get_content_type()
    if kind in LOCKED and "signed" not in str(part.get_param("smime-type", "")):
        raise DamagedError("encrypted", "the mail is encrypted")
    is_unparted = kind.startswith("multipart/") and not part.is_multipart()  # its boundary never comes
    if kind == "message/rfc822" or (kind == "message/global" and part.is_multipart()):
        found.mails += _inner(part)[:1]
    elif kind == "multipart/alternative" and not is_unparted:
        _plainest(_inner(part), found, depth)
    elif kind == "multipart/related" and not is_unparted:
        root, *rest = _inner(part) or [part]
        if root is not part:
            _collect(root, found, depth + 1)
        found.attached += [_described(other) for other in rest]
    elif part.is_multipart():
        for inner in _inner(part):
            _collect(inner, found, depth + 1)
    elif _is_body(part, kind) or is_unparted:
        text = _text(part, kind)
        found.texts += [text] if text else []
    elif kind not in SIGNED and not kind.startswith(("multipart/", "message/delivery-status")):
        found.attached.append(_described(part))


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _plainest(forms: list[Message], found: _Found, depth: int) -> None:
    """One of several forms of the same words: the plain text where it has words, else the first other that has."""
    forms = sorted(forms, key=lambda form: form.get_content_type() != "text/plain")
    for form in forms:
        tried = _Found(num_parts=found.num_parts)
        _collect(form, tried, depth + 1)
        found.num_parts = tried.num_parts
        if any(map(str.strip, tried.texts)) or form is forms[-1]:
            found.texts += tried.texts
            found.mails += tried.mails
            found.attached += tried.attached
            return


def _is_body(part: Message, kind: str) -> bool:
    if part.get_content_disposition() == "attachment":
        return False
    return kind in ("text/plain", "text/html", "text/enriched")


def _text(part: Message, kind: str) -> str:
    """The words of a part that is text, decoded."""
    payload = part.get_payload(decode=True) or part.get_payload()  # what is not encoded as its header says
    content = payload if isinstance(payload, bytes) else str(payload or "").encode("utf-8", "surrogateescape")
    declared = part.get_content_charset()
    if kind == "text/html":
        return whole_text(content, declared)
    decoded = charset.decode(content, declared)
    if decoded is None:
        raise DamagedError("encoding", "no charset gives text")
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    return _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes") if flowed else text


def _unflowed(text: str, without_space: bool) -> str:
    """Lines that end with a space go on in the next one (RFC 3676); the line "-- " before a signature does not."""
    lines: list[str] = []
    open_line, last_depth = False, 0
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        goes_on = line.endswith(" ") and words != "-- "
        words = words[:-1] if goes_on and without_space else words
        if open_line and depth == last_depth and words != "-- ":
            lines[-1] += words
        else:
            lines.append((">" * depth + " " if depth else "") + words)
        open_line, last_depth = goes_on, depth
    return "\n".join(lines)


def _fields(message: Message) -> dict[str, str]:
    """Subject, author and date. The author becomes a hash as that of any document; the address stands for no name."""
    names, addresses = zip(*email.utils.getaddresses([_header(message, "from")]) or [("", "")], strict=True)
    found = {
        "title": " ".join(_header(message, "subject").split()),
        "author": next(filter(None, (*addresses, *names)), ""),
        "published": _date(_header(message, "date")) or "",
    }
    return {name: value for name, value in found.items() if value}


def _date(text: str) -> str | None:
    try:
        return iso_date(email.utils.parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return iso_date(text)


def _header(message: Message, name: str) -> str:
    """A header line decoded: RFC 2047 words, and bytes of a charset that nobody names, as old Korean mailers wrote."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name), "")  # type: ignore[attr-defined]
    content = str(raw).encode("ascii", "surrogateescape") if str(raw).isascii() or _escaped(str(raw)) else None
    decoded = charset.decode(content) if content else None
    text = decoded.text if decoded else str(raw)
    try:
        words = [_word(word, label) for word, label in email.header.decode_header(text)]
    except (email.errors.HeaderParseError, ValueError):
        return text
    return "".join(words)


def _escaped(text: str) -> bool:
    return all(sign < "\x80" or "\udc80" <= sign <= "\udcff" for sign in text)


def _word(word: bytes | str, label: str | None) -> str:
    if isinstance(word, str):
        return word
    decoded = charset.decode(word, label)
    return decoded.text if decoded else word.decode("latin-1")


def _described(part: Message) -> str:
    """What a part is, without its name: its suffix or its type, and its size."""
    suffix = splitext(_filename(part))[1].lower()  # noqa: PTH122
    payload = part.get_payload(decode=True)
    size = len(payload) if isinstance(payload, bytes) else 0
    kind = suffix if suffix[1:].isalnum() and len(suffix) <= 8 else part.get_content_type()
    return f"{kind} of {size} bytes"


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return ""


def _counted(attached: list[str]) -> str:
    files = "file" if len(attached) == 1 else "files"
    more = f" and {len(attached) - 10} more" if len(attached) > 10 else ""
    return f"{len(attached)} attached {files} not read: {', '.join(attached[:10])}{more}"


def _saved_page(message: Message) -> Extracted | None:
    """The main page of a file that a browser saved (MHTML). None where this is a mail."""
    location = _header(message, "snapshot-content-location") or _header(message, "content-location")
    is_saved = message.get_content_type() == "multipart/related" and (location or not message.get("from"))
    saved_by = "saved by" in _header(message, "from").lower()  # "<Saved by Blink>", "<Saved by Windows Internet …>"
    if not (is_saved or saved_by):
        return None
    leaves: Iterator[Message] = (part for part in message.walk() if not part.is_multipart())
    pages = [part for part in itertools.islice(leaves, MOST_PARTS) if part.get_content_type() == "text/html"]
    if not pages:
        no_text("a saved page without HTML in it")
    payload = pages[0].get_payload(decode=True)
    url = location or _header(pages[0], "content-location")
    fields = {"title": _header(message, "subject"), "charset": pages[0].get_content_charset()}
    fields["url"] = url if url.startswith(("http://", "https://")) else None
    gaps = ()
    if len(pages) > 1:
        gaps = (Gap("attachment", f"{len(pages) - 1} frames inside the page are not read"),)
    content = payload if isinstance(payload, bytes) else b""
    return Extracted((Part(content, {name: value for name, value in fields.items() if value}),), gaps)
