# ruff: noqa: E501 (pages are data: a line broken is another page)
"""Pages of questions and answers, cafes and forums: who said what, told by structure and never by a site's name."""

import unicodedata

import pytest
from small_pages import ASKED, FIRST, FURNITURE, POST, REPLIES, SECOND, THIRD, ld, page, paragraphs

from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_documents

TITLE = "베란다 결로를 없애는 방법이 있을까요"


def documents(html, kind=None, url="https://www.a.kr/1"):
    content = html if isinstance(html, bytes) else html.encode()
    found = to_documents(Raw(content, "html", "a.html", 0, len(content), {"url": url}), Input("unused", kind=kind))
    assert isinstance(found, list), found
    for document in found:
        assert not any(word in document["text"] for word in FURNITURE)
        for turn in document["turns"] or ():
            assert turn["text"] in document["text"]
    return found


def said(document):
    return [(turn["role"], turn["speaker"], turn["text"]) for turn in document["turns"] or ()]


MICRODATA = f"""<div itemprop="mainEntity" itemscope itemtype="https://schema.org/Question">
<h1 itemprop="name">{TITLE}</h1><div itemprop="text"><p>{ASKED}</p></div>
<div itemprop="author" itemscope itemtype="https://schema.org/Person"><span itemprop="name">물방울</span></div>
<div itemprop="suggestedAnswer" itemscope itemtype="https://schema.org/Answer"><div itemprop="text"><p>{FIRST}</p></div>
<div itemprop="author" itemscope><span itemprop="name">문풍지</span></div></div>
<div itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer"><div itemprop="text"><p>{SECOND}</p></div>
<div itemprop="author" itemscope><span itemprop="name">습도계</span></div></div></div>"""
CLASSES = f"""<div class="qna_view"><div class="question-content"><h1 class="title">{TITLE}</h1>
<div class="c-user"><span class="nickname">물방울</span> <span class="date">2021.01.03.</span></div><p>{ASKED}</p></div>
<h3>답변 2개</h3><div class="answer-list">
<div class="answer-content"><p class="answer_author"><span class="nickname">문풍지</span></p><p>{FIRST}</p>
<div class="btn_area"><button>추천 3</button><a href=#>신고</a></div></div>
<div class="answer-content"><p class="answer_author"><span class="nickname">습도계</span></p><em class="badge">질문자 채택</em>
<p>{SECOND}</p><div class="btn_area"><button>추천 9</button><a href=#>신고</a></div></div></div></div>"""
OLD_TABLES = f"""<table width=700><tr><td class=question><b>{TITLE}</b><br>글쓴이 <font class=nick>물방울</font><br><br>
{ASKED}</td></tr></table><table width=700><tr><td class=answer><font class=nick>문풍지</font><br><br>{FIRST}</td></tr></table>
<table width=700><tr><td class="answer best_answer"><font class=nick>습도계</font><br><br>{SECOND}</td></tr></table>"""
KOREAN_NAMES = f"""<section class="질문"><h2>{TITLE}</h2><span class="글쓴이">물방울</span><p>{ASKED}</p></section>
<section class="답변"><span class="글쓴이">문풍지</span><p>{FIRST}</p></section>
<section class="답변 채택"><span class="글쓴이">습도계</span><p>{SECOND}</p></section>"""
LISTS = f"""<main><article class="question"><h1>{TITLE}</h1><p class="author">물방울</p><p>{ASKED}</p></article>
<ul class="answers"><li class="answer"><strong class="username">문풍지</strong><div class="text"><p>{FIRST}</p></div></li>
<li class="answer accepted-answer"><strong class="username">습도계</strong><div class="text"><p>{SECOND}</p></div></li></ul></main>"""


