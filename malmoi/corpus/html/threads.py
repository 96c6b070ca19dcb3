"""The parts of pages where several people speak: questions and answers, posts and comments, by structure alone.

Words in classes, ids and microdata (schema.org's Question, Answer, acceptedAnswer, Comment among them) say where the
questions, answers and comments stand; siblings of one style tell one from the next. No site is known by its name.
"""

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from malmoi.corpus.html.block_features import COLUMN
from malmoi.corpus.html.core_region import Look
from malmoi.corpus.html.scan import FIRST, LAST, TAG, Scanned
from malmoi.corpus.html.tags import ID
from malmoi.corpus.html.thread_items import BOXES, HEADINGS, MAX_PARTS, Tree, grow, items_of
from malmoi.corpus.html.thread_words import (
    ACCEPTED,
    ANSWER,
    AUTHOR,
    BADGE,
    BUTTON,
    COMMENT,
    DATE,
    FORM,
    FURNITURE,
    FURNITURE_CHARACTERS,
    LABEL,
    POST,
    QUESTION,
)

CONTROLS = np.zeros(256, np.bool_)
CONTROLS[[ID[name] for name in "button form time select label nav footer".split()]] = True
SMALL_BYTES, CONTROL_BYTES, SPEAKER_BYTES = 90, 240, 90
"""An element named for authors, dates or buttons is that only if it is so short; a name is shorter than a sentence."""
CHOSEN_SHARE = 0.5
"""Of a question, an answer or a post only the blocks that the model chose are kept, where they are so much of it."""
LIST_REACH = 2
PLAIN_LINK_SHARE, SHORT_WEIGHT = 0.5, 60


@dataclass(frozen=True)
class Part:
    """What one person said.

    role: question | answer | accepted_answer | post | comment. blocks: bool, one a block of the page. cuts: places in
    the scanned text that are no words of theirs (names, dates, buttons). root: the element around them, 0 for the page.
    """

    role: str
    speaker: str | None
    blocks: np.ndarray
    cuts: tuple[tuple[int, int], ...] = ()
    root: int = 0


def questions_and_answers(seen: Look) -> list[Part]:
    """A question and its answers, with the comments on them, in reading order; [] where the page has none."""
    tree = grow(seen)
    answers = items_of(tree, ANSWER, without=QUESTION)
    if not answers or _asks_again(tree, answers):
        return []
    comments = items_of(tree, COMMENT, inside=answers)
    first = int(tree.lows[answers[0]])
    question = _question(tree, answers)
    asked = _part(tree, "question", question, [*answers, *comments]) if question is not None else None
    asked = asked or _chosen_before(seen, first)
    if asked is None:
        return []
    accepted = _accepted(tree, answers)
    said = [(answer, "accepted_answer" if answer in accepted else "answer") for answer in answers]
    said += [(comment, "comment") for comment in comments]
    others = sorted(said)
    parts = [_part(tree, role, element, [inner for inner, _ in others if inner > element]) for element, role in others]
    return [asked, *filter(None, parts)] if any(parts) else []


def post_and_comments(seen: Look) -> list[Part]:
    """A post and the comments on it, or the posts of a thread, the first as the post; [] for a single post."""
    tree = grow(seen)
    comments = items_of(tree, COMMENT)
    if not comments:
        return _posts(tree)
    said = list(filter(None, (_part(tree, "comment", comment, comments) for comment in comments)))
    rest = seen.chosen.copy()
    for comment in comments:
        rest[tree.lows[comment] : tree.highs[comment]] = False
    if not rest.any():
        return said
    return [Part("post", None, rest), *said]


def forum_posts(seen: Look) -> list[Part]:
    """The posts of a thread on a page that nobody says is one: those that name an author or a date; [] below two."""
    return _posts(grow(seen))


def _posts(tree: Tree) -> list[Part]:
    posts = [post for post in items_of(tree, POST) if tree.named[post]]
    parts = [part for post in posts if (part := _part(tree, "comment", post, posts))]
    return [replace(parts[0], role="post"), *parts[1:]] if len(parts) > 1 else []


