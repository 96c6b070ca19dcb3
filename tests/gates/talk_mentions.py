"""Lines of talks with the truth about the names in them, and how often the rules are right."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from malmoi.corpus.sources.mentions import Mentions, labels_of

MEANT = re.compile("«([^»]*)»")


class Line(NamedTuple):
    """One line of a talk: who takes part, the line as it is written, and how often a member is meant in it."""

    members: tuple[str, ...]
    text: str
    num_meant: int
    half: str


class Score(NamedTuple):
    """Names that are meant and became labels; lines without any in which something became one."""

    meant: int
    replaced: int
    ordinary: int
    spoilt: int
    wrong: list[tuple[str, str]]


def lines() -> Iterator[Line]:
    """All lines; the hash of a line puts it into the half that the rules were made on, or the one kept aside."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for talk in table["talk"]:
        for line in talk["lines"].strip().split("\n"):
            half = "aside" if hashlib.sha256(line.encode()).digest()[0] % 2 else "made"
            yield Line(tuple(talk["members"]), line, len(MEANT.findall(line)), half)


def score(half: str) -> Score:
    """How the rules do on a half ("made" or "aside")."""
    meant = replaced = ordinary = spoilt = 0
    wrong: list[tuple[str, str]] = []
    for line in lines():
        if line.half != half:
            continue
        found = Mentions(labels_of(line.members, "화자")).replaced(MEANT.sub(r"\1", line.text))
        labels = len(re.findall(r"화자 \d", found))
        meant += line.num_meant
        replaced += min(labels, line.num_meant)
        ordinary += line.num_meant == 0
        spoilt += line.num_meant == 0 and labels > 0
        if labels != line.num_meant:
            wrong.append((line.text, found))
    return Score(meant, replaced, ordinary, spoilt, wrong)
