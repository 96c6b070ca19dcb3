"""The names of what quality_features.py measures. Recipes read them, and need not load a compiler for that."""

import tomllib
from pathlib import Path

FEATURES = tuple(tomllib.loads(Path(__file__).with_name("features.toml").read_text(encoding="utf-8")))
"""Names of the columns of `measure`, in order; features.toml says what each is. Shares are 0..1."""
