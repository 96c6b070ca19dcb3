"""Dumps in XML: MediaWiki, Stack Exchange, RSS and Atom; wiki markup as text; what is damaged or hostile."""

# ruff: noqa: E501 (dumps are written as they are)

import bz2
import time
from html import escape
from pathlib import Path

import pytest

from malmoi.corpus.sources import wikitext, xml_dumps
from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.letter_account import letters_in
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

ONE = "나루터에는 새벽마다 안개가 끼었고 사공은 노를 저어 강을 건넜다."
TWO = "장날이면 소금을 진 사람들이 줄을 서서 배를 기다렸다고 한다."


def items_of(folder, content, name="a.xml", **settings):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read(Input(folder / name, **settings)))


def page(text, title="나루터", ns="0", more=""):
    revision = f"<revision><timestamp>2021-05-03T01:02:03Z</timestamp><text>{escape(text)}</text></revision>"
    return f"<page><title>{title}</title><ns>{ns}</ns><id>1</id>{more}{revision}</page>"


def wiki(*pages):
    head = (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="ko"><siteinfo><sitename>위키</sitename>'
    )
    return f"{head}</siteinfo>{''.join(pages)}</mediawiki>"


def post(number, kind, body, **more):
    words = "".join(f' {key}="{escape(value)}"' for key, value in more.items())
    return f'<row Id="{number}" PostTypeId="{kind}" CreationDate="2021-05-03T00:00:00" Body="{escape(body)}"{words} />'


@pytest.mark.parametrize("name", ["kowiki-pages-articles.xml", "kowiki-pages-articles.xml.bz2"])
def test_a_dump_of_mediawiki_gives_its_articles_and_tells_what_is_none(name, tmp_path):
    content = wiki(
        page(f"'''나루터'''는 [[강]]의 터이다. {ONE}\n\n== 역사 ==\n{TWO}\n[[분류:강]]"),
        page("#넘겨주기 [[나루터]]", more='<redirect title="나루터" />'),
        page("토론", "토론:나루터", "1"),
        page(""),
    ).encode()
    items = items_of(tmp_path, bz2.compress(content) if name.endswith("bz2") else content, name)
    assert [type(item) for item in items] == [Raw, Unreadable, Unreadable, Unreadable]
    assert [item.origin_offset for item in items] == [0, 1, 2, 3]
    (document,) = to_documents(items[0], Input(tmp_path))
    assert document["text"] == f"나루터는 강의 터이다. {ONE}\n\n역사\n\n{TWO}"
    assert (document["title"], document["source"]["category"]) == ("나루터", "강")
    assert [item.detail for item in items[1:]] == [
        "a redirect to another page",
        "a page of namespace 1, which is no article",
        "a page without text",
    ]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("[[강]]과 [[강 (지형)|강물]], [[:분류:강|분류]]", "강과 강물, 분류"),
        ("가{{출처|날짜=2021}} 나{{정보\n| 이름 = {{속|안}}\n}} 다", "가 나 다"),
        ("{{lang|en|Apple}}와 {{학명|Malus}}", "Apple와 Malus"),
        ("가<ref name=a>책 {{인용|나}}</ref> 나<ref name=a /> 다", "가 나 다"),
        ("[[파일:a.jpg|섬네일|오른쪽|200px|배가 닿는 [[강]]가]]가", "배가 닿는 강가\n가"),
        ("[https://a.kr 바깥 고리] [https://a.kr]", "바깥 고리"),
        ("* 하나\n** 둘\n# 셋\n: 넷\n; 다섯", "- 하나\n- 둘\n- 셋\n넷\n다섯"),
        ("== 하나 ==\n=== 둘 ===", "하나\n\n둘"),
        ("<nowiki>[[그대로]] ''</nowiki> <math>x^2</math>", "[[그대로]] '' x^2"),
        ("가<br />나 <b>굵게</b> &amp; &lt;꺾쇠&gt; 2 < 3", "가\n나 굵게 & <꺾쇠> 2 < 3"),
        ("<!-- 숨김 -->가__목차숨김__", "가"),
        ('{| class="wikitable"\n|+ 이름표\n! 가 !! 나\n|-\n| style="x" | 다 || [[라|마]]\n|}', "이름표\n가 | 나\n다 | 마"),
        ("'''감나무'''(-木, {{모름|x}})", "감나무(-木, )"),
        ("감나무({{모름|x}})는", "감나무는"),
        ("열고 [[닫지 않은 {{것", "열고 [[닫지 않은 {{것"),
        ("닫기만 한 ]] 것 }}", "닫기만 한 ]] 것 }}"),
        ("[[en:River]][[분류:강]]", ""),
    ],
)  # fmt: skip
def test_wiki_markup_becomes_the_words_that_a_reader_sees(markup, text):
    assert wikitext.plain(markup)[0] == text


