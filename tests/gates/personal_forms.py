"""Personal data as people write it, made up by chance: what recall is measured on. It knows no pattern of the program.

Forms come from how Korean offices, banks, card brands and telephone companies print their numbers, and from how people
write them in posts to keep machines from reading them. Values are random and belong to nobody on purpose.
"""
# Tables of forms, one a line:
# ruff: noqa: E501

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

FULL_WIDTH = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "0123456789-.()+@abcdefghijklmnopqrstuvwxyz"}
HANGUL = str.maketrans("0123456789", "공일이삼사오육칠팔구")
HANGUL_OTHER = str.maketrans("0123456789", "영일이삼사오륙칠팔구")
LETTERS = str.maketrans("01", "ol")
CAPITALS = str.maketrans("01", "OI")


class Item(NamedTuple):
    """One written item: the words that go with it, and the very characters that must be found."""

    type: str
    before: str
    text: str
    after: str


def digits(chance: random.Random, count: int) -> str:
    """So many digits."""
    return "".join(chance.choice("0123456789") for _ in range(count))


def mobile(chance: random.Random) -> tuple[str, str, str]:
    """The three groups of a mobile number."""
    return "010", chance.choice("23456789") + digits(chance, 3), digits(chance, 4)


def landline(chance: random.Random) -> tuple[str, str, str]:
    """The three groups of a landline number."""
    area = chance.choice("02 031 032 033 041 042 043 044 051 052 053 054 055 061 062 063 064".split())
    return area, chance.choice("23456789") + digits(chance, chance.choice((2, 3))), digits(chance, 4)


def user(chance: random.Random) -> str:
    """The part of an address before the sign."""
    name = chance.choice("minsu jiwon seoyeon hyunwoo dahye sunny bluesky kdhong tiger lovely happy yjpark".split())
    return name + chance.choice(("", digits(chance, 2), digits(chance, 4), f"_{digits(chance, 2)}", f".{name[:3]}"))


def domain(chance: random.Random) -> str:
    """A domain as Korean addresses have them."""
    return chance.choice(
        "naver.com daum.net hanmail.net gmail.com nate.com kakao.com korea.kr seoul.go.kr snu.ac.kr lg.co.kr".split()
    )


def birth(chance: random.Random, year: int | None = None) -> str:
    """YYMMDD."""
    return f"{chance.randrange(50, 100) if year is None else year:02d}{chance.randrange(1, 13):02d}{chance.randrange(1, 29):02d}"


def resident(chance: random.Random) -> tuple[str, str]:
    """Both halves of a resident number; its check digit holds one time in ten."""
    if chance.random() < 0.3:
        return birth(chance, chance.randrange(26)), chance.choice("34") + digits(chance, 6)
    return birth(chance), chance.choice("12") + digits(chance, 6)


def foreigner(chance: random.Random) -> tuple[str, str]:
    """Both halves of a foreigner's number."""
    if chance.random() < 0.3:
        return birth(chance, chance.randrange(26)), chance.choice("78") + digits(chance, 6)
    return birth(chance), chance.choice("56") + digits(chance, 6)


def business(chance: random.Random) -> tuple[str, str, str]:
    """A business number with its check digit, by the tax office's rule."""
    nine = str(chance.randrange(101, 1000)) + f"{chance.randrange(1, 90):02d}" + digits(chance, 4)
    total = sum(int(digit) * weight for digit, weight in zip(nine, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True))
    total += int(nine[8]) * 5 // 10
    ten = nine + str((10 - total % 10) % 10)
    return ten[:3], ten[3:5], ten[5:]


def corporate(chance: random.Random) -> tuple[str, str]:
    """A corporation's number with its check digit."""
    twelve = chance.choice(("1101", "1311", "1801", "1244", "2301")) + chance.choice(("11", "21", "22"))
    twelve += digits(chance, 6)
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(twelve))
    return twelve[:6], twelve[6:] + str((10 - total % 10) % 10)


