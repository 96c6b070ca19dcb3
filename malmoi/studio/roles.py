"""Who may do what in the studio: one table of roles and actions, and one of routes and the action that each is.

A route that nobody thought of needs the action "manage" where it changes something: what is forgotten is closed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "editor", "operator", "owner"]
Action = Literal["read", "answer", "write", "operate", "manage"]
"""See what is there; let a model work; write and remove texts; start and stop jobs; people, invitations, audit."""

MAY: Mapping[Role, frozenset[Action]] = {
    "viewer": frozenset({"read"}),
    "editor": frozenset({"read", "answer", "write"}),
    "operator": frozenset({"read", "answer", "write", "operate"}),
    "owner": frozenset({"read", "answer", "write", "operate", "manage"}),
}

_SAFE = ("GET", "HEAD")
_RULES: tuple[tuple[tuple[str, ...] | None, str, Action | None], ...] = (
    (None, r"/api/session", None),  # to sign in, and to ask who one is
    (("POST",), r"/api/people/(first|join)", None),  # by a link that is good once
    (None, r"/api/(people|invitations|audit)(/.*)?", "manage"),
    (None, r"/admin/(traffic|models|adapters)(/.*)?|/metrics", "operate"),
    (_SAFE, r"/health|/ready|/version", None),
    (_SAFE, r"/(api|v1)(/.*)?|/tokenizer_info", "read"),
    (None, r"/v1(/.*)?|/(de)?tokenize", "answer"),
    (("POST",), r"/api/(answers|runs|cards|tokens)(/.*)?", "answer"),
    (None, r"/api/jobs(/.*)?", "operate"),
    (None, r"/api(/.*)?", "write"),
    (_SAFE, r".*", None),  # pages and their files: they hold nothing of anybody's
)
"""Methods (None: any), path and action (None: open to everybody). The first that fits holds."""
_COMPILED: list[tuple[tuple[str, ...] | None, re.Pattern[str], Action | None]] = [
    (methods, re.compile(path), action) for methods, path, action in _RULES
]


@dataclass(frozen=True)
class Person:
    """Who asks. id and name are "" for the one person of a studio without accounts."""

    id: str
    name: str
    role: Role

    def may(self, action: Action) -> bool:
        """Whether this person's role has the action."""
        return action in MAY[self.role]


ALONE = Person("", "", "owner")
"""Whoever sits at the machine of a studio without accounts, which answers to that machine alone."""


def action_of(method: str, path: str) -> Action | None:
    """What a request is; None where anybody may do it."""
    for methods, expression, action in _COMPILED:
        if (methods is None or method in methods) and expression.fullmatch(path):
            return action
    return "manage"
