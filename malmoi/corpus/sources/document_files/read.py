"""From the bytes of a document file to its documents: which reader, what may go wrong, how the parts are named."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from malmoi.corpus.document import DAMAGE
from malmoi.corpus.sources import page_documents
from malmoi.corpus.sources.document_files import docx, epub, formats, hwp5, hwpx, mail, pdf, pptx, whole_page, xlsx
from malmoi.corpus.sources.document_files.extracted import MOST_CHARACTERS, Extracted, Part
from malmoi.corpus.sources.document_files.limits import memory_limit, time_limit
from malmoi.corpus.sources.document_files.mail_quotes import settled
from malmoi.corpus.sources.document_files.package import UNPACKING
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.letter_account import NORMALISED, account
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.record import clean_text, document, given_fields, unreadable
from malmoi.corpus.sources.streams import DamagedError, malformed
from malmoi.kit.hangul import whole_characters

READERS: dict[str, Callable[[bytes], Extracted]] = {
    "pdf": pdf.read, "hwp": hwp5.read, "hwpx": hwpx.read, "docx": docx.read, "xlsx": xlsx.read, "pptx": pptx.read,
    "epub": epub.read, "mail": mail.read, "page": whole_page.read,
}  # fmt: skip
MOST_S = 300.0
"""Of one file. Readers that can ask for the time end earlier by themselves; this one is for those that hang."""
MOST_MEMORY_BYTES = 1_000_000_000
"""That reading one file may take. A tree of the largest member of a package (64 MB) takes some 600 MB."""
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, KeyError, IndexError, RecursionError, OverflowError,
    TypeError, AttributeError, EOFError,
)  # fmt: skip
"""What reading a damaged file may raise beside DamagedError. None of them is a fault of the storage."""
OLE_KINDS = {"FileHeader": "hwp", "Workbook": "xlsx", "Book": "xlsx"}
OLE_NOT_READ = {"WordDocument": ".doc", "PowerPoint Document": ".ppt", "__properties_version1.0": ".msg"}


def read(raw: Raw, source: Input) -> list[dict[str, Any] | Unreadable] | Unreadable:
    """The documents of a file, and an Unreadable for each thing in it that was not read; or why there is nothing.

    raw.format is "file", its content bytes. Documents are as those of web_page.to_documents.
    """
    assert isinstance(raw.content, bytes)
    try:
        with time_limit(MOST_S), memory_limit(MOST_MEMORY_BYTES):
            kind = _format(raw.content, raw.origin_file)
            extracted = READERS[kind](raw.content)
    except MemoryError:
        detail = f"reading it takes more than {MOST_MEMORY_BYTES} bytes of memory; split it into several files"
        return unreadable(raw, "too_large", detail)
    except (DamagedError, *BROKEN) as error:
        damage = error if isinstance(error, DamagedError) else malformed(error)
        return unreadable(raw, damage.reason, damage.detail)
    found: list[dict[str, Any] | Unreadable] = []
    parts = settled(extracted.parts, source.mail_quotes) if kind == "mail" else extracted.parts
    for part in parts:
        found += _documents(part, raw, source)
    found += [unreadable(raw, gap.reason, gap.detail) for gap in extracted.gaps]
    return found


def _documents(part: Part, raw: Raw, source: Input) -> list[dict[str, Any] | Unreadable]:
    fields = {**part.fields, **given_fields(raw)}
    if isinstance(part.content, bytes):
        page = Raw(part.content, "html", raw.origin_file, raw.origin_offset, raw.raw_bytes, fields)
        made = page_documents.read(page, source)
        return [made] if isinstance(made, Unreadable) else [*made]
    if len(part.content) > MOST_CHARACTERS:
        return [unreadable(raw, "too_large", f"{len(part.content)} characters; the limit is {MOST_CHARACTERS}")]
    text = clean_text(whole_characters(part.content))
    if not text:
        return [unreadable(raw, "no_text", "nothing is left but marks")]
    name = f"#{part.name}" if part.name else ""
    damage = text.count("\ufffd") / len(text)
    letters = account(replace(raw, taken=part.taken), part.content, text, NORMALISED)
    return [document(raw, source, fields, text, name) | {DAMAGE: damage} | letters]


def _format(content: bytes, name: str) -> str:
    """The reader for a file: by its bytes, else by its suffix. Raises DamagedError for what has none."""
    suffix = "." + name.lower().rpartition(".")[2]
    wanted = formats.SUFFIXES.get(suffix)
    if formats.PDF in content[: formats.PDF_HEAD_BYTES] and wanted != "mail":
        return "pdf"
    if content.startswith(formats.OLE):
        return _ole_format(content)
    if content.startswith(formats.ZIP):
        return _zip_format(content)
    if content.startswith((formats.HWP3, formats.RTF)):
        old = "HWP 3" if content.startswith(formats.HWP3) else "RTF"
        raise DamagedError("unsupported_format", f"no reader for {old}; save it as .hwpx or .docx")
    if wanted == "mail":
        return "mail"
    head = content[: formats.PDF_HEAD_BYTES].lower()
    if wanted == "xlsx" and any(tag in head for tag in formats.PAGE_TAGS):
        return "page"
    if formats.HWPML in content[: formats.PDF_HEAD_BYTES]:
        raise DamagedError("unsupported_format", formats.way_on(".hml"))
    raise DamagedError("malformed_document", f"named {suffix}, but it begins with {content[:8]!r}")


def _ole_format(content: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            names = {entry[0] for entry in ole.listdir()}
    except (OSError, *BROKEN) as error:
        raise malformed(error, "a damaged OLE file") from None
    if "EncryptedPackage" in names:
        raise DamagedError("encrypted", "the document asks for a password; save it without one")
    for name, old in OLE_NOT_READ.items():
        if name in names:
            raise DamagedError("unsupported_format", formats.way_on(old))
    found = next((kind for name, kind in OLE_KINDS.items() if name in names), None)
    if found is None:
        raise DamagedError("unsupported_format", "an OLE file that is neither HWP 5 nor a workbook")
    return found


def _zip_format(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
            mimetype = package.open("mimetype").read(100).decode("latin-1") if "mimetype" in names else ""
    except (*UNPACKING, *BROKEN) as error:
        raise malformed(error, "a damaged zip package") from None
    found = formats.package_format(names, mimetype)
    if found is None:
        raise DamagedError("unsupported_format", "a zip archive that is no document of a known kind")
    return found