def card(chance: random.Random, length: int = 16) -> str:
    """A card number that passes Luhn's test."""
    start = chance.choice(("37", "34")) if length == 15 else chance.choice(("4", "51", "53", "54", "9", "6", "35"))
    body = start + digits(chance, length - 1 - len(start))
    total = 0
    for place, digit in enumerate(reversed(body)):
        double = int(digit) * (2 - place % 2)
        total += double - 9 if double > 9 else double
    return body + str((10 - total % 10) % 10)


def licence(chance: random.Random) -> tuple[str, str, str, str]:
    """A driver's licence: region, year, serial, check."""
    return str(chance.randrange(11, 27)), digits(chance, 2), digits(chance, 6), digits(chance, 2)


ACCOUNTS = {
    "국민은행": (6, 2, 6), "신한은행": (3, 3, 6), "우리은행": (4, 3, 6), "하나은행": (3, 6, 5), "기업은행": (3, 6, 2, 3),
    "농협": (3, 4, 4, 2), "카카오뱅크": (4, 2, 7), "토스뱅크": (4, 4, 4), "새마을금고": (4, 4, 4, 1), "우체국": (6, 2, 6),
    "SC제일은행": (3, 2, 6), "부산은행": (3, 4, 4, 2), "대구은행": (3, 2, 6, 1), "케이뱅크": (3, 3, 6), "신협": (3, 3, 6),
}  # fmt: skip


def account(chance: random.Random, bank: str) -> str:
    """An account in the shape of its bank."""
    return "-".join(digits(chance, size) for size in ACCOUNTS[bank])


def plate(chance: random.Random) -> tuple[str, str, str]:
    """The parts of a vehicle's plate."""
    letters = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자하허호배"
    return str(chance.randrange(10, 70)), chance.choice(letters), str(chance.randrange(1000, 10000))


def public_ip(chance: random.Random) -> str:
    """An IPv4 address as Korean providers give them."""
    first = chance.choice((211, 121, 175, 118, 210, 61, 222, 112, 59, 27, 220))
    return f"{first}.{chance.randrange(1, 255)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"


def road(chance: random.Random) -> str:
    """A road with the number of a building."""
    name = chance.choice(
        "테헤란로 세종대로 판교역로 중앙대로 동성로 강남대로 월드컵북로 백범로 통일로 한밭대로".split()
    )
    if chance.random() < 0.3:
        name += f"{chance.randrange(2, 90)}{chance.choice(('길', '번길'))}"
    return f"{name} {chance.randrange(1, 400)}" + (f"-{chance.randrange(1, 30)}" if chance.random() < 0.3 else "")


CITIES = (
    "서울특별시 강남구|서울 종로구|서울시 마포구|경기도 성남시 분당구|경기 수원시 영통구|부산광역시 해운대구|대전 유성구|"
    "인천광역시 연수구|광주광역시 서구|충청북도 청주시 흥덕구|전북 전주시 완산구|강원특별자치도 춘천시|제주특별자치도 제주시"
).split("|")
DONGS = "역삼동 상도동 봉천동 정자동 송도동 둔산동 치평동 노형동 우동 효자동 신림동".split()
COUNTIES = "충청남도 홍성군 홍북읍|전라남도 해남군 송지면|경상북도 의성군 금성면|강원도 평창군 진부면".split("|")
SURNAMES = "김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 전 홍 유 고 문 양 손 배 백 허 남 심 노".split()
GIVEN = (
    "민준 서연 지훈 하은 도윤 예진 현우 수빈 은지 성민 영희 철수 정호 미경 상훈 유진 동현 지민 승호 다은 준영 혜진 "
    "광수 순자 영수 은영 재훈 보람 가온 하늘"
).split()


def name(chance: random.Random) -> str:
    """A surname and a given name."""
    return chance.choice(SURNAMES) + chance.choice(GIVEN)


