"""Text that lives only in scripts."""

import json

import numpy as np

from malmoi.corpus.html.embedded import article_body, state_text
from malmoi.corpus.html.scan import scan
from malmoi.corpus.html.script_states import json_ld_states
from malmoi.corpus.html.tags import tables

PARAGRAPHS = [
    f"{number}번째 문단은 조선어 사전을 처음 엮던 사람들의 이야기를 길게 이어서 적은 글이다. 원고는 역 창고에서 찾았다."
    for number in range(6)
]


def scanned_of(html: bytes):
    return scan(np.frombuffer(html, np.uint8), tables())


def page(script: str) -> bytes:
    return f"<html><body><div id=root></div>{script}</body></html>".encode()


def test_article_body_of_json_ld_is_found_in_a_graph():
    state = {
        "@graph": [{"@type": "WebSite", "name": "말"}, {"@type": "NewsArticle", "articleBody": "\n".join(PARAGRAPHS)}]
    }
    html = page(f'<script type="application/ld+json">{json.dumps(state)}</script>')
    assert article_body(json_ld_states(html, scanned_of(html))) == "\n".join(PARAGRAPHS)


def test_paragraphs_in_the_state_of_a_framework_are_joined_in_order():
    state = {
        "props": {
            "article": {"body": [{"type": "p", "text": f"<p>{text}</p>"} for text in PARAGRAPHS]},
            "menu": ["홈", "뉴스"],
        }
    }
    html = page(f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(state, ensure_ascii=False)}</script>')
    assert state_text(html, scanned_of(html)) == "\n\n".join(PARAGRAPHS)


def test_an_assigned_state_is_read_up_to_its_end():
    html = page(
        f"<script>window.__STATE__ = {json.dumps({'post': {'content': ' '.join(PARAGRAPHS)}})};go({{}});</script>"
    )
    assert state_text(html, scanned_of(html)) == " ".join(PARAGRAPHS)


def test_broken_json_and_deep_json_give_nothing():
    for content in ('{"a": ' + '"b' * 300, "[" * 100_000, "window.x = {" + "y" * 500, "=" * 100_000, "x =" * 50_000):
        html = page(f"<script>{content}</script>")
        assert state_text(html, scanned_of(html)) == ""


def test_translations_and_descriptions_are_no_article():
    html = page(
        f"<script>x = {json.dumps({'i18n': {'a': ' '.join(PARAGRAPHS)}, 'description': ' '.join(PARAGRAPHS)})}</script>"
    )
    assert state_text(html, scanned_of(html)) == ""
