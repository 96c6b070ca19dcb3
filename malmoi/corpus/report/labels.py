"""The names of reasons, kinds, personal data and scores for people, in Korean and English, out of labels.toml."""

import tomllib
from pathlib import Path

_TABLES = tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8"))
REASONS, KINDS, PERSONAL, SCORES = (
    {name: (korean, english) for name, (korean, english) in _TABLES[table].items()}
    for table in ("reasons", "kinds", "personal", "scores")
)
