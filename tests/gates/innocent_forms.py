"""Numbers and words of law, statistics and code that are nobody's: what false alarms are measured on."""
# Tables of forms, one a line:
# ruff: noqa: E501

import random
import uuid
from collections.abc import Callable, Iterator

from personal_forms import CARRIERS, digits

FORMS: dict[str, Callable[[random.Random], str]] = {
    "article": lambda c: f"제{c.randrange(1, 200)}조의{c.randrange(2, 9)}제{c.randrange(1, 9)}항제{c.randrange(1, 20)}호",
    "article_and_number": lambda c: f"제{c.randrange(1, 99)}조 {c.randrange(1000, 9999)}",
    "date_dots": lambda c: f"{c.randrange(1950, 2027)}. {c.randrange(1, 13)}. {c.randrange(1, 29)}.",
    "date_range": lambda c: f"{c.randrange(1950, 2027)}-{c.randrange(10, 13)}-{c.randrange(10, 29)} ~ {c.randrange(1950, 2027)}-01-05",
    "timestamp": lambda c: f"2021-0{c.randrange(1, 10)}-{c.randrange(10, 29)}T{c.randrange(10, 24)}:{c.randrange(10, 60)}:00.{digits(c, 6)}Z",
    "promulgation": lambda c: f"<제{digits(c, 5)}호, {c.randrange(1950, 2027)}.{c.randrange(1, 13)}.{c.randrange(1, 29)}>",
    "price": lambda c: f"{c.randrange(1, 999)},{digits(c, 3)},{digits(c, 3)}원",
    "statistics": lambda c: " ".join(f"{c.randrange(1, 99)},{digits(c, 3)}" for _ in range(6)),
    "years": lambda c: " ".join(str(1990 + n) for n in range(c.randrange(4, 12))),
    "matrix": lambda c: " ".join(c.choice("0001234") for _ in range(40)),
    "decimals": lambda c: ", ".join(f"0.{c.choice('01')}{digits(c, 9)}" for _ in range(5)),
    "version": lambda c: f"{c.randrange(1, 12)}.{c.randrange(20)}.{c.randrange(9)}.{c.randrange(99)}",
    "version_word": lambda c: f"버전 {c.randrange(10, 130)}.{c.randrange(9)}.{c.randrange(100, 255)}.{c.randrange(1, 99)}",
    "windows_build": lambda c: f"10.0.{c.randrange(10000, 22000)}.{c.randrange(1, 999)}",
    "isbn": lambda c: f"ISBN 979-11-{digits(c, 4)}-{digits(c, 3)}-{c.randrange(10)}",
    "isbn_solid": lambda c: f"978{digits(c, 10)}",
    "barcode": lambda c: f"880{digits(c, 10)}",
    "issn": lambda c: f"ISSN {digits(c, 4)}-{digits(c, 4)}",
    "case": lambda c: f"{c.randrange(1990, 2026)}{c.choice(('가합', '다', '고단', '헌바', '구합', '두'))}{c.randrange(100, 999999)}",
    "patent": lambda c: f"10-20{c.randrange(10, 26)}-{digits(c, 7)}",
    "notice": lambda c: f"공고 제20{c.randrange(10, 26)}-{c.randrange(1, 2000)}호",
    "document_number": lambda c: f"총무과-{c.randrange(1000, 99999)}",
    "order": lambda c: f"주문번호 20{c.randrange(10, 26)}0{c.randrange(1, 10)}{c.randrange(10, 29)}-{digits(c, 7)}",
    "parcel": lambda c: f"송장번호 {digits(c, 4)}-{digits(c, 4)}-{digits(c, 4)}",
    "guid": lambda c: str(uuid.UUID(int=c.getrandbits(128))),
    "sha1": lambda c: f"{c.getrandbits(160):040x}",
    "hexadecimal": lambda c: f"0x{c.getrandbits(64):016x}",
    "epoch": lambda c: f"1{c.randrange(5, 8)}{digits(c, 8)}",
    "epoch_ms": lambda c: f"17{digits(c, 11)}",
    "coordinates": lambda c: f"{c.randrange(33, 39)}.{digits(c, 7)}, {c.randrange(124, 132)}.{digits(c, 7)}",
    "private_network": lambda c: f"192.168.{c.randrange(256)}.{c.randrange(1, 255)}",
    "mask": lambda c: f"255.255.{c.choice((0, 128, 192, 240, 255))}.0",
    "representative": lambda c: f"{c.choice(('1588', '1577', '1544', '1600', '1899'))}-{digits(c, 4)}",
    "free_call": lambda c: f"080-{digits(c, 3)}-{digits(c, 4)}",
    "emergency": lambda c: c.choice(("112", "119", "국번 없이 120", "1339", "☎ 182")),
    "product": lambda c: f"{c.choice(('SM', 'LG', 'KX'))}-{c.choice('ABCFG')}{digits(c, 3)}{c.choice('NKS')}",
    "area": lambda c: f"{c.randrange(10, 999)}제곱미터 {c.randrange(10, 99)}분의 {c.randrange(1, 9)}",
    "districts": lambda c: c.choice(("서울특별시 강남구", "경기도 성남시 분당구에", "전라남도 해남군 송지면 일대", "종로 5가")),
    "land": lambda c: f"경기도 용인시 기흥구 영덕동 {c.randrange(1, 999)}번지, {c.randrange(1, 999)}의 1번지부터 {c.randrange(1, 99)}까지",
    "particle": lambda c: f"대통령령으로 {c.randrange(2, 90)}일 이내에",
    "package": lambda c: f"react@{c.randrange(16, 19)}.{c.randrange(9)}.{c.randrange(9)}",
    "picture": lambda c: f"icon_{digits(c, 2)}@{c.randrange(2, 4)}x.png",
    "decorator": lambda c: f"@property def size_{digits(c, 2)}(self)",
    "labels": lambda c: f"성명: {c.choice(('없음', '비공개', '한글로 적는다', '이미지', '주민등록번호'))}",
    "score": lambda c: f"{c.randrange(100, 999)}대{c.randrange(1000, 9999)}",
    "statute_of_people": lambda c: f"{c.choice(('신청인', '피해자', '보증인', '채권자', '임차인'))} {c.choice(('사이에', '정보를', '동의서', '전원의', '조력권', '선임의'))} 관한 규정",
    "player": lambda c: f"{c.choice(('김가온', '박하늘'))}({c.randrange(19, 38)}·가나FC)이 {c.randrange(1, 4)}골을 넣었다",
    "born_before": lambda c: f"{c.randrange(1950, 2010)}년 {c.randrange(1, 13)}월 {c.randrange(1, 29)}일 이후 출생한 사람",
    "born_span": lambda c: f"생년월일이 19{c.randrange(30, 60)}년 9월 1일부터 19{c.randrange(60, 70)}년 8월 31일까지인 자",
    "office_address": lambda c: f"{c.choice(('본사', '회사 주소', '행사장', '오시는 길', '㈜말모이'))}: 서울 강남구 테헤란로 {c.randrange(1, 400)} 말모이빌딩 {c.randrange(2, 9)}층",
    "hall": lambda c: f"서울특별시 중구 세종대로 {c.randrange(1, 200)} 서울시청에서 열린다",
    "price_index": lambda c: f"소비자물가지수({c.randrange(100, 120)}.{c.randrange(10, 99)})가 올랐다",
    "server": lambda c: f"ssh root@211.234.{c.randrange(1, 250)}.{c.randrange(1, 250)} 로 접속하는 명령",
    "url_of_server": lambda c: f"http://211.234.{c.randrange(1, 250)}.{c.randrange(1, 250)}:8080/ 을 연다",
    "documentation_network": lambda c: f"예를 들어 203.0.113.{c.randrange(1, 250)} 과 2001:db8::{c.randrange(1, 99)} 을 쓴다",
    "messenger_word": lambda c: f"{c.choice(('카카오톡 PC', '텔레그램 API', '인스타그램 DM', '페이스북(facebook)', '라인 10'))} 버전을 설치한다",
    "coins": lambda c: f"[1] 0 1 0 {' '.join(c.choice('01') for _ in range(8))}",
    "reads_out": lambda c: f"이사 오는 날 {c.choice(('삼사', '사오'))} 일 뒤 사오 명이 이삼 번 구경했다",
    "unit_after_letter": lambda c: f"{c.randrange(10, 99)}개 {c.randrange(1000, 9999)}원",
}  # fmt: skip


def texts(seed: int, each: int) -> Iterator[tuple[str, str]]:
    """(form, a text that holds one of it and nothing personal)."""
    for form, make in FORMS.items():
        chance = random.Random(f"{seed} {form}")
        for _ in range(each):
            yield form, f"{chance.choice(CARRIERS)} {make(chance)} {chance.choice(CARRIERS)}"
