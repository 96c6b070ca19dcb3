"""The names of reasons, steps, kinds, personal data and scores for people: Korean, English, out of labels.toml."""

import tomllib
from pathlib import Path

_TABLES = tomllib.loads(Path(__file__).with_name("labels.toml").read_text(encoding="utf-8"))
REASONS, STEPS, KINDS, PERSONAL, SCORES = (
    {name: (korean, english) for name, (korean, english) in _TABLES[table].items()}
    for table in ("reasons", "steps", "kinds", "personal", "scores")
)
