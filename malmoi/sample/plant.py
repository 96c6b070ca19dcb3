"""Faults with known truth: what a curation step must find is planted here, and nowhere else.

No number or address made here can belong to a person: mobile numbers start with the unassigned 010-0 and 010-1,
landlines with an exchange 0 or 1, mail goes to the reserved domain .example (RFC 2606), and the check digit of every
resident number is wrong for its first twelve digits.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from malmoi.sample.words import WORDS, listed
from malmoi.sample.written import Text

_WORDS = WORDS["plant"]
SPOKEN = str.maketrans("0123456789", "공일이삼사오육칠팔구")
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
SHINGLE = 5
_NOT_LETTERS = re.compile(r"[\W_]+")

STRENGTHS = ("spacing", "characters_1", "characters_2", "words_2", "words_5", "sentence_added", "paragraph_moved")
"""Edits that leave most of a text; `char5_jaccard` says how much, and the truth file records it."""


@dataclass(frozen=True)
class Personal:
    """One planted item: its type and the very characters that stand in the text."""

    type: str  # phone | email | resident_number
    text: str


def shingles(text: str) -> set[str]:
    """Character 5-grams of the text without spaces and punctuation, in lower case."""
    letters = _NOT_LETTERS.sub("", text.lower())
    return {letters[start : start + SHINGLE] for start in range(max(1, len(letters) - SHINGLE + 1))}


def char5_jaccard(one: str, other: str) -> float:
    """Jaccard similarity of the two texts' character 5-grams, 0..1."""
    left, right = shingles(one), shingles(other)
    return len(left & right) / len(left | right)


def near_duplicate(body: str, strength: str, chance: random.Random) -> str:
    """`body` with the edit that `strength` names."""
    edits: dict[str, Callable[[], str]] = {
        "spacing": lambda: _respace(body, chance),
        "characters_1": lambda: _replace_characters(body, 0.01, chance),
        "characters_2": lambda: _replace_characters(body, 0.02, chance),
        "words_2": lambda: _replace_words(body, 0.02, chance),
        "words_5": lambda: _replace_words(body, 0.05, chance),
        "sentence_added": lambda: f"{body}\n\n{chance.choice(_WORDS['added'])}",
        "paragraph_moved": lambda: _move_paragraph(body, chance),
    }
    return edits[strength]()


def scraped(text: Text, strength: str | None, chance: random.Random) -> tuple[Text, float]:
    """A copy of `text` as another site has it (None: to the letter), and its Jaccard similarity, 0..1."""
    body = text.body if strength is None else near_duplicate(text.body, strength, chance)
    return replace(text, body=body, site=f"{text.site} 스크랩"), round(char5_jaccard(text.body, body), 4)


def _respace(body: str, chance: random.Random) -> str:
    return "".join("" if letter == " " and chance.random() < 0.2 else letter for letter in body)


def _replace_characters(body: str, share: float, chance: random.Random) -> str:
    """So large a `share` (0..1) of the Hangul syllables, one at least, become any others: typing errors, the worst."""
    letters = list(body)
    hangul = [place for place, letter in enumerate(letters) if "가" <= letter <= "힣"]
    for place in chance.sample(hangul, max(1, int(len(hangul) * share))):
        letters[place] = chr(chance.randint(0xAC00, 0xD7A3))
    return "".join(letters)


def _replace_words(body: str, share: float, chance: random.Random) -> str:
    """So large a `share` (0..1) of the words, one at least, become others of a short list: a rewritten copy."""
    words = re.split(r"(\s+)", body)
    places = list(range(0, len(words), 2))
    for place in chance.sample(places, max(1, int(len(places) * share))):
        words[place] = chance.choice(listed(_WORDS["other_words"]))
    return "".join(words)


def _move_paragraph(body: str, chance: random.Random) -> str:
    """Some paragraph comes first. Texts of one or two paragraphs stay as they are."""
    paragraphs = body.split("\n\n")
    if len(paragraphs) > 2:
        paragraphs.insert(0, paragraphs.pop(chance.randrange(1, len(paragraphs))))
    return "\n\n".join(paragraphs)


def personal(kind: str, chance: random.Random) -> Personal:
    """One made-up phone number, e-mail address or resident number in one of its many written forms."""
    makers = {"phone": _phone, "email": _email, "resident_number": _resident_number}
    return Personal(kind, makers[kind](chance))


def _digits(count: int, chance: random.Random) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(count))


