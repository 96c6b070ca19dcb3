# ruff: noqa: E501 (pages are data: a line broken is another page)
"""Layouts of real Korean pages that once lost a part of their text: small pages with every word that must stay."""

import pytest

from malmoi.corpus.html.core_region import extract

ONE = "산골 우체국은 겨울에도 아침 여덟 시에 문을 열고, 눈이 많이 온 날에는 집배원이 걸어서 편지를 나른다."
TWO = "마을 회관에서는 매주 목요일에 한글 교실이 열리며, 처음 온 사람에게는 공책과 연필을 나누어 준다."
THREE = "저수지 둘레길은 삼 킬로미터쯤 되고, 걷는 데에는 한 시간이면 넉넉하다고 안내판에 적혀 있다."
FOUR = "도자기를 구울 때에는 가마의 온도를 천천히 올려야 하며, 급히 식히면 금이 가기 쉽다."
MENU = "<nav><a href='/'>첫 화면</a> <a href='/b'>게시판</a> <a href='/c'>자료실</a></nav>"
END = "<footer>개인정보처리방침 | 이용약관</footer>"


def within(body: str, box: str = "<main><article>{}</article></main>") -> str:
    return f"<!doctype html><html lang=ko><head><meta charset=utf-8><title>시험 쪽</title></head><body>{MENU}{box.format(body)}{END}</body></html>"


def questions(item: str, box: str = "<ul>{}</ul>") -> str:
    asked = ("예약은 어떻게 하나요?", "표는 언제까지 무를 수 있나요?", "단체도 받나요?", "주차할 곳이 있나요?")
    return box.format("".join(item.format(q, a) for q, a in zip(asked, (ONE, TWO, THREE, FOUR), strict=True)))


