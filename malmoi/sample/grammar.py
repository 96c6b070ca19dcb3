"""Endless plain Korean from a small grammar: for tests of scale, never for a model that people are to use.

A text has one theme, whose words fill the slots of sentence frames. Numbers, names and places vary, so that two texts
share few 5-grams unless one was made from the other.
"""

import random
import re

from malmoi.kit.hangul import write_particles
from malmoi.sample.words import WORDS, listed
from malmoi.sample.written import Text

_WORDS = WORDS["grammar"]
_LISTS = {name: listed(_WORDS[name]) for name in ("name", "place", "time")}
_THEMES = {theme: {slot: listed(words) for slot, words in lists.items()} for theme, lists in _WORDS["themes"].items()}
"""Each theme's things, acts and groups of people."""
_KINDS = listed(_WORDS["kinds"])
_SLOT = re.compile(r"\{(\w+?)2?\}")


def _word(slot: str, theme: dict[str, list[str]], chance: random.Random) -> str:
    return str(chance.randrange(2, 98)) if slot == "n" else chance.choice((_LISTS | theme)[slot])


def _sentence(theme: dict[str, list[str]], chance: random.Random) -> str:
    """One sentence of a theme, with the particles that its words want."""
    frame = chance.choice(_WORDS["frames"])
    return write_particles(_SLOT.sub(lambda slot: _word(slot[1], theme, chance), frame))


def text(number: int, seed: int) -> Text:
    """The text with this number: a function of number and seed alone, so that any part can be made anywhere."""
    chance = random.Random(f"{seed}:{number}")
    topic = chance.choice(sorted(_THEMES))
    theme = _THEMES[topic]
    sizes = [chance.randrange(2, 7) for _ in range(chance.randrange(2, 9))]
    paragraphs = [" ".join(_sentence(theme, chance) for _ in range(size)) for size in sizes]
    title = f"{_word('place', theme, chance)} {topic} 이야기 {number + 1}"
    date = f"20{chance.randrange(10, 25)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    name = _word("name", theme, chance)
    kind = chance.choice(_KINDS)
    return Text(f"grown-{number:07d}", kind, title, "\n\n".join(paragraphs), f"{topic} 마당", topic, name, date)
