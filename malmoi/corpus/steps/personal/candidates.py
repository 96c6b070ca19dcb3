"""Where personal data may stand: byte expressions for Hyperscan, and which finders look at what each finds.

They lie in candidates.toml, written for speed: hardly any matches in text without personal data, and none keeps the
automaton busy over Hangul. None needs to be exact, but each form that a finder knows must be met by one of them (tests
assert it).
"""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from malmoi.corpus.steps.personal.words import one_of


class Candidate(NamedTuple):
    """An expression over bytes, and the finders (as written_forms.FINDERS names them) that its matches go to.

    in_words: whether its matches may end in digits that touch a Latin letter. after_label: whether they end in three
    syllables behind a label, which must be worth a look as a name. before_name: the same of what follows them.
    """

    expression: str
    finders: tuple[str, ...]
    in_words: bool = True
    after_label: bool = False
    before_name: bool = False


def _read() -> tuple[Candidate, ...]:
    """The candidates of candidates.toml, with every {name} of a part replaced by the part."""
    table = tomllib.loads(Path(__file__).with_name("candidates.toml").read_text(encoding="utf-8"))
    table["parts"] |= {name: one_of("names", f"{name}s") for name in ("label", "field_label")}

    def read(row: dict[str, Any]) -> Candidate:
        for name, part in table["parts"].items():
            row["expression"] = row["expression"].replace(f"{{{name}}}", part)
        return Candidate(**{**row, "finders": tuple(row["finders"])})

    return tuple(map(read, table["candidate"]))


CANDIDATES = _read()
BEFORE_BYTES, AFTER_BYTES = 160, 200
"""What a candidate stands for begins within BEFORE_BYTES of its end, cues included, and ends within AFTER_BYTES."""
