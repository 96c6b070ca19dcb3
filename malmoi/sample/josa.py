"""Korean particles after any word: 은/는, 이/가, 을/를, 과/와, 으로/로 by the last syllable's final consonant."""

import re

FIRST_SYLLABLE = 0xAC00
FINALS = 28
RIEUL = 8
_DIGITS_WITH_FINAL = "013678"  # 영 일 삼 육 칠 팔 end in a consonant
_PARTICLE = re.compile(r"(\S)(은/는|이/가|을/를|과/와|으로/로|이/)")


def final_consonant(letter: str) -> int:
    """Number of the final consonant of a Hangul syllable, 0 for none; digits as they are read; 0 for other signs."""
    if "가" <= letter <= "힣":
        return (ord(letter) - FIRST_SYLLABLE) % FINALS
    if letter == "1":
        return RIEUL
    return 1 if letter in _DIGITS_WITH_FINAL else 0


def join(sentence: str) -> str:
    """Writes out every "은/는", "이/가", "을/를", "과/와", "으로/로", "이/" after a word in the right form."""
    return _PARTICLE.sub(_chosen, sentence)


def _chosen(found: re.Match[str]) -> str:
    letter, pair = found.groups()
    with_final, without = pair.split("/")
    final = final_consonant(letter)
    takes_final = final not in (0, RIEUL) if pair == "으로/로" else final != 0
    return letter + (with_final if takes_final else without)