@pytest.mark.parametrize(
    ("markup", "text", "letters"),
    [
        ("나루는<ref>강나루, 《강의 책》, 3쪽</ref> 터이다.", "나루는 터이다.", 8),
        ("나루는<ref name=책 /> 터이다.<ref>하나</ref><ref>둘</ref>", "나루는 터이다.", 3),
        ("나루는{{efn|배가 닿는 {{lang|en|bank}} 곳}} 터이다.{{각주|하나}}", "나루는 터이다.", 11),
        ("나루는 터이다.\n<references><ref name=책>강의 책</ref></references>", "나루는 터이다.", 3),
        ("나루는<ref>닫지 않은 말. 터이다.<ref>둘</ref> 끝", "나루는닫지 않은 말. 터이다. 끝", 1),
        ("나루는<REF>큰 글자</REF> 터이다.<ref></ref>", "나루는 터이다.", 3),
    ],
)
def test_notes_are_in_no_sentence_and_their_letters_are_counted(markup, text, letters):
    made = to_documents(Raw(markup, "wikitext", "a.xml", 0, 1), Input(Path("a.xml")))
    assert isinstance(made, list)
    assert made[0]["text"] == text
    taken = {entry["step"]: entry["letters"] for entry in made[0]["letters_taken"]}
    assert taken["notes"] == letters
    assert made[0]["letters_read"] == letters_in(markup)


@pytest.mark.parametrize(
    "sign",
    [
        "{{",
        "[[",
        "'",
        "{{{",
        "<b>",
        "\n{|",
        "[[a|",
        "<ref>{{",
        "<ref>a",
        "<ref>a</ref><ref>",
        "{{efn|",
        "<!--",
        "<nowiki>",
        "}}",
        "[http://a ",
        "= ",
        "__가",
        "(",
        "|-\n",
    ],
)
def test_wiki_markup_made_to_hang_takes_time_by_its_length(sign):
    began = time.process_time()
    wikitext.plain(sign * 20_000)
    assert time.process_time() - began < 20


def test_questions_of_stack_exchange_come_with_their_answers(tmp_path):
    content = "<?xml version='1.0'?><posts>" + "".join(
        [
            post(1, 1, f"<p>{ONE}</p>", Title="나루터?", AcceptedAnswerId="4", Score="3"),
            post(2, 1, "<p>홀로 선 물음</p>"),
            post(3, 2, "<p>첫 답</p><pre><code>x = 1</code></pre>", ParentId="1"),
            post(4, 2, f"<p>{TWO}</p>", ParentId="1"),
            post(5, 5, "꼬리표"),
        ]
    )
    items = items_of(tmp_path, content + "</posts>", "Posts.xml")
    told = [item for item in items if isinstance(item, Unreadable)]
    assert [item.detail for item in told] == ["a row that is no question and no answer"]
    first, second = (item for item in items if isinstance(item, Raw))
    assert [(turn["role"], turn["text"].split("\n")[0]) for turn in first.fields["turns"]] == [
        ("question", ONE),
        ("answer", "첫 답"),
        ("accepted_answer", TWO),
    ]
    assert first.fields["title"] == "나루터?"
    assert "question:" not in first.content
    assert second.content == "홀로 선 물음"


def test_threads_are_given_out_early_where_too_much_would_be_held(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_dumps, "MOST_WAITING_BYTES", 1_000)
    posts = [post(n, 1, f"<p>{n} {ONE}</p>") for n in range(50)] + [post(99, 2, "<p>늦은 답</p>", ParentId="1")]
    items = items_of(tmp_path, f"<posts>{''.join(posts)}</posts>")
    assert len(items) == 51
    assert items[-1].content == "늦은 답"


RSS = (
    '<rss version="2.0" xmlns:content="x" xmlns:dc="y"><channel><title>강변일보</title><item><title>나루터</title>'
    "<link>https://a.kr/1</link><dc:creator>강나루</dc:creator><pubDate>Mon, 03 May 2021 09:00:00 +0900</pubDate>"
    "<description>짧은&nbsp;말</description><content:encoded>{}</content:encoded></item></channel></rss>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>누리집</title><entry><title>나루터</title><link href="https://a.kr/1"/>'
    "<updated>2021-05-03T00:00:00Z</updated><author><name>강나루</name></author><content type='html'>{}</content></entry></feed>"
)


