"""Names of people, only where a word beside them says that one stands there. Precision before recall."""

import re
from collections.abc import Iterator, Sequence

from malmoi.corpus.steps.personal.plain import PersonalSpan

_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송전홍유류고문양손배백허남심노하곽성차주우구라진엄채원천방공현함변염여추도소석"
    "선설마길"
)
"""Surnames of 99 in 100 Koreans (census of 2015)."""
_TWO_SYLLABLES = "남궁|황보|제갈|선우|독고|사공|서문"
_GIVEN = (
    "가강건겸경관광교구국권규균근금기길나남노다단달담대덕도동두라란람래려련령로록론루류률리린림마만말명모무문미민바박배백범"
    "벽별병보복본봉비빈빛사산삼상새샘서석선설섭성세소솔송수숙순슬승시식신실심아안애야양언연열영예오옥온완용우욱운웅원월위유"
    "윤율은을의이익인일임자장재전정제조종주준중지진찬창채천철청초춘충태택평표필하학한해향혁현형혜호홍화환회효후훈휘희"
)
"""Syllables of given names."""
_KOREAN_GIVEN = (
    "하늘|가온|나리|보람|슬기|아름|이슬|한별|새봄|다솜|가람|바다|초롱|빛나|한솔|은별|샛별|고은|기쁨|"
    "나래|누리|다슬|다운|단비|달래|"
    "두리|마루|믿음|소망|힘찬|우람|여울|잔디|진솔|한결|한빛|해찬|하나|아라|나라|새롬|예슬|푸름|가을|여름|겨울"
)
"""Given names that are Korean words."""
_NAME = rf"(?:(?:{_TWO_SYLLABLES})[{_GIVEN}]{{1,2}}|[{_SURNAMES}](?:[{_GIVEN}]{{2}}|{_KOREAN_GIVEN}))"
_TITLE = (
    r"(?:님|씨|군|양|과장|부장|차장|대리|팀장|실장|사원|주임|계장|국장|사무관|주무관|서기관|교수|"
    r"선생|기자|변호사|원장|대표|이사|소장|간사|연구원|매니저|사장|회장|작가|조교)"
)
_LABEL = (
    r"(?:성 ?명|성함|이름|담당자?(?: ?성명)?|예금주|신청인(?: ?성명)?|받는 ?(?:사람|분)|보내는 ?(?:사람|"
    r"분)|수신인|수령인|발신인|입금자|작성자|받는이|보낸이|환자|보호자|계약자|연락처|대표자|책임자)"
)
_ENDS = rf"(?= ?{_TITLE}|[^가-힣]|$|입니|이고|이며|이에요|예요|드림|올림|에게|께)"
_LABELLED = re.compile(
    rf"(?<![가-힣]){_LABEL}(?:\([가-힣]+\))? ?(?:[:=]|- ) ?(?P<name>{_NAME}|[{_SURNAMES}] [{_GIVEN}] [{_GIVEN}]){_ENDS}"
)
_BESIDE = re.compile(
    rf"(?<![가-힣])(?:예금주|입금자|(?:신청인|담당자) ?성명) (?P<name>{_NAME})(?=[^가-힣]|$)"
    rf"|(?<![가-힣])담당자?(?:는|:)? (?P<named>{_NAME})(?= ?{_TITLE}| ?\(?0[0-9]{{1,2}}[-)])"
)
_SPOKEN = re.compile(
    rf"(?<![가-힣])(?:(?:제|저의|내) 이름|(?:제 )?성함)은 (?P<name>{_NAME})(?=입니다|이고|"
    rf"이며|이에요|예요|이라고|라고|[ .,]|$)"
    rf"|(?<![가-힣])(?:저는|제가) (?P<named>{_NAME})(?=이라고 ?합니다|라고 ?합니다|라고 ?해요|이라고 ?해요)"
)
_BEFORE_CONTACT = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}) ?{_TITLE}(?:님|께서)? ?[:(,/]? ?$")
_AFTER_CONTACT = re.compile(rf" ?[(,/]? ?(?P<name>{_NAME}) ?{_TITLE}(?![가-힣])")
_BEFORE_MOBILE = re.compile(rf"(?<![가-힣])(?P<name>{_NAME}) ?[(:]? ?$")
_WORDS = frozenset(
    "이미지 정보원 전체명 고유명 주소지 이용자 이사장 정기성 공인인 "
    "한정자 조정자 정의자 이상호 안내문 주문자 문의자 조사자 "
    "지정자 신고인 신청인 문서명 장소명 도서명 서비스 선수명 성명란 "
    "주민명 원본명 배우자 보호자 소유자 유지보 관리자 강사명 "
    "공동명 이전명 주제명 성인인 방문자 구매자 기관장 서명자 "
    "배송지 도로명 현주소 유형명 이동식 전자문 성명서 이름표".split()
)
"""Words of three syllables that could be names by their syllables."""


def find_names(text: str, contacts: Sequence[PersonalSpan] = ()) -> Iterator[PersonalSpan]:
    """Names after a label (성명:, 담당자:), in introductions, and with a title beside a contact already found."""
    for pattern in (_LABELLED, _BESIDE, _SPOKEN):
        for match in pattern.finditer(text):
            yield from _named(match, 0)
    for contact in contacts:
        begin = max(0, contact.start - 16)
        if (match := _BEFORE_CONTACT.search(text[begin : contact.start])) or (
            text[contact.start : contact.stop].startswith("01")
            and (match := _BEFORE_MOBILE.search(text[begin : contact.start]))
        ):
            yield from _named(match, begin)
        if match := _AFTER_CONTACT.match(text[contact.stop : contact.stop + 16]):
            yield from _named(match, contact.stop)


def _named(match: re.Match[str], offset: int) -> Iterator[PersonalSpan]:
    group = "name" if match["name"] else "named"
    if match[group] not in _WORDS:
        yield PersonalSpan(offset + match.start(group), offset + match.end(group), "name")