def _numbers() -> dict[str, tuple[str, Callable[[random.Random], tuple[str, str, str]]]]:
    """Forms of telephone numbers: what stands before, the number, what stands after."""

    def of(form: str, before: str = "", after: str = "", groups: Callable = mobile, table: dict | None = None):
        def make(chance: random.Random) -> tuple[str, str, str]:
            one, two, three = groups(chance)
            text = form.format(one, two, three, short=one[1:], last=three, old=chance.choice("16789"))
            return before, text.translate(table or {}), after

        return make

    def spaced(table: dict | None) -> Callable[[random.Random], tuple[str, str, str]]:
        return lambda chance: ("", " ".join("".join(mobile(chance)).translate(table or {})), "")

    return {
        "mobile_hyphens": ("phone", of("{}-{}-{}")),
        "mobile_dots": ("phone", of("{}.{}.{}")),
        "mobile_spaces": ("phone", of("{} {} {}")),
        "mobile_solid": ("phone", of("{}{}{}")),
        "mobile_bracket": ("phone", of("{}){}-{}")),
        "mobile_brackets": ("phone", of("({}) {}-{}")),
        "mobile_slashes": ("phone", of("{}/{}/{}")),
        "mobile_middle_dots": ("phone", of("{}·{}·{}")),
        "mobile_underscores": ("phone", of("{}_{}_{}")),
        "mobile_en_dashes": ("phone", of("{}–{}–{}")),
        "mobile_spaced_hyphens": ("phone", of("{} - {} - {}")),
        "mobile_mixed_marks": ("phone", of("{}.{}-{}")),
        "mobile_space_only_first": ("phone", of("{} {}{}")),
        "mobile_hyphen_only_last": ("phone", of("{}{}-{}")),
        "mobile_commas": ("phone", of("{},{},{}", "전화 ")),
        "mobile_full_width": ("phone", of("{}-{}-{}", table=FULL_WIDTH)),
        "mobile_full_width_solid": ("phone", of("{}{}{}", table=FULL_WIDTH)),
        "mobile_hangul_spaces": ("phone", of("{} {} {}", table=HANGUL)),
        "mobile_hangul_solid": ("phone", of("{}{}{}", table=HANGUL)),
        "mobile_hangul_hyphens": ("phone", of("{}-{}-{}", table=HANGUL_OTHER)),
        "mobile_hangul_dots": ("phone", of("{}.{}.{}", table=HANGUL)),
        "mobile_hangul_head": ("phone", of("공일공-{1}-{2}")),
        "mobile_hangul_head_spaces": ("phone", of("공일공 {1} {2}")),
        "mobile_each_digit_spaced": ("phone", spaced(None)),
        "mobile_each_hangul_spaced": ("phone", spaced(HANGUL)),
        "mobile_letters": ("phone", of("{}-{}-{}", table=LETTERS)),
        "mobile_capitals": ("phone", of("{}-{}-{}", table=CAPITALS)),
        "mobile_letters_solid": ("phone", of("{}{}{}", table=LETTERS)),
        "mobile_letter_head": ("phone", of("o1o-{1}-{2}")),
        "mobile_abroad_space": ("phone", of("+82 {short}-{1}-{2}")),
        "mobile_abroad_hyphens": ("phone", of("+82-{short}-{1}-{2}")),
        "mobile_abroad_solid": ("phone", of("+82{short}{1}{2}")),
        "mobile_abroad_brackets": ("phone", of("(+82){short}-{1}-{2}")),
        "mobile_abroad_zero": ("phone", of("+82 (0){short}-{1}-{2}")),
        "mobile_abroad_dots": ("phone", of("+82.{short}.{1}.{2}")),
        "mobile_abroad_double_zero": ("phone", of("0082-{short}-{1}-{2}")),
        "mobile_old": ("phone", of("01{old}-345-{2}")),
        "landline_hyphens": ("phone", of("{}-{}-{}", groups=landline)),
        "landline_bracket": ("phone", of("{}){}-{}", groups=landline)),
        "landline_brackets": ("phone", of("({}) {}-{}", groups=landline)),
        "landline_spaces": ("phone", of("{} {} {}", "Tel. ", groups=landline)),
        "landline_dots": ("phone", of("{}.{}.{}", groups=landline)),
        "landline_solid_cued": ("phone", of("{}{}{}", "전화 ", groups=landline)),
        "landline_range": ("phone", of("{}-{}-{}", "문의: ", "~5", groups=landline)),
        "landline_extension": ("phone", of("{}-{}-{}", "", "(내선 203)", groups=landline)),
        "landline_full_width": ("phone", of("{}-{}-{}", groups=landline, table=FULL_WIDTH)),
        "landline_abroad": ("phone", of("+82-{short}-{1}-{2}", groups=landline)),
        "landline_hangul": ("phone", of("{}-{}-{}", groups=landline, table=HANGUL)),
        "internet_phone": ("phone", of("070-{1}-{2}")),
        "personal_number": ("phone", of("0504-{1}-{2}")),
        "safe_number": (
            "phone",
            of("0507-1{2}-{1}".replace("{2}", "{last}", 1), groups=lambda c: ("", digits(c, 4), digits(c, 3))),
        ),
    }


