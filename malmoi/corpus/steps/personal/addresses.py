"""Postal addresses down to a building: by road name and by lot. Names of cities and districts alone are no address."""

import re
from collections.abc import Iterator

from malmoi.corpus.steps.personal.plain import PersonalSpan
from malmoi.corpus.steps.personal.words import one_of

_PROVINCE = (
    r"(?:서울(?:특별시|시)?|(?:부산|대구|인천|광주|대전|울산)(?:광역시|시)?|세종(?:특별자치시|시)?|"
    r"경기도?|강원(?:특별자치도|도)?|"
    r"충청?[북남]도?|전라?[북남]도?|전북특별자치도|경상?[북남]도?|제주(?:특별자치도|도)?)"
)
_CITIES, _COUNTIES, _DISTRICTS = (one_of("places", name) for name in ("cities", "counties", "districts"))
_PLAIN_DISTRICTS = "[중동서남북]구"
"""Districts of several cities: only after the name of one."""
_REGION = (
    rf"(?:{_PROVINCE} ?(?:(?:{_CITIES})시 |(?:{_COUNTIES})군 "
    rf")?(?:(?:{_DISTRICTS})구 |{_PLAIN_DISTRICTS} )?(?<= )|세종(?:특별자치)?시 "
    rf"|(?:(?:{_CITIES})시 |(?:{_COUNTIES})군 )(?:(?:{_DISTRICTS})구 |{_PLAIN_DISTRICTS} )?|(?:{_DISTRICTS})구 )"
)
_ROAD = r"(?![가-힣]{1,10}으로)[가-힣][가-힣0-9·.]{0,11}(?:대로|로|길)(?: ?[0-9]{1,4}(?:[가-힣]?번)?[가나다라]?길)?"
_NUMBER = (
    r"(?:지하 ?)?[0-9]{1,4}(?:-[0-9]{1,4})?(?![0-9-])(?!가|년|월|일|원|"
    r"명|개|점|분|초|세|살|위|편|%|시간|회|제곱|km|m\b|㎡|미터|킬로|차로|번째|조|항|호선|번길)"
)
_FLAT = (
    r"(?:,? ?[가-힣A-Za-z0-9]{0,12} ?[0-9A-Z]{1,4}동,? ?[0-9]{1,4}호|"
    r",? ?(?:지하 ?)?[0-9]{1,2}층(?: ?[0-9]{1,4}호)?|,? ?[0-9]{1,4}호)"
)
_NEIGHBOURHOOD = r" ?\([가-힣0-9]{1,8}(?:동|가|리|읍|면)(?:, ?[가-힣A-Za-z0-9 ]{1,20})?\)"
_DETAIL = rf"(?:번지)?(?:{_FLAT})?(?:{_NEIGHBOURHOOD})?(?:{_FLAT})?"
_LOT = (
    r"(?:[가-힣0-9]{1,8}(?:읍|면|동|가) )?(?:[가-힣0-9]{1,8}(?:동|가|리|읍|"
    r"면)) (?:산 ?)?[0-9]{1,4}(?:-[0-9]{1,4}(?![0-9-])|(?= ?번지))"
)
_BY_ROAD = re.compile(rf"(?<![가-힣]){_REGION}(?:[가-힣]{{1,6}}[읍면] )?{_ROAD} ?{_NUMBER}{_DETAIL}")
_BY_LOT = re.compile(rf"(?<![가-힣]){_REGION}{_LOT}{_DETAIL}")
_BY_FLAT = re.compile(rf"(?<![가-힣]){_ROAD} ?{_NUMBER},? ?[가-힣A-Za-z0-9]{{0,12}} ?[0-9]{{1,4}}동,? ?[0-9]{{1,4}}호")
_BY_CUE = re.compile(rf"(?<![가-힣])(?:{_ROAD} ?{_NUMBER}|{_LOT}){_DETAIL}")
_CUE = re.compile(
    r"(?:집 ?주소|자택|거주지|배송지|받는 ?곳|보내실 ?곳|보낼 ?곳|"
    r"우편 ?주소|(?<!메모리 )(?<!웹 )주소)(?:는|은|지는)? ?:? ?$"
)
_ZONE = re.compile(
    r" ?(?:인근|일원|일대|부근|지선|지내|부터|까지|에서|및|외 ?[0-9]|의 (?:구역|토지|지역)|~|호선|지점|교차로|"
    r", ?(?:산 ?)?[0-9]+(?:-[0-9]|의)|\([가-힣ㆍ· ]{1,20}(?:청|"
    r"원|처|소|관|공단|공사|센터|대학교?|학교|법원|위원회|본부|은행|병원))"
)
"""Words after a lot or a road by which statutes and notices draw the border of an area."""
_LAND = re.compile(r"(?:[을를의와과]|외의| 중| 토지| 임야)(?![가-힣]*[호층])")
"""Particles after a lot that make it a piece of land and no home."""
_LAND_WORDS = re.compile(r"토지|부지|필지|편입|관할 ?구역|임야|지번|하천|경계")
_INSTITUTION = re.compile(
    r"(?:[가-힣](?:청|원|처|부|국|(?<!주)소|관|공단|공사|센터|학교|"
    r"법원|위원회|본부|대사관|은행|회관|병원|법인|협회|재단|㈜|\(주\)))(?: ?소재지| ?주소)? ?[:(,)]? ?$"
)
"""What an address is said to be of: offices and firms publish theirs."""

_OFFICE = re.compile(
    r",? [가-힣]{0,10}(?:청사|시청|구청|군청|도청|법원|검찰청|경찰서|경찰청|"
    r"소방서|우체국|세무서|보건소|도서관|박물관|미술관|국회|대사관)"
    r"(?! ?(?:옆|뒤|맞은편|건너|근처|부근|인근))(?![가-힣]{3,})"
)
"""A public office that stands at the address: news and notices name it behind as often as before. A home beside one
is still a home."""


def find_addresses(text: str) -> Iterator[PersonalSpan]:
    """Addresses with a region and a building or lot, or with a flat, or beside a word such as 주소.

    Those that draw an area (일원, 부터), follow the name of an institution directly or stand before a public office's
    are public.
    """
    for pattern, needs_cue in ((_BY_ROAD, False), (_BY_LOT, False), (_BY_FLAT, False), (_BY_CUE, True)):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 24) : match.start()]
            if needs_cue and not _CUE.search(before):
                continue
            if _ZONE.match(text, match.end()) or _INSTITUTION.search(before):
                continue
            if not match.group().endswith("호") and _OFFICE.match(text, match.end()):
                continue
            after = text[match.end() : match.end() + 40]
            if pattern is _BY_LOT and (_LAND.match(after) or _LAND_WORDS.search(before) or _LAND_WORDS.search(after)):
                continue
            yield PersonalSpan(match.start(), match.start() + len(match.group().rstrip(" ,")), "address")
