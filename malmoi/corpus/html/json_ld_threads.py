"""Questions and answers, posts and comments that a page keeps in its JSON-LD only, as schema.org writes them."""

from typing import Any

from malmoi.corpus.html.embedded import plain
from malmoi.corpus.html.microdata import ELEMENT_KEY
from malmoi.corpus.html.page_metadata import types_of
from malmoi.corpus.text.lines import one_line

Thread = list[tuple[str, str | None, str]]
"""(role, speaker, text) of each turn; the text may hold HTML."""
QUESTIONS, POSTS = frozenset({"QAPage", "Question"}), frozenset({"DiscussionForumPosting", "SocialMediaPosting"})
MAX_TURNS = 1_000
MAX_NESTED = 50
"""Turns that are read of a page, and comments on comments on comments: what no honest page reaches."""
RICHER = 1.5
"""The JSON is taken where it has so many times the text that the page shows, or begins with what that lacks."""
KNOWN_CHARACTERS = 20
"""So much of the first turn is looked for in what the page shows."""


def json_ld_thread(node: dict[str, Any], shown: str) -> Thread:
    """The turns of the node that the page is about; [] where it is no thread, or the page shows as much itself.

    shown: the text that was read of the page. A node of microdata is such a text already, and gives [].
    """
    if ELEMENT_KEY in node:
        return []
    types = set(types_of(node))
    thread: Thread = []
    if types & QUESTIONS:
        thread = _question(node)
    elif types & POSTS:
        thread = [("post", _speaker(node), _text(node))] if _text(node) else []
        _add_comments(node, thread, 1)
    if len(thread) < 2:
        return []
    is_richer = sum(len(text) for _, _, text in thread) > RICHER * len(shown)
    return thread if is_richer or plain(thread[0][2])[:KNOWN_CHARACTERS] not in shown else []


def _question(node: dict[str, Any]) -> Thread:
    """The question, the accepted answers, the other answers; each answer before the comments on it."""
    question = next(iter(_nodes(node.get("mainEntity"))), None) if "QAPage" in types_of(node) else node
    text = _text(question or {}) or one_line((question or {}).get("name"))
    if not question or not text:
        return []
    thread: Thread = [("question", _speaker(question), text)]
    for key, role in (("acceptedAnswer", "accepted_answer"), ("suggestedAnswer", "answer")):
        for answer in _nodes(question.get(key))[: MAX_TURNS - len(thread)]:
            if _text(answer):
                thread.append((role, _speaker(answer), _text(answer)))
                _add_comments(answer, thread, 1)
    return thread


def _add_comments(node: dict[str, Any], thread: Thread, depth: int) -> None:
    """Adds the comments on a node, each before those on it."""
    for comment in _nodes(node.get("comment")):
        if len(thread) >= MAX_TURNS or depth > MAX_NESTED:
            return
        if _text(comment):
            thread.append(("comment", _speaker(comment), _text(comment)))
        _add_comments(comment, thread, depth + 1)


def _text(node: dict[str, Any]) -> str:
    """The node's own words; "" where it has none."""
    values = (node.get(key) for key in ("text", "articleBody", "description"))
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def _speaker(node: dict[str, Any]) -> str | None:
    return one_line(node.get("author")) or one_line(node.get("creator"))


def _nodes(value: Any) -> list[dict[str, Any]]:
    """The nodes in a value, which JSON-LD lets be one or a list."""
    values = value if isinstance(value, list) else [value]
    return [node for node in values[:MAX_TURNS] if isinstance(node, dict)]
