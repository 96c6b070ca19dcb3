"""The parts of pages where several people speak: questions and answers, posts and comments, by structure alone.

Words in classes, ids and microdata (schema.org's Question, Answer, acceptedAnswer, Comment among them) say where the
questions, answers and comments stand; siblings of one style tell one from the next. No site is known by its name.
"""

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from malmoi.corpus.html import thread_words as words
from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.core_region import Parsed
from malmoi.corpus.html.scan import END, FIRST, LAST, START, TAG, Scanned
from malmoi.corpus.html.tags import tag_mask
from malmoi.corpus.html.thread_items import BOXES, HEADINGS, MAX_PARTS, ThreadIndex, items_of, thread_index

CONTROLS = tag_mask("button form time select label nav footer")
SMALL_BYTES, CONTROL_BYTES, SPEAKER_BYTES = 90, 240, 90
"""An element named for authors, dates or buttons is that only if it is so short; a name is shorter than a sentence."""
CHOSEN_SHARE = 0.5
"""Of a question, an answer or a post only the blocks that the model chose are kept, where they are so much of it."""
LIST_REACH = 2
"""A block belongs to a list, a table or code that stands so few elements above it."""
PLAIN_LINK_SHARE, SHORT_WEIGHT = 0.5, 60
"""A block that is mostly links and has less weight (24 syllables) is a button. The limits of this file were set by
hand in November 2026; no recall on real boards has been measured.
"""
JOINTS = " \n–—·|"
"""What joins words to a name or a date that was cut away."""
MOST_OF_ITEM = 0.5
"""A box with more of a comment's text is what was said, though its class names a form."""
LEAST_NAME = 3
"""A name of so many characters that stands twice is written once more for machines; ㅇㅇ and 나나 are names."""
BADGE_BLOCKS = 8
"""So many blocks at the beginning of an answer are searched for the badge of acceptance."""


@dataclass(frozen=True)
class ThreadTurn:
    """What one person wrote in a thread.

    role: question | answer | accepted_answer | post | comment. blocks: bool (blocks,). cuts: spans of the scanned text
    that are no words of theirs (names, dates, buttons), in order. root: the element around them, 0 for the page.
    """

    role: str
    speaker: str | None
    blocks: np.ndarray
    cuts: tuple[tuple[int, int], ...] = ()
    root: int = 0


def questions_and_answers(parsed: Parsed) -> list[ThreadTurn]:
    """A question and its answers, with the comments on them, in reading order; [] where the page has none."""
    index = thread_index(parsed)
    answers = items_of(index, words.ANSWER, without=words.QUESTION)
    if not answers or _asks_again(index, answers):
        return []
    comments = items_of(index, words.COMMENT, inside=answers)
    element = _question(index, answers)
    question = _turn(index, "question", element, [*answers, *comments]) if element is not None else None
    question = question or _chosen_before(parsed, int(index.lows[answers[0]]))
    if question is None:
        return []
    accepted = _accepted(index, answers)
    items = [(answer, "accepted_answer" if answer in accepted else "answer") for answer in answers]
    items = sorted([*items, *((comment, "comment") for comment in comments)])
    turns = [_turn(index, role, item, [inner for inner, _ in items if inner > item]) for item, role in items]
    return [question, *filter(None, turns)] if any(turns) else []


def post_and_comments(parsed: Parsed) -> list[ThreadTurn]:
    """A post and the comments on it, or the posts of a thread, the first as the post; [] for a single post."""
    index = thread_index(parsed)
    comments = items_of(index, words.COMMENT)
    if not comments:
        return _posts(index)
    turns = _turns(index, comments)
    rest = parsed.chosen.copy()
    for comment in comments:
        rest[index.lows[comment] : index.highs[comment]] = False
    if not rest.any():
        return turns
    return [ThreadTurn("post", None, rest), *turns]


def forum_posts(parsed: Parsed) -> list[ThreadTurn]:
    """The posts of a thread on a page that nobody says is one: those that name an author or a date; [] below two,
    and where most of what the model chose stands elsewhere: then they are comments on it.
    """
    turns = _posts(thread_index(parsed))
    weight = parsed.features[:, COLUMN["weight"]]
    said = np.zeros(len(parsed.chosen), np.bool_)
    for turn in turns:
        said |= turn.blocks
    is_text = weight[said & parsed.chosen].sum() >= CHOSEN_SHARE * weight[parsed.chosen].sum()
    return turns if is_text else []


def _posts(index: ThreadIndex) -> list[ThreadTurn]:
    posts = [post for post in items_of(index, words.POST) if index.named[post]]
    turns = _turns(index, posts)
    return [replace(turns[0], role="post"), *turns[1:]] if len(turns) > 1 else []


