"""Names of people, only where a word beside them says that one stands there. Precision before recall.

Given names are free: 조은결 and 도하람 stand in no list. So the words beside decide, and what is known to be another
word (by name_words.txt) is no name. Without such words only syllables that names often have count.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from malmoi.corpus.steps.personal.plain import PersonalSpan
from malmoi.corpus.steps.personal.words import WORDS, one_of

_SURNAMES, _RARE, _GIVEN = ("".join(WORDS["names"][name].split()) for name in ("surnames", "rare_surnames", "given"))
_TWO_SYLLABLES, _KOREAN_GIVEN = one_of("names", "surnames_of_two_syllables"), one_of("names", "korean_given")
_NAME = rf"(?:(?:{_TWO_SYLLABLES})[{_GIVEN}]{{1,2}}|[{_SURNAMES}](?:[{_GIVEN}]{{2}}|{_KOREAN_GIVEN}))"
_FREE = rf"(?:(?:{_TWO_SYLLABLES})[가-힣]{{2}}|[{_SURNAMES}{_RARE}][가-힣]{{2}})"
"""A surname and any two syllables."""
_SPACED = rf"[{_SURNAMES}] [가-힣] [가-힣]"
_TITLE = f"(?:{one_of('names', 'titles')})"
_OFFICE = "과장|부장|차장|대리|팀장|실장|계장|국장|사무관|주무관|매니저|사장|대표|이사|원장|변호사|교수"
_LABELS, _FIELD_LABELS = (
    frozenset(WORDS["names"][name].replace("_", "").split()) for name in ("labels", "field_labels")
)
_MARKED_LABELS = _LABELS | _FIELD_LABELS | {"담당", "연락처"}
_OLD_LABEL = (
    r"(?:성 ?명|성함|이름|담당자?(?: ?성명)?|예금주|신청인(?: ?성명)?|받는 ?(?:사람|분)|보내는 ?(?:사람|"
    r"분)|수신인|수령인|발신인|입금자|작성자|받는이|보낸이|환자|보호자|계약자|연락처|대표자|책임자)"
)
_ENDS = rf"(?= ?{_TITLE}|[^가-힣]|$|입니|이고|이며|이에요|예요|드림|올림|에게|께)"
_ENDS_OR_PARTICLE = (
    rf"(?= ?{_TITLE}(?![가-힣])|[^가-힣]|$|(?:은|는|이|가|을|를|의|에게|께|과|와|입니다|이고|드림|올림|님)(?![가-힣]))"
)
_FIELD_END = r"[ \t]*(?:$|[\n.,)|/(:;·]|[0-9]|  )"
_FIELD_OR_PARTICLE = (
    rf"(?= ?{_TITLE}(?![가-힣])|{_FIELD_END}| (?:외|본인|확인|서명|귀하|올림|드림)|"
    rf"(?:은|는|이|가|을|를|의|에게|께|과|와|입니다|이고|드림|올림|님)(?![가-힣]))"
)
_LABELLED = re.compile(rf"(?<![가-힣]){_OLD_LABEL}(?:\([가-힣]+\))? ?(?:[:=]|- ) ?(?P<name>{_NAME}|{_SPACED}){_ENDS}")
_BESIDE = re.compile(
    rf"(?<![가-힣])(?:예금주|입금자|(?:신청인|담당자) ?성명) (?P<name>{_NAME})(?=[^가-힣]|$)"
    rf"|(?<![가-힣])담당자?(?:는|:)? (?P<named>{_NAME})(?= ?{_TITLE}| ?\(?0[0-9]{{1,2}}[-)])"
)
_SPOKEN = re.compile(
    rf"(?<![가-힣])(?:(?:제|저의|내) 이름|(?:제 )?성함)은 (?P<name>{_NAME})(?=입니다|이고|"
    rf"이며|이에요|예요|이라고|라고|[ .,]|$)"
    rf"|(?<![가-힣])(?:저는|제가) (?P<named>{_NAME})(?=이라고 ?합니다|라고 ?합니다|라고 ?해요|이라고 ?해요)"
)
_ANY_LABEL = r"(?P<label>성 명|[가-힣]{2,6}(?: (?:사람|분|이름|성명))?)"
"""Whether it is one of the lists is asked afterwards: that is ten times faster than ninety words in an expression."""
_FREE_MARKED = re.compile(
    rf"(?<![가-힣])(?:{_ANY_LABEL}|[Nn]ame|NAME|To|TO|From)(?: ?\([가-힣]{{1,6}}\))?[ \t]{{0,2}}"
    rf"(?:(?<![A-Za-z])[=]|[:|/\t]|- |\n|(?<=[oOm])\. )[ \t]{{0,2}}(?P<name>{_FREE}|{_SPACED}){_ENDS_OR_PARTICLE}"
)
_FREE_AFTER = re.compile(rf"(?<![가-힣]){_ANY_LABEL} (?P<unmarked>{_FREE}){_FIELD_OR_PARTICLE}")
_FREE_FIELD = re.compile(
    rf"(?:^|(?<=[\n|,(/\t>])|(?<=[\n|,(/:] )|(?<=[0-9] )|(?<=[-*.!?] )|(?<=대리인 )){_ANY_LABEL} (?P<unmarked>{_FREE})"
    rf"(?= ?님| ?씨|{_FIELD_END})"
)
_FREE_TITLED = re.compile(
    rf"(?<![가-힣])(?:담당|담당자) (?P<name>{_FREE})(?= ?{_TITLE})"
    rf"|(?<![가-힣])(?P<named>{_FREE})(?= ?고객님| ?(?:님 ?)?귀하(?![가-힣])| (?:{_OFFICE})님께(?![가-힣])"
    r"|\([0-9]{1,2}(?:[·,세][^)\n]{0,8})?\) ?(?:씨|군|양)(?![가-힣]{2})| ?(?:씨|군|양) ?\([0-9]{2}[·,)세])"
)
_FREE_SPOKEN = re.compile(
    rf"(?<![가-힣])(?:(?:제|저의|내|제가|저는) )?이름은 (?P<name>{_FREE})(?=입니다|이고|이에요|예요|이라고)"
    rf"|(?<![가-힣])(?:저는|제가) (?P<named>{_FREE})(?=이라고 ?[합해])"
    rf"|안녕하세요[,.!]? (?:저는 )?(?P<greeted>{_FREE})(?=입니다)|일생 (?:남|여)[자성] (?P<born>{_FREE})(?![가-힣])"
)
_BEFORE_CONTACT = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}) ?{_TITLE}(?:님|께서)? ?[:(,/]? ?$")
_AFTER_CONTACT = re.compile(rf" ?[(,/]? ?(?P<name>{_NAME}) ?{_TITLE}(?![가-힣])")
_BEFORE_MOBILE = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}|{_FREE}) ?[(:]? ?$")
_AFTER_ACCOUNT = re.compile(rf" ?[(,/|]? ?(?:예금주:? ?)?(?P<name>{_FREE})(?= ?님| ?{_TITLE}(?![가-힣])|[^가-힣]|$)")
_NO_NAMES = frozenset(WORDS["names"]["no_names"].split())
"""Words of three syllables that could be names by their syllables."""
_PARTICLES = "을를은는이가에의로와과도만란나라며면인된될한할함하되"
_STRICT = (_LABELLED, _BESIDE, _SPOKEN)
_BY_LABEL = ((_FREE_MARKED, _MARKED_LABELS), (_FREE_AFTER, _LABELS), (_FREE_FIELD, _FIELD_LABELS))


class _Words(NamedTuple):
    """What is known to be no name: beginnings of three syllables, and of two those of nouns."""

    other: frozenset[str]
    nouns: frozenset[str]


@cache
def _words() -> _Words:
    """Those of name_words.txt, and no_names."""
    other, nouns = set(_NO_NAMES), set()
    for line in Path(__file__).with_name("name_words.txt").read_text(encoding="utf-8").splitlines():
        first, _, thirds = line.partition(" ")
        if first != "#":
            other |= {first[:2] + third for third in thirds + (_PARTICLES if first.endswith("+") else "")}
            nouns |= {first[:2]} if first.endswith("+") else set()
    return _Words(frozenset(other), frozenset(nouns))


def find_names(text: str) -> Iterator[PersonalSpan]:
    """Names after a label (성명:, 피고), before 고객님 or 귀하, and in introductions."""
    for pattern in _STRICT:
        for match in pattern.finditer(text):
            yield from _named(match, 0, _NO_NAMES)
    for pattern in (_FREE_TITLED, _FREE_SPOKEN):
        for match in pattern.finditer(text):
            yield from _named(match, 0, _words().other)
    for pattern, labels in _BY_LABEL:
        for match in pattern.finditer(text):
            if match["label"] is None or match["label"].replace(" ", "") in labels:
                yield from _named(match, 0, _words().other)


def find_names_beside(text: str, contact: PersonalSpan) -> Iterator[PersonalSpan]:
    """The name before or behind a telephone number, an address of mail or an account."""
    begin = max(0, contact.start - 16)
    before, after = text[begin : contact.start], text[contact.stop : contact.stop + 20]
    if match := _BEFORE_CONTACT.search(before):
        yield from _named(match, begin, _NO_NAMES)
    elif text[contact.start : contact.stop].startswith("01") and (match := _BEFORE_MOBILE.search(before)):
        yield from _named(match, begin, _words().other)
    if match := _AFTER_CONTACT.match(after):
        yield from _named(match, contact.stop, _NO_NAMES)
    elif contact.type == "bank_account" and (match := _AFTER_ACCOUNT.match(after)):
        yield from _named(match, contact.stop, _words().other)


def _named(match: re.Match[str], offset: int, others: frozenset[str]) -> Iterator[PersonalSpan]:
    """The name of a match, unless it is another word or begins as one."""
    group = match.lastgroup or "name"
    name = match[group].replace(" ", "")
    if name[:3] in others or (group == "unmarked" and _is_compound(name)):
        return
    yield PersonalSpan(offset + match.start(group), offset + match.end(group), "name")


def _is_compound(word: str) -> bool:
    """Whether it begins with a noun and does not go on as names do: 선임허(가), 조력권."""
    likely = word[0] in _SURNAMES and all(syllable in _GIVEN for syllable in word[1:])
    return word[:2] in _words().nouns and not likely
