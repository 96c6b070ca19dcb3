"""rules.json of a corpus: every rule that its documents were judged by, with the limits as they were applied."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from malmoi.corpus.ledger.layout import RULES
from malmoi.corpus.steps.rule import Rule
from malmoi.kit.errors import UserError
from malmoi.kit.files import write_text

_KEPT = ("reason", "score", "minimum", "maximum", "by_kind")


def write(folder: Path, rules: Sequence[Rule]) -> None:
    """Writes the rules in their order: the first one that fires is the reason that counts."""
    table = [{name: value for name, value in asdict(rule).items() if name in _KEPT} for rule in rules]
    write_text(folder / RULES, json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def read(folder: Path) -> tuple[Rule, ...] | None:
    """The rules of a corpus; None for one of a version before 2026-11-30, which has no such file.

    Raises UserError where the file is damaged.
    """
    try:
        return tuple(Rule(**table) for table in json.loads((folder / RULES).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AssertionError) as error:
        raise UserError(f"{folder / RULES} is damaged: {error}", hint="build the corpus again") from None
