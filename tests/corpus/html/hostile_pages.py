# ruff: noqa: E501 (pages are data: a line broken is another page)
"""Pages that no honest site sends, each as a function of its size: what a crawl meets sooner or later."""

import gzip
import json
import random

WORDS = "강원 강릉시에 올겨울 첫눈이 내렸다. 기상청은 오늘 밤까지 3cm의 눈이 더 올 것으로 내다봤다. "
ARTICLE = f"<html lang=ko><body><article><h1>첫눈</h1><p>{WORDS * 3}</p><p>{WORDS * 2}</p></article>"
END = "</body></html>"


def _whole(middle: str) -> bytes:
    return (ARTICLE + middle + END).encode()


def _nested(tag: str):
    return lambda n: _whole(f"<{tag}>" * n)


def _many(piece: str):
    return lambda n: _whole(piece * n)


def _json_ld(content: str) -> bytes:
    return _whole(f'<script type="application/ld+json">{content}</script>')


def _noise(seed: int, alphabet: bytes):
    def page(n: int) -> bytes:
        chance = random.Random(seed)
        return ARTICLE.encode() + bytes(chance.choices(alphabet, k=n))

    return page


def _comments(n: int) -> bytes:
    item = "<li class=reply><b class=nick>길손</b><p>저 갈게요! 처음이에요.</p></li>"
    return _whole(f'<div class="comments"><ul>{item * n}</ul></div>')


def _comments_in_comments(n: int) -> bytes:
    return _whole('<div class="comment"><ul><li class="comment"><p>또 답합니다. 그렇군요.</p>' * n)


def _answers(n: int) -> bytes:
    return _whole('<div class="question"><p>무엇인가요?</p></div>' + '<div class="answer"><p>이것입니다.</p></div>' * n)


def _items(n: int) -> bytes:
    return _whole('<div itemscope itemtype="https://schema.org/Answer"><span itemprop="text">말 </span>' * n)


def _comment_tree(n: int) -> bytes:
    opened = '{"@type":"Comment","text":"말씀입니다. 길게 이어집니다.","comment":'
    return _json_ld('{"@type":"DiscussionForumPosting","text":"글","comment":' + opened * n + "null" + "}" * (n + 1))


