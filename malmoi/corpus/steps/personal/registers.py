"""Numbers by which a school, the army, a health insurer, an employer or a hospital knows a person: behind the word."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan
from malmoi.corpus.steps.personal.words import WORDS

_REMARK = r"(?: ?\([가-힣A-Za-z/. ]{1,12}\))?(?: ?/ ?[가-힣]{2,4})?"
_PARTICLE = r"(?:은|는|이|가|을|를)?(?: ?(?:조회|확인))?"
_BETWEEN = rf"{_REMARK}{_PARTICLE}[ \t]{{0,3}}[:=|/\n-]?[ \t|]{{0,3}}[(\[\"']?"
"""What stands between the word and its number: a remark in brackets, another field, a particle, a mark, a cell."""
_AFTER = r"(?![0-9A-Za-z_])(?!-[0-9])(?! ?(?:년|원|명|자리|개|호|번째|학번|이상|이하|부터|이전|이후))"
_PATTERNS = tuple(
    re.compile(rf"(?<![가-힣A-Za-z])(?i:{row['words']}){_BETWEEN}(?P<number>{row['numbers']}){_AFTER}")
    for row in WORDS["registers"].values()
)


def find_registers(text: str) -> Iterator[PersonalSpan]:
    """Numbers of pupils, candidates, soldiers, the insured, employees and patients, each behind its word.

    One digit over and over is an example of a form.
    """
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if len(set(filter(str.isdecimal, match["number"]))) > 1:
                yield PersonalSpan(match.start("number"), match.end("number"), "personal_code")