def _written(type_: str, form: str, make: Callable[[random.Random], dict], before: str = "", after: str = ""):
    return type_, lambda chance: (before, form.format(**make(chance)), after)


def _others() -> dict[str, tuple[str, Callable[[random.Random], tuple[str, str, str]]]]:
    def mail(chance: random.Random) -> dict[str, str]:
        return {"user": user(chance), "domain": domain(chance), "host": chance.choice(("naver", "gmail", "daum"))}

    halves = lambda maker: lambda chance: dict(zip("abcd", maker(chance), strict=False))  # noqa: E731
    cards = lambda length: lambda chance: {"n": card(chance, length)}  # noqa: E731
    forms = {
        "email_plain": _written("email", "{user}@{domain}", mail),
        "email_plus": _written("email", "{user}+news@{domain}", mail),
        "email_sub_domain": _written("email", "{user}@mail.{domain}", mail),
        "email_full_width_sign": _written("email", "{user}＠{domain}", mail),
        "email_spaced": _written("email", "{user} @ {domain}", mail),
        "email_space_after": _written("email", "{user}@ {domain}", mail, "메일 "),
        "email_golbaengi_spaced": _written("email", "{user} 골뱅이 {domain}", mail),
        "email_golbaengi": _written("email", "{user}골뱅이{domain}", mail),
        "email_golbaengi_hangul_domain": _written("email", "{user} 골뱅이 네이버 닷컴", mail),
        "email_golbaengi_hangul_solid": _written("email", "{user}골뱅이지메일닷컴", mail),
        "email_golbaengi_dots": _written("email", "{user} 골뱅이 {host} 쩜 com", mail),
        "email_golbaengi_jeom": _written("email", "{user} 골뱅이 {host} 점 컴", mail),
        "email_at_bracket": _written("email", "{user}(at){domain}", mail),
        "email_at_square": _written("email", "{user} [at] {domain}", mail),
        "email_at_and_dot": _written("email", "{user} at {host} dot com", mail),
        "email_at_and_dot_brackets": _written("email", "{user}[at]{host}[dot]com", mail),
        "email_angle": _written("email", "{user}@{domain}", mail, "<", ">"),
        "email_capitals": ("email", lambda chance: ("", f"{user(chance)}@{domain(chance)}".upper(), "")),
        "email_full_width": ("email", lambda chance: ("", f"{chance.choice(('sunny', 'tiger'))}{digits(chance, 2)}@naver.com".translate(FULL_WIDTH), "")),
        "resident_hyphen": _written("resident_number", "{a}-{b}", halves(resident)),
        "resident_spaced_hyphen": _written("resident_number", "{a} - {b}", halves(resident)),
        "resident_cued_solid": _written("resident_number", "{a}{b}", halves(resident), "주민등록번호 "),
        "resident_cued_space": _written("resident_number", "{a} {b}", halves(resident), "주민번호: "),
        "resident_full_width": ("resident_number", lambda chance: ("", "-".join(resident(chance)).translate(FULL_WIDTH), "")),
        "resident_en_dash": _written("resident_number", "{a}–{b}", halves(resident)),
        "resident_half_masked": ("resident_number", lambda chance: ("", f"{birth(chance)}-{chance.choice('12')}******", "")),
        "resident_masked": ("resident_number", lambda chance: ("", f"{birth(chance)}-*******", "")),
        "resident_masked_x": ("resident_number", lambda chance: ("", f"{birth(chance)}-{chance.choice('12')}XXXXXX", "")),
        "resident_masked_circles": ("resident_number", lambda chance: ("", f"{birth(chance)}-{chance.choice('12')}●●●●●●", "")),
        "foreigner_hyphen": _written("foreigner_number", "{a}-{b}", halves(foreigner)),
        "foreigner_cued_solid": _written("foreigner_number", "{a}{b}", halves(foreigner), "외국인등록번호 "),
        "business_hyphens": _written("business_number", "{a}-{b}-{c}", halves(business)),
        "business_cued": _written("business_number", "{a}-{b}-{c}", halves(business), "사업자등록번호: "),
        "business_cued_solid": _written("business_number", "{a}{b}{c}", halves(business), "사업자번호 "),
        "business_spaces": _written("business_number", "{a} {b} {c}", halves(business), "사업자등록번호 "),
        "corporate_cued": _written("corporate_number", "{a}-{b}", halves(corporate), "법인등록번호 "),
        "corporate_cued_solid": _written("corporate_number", "{a}{b}", halves(corporate), "법인등록번호: "),
        "passport_new": ("passport", lambda chance: ("", f"M{digits(chance, 3)}{chance.choice('ABCDEFGH')}{digits(chance, 4)}", "")),
        "passport_new_cued": ("passport", lambda chance: ("여권번호 ", f"m{digits(chance, 3)}{chance.choice('abcd')}{digits(chance, 4)}", "")),
        "passport_old": ("passport", lambda chance: ("여권번호: ", f"{chance.choice('MSRDG')}{digits(chance, 8)}", "")),
        "passport_english": ("passport", lambda chance: ("Passport No. ", f"M{digits(chance, 8)}", "")),
        "licence_hyphens": _written("driver_licence", "{a}-{b}-{c}-{d}", halves(licence)),
        "licence_cued_spaces": _written("driver_licence", "{a} {b} {c} {d}", halves(licence), "운전면허번호 "),
        "licence_cued_solid": _written("driver_licence", "{a}{b}{c}{d}", halves(licence), "면허번호: "),
        "licence_region": _written("driver_licence", "서울 {b}-{c}-{d}", halves(licence), "운전면허 "),
        "card_hyphens": ("card", lambda chance: ("", _grouped(card(chance), "-", 4, 4, 4, 4), "")),
        "card_spaces": ("card", lambda chance: ("", _grouped(card(chance), " ", 4, 4, 4, 4), "")),
        "card_solid": _written("card", "{n}", cards(16), "카드번호 "),
        "card_amex": ("card", lambda chance: ("", _grouped(card(chance, 15), "-", 4, 6, 5), "")),
        "card_full_width": ("card", lambda chance: ("", _grouped(card(chance), "-", 4, 4, 4, 4).translate(FULL_WIDTH), "")),
        "account_bank_first": ("bank_account", _account("{bank} ", "")),
        "account_bank_last": ("bank_account", _account("", " ({bank})")),
        "account_word": ("bank_account", _account("계좌번호: ", "")),
        "account_deposit": ("bank_account", _account("입금 계좌 {bank} ", " 예금주 확인")),
        "account_solid": ("bank_account", _account("{bank} ", "", "")),
        "account_spaces": ("bank_account", _account("{bank} 계좌 ", "", " ")),
        "plate_plain": _written("vehicle_plate", "{a}{b}{c}", halves(plate)),
        "plate_three": ("vehicle_plate", lambda chance: ("차량번호 ", "{}{}{}{}".format(chance.randrange(1, 7), *plate(chance)), "")),
        "plate_space": _written("vehicle_plate", "{a}{b} {c}", halves(plate), "차량 "),
        "plate_region": ("vehicle_plate", lambda chance: ("", chance.choice(("서울", "경기", "부산")) + " {}{}{}".format(*plate(chance)), "")),
        "ip_plain": ("ip_address", lambda chance: ("", public_ip(chance), "")),
        "ip_cued": ("ip_address", lambda chance: ("IP: ", public_ip(chance), "")),
        "ip_visitor": ("ip_address", lambda chance: ("접속 아이피는 ", public_ip(chance), "")),
        "ip_six": ("ip_address", lambda chance: ("", ":".join(("2001", "2d8", *(f"{chance.randrange(0x1000, 0x10000):x}" for _ in range(6)))), "")),
        "ip_six_short": ("ip_address", lambda chance: ("IPv6 ", f"2406:5900:{chance.randrange(0x10000):x}::{chance.randrange(1, 0x10000):x}", "")),
    }  # fmt: skip
    return {**forms, **_places(), **_people()}