def reader_comments(parsed: Parsed) -> list[ThreadTurn]:
    """The comments alone, without what the model holds to be the page's own text."""
    index = thread_index(parsed)
    turns = _turns(index, items_of(index, words.COMMENT))
    return [turn for turn in turns if not (turn.blocks & parsed.chosen).any() or _mostly_aside(parsed, turn)]


def _turns(index: ThreadIndex, items: list[int]) -> list[ThreadTurn]:
    """Those of the items (elements) that hold words, as comments, each without the items inside it."""
    return [turn for item in items if (turn := _turn(index, "comment", item, items))]


def _mostly_aside(parsed: Parsed, turn: ThreadTurn) -> bool:
    weight = parsed.features[:, COLUMN["weight"]]
    return weight[turn.blocks & parsed.chosen].sum() < CHOSEN_SHARE * weight[turn.blocks].sum()


def _asks_again(index: ThreadIndex, answers: list[int]) -> bool:
    """Whether another question stands between two answers, and is no link: a page of common questions and answers."""
    link_share = index.parsed.features[:, COLUMN["link_share"]]
    for element in _question_boxes(index):
        if not answers[0] < element < answers[-1]:
            continue
        inside = any(answer < element < index.ends[answer] for answer in answers)
        shares = link_share[index.lows[element] : index.highs[element]]
        if not inside and len(shares) and (shares < PLAIN_LINK_SHARE).any():
            return True
    return False


def _question_boxes(index: ThreadIndex) -> list[int]:
    """The boxes with text that are named for a question, and neither for an answer nor for a form."""
    boxed = BOXES[index.elements[:, TAG]] & ((index.bits & words.QUESTION) != 0)
    boxed &= (index.bits & (words.ANSWER | words.FORM)) == 0
    return np.flatnonzero(boxed & (index.sizes > 0)).tolist()


def _question(index: ThreadIndex, answers: list[int]) -> int | None:
    """The question: the box with the word that holds no answer, before the first answer, with the most text.

    Else the innermost box with the word around the first answer: of that what stands before it is asked.
    """
    best, around, most = None, None, 0
    for element in _question_boxes(index):
        if element < answers[0] < index.ends[element] and index.lows[element] < index.lows[answers[0]]:
            around = element
        elif element < answers[0] and index.ends[element] <= answers[0] and index.sizes[element] > most:
            best, most = element, int(index.sizes[element])
    return around if best is None else best


def _chosen_before(parsed: Parsed, block: int) -> ThreadTurn | None:
    """What the model chose before a block, as the question; None where that is nothing."""
    blocks = parsed.chosen.copy()
    blocks[block:] = False
    return ThreadTurn("question", None, blocks) if blocks.any() else None


def _accepted(index: ThreadIndex, answers: list[int]) -> set[int]:
    """The answers that are said to be accepted, by their own class, or by a mark inside that not all of them have."""
    named = {answer for answer in answers if index.bits[answer] & words.ACCEPTED}
    if named and len(named) < max(2, len(answers)):
        return named
    marked = set()
    for answer in answers:
        inner = slice(answer, int(index.ends[answer]))
        sizes, accepted = index.sizes[inner], (index.bits[inner] & words.ACCEPTED) != 0
        if (accepted & (sizes > 0) & (sizes <= CONTROL_BYTES)).any() or _has_badge(index, answer):
            marked.add(answer)
    return marked if len(marked) < max(2, len(answers)) else set()


def _has_badge(index: ThreadIndex, answer: int) -> bool:
    low, high = int(index.lows[answer]), int(index.highs[answer])
    texts = (cut_text(index.parsed.scanned, number, ()) for number in range(low, min(high, low + BADGE_BLOCKS)))
    return any(words.BADGE.match(text) and len(text) <= words.FURNITURE_CHARACTERS for text in texts)


def _turn(index: ThreadIndex, role: str, element: int, apart: list[int]) -> ThreadTurn | None:
    """What an element holds, without the elements in `apart` that stand inside it; None where that is nothing.

    Of a question only what stands before the first of those inside it.
    """
    scanned = index.parsed.scanned
    low, high = int(index.lows[element]), int(index.highs[element])
    blocks = np.zeros(len(scanned.blocks), np.bool_)
    blocks[low:high] = True
    for inner in apart:
        if element < inner < index.ends[element]:
            blocks[index.lows[inner] : index.highs[inner]] = False
            if role == "question":
                blocks[index.lows[inner] :] = False
    cuts = _cuts(index, element)
    weight, link_share = (index.parsed.features[:, COLUMN[name]] for name in ("weight", "link_share"))
    blocks &= ~((link_share > PLAIN_LINK_SHARE) & (weight < SHORT_WEIGHT))
    for number in np.flatnonzero(blocks).tolist():
        left = cut_text(scanned, number, cuts)
        is_furniture = len(left) <= words.FURNITURE_CHARACTERS and words.FURNITURE.fullmatch(left)
        blocks[number] = bool(left) and not is_furniture
    if role != "comment":
        blocks = _filled(index.parsed, blocks)
    return ThreadTurn(role, _speaker(index, element, apart), blocks, cuts, element) if blocks.any() else None


