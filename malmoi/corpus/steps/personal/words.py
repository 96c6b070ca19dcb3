"""The words and names by which personal data is known, from words.toml."""

import tomllib
from pathlib import Path
from typing import Any

WORDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def one_of(group: str, name: str) -> str:
    """An expression for any of the words of a list; _ in a word: a blank or nothing."""
    return "|".join(WORDS[group][name].split()).replace("_", " ?")
