"""The corpus room's names as pages for people write them, in Korean and English: labels.toml, by the tables in it."""

import tomllib
from pathlib import Path

Label = tuple[str, str]
"""Korean, English."""

_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

REASONS, KINDS, PERSONAL = (
    {name: (korean, english) for name, (korean, english) in _TABLES[table].items()}
    for table in ("reasons", "kinds", "personal")
)
SCORES: dict[str, Label] = {name: (korean, name) for name, korean in _TABLES["scores"].items()}
