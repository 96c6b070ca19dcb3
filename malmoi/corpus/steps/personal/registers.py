"""Numbers by which a school, the army, a health insurer, an employer or a hospital knows a person: behind the word."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan

_REMARK = r"(?: ?\([가-힣A-Za-z/. ]{1,12}\))?(?: ?/ ?[가-힣]{2,4})?"
_PARTICLE = r"(?:은|는|이|가|을|를)?(?: ?(?:조회|확인))?"
_BETWEEN = rf"{_REMARK}{_PARTICLE}[ \t]{{0,3}}[:=|/\n-]?[ \t|]{{0,3}}[(\[\"']?"
"""What stands between the word and its number: a remark in brackets, another field, a particle, a mark, a cell."""
_AFTER = r"(?![0-9A-Za-z_])(?!-[0-9])(?! ?(?:년|원|명|자리|개|호|번째|학번|이상|이하|부터|이전|이후))"
_FORMS = (
    (
        r"학번|학생 ?번호|student (?:id|no\.?|number)",
        r"(?:19|20)[0-9]{2} ?[-/]? ?[0-9]{3,6}|[A-Z]?[0-9]{7,10}|[A-Z]{1,2}[0-9]{5,8}",
    ),
    (r"수험 ?번호|응시 ?번호", r"[A-Z]?[0-9]{6,12}|[0-9]{2,5}(?:-[0-9]{2,6}){1,2}"),
    (r"군번", r"[0-9]{2} ?- ?[0-9]{5,8}|[0-9]{7,10}|[A-Z] ?-? ?[0-9]{6,8}"),
    (
        r"(?:건강 ?보험|의료 ?보험|건보|보험)증(?:의? ?|\n)번호|건강 ?보험 ?(?:자격 ?)?번호",
        r"[1-9] ?- ?[0-9]{10}|[1-9][0-9]{9,10}",
    ),
    (r"사번|사원 ?번호|직원 ?번호", r"[A-Z]{0,3}-?[0-9]{5,10}|(?:19|20)[0-9]{2}-[0-9]{3,5}"),
    (r"(?:환자|병록|차트|진료 ?카드) ?번호", r"[A-Z]?[0-9]{6,10}|[0-9]{2,4}-[0-9]{4,6}"),
)
"""The words, and the numbers of their kind. A school's year of entry (15학번) or a form's empty field is none."""
_START = r"(?<![가-힣A-Za-z])"
_PATTERNS = tuple(
    re.compile(f"{_START}(?i:{words}){_BETWEEN}(?P<number>{numbers}){_AFTER}") for words, numbers in _FORMS
)


def find_registers(text: str) -> Iterator[PersonalSpan]:
    """Numbers of pupils, candidates, soldiers, the insured, employees and patients, each behind its word.

    One digit over and over is an example of a form.
    """
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if len(set(filter(str.isdecimal, match["number"]))) > 1:
                yield PersonalSpan(match.start("number"), match.end("number"), "personal_code")
