"""How personal data is written, type by type, and what only looks like it: hard cases beside the easy ones."""
# Tables of forms, one a line:
# ruff: noqa: E501

import unicodedata

import pytest
from small_batches import batch_of

from malmoi.corpus.steps.personal import identity
from malmoi.corpus.steps.personal.accounts import luhn_fits
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.written_forms import TYPES, find

PLAIN = {
    "phone": """010-1234-5678|010.1234.5678|010 1234 5678|01012345678|010)1234-5678|(010) 1234-5678|010–1234–5678
010/1234/5678|０１０－１２３４－５６７８|010 - 1234 - 5678|0 1 0 1 2 3 4 5 6 7 8|011-123-4567|016.234.5678
공일공 일이삼사 오육칠팔|공일공일이삼사오육칠팔|공일공-일이삼사-오육칠팔|공1공-1234-5678|o1o-1234-5678
010-일이삼사-오육칠팔|공 일 공 일 이 삼 사 오 육 칠 팔|+82 10-1234-5678|+82-10-1234-5678|+821012345678
(+82)10-1234-5678|+82 (0)10-1234-5678|0082-10-1234-5678|82-10-1234-5678|02-123-4567|02)1234-5678|(02) 123-4567
031-123-4567|064-712-3456|070-1234-5678|+82-2-123-4567|0504-123-4567|02 123 4567|010_1234_5678|010ㆍ1234ㆍ5678
0507-1388-1234|０２）１２３－４５６７|공이-일이삼-사오육칠|영일영.이삼사오.육칠팔구|01O-1234-5678""",
    "email": """haneul@naver.com|haneul.kim+news@mail.co.kr|haneul＠mail.example|haneul @ mail.example
haneul 골뱅이 mail.example|haneul골뱅이naver.com|haneul(at)mail.com|haneul [at] mail.com|haneul골뱅이네이버닷컴
haneul@mail(dot)com|HANEUL_1@Sub.Mail.org|haneul@naver점com|haneul at gmail dot com|haneul 골뱅이 다음 닷 넷
ｈａｎｅｕｌ@naver.com|하늘칠칠 골뱅이 네이버 닷컴|haneul{at}mail[.]com""",
    "resident_number": """900101-1234567|900101 - 1234567|９００１０１－１２３４５６７|050912-3000019
000229-4123456|900101-1******|900101-*******|900101-2●●●●●●|900101-1xxxxxx""",
    "foreigner_number": "911124-5678901|911124 - 6678901|050912-7000019",
    "business_number": "104-86-56659|104 - 82 - 13138|１０４－８６－５６６５９",
    "passport": "M123A4567|S012D5678|Ｍ１２３Ａ４５６７",
    "driver_licence": "11-22-123456-12|28-01-654321-90|서울 12-345678-90|경기12-345678-90",
    "card": "4012-8888-8888-1881|4012 8888 8888 1881|3782-822463-10005|５１０５－１０５１－０５１０－５１００",
    "vehicle_plate": "12가3456|123허4567|서울12가3456|서울 34 나 5678",
    "ip_address": "211.234.56.178|2001:2d8:1234::1|2406:5900:1:2:3:4:5:6",
    "address": """서울특별시 강남구 테헤란로 123|경기 성남시 분당구 판교역로 235, 101동 1203호|서울 종로구 창신동 23-5번지
부산광역시 해운대구 우동 1408-2|충남 홍성군 홍북읍 신경리 12-3|세종특별자치시 한누리대로 2130|중앙로12번길 34-5, 102동 305호""",
}
BESIDE_WORDS = [
    ("resident_number", "주민등록번호 ", "9001011234567", ""),
    ("resident_number", "주민번호: ", "900101 1234567", ""),
    ("resident_number", "본인 확인을 위해 ", "620812 2521936", " 을"),
    ("foreigner_number", "외국인등록번호 ", "9111245678901", ""),
    ("business_number", "사업자등록번호: ", "1048656659", ""),
    ("corporate_number", "법인등록번호 ", "110111-1234567", ""),
    ("corporate_number", "법인등록번호: ", "1101111234567", ""),
    ("passport", "여권번호 ", "m12345678", "입니다"),
    ("driver_licence", "운전면허번호 ", "11 22 123456 12", ""),
    ("card", "카드번호 ", "4012888888881881", ""),
    ("bank_account", "국민은행 ", "123456-12-123456", ""),
    ("bank_account", "", "3333-01-1234567", " (카카오뱅크 홍길동)"),
    ("bank_account", "계좌번호: ", "110-234-567890", ""),
    ("bank_account", "농협 ", "302-1234-5678-91", "로 입금"),
    ("bank_account", "신한은행 계좌 ", "110 234 567890", ""),
    ("bank_account", "우리은행 ", "1002123456789", ""),
    ("phone", "전화 ", "0212345678", ""),
    ("phone", "Tel. ", "02-123-4567", "~8"),
    ("vehicle_plate", "차량 ", "12가 3456", ""),
    ("ip_address", "접속 IP ", "59.6.34.22", ""),
    ("address", "주소: ", "월드컵북로 357-21", ""),
    ("name", "성명: ", "홍길동", ""),
    ("name", "이름 : ", "남궁민수", ""),
    ("name", "담당자: ", "김하늘", " 주무관"),
    ("name", "제 이름은 ", "박서연", "입니다"),
    ("name", "저는 ", "최지훈", "이라고 합니다"),
    ("name", "예금주 ", "이순신", ""),
    ("name", "신청인 ", "조은결", "은 다음과 같이 신청한다"),
    ("name", "원고 ", "도하람", ""),
    ("name", "", "탁은결", " 고객님"),
    ("name", "", "도하람", " 귀하"),
    ("birth_date", "생년월일 ", "1996년 1월 1일", ""),
    ("birth_date", "생년월일: ", "960101", ""),
    ("birth_date", "DOB: ", "1996-01-01", ""),
    ("birth_date", "", "1996. 1. 1.", "생"),
    ("messenger_id", "카톡 아이디는 ", "gaon_na96", "입니다"),
    ("messenger_id", "텔레그램 ", "@gaonna", ""),
    ("messenger_id", "오픈채팅 https://open.kakao.com/o/", "sAbCdEf", ""),
    ("personal_code", "학번 ", "2015123456", ""),
    ("personal_code", "학번은 ", "2015-12345", "입니다"),
    ("personal_code", "군번: ", "15-76012345", ""),
    ("personal_code", "군번 ", "１５-７６０１２３４５", ""),
    ("personal_code", "건강보험증 번호 ", "1-1234567890", "입니다"),
    ("personal_code", "수험번호 ", "1204-3381", ""),
    ("personal_code", "사번 ", "A102938", ""),
    ("personal_code", "환자번호 ", "00481926", ""),
    ("resident_number", "주민등록번호 ", "육이공팔일이 이오이일구삼육", ""),
    ("card", "카드번호 ", "4012/8888/8888/1881", ""),
]
INNOCENT = """제10조의2제1항제3호에 따라 1588-1234로 문의|대표번호 1577-0000, 080-123-4567, 긴급 112·119|02-1588-1234
2021-05-25 10:30:00|2021.05.06.-2021.05.09.|가격 1,234,567원|시행 2021. 1. 1.] [법률 제17799호, 2020. 12. 29., 타법개정]
버전 3.10.1234.5678|주문번호 20210525-1234567|ISBN 979-11-1234-567-8|ISSN 1234-5678|ISBN 978-89-1234-567-8
ISBN 9788912345678|바코드 8801234567893|관리번호 110-234-567890|법률 제12345-1234567호|부칙 <제07774호,2005.1.1>
품목번호 제0303440000호|IP 192.168.0.1|0.01012345678|1700000000000|좌표 37.5665, 126.9780|좌표 37.566535, 126.9779692
f058232712d4b272f1d4b27201012345678|@decorator 아래에|icon@2x.png|react@18.2.0|git@github.com:org/name.git
a @ b.T|공일공 특공대|다음@네이버 블로그를 보면|991332-1234567|900101-0234567|900101-9234567|001332-1234567
960111-10214131|960121+1021413|410101-3123456|6개월-1234567|010-123-45|02-12-3456|사건번호 2019가합123456
123456-1234567890|P02-123-4567|2002-123-4567|골뱅이 무침 레시피|이메일 주소는 비워 두세요 @|통계 010131 2345678
2019가합12345 판결|2020다1234|2018헌바123|제12조 3456|제 12조3456|별표 12호 1234원|31가 1000명|12호3456원|서울12조 원대
특허 10-2021-0123456|10-1234567|출원번호 1020210123456|공고 제2021-1234호|문서번호 총무과-12345|접수번호 2021-0525-0012
123e4567-e89b-12d3-a456-426614174000|0x1234567890abcdef|sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
2010 2011 2012 2013|1,234 2,345 3,456 4,567|0.1042553261|uk_46 + 82317342752*uk_47|0 0 3 3 0 0 1 0 3 0 2 5 0 0 0 0 0 4 3
10.0.19041.1|4.6.1.2|버전 121.100.10.20|127.0.0.1|10.0.0.5|172.16.0.1|169.254.1.1|203.0.113.5|2001:db8::1|fe80::1|12:30:45
8.8.8.8|255.255.255.0|211.234.56.0|1.2.3.4.5|c:\\dir\\file@name.txt|/ignore@ignoreErrors.rsp|name@corp.contoso.com
서울특별시 강남구|경기도 성남시 분당구에 산다|당시 농어민으로 60세|대통령령으로 30일 이내|다시 원래대로 7점|섹시 머시기로40분
세종대로 사거리에서 3번 출구|을지로 3가역|종로 5가|2호선 강남역 11번 출구|서울특별시 용산구 한강로 1가, 이태원동 및 동빙고동
경기도 용인시 기흥구 영덕동 450번지, 450의 1번지부터|서울특별시청(서울특별시 중구 세종대로 110)|종로구 창신동 일대
국토지리정보원: 경기도 수원시 영통구 월드컵로 92(국토지리정보원에 있는 점)|충청남도 아산시 배방읍 휴대리 663번지를 편입한다
성명 또는 명칭 및 주소|성명ㆍ주민등록번호|이름은 다음과 같다|이름: 이미지|담당자: 없음|이름: 전체|저는 정말이라고 생각합니다
김 대리가 말했다|홍길동전을 읽었다|이순신 장군은 위대하다|제 이름은 비밀입니다|연락처: 아래 참조|담당자 회의에서 정한다
A123B4567|M12A4567|M1234A567|M123456789|MM123A4567|모델 M12345678|99-22-123456-12|11-22-12345-12|104-86-56658|123-45-67890
4012-8888-8888-1882|1234-5678-9012-3456|국민은행 2021-05-25 기준|신한은행 1588-9999|계좌 문의 접수번호 2021-0012-3456
국민은행은 1963년 설립|입금 확인 주문번호 2021-052500-1234|우리 12-345|농협 3층 1234호|２０２１．０５．２５|제１２조제３항|㈜말모이 12,345,678천원
대법원 1993. 4. 23. 선고 92다1234 판결|선고 97다4567, 97다4568 판결|95누1823 판결을 따랐다|89헌가113 결정|87도1037 사건|사건 98노2231(병합) 판결
서울 종로구 세종대로 209 정부서울청사 앞에서 회견을 열었다|부산 연제구 중앙대로 1001 부산시청 로비|수원시 팔달구 매산로 89 시립도서관에서
본사: 서울 강남구 테헤란로 123 말모이빌딩 5층|회사 주소는 서울 강남구 테헤란로 123이다|장소: 서울시 강남구 역삼로 165 가나빌딩
신청인 사이에 합의한다|피해자 단체를 구성한다|변호사 노릇을 한다|대리인 선임허가|담당 부서의 장|이름 인코딩 방식|학생 정원제 논의
1996년 1월 1일 이후 출생한 사람|트위터(Noun: 0, 8)|카카오톡 PC 버전|텔레그램 API 문서|소비자물가지수(112.45)|0 1 0 1 1 0 1 1 0 0
15학번 3456명|학번은 8자리|학번 2015년 입학생|학번 20151 이후|군번줄 두 개와 1950년|군번 제도는 1949년부터|건강보험증 번호를 적는 칸 13개
건강보험 번호판 12가지|사번 출구|사번은 6자리 숫자|사원번호 000000|수험번호 순으로 1번부터|보험증권 번호 12345678901|학번 2015123456학번|환자번호 열 3개|병록번호 1호
🎉 12가지 3456개|３.１４１５９２６５３５|ᄒᆞᆫ글 010|공이 공이 공을 이겼다|일이삼사오육칠팔구|구구단 이이는사 이삼은육|1등 010 번호 이야기"""


