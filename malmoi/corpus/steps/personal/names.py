"""Names of people, only where a word beside them says that one stands there. Precision before recall."""

import re
from collections.abc import Iterator, Sequence

from malmoi.corpus.steps.personal.plain import PersonalSpan
from malmoi.corpus.steps.personal.words import WORDS, one_of

_SURNAMES, _GIVEN = ("".join(WORDS["names"][name].split()) for name in ("surnames", "given"))
_TWO_SYLLABLES, _KOREAN_GIVEN = one_of("names", "surnames_of_two_syllables"), one_of("names", "korean_given")
_NAME = rf"(?:(?:{_TWO_SYLLABLES})[{_GIVEN}]{{1,2}}|[{_SURNAMES}](?:[{_GIVEN}]{{2}}|{_KOREAN_GIVEN}))"
_TITLE = f"(?:{one_of('names', 'titles')})"
_LABEL = (
    r"(?:성 ?명|성함|이름|담당자?(?: ?성명)?|예금주|신청인(?: ?성명)?|받는 ?(?:사람|분)|보내는 ?(?:사람|"
    r"분)|수신인|수령인|발신인|입금자|작성자|받는이|보낸이|환자|보호자|계약자|연락처|대표자|책임자)"
)
_ENDS = rf"(?= ?{_TITLE}|[^가-힣]|$|입니|이고|이며|이에요|예요|드림|올림|에게|께)"
_LABELLED = re.compile(
    rf"(?<![가-힣]){_LABEL}(?:\([가-힣]+\))? ?(?:[:=]|- ) ?(?P<name>{_NAME}|[{_SURNAMES}] [{_GIVEN}] [{_GIVEN}]){_ENDS}"
)
_BESIDE = re.compile(
    rf"(?<![가-힣])(?:예금주|입금자|(?:신청인|담당자) ?성명) (?P<name>{_NAME})(?=[^가-힣]|$)"
    rf"|(?<![가-힣])담당자?(?:는|:)? (?P<named>{_NAME})(?= ?{_TITLE}| ?\(?0[0-9]{{1,2}}[-)])"
)
_SPOKEN = re.compile(
    rf"(?<![가-힣])(?:(?:제|저의|내) 이름|(?:제 )?성함)은 (?P<name>{_NAME})(?=입니다|이고|"
    rf"이며|이에요|예요|이라고|라고|[ .,]|$)"
    rf"|(?<![가-힣])(?:저는|제가) (?P<named>{_NAME})(?=이라고 ?합니다|라고 ?합니다|라고 ?해요|이라고 ?해요)"
)
_BEFORE_CONTACT = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}) ?{_TITLE}(?:님|께서)? ?[:(,/]? ?$")
_AFTER_CONTACT = re.compile(rf" ?[(,/]? ?(?P<name>{_NAME}) ?{_TITLE}(?![가-힣])")
_BEFORE_MOBILE = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}) ?[(:]? ?$")
_NO_NAMES = frozenset(WORDS["names"]["no_names"].split())
"""Words of three syllables that could be names by their syllables."""


def find_names(text: str, contacts: Sequence[PersonalSpan] = ()) -> Iterator[PersonalSpan]:
    """Names after a label (성명:, 담당자:), in introductions, and with a title beside a contact already found."""
    for pattern in (_LABELLED, _BESIDE, _SPOKEN):
        for match in pattern.finditer(text):
            yield from _named(match, 0)
    for contact in contacts:
        begin = max(0, contact.start - 16)
        if (match := _BEFORE_CONTACT.search(text[begin : contact.start])) or (
            text[contact.start : contact.stop].startswith("01")
            and (match := _BEFORE_MOBILE.search(text[begin : contact.start]))
        ):
            yield from _named(match, begin)
        if match := _AFTER_CONTACT.match(text[contact.stop : contact.stop + 16]):
            yield from _named(match, contact.stop)


def _named(match: re.Match[str], offset: int) -> Iterator[PersonalSpan]:
    group = "name" if match["name"] else "named"
    if match[group] not in _NO_NAMES:
        yield PersonalSpan(offset + match.start(group), offset + match.end(group), "name")
