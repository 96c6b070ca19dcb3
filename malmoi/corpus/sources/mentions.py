"""Who is meant by a name in what is said: members of a talk whose names give way to labels, and words that stay words.

A member called 하늘 must not turn every sky into "화자 1", yet "하늘아" and "@하늘" are the member. So a name that is a
word of the language (names.toml) is taken only in a form that words do not have; any other name wherever it stands by
itself or with particles; what a family or a firm calls people (엄마, 이사님) only after "@", since it names nobody.
Measured by benchmarks/talks.py.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_WORDS = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
ROLES = frozenset(_WORDS["roles"].split())
NOUNS = frozenset(_WORDS["nouns"].split()) | frozenset(_WORDS["forms"].split())
STEMS = frozenset(_WORDS["stems"].split())
PLACES = frozenset(_WORDS["places"].split())
GIVEN = frozenset("".join(_WORDS["given"].split()))
SURNAMES = frozenset(_WORDS["surnames"])
LONG_SURNAMES = frozenset(_WORDS["surnames_of_two_syllables"].split())

Kind = Literal["role", "noun", "stem", "name"]
WORD_START = re.compile(r"(?<![^\W\d_])\S")
BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|【[^【】]*】|<[^<>]*>")
HANGUL_RUN = re.compile(r"[가-힣]+")
LATIN_AFTER = re.compile(r"[A-Za-z0-9]")
_PARTICLE = (
    r"(?:은|는|이|가|을|를|의|도|만|와|과|랑|하고|한테서?|에게서?|께서?|에서?|으?로|보다|처럼|같이|까지|부터|마저|조차"
    r"|밖에|뿐|나|든지?|야|아|여|네|다|데|고|라고?|라는|래|래요|지|죠|요|님|씨|군|양|쌤|들|꺼|거|말고|야말로|예요|에요"
    r"|입니다|면"
    r"|(?:였|이었)[가-힣]{0,4}|일(?:까|지|걸)?|인(?:데|지|가|걸)?|지만)"
)
AFTER_NAME = re.compile(rf"(?:{_PARTICLE}{{0,5}})(?![가-힣A-Za-z0-9])")
"""What may follow a name that is no word."""
HONORED = re.compile(rf"(?: ?님| ?씨| (?:언니|누나|형|오빠|선배|후배|쌤|선생님)){_PARTICLE}{{0,3}}(?![가-힣])")
DIMINUTIVE = re.compile(
    r"이(?:(?:가|는|를|도|한테서?|에게서?|의|와|만|처럼|보다)(?![가-힣])"
    r"|랑 (?:같이|함께|둘이|만나|통화|놀|밥|얘기|이야기|싸웠|친))"
)
"""Behind a final consonant: "하늘이가" has two particles in a row unless 하늘 is a person."""
STEM_PARTICLE = re.compile(r"(?:가|를|랑|한테서?|에게서?|하고|의|네|야)(?![가-힣])")
"""Particles of nouns, which no verb has ("지우가", not "지우고")."""
VOCATIVE = re.compile(r"아(?![가-힣])")
OPEN_VOCATIVE = re.compile(r"야(?:[,!~♡ㅠㅜㅎㅋ…]|\s+[^\s]|$)")
"""Behind a vowel "야" is the copula as well ("여기가 바다야"): what stands before decides."""
SENTENCE_START = re.compile(r"(?:^|[.!?~…,\n\"'])\s*$")
CALLING = re.compile(
    r"(?:^|\s)(?:응|아|야|어|네|안녕|얘|얘들아|근데|그래|아니|저기|오|와|헐|잠깐|참|자|고마워|미안|미안해|축하해|사랑해"
    r"|잘 ?자|잘 ?가|잘 ?있어|보고 ?싶어|반가워|괜찮아|힘내|수고했어|잘했어|그만해|조심해"
    r"|[가-힣]*(?:줘|자|해|와|가|봐|어|아))[,!~]?\s*$"
)
"""After what is said to somebody, a name with 야 at the end calls that person: "고마워 보라야"."""


@dataclass(frozen=True)
class Member:
    """A name by which a member may be called, its kind, and the label that takes its place."""

    name: str
    kind: Kind
    label: str

    @property
    def is_closed(self) -> bool:
        """Whether it ends in a consonant."""
        last = self.name[-1]
        return "가" <= last <= "힣" and (ord(last) - 0xAC00) % 28 > 0


class Mentions:
    """The names of the members of one talk, to be found in what they say."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._members: dict[str, Member] = {}
        for shown, label in labels.items():
            for name in called_names(shown):
                self._members.setdefault(name, Member(name, kind_of(name, name != shown), label))
        self._lengths = sorted({len(name) for name in self._members}, reverse=True)

    def replaced(self, text: str) -> str:
        """The text with labels for the members that are meant in it."""
        parts: list[str] = []
        done = 0
        for start in WORD_START.finditer(text) if self._members else ():
            at = start.start()
            if at < done:
                continue
            is_sure = text.startswith("@", at)
            begin = at + is_sure
            found = self._at(text, begin, is_sure or (at > 0 and text[at - 1] == "@"))
            if found:
                member, end = found
                parts += [text[done:at].removesuffix("@"), member.label]
                done = end
        return "".join([*parts, text[done:]])

    def _at(self, text: str, begin: int, is_sure: bool) -> tuple[Member, int] | None:
        """The member that is meant at a place, and where the mention ends; a diminutive 이 belongs to the name."""
        for length in self._lengths:
            member = self._members.get(text[begin : begin + length])
            if member and is_meant(member, text, begin, is_sure):
                end = begin + length
                return member, end + (member.is_closed and DIMINUTIVE.match(text, end) is not None)
        return None


