"""More ways to write personal data, as templates: what the tuning saw (half 0) and what it did not (half 1).

The templates were written, and split by a hash of the template itself, before the finders were mended for them. Values
belong to nobody: exchanges begin with 0 or 1 (none is assigned), resident numbers have a check digit that does not fit,
cards begin as those of tests do, names are put together by chance.
"""

import hashlib
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import personal_forms as forms

TEMPLATES: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("personal_templates.toml").read_text(encoding="utf-8")
)
"""Templates by type of personal data."""
SURNAMES = (*forms.SURNAMES, *"도 표 탁 봉 여 국 금 우 민 차 주 나 염 방 하 길 제갈 남궁 선우 황보".split())
GIVEN = (
    "은결 하람 겨레 도담 리안 로은 가람 시온 봄이 슬찬 별하 해든 이든 라온 채이 루아 윤슬 다올 나봄 새론 온유 "
    "갑돌 점순 말자 끝순 복녀 병철 웅비 찬솔 빛찬 한울 예나 노아 태리 보나 쥬리 규빈 혁준 엘라 봉춘 옥분 판석 "
    "귀남 뜨락 으뜸 하룻 이레 꽃님 맑음 두솔 미르"
).split()
_CIRCLED, _BOLD = "⓪①②③④⑤⑥⑦⑧⑨", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"
_HANGUL = "공일이삼사오육칠팔구"


class Planted(NamedTuple):
    """A text with one item in it: characters start..stop are of this type."""

    type: str
    template: str
    text: str
    start: int
    stop: int


def half(template: str) -> int:
    """0: seen while the finders were mended. 1: set aside."""
    return hashlib.sha256(template.encode()).digest()[0] % 2


def planted(seed: int, each: int) -> Iterator[Planted]:
    """`each` texts of every template, filled and with sentences around them."""
    for kind, templates in TEMPLATES.items():
        for template in templates:
            chance = random.Random(f"{seed} {template}")
            for _ in range(each):
                yield _fill(kind, template, chance)


def _fill(kind: str, template: str, chance: random.Random) -> Planted:
    values = _values(chance)
    text = re.sub(r"\{(\w+)\}", lambda found: values[found[1]](), template)
    if "«" not in text:
        text = f"«{text}»"
    before, after = chance.choice(forms.CARRIERS), chance.choice(forms.CARRIERS)
    head, tail = chance.choice((("", ""), (f"{before}\n", f"\n{after}"), (f"{before} ", ""), ("", f"\n{after}")))
    start, stop = text.index("«"), text.index("»") - 1
    return Planted(
        kind, template, head + text.replace("«", "").replace("»", "") + tail, len(head) + start, len(head) + stop
    )


