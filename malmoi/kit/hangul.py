"""Korean writing: the letters of a syllable, the sounds that begin a word, particles, and signs that are torn in half.

The corpus, its samples and the cards share these rules, and none of the three may import another.
"""

import re

FIRST_SYLLABLE, LAST_SYLLABLE = 0xAC00, 0xD7A3
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
NUM_FINALS = len(FINALS) + 1
"""With none, which is number 0. A syllable is FIRST_SYLLABLE + (initial x 21 + vowel) x 28 + final (Unicode 3.12)."""
_RIEUL = 1 + FINALS.index("ㄹ")
_SILENT_VOWELS = {"ㄴ": "ㅕㅛㅠㅣ", "ㄹ": "ㅑㅕㅖㅛㅠㅣ"}
"""Before these ㄴ and ㄹ fall silent at the beginning of a word (Korean orthography, articles 10 and 11)."""
_DIGITS_WITH_FINAL = "013678"
"""영 일 삼 육 칠 팔 end in a consonant."""
_PARTICLE = re.compile(r"(\S)(은/는|이/가|을/를|과/와|으로/로|이/)")


def soften(syllable: str) -> str:
    """The form of a syllable at the beginning of a word (두음법칙): 녀 to 여, 리 to 이, 락 to 낙; others stay.

    Before the vowels of articles 10 and 11 ㄴ and ㄹ fall silent, before all others ㄹ becomes ㄴ (article 12).
    """
    code = ord(syllable) if len(syllable) == 1 else 0
    if not FIRST_SYLLABLE <= code <= LAST_SYLLABLE:
        return syllable
    head, final = divmod(code - FIRST_SYLLABLE, NUM_FINALS)
    number, vowel = divmod(head, len(VOWELS))
    initial = INITIALS[number]
    if VOWELS[vowel] in _SILENT_VOWELS.get(initial, ""):
        initial = "ㅇ"
    elif initial == "ㄹ":
        initial = "ㄴ"
    return chr(FIRST_SYLLABLE + (INITIALS.index(initial) * len(VOWELS) + vowel) * NUM_FINALS + final)


def particle(letter: str, pair: str) -> str:
    """The form of a particle ("은/는", "으로/로") after a letter: a syllable, or a digit as it is read.

    The first form follows a final consonant, the second one a vowel and any other sign; 로 follows ㄹ too.
    """
    if FIRST_SYLLABLE <= ord(letter) <= LAST_SYLLABLE:
        final = (ord(letter) - FIRST_SYLLABLE) % NUM_FINALS
    else:
        final = _RIEUL if letter == "1" else int(letter in _DIGITS_WITH_FINAL)
    with_final, without = pair.split("/")
    return without if final == 0 or (final == _RIEUL and with_final == "으로") else with_final


def write_particles(sentence: str) -> str:
    """The sentence with each pair ("은/는", "이/가", "을/를", "과/와", "으로/로", "이/") in the form it takes."""
    return _PARTICLE.sub(lambda found: found[1] + particle(found[1], found[2]), sentence)


def whole_characters(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which neither UTF-8 nor Arrow can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