def listed(table: str) -> list[str]:
    return table.replace("\n", "|").split("|")


FORMS = [(kind, form) for kind, table in PLAIN.items() for form in listed(table)]


def test_every_type_has_forms_of_its_own():
    assert {kind for kind, _ in FORMS} | {kind for kind, *_ in BESIDE_WORDS} == set(TYPES)


@pytest.mark.parametrize(("kind", "written"), FORMS)
def test_form_is_found_whole_inside_a_sentence(kind, written):
    text = f"자세한 것은 {written}, 알려 주세요."
    (span,) = find(text)
    assert (text[span.start : span.stop], span.type) == (written, kind)


@pytest.mark.parametrize(("kind", "before", "written", "after"), BESIDE_WORDS)
def test_form_that_needs_a_word_is_found_beside_it(kind, before, written, after):
    text = f"알립니다. {before}{written}{after}"
    (span,) = find(text)
    assert (text[span.start : span.stop], span.type) == (written, kind)


@pytest.mark.parametrize(
    ("kind", "written"), [(kind, written) for kind, before, written, _ in BESIDE_WORDS if before != "Tel. "]
)
def test_form_that_needs_a_word_is_not_found_without_it(kind, written):
    assert [span for span in find(f"알립니다. 값 {written} 처럼") if span.type == kind] == []