def _grouped(number: str, mark: str, *sizes: int) -> str:
    places = [sum(sizes[:count]) for count in range(len(sizes) + 1)]
    return mark.join(number[start:stop] for start, stop in pairwise(places))


def _account(before: str, after: str, mark: str = "-") -> Callable[[random.Random], tuple[str, str, str]]:
    def make(chance: random.Random) -> tuple[str, str, str]:
        bank = chance.choice(list(ACCOUNTS))
        return before.format(bank=bank), account(chance, bank).replace("-", mark), after.format(bank=bank)

    return make


def _places() -> dict[str, tuple[str, Callable[[random.Random], tuple[str, str, str]]]]:
    def of(form: str, before: str = "") -> tuple[str, Callable[[random.Random], tuple[str, str, str]]]:
        return "address", lambda chance: (
            before,
            form.format(
                city=chance.choice(CITIES), road=road(chance), dong=chance.choice(DONGS), lot=chance.randrange(1, 999),
                sub=chance.randrange(1, 60), block=chance.randrange(101, 130), flat=f"{chance.randrange(1, 20)}0{chance.randrange(1, 6)}",
                county=chance.choice(COUNTIES), ri=chance.choice(("신정리", "상리", "금곡리", "하진부리")), floor=chance.randrange(1, 15),
            ),
            "",
        )  # fmt: skip

    return {
        "address_road": of("{city} {road}"),
        "address_road_flat": of("{city} {road}, {block}동 {flat}호"),
        "address_road_floor": of("{city} {road} {floor}층"),
        "address_road_dong": of("{city} {road} ({dong})"),
        "address_lot": of("{city} {dong} {lot}-{sub}"),
        "address_lot_word": of("{city} {dong} {lot}-{sub}번지"),
        "address_lot_flat": of("{city} {dong} {lot}-{sub} {block}동 {flat}호", "주소: "),
        "address_county": of("{county} {ri} {lot}-{sub}"),
        "address_flat_only": of("{road} {block}동 {flat}호"),
        "address_cued": of("{road}", "주소: "),
        "address_send": of("{city} {road}, {flat}호", "보내실 곳은 "),
    }


