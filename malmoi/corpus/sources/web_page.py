"""From a Raw to its documents in the shape of document.SCHEMA: decoded, NFC, extracted, with their metadata."""

from collections.abc import Sequence
from typing import Any

from malmoi.corpus import media
from malmoi.corpus.document import DAMAGE
from malmoi.corpus.sources import front_matter, letter_account, markdown, page_documents, wikitext
from malmoi.corpus.sources.chat_log import with_speakers
from malmoi.corpus.sources.document_files.read import read as document_file
from malmoi.corpus.sources.fields import pick
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.record import clean_text, decode, document, given_fields, given_views, unreadable
from malmoi.corpus.text import printed_text

Documents = Sequence[dict[str, Any] | Unreadable]


def to_documents(raw: Raw, source: Input) -> Documents | Unreadable:
    """The documents of one item, at least one, or why there is none; each with the keys of SCHEMA.

    Beside them the account of its letters (letter_account.py), `decoding_damage_share` (0..1: U+FFFD among the
    characters as decoded, whoever put them there), of pages `link_hosts`, and media.CONTENTS where there are contents
    to store. kind is the input's, else the row's, else the page's, else "web"; name and licence are the row's, else the
    page's, else the input's. Readers' comments follow as a document of their own where the input asks for them and they
    are not the content. A document file (PDF, a mail) may give an Unreadable beside its documents, for what could not
    be read of it.
    """
    if raw.format == "html":
        return page_documents.read(raw, source)
    if raw.format == "file":
        return document_file(raw, source)
    decoded = decode(raw)
    if isinstance(decoded, Unreadable):
        return decoded
    text, _, damage_share = decoded
    read, rest, taken = text, letter_account.NORMALISED, list[tuple[str, int]]()
    fields = given_fields(raw)
    items: Sequence[dict[str, Any]] = fields.get("media") or ()
    if raw.format == "wikitext":
        (text, apart), rest = wikitext.plain(text), letter_account.MARKUP
        fields = {"category": apart.categories[0], **fields} if apart.categories else fields
        taken.append((letter_account.NOTES, apart.note_letters))
    if raw.format == "markdown":
        table, text = front_matter.split_front_matter(text)
        rest, front = letter_account.MARKUP, read[: len(read) - len(text)]
        taken.append((letter_account.FRONT_MATTER, letter_account.letters_in(front) if front else 0))
        fields = {**pick(table), **fields}
        text, items = markdown.clean_with_media(text, items)
        fields.setdefault("title", markdown.first_heading(text))
    if raw.format == "text":  # before spaces at line ends go: they say where words end
        text, _ = printed_text.mend(text, single_ends=isinstance(raw.content, bytes))
    text = _tidy_blank_lines(clean_text(text)) if raw.format == "markdown" else clean_text(text)
    text, segments, contents = media.place(text, items)
    if raw.format == "text":
        said, fields = with_speakers(text, fields, source.speakers)
        rest, text = rest if said is text else letter_account.TALK, said
    if not text:
        all_of_it = ((rest, letter_account.letters_in(read)),)
        return unreadable(raw, "no_text", "nothing is left but markup", all_of_it)
    result = document(raw, source, fields, text) | {"segments": segments or None, DAMAGE: damage_share}
    result |= letter_account.account(raw, read, text, rest, taken)
    result["views"] = given_views(fields.get("summary"), text)
    return [result | {media.CONTENTS: contents} if contents else result]


def to_document(raw: Raw, source: Input) -> dict[str, Any] | Unreadable:
    """The first of an item's documents: what it is about."""
    made = to_documents(raw, source)
    documents = [made] if isinstance(made, Unreadable) else made
    return next((document for document in documents if isinstance(document, dict)), documents[0])


def _tidy_blank_lines(text: str) -> str:
    """At most two line ends in a row where cleaning left more."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text