def _filled(parsed: Parsed, blocks: np.ndarray) -> np.ndarray:
    """Of the blocks of a long part those from the first to the last that the model chose, with lists that follow.

    All of them where the model chose less than CHOSEN_SHARE: the structure says that this is somebody's words.
    """
    weight = parsed.features[:, COLUMN["weight"]]
    chosen = np.flatnonzero(blocks & parsed.chosen)
    if not len(chosen) or weight[chosen].sum() < CHOSEN_SHARE * weight[blocks].sum():
        return blocks
    last = int(chosen[-1])
    near = [parsed.features[:, COLUMN[f"under_{name}"]] <= LIST_REACH for name in ("item", "pre", "cell")]
    listed = np.any(near, axis=0) & blocks
    while last + 1 < len(blocks) and listed[last + 1]:
        last += 1
    kept = blocks.copy()
    kept[: chosen[0]] = kept[last + 1 :] = False
    return kept


def _cuts(index: ThreadIndex, element: int) -> tuple[tuple[int, int], ...]:
    """The spans of names, dates and buttons in an element, outermost ones, in order, in bytes of the scanned text."""
    inner = slice(element + 1, int(index.ends[element]))
    bits, sizes, tags = index.bits[inner], index.sizes[inner], index.elements[inner, TAG]
    is_small = ((bits & (words.AUTHOR | words.DATE | words.BUTTON | words.ACCEPTED)) != 0) & (sizes <= SMALL_BYTES)
    is_control = (CONTROLS[tags] | ((bits & words.FORM) != 0)) & (sizes <= CONTROL_BYTES)
    is_most = sizes > MOST_OF_ITEM * index.sizes[element]
    is_control &= ~is_most | CONTROLS[tags]
    cuts: list[tuple[int, int]] = []
    candidates = index.parsed.scanned.spans[inner][(is_small | is_control) & (sizes > 0)]
    for first, last in candidates[:, [FIRST, LAST]].tolist():
        if not cuts or first >= cuts[-1][1]:
            cuts.append((first, last))
    return tuple(cuts)


def cut_text(scanned: Scanned, number: int, cuts: tuple[tuple[int, int], ...]) -> str:
    """The text of block `number` in NFC, without the cuts: spans of the scanned text, in order."""
    start, end = scanned.blocks[number, START : END + 1].tolist()
    kept, at = [], start
    for first, last in cuts:
        if last > start and first < end:
            kept.append(scanned.text[at : max(at, first)])
            at = max(at, min(end, last))
    kept.append(scanned.text[at:end])
    text = b" ".join(part.tobytes() for part in kept).decode("utf-8", "replace").strip()
    if len(kept) > 1:
        text = text.strip(JOINTS)
    return unicodedata.normalize("NFC", text)


def _speaker(index: ThreadIndex, element: int, apart: list[int]) -> str | None:
    """The words of the first element named for an author, the innermost of those around it."""
    end = min([int(index.ends[element]), *(inner for inner in apart if inner > element)])
    inner = slice(element + 1, end)
    fits = ((index.bits[inner] & words.AUTHOR) != 0) & (index.sizes[inner] > 0) & ~HEADINGS[index.elements[inner, TAG]]
    fits &= (index.bits[inner] & words.DATE) == 0
    candidates = (np.flatnonzero(fits) + element + 1).tolist()
    if not candidates:
        return None
    chosen = candidates[0]
    for candidate in candidates[1:MAX_PARTS]:
        if candidate >= index.ends[chosen]:
            break
        chosen = candidate
    name = _without_badges(index, chosen)
    if len(name.encode()) > SPEAKER_BYTES:
        return None
    name = words.LABEL.sub("", " ".join(name.split())).strip(" ·|,:/")
    half = name[: len(name) // 2]
    is_twice = len(set(half)) > 1 and name == half + half and len(half) >= LEAST_NAME
    return (half if is_twice else name) or None


def _without_badges(index: ThreadIndex, element: int) -> str:
    """The text of an element without the dates, grades and counts in it."""
    scanned = index.parsed.scanned
    inner = slice(element + 1, int(index.ends[element]))
    is_badge = ((index.bits[inner] & (words.BUTTON | words.DATE)) != 0) & (index.sizes[inner] > 0)
    first, last = scanned.spans[element, FIRST : LAST + 1].tolist()
    parts, at = [], first
    for start, end in scanned.spans[inner][is_badge][:MAX_PARTS, FIRST : LAST + 1].tolist():
        parts.append(scanned.text[at : max(at, start)].tobytes())
        at = max(at, end)
    parts.append(scanned.text[at : max(at, last)].tobytes())
    return b" ".join(parts).decode("utf-8", "replace")