QUESTIONS = ("예약은", "무를 수", "단체도", "주차할")
PAGES = {
    "an anchor that is never closed": (f"<html><body><a name=top><table><tr><td>{ONE}</td></tr><tr><td>{TWO}</td></tr></table></body></html>", (ONE, TWO)),
    "a link that is never closed": (f"<!doctype html><html><body><div class=tabs><a href='#x'><div><p>{ONE}</p><p>{TWO}</p></div></body></html>", (ONE, TWO)),
    "questions that are links": (within("<h1>묻고 답하기</h1>" + questions("<li><h3><a href='#q'>{}</a></h3><p>{}</p></li>"), "<main>{}</main>"), QUESTIONS),
    "questions in buttons": (within(questions("<div class=item><button aria-expanded=false>{}</button><div class=panel><p>{}</p></div></div>", "<div class=faq>{}</div>")), QUESTIONS),
    "questions in summaries": (within(questions("<details><summary>{}</summary><p>{}</p></details>", "<section>{}</section>")), QUESTIONS),
    "questions in dt": (within(questions("<dt>{}</dt><dd>{}</dd>", "<dl>{}</dl>")), QUESTIONS),
    "titles of cards that are links": (within(f"<p>{ONE}</p><ul><li><a href='/a'><strong>흙 고르기</strong></a><p>{FOUR}</p></li><li><a href='/b'><strong>가마 살피기</strong></a><p>{THREE}</p></li></ul><p>{TWO}</p>"), ("흙 고르기", "가마 살피기")),
    "headings that are links": (within(f"<h2><a href='#a'>우체국</a></h2><p>{ONE}</p><h2><a href='#b'>한글 교실</a></h2><p>{TWO}</p><h4><a href='#c'>둘레길</a></h4><p>{THREE}</p>"), ("우체국\n", "한글 교실\n", "둘레길\n")),
    "dt and h5": (within(f"<h2>첫 사례</h2><dl><div><dt>배경</dt><dd>{ONE}</dd></div><div><dt>결과</dt><dd>{TWO}</dd></div></dl><h5>덧붙임</h5><p>{THREE}</p>"), ("배경", "결과", "덧붙임")),
    "a caption": (within(f"<p>{ONE}</p><figure><img src='a.jpg'><figcaption>집배원이 눈길을 걷고 있다. [사진 출처 = 시험부]</figcaption></figure><p>{TWO}</p>"), ("집배원이 눈길을",)),
    "a list of dated links": (within(f"<h1>걸어온 길</h1><p>{ONE}</p><ul><li>2016.02 ~ 2016.04: <a href='http://e.kr/1'>옛글 읽기 모임</a></li><li>2015.08 ~ 2016.01: <a href='http://e.kr/2'>사진 찍기 모임</a></li><li>2014.11 ~ 2015.07: <a href='http://e.kr/3'>나무 심기 모임</a></li></ul><p>{TWO}</p>"), ("옛글 읽기", "사진 찍기", "나무 심기")),
    "a list of linked sentences": (within(f"<p>{ONE}</p><ul>" + "".join(f"<li><a href='https://e.kr/{n}'>{text}</a></li>" for n, text in enumerate((TWO, THREE, FOUR))) + "</ul>"), (TWO, THREE, FOUR)),
    "a question in each item": (within(f"<p>{ONE}</p><ol><li><p><strong>가마가 있는가?</strong></p><p>없으면 빌린다.</p></li><li><p><strong>흙이 말랐는가?</strong></p><p>물을 준다.</p></li><li><p><strong>불씨가 남았는가?</strong></p><p>끈다.</p></li></ol><p>{TWO}</p>"), ("가마가 있는가?", "없으면 빌린다.", "물을 준다.", "끈다.")),
    "text before the first item": (within(f"<p>{ONE}</p><ul>차례를 적은 목록이다.<li>{TWO}</li><li>{THREE}</li></ul>"), ("차례를 적은 목록이다.", TWO)),
    "loose text in boxes": (within(f"<div>한 칸<div>안쪽 칸이다.</div>바깥 칸이 이어진다.</div><p>{ONE}</p><div>{TWO}<div>{THREE}</div>{FOUR}</div>"), ("안쪽 칸이다.", "바깥 칸이 이어진다.", TWO, THREE, FOUR)),
    "six like sections": (within("".join(f"<section><h3>{title}</h3><p>{text}</p></section>" for title, text in zip("가나다라마바", (ONE, TWO, THREE, FOUR, ONE[::-1], TWO[::-1]), strict=True)), "<main>{}</main>"), (ONE, TWO, THREE, FOUR, ONE[::-1], TWO[::-1])),
    "a table of a government page": (f"<html><body><table><tr><td>{ONE}</td></tr><tr><td>{TWO}</td></tr></table></body></html>", (ONE, TWO)),
    "times and speakers": (within(f"<p>{ONE}</p><div class=grid>" + "".join(f"<div class=row><div class=time>{hour}:00</div><div><h5>{hour}째 발표</h5><span>김말이</span></div></div>" for hour in range(9, 16)) + f"</div><p>{TWO}</p>"), ("9:00", "15:00", "12째 발표", "김말이")),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_no_part_of_the_text_is_lost(name: str):
    html, wanted = PAGES[name]
    text = extract(html).text
    assert [words for words in wanted if words not in text + "\n"] == []
    assert "개인정보처리방침" not in text
    assert "게시판" not in text


def test_an_index_of_teasers_is_no_text():
    teasers = "".join(
        f"<li><a href='/n/{n}'><strong>{text[:20]}</strong></a><p>{text[20:55]}…</p><span>2021.05.1{n}</span></li>"
        for n, text in enumerate((ONE, TWO, THREE, FOUR) * 2)
    )
    html = f"<html><body>{MENU}<ul class=list>{teasers}</ul>{END}</body></html>"
    assert "산골" not in extract(html).text


def test_a_page_of_one_short_notice_is_not_empty():
    assert (
        "오늘은 쉽니다"
        in extract(
            f"<html><body>{MENU}<div><p>오늘은 쉽니다. 내일 아침에 다시 엽니다. 죄송합니다.</p></div>{END}</body></html>"
        ).text
    )
