"""Views: ways to use a document beside reading it. What is asked, and which characters of its text answer.

search: the title finds the whole document. dialogue: each reply follows from what was said just before it. qa: a
question and its accepted, else its first answer. summary: an abstract, or the headline of an article, and its body.
They are made after masking, on the very text that is kept; those that a reader made already were moved by masking.
"""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.document import VIEW
from malmoi.corpus.sources.record import MOST_SUMMARY_SHARE, View
from malmoi.corpus.steps.verdicts import replaced

USES = ("search", "dialogue", "qa", "summary")
MOST_REPLIES = 200
"""Of one document. A log of a year is used by its text."""
ARTICLES = ("news", "blog", "expert", "wiki")
"""Kinds whose title says what the text says; that of a statute or a book is its name."""
LEAST_BODY_CHARACTERS = 300
"""A shorter text is hardly longer than its summary."""
HEADED = re.compile(
    r"(?:\A|\n)[#\s*【\[(<]{0,8}(?:국문\s?)?(?:초록|요약|요약문|Abstract|ABSTRACT|Summary)[\]】)>*\s]{0,6}:?[ \t]*\n+"
    r"(?P<summary>[^\n#][^\n]{40,3000})\n"
)
"""A heading that says so, and the paragraph below it."""
ABSTRACTS = ("초록", "요약", "bstract", "ABSTRACT", "Summary")
HEADED_WITHIN = 3_000


def add_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with the views of each document behind those that it has; null where it has none.

    start and end count characters of `text`. Run last, when nothing more is masked or cut: a place is looked for in the
    text as it is, and a view whose part was cut goes. No use is added twice: what a reader said goes first. Texts are
    looked at only where there are turns, or an abstract may be.
    """

    lengths = pc.call_function("utf8_length", [batch.column("text")]).to_pylist()
    titles, turns = batch.column("title").to_pylist(), batch.column("turns")
    kinds, before = batch.column("source").field("kind").to_pylist(), batch.column("views").to_pylist()
    views: list[list[View] | None] = []
    for row, (title, length, kind, given) in enumerate(zip(titles, lengths, kinds, before, strict=True)):
        of_row: list[View] = [view for view in given or () if view["end"] > view["start"]]
        if title and length:
            of_row += _of_title(title, length, kind)
        if turns[row].is_valid:
            of_row += _of_turns(turns[row].as_py(), title, batch.column("text")[row].as_py())
        if kind == "expert" and length >= LEAST_BODY_CHARACTERS:
            of_row += _of_heading(batch.column("text")[row].as_py())
        views.append(_once(of_row) or None)
    return replaced(batch, "views", pa.array(views, pa.list_(VIEW)))


def _once(views: list[View]) -> list[View]:
    """Of each use what came first; of dialogues all replies, which come together."""
    uses = {view["use"]: number for number, view in reversed(list(enumerate(views)))}
    return [view for number, view in enumerate(views) if view["use"] == "dialogue" or uses[view["use"]] == number]


def _of_title(title: str, length: int, kind: str) -> list[View]:
    views = [_view("search", title, 0, length)]
    if kind in ARTICLES and length >= max(LEAST_BODY_CHARACTERS, len(title) / MOST_SUMMARY_SHARE):
        views.append(_view("summary", title, 0, length))
    return views


def _of_heading(text: str) -> list[View]:
    """An abstract under a heading of its own; the body is what follows it."""
    head = text[:HEADED_WITHIN]
    match = HEADED.search(head) if any(word in head for word in ABSTRACTS) else None
    if match is None or len(text) - match.end() < LEAST_BODY_CHARACTERS:
        return []
    start = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
    return [_view("summary", match["summary"].strip(), start, len(text))]


def _of_turns(turns: list[dict[str, Any]], title: str | None, text: str) -> list[View]:
    """A question with its answer, or replies one after another. What is said in a story is neither."""
    places = list(_places(turns, text))
    roles = [turn["role"] for turn in turns]
    if roles[:1] == ["question"]:
        return _of_question(turns, places, title)
    if "quotation" in roles or "comment" in roles:
        return []  # comments answer the post or one another, and nobody knows which
    views: list[View] = []
    for number in range(1, len(turns)):
        span = places[number]
        if span and _is_reply(turns[number - 1], turns[number]):
            views.append(_view("dialogue", turns[number - 1]["text"], *span))
        if len(views) == MOST_REPLIES:
            break
    return views


def _is_reply(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether another one speaks, as far as speakers and roles say it. Two nameless ones may be the same."""
    return bool(before["text"]) and any(before[name] != now[name] for name in ("speaker", "role"))


def _of_question(turns: list[dict[str, Any]], places: list[tuple[int, int] | None], title: str | None) -> list[View]:
    wanted = [
        number
        for role in ("accepted_answer", "answer")
        for number, turn in enumerate(turns)
        if turn["role"] == role and places[number]
    ]
    question = turns[0]["text"] or ""
    prompt = question if not title or title in question else f"{title}\n\n{question}".strip()
    if not wanted or not prompt:
        return []
    return [_view("qa", prompt, *(places[wanted[0]] or (0, 0)))]


def _places(turns: list[dict[str, Any]], text: str) -> Iterator[tuple[int, int] | None]:
    """Where each turn stands in the text, looked for after the one before. None where it does not stand there."""
    after = 0
    for turn in turns:
        said = turn["text"] or ""
        at = text.find(said, after) if said else -1
        if at < 0:
            yield None
        else:
            after = at + len(said)
            yield at, after


def _view(use: str, prompt: str, start: int, end: int) -> View:
    return {"use": use, "prompt": prompt, "start": start, "end": end}