def _phone(chance: random.Random) -> str:
    """A number in one of eight written forms; run together and spelt in Hangul are only mobile numbers."""
    area = chance.choice(("010", "010", "010", "02", "031", "051", "070"))
    exchange = chance.choice("01") + _digits(2 if area in ("02", "031", "051") else 3, chance)
    parts = (area, exchange, _digits(4, chance))
    plain, is_mobile = "-".join(parts), area == "010"
    forms = (
        f"+82 {plain[1:]}",
        " ".join(parts),
        ".".join(parts),
        plain.translate(FULL_WIDTH),
        "".join(parts) if is_mobile else plain,
        " ".join(parts).translate(SPOKEN) if is_mobile else plain,
        plain.replace("-", ") ", 1),
        plain,
    )
    return chance.choice(forms)


def _email(chance: random.Random) -> str:
    """An address in one of six forms, of which half are plain."""
    name = chance.choice(listed(_WORDS["mail_names"]))
    name += chance.choice(("", ".kim", "_lee", "77", f"{chance.randrange(1000)}", "-park"))
    domain = chance.choice(listed(_WORDS["mail_domains"]))
    at = chance.choice((" 골뱅이 ", "＠", " @ ", "@", "@", "@"))
    return f"{name}{at}{domain}.example"


def _resident_number(chance: random.Random) -> str:
    """Thirteen digits whose check digit is wrong: weights 2 to 9 and 2 to 5, 11 minus the sum modulo 11, modulo 10."""
    front = f"{chance.randrange(50, 100):02d}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    back = chance.choice("12") + _digits(5, chance)
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    check = (11 - sum(int(digit) * weight for digit, weight in zip(front + back, weights, strict=True)) % 11) % 10
    wrong = (check + chance.randrange(1, 10)) % 10
    separator = chance.choice(("-", "-", " ", "", " - "))
    number = f"{front}{separator}{back}{wrong}"
    return number.translate(FULL_WIDTH) if chance.random() < 0.15 else number


def plant_personal(body: str, items: list[Personal], chance: random.Random) -> str:
    """`body` with one sentence for each item, put at the end of some paragraph."""
    paragraphs = body.split("\n\n")
    for item in items:
        place = chance.randrange(len(paragraphs))
        paragraphs[place] += " " + chance.choice(_WORDS["personal"][item.type]).format(item.text)
    return "\n\n".join(paragraphs)


def with_personal(text: Text, kinds: Sequence[str], chance: random.Random) -> tuple[Text, list[Personal]]:
    """`text` with an item of each of `kinds` planted, and the items."""
    items = [personal(kind, chance) for kind in kinds]
    return replace(text, body=plant_personal(text.body, items, chance)), items


def profanity(body: str, chance: random.Random) -> str:
    """A comment thread turned angry: a swear word, plain or disguised, in most of its lines."""
    angry = []
    for line in body.splitlines():
        words = line.split(" ")
        for _ in range(chance.randrange(1, 4)):
            words.insert(chance.randrange(1, len(words) + 1), chance.choice(listed(_WORDS["curses"])))
        angry.append(" ".join(words))
    return "\n".join(angry)


def advertisements(count: int = 600) -> list[str]:
    """Made advertisement to learn a spam model from, the same each time."""
    chance = random.Random(20)
    return [promotion(chance) for _ in range(count)]


def promotion(chance: random.Random) -> str:
    """Promotion as it fills blogs: one offer said over and over, urgency, signs and a link."""
    offer = chance.choice(_WORDS["offers"])
    keyword = " ".join(offer.split()[:2])
    lines = []
    for _ in range(chance.randrange(6, 12)):
        sign, press = chance.choice(listed(_WORDS["signs"])), chance.choice(_WORDS["presses"])
        link = f"https://event{chance.randrange(99)}.example/{keyword.split()[0]}"
        forms = (
            f"{sign} {offer} {sign}",
            f"{keyword} 찾으셨나요? {keyword} {press}{sign}",
            f"{sign * 3} {press} {sign * 3}",
            f"{press} ▶ {link}",
        )
        lines.append(chance.choice(forms))
    return "\n".join(lines)


def word_list(chance: random.Random) -> str:
    """A page of search words without a sentence in it."""
    separator = chance.choice((" ", ", ", " | ", "\n", " #"))
    return separator.join(chance.choices(listed(_WORDS["searched"]), k=chance.randrange(120, 320)))


def mojibake(body: str) -> str:
    """UTF-8 read as Latin-1: what a wrong charset leaves of Korean."""
    return body.encode("utf-8").decode("latin-1")


def torn(body: str, chance: random.Random) -> str:
    """A text in which every few characters have become U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if chance.random() < 0.25 else letter for letter in body)
