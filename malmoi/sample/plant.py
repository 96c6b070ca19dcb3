"""Faults with known truth: what a curation step must find is planted here, and nowhere else.

No number or address made here can belong to a person: mobile numbers start with the unassigned 010-0 and 010-1,
landlines with an exchange 0 or 1, mail goes to the reserved domain .example (RFC 2606), and the check digit of every
resident number is wrong for its first twelve digits.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

HANGUL_DIGITS = "공일이삼사오육칠팔구"
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
        "sentence_added": lambda: f"{body}\n\n{chance.choice(_ADDED)}",
        "paragraph_moved": lambda: _move_paragraph(body, chance),
    }
    return edits[strength]()


_ADDED = (
    "이 글은 다른 게시판에도 함께 올렸습니다.",
    "(수정) 오타를 바로잡았습니다.",
    "출처를 밝히면 자유롭게 옮겨 가셔도 됩니다.",
    "무단 전재 및 재배포를 금지합니다.",
)


def _respace(body: str, chance: random.Random) -> str:
    return "".join("" if letter == " " and chance.random() < 0.2 else letter for letter in body)


def _replace_characters(body: str, share: float, chance: random.Random) -> str:
    letters = list(body)
    hangul = [place for place, letter in enumerate(letters) if "가" <= letter <= "힣"]
    for place in chance.sample(hangul, max(1, int(len(hangul) * share))):
        letters[place] = chr(chance.randint(0xAC00, 0xD7A3))
    return "".join(letters)


def _replace_words(body: str, share: float, chance: random.Random) -> str:
    words = re.split(r"(\s+)", body)
    places = list(range(0, len(words), 2))
    for place in chance.sample(places, max(1, int(len(places) * share))):
        words[place] = chance.choice(("그런데", "아마도", "다시", "조금", "모두", "바로", "오늘", "우리"))
    return "".join(words)


def _move_paragraph(body: str, chance: random.Random) -> str:
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
    area = chance.choice(("010", "010", "010", "02", "031", "051", "070"))
    exchange = chance.choice("01") + _digits(2 if area in ("02", "031", "051") else 3, chance)
    last = _digits(4, chance)
    plain = f"{area}-{exchange}-{last}"
    spelled = " ".join("".join(HANGUL_DIGITS[int(digit)] for digit in part) for part in (area, exchange, last))
    forms = [f"+82 {plain[1:]}", plain.replace("-", " "), plain.replace("-", "."), plain.translate(FULL_WIDTH)]
    forms += [plain.replace("-", ""), spelled] if area == "010" else [plain, plain]
    return [*forms, f"{area}) {exchange}-{last}", plain][chance.randrange(8)]


def _email(chance: random.Random) -> str:
    name = chance.choice(("haneul", "bada", "noeul", "saebyeok", "garam", "maru", "dasom", "areum"))
    name += chance.choice(("", ".kim", "_lee", "77", f"{chance.randrange(1000)}", "-park"))
    domain = chance.choice(("mail", "namu", "post", "hanbit"))
    at = (" 골뱅이 ", "＠", " @ ", "@", "@", "@")[chance.randrange(6)]
    return f"{name}{at}{domain}.example"


def _resident_number(chance: random.Random) -> str:
    front = f"{chance.randrange(50, 100):02d}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"
    back = chance.choice("12") + _digits(5, chance)
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    check = (11 - sum(int(digit) * weight for digit, weight in zip(front + back, weights, strict=True)) % 11) % 10
    wrong = (check + chance.randrange(1, 10)) % 10
    separator = chance.choice(("-", "-", " ", "", " - "))
    number = f"{front}{separator}{back}{wrong}"
    return number.translate(FULL_WIDTH) if chance.random() < 0.15 else number


_PERSONAL_SENTENCES = {
    "phone": (
        "궁금한 점은 {} 번으로 연락 주세요.",
        "담당자 전화는 {}입니다.",
        "급하신 분은 {}로 문자 남겨 주세요!",
        "연락처: {}",
    ),
    "email": (
        "자료는 {} 으로 보내 주시면 됩니다.",
        "문의 메일: {}",
        "{} 로 신청서를 내 주세요.",
    ),
    "resident_number": (
        "신청인 주민등록번호: {}",
        "본인 확인을 위해 {} 을 적었습니다.",
        "(주민번호 {})",
    ),
}


def plant_personal(body: str, items: list[Personal], chance: random.Random) -> str:
    """`body` with one sentence for each item, put at the end of some paragraph."""
    paragraphs = body.split("\n\n")
    for item in items:
        place = chance.randrange(len(paragraphs))
        paragraphs[place] += " " + chance.choice(_PERSONAL_SENTENCES[item.type]).format(item.text)
    return "\n\n".join(paragraphs)


_LISTED = (
    "부산 맛집 강남 피부과 추천 가격 후기 최저가 쿠폰 배송 렌탈 견적 이사 업체 인테리어 꽃배달 대리운전 펜션 예약 할인 "
    "중고차 시세 학원 과외 자격증 다이어트 임플란트 라식 비용 보험 비교 대출 금리 휴대폰 요금제 노트북 리뷰 운동화 "
    "가방 명품 원피스 코디 캠핑 텐트 낚시 골프 레슨 수영장 헬스 요가 필라테스 네일 왁싱 타로 사주 작명 돌잔치 상조"
).split()
_CURSES = ("시발 병신 개새끼 지랄 존나 ㅅㅂ 시1발 씨@발 ㅂㅅ 꺼져 미친놈 씨발 ㅈㄹ 새끼야").split()


def profanity(body: str, chance: random.Random) -> str:
    """A comment thread turned angry: a swear word, plain or disguised, in most of its lines."""
    angry = []
    for line in body.splitlines():
        words = line.split(" ")
        for _ in range(chance.randrange(1, 4)):
            words.insert(chance.randrange(1, len(words) + 1), chance.choice(_CURSES))
        angry.append(" ".join(words))
    return "\n".join(angry)


_OFFERS = (
    "무직자도 당일 승인! 신용 조회 없이 3분이면 한도 확인",
    "휴대폰 요금제 바꾸면 현금 사은품 즉시 지급",
    "한 달 만에 10kg 감량, 부작용 없는 해독 다이어트",
    "하루 30분 부업으로 월 300 보장, 초보 환영",
    "명품 스타일 가방 공장 직영가 최대 90% 할인",
    "회원 전용 이벤트 첫 충전 보너스 두 배",
    "탈모 고민 끝! 원장님이 추천한 샴푸 체험단 모집",
    "분양가 그대로 마지막 잔여 세대 특별 혜택",
)
_PRESSES = (
    "지금 바로 클릭|선착순 50명 마감 임박|카톡 문의 24시간 상담|오늘만 이 가격|친구 추가하면 쿠폰 증정|"
    "놓치면 후회|무료 상담 신청하기|링크 타고 들어오세요"
).split("|")
_SIGNS = ("★", "♥", "◆", "▶▶", "✔", "!!!", "☎", "🔥", "💰")


def advertisements(count: int = 600) -> list[str]:
    """Made advertisement to learn a spam model from, the same each time."""
    chance = random.Random(20)
    return [promotion(chance) for _ in range(count)]


def promotion(chance: random.Random) -> str:
    """Promotion as it fills blogs: one offer said over and over, urgency, signs and a link."""
    offer = chance.choice(_OFFERS)
    keyword = " ".join(offer.split()[:2])
    lines = []
    for _ in range(chance.randrange(6, 12)):
        sign, press = chance.choice(_SIGNS), chance.choice(_PRESSES)
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
    return separator.join(chance.choices(_LISTED, k=chance.randrange(120, 320)))


def mojibake(body: str) -> str:
    """UTF-8 read as Latin-1: what a wrong charset leaves of Korean."""
    return body.encode("utf-8").decode("latin-1")


def torn(body: str, chance: random.Random) -> str:
    """A text in which every few characters have become U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if chance.random() < 0.25 else letter for letter in body)
