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
_PARTICLE = "(?:은|는|이|가|을|를|의|에게|께|과|와|입니다|이고|이며|이에요|예요|드림|올림|님)"
_ENDS = rf"(?= ?{_TITLE}(?![가-힣])|[^가-힣]|$|{_PARTICLE}(?![가-힣]))"
_FIELD_END = r"[ \t]*(?:$|[\n.,)|/(:;·]|[0-9]|  )"
_ENDS_UNMARKED = rf"(?= ?{_TITLE}(?![가-힣])|{_FIELD_END}| (?:외|본인|확인|서명|귀하|올림|드림)|{_PARTICLE}(?![가-힣]))"
_ANY_LABEL = r"(?P<label>성 명|[가-힣]{2,6}+(?: (?:사람|분|이름|성명))?)"
"""Whether it is one of the lists is asked afterwards: that is ten times faster than ninety words in an expression."""
_MARKED = re.compile(
    rf"(?<![가-힣A-Za-z])(?:{_ANY_LABEL}|[Nn]ame|NAME|T[oO]|From)(?: ?\([가-힣]{{1,6}}\))?[ \t]{{0,2}}"
    rf"(?P<mark>(?<![A-Za-z])=|[:|/\t]|- |\n|(?<=[oOm])\. )[ \t]{{0,2}}(?P<name>{_FREE}|{_SPACED}){_ENDS}"
)
_UNMARKED = re.compile(
    rf"(?<![가-힣]){_ANY_LABEL} (?P<unmarked>(?!변호사){_FREE})(?:{_ENDS_UNMARKED}|(?P<goes_on>(?= [가-힣])))"
)
_FIELD_BEGIN = re.compile(r"(?:^|[\n|,(/\t>] ?|[:0-9*.!?-] |대리인 )$")
_FIELD_NAME = re.compile(rf" ?님| ?씨|{_FIELD_END}")
_TITLED = re.compile(
    rf"(?<![가-힣])담당자?(?:는|:)? (?P<name>{_FREE})(?= ?{_TITLE}| ?\(?0[0-9]{{1,2}}[-)])"
    rf"|(?<![가-힣])(?P<named>{_FREE})(?= ?고객님| ?(?:님 ?)?귀하(?![가-힣])| (?:{_OFFICE})님께(?![가-힣])"
    r"|\([0-9]{1,2}(?:[·,세][^)\n]{0,8})?\) ?(?:씨|군|양)(?![가-힣]{2})| ?(?:씨|군|양) ?\([0-9]{2}[·,)세])"
)
_TITLED_SIGNS = ("담당", "고객님", "귀하", "님께", "씨", "군", "양")
_SPOKEN = re.compile(
    rf"(?:(?<![가-힣])(?:제|저의|내|제가|저는) |^|(?<=[\n.!?,])|(?<=[.!?,] ))(?:이름|성함)은 (?P<name>{_FREE})"
    r"(?=입니다|이고|이며|이에요|예요|이라고|라고)"
    rf"|(?<![가-힣])(?:제|저의|내) (?:이름|성함)은 (?P<called>{_NAME})(?=[ .,]|$)"
    rf"|(?<![가-힣])(?:저는|제가) (?P<named>{_FREE})(?=이?라고 ?[합해])"
    rf"|안녕하세요[,.!]? (?:저는 )?(?P<greeted>{_FREE})(?=입니다)|일생 (?:남|여)[자성] (?P<born>{_FREE})(?![가-힣])"
)
_SPOKEN_SIGNS = ("이름은", "성함은", "저는", "제가", "안녕하세요", "일생")
_BEFORE_CONTACT = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}) ?{_TITLE}(?:님|께서)? ?[:(,/]? ?$")
_AFTER_CONTACT = re.compile(rf" ?[(,/]? ?(?P<name>{_NAME}) ?{_TITLE}(?![가-힣])")
_BEFORE_MOBILE = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}|{_FREE}) ?[(:]? ?$")
_AFTER_ACCOUNT = re.compile(
    rf" ?[(,/|]? ?(?:예금주:? ?)?(?P<name>(?!예금주|입금자|계좌주){_FREE})(?= ?님| ?{_TITLE}(?![가-힣])|[^가-힣]|$)"
)
_USUAL = re.compile(_NAME)
_SURE_LABELS = ("예금주", "입금자", "인 성명", "담당자 성명")
"""Behind these a name of usual syllables stands even where the sentence goes on."""
_NO_NAMES = frozenset(WORDS["names"]["no_names"].split())
"""Words of three syllables that could be names by their syllables."""
_PARTICLES = "을를은는이가에의로와과도만란나라며면인된될한할함하되"


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
    for match in _MARKED.finditer(text):
        if match["label"] is None or _label(match) in _MARKED_LABELS:
            yield from _named(match, 0, trusted=match["mark"] in ":=- ")
    for match in _UNMARKED.finditer(text):
        label = _label(match)
        if match["goes_on"] is not None:
            is_label = _USUAL.fullmatch(match["unmarked"]) and match["label"].endswith(_SURE_LABELS)
        else:
            is_label = label in _LABELS or (label in _FIELD_LABELS and _is_field(text, match))
        if is_label:
            yield from _named(match, 0)
    for pattern, signs in ((_TITLED, _TITLED_SIGNS), (_SPOKEN, _SPOKEN_SIGNS)):
        if any(sign in text for sign in signs):
            for match in pattern.finditer(text):
                yield from _named(match, 0, trusted=pattern is _SPOKEN)


def _label(match: re.Match[str]) -> str:
    """The label without blanks, and without 성명 behind another (신청인 성명)."""
    label = match["label"].replace(" ", "")
    return label.removesuffix("성명") or label


def _is_field(text: str, match: re.Match[str]) -> bool:
    """Whether label and name stand by themselves, as in a form."""
    begin = text[max(0, match.start() - 4) : match.start()]
    return bool(_FIELD_BEGIN.search(begin) and _FIELD_NAME.match(text, match.end()))


def find_names_beside(text: str, contact: PersonalSpan) -> Iterator[PersonalSpan]:
    """The name before or behind a telephone number, an address of mail or an account."""
    begin = max(0, contact.start - 16)
    before, after = text[begin : contact.start], text[contact.stop : contact.stop + 20]
    if (match := _BEFORE_CONTACT.search(before)) or (
        text[contact.start : contact.stop].startswith("01") and (match := _BEFORE_MOBILE.search(before))
    ):
        yield from _named(match, begin, trusted=True)
    if match := _AFTER_CONTACT.match(after):
        yield from _named(match, contact.stop, trusted=True)
    elif contact.type == "bank_account" and (match := _AFTER_ACCOUNT.match(after)):
        yield from _named(match, contact.stop)


def _named(match: re.Match[str], offset: int, *, trusted: bool = False) -> Iterator[PersonalSpan]:
    """The name of a match, unless it is another word or begins as one. trusted: usual syllables are enough."""
    group = "unmarked" if match.re is _UNMARKED else match.lastgroup or "name"
    name = match[group].replace(" ", "")
    if not (trusted and _USUAL.fullmatch(name)) and (
        name[:3] in _words().other or (group == "unmarked" and _is_compound(name))
    ):
        return
    if name not in _NO_NAMES:
        yield PersonalSpan(offset + match.start(group), offset + match.end(group), "name")


def _is_compound(word: str) -> bool:
    """Whether it begins with a noun and does not go on as names do: 선임허(가), 조력권."""
    likely = word[0] in _SURNAMES and all(syllable in _GIVEN for syllable in word[1:])
    return word[:2] in _words().nouns and not likely


_BEGINS = re.compile(f"[{_SURNAMES}{_RARE}]")
_TWO = re.compile(_TWO_SYLLABLES)
_MAY_GO_ON = re.compile(rf"[가-힣]?{_ENDS_UNMARKED}")


_MAY_BEGIN = re.compile(rf"[- \t\n:|]{{0,3}}(?:{_FREE}|{_SPACED})")


def may_begin_name(after: str) -> bool:
    """Whether what follows a label and a mark begins as a name. Quick."""
    return _MAY_BEGIN.match(after) is not None


def may_be_name(word: str, after: str) -> bool:
    """Whether three syllables behind a label, and what follows, are worth a closer look: most are not. Quick."""
    if not _TWO.match(word) and (not _BEGINS.match(word) or word in _words().other):
        return False
    return bool(_MAY_GO_ON.match(after) or (after.startswith(" ") and _USUAL.match(word)))
