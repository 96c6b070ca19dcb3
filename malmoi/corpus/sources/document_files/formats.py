"""Which files are documents of an office, a printer or a mailer, by suffix and by their first bytes."""

from collections.abc import Collection

SUFFIXES = {
    ".pdf": "pdf", ".hwp": "hwp", ".hwt": "hwp", ".hwpx": "hwpx", ".docx": "docx", ".docm": "docx", ".dotx": "docx",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xltx": "xlsx", ".xls": "xlsx", ".ods": "xlsx", ".pptx": "pptx",
    ".pptm": "pptx", ".ppsx": "pptx", ".potx": "pptx", ".epub": "epub", ".eml": "mail", ".mht": "mail",
    ".mhtml": "mail",
}  # fmt: skip
"""What is read, and by which reader of read.py."""

NOT_READ = {
    ".doc": "docx", ".dot": "docx", ".rtf": "docx", ".odt": "docx", ".hml": "hwpx", ".ppt": "pptx", ".odp": "pptx",
    ".xlsb": "xlsx", ".msg": "eml", ".mobi": "epub", ".azw3": "epub", ".djvu": "pdf", ".xps": "pdf",
}  # fmt: skip
"""Formats of the same kinds that are not, and what to save them as."""

PDF, OLE, ZIP = b"%PDF-", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
PDF_HEAD_BYTES = 1024
"""The mark of a PDF may stand so far from the start (PDF 1.7, appendix H.3)."""
PAGE_TAGS = (b"<html", b"<table", b"<!doctype html")
"""What begins a page of HTML that a program named .xls, so that Excel opens it."""
HWPML = b"<HWPML"
HWP3, RTF = b"HWP Document File V", b"{\\rtf"


def way_on(suffix: str) -> str:
    """What to do with a file of a format that is not read; "" where nothing is known."""
    better = NOT_READ.get(suffix)
    return f"no reader for {suffix!r} files; save them as .{better} (.{better}로 저장하세요)" if better else ""


def begins_as_document(head: bytes) -> bool:
    """Whether the first bytes are those of a format that is read, whatever the name. Not asked of zip archives."""
    return head.startswith((PDF, OLE))


def package_format(names: Collection[str], mimetype: str = "") -> str | None:
    """Which document a zip file is, by the names of its members; None where it is an archive of files.

    mimetype: the content of the member of that name, which EPUB, HWPX and OpenDocument have.
    """
    known = set(names)
    if mimetype.startswith("application/epub+zip") or ("META-INF/container.xml" in known and "mimetype" in known):
        return "hwpx" if "hwp" in mimetype or any(_is_section(name) for name in known) else "epub"
    if any(_is_section(name) for name in known):
        return "hwpx"
    if "[Content_Types].xml" in known:
        folders = {name.partition("/")[0] for name in known}
        return next(
            (kind for folder, kind in (("word", "docx"), ("xl", "xlsx"), ("ppt", "pptx")) if folder in folders), None
        )
    return "xlsx" if "opendocument.spreadsheet" in mimetype else None


def _is_section(name: str) -> bool:
    return name.startswith("Contents/section") and name.endswith(".xml")