def _people() -> dict[str, tuple[str, Callable[[random.Random], tuple[str, str, str]]]]:
    def of(before: str, after: str) -> tuple[str, Callable[[random.Random], tuple[str, str, str]]]:
        return "name", lambda chance: (before, name(chance), after.format(*mobile(chance)))

    return {
        "name_label": of("성명: ", ""),
        "name_label_short": of("이름 : ", ""),
        "name_charge": of("담당자: ", ""),
        "name_charge_title": of("담당자 ", " 과장 ({}-{}-{})"),
        "name_spoken": of("제 이름은 ", "입니다"),
        "name_introduced": of("저는 ", "이라고 합니다"),
        "name_honoured": of("", "님 {}-{}-{}"),
        "name_account": of("예금주 ", ""),
        "name_receiver": of("받는 사람: ", ""),
        "name_applicant": of("신청인 성명 ", ""),
        "name_contact": of("연락처: ", " 씨 {}-{}-{}"),
    }


FORMS = {**_numbers(), **_others()}
"""Form: its type, and what makes one: (words before, the item, words after)."""

CARRIERS = (
    "이번 주말에 할머니 댁에 다녀오려고 합니다.",
    "영화는 별로였지만 배우들의 연기가 정말 좋았어요 ㅋㅋ",
    "제12조(시장의 의무) 시장은 공원을 관리하여야 한다.",
    "2021년 5월 25일부터 6월 30일까지 접수를 받습니다.",
    "다음 예제에서는 문자열을 배열로 변환하는 방법을 보여 줍니다.",
    "창가에 앉아 오래된 신문을 펼쳤다.",
)
"""Sentences for where there is no real text at hand."""


