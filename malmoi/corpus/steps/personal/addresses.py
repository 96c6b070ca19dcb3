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
    r"(?:,? ?[가-힣A-Za-z0-9]{1,12}(?:빌라|맨션|주택|오피스텔|원룸|타운) ?(?:[0-9A-Z]{1,4}동 ?)?[0-9]{1,4}호|"
    r",? ?[가-힣A-Za-z0-9]{0,12} ?[0-9A-Z]{1,4}동,? ?[0-9]{1,4}호|"
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
_HOME_NAME = r"[가-힣A-Za-z0-9]{1,12}(?:아파트|빌라|맨션|타운|주택|오피스텔|원룸|자이|래미안|푸르지오|힐스테이트)"
_BY_HOUSE = re.compile(
    rf"(?<![가-힣]){_REGION}(?:[가-힣0-9]{{1,8}}(?:읍|면|동|가|리) )?(?:[가-힣0-9]{{1,8}}(?:동|가|리) )?"
    rf"[가-힣A-Za-z0-9]{{2,16}} ?[0-9A-Z]{{1,4}}동,? ?[0-9]{{1,4}}호"
)
_BY_CUE = re.compile(rf"(?<![가-힣])(?:{_ROAD} ?{_NUMBER}|{_LOT}){_DETAIL}")
_CUE = re.compile(
    r"(?:집 ?주소|자택|거주지|배송지|받는 ?곳|받으실 ?(?:곳|주소)|보내실 ?곳|보낼 ?곳|사는 ?곳|본적|등록기준지|"
    r"송달 ?장소|"
    r"우편 ?주소|(?<!메모리 )(?<!웹 )주소지?)(?:는|은|지는)? ?[:|]? ?$"
)
_HOME_BEFORE = re.compile(r"집|자택|거주|사는 ?곳|배송|받는|받으실|보내실|보내는|본적|송달|환자|제 ?주소|내 ?주소|본인")
_HOME_AFTER = re.compile(r"[^\n]{0,24}(?:에 (?:산다|살|거주)|빌라|아파트|맨션|원룸|자택|우리 ?집|내 ?집)")
_WORKPLACE_BEFORE = re.compile(
    r"(?:본사|지사|사옥|회사|사무[실소]|사업장|공장|매장|본점|지점|점포|가게|식당|영업소|대리점|출판사|연구소|학원|병원|의원|약국|"
    r"교회|성당|호텔|장소|위치|오시는 ?길|찾아오|행사장|소재지?|㈜|\(주\)|주식회사|법인|상호|주최|문의처|고객센터)"
    r"[^\n.]{0,16}$"
)
_WORKPLACE_AFTER = re.compile(
    r",? ?\(?[가-힣A-Za-z0-9&]{0,12} ?(?:빌딩|타워|사옥|센터|플라자|본사|지사|호텔|대학교|캠퍼스|공장|회관|컨벤션|"
    r"코엑스|스퀘어|청사|시청|구청|도서관|미술관|박물관|병원|백화점|마트|시장|카페|식당|본점|지점|\]\(https?:)"
)
"""Firms, shops and halls publish where they are. A flat's number or a word for a home says that it is no such place."""
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


_FLAT_NUMBER = re.compile(rf"[0-9A-Z]{{1,4}}동,? ?[0-9]{{1,4}}호|{_HOME_NAME}")
_LINE_END = re.compile(r"(?<=[시군구읍면동리로길])\n(?=[가-힣0-9])")
"""An address that goes on in the next line."""


def find_addresses(text: str) -> Iterator[PersonalSpan]:
    """Addresses with a region and a building or lot, or with a flat, or beside a word such as 주소. Homes and unknown.

    Those that draw an area (일원, 부터), follow the name of an institution directly or stand before a public office's
    are public, and so are those of workplaces.
    """
    text = _LINE_END.sub(" ", text)
    patterns = ((_BY_HOUSE, False), (_BY_ROAD, False), (_BY_LOT, False), (_BY_FLAT, False), (_BY_CUE, True))
    for pattern, needs_cue in patterns:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 24) : match.start()]
            if needs_cue and not _CUE.search(before):
                continue
            if _ZONE.match(text, match.end()) or (_INSTITUTION.search(before) and not _HOME_BEFORE.search(before)):
                continue
            if not match.group().endswith("호") and _OFFICE.match(text, match.end()):
                continue
            after = text[match.end() : match.end() + 40]
            if pattern is _BY_LOT and (_LAND.match(after) or _LAND_WORDS.search(before) or _LAND_WORDS.search(after)):
                continue
            if _is_workplace(text, match):
                continue
            yield PersonalSpan(match.start(), match.start() + len(match.group().rstrip(" ,")), "address")


def _is_workplace(text: str, match: re.Match[str]) -> bool:
    """Whether the words around say that people work or meet there, and none that somebody lives there."""
    if _FLAT_NUMBER.search(match.group()) or _HOME_AFTER.match(text, match.end()):
        return False
    before = text[max(0, match.start() - 24) : match.start()].rpartition("\n")[2]
    if _HOME_BEFORE.search(before):
        return False
    return bool(_WORKPLACE_BEFORE.search(before) or _WORKPLACE_AFTER.match(text, match.end()))
