"""끝말잇기: each word begins with the last syllable of the one before, and none is said twice.

At the beginning of a word, ㄴ and ㄹ are softened (두음법칙, Korean orthography articles 10 to 12): 녀 may go on as 여,
리 as 이, 락 as 낙. The rule works in that direction only. The same rules judge both players.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from malmoi.cards.card import Both
from malmoi.kit.errors import UserError
from malmoi.kit.hangul import particle, soften

MIN_SYLLABLES = 2

_WORD = re.compile("[가-힣]+")

_MESSAGES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["messages"]


@dataclass(frozen=True)
class Dictionary:
    """The words that count, by first syllable."""

    words: frozenset[str]
    by_first: dict[str, tuple[str, ...]]


@functools.lru_cache(maxsize=8)
def read_dictionary(path: Path) -> Dictionary:
    """A file of one word a line. Raises UserError for a line that is no word."""
    by_first: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        word = unicodedata.normalize("NFC", line.strip())
        if not _WORD.fullmatch(word) or len(word) < MIN_SYLLABLES:
            raise UserError(f"{path.name}, line {number}: {line!r}", "a word of two or more Hangul syllables")
        by_first.setdefault(word[0], []).append(word)
    frozen = {first: tuple(sorted(set(words))) for first, words in by_first.items()}
    return Dictionary(frozenset(word for words in frozen.values() for word in words), frozen)


def starts(syllable: str) -> tuple[str, ...]:
    """The syllables that a word after `syllable` may begin with: itself, and its softened form where there is one."""
    softened = soften(syllable)
    return (syllable,) if softened == syllable else (syllable, softened)


@dataclass(frozen=True)
class Game:
    """A game after the words of `history`, oldest first, all in NFC. Whose turn it is follows from who asks."""

    dictionary: Dictionary
    history: tuple[str, ...] = ()

    @property
    def next_starts(self) -> tuple[str, ...]:
        """What the next word may begin with; empty where the game has not begun."""
        return starts(self.history[-1][-1]) if self.history else ()

    def fault(self, word: str) -> str | None:
        """Why `word` may not be said now (a key of the messages); None where it may."""
        if not _WORD.fullmatch(word):
            return "not_hangul"
        if len(word) < MIN_SYLLABLES:
            return "too_short"
        if self.history and word[0] not in self.next_starts:
            return "wrong_start"
        if word in self.history:
            return "already_used"
        return None if word in self.dictionary.words else "not_in_dictionary"

    def legal_words(self) -> list[str]:
        """Every word that may be said now."""
        used = set(self.history)
        firsts = self.next_starts or sorted(self.dictionary.by_first)
        return [word for first in firsts for word in self.dictionary.by_first.get(first, ()) if word not in used]

    def after(self, word: str) -> "Game":
        """The game after one more word."""
        return Game(self.dictionary, (*self.history, word))

    def replay(self, words: Sequence[str]) -> "Game":
        """The game after `words`. Raises UserError where they break the rules: no game is gone on with from there."""
        game = self
        for index, word in enumerate(words):
            wrong = game.fault(word)
            if wrong:
                raise UserError(f"history[{index}] is {word[:20]!r}: {game.explain(wrong).en}")
            game = game.after(word)
        return game

    def move(self, word: str) -> dict[str, Any]:
        """The outcome of the model's word. Anything but a legal word (its tokens ran out) loses the game."""
        if self.fault(word):
            return self.lose()
        game = self.after(word)
        if not game.legal_words():
            return game.outcome("model_wins", "no_word_left", word)
        return game.outcome("playing", None, word)

    def lose(self) -> dict[str, Any]:
        """The outcome where the model has no word."""
        return self.outcome("user_wins", "no_word_left", None)

    def refuse(self, reason: str) -> dict[str, Any]:
        """The outcome of a person's word that breaks the rules. Nothing is lost: the person may try another."""
        return self.outcome("illegal", reason, None)

    def explain(self, reason: str) -> Both:
        """A fault in words."""
        message = Both(**_MESSAGES[reason])
        firsts = self.next_starts
        toward = particle(firsts[-1], "으로/로") if firsts else ""
        korean = message.ko.format(starts=" 또는 ".join(f"‘{first}’" for first in firsts), particle=toward)
        return Both(korean, message.en.format(starts=" or ".join(firsts)))

    def outcome(self, status: str, reason: str | None, word: str | None) -> dict[str, Any]:
        """What happened, for a screen. status: playing, illegal, model_wins or user_wins; word: the model's."""
        message = self.explain(reason if status == "illegal" and reason else status)
        return {
            "status": status,
            "reason": reason,
            "message": asdict(message),
            "word": word,
            "history": list(self.history),
            "next_starts": list(self.next_starts),
            "words_left": len(self.legal_words()),
        }