PAGES = {
    "a tag a million deep": _nested("div"),
    "emphasis a million deep": _nested("b"),
    "a made-up tag a million deep": _nested("x-y"),
    "lists in lists": _nested("ul><li"),
    "tables in tables": _nested("table><tr><td"),
    "tables in tables without rows": _nested("table"),
    "quotations in quotations": _nested("blockquote"),
    "forms in forms": _nested("form"),
    "links in links": _nested("a href=/x"),
    "headings in headings": _nested("h2"),
    "paragraphs that never end": _nested("p"),
    "options that never end": _nested("select><option"),
    "definition lists": _nested("dl><dt>a<dd"),
    "vector pictures in each other": _nested("svg"),
    "templates in templates": _nested("template"),
    "frames in frames": _nested("iframe"),
    "objects in objects": _nested("object"),
    "ends without a start": _many("</div></p></b></table></td>"),
    "ends of paragraphs": _many("</p>"),
    "misnested emphasis": _many("<b><i></b></i>"),
    "misnested blocks": _many("<p><div></p></div><b><p></b>"),
    "rows of code that never end": _many('<tr><td data-line-number="1"></td><td>a'),
    "boxes of code that never end": _many('<div id=LC1 data-line="1">a'),
    "blanks around the number of a line": lambda n: _whole("<table><tr><td data-line=1>" + " " * 8 * n + "x</td></tr></table>"),
    "a million attributes": lambda n: _whole("<div " + "a=1 " * n + ">글</div>"),
    "a million attributes without values": lambda n: _whole("<div " + "a " * n + ">글</div>"),
    "a million classes": lambda n: _whole('<div class="' + "comment answer nav " * n + '">글이 있습니다.</div>'),
    "one attribute as large as the page": lambda n: _whole(f'<div data-x="{"x" * 8 * n}">글</div>'),
    "an attribute that never ends": lambda n: _whole('<div class="' + "글 > </div>" * n),
    "a tag that never ends": lambda n: _whole("<div " + "글 " * n),
    "a tag name as long as the page": lambda n: _whole("<" + "d" * 8 * n),
    "a script that never ends": lambda n: _whole("<script>" + "x = 1;" * n),
    "a style that never ends": lambda n: _whole("<style>" + ".a{}" * n),
    "a title that never ends": lambda n: ("<title>" + "제목 " * n).encode(),
    "a text area that never ends": lambda n: _whole("<textarea>" + "글 " * n),
    "a comment that never ends": lambda n: _whole("<!--" + "글 -- > " * n),
    "comments that end at once": _many("<!--><!--->"),
    "a section of characters that never ends": lambda n: _whole("<![CDATA[" + "글 ]] > " * n),
    "declarations": _many("<!DOCTYPE html><!ELEMENT x>"),
    "processing instructions": _many("<?php echo 1 ?>"),
    "ends of scripts in scripts": _many("<script></scrip></script>"),
    "a million scripts": _many("<script>a={}</script>"),
    "a million pictures": _many("<img src=a.jpg alt=그림>"),
    "a million pictures in the text": lambda n: _whole("<p>" + "글<img src=a.jpg>" * n + "</p>"),
    "a picture with its bytes": lambda n: _whole(f"<p>글<img src=data:image/png;base64,{'A' * 8 * n}>글</p>"),
    "pictures with bytes that are none": _many("<p>글<img src=data:image/png;base64,!!!>글</p>"),
    "a million links to a million sites": lambda n: _whole("".join(f"<a href=//s{k}.kr>s</a>" for k in range(n))),
    "addresses that are none": _many("<a href='http://[::1'>x</a><a href='//\ufffd'>y</a><img src='http://['>"),
    "a million <meta>": _many("<meta property=og:title content=제목>"),
    "a <meta> as large as the page": lambda n: _whole(f"<meta name=author content='{'가' * 2 * n}'>"),
    "a million canonical addresses": _many("<link rel=canonical href=/1>"),
    "a million times": _many("<time datetime=2021-05-25>어제</time>"),
    "text of references": _many("&lt;&amp;&nbsp;&#44032;&#x110000;&#xD800;&nosuch;&"),
    "numbers of references without end": lambda n: _whole("&#" + "9" * 8 * n + ";"),
    "line breaks": _many("<br>"),
    "spaces": _many(" \t\r\n\u00a0\u3000"),
    "one word": lambda n: _whole("<p>" + "가" * 3 * n),
    "jamo that never become syllables": lambda n: _whole("<p>" + "각" * n),
    "marks on one letter": lambda n: _whole("<p>a" + "\u0301" * 3 * n),
    "signs of direction": _many("\u202e글\u202c"),
    "signs that malmoi uses itself": _many("<p>글\ufffc\U000f0000글<img src=a.jpg></p>"),
    "control characters": _many("<p>글\x01\x08\x0b\x7f</p>"),
    "broken UTF-8": lambda n: ARTICLE.encode() + b"\xea\xb0" * n,
    "two charsets in one page": lambda n: ARTICLE.encode() + (WORDS * (n // 100 + 1)).encode("cp949"),
    "surrogates as bytes": lambda n: ARTICLE.encode() + b"\xed\xa0\x80" * n,
    "UTF-16 without a mark": lambda n: (ARTICLE + WORDS * (n // 50 + 1)).encode("utf-16-le"),
    "UTF-16 cut in half": lambda n: (ARTICLE + WORDS * (n // 50 + 1)).encode("utf-16")[:-1],
    "UTF-32": lambda n: (ARTICLE + WORDS * (n // 50 + 1)).encode("utf-32"),
    "a charset that does not exist": lambda n: b"<meta charset=x-nonsense>" + _many("<p>글</p>")(n),
    "a charset that is no charset": lambda n: b"<meta charset=zip>" + _many("<p>글</p>")(n),
    "one charset said, another used": lambda n: b"<meta charset=utf-16>" + _many("<p>글이다.</p>")(n),
    "seven bits": lambda n: b"<meta charset=iso-2022-kr>\x1b$)C" + b"\x0eGQ1[\x0f" * n,
    "NUL bytes": lambda n: ARTICLE.encode() + b"\0" * n,
    "NUL bytes far down": lambda n: ARTICLE.encode() + b"<p>a</p>" * 2_000 + b"\0" * n,
    "a picture called a page": lambda n: b"\x89PNG\r\n\x1a\n" + b"\x10" * n,
    "a zipped file called a page": lambda n: gzip.compress(ARTICLE.encode() * (n // 1000 + 1)),
    "a broken zipped file called a page": lambda n: b"\x1f\x8b\x08" + b"\xff" * n,
    "nothing but a menu": lambda n: ("<ul class=nav>" + "<li><a href=/>차림</a></li>" * n).encode(),
    "nothing at all": lambda _: b"<html><body></body></html>",
    "signs at random": _noise(1, b"<>/=\"'&;! abp-"),
    "bytes at random": _noise(2, bytes(range(1, 256))),
    "tags at random": lambda n: _whole("".join(random.Random(3).choices(["<p>", "</p>", "<td>", "<tr>", "</a>", "글", "<ul>", "<li>", "</div>"], k=n))),
    "JSON a hundred thousand deep": lambda n: _json_ld("[" * n),
    "JSON a hundred thousand tables deep": lambda n: _json_ld('{"a":' * n + "1" + "}" * n),
    "JSON of ten megabytes": lambda n: _json_ld(json.dumps({"@type": "NewsArticle", "x": ["글" * 10] * n})),
    "JSON that is cut": lambda n: _json_ld('{"@type":"NewsArticle","articleBody":"' + "글 " * n),
    "JSON with a huge number": lambda n: _json_ld('{"@type":"Article","datePublished":' + "9" * n + "}"),
    "JSON with halves of characters": lambda n: _json_ld('{"@type":"NewsArticle","headline":"\\ud800","articleBody":"' + "\\udc00글 " * n + '"}'),
    "JSON of the wrong types": lambda n: _json_ld(json.dumps({"@type": ["QAPage", 3, None], "mainEntity": [[[1]] * 9, {"@type": {}, "acceptedAnswer": "x", "author": [[{}]]}] * min(n, 999)})),
    "a graph without end": lambda n: _json_ld(json.dumps({"@graph": [{"@type": "WebPage"}] * n})),
    "a tree of comments in JSON": _comment_tree,
    "a state that is not JSON": lambda n: b"<body><script>window.__NEXT_DATA__ = {" + b"a:[" * n + b"</script>",
    "a state a hundred thousand deep": lambda n: b"<body><script>window.__INITIAL_STATE__ = " + b'{"a":[' * n + b"</script>",
    "signs of equality": lambda n: b"<body><script>" + b"= " * n + b"[</script>",
    "a thousand comments": _comments,
    "comments in comments": _comments_in_comments,
    "a thousand answers": _answers,
    "microdata in microdata": _items,
}  # fmt: skip
"""By name; the argument is the number of repetitions, of some ten bytes each."""