def called_names(shown: str) -> list[str]:
    """What a member with this name on the screen may be called: the whole, the name in it, the given name.

    "[독서]가온/95/서울" -> itself, 가온; "김다솜" -> itself, 다솜.
    """
    names = [shown] if len(shown) > 1 or "가" <= shown <= "힣" else []
    runs = HANGUL_RUN.findall(BRACKETED.sub(" ", shown)) or HANGUL_RUN.findall(shown)
    run = next((run for run in runs if run not in PLACES and run not in ROLES), None)
    if run is None or len(run) > 5:
        return names
    names += [run] if run != shown else []
    if run in NOUNS or len(run) < 3:
        return names
    if len(run) >= 4 and run[:2] in LONG_SURNAMES:
        return [*names, run[2:]]
    return [*names, run[1:]] if len(run) == 3 and run[0] in SURNAMES else names


def kind_of(name: str, is_part: bool = False) -> Kind:
    """What else a name is. One syllable alone is always a word too, and so may be a nickname of two syllables.

    is_part: it is the name in what the screen shows ("김다솜", "가온/95"), so it is no nickname.
    """
    if name in ROLES or name.removesuffix("님") in ROLES:
        return "role"
    if name in NOUNS or (len(name) == 1 and "가" <= name <= "힣"):
        return "noun"
    if name in STEMS:
        return "stem"
    is_nickname = not is_part and len(name) == 2 and HANGUL_RUN.fullmatch(name) and not GIVEN.issuperset(name)
    return "noun" if is_nickname else "name"


def is_meant(member: Member, text: str, begin: int, is_sure: bool) -> bool:
    """Whether the member is meant by the name at a place of a text. is_sure: it stands behind "@"."""
    end = begin + len(member.name)
    if is_sure:
        return LATIN_AFTER.match(text, end) is None
    if member.kind == "role":
        return False
    if member.kind == "name":
        if not HANGUL_RUN.fullmatch(member.name) or len(member.name) > 2:
            return LATIN_AFTER.match(text, end) is None
        return AFTER_NAME.match(text, end) is not None
    if HONORED.match(text, end) or (member.is_closed and DIMINUTIVE.match(text, end)):
        return True
    if member.kind == "stem" and STEM_PARTICLE.match(text, end):
        return True
    return _is_called(member, text, begin, end)


def _is_called(member: Member, text: str, begin: int, end: int) -> bool:
    """Whether a word is called as a person: "하늘아"; "바다야, 일어나"."""
    before = text[max(0, begin - 20) : begin]
    if member.is_closed:
        if not VOCATIVE.match(text, end):
            return False
        if len(member.name) > 1:
            return True
        return SENTENCE_START.search(before) is not None  # "달아" is a verb as well
    if not OPEN_VOCATIVE.match(text, end):
        return False
    return SENTENCE_START.search(before) is not None or CALLING.search(before) is not None


def labels_of(names: Iterable[str | None], label: str) -> dict[str, str]:
    """Each name with its label, numbered in the order in which they first come."""
    known = dict.fromkeys(name for name in names if name)
    return {name: f"{label} {number}" for number, name in enumerate(known, 1)}


def members_told(lines: Sequence[str]) -> list[str]:
    """The names in lines about people, as in "가온님이 나래님과 다솜님을 초대했습니다."."""
    return list(dict.fromkeys(name for line in lines for name in TOLD.findall(line)))


TOLD = re.compile(r"(?:^|[\s,])([^\s,]{1,40}?)님(?=[이을를과와에의,\s]|께서|으로|$)")
