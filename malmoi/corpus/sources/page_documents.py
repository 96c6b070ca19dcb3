"""The documents of a web page: the page itself, and its readers' comments where they are asked for."""

from collections.abc import Sequence
from typing import Any

from malmoi.corpus import media
from malmoi.corpus.document import CONFIDENCE, DAMAGE, UNSURE
from malmoi.corpus.html.page import MAX_PAGE_BYTES, Passage, read_page
from malmoi.corpus.sources import letter_account
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.record import clean_text, decode, document, given_fields, unreadable
from malmoi.kit.hangul import whole_characters

COMMENTS = "#comments"
EMBEDDED, CUT = "embedded", "cut"
"""Keys of a page's documents beside those of SCHEMA: see WebPage in html/page.py."""
PAGE_STEP = "page_"
"""What names the step that took a byline, a notice of copyright, ... apart from a page's text."""
JOINT = "\n\n"
PROMPT_CHARACTERS = 20_000
BOM_START = b"\xef"


def read(raw: Raw, source: Input) -> list[dict[str, Any]] | Unreadable:
    """See page.to_documents. What is larger than MAX_PAGE_BYTES is refused unread."""
    decoded = _utf8(raw)
    if isinstance(decoded, Unreadable):
        return decoded
    html, damage_share = decoded
    given = given_fields(raw)
    page = read_page(html, source.kind or given.get("kind"), given.get("url"), source.comments)
    fields = {**page.fields, **given, "url": page.fields.get("url") or given.get("url")}
    documents = []
    letters = letter_account.letters_in(page.read)
    about = _document(raw, source, fields, page.passages)
    if about:
        sure = {CONFIDENCE: page.confidence, UNSURE: page.is_unsure}
        documents.append(about | {"link_hosts": list(page.link_hosts)} | sure)
    said = _document(raw, source, {**fields, "author": None, "kind": "comment"}, page.comments, COMMENTS)
    if said:
        said["source"]["kind"] = "comment"
        documents.append(said | {"link_hosts": []})
    if not documents:
        taken = ((letter_account.CORE_REGION, letters),)
        if page.teasers:
            return unreadable(raw, "index_page", f"{page.teasers} teasers, each a link to another page", taken)
        return unreadable(raw, "no_text", "nothing is left but markup", taken)
    # The letters of the page are counted once: with its first document. What that does not have, its region left out.
    letters -= sum(letter_account.letters_in(one["text"]) for one in documents[1:])
    letters += sum(number for _, number in raw.taken)
    apart = [(PAGE_STEP + kind, number) for kind, number in sorted(page.taken.items())]
    documents[0] |= letter_account.columns(letters, [*raw.taken, *apart, (letter_account.CORE_REGION, None)])
    state = {DAMAGE: damage_share, EMBEDDED: page.embedded, CUT: page.cut}
    return [one | state for one in documents]


def _utf8(raw: Raw) -> tuple[bytes, float] | Unreadable:
    """The page in UTF-8 and the share of its characters that is U+FFFD. Bytes that are UTF-8 stay as they are."""
    if len(raw.content) > MAX_PAGE_BYTES:
        return _too_large(raw, len(raw.content))
    decoded, content = decode(raw), raw.content
    if isinstance(decoded, Unreadable):
        return decoded
    is_utf8 = decoded.charset == "utf-8" and not decoded.damage_share and content[:1] != BOM_START
    html = content if is_utf8 and isinstance(content, bytes) else decoded.text.encode("utf-8", "replace")
    return (html, decoded.damage_share) if len(html) <= MAX_PAGE_BYTES else _too_large(raw, len(html))


def _too_large(raw: Raw, size_bytes: int) -> Unreadable:
    return unreadable(raw, "too_large", f"a page of {size_bytes} bytes; the limit is {MAX_PAGE_BYTES}")


def _document(
    raw: Raw, source: Input, fields: dict[str, Any], said: Sequence[Passage], part: str = ""
) -> dict[str, Any] | None:
    """One document of what was said; None where nothing is left of it."""
    written = _Written(said)
    if not written.text:
        return None
    result = document(raw, source, fields, written.text, part)
    if written.turns:
        result["turns"] = written.turns
    result["segments"] = written.segments or None
    result["views"] = _views(result["title"], written)
    return result | {media.CONTENTS: written.contents} if written.contents else result


class _Written:
    """What was said as one text, with places in it: of turns, of media, of the answer."""

    def __init__(self, said: Sequence[Passage]) -> None:
        self.text = ""
        self.turns: list[dict[str, str | None]] = []
        self.segments: list[dict[str, Any]] = []
        self.contents: dict[str, bytes] = {}
        self.spans: list[tuple[int, int]] = []
        parts: list[str] = []
        length = 0
        for utterance in said:
            text, segments, contents = media.place(clean_text(utterance.text), utterance.items)
            if not text and not segments:
                continue
            at = length + (len(JOINT) if parts and text else 0)
            self.segments += [shifted(segment, at) for segment in segments]
            self.contents |= contents
            if text:
                parts.append(text)
                length = at + len(text)
                self._add_turn(utterance, text, at)
        self.text = JOINT.join(parts)

    def _add_turn(self, one: Passage, text: str, at: int) -> None:
        if one.role is not None:
            speaker = clean_text(whole_characters(one.speaker)) or None if one.speaker else None
            self.turns.append({"speaker": speaker, "text": text, "role": one.role})
            self.spans.append((at, at + len(text)))


def shifted(segment: dict[str, Any], by: int) -> dict[str, Any]:
    """A segment of a part as one of the whole."""
    return {**segment, "start": segment["start"] + by, "end": segment["end"] + by}


def _views(title: str | None, written: _Written) -> list[dict[str, Any]] | None:
    """The question, with the title where it is not part of it, and the place of the accepted or the first answer."""
    roles = [turn["role"] for turn in written.turns]
    if roles[:1] != ["question"]:
        return None
    wanted = next((role for role in ("accepted_answer", "answer") if role in roles), None)
    if wanted is None:
        return None
    question = written.turns[0]["text"] or ""
    prompt = question if not title or title in question else f"{title}\n\n{question}"
    start, end = written.spans[roles.index(wanted)]
    return [{"use": "qa", "prompt": prompt[:PROMPT_CHARACTERS], "start": start, "end": end}]
