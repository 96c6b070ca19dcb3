"""Where personal data may stand: byte expressions for Hyperscan, and which finders look at what each finds.

They are written for speed: hardly any matches in text without personal data, and none keeps the automaton busy over
Hangul. None needs to be exact, but each form that a finder knows must be met by one of them (tests assert it).
"""

from typing import NamedTuple

_SYLLABLE = r"[\xea-\xed][\x80-\xbf]{2}"
_GAP = r"[-./)~_ ,:*=\]+\x80-\xff]{0,6}"
_ZERO, _ONE = "(?:공|영|빵)", "(?:일|[1lI])"
_SPELLED = "(?:[0-9oO]|공|영|빵|일|이|삼|사|오|육|륙|칠|팔|구)"
_MARKS = "(?:다시|[-. )]{0,3})"


class Candidate(NamedTuple):
    """An expression over bytes, and the finders (as written_forms.FINDERS names them) that its matches go to.

    in_words: whether its matches may end in digits that touch a Latin letter.
    """

    expression: str
    finders: tuple[str, ...]
    in_words: bool = True


NUMBERS = ("resident", "business", "corporate", "passports", "licences", "cards", "phones", "accounts")
CANDIDATES = (
    # telephone numbers: in digits; from abroad; digit by digit; in Hangul; half and half; with letters for 0 and 1
    Candidate(rf"0[1-7][0-9]{{0,2}}{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}", ("accounts", "phones"), in_words=False),
    Candidate(
        rf"82[^0-9a-zA-Z\n]{{0,4}}0?{_GAP}[0-9]{{1,3}}{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{4}}", ("phones",), in_words=False
    ),
    Candidate(r"0[-. ]1(?:[-. ]{1,3}[0-9]){8}", ("phones",)),
    Candidate(rf"{_ZERO}[-. ]?{_ONE}[-. ]?(?:[0o]|공|영|빵|육|칠|팔|구)(?:{_MARKS}{_SPELLED}){{7}}", ("phones",)),
    Candidate(rf"(?:공|영)[-. ]?(?:이|삼|사|오|육|칠)(?:{_MARKS}{_SPELLED}){{7}}", ("phones",)),
    Candidate(
        (
            rf"0[-. ]?1[-. ]?0(?:[-. )]{{0,3}}[0-9]){{0,6}}[-. )]{{0,3}}(?:공|"
            rf"영|일|이|삼|사|오|육|칠|팔|구){_MARKS}{_SPELLED}"
        ),
        ("phones",),
    ),
    Candidate(r"0[-. ]?일[-. ]?0(?:[-. )]{0,3}[0-9]){8}", ("phones",)),
    Candidate(r"[oO0][-. ]?[1lI][-. ]?[oO0][-. )]{0,3}(?:[0-9oOlI][-. )]{0,3}){7}[0-9oOlI]", ("phones",)),
    # numbers of people and firms
    Candidate(r"[0-9]{6}[-~/._ \x80-\xff]{0,5}[0-9]{7}", ("resident", "corporate"), in_words=False),
    Candidate(r"[0-9]{6}[-~/._ \x80-\xff]{0,5}[0-9]{0,6}(?:\*\*|xx|XX|\xe2\x97[\x8f\x8b])", ("resident",)),
    Candidate(r"[1-9][0-9]{2} ?[- ] ?[0-9]{2} ?[- ] ?[0-9]{5}", ("business",), in_words=False),
    Candidate(r"[0-9]{10}", NUMBERS, in_words=False),
    Candidate(r"[mMsSrRdDgGoO][0-9]{3}[a-zA-Z][0-9]{4}", ("passports",)),
    Candidate(r"(?:여권|[pP]assport|PASSPORT)[^\n]{0,40}[0-9]{8}", ("passports",)),
    Candidate(r"(?m)^ ?[mMsSrRdDgGoO][0-9]{8}", ("passports",)),
    Candidate(r"[0-9]{2} ?[- ] ?[0-9]{6} ?[- ] ?[0-9]{2}", ("licences", "accounts"), in_words=False),
    # cards and accounts
    Candidate(r"[0-9]{4}[- .][0-9]{4}[- .][0-9]{4}[- .][0-9]{3,4}", ("cards", "accounts"), in_words=False),
    Candidate(r"[0-9]{4} - [0-9]{4} - [0-9]{4} - [0-9]{4}", ("cards", "accounts"), in_words=False),
    Candidate(r"3[0-9]{3}[- .][0-9]{6}[- .][0-9]{4,5}", ("cards",), in_words=False),
    Candidate(r"[0-9]{2,6}-[0-9]{2,8}-[0-9]{4,8}", ("accounts",), in_words=False),
    Candidate(r"[0-9]{3,6}-[0-9]{6,10}", ("accounts",), in_words=False),
    Candidate(
        r"(?:은행|뱅크|농협|수협|신협|금고|우체국|계좌)[^\n0-9]{0,16}[0-9]{2,6}(?: [0-9]{1,8}){2,3}", ("accounts",)
    ),
    # plates, and addresses on the internet
    Candidate(rf"[0-9]{{2}} ?{_SYLLABLE} ?[1-9][0-9]{{3}}", ("plates",), in_words=False),
    Candidate(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", ("networks",), in_words=False),
    Candidate(r"2[0-9a-fA-F]{3}:[0-9a-fA-F:]{3}", ("networks",)),
    # mail, plain and in words
    Candidate(r"[a-zA-Z0-9_+.-] ?@ ?[a-zA-Z0-9_-]{1,40}[(\[{<., \x80-\xff]", ("mail",)),
    Candidate(r"[a-zA-Z0-9_+.-] ?@ ?(?:네이|지메|한메|다음|네이|핫메|카카|구글)", ("mail",)),
    Candidate(r"\xef\xbc\xa0", ("mail",)),
    Candidate(r"(?:골뱅이|앳) ?(?:[a-zA-Z0-9)\]}>]|네이|지메|한메|다음|핫메|카카|구글)", ("mail",)),
    Candidate(r"[(\[<{] ?(?:at|AT|앳|@) ?[)\]>}] ?[a-zA-Z0-9네지한다핫카구]", ("mail",)),
    Candidate(r"[a-z0-9]\(a\)[a-z]", ("mail",)),
    Candidate(r"[a-zA-Z0-9] (?:at|AT|앳) [a-zA-Z0-9-]{2,20} ?(?:dot|닷|점|쩜|DOT) ?[a-z컴넷]", ("mail",)),
    # places and people
    Candidate(r"(?:시|군|구|읍|면|동) [^ \n]{1,30}(?:로|길|동|리|가) ?[0-9]", ("addresses",)),
    Candidate(r"(?:시|군|구|읍|면|동) [^ \n]{1,30}(?:리|동|가|번길) (?:산 ?)?[0-9]{1,4}", ("addresses",)),
    Candidate(r"(?:서울|부산|대구|인천|광주|대전|울산) [^ \n]{3,30}(?:로|길) ?[0-9]", ("addresses",)),
    Candidate(r"(?:로|길) ?[0-9]{1,4}(?:번?길 ?)?[-0-9, ]{1,10}[0-9]{1,4}동", ("addresses",)),
    Candidate(rf"주소(?:는|지는)? ?: ?{_SYLLABLE}[^\n]{{2,60}}(?:로|길|동|리|가) ?[0-9]", ("addresses",)),
    Candidate(
        (
            r"(?:성명|성함|이름|담당|담당자|예금주|신청인|사람|받는 ?분|수령인|수신인|"
            r"입금자|대표자|연락처|작성자|받는이|보낸이) ?: ?[\xea-\xed]"
        ),
        ("names",),
    ),
    Candidate(r"(?:성명|이름|명\)|름\)) ?[-:=] ?[\xea-\xed]", ("names",)),
    Candidate(rf"(?:예금주|입금자|인 성명|자 성명) {_SYLLABLE}", ("names",)),
    Candidate(rf"담당자 (?:{_SYLLABLE}){{3}} ?(?:과장|부장|차장|대리|팀장|주무관|님|씨|\(|0)", ("names",)),
    Candidate(rf"(?:름은|함은|저는) (?:{_SYLLABLE}){{2,4}}(?:입니다|이라고|라고|이에요|예요|이고)", ("names",)),
    # digits of full width: whatever they may be
    Candidate(
        rf"\xef\xbc[\x90-\x99](?:{_GAP}(?:[0-9]|\xef\xbc[\x90-\x99])){{5}}", (*NUMBERS, "plates", "networks", "mail")
    ),
    Candidate(r"(?:\xef\xbd[\x81-\x9a]){2}", ("mail",)),
)
BEFORE_BYTES, AFTER_BYTES = 160, 200
"""What a candidate stands for begins within BEFORE_BYTES of its end, cues included, and ends within AFTER_BYTES."""
