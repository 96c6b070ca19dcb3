"""Text as a search sees it: the same words are the same, however they were typed.

Folded: NFKC (so NFD of a Mac, full width and half-width jamo are one), no sign that shows nothing (zero-width spaces,
soft hyphens, variation selectors, controls), no capitals, any run of white space one space.

Corpora of older versions hold such signs, so text is searched as it stands by a pattern that lets them be between any
two letters (`pattern`): nothing has to be folded that does not hold the words.
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, unquote

from malmoi.corpus.text.signs import SHAPELESS, TAGS

IGNORED = f"\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f{SHAPELESS}{TAGS}\u061c\u17b4\u17b5\u180b-\u180f\uffa0"
"""Inside a character class: what shows nothing (Unicode: Default_Ignorable_Code_Point, with the controls)."""
SPACES = "\\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Inside a character class: white space of all kinds. RE2 knows that of ASCII alone as "\\s"."""
_IGNORED = re.compile(f"[{IGNORED}]")
_OWN_FRAGMENT = re.compile(r"[/!]|comments?(?![a-z])|repl(?:y|ies)(?![a-z])|댓글")
"""How a fragment begins that names a document of its own: a view of a page of scripts ("#/post/1", "#!1"), comments
(sources/page_documents.py) or one of them. Any other is a place in its page."""
_PARTICLES = (
    "은는이가을를의에와과도만로씨님군양께야아여라랑나서까부한으라고"
    "ㆍ·"
)  # first syllables of what follows a name: josa, titles, the copula
SHORT_NAME_LETTERS, PASSAGE_LETTERS = 2, 20
"""Two syllables are part of many words; twenty letters in a row are no chance, wherever they begin."""
_MOST_LATIN = 0x2AF
"""Letters up to here part words by spaces and have no particles: "lee" in "sleep" is another word."""


def fold(text: str) -> str:
    """The text folded, without white space at its ends."""
    return " ".join(_IGNORED.sub("", unicodedata.normalize("NFKC", _IGNORED.sub("", text))).casefold().split())


def squeezed(text: str) -> str:
    """The text folded, without any white space: what two ways of breaking lines have in common."""
    return fold(text).replace(" ", "")


def fold_address(address: str) -> str:
    """An address as it is compared: no scheme, "www.", slash at the end or place in the page; percent signs read,
    folded."""
    plain = fold(unquote(address.strip())).replace(" ", "")
    page, _, fragment = re.sub(r"^[a-z][a-z0-9+.-]*://", "", plain).partition("#")
    page = page.removeprefix("www.").rstrip("/")
    return f"{page}#{fragment.rstrip('/')}" if _OWN_FRAGMENT.match(fragment) else page


def addresses_above(address: str) -> Iterator[str]:
    """A folded address and those that it lies below, up to its host: "a/b?c" gives "a/b?c", "a/b" and "a"."""
    at = len(address)
    while at > 0:
        yield address[:at]
        at = max(address.rfind(sign, 0, at) for sign in "/?#")


def pattern(term: str, loose: bool = True) -> str:
    """A regular expression (RE2, to be used without regard to case) that finds `term` in text that is not folded.

    Between two letters any number of ignored signs may stand, with `loose` also white space; a white space of the term
    may be any or none. Each letter stands for its composed, decomposed and full-width forms.
    """
    between = f"[{IGNORED}{SPACES}]*" if loose else f"[{IGNORED}]*"
    words = [between.join(_forms(letter) for letter in word) for word in fold(term).split()]
    return f"[{IGNORED}{SPACES}]*".join(words)


def address_pattern(term: str) -> str:
    """As `pattern`, for a name in an address: as it is, in percent signs, or as the label of a host (punycode)."""
    plain = "".join(fold(term).split())
    forms = {quote(unicodedata.normalize(form, plain)) for form in ("NFC", "NFD")} | {plain}
    with contextlib.suppress(UnicodeError):  # no label of a host
        forms.add(plain.encode("idna").decode())
    return "|".join([pattern(term), *map(re.escape, sorted(forms))])


def _forms(letter: str) -> str:
    """One folded letter in every form that folds to it and is ever typed."""
    parts = unicodedata.normalize("NFD", letter)
    forms = [re.escape(letter)]
    if len(parts) > 1:
        forms.append(f"[{IGNORED}]*".join(map(re.escape, parts)))
    if "!" <= letter <= "~":
        forms.append(chr(ord(letter) + 0xFEE0))
        if letter.isalpha():
            forms.append(chr(ord(letter.upper()) + 0xFEE0))
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def is_certain(text: str, start: int, stop: int, term: str) -> bool:
    """Whether what `pattern(term)` found at start..stop is the term, and not letters of other words beside each other.

    Latin words and numbers are whole: no letter of the same kind beside them. Three syllables or more without white
    space inside are certain, and so is a long passage. Fewer ("이사" in "이사회"), or with white space inside ("이
    사라", or a name that a line of a PDF breaks), must begin a word, and end it or be followed by a particle.
    """
    letters = len(squeezed(term))
    before, after = text[start - 1 : start], text[stop : stop + 1]
    if all(ord(letter) <= _MOST_LATIN for letter in fold(term)):
        return not (_is_latin(before) or _is_latin(after))
    spaces = len(re.findall(r"\s+", _IGNORED.sub("", text[start:stop])))
    if letters >= PASSAGE_LETTERS or (letters > SHORT_NAME_LETTERS and spaces <= len(fold(term).split()) - 1):
        return True
    return not before.isalnum() and (not after.isalnum() or unicodedata.normalize("NFC", after) in _PARTICLES)


def is_whole(before: str, after: str, term: str) -> bool:
    """Whether a term is a word of its own between two letters ("" for none), or has a particle behind it.

    Letters of another script beside it are what bytes before a field look like, or a word beside. What follows two
    syllables is no particle: "김수" is not "김수이".
    """
    if all(ord(letter) <= _MOST_LATIN for letter in fold(term)):
        return not (_is_latin(before) or _is_latin(after))
    script = unicodedata.name(fold(term)[0], "").split(" ")[0]  # HANGUL, CJK, HIRAGANA, ...
    beside = [one.isalnum() and unicodedata.name(one, "").startswith(script) for one in (before, after)]
    is_name = len(squeezed(term)) > SHORT_NAME_LETTERS
    return not beside[0] and (not beside[1] or (is_name and unicodedata.normalize("NFC", after) in _PARTICLES))


def _is_latin(letter: str) -> bool:
    return letter.isalnum() and ord(letter) <= _MOST_LATIN
