"""How the report writes words and numbers: Korean and English side by side, one of them hidden by the style."""

import html
from typing import Any

REASONS = {
    "exact_duplicate": "똑같은 문서",
    "near_duplicate": "거의 같은 문서",
    "promotion": "광고·홍보",
    "profanity": "욕설",
    "word_list": "뜻 없는 낱말 나열",
    "address_list": "주소 나열",
    "repetition": "되풀이",
    "jamo": "자모만 있음",
    "digits": "숫자투성이",
    "symbols": "기호투성이",
    "no_text": "글이 없음",
    "empty": "비어 있음",
    "malformed_json": "깨진 JSON",
    "line_too_long": "너무 긴 줄",
    "too_large": "너무 큼",
    "truncated_archive": "잘린 압축 파일",
    "unsupported_format": "모르는 형식",
    "unsafe_member": "위험한 경로",
    "encoding": "알 수 없는 인코딩",
    "page_timeout": "너무 오래 걸린 쪽",
    "page_crash": "읽다가 멎은 쪽",
    "broken_encoding": "깨진 글자",
    "not_korean": "한국어가 아님",
    "too_short": "너무 짧음",
    "machine_translated": "기계 번역",
    "missing": "사라진 파일",
    "no_permission": "읽을 권한 없음",
    "read_error": "읽기 오류",
    "binary": "글이 아닌 파일",
    "not_text": "글이 아닌 값",
    "malformed_table": "깨진 표",
    "malformed_record": "깨진 WARC 기록",
    "http_status": "오류 응답",
    "damaged_archive": "손상된 압축 파일",
    "decompression_bomb": "압축 폭탄",
}
"""Reasons of the corpus room in Korean; one that is missing here is shown by its own name."""

# Kinds, stages and types of personal data, as malmoi/corpus/document.py, the recipe and the corpus room name them.
KINDS = {
    "news": "뉴스",
    "cafe": "카페",
    "blog": "블로그",
    "kin": "지식 문답",
    "comment": "댓글·감상",
    "web": "웹",
    "wiki": "백과",
    "book": "책",
    "law": "법령",
    "expert": "전문 자료",
    "dialogue": "대화",
    "code": "코드",
}
PERSONAL = {"phone": "전화번호", "email": "이메일", "resident_number": "주민등록번호"}
STAGES = {
    "corpus": "말뭉치",
    "tokenizer": "토크나이저",
    "tokens": "토큰화",
    "train": "학습",
    "model": "내보내기",
    "report": "평가",
}


def both(korean: str, english: str) -> str:
    """Two texts, escaped, of which the reader sees the one of the language chosen."""
    texts = (("ko", korean), ("en", english))
    return "".join(f'<span class="{tongue}" lang="{tongue}">{html.escape(text)}</span>' for tongue, text in texts)


def named(name: str, korean: dict[str, str]) -> str:
    """A name of ours: in Korean where there is a word for it, as it is in English."""
    return both(korean.get(name, name), name)


def visible(text: str) -> str:
    """`text` escaped, with control characters as their pictures, so that the page stays valid whatever a model says."""
    pictures = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: 0x2421}
    return html.escape(text.translate(pictures).encode("utf-8", "replace").decode())


def number(value: Any, digits: int = 0) -> str:
    """A number with thousands parted; a dash where there is none."""
    return f"{value:,.{digits}f}" if isinstance(value, (int, float)) and not isinstance(value, bool) else "–"


def size(value: Any) -> str:
    """Bytes in the largest decimal unit that leaves a number above 1."""
    if not isinstance(value, (int, float)):
        return "–"
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}"
    return f"{value:.0f} B"


def duration(seconds: Any) -> str:
    """A time in both languages."""
    if not isinstance(seconds, (int, float)):
        return "–"
    if seconds < 60:
        return both(f"{seconds:.1f}초", f"{seconds:.1f} s")
    hours, minutes, rest = int(seconds // 3600), int(seconds % 3600 // 60), int(seconds % 60)
    if hours:
        return both(f"{hours}시간 {minutes}분", f"{hours} h {minutes} min")
    return both(f"{minutes}분 {rest}초", f"{minutes} min {rest} s")
