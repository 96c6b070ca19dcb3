"""Questions and headings that look like controls stay where their answers were chosen; buttons and menus do not."""

import pytest

from malmoi.corpus.html.page import read_page

ANSWERS = [
    f"{place}에서는 아침마다 배가 두 번 뜨고, 저녁에는 물때를 보아 사공이 정한다. 표는 나루 앞 가게에서 판다."
    for place in ("하늘재 나루", "이화 나루", "죽령 나루")
]


def text_of(body: str) -> str:
    head = "<!doctype html><html lang=ko><head><title>나루</title></head>"
    html = f"{head}<body><main><h1>물음</h1>{body}</main></body></html>"
    passages = read_page(html.encode(), None, None).passages
    return passages[0].text if passages else ""


def parts(form: str, *titles: str) -> str:
    return "".join(form.format(title=title, body=body) for title, body in zip(titles, ANSWERS, strict=True))


QUESTIONS = ("배는 언제 뜨나요?", "표는 어디서 사나요?", "짐도 싣나요?")
FORMS = {
    "buttons": "<div class=faq><button aria-expanded=false>{title}</button><div class=panel><p>{body}</p></div></div>",
    "hidden panels": "<div class=faq><button>{title}</button><div class=panel hidden><p>{body}</p></div></div>",
    "summaries": "<details><summary>{title}</summary><p>{body}</p></details>",
    "linked headings": "<section><h3><a href='#q'>{title}</a></h3><p>{body}</p></section>",
    "headings in items": "<ul><li><h3><a href='#q'>{title}</a></h3><p>{body}</p></li></ul>",
    "terms": "<dl><dt><a href='#q'>{title}</a></dt><dd>{body}</dd></dl>",
    "buttons in headings": "<div class=item><h3><button>{title}</button></h3><div><p>{body}</p></div></div>",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_question_stays_before_its_answer(name: str):
    text = text_of(parts(FORMS[name], *QUESTIONS))
    places = [text.find(piece) for pair in zip(QUESTIONS, ANSWERS, strict=True) for piece in pair]
    assert -1 not in places and places == sorted(places)


def test_titles_of_cards_stay_and_the_page_keeps_its_buttons_out():
    cards = parts("<li><a href='/a'><strong>{title}</strong></a><p>{body}</p></li>", "뱃길", "뱃삯", "짐값")
    text = text_of(f"<p>{ANSWERS[0] * 2}</p><ul>{cards}</ul>")
    assert all(title in text for title in ("- 뱃길", "- 뱃삯", "- 짐값"))
    copied = parts("<div><button>복사</button><pre>{body}</pre></div>", *QUESTIONS)
    assert "복사" not in text_of(copied)
