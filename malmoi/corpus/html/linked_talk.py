"""Questions and answers, posts and comments that a page keeps in its JSON-LD only, as schema.org writes them."""

from typing import Any

from malmoi.corpus.html.embedded import plain
from malmoi.corpus.html.microdata import ELEMENT_KEY
from malmoi.corpus.html.page_metadata import types_of
from malmoi.corpus.text.lines import one_line

Talk = list[tuple[str, str | None, str]]
"""(role, speaker, text) of each turn; the text may hold HTML."""
QUESTIONS, POSTS = frozenset({"QAPage", "Question"}), frozenset({"DiscussionForumPosting", "SocialMediaPosting"})
MAX_TURNS = 1_000
MAX_NESTED = 50
RICHER = 1.5
"""The JSON is taken where it has so many times the text that the page shows, or begins with what that lacks."""
KNOWN_CHARACTERS = 20


def linked_talk(thing: dict[str, Any], shown: str) -> Talk:
    """The turns of the thing that the page is about; [] where it is no talk, or the page shows as much itself."""
    if ELEMENT_KEY in thing:
        return []
    types = set(types_of(thing))
    talk: Talk = []
    if types & QUESTIONS:
        talk = _question(thing)
    elif types & POSTS:
        talk = _post(thing)
    if len(talk) < 2:
        return []
    is_richer = sum(len(text) for _, _, text in talk) > RICHER * len(shown)
    return talk if is_richer or plain(talk[0][2])[:KNOWN_CHARACTERS] not in shown else []


def _question(thing: dict[str, Any]) -> Talk:
    entity = thing.get("mainEntity")
    question = _first(entity) if "QAPage" in types_of(thing) else thing
    if question is None:
        return []
    asked = _text(question) or _line(question.get("name"))
    if not asked:
        return []
    talk: Talk = [("question", _speaker(question), asked)]
    for key, role in (("acceptedAnswer", "accepted_answer"), ("suggestedAnswer", "answer")):
        for answer in _nodes(question.get(key))[: MAX_TURNS - len(talk)]:
            if _text(answer):
                talk.append((role, _speaker(answer), _text(answer)))
                _comments(answer, talk, 1)
    return talk


def _post(thing: dict[str, Any]) -> Talk:
    text = _text(thing)
    talk: Talk = [("post", _speaker(thing), text)] if text else []
    _comments(thing, talk, 1)
    return talk


def _comments(node: dict[str, Any], talk: Talk, depth: int) -> None:
    """Adds the comments on a node, each before those on it."""
    for comment in _nodes(node.get("comment")):
        if len(talk) >= MAX_TURNS or depth > MAX_NESTED:
            return
        if _text(comment):
            talk.append(("comment", _speaker(comment), _text(comment)))
        _comments(comment, talk, depth + 1)


def _text(node: dict[str, Any]) -> str:
    for key in ("text", "articleBody", "description"):
        value = node.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _speaker(node: dict[str, Any]) -> str | None:
    return _line(node.get("author")) or _line(node.get("creator"))


def _line(value: Any) -> str | None:
    return one_line(value)


def _nodes(value: Any) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [node for node in values[:MAX_TURNS] if isinstance(node, dict)]


def _first(value: Any) -> dict[str, Any] | None:
    return next(iter(_nodes(value)), None)