def test_every_form_is_a_candidate_of_the_scan_too():
    texts = [f"자세한 것은 {written}, 알려 주세요." for _, written in FORMS]
    texts += [f"알립니다. {before}{written}{after}" for _, before, written, after in BESIDE_WORDS]
    texts += [written for _, written in FORMS]
    masked = PersonalData()(batch_of(texts)).column("text").to_pylist()
    assert [text for text in masked if "<" not in text] == []


def test_particles_may_follow_a_number_directly():
    for text in ("010-1234-5678로", "010-1234-5678입니다", "haneul@naver.com으로", "900101-1234567을", "12가3456은"):
        assert len(find(f"저는 {text} 알려요")) == 1, text


@pytest.mark.parametrize(
    "written",
    [
        "차량 92다1234의 주인",
        "12가3456 사건",  # no court counted its years so early
        "92다1234 승용차",
        "서울 종로구 세종대로 209 경찰서 뒤 빌라",
        "서울 종로구 세종대로 209 소방서 맞은편",
        "서울 종로구 세종대로 209, 101동 1502호 구청 근무",
    ],
)
def test_what_stands_near_a_court_or_an_office_is_still_personal(written):
    assert {span.type for span in find(f"알립니다. {written}입니다.")} & {"vehicle_plate", "address"}


