"""States that pages keep in scripts, in every form in which frameworks write them."""

import json
import time
from urllib.parse import quote

import numpy as np
import pytest

from malmoi.corpus.html.embedded import embedded_text, state_text
from malmoi.corpus.html.page import read_page
from malmoi.corpus.html.scan import scan
from malmoi.corpus.html.tags import tables

PARAGRAPHS = [
    f"{number}번째 배가 나루에 닿자 사람들은 소금을 내렸다. {name} 고개를 넘어 온 장꾼이 값을 묻자 사공은 웃기만 했다."
    for number, name in enumerate(["하늘재", "이화령", "죽령", "추풍령", "대관령", "한계령"])
]
HTML = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
TEXT = "\n\n".join(PARAGRAPHS)
OTHER = "다른 글의 소개이다. 이 글은 본문이 아니라 짧은 요약일 뿐이다. " * 20


def written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def page_of(body: str) -> bytes:
    return f"<html><body><div id=root></div>{body}</body></html>".encode()


def state_of(body: str) -> str:
    html = page_of(body)
    return state_text(html, scan(np.frombuffer(html, np.uint8), tables()))


def script(text: str) -> str:
    return f"<script>{text}</script>"


def json_script(value: object) -> str:
    return f'<script type="application/json">{written(value)}</script>'


