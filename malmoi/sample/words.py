"""The words and sentences that samples are made of, as words.toml has them. They are data: change them there."""

import tomllib
from pathlib import Path
from typing import Any

WORDS: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
"""By the file that uses them: plant, pages, grammar."""


def listed(words: str) -> list[str]:
    """The words of a string: parted by "|" where there is one, because such words have spaces; else by spaces."""
    return words.split("|") if "|" in words else words.split()
