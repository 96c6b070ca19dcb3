"""A web page: its core region as Markdown, who said what in it, its media, and its metadata. All in this process.

Every page costs time and memory in proportion to its bytes, of which there are at most MAX_PAGE_BYTES: the scanner
builds no tree, and what is read again of a page (tags, JSON, microdata) is bounded by number and size.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from malmoi.corpus import media
from malmoi.corpus.html import threads
from malmoi.corpus.html.code_markup import scan_with_code
from malmoi.corpus.html.core_region import MAX_PAGE_BYTES, Parsed, parse
from malmoi.corpus.html.embedded import embedded_text, plain
from malmoi.corpus.html.index_pages import num_teasers
from malmoi.corpus.html.inline_signs import with_signs
from malmoi.corpus.html.json_ld_threads import json_ld_thread
from malmoi.corpus.html.markup import holds_fours
from malmoi.corpus.html.microdata import microdata
from malmoi.corpus.html.page_furniture import without_furniture
from malmoi.corpus.html.page_media import Medium, region_media
from malmoi.corpus.html.page_metadata import link_hosts, linked_nodes, main_node, read_metadata, states_kind
from malmoi.corpus.html.region_text import MarkdownBlock, block_reader, markdown_blocks, to_markdown
from malmoi.corpus.html.scan import START
from malmoi.corpus.html.script_states import json_ld_states
from malmoi.corpus.html.threads import ThreadTurn
from malmoi.corpus.text import signs

THREAD_KINDS = frozenset({"kin", "cafe", "comment", "dialogue"})
"""Kinds of which the replies are the content."""
FIRST_PLACEHOLDER, LAST_PLACEHOLDER = 0xF0000, 0xFFFFD
"""While a text is put together, a character of this private plane stands for each medium and keeps its number."""
PLACEHOLDERS = re.compile("[\U000f0000-\U000ffffd]")
RESERVED = (b"\xf3", media.MARK.encode())
"""A text in UTF-8 without these holds no placeholder and no mark."""
ANSWER_HINTS = (b"nswer", "답변".encode())
THREAD_HINTS = (b"orum", b"hread", b"opic")
"""A page without any of these bytes has no such part, so that it need not be looked for."""


@dataclass(frozen=True)
class Passage:
    """What one person wrote, or the whole text of a page (role None): Markdown with a media.MARK for each item.

    taken: letters and digits of the lines that were taken apart, by kind (page_furniture.py).
    """

    text: str
    items: tuple[dict[str, Any], ...] = ()
    role: str | None = None
    speaker: str | None = None
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class WebPage:
    """A page as read.

    fields: metadata under the names of sources/fields.py, url made absolute. passages: in reading order; only one, with
    the role None, where the page is no thread; none where there is no text. comments: of readers, where they were asked
    for and are not the content. link_hosts: other hosts that it links to. embedded: its text was in a script. cut: it
    had more than is read. confidence: the F1 that its core region is predicted to have, 0..1; None where the text is
    not what the model chose (a thread, a script). is_unsure: that is among the lowest. read: all the text that it was
    chosen from, in UTF-8. teasers: of how many the page consists, where it is a list of other pages; it has no passages
    then. taken: letters and digits of the lines that were taken apart, by kind (page_furniture.py).
    """

    fields: dict[str, str]
    passages: tuple[Passage, ...]
    comments: tuple[Passage, ...] = ()
    link_hosts: tuple[str, ...] = ()
    embedded: bool = False
    cut: bool = False
    confidence: float | None = None
    is_unsure: bool | None = None
    read: bytes = b""
    teasers: int = 0
    taken: dict[str, int] = field(default_factory=dict)


def read_page(html: bytes, kind: str | None, url: str | None, comments: bool = False) -> WebPage:
    """Reads a page in UTF-8 of at most MAX_PAGE_BYTES. Never raises for what a page holds.

    kind: what the source says the page is; where None, what the page says decides whether replies are content.
    """
    parsed = parse(html[:MAX_PAGE_BYTES], cut=len(html) > MAX_PAGE_BYTES)
    states = json_ld_states(parsed.content, parsed.scanned)
    nodes = linked_nodes(states)
    if not states_kind(main_node(nodes)):
        nodes += linked_nodes(microdata(parsed))
    fields = read_metadata(parsed, nodes, url)
    turns = _turns(parsed, kind or fields.get("kind"), fields)
    base = fields.get("url") or url
    teasers = 0
    if turns:
        passages = [_passage_of(parsed, turn, base) for turn in turns]
    else:
        teasers = num_teasers(parsed)
        passages = [] if teasers else [_passage(parsed, parsed.chosen, base, block_reader(parsed.scanned))]
    shown = "\n".join(passage.text for passage in passages)
    thread = json_ld_thread(main_node(nodes), shown) if not turns else []
    embedded = "" if thread or teasers else embedded_text(parsed.content, parsed.scanned, states, shown)
    unseen = [text for _, _, text in thread] if thread else [embedded]
    if thread:
        passages = [Passage(media.without_marks(plain(text)), (), role, speaker) for role, speaker, text in thread]
    elif embedded:
        text, taken = without_furniture(media.without_marks(embedded))
        passages = [Passage(text, taken=taken)]
    replies: list[ThreadTurn] = []
    if comments and (kind or fields.get("kind")) not in THREAD_KINDS:
        replies = threads.reader_comments(parsed)
    is_chosen = not (turns or thread or embedded)
    return WebPage(
        fields,
        tuple(passage for passage in passages if passage.text),
        tuple(_passage_of(parsed, reply, base) for reply in replies),
        tuple(link_hosts(parsed, base)),
        bool(embedded),
        parsed.cut,
        parsed.confidence if is_chosen else None,
        parsed.is_unsure if is_chosen else None,
        b"\n".join([parsed.shown.tobytes(), *(text.encode("utf-8", "replace") for text in unseen)]),
        teasers,
        _sums(passage.taken for passage in passages),
    )


def read_fragment(html: bytes) -> Passage:
    """All the text of a piece of a page in UTF-8, which has no chrome that would have to be left out."""
    content, page, scanned = scan_with_code(html[:MAX_PAGE_BYTES])
    chosen = np.ones(len(scanned.blocks), np.bool_)
    features, chance = np.empty((len(chosen), 0), np.float32), chosen.astype(np.float32)
    parsed = Parsed(content, page, with_signs(page, scanned), features, chance, chosen, scanned.text)
    return _placed(*_written(parsed, chosen, None, block_reader(parsed.scanned)), {})


def _sums(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def _turns(parsed: Parsed, kind: str | None, fields: dict[str, str]) -> list[ThreadTurn]:
    """The turns of a page of several speakers; [] of any other.

    kind: what source and metadata say. Where they say nothing, it is found here and put into `fields`.
    """
    if kind in THREAD_KINDS:
        turns = threads.questions_and_answers(parsed) if kind == "kin" else []
        return turns or threads.post_and_comments(parsed)
    if kind is not None:
        return []
    if _holds_any(parsed, ANSWER_HINTS):
        turns = threads.questions_and_answers(parsed)
        if len(turns) > 1 and turns[0].role == "question":
            fields["kind"] = "kin"
            return turns
    if _holds_any(parsed, THREAD_HINTS):
        turns = threads.forum_posts(parsed)
        if turns:
            fields["kind"] = "cafe"
        return turns
    return []


def _holds_any(parsed: Parsed, hints: tuple[bytes, ...]) -> bool:
    """Whether the bytes of the page hold any of the hints; their first four bytes are looked for in a quicker way."""
    held = holds_fours(parsed.page, np.frombuffer(b"".join(hint[:4] for hint in hints), np.uint8).reshape(-1, 4))
    return any(hints[number] in parsed.content for number in np.flatnonzero(held).tolist())


def _passage_of(parsed: Parsed, turn: ThreadTurn, url: str | None) -> Passage:
    """A turn as text. url: what addresses of media are relative to."""

    def read(number: int) -> str:
        return threads.cut_text(parsed.scanned, number, turn.cuts)

    passage = _passage(parsed, turn.blocks, url, read, turn)
    return replace(passage, role=turn.role, speaker=turn.speaker)


def _passage(
    parsed: Parsed, blocks: np.ndarray, url: str | None, read: Callable[[int], str], turn: ThreadTurn | None = None
) -> Passage:
    """The blocks as Markdown with a media.MARK for each medium, without furniture; a comment keeps all its lines.

    The arguments are those of `_written`.
    """
    text, found_media = _written(parsed, blocks, url, read, turn)
    taken: dict[str, int] = {}
    if turn is None or turn.role != "comment":
        text, taken = without_furniture(text)
    return _placed(text, found_media, taken)


def _placed(text: str, found_media: list[Medium], taken: dict[str, int]) -> Passage:
    """The passage of a text in which a placeholder stands for each of the media."""
    items = tuple(found_media[ord(sign) - FIRST_PLACEHOLDER].item for sign in PLACEHOLDERS.findall(text))
    return Passage(PLACEHOLDERS.sub(media.MARK, text), items, taken=taken)


def _written(
    parsed: Parsed, blocks: np.ndarray, url: str | None, read: Callable[[int], str], turn: ThreadTurn | None = None
) -> tuple[str, list[Medium]]:
    """The blocks as Markdown with a placeholder for each medium, and the media.

    blocks: bool (blocks,). read: the text of a block by its number. Of a turn of which words were cut, the media inside
    a block stand before it: their offsets hold for the whole block only.
    """
    root = turn.root if turn else 0
    found_media = region_media(parsed, blocks, url)[: LAST_PLACEHOLDER - FIRST_PLACEHOLDER]
    inside: dict[int, list[tuple[int, str]]] = {}
    between: list[tuple[int, str]] = []
    for number, medium in enumerate(found_media):
        placeholder = chr(FIRST_PLACEHOLDER + number)
        if medium.inside and not (turn and turn.cuts):
            inside.setdefault(medium.block, []).append((medium.at, placeholder))
        else:
            between.append((medium.block, placeholder))
    content = parsed.scanned.text.tobytes()
    may_hold_marks = any(sign in content for sign in RESERVED)

    def marked(number: int) -> str:
        if number in inside:
            return _with_placeholders(parsed, content, number, inside[number])
        return _clean(read(number)) if may_hold_marks else read(number)

    text = to_markdown(_with_media(markdown_blocks(parsed.scanned, blocks, marked, root, parsed.page), between))
    return text, found_media


def _clean(text: str) -> str:
    """Without marks and placeholders that the page itself may hold."""
    if text.isascii():
        return text
    text = signs.normalised(text) if PLACEHOLDERS.search(text) else text  # some programs number lists with these
    return PLACEHOLDERS.sub("", media.without_marks(text))


def _with_placeholders(parsed: Parsed, content: bytes, number: int, placeholders: list[tuple[int, str]]) -> str:
    """The text of block `number` with placeholders at their offsets in `content`, the scanned text."""
    start, end = parsed.scanned.blocks[number, START : START + 2].tolist()
    parts, at = [], start
    for offset, placeholder in placeholders:
        parts += [_clean(content[at:offset].decode("utf-8", "replace")), placeholder]
        at = max(at, min(offset, end))
    return "".join([*parts, _clean(content[at:end].decode("utf-8", "replace"))])


def _with_media(blocks: list[MarkdownBlock], placeholders: list[tuple[int, str]]) -> list[MarkdownBlock]:
    """The blocks with one of kind "media" for each placeholder, before the block of its number or the next later one.

    placeholders: (number of the block, placeholder), in order.
    """
    merged: list[MarkdownBlock] = []
    waiting = list(reversed(placeholders))
    for block in blocks:
        while waiting and waiting[-1][0] <= block.block:
            merged.append(MarkdownBlock("media", 0, waiting.pop()[1]))
        merged.append(block)
    return [*merged, *(MarkdownBlock("media", 0, placeholder) for _, placeholder in reversed(waiting))]