def reader_comments(seen: Look) -> list[Part]:
    """The comments alone, without what the model holds to be the page's own text."""
    tree = grow(seen)
    comments = items_of(tree, COMMENT)
    parts = filter(None, (_part(tree, "comment", comment, comments) for comment in comments))
    return [part for part in parts if not (part.blocks & seen.chosen).any() or _mostly_aside(seen, part)]


def _mostly_aside(seen: Look, part: Part) -> bool:
    weight = seen.features[:, COLUMN["weight"]]
    return weight[part.blocks & seen.chosen].sum() < CHOSEN_SHARE * weight[part.blocks].sum()


def _asks_again(tree: Tree, answers: list[int]) -> bool:
    """Whether another question stands between two answers, and is no link: a page of common questions and answers."""
    link_share = tree.seen.features[:, COLUMN["link_share"]]
    asked = BOXES[tree.elements[:, TAG]] & ((tree.bits & QUESTION) != 0) & ((tree.bits & (ANSWER | FORM)) == 0)
    for element in np.flatnonzero(asked & (tree.sizes > 0)).tolist():
        if not answers[0] < element < answers[-1]:
            continue
        inside = any(answer < element < tree.ends[answer] for answer in answers)
        shares = link_share[tree.lows[element] : tree.highs[element]]
        if not inside and len(shares) and (shares < PLAIN_LINK_SHARE).any():
            return True
    return False


def _question(tree: Tree, answers: list[int]) -> int | None:
    """The question: the box with the word that holds no answer, before the first answer, with the most text.

    Else the innermost box with the word around the first answer: of that what stands before it is asked.
    """
    boxed = BOXES[tree.elements[:, TAG]] & ((tree.bits & QUESTION) != 0) & ((tree.bits & (ANSWER | FORM)) == 0)
    best, around, most = None, None, 0
    for element in np.flatnonzero(boxed & (tree.sizes > 0)).tolist():
        if element < answers[0] < tree.ends[element] and tree.lows[element] < tree.lows[answers[0]]:
            around = element
        elif element < answers[0] and tree.ends[element] <= answers[0] and tree.sizes[element] > most:
            best, most = element, int(tree.sizes[element])
    return around if best is None else best


def _chosen_before(seen: Look, block: int) -> Part | None:
    blocks = seen.chosen.copy()
    blocks[block:] = False
    return Part("question", None, blocks) if blocks.any() else None


def _accepted(tree: Tree, answers: list[int]) -> set[int]:
    """The answers that are said to be accepted, by their own class, or by a mark inside that not all of them have."""
    own = {answer for answer in answers if tree.bits[answer] & ACCEPTED}
    if own and len(own) < max(2, len(answers)):
        return own
    marked = set()
    for answer in answers:
        inner = slice(answer, int(tree.ends[answer]))
        small = ((tree.bits[inner] & ACCEPTED) != 0) & (tree.sizes[inner] > 0) & (tree.sizes[inner] <= CONTROL_BYTES)
        if small.any() or _has_badge(tree, answer):
            marked.add(answer)
    return marked if len(marked) < max(2, len(answers)) else set()


def _has_badge(tree: Tree, answer: int) -> bool:
    low, high = int(tree.lows[answer]), int(tree.highs[answer])
    for number in range(low, min(high, low + 8)):
        text = _text(tree.seen.scanned, number)
        if BADGE.match(text) and len(text) <= FURNITURE_CHARACTERS:
            return True
    return False


def _text(scanned: Scanned, number: int) -> str:
    start, end = scanned.blocks[number, 1:3].tolist()
    return unicodedata.normalize("NFC", scanned.text[start:end].tobytes().decode("utf-8", "replace").strip())