def test_a_list_of_plates_is_no_list_of_cases():
    assert [span.type for span in find("차는 92바1234, 93사2345, 94아3456 세 대입니다.")] == ["vehicle_plate"] * 3


@pytest.mark.parametrize("text", listed(INNOCENT))
def test_what_only_looks_like_personal_data_is_left_alone(text):
    assert find(text) == []
    assert PersonalData()(batch_of([text])).column("text").to_pylist() == [text]


@pytest.mark.parametrize("text", listed(INNOCENT))
def test_it_is_left_alone_inside_other_text_too(text):
    assert find(f"다음을 보면 {text} 같은 것이 있다.") == []


def test_check_digit_is_evidence_where_there_is_neither_hyphen_nor_word():
    assert [span.type for span in find("번호 9601211021413 확인")] == ["resident_number"]
    assert find("번호 9601211021414 확인") == []
    assert identity.resident_check_fits("9601211021413")
    assert identity.business_check_fits("1048656659")
    assert not identity.business_check_fits("1048656658")
    assert luhn_fits("4012888888881881")
    assert not luhn_fits("4012888888881882")


def test_number_that_is_the_whole_text_needs_no_word():
    for kind, text in (
        ("resident_number", "0005053637892"),
        ("business_number", "1048656659"),
        ("driver_licence", "112212345612"),
        ("passport", "d11223344"),
    ):
        assert [span.type for span in find(text)] == [kind]
        assert find(f"값 {text} 처럼\n다음 줄") == []


def test_name_with_a_title_is_found_beside_a_contact_only():
    text = "김하늘 과장님(010-1234-5678)"
    assert [(text[span.start : span.stop], span.type) for span in find(text)] == [
        ("김하늘", "name"),
        ("010-1234-5678", "phone"),
    ]
    assert find("김하늘 과장님이 말했다") == []


def test_korean_in_decomposed_form_does_not_hide_a_number_in_digits():
    text = unicodedata.normalize("NFD", "연락처는 010-1234-5678입니다")
    (span,) = find(text)
    assert text[span.start : span.stop] == "010-1234-5678"


def test_types_that_share_digits_are_told_apart():
    text = "010-1234-5678 900101-1234567 국민은행 123456-12-123456 4012-8888-8888-1881 104-86-56659"
    assert [span.type for span in find(text)] == [
        "phone",
        "resident_number",
        "bank_account",
        "card",
        "business_number",
    ]
