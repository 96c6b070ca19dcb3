"""Words by which the parts of a thread are known: in classes, ids and microdata, and in short texts around them."""

import re
from functools import cache

from malmoi.corpus.html.class_words import THREAD_WORDS
from malmoi.corpus.html.tags import Automaton, automaton

QUESTION, ANSWER, ACCEPTED, COMMENT, POST, AUTHOR, DATE, BUTTON, LIST, FORM = (
    1 << bit for bit in range(len(THREAD_WORDS))
)
"""Bits of the groups of THREAD_WORDS, in its order."""
FURNITURE_CHARACTERS = 40
"""A longer block is never a button, whatever its words."""
FURNITURE = re.compile(
    r"[\W\d]*(?:(?:(?:질문자|작성자|글쓴이)\s*(?:채택)?|채택된 ?답변|채택 ?답변|답변 ?채택|채택|신고"
    r"|님의 ?댓글(?:의 ?댓글)?|답글(?: ?쓰기)?|공감|비공감|좋아요|추천|비추천|삭제|수정|공유(?:하기)?|스크랩|더 ?보기"
    r"|전체 ?댓글|댓글(?: ?쓰기)?|답변(?: ?하기)?|질문|등록순|등록|최신순|의견|조회수?|목록|작성일|작성자"
    r"|reply|like|report|share|answers?|comments?|best|accepted(?: answer)?|edit|delete|quote"
    r"|\d+\s*(?:년|개월|주|일|시간|분|초) ?전|오전|오후|방금|도움이 ?됐어요|개|건|회|명)[\W\d]*)*",
    re.IGNORECASE,
)
"""Short blocks that are buttons, counts and dates, whatever their element is called."""
BADGE = re.compile(r"(?:질문자|작성자|글쓴이)?\s*채택|채택된 ?답변|accepted answer|✔|✓", re.IGNORECASE)
LABEL = re.compile(r"^(?:글쓴이|작성자|닉네임|이름|by|posted by|author)\s*[::]?\s*", re.IGNORECASE)


@cache
def thread_words() -> Automaton:
    """THREAD_WORDS as one machine; built once a process."""
    return automaton(THREAD_WORDS)