def planted(seed: int, each: int, carriers: tuple[str, ...] = CARRIERS) -> Iterator[tuple[str, Item, str, int]]:
    """(form, item, text, where the item starts in it): `each` of every form, in sentences around and beside it."""
    for form, (kind, make) in FORMS.items():
        chance = random.Random(f"{seed} {form}")
        for _ in range(each):
            item = Item(kind, *make(chance))
            head, tail = _around(chance, carriers, item)
            yield form, item, f"{head}{item.before}{item.text}{item.after}{tail}", len(head) + len(item.before)


def _around(chance: random.Random, carriers: tuple[str, ...], item: Item) -> tuple[str, str]:
    """What stands before and after: sentences, brackets, line ends, nothing but a word, a particle without a space."""
    before, after = chance.choice(carriers), chance.choice(carriers)
    ways = [
        (f"{before} ", f" {after}"),
        (f"{before}\n", f"\n{after}"),
        (f"{before} (", f") {after}"),
        (f"{before} ", f". {after}"),
        (f"{before} ", f", {after}"),
        (f"{before}\n- ", f" 확인 바랍니다.\n{after}"),
        ("", f" {after}"),
        (f"{before} ", ""),
    ]
    if item.type != "name" and not item.after:
        ways += [(f"{before} ", f"입니다. {after}"), (f"{before} ", f"로 {after}")]
    if not item.before and item.text[0].isalnum() and not "가" <= item.text[0] <= "힣":
        ways.append((f"{before} 적은 것은", f" {after}"))
    return chance.choice(ways)