def _part(tree: Tree, role: str, element: int, apart: list[int]) -> Part | None:
    """What is said in an element, without the elements in `apart` that stand inside it; None where that is nothing."""
    scanned = tree.seen.scanned
    low, high = int(tree.lows[element]), int(tree.highs[element])
    blocks = np.zeros(len(scanned.blocks), np.bool_)
    blocks[low:high] = True
    for inner in apart:
        if element < inner < tree.ends[element]:
            blocks[tree.lows[inner] : tree.highs[inner]] = False
            if role == "question":
                blocks[tree.lows[inner] :] = False
    cuts = _cuts(tree, element)
    weight, link_share = (tree.seen.features[:, COLUMN[name]] for name in ("weight", "link_share"))
    blocks &= ~((link_share > PLAIN_LINK_SHARE) & (weight < SHORT_WEIGHT))
    for number in np.flatnonzero(blocks).tolist():
        left = cut_text(scanned, number, cuts)
        blocks[number] = bool(left) and not (len(left) <= FURNITURE_CHARACTERS and FURNITURE.fullmatch(left))
    if role != "comment":
        blocks = _filled(tree.seen, blocks)
    return Part(role, _speaker(tree, element, apart), blocks, cuts, element) if blocks.any() else None


def _filled(seen: Look, blocks: np.ndarray) -> np.ndarray:
    """Of the blocks of a long part those from the first to the last that the model chose, with lists that follow.

    All of them where the model chose less than CHOSEN_SHARE: the structure says that this is somebody's words.
    """
    weight = seen.features[:, COLUMN["weight"]]
    chosen = np.flatnonzero(blocks & seen.chosen)
    if not len(chosen) or weight[chosen].sum() < CHOSEN_SHARE * weight[blocks].sum():
        return blocks
    last = int(chosen[-1])
    near = [seen.features[:, COLUMN[f"under_{name}"]] <= LIST_REACH for name in ("item", "pre", "cell")]
    listed = np.any(near, axis=0) & blocks
    while last + 1 < len(blocks) and listed[last + 1]:
        last += 1
    kept = blocks.copy()
    kept[: chosen[0]] = kept[last + 1 :] = False
    return kept


def _cuts(tree: Tree, element: int) -> tuple[tuple[int, int], ...]:
    """The places of names, dates and buttons in an element, outermost ones, in order."""
    inner = slice(element + 1, int(tree.ends[element]))
    bits, sizes, tags = tree.bits[inner], tree.sizes[inner], tree.elements[inner, TAG]
    is_small = ((bits & (AUTHOR | DATE | BUTTON | ACCEPTED)) != 0) & (sizes <= SMALL_BYTES)
    is_control = (CONTROLS[tags] | ((bits & FORM) != 0)) & (sizes <= CONTROL_BYTES)
    spans: list[tuple[int, int]] = []
    places = tree.seen.scanned.places[inner][(is_small | is_control) & (sizes > 0)]
    for first, last in places[:, [FIRST, LAST]].tolist():
        if not spans or first >= spans[-1][1]:
            spans.append((first, last))
    return tuple(spans)


def cut_text(scanned: Scanned, number: int, cuts: tuple[tuple[int, int], ...]) -> str:
    """The text of a block without the cuts."""
    start, end = scanned.blocks[number, 1:3].tolist()
    kept, at = [], start
    for first, last in cuts:
        if last > start and first < end:
            kept.append(scanned.text[at : max(at, first)])
            at = max(at, min(end, last))
    kept.append(scanned.text[at:end])
    text = b" ".join(part.tobytes() for part in kept).decode("utf-8", "replace").strip()
    return unicodedata.normalize("NFC", text)


def _speaker(tree: Tree, element: int, apart: list[int]) -> str | None:
    """The words of the first element named for an author, the innermost of those around it."""
    scanned = tree.seen.scanned
    end = min([int(tree.ends[element]), *(inner for inner in apart if inner > element)])
    inner = slice(element + 1, end)
    fits = ((tree.bits[inner] & AUTHOR) != 0) & (tree.sizes[inner] > 0) & ~HEADINGS[tree.elements[inner, TAG]]
    candidates = (np.flatnonzero(fits) + element + 1).tolist()
    if not candidates:
        return None
    chosen = candidates[0]
    for candidate in candidates[1:MAX_PARTS]:
        if candidate >= tree.ends[chosen]:
            break
        chosen = candidate
    if tree.sizes[chosen] > SPEAKER_BYTES:
        return None
    first, last = scanned.places[chosen, FIRST], scanned.places[chosen, LAST]
    name = LABEL.sub("", " ".join(scanned.text[first:last].tobytes().decode("utf-8", "replace").split()))
    return name.strip(" ·|,:/") or None