@pytest.mark.parametrize("kind", [None, "kin"])
@pytest.mark.parametrize(
    ("body", "head"),
    [
        (MICRODATA, ""),
        (CLASSES, ""),
        (CLASSES, ld(**{"@type": "QAPage", "name": TITLE})),
        (OLD_TABLES, ""),
        (KOREAN_NAMES, ""),
        (LISTS, ""),
    ],
    ids=["microdata", "classes", "classes and a type", "old tables", "Korean names", "lists"],
)
def test_a_question_its_answers_and_the_accepted_one_are_turns(body, head, kind):
    (found,) = documents(page(body, head, f"{TITLE} - 모둠터"), kind)
    assert found["source"]["kind"] == "kin"
    turns = said(found)
    assert [(role, speaker) for role, speaker, _ in turns] == [
        ("question", "물방울"), ("answer", "문풍지"), ("accepted_answer", "습도계"),
    ]  # fmt: skip
    assert ASKED in turns[0][2]
    assert turns[1][2] == FIRST.strip()
    assert turns[2][2] == SECOND
    (view,) = found["views"]
    assert view["use"] == "qa"
    assert found["text"][view["start"] : view["end"]] == SECOND
    assert TITLE in view["prompt"]
    assert ASKED in view["prompt"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("charset", ["utf-8", "cp949"])
def test_a_question_in_any_charset_and_form(charset, form):
    if (charset, form) == ("cp949", "NFD"):
        pytest.skip("that charset has no conjoining jamo")
    html = unicodedata.normalize(form, page(CLASSES)).replace("ⓒ", "(c)").replace("utf-8", charset)
    (found,) = documents(html.encode(charset))
    assert [turn["role"] for turn in found["turns"]] == ["question", "answer", "accepted_answer"]
    assert found["turns"][2]["text"] == SECOND


def test_without_an_accepted_answer_the_first_is_the_one_that_answers():
    body = CLASSES.replace('<em class="badge">질문자 채택</em>', "")
    (found,) = documents(page(body))
    assert [turn["role"] for turn in found["turns"]] == ["question", "answer", "answer"]
    (view,) = found["views"]
    assert found["text"][view["start"] : view["end"]] == FIRST.strip()


def test_a_page_of_common_questions_has_no_turns_and_keeps_all_questions():
    pairs = (
        (ASKED, FIRST),
        ("문풍지는 어디에 붙이나요? 창틀의 어느 쪽인지 모르겠어요.", SECOND),
        ("곰팡이는 어떻게 지우나요?", THIRD),
    )
    items = "".join(
        f'<div class="faq"><div class="question"><p>{q}</p></div><div class="answer"><p>{a}</p></div></div>'
        for q, a in pairs
    )
    (found,) = documents(page(f'<div class="content">{items}</div>'))
    assert found["turns"] is None
    assert all(q in found["text"] and a.strip() in found["text"] for q, a in pairs)


def test_one_answer_of_several_boxes_stays_one():
    boxes = "".join(f'<div class="se-para">{line}</div>' for line in (FIRST, SECOND, THIRD))
    body = f'<div class="question"><p>{ASKED}</p></div><div class="answer"><b class="nick">문풍지</b>{boxes}</div>'
    (found,) = documents(page(body), "kin")
    assert [turn["role"] for turn in found["turns"]] == ["question", "answer"]
    assert all(line.strip() in found["turns"][1]["text"] for line in (FIRST, SECOND, THIRD))


def test_comments_on_an_answer_follow_it_and_are_no_part_of_it():
    comment = (
        '<ul class="comment-list"><li class="comment"><b class="nick">물방울</b><p>고맙습니다. 해 볼게요.</p></li></ul>'
    )
    body = CLASSES.replace(f"<p>{FIRST}</p>", f"<p>{FIRST}</p>{comment}")
    (found,) = documents(page(body))
    assert [(role, speaker) for role, speaker, _ in said(found)] == [
        ("question", "물방울"), ("answer", "문풍지"), ("comment", "물방울"), ("accepted_answer", "습도계"),
    ]  # fmt: skip
    assert found["turns"][1]["text"] == FIRST.strip()


def test_code_lists_and_links_inside_an_answer_are_kept():
    answer = f"<p>{FIRST}</p><ol><li>창을 닦는다.</li><li>문풍지를 붙인다.</li></ol><pre>습도 = 50</pre><p>{THIRD}</p>"
    (found,) = documents(page(CLASSES.replace(f"<p>{FIRST}</p>", answer)))
    text = found["turns"][1]["text"]
    wanted = [FIRST.strip(), "1. 창을 닦는다.", "2. 문풍지를 붙인다.", "```\n습도 = 50\n```", THIRD]
    positions = [text.index(part) for part in wanted]
    assert positions == sorted(positions)


def test_a_thread_that_only_json_ld_has_is_read_from_there():
    answer = {"@type": "Answer", "text": f"<p>{SECOND}</p>", "author": {"@type": "Person", "name": "습도계"}}
    other = {"@type": "Answer", "text": FIRST, "author": {"name": "문풍지"}}
    entity = {"@type": "Question", "name": TITLE, "text": ASKED, "author": {"name": "물방울"},
              "acceptedAnswer": answer, "suggestedAnswer": [other]}  # fmt: skip
    head = ld(**{"@context": "https://schema.org", "@type": "QAPage", "mainEntity": entity})
    (found,) = documents(page('<div id="root"></div>', head))
    assert [(role, speaker) for role, speaker, _ in said(found)] == [
        ("question", "물방울"), ("accepted_answer", "습도계"), ("answer", "문풍지"),
    ]  # fmt: skip
    (view,) = found["views"]
    assert found["text"][view["start"] : view["end"]] == SECOND


POSTED = f'<div class="article_viewer"><h2>둘레길 같이 걸어요</h2>{paragraphs(POST)}</div>'


def thread(items):
    return f'<div id="post"><p class="info">글쓴이 산바람 2021.04.01.</p>{POSTED}{items}</div>'


DESIGNS = {
    "list": '<div class="comments"><h4>댓글 3</h4><ul>{items}</ul></div>',
    "boxes": '<div id="cmt_area" class="comment_box">{items}</div>',
    "table": '<table class="reply_table">{items}</table>',
    "definition list": '<dl class="댓글">{items}</dl>',
    "section": '<section class="replies"><div class="inner"><div class="lst">{items}</div></div></section>',
}
ITEMS = {
    "list": '<li class="reply"><strong class="nick">{who}</strong> <span class="date">2021.04.01.</span><p>{what}</p>'
            '<a href="#">답글</a> <a href="#">신고</a></li>',
    "boxes": '<div class="cmt_item"><div class="cmt_head"><span class="writer">{who}</span><em class="time">1시간 전</em>'
             '</div><div class="cmt_text">{what}</div><button>답글쓰기</button></div>',
    "table": '<tr class="re"><td class="nick">{who}</td><td>{what}</td><td class="date">04-01</td></tr>',
    "definition list": '<dd class="댓글"><b class="별명">{who}</b><span>{what}</span></dd>',
    "section": '<article class="reply-item"><a class="user-name" href="/u">{who}</a><div class="body"><p>{what}</p></div>'
               '<span class="like-count">좋아요 2</span></article>',
}  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS)
def test_a_post_and_its_comments_are_turns_with_their_speakers(design):
    items = "".join(ITEMS[design].format(who=who, what=what) for who, what in REPLIES)
    (found,) = documents(page(thread(DESIGNS[design].format(items=items))), "cafe")
    turns = said(found)
    assert [role for role, _, _ in turns] == ["post", "comment", "comment", "comment"]
    assert all(line in turns[0][2] for line in POST)
    assert [(speaker, text) for _, speaker, text in turns[1:]] == list(REPLIES)
    assert found["views"] is None