def _values(chance: random.Random) -> dict[str, Callable[[], str]]:
    """What each placeholder becomes, drawn anew at each use unless both halves must belong together."""
    rrn = _resident(chance, "12", "34")
    frn = _resident(chance, "56", "78")
    card = _card(chance)
    birth = (int(("20" if rrn[6] in "34" else "19") + rrn[:2]), int(rrn[2:4]), int(rrn[4:6]))
    ip = forms.public_ip(chance)
    two, three = ".".join(ip.split(".")[:2]), ".".join(ip.split(".")[:3])

    def digits(count: int, first: str = "0123456789") -> str:
        return chance.choice(first) + forms.digits(chance, count - 1)

    def exchange() -> str:
        return digits(4, "01")

    def spelled(number: str, mark: str = "") -> str:
        return mark.join(_HANGUL[int(digit)] for digit in number)

    numbers = {f"{letter}{count}": (lambda count=count: digits(count)) for letter in "amk" for count in range(1, 8)}
    return numbers | {
        "n4": exchange,
        "n3": lambda: digits(3, "01"),
        "n2": lambda: digits(2, "01"),
        "k2b": lambda: digits(2),
        "b3": lambda: digits(3),
        "b5": lambda: digits(5),
        "b6": lambda: digits(6),
        "b7": lambda: digits(7),
        "h4": lambda: f"{chance.randrange(0x1000, 0x10000):x}",
        "h4b": lambda: f"{chance.randrange(0x1000, 0x10000):x}",
        "zwsp_mobile": lambda: f"0\u200b1\u200b0-{exchange()}-{digits(4)}",
        "spaced_mobile_hyphens": lambda: f"0 1 0 - {' '.join(exchange())} - {' '.join(digits(4))}",
        "sp3": lambda: " ".join(digits(3, "01")),
        "sp4": lambda: " ".join(exchange()),
        "sp4b": lambda: " ".join(digits(4)),
        "hy4": lambda: "-".join(exchange()),
        "hy4b": lambda: "-".join(digits(4)),
        "dot4": lambda: ".".join(exchange()),
        "dot4b": lambda: ".".join(digits(4)),
        "ko3": lambda: spelled(digits(3, "01")),
        "ko4": lambda: spelled(exchange()),
        "ko4b": lambda: spelled(digits(4)),
        "kosp4": lambda: spelled(exchange(), " "),
        "kosp4b": lambda: spelled(digits(4), " "),
        "koa2": lambda: spelled(digits(2)),
        "kob7": lambda: spelled(digits(7)),
        "circled4": lambda: "".join(_CIRCLED[int(one)] for one in exchange()),
        "circled4b": lambda: "".join(_CIRCLED[int(one)] for one in digits(4)),
        "bold4": lambda: "".join(_BOLD[int(one)] for one in exchange()),
        "bold4b": lambda: "".join(_BOLD[int(one)] for one in digits(4)),
        "local": lambda: f"{chance.choice(('gaonmalmoi', 'dasom.malmoi', 'noeul_moi'))}{digits(2)}",
        "hname": lambda: chance.choice(("가온", "다솜", "노을빛", "하늘칠칠")),
        "id": lambda: f"{chance.choice(('gaon_na', 'dasom.moi', 'noeulbit', 'malmoi'))}{digits(2)}",
        "open": lambda: f"s{chance.choice('AbCdEf')}{digits(3)}Gx",
        "rrn6": lambda: rrn[:6],
        "rrn7": lambda: rrn[6:],
        "rrn1": lambda: rrn[6],
        "rrn3": lambda: rrn[6:9],
        "rrn4": lambda: rrn[9:],
        "rrn_ko6": lambda: spelled(rrn[:6]),
        "rrn_ko7": lambda: spelled(rrn[6:]),
        "rrn_kosp6": lambda: spelled(rrn[:6], " "),
        "rrn_kosp7": lambda: spelled(rrn[6:], " "),
        "rrn_sp6": lambda: " ".join(rrn[:6]),
        "rrn_sp7": lambda: " ".join(rrn[6:]),
        "frn6": lambda: frn[:6],
        "frn7": lambda: frn[6:],
        "frn_sp6": lambda: " ".join(frn[:6]),
        "frn_sp7": lambda: " ".join(frn[6:]),
        "yyyy": lambda: str(birth[0]),
        "yy": lambda: f"{birth[0] % 100:02d}",
        "mm": lambda: f"{birth[1]:02d}",
        "dd": lambda: f"{birth[2]:02d}",
        "m": lambda: str(birth[1]),
        "d": lambda: str(birth[2]),
        "card16": lambda: card,
        "cardsp16": lambda: " ".join(card),
        "cardko": lambda: spelled(card),
        "card4": lambda: card[:4],
        "card4b": lambda: card[4:8],
        "card4c": lambda: card[8:12],
        "card4d": lambda: card[12:],
        "num": lambda: str(chance.randrange(1, 400)),
        "sub": lambda: str(chance.randrange(1, 60)),
        "block": lambda: str(chance.randrange(101, 130)),
        "floor": lambda: str(chance.randrange(2, 15)),
        "flat": lambda: f"{chance.randrange(1, 20)}0{chance.randrange(1, 6)}",
        "p2": lambda: str(chance.randrange(10, 70)),
        "p3": lambda: str(chance.randrange(100, 700)),
        "q4": lambda: str(chance.randrange(1000, 10000)),
        "ip": lambda: ip,
        "ip2": lambda: two,
        "ip3": lambda: three,
        "ipd": lambda: ip.replace(".", " . "),
        "ips": lambda: f"«{ip}»",
        "name": lambda: chance.choice(SURNAMES) + chance.choice(GIVEN),
        "sname": lambda: " ".join(chance.choice(SURNAMES[:30]) + chance.choice(GIVEN)),
    }


def _resident(chance: random.Random, before_2000: str, after_2000: str) -> str:
    """Thirteen digits: a day, a digit for its century, and a last digit that does not fit."""
    front, back = (
        (forms.birth(chance), before_2000)
        if chance.random() < 0.7
        else (forms.birth(chance, chance.randrange(26)), after_2000)
    )  # fmt: skip
    body = front + chance.choice(back) + forms.digits(chance, 5)
    total = sum(int(digit) * weight for digit, weight in zip(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True))
    return body + str((((13 if body[6] in "5678" else 11) - total % 11) % 10 + 1 + chance.randrange(8)) % 10)


def _card(chance: random.Random) -> str:
    """Sixteen digits that pass Luhn's test and begin as no issued card does."""
    body = chance.choice(("400000", "999999", "555555")) + forms.digits(chance, 9)
    total = 0
    for place, digit in enumerate(reversed(body)):
        double = int(digit) * (2 - place % 2)
        total += double - 9 if double > 9 else double
    return body + str((10 - total % 10) % 10)