UNUSUAL: dict[str, str] = {
    "phone": "공1공 1234 5678|010.1234.오육칠팔|0일0-1234-5678|010-1234-56칠팔|O1O 1234 5678|010 ─ 1234 ─ 5678|(010)1234-5678|010 -1234- 5678|010--1234--5678|010 . 1234 . 5678|010:1234:5678|010*1234*5678|[010]1234-5678|０10-1234-5678|010 1234-5678|+82)10-1234-5678|82 10 1234 5678|+82 010-1234-5678|공일공다시일이삼사다시오육칠팔|영일공 1234 5678|01O.1234.5678|010-12345678|010)12345678|010…1234…5678|010=1234=5678|공일공 - 1234 - 5678|O1O1234오육칠팔|0l0-1234-5678|02-1234-5678번|053.123.4567|02 - 123 - 4567|(02)1234-5678|0２－1234－5678|+82-31-123-4567|+82 70 1234 5678|82-2-123-4567|02~1234~5678|공이 일이삼사 오육칠팔|공삼일-일이삼-사오육칠|02)1234.5678|010ㅡ1234ㅡ5678|010→1234→5678|0 10-1234-5678|010-1234 -5678|010,1234,5678|0 1 0-1 2 3 4-5 6 7 8|010１２３４５６７８|010-일이삼사-오육칠팔|공일공일2삼4오6칠8",
    "email": "haneul(골뱅이)naver.com|haneul앳naver.com|haneul @naver.com|haneul@naver,com|haneul@naver . com|haneul@naver닷컴|haneul@gmail(dot)com|haneul AT naver DOT com|haneul@네이버|haneul77@네이버닷컴|haneul골뱅이 네이버.컴|haneul 골뱅이네이버|haneul [골뱅이] naver.com|haneul＠naver．com|haneul(a)naver.com|haneul<at>naver.com|haneul at naver.com|haneul{골뱅이}gmail닷com|haneul (at) naver (dot) com|haneul@naver dot com|하늘@네이버.컴|haneul @ naver . com",
    "resident_number": "900101/1234567|900101.1234567|900101ㅡ1234567|900101 -1234567|900101-1234***|900101- 1234567|900101~1234567|９00101－1234567|900101_1234567|900101-1○○○○○○|900101-1♥♥♥♥♥♥|90 01 01 - 1234567|900101—1234567|구공공일공일-일이삼사오육칠",
    "address": "서울시 강남구 테헤란로123|서울 강남구 역삼동 123-4 번지 101호|서울특별시 서초구 서초대로74길 11 15층|경기도 고양시 일산동구 중앙로 1234 3동 405호|부산시 해운대구 센텀중앙로 97, A동 1203호|강원 춘천시 동면 장학리 123-4|제주 제주시 첨단로 242|전남 여수시 돌산읍 우두리 산 12-3|대구 수성구 범어동 45-6 ○○아파트 101동 1001호|서울 마포구 성산동 200-35 2층|인천 남동구 구월동 1408번지|서울 테헤란로 123|성남시 분당구 정자일로 95|광주 북구 첨단과기로208번길 43-22",
    "name": "성명 : 홍 길 동|이름 - 홍길동|담당 홍길동 대리 (02-123-4567)|홍길동(010-1234-5678)|작성자: 홍길동|성명: 홍길동(남)|받는이: 홍길동|문의: 홍길동 팀장 010-1234-5678|이름=홍길동|성함은 홍길동입니다",
    "bank_account": "국민 123456-12-123456|신한 110-123-456789 홍길동|카카오뱅크 3333011234567|농협 3021234567891|계좌 : 우리 1002-123-456789|1002-123-456789 우리은행|토스 1000-1234-5678|기업은행 010-1234-5678|새마을금고 9002-1234-5678-9|하나 123-456789-12345 예금주 홍길동",
    "card": "4012888888881881|4012.8888.8888.1881|4012 - 8888 - 8888 - 1881|카드 4012 8888 8888 1881|４０１２８８８８８８８８１８８１",
    "vehicle_plate": "123가 3456|12 가 3456|경기 30 바 1234|서울70아1234|차번호 12가-3456|12가3456 차주|서울 12 다 3456",
    "passport": "여권 M12345678|여권번호는 M 12345678|PASSPORT NO M12345678",
    "driver_licence": "서울-12-345678-90|면허 11 12 345678 90",
    "ip_address": "IP 1.234.5.6|(211.234.56.78)|ip주소 59.6.1.2|2406:da12:1::5|접속지 221.145.3.7",
    "business_number": "사업자 104-86-56659|사업자등록번호 104 86 56659|사업자번호:1048656659",
    "corporate_number": "법인 110111-1234567|등기번호 110111-1234567",
    "foreigner_number": "외국인번호 911124 5678901",
}
"""Rare ways to write it, thought up after the first patterns stood and before they were mended by it."""