def test_answers_to_comments_stand_after_what_they_answer():
    inner = ITEMS["list"].format(who="느림보", what="고맙습니다! 그럼 저도 갈게요.")
    items = ITEMS["list"].format(who="길손", what="운동화면 충분해요. 걱정 마세요.")
    items = items.replace("</li>", f'<ul class="re">{inner}</ul></li>') + ITEMS["list"].format(
        who="산바람", what="네, 오세요!"
    )
    (found,) = documents(page(thread(DESIGNS["list"].format(items=items))), "cafe")
    assert [(speaker, text) for _, speaker, text in said(found)[1:]] == [
        ("길손", "운동화면 충분해요. 걱정 마세요."), ("느림보", "고맙습니다! 그럼 저도 갈게요."), ("산바람", "네, 오세요!"),
    ]  # fmt: skip


def test_one_comment_is_a_comment_too():
    items = ITEMS["list"].format(who="길손", what="저 갈게요! 도시락은 김밥이면 될까요?")
    (found,) = documents(page(thread(DESIGNS["list"].format(items=items))), "cafe")
    assert said(found)[1:] == [("comment", "길손", "저 갈게요! 도시락은 김밥이면 될까요?")]


def test_a_forum_of_equal_posts_is_recognised_without_a_kind():
    posts = "".join(
        f'<div class="post forum-post"><div class="author"><a href="/u">{who}</a></div><div class="date">2021-04-0{n}</div>'
        f'<div class="content"><p>{text}</p></div></div>'
        for n, (who, text) in enumerate([("산바람", " ".join(POST)), *REPLIES], 1)
    )
    (found,) = documents(page(f'<div class="topic forum">{posts}</div>'))
    assert found["source"]["kind"] == "cafe"
    assert [(role, speaker) for role, speaker, _ in said(found)] == [
        ("post", "산바람"), ("comment", "길손"), ("comment", "느림보"), ("comment", "산바람"),
    ]  # fmt: skip


def test_a_posting_in_json_ld_keeps_its_comments_in_order_of_nesting():
    comments = [{"@type": "Comment", "text": "저 갈게요! 김밥을 싸 갈게요.", "author": {"name": "길손"},
                 "comment": {"@type": "Comment", "text": "저도요! 같이 가요.", "author": "느림보"}}]  # fmt: skip
    head = ld(
        **{"@type": "DiscussionForumPosting", "text": " ".join(POST), "author": {"name": "산바람"}, "comment": comments}
    )
    (found,) = documents(page("<div id=app></div>", head))
    assert found["source"]["kind"] == "cafe"
    assert [(role, speaker) for role, speaker, _ in said(found)] == [
        ("post", "산바람"), ("comment", "길손"), ("comment", "느림보"),
    ]  # fmt: skip


def test_a_comment_form_is_no_comment():
    form = '<div class="comment_write"><form class="comment-form"><p>로그인 후 댓글을 쓸 수 있어요.</p></form></div>'
    items = "".join(ITEMS["list"].format(who=who, what=what) for who, what in REPLIES)
    found = to_documents(
        Raw(page(thread(DESIGNS["list"].format(items=items) + form)), "html", "a", 0, 1), Input("unused", kind="cafe")
    )
    assert isinstance(found, list)
    assert len(found[0]["turns"]) == 4