@pytest.mark.parametrize("made", [RSS, ATOM])
@pytest.mark.parametrize("code", ["utf-8", "euc-kr", "utf-16"])
def test_entries_of_feeds_are_documents(made, code, tmp_path):
    head = f'<?xml version="1.0" encoding="{code}"?>'
    content = (head + made.format(escape(f"<p>{ONE}</p><p>{TWO}</p>"))).encode(code)
    (item,) = items_of(tmp_path, content, "a.rss")
    assert item.content.split() == f"{ONE} {TWO}".split()
    assert item.fields["url"] == "https://a.kr/1"
    assert item.fields["published"].startswith("2021-05-03")
    assert item.fields["author"] == "강나루"


BOMB = '<!DOCTYPE a [<!ENTITY a "나나나"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (BOMB + wiki(page("&b;")), "it declares entities, which are not read"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + wiki(page("&x;")), "it declares entities"),
        (wiki(page(ONE))[:-40], "record 0 and all after it"),
        (wiki(page(ONE)) + "<mediawiki>", "record 1 and all after it"),
        ("<a>" * 500, "XML of <a>"),
        ("<mediawiki>" * 500, "elements in one another without end"),
        ("<document><p>글</p></document>", "XML of <document>; MediaWiki"),
        ("글만 있다", "record 0 and all after it"),
    ],
)
def test_xml_that_is_damaged_hostile_or_of_another_kind_is_told(content, detail, tmp_path):
    items = items_of(tmp_path, content)
    assert detail in items[-1].detail
    assert len(items) <= 2


def test_a_record_above_the_limit_is_told_and_never_held(tmp_path):
    items = items_of(tmp_path, wiki(page(ONE), page("가" * 50_000), page(TWO)), max_bytes_per_document=10_000)
    assert [type(item) for item in items] == [Raw, Unreadable, Raw]
    assert items[1].reason == "too_large"
    assert items[1].raw_bytes > 150_000


def test_of_a_page_with_its_history_the_last_revision_is_the_text(tmp_path):
    old = "<revision><id>1</id><timestamp>2019-01-02T03:04:05Z</timestamp><text>옛 글이다.</text></revision>"
    (item,) = items_of(tmp_path, wiki(page(ONE, more=old)))
    assert item.content == ONE
    assert item.fields["published"] == "2021-05-03"


@pytest.mark.parametrize("kind", ["content", "summary"])
def test_xhtml_in_an_entry_is_its_text(kind, tmp_path):
    entry = (
        '<entry><title>나루터</title><link rel="self" href="https://a.kr/feed/1"/><link href="https://a.kr/1"/>'
        f'<{kind} type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{ONE}</p><p>1 &lt; 2, <b>굵게</b></p></div>'
        f'</{kind}><category term="강"/><category term="배"/></entry>'
    )
    (item,) = items_of(tmp_path, f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>')
    assert item.content.split("\n\n") == [ONE, "1 < 2, 굵게"]
    assert (item.fields["url"], item.fields["category"]) == ("https://a.kr/1", "강, 배")


def test_what_a_feed_says_twice_of_an_entry_is_taken_once(tmp_path):
    said = (
        "<title>나루터</title><media:title>사진 이름</media:title><link>https://a.kr/1</link><atom:link href='https://b.kr'/>"
        f"<content:encoded>{ONE}</content:encoded><excerpt:encoded>줄인 말</excerpt:encoded>"
        "<category>강</category><category>배</category>"
    )
    names = "".join(f' xmlns:{name}="{name}"' for name in ("media", "atom", "content", "excerpt"))
    (item,) = items_of(tmp_path, f"<rss{names}><channel><item>{said}</item></channel></rss>", "a.rss")
    assert item.content == ONE
    assert [item.fields[name] for name in ("title", "url", "category")] == ["나루터", "https://a.kr/1", "강, 배"]


@pytest.mark.parametrize("content", ["<urlset><url/></urlset>", BOMB + wiki(page("&b;")), "글만 있다"])
def test_xml_that_is_refused_has_the_bytes_of_the_file(content, tmp_path):
    (item,) = items_of(tmp_path, content + " " * 300_000)
    assert item.raw_bytes == pytest.approx(len(content.encode()) + 300_000, rel=0.01)