def pushed(stream: str, pieces: int = 3) -> str:
    width = max(1, len(stream) // pieces)
    parts = [stream[at : at + width] for at in range(0, len(stream), width)]
    opening = script("(self.__next_f=self.__next_f||[]).push([0])")
    return opening + "".join(script(f"self.__next_f.push([1,{written(part)}])") for part in parts)


def text_row(key: str, text: str) -> str:
    return f"{key}:T{len(text.encode()):x},{text}"


DEVALUE = [
    ["ShallowReactive", 1],
    {"data": 2, "state": 8},
    ["ShallowReactive", 3],
    {"post": 4},
    {"title": 5, "content": 6, "tags": 7},
    "나루 이야기",
    HTML,
    [5],
    {},
]
TURBO = [{"_1": 2}, "loaderData", {"_3": 4}, "routes/post", {"_5": 6}, "content", HTML]
ARGUMENTS = f'"제목",{written(HTML)},{written(OTHER)}'
STATES = {
    "text row of HTML": pushed(f'0:["$","$L1",null,{{}}]\n1:I["a.js",["x"],""]\n{text_row("24", HTML)}2:"x"\n'),
    "text row that a property names": pushed(
        '0:["$","$L9",null,{"post":{"description":"$21","content":"$20"}}]\n'
        + text_row("20", HTML)
        + text_row("21", OTHER)
    ),
    "text rows in order": pushed("".join(text_row(f"{n:x}", f"<p>{text}</p>") for n, text in enumerate(PARAGRAPHS))),
    "text row of escaped HTML": pushed(text_row("1f", HTML.replace("<", "&lt;").replace(">", "&gt;"))),
    "text row of JSON": pushed(text_row("a", written({"article": {"body": HTML, "summary": OTHER}}))),
    "elements": pushed(
        '0:["$","main",null,{"children":[["$","nav",null,{"children":"차림"}],["$","article",null,{"children":['
        + ",".join(f'["$","p","{n}",{{"children":{written(text)}}}]' for n, text in enumerate(PARAGRAPHS))
        + "]}]]}]\n"
    ),
    "element with HTML inside": pushed(
        '3:["$","div",null,{"dangerouslySetInnerHTML":{"__html":"$24"}}]\n' + text_row("24", HTML)
    ),
    "JSON in JSON in JSON": json_script({"props": {"data": written({"post": {"body": written({"html": HTML})}})}}),
    "HTML escaped twice": json_script({"c": HTML.replace("<", "&amp;lt;").replace(">", "&amp;gt;")}),
    "Nuxt 3": json_script(DEVALUE),
    "Nuxt 2, a call": script(
        "window.__NUXT__=(function(a,b,c){return {data:[{post:{title:a,description:c,content:b}}]}}("
        + ARGUMENTS
        + "));"
    ),
    "Nuxt 2, an object": script(f"window.__NUXT__={{data:[{{title:'제목', content:{written(HTML)}, x:undefined}}]}};"),
    "Apollo": script(f"window.__APOLLO_STATE__={written({'Post:1': {'body': HTML}, 'User:1': {'name': '사공'}})};"),
    "an assigned state": script(f'window["__PRELOADED_STATE__"] = {written({"a": {"content": HTML}})};go()'),
    "JSON.parse": script(f"window.__INITIAL_STATE__ = JSON.parse({written(written({'content': HTML}))})"),
    "JSON.parse of an encoded address": script(
        f'window.__S__ = JSON.parse(decodeURIComponent("{quote(written({"content": HTML}))}"))'
    ),
    "React Router": script(
        f"window.__reactRouterContext.streamController.enqueue({written(written(TURBO) + chr(10))});"
    ),
    "Remix": script(f"window.__remixContext = {written({'state': {'loaderData': {'x': {'html': HTML}}}})};"),
    "escaped signs": script("x = " + written({"c": HTML}).replace("<", "\\u003c")),
    "single quotes": script(f"var article = {{title: '제목', body: '{HTML}'}};"),
    "a template literal": script(f"var article = {{title: '제목', body: `{HTML}`}};"),
}


@pytest.mark.parametrize("name", STATES)
def test_the_article_in_a_state_is_read_whole(name: str):
    assert state_of(STATES[name]) == TEXT


def test_pieces_of_a_paragraph_are_joined_and_short_items_stay():
    blocks = [{"type": "heading", "content": [{"type": "text", "text": "나루"}]}]
    for text in PARAGRAPHS:
        pieces = [{"type": "text", "text": text[:5]}, {"type": "text", "marks": ["bold"], "text": text[5:]}]
        blocks.append({"type": "paragraph", "content": pieces})
    item = {"type": "paragraph", "content": [{"type": "text", "text": "짧은 항목"}]}
    blocks.append({"type": "bulletList", "content": [{"type": "listItem", "content": [item]}]})
    state = json_script({"doc": {"type": "doc", "content": blocks}})
    assert state_of(state) == "\n\n".join(["나루", *PARAGRAPHS, "짧은 항목"])


def test_headings_and_lists_of_an_editor_stay_in_their_places():
    blocks: list[dict] = [{"type": "header", "data": {"text": "머리"}}]
    blocks += [{"type": "paragraph", "data": {"text": text}} for text in PARAGRAPHS]
    blocks.append({"type": "list", "data": {"items": ["하나", "둘"]}})
    assert state_of(json_script({"blocks": blocks})) == "\n\n".join(["머리", *PARAGRAPHS, "하나", "둘"])


def test_code_in_a_state_is_no_article():
    assert state_of(json_script({"code": "function a() { return {x: 1}; } // 설명이다. " * 60})) == ""


def embedded_of(html: bytes, shown: str) -> str:
    return embedded_text(html, scan(np.frombuffer(html, np.uint8), tables()), [], shown)


def test_a_state_is_taken_only_where_the_page_shows_clearly_less():
    html = page_of(script(f"window.__INITIAL_STATE__ = {written({'content': HTML})}"))
    assert embedded_of(html, "") == TEXT
    assert embedded_of(html, TEXT[: len(TEXT) // 2]) == ""


def test_a_teaser_is_replaced_by_its_text_and_another_text_is_not():
    texts = [f"{number}째 날 사공은 물길을 살피고 노를 새로 깎았다. 강은 밤새 불어 있었다." for number in range(60)]
    html = page_of(script(f"window.__INITIAL_STATE__ = {written({'content': texts})}"))
    assert embedded_of(html, "\n".join(texts[:8])) == "\n\n".join(texts)
    assert embedded_of(html, OTHER[:300]) == embedded_of(html, texts[0][:10] + OTHER[:300]) == ""


def test_a_page_that_shows_its_text_does_not_get_it_twice():
    html = f"<html><body><article>{HTML}</article>{pushed(text_row('24', HTML))}</body></html>".encode()
    page = read_page(html, None, None)
    assert not page.embedded and page.passages[0].text == TEXT


HOSTILE = {
    "rows without end": pushed("".join(f"{n:x}:[]\n" for n in range(100_000)), 1),
    "elements in each other": pushed("0:" + '["$","p",null,{"children":' * 5_000 + "1" + "}]" * 5_000 + "\n", 1),
    "a length beyond the end": pushed("0:Tffffff,가나다" * 20_000, 1),
    "a thousand pushes": script('self.__next_f.push([1,"가"])\n' * 20_000),
    "pushes without end": script("__next_f.push([" * 20_000),
    "a string that never ends": script("x = {" + "가'\\'" * 100_000),
    "parameters without end": script("x = (function(" + "a," * 50_000 + "){가" + "}(" * 50_000),
    "values that name each other": json_script([[1], *([(n + 1) % 3_000, (n + 2) % 3_000] for n in range(3_000))]),
    "escaped tags that never end": json_script({"c": "&lt;p" * 100_000 + ". "}),
    "assignments without end": script("가x = " * 100_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_states_are_read_within_a_second_of_processing(name: str):
    state_of(STATES["Apollo"])
    start = time.process_time()
    read = state_of(HOSTILE[name])
    assert time.process_time() - start < 3.0 and TEXT not in read
