# ruff: noqa: E501 (pages are data: a line broken is another page)
"""Boards, cafes and pages of questions as Korean systems write them: gnuboard, Rhymix, DC, Naver, Tistory, Disqus.

The layouts follow the markup of the systems of 2021-2025; all words are our own.
"""

import pytest

from malmoi.corpus.html.page import read_page

POST = "나루에 배가 들어오는 시각을 어디서 보나요? 어제는 물때를 몰라 한 시간이나 기다렸습니다. 표는 가게에서 판다고 들었는데 문이 닫혀 있었습니다."
POST2 = "아침 배는 여섯 시에 뜨고 저녁 배는 다섯 시에 뜹니다. 물이 많은 날은 사공이 나루 앞 칠판에 적어 둡니다."
C1 = "저도 어제 갔는데 칠판에 적혀 있더라고요. 다음에는 꼭 보고 가세요."
C2 = "물때표는 군청 누리집에도 올라옵니다. 아침마다 새로 고칩니다."
C3 = "고맙습니다. 덕분에 오늘은 제때 탔어요!"
MENU = '<div id="gnb"><ul><li><a href="/">홈</a></li><li><a href="/free">자유게시판</a></li><li><a href="/qna">질문답변</a></li></ul></div>'
FOOT = '<div id="ft"><p>회사소개 개인정보처리방침 서비스이용약관</p><p>Copyright © 소유하신 도메인. All rights reserved.</p></div>'


def page(title, body):
    return f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>{title}</title></head><body>{MENU}{body}{FOOT}</body></html>'


BOARDS: dict[str, tuple[str, list[str]]] = {}
BOARDS["gnuboard5"] = (
    page(
        "물때 질문 > 자유게시판 | 나루",
        f"""<div id="container"><article id="bo_v" style="width:100%"><header><h2 id="bo_v_title"><span class="bo_v_cate">질문</span><span class="bo_v_tit">물때 질문</span></h2></header>
<section id="bo_v_info"><h2>페이지 정보</h2><div class="profile_info"><div class="pf_img"><img src="no_profile.gif" width="60" height="60"></div><div class="profile_info_ct"><span class="sound_only">작성자</span> <strong><span class="sv_member">솔바람</span></strong><br><span class="sound_only">댓글</span><strong><a href="#bo_vc"> 3건</a></strong><span class="sound_only">조회</span><strong>41회</strong><strong class="if_date"><span class="sound_only">작성일</span>21-05-25 15:21</strong></div></div></section>
<section id="bo_v_atc"><h2 id="bo_v_atc_title">본문</h2><div id="bo_v_share"></div><div id="bo_v_con"><p>{POST}</p><p>{POST2}</p></div><div id="bo_v_act"><a href="#" id="good_button" class="bo_v_good">추천 <strong>2</strong></a></div></section>
<section id="bo_vc"><h2>댓글목록</h2><article id="c_11"><div class="pf_img"></div><div class="cm_wrap"><header style="z-index:2"><h2><span class="sv_member">달빛</span>님의 댓글</h2><span class="sv_member">달빛</span><span class="sound_only">작성일</span><span class="bo_vc_hdinfo"><time datetime="2021-05-25T15:40:00+09:00">21-05-25 15:40</time></span></header><div class="cmt_contents"><p>{C1}</p></div><span id="edit_11"></span></div></article>
<article id="c_12"><div class="cm_wrap"><header><h2><span class="sv_member">물결</span>님의 댓글</h2><span class="sv_member">물결</span><span class="bo_vc_hdinfo"><time datetime="2021-05-25T16:00:00+09:00">21-05-25 16:00</time></span></header><div class="cmt_contents"><p>{C2}</p></div></div></article>
<article id="c_13" style="margin-left:50px"><div class="cm_wrap"><header><h2><span class="sv_member">솔바람</span>님의 댓글의 댓글</h2><span class="sv_member">솔바람</span></header><div class="cmt_contents"><p>{C3}</p></div></div></article></section>
<aside id="bo_vc_w" class="bo_vc_w"><h2>댓글쓰기</h2><form><textarea></textarea><input type="submit" value="댓글등록"></form></aside></article></div>""",
    ),
    ["달빛", "물결", "솔바람"],
)
BOARDS["rhymix"] = (
    page(
        "물때 질문 - 자유게시판",
        f"""<div class="board"><div class="board_read"><div class="read_header"><h1><a href="/free/1">물때 질문</a></h1><p class="meta"><a href="#popup_menu_area" class="member_4 author">솔바람</a> <span class="sum"><span class="read">조회 수 41</span> <span class="time">2021.05.25 15:21</span></span></p></div>
<div class="read_body"><!--BeforeDocument(1,4)--><div class="document_1_4 rhymix_content xe_content"><p>{POST}</p><p>{POST2}</p></div><!--AfterDocument(1,4)--></div><div class="read_footer"><div class="sns"><ul><li><a>Facebook</a></li></ul></div><div class="btnArea"><a class="btn" href="/free">목록</a></div></div></div>
<div class="feedback" id="comment"><div class="fbHeader"><h2>댓글 '3'</h2></div><ul class="fbList"><li class="fbItem" id="comment_21"><div class="fbMeta"><span class="profile"></span><h3 class="author"><a class="member_5">달빛</a></h3><p class="time">2021.05.25 15:40</p></div><!--BeforeComment(21,5)--><div class="comment_21_5 rhymix_content xe_content"><p>{C1}</p></div><!--AfterComment(21,5)--><p class="action"><a class="recommend">추천</a> <a class="reply">댓글</a></p></li>
<li class="fbItem" id="comment_22"><div class="fbMeta"><h3 class="author"><a class="member_6">물결</a></h3><p class="time">2021.05.25 16:00</p></div><div class="comment_22_6 rhymix_content xe_content"><p>{C2}</p></div><p class="action"><a class="reply">댓글</a></p></li>
<li class="fbItem indent indent1" style="margin-left:15px" id="comment_23"><div class="fbMeta"><h3 class="author"><a class="member_4">솔바람</a></h3><p class="time">2021.05.25 16:10</p></div><div class="comment_23_4 rhymix_content xe_content"><p>{C3}</p></div></li></ul></div></div>""",
    ),
    ["달빛", "물결", "솔바람"],
)
BOARDS["dc"] = (
    page(
        "물때 질문 - 나루 갤러리",
        f"""<div class="view_content_wrap"><header><div class="gallview_head clear ub-content"><h3 class="title ub-word"><span class="title_headtext">[일반]</span> <span class="title_subject">물때 질문</span></h3><div class="gall_writer ub-writer" data-nick="솔바람" data-ip="1.234"><div class="fl"><span class="nickname"><em>솔바람</em></span><span class="ip">(1.234)</span><span class="gall_date" title="2021-05-25 15:21:00">2021.05.25 15:21:00</span></div><div class="fr"><span class="gall_count">조회 41</span><span class="gall_reply_num">추천 2</span></div></div></div></header><div class="gallview_contents"><div class="inner clear"><div class="writing_view_box"><div class="write_div"><p>{POST}</p><p>{POST2}</p><p>- dc official App</p></div></div></div></div></div>
<div class="view_comment" id="focus_cmt"><div class="comment_wrap show"><div class="comment_count"><div class="fl num_box">전체 댓글 <em class="font_red"><span>3</span></em>개</div></div><div class="comment_box"><ul class="cmt_list add"><li id="comment_li_31" class="ub-content"><div class="cmt_info clear"><div class="cmt_nickbox"><span class="gall_writer ub-writer" data-nick="달빛"><span class="nickname in"><em>달빛</em></span></span></div><div class="clear cmt_txtbox btn_reply_write_all"><p class="usertxt ub-word">{C1}</p></div><div class="fr clear"><span class="date_time">05.25 15:40:11</span></div></div></li>
<li id="comment_li_32" class="ub-content"><div class="cmt_info clear"><div class="cmt_nickbox"><span class="gall_writer ub-writer"><span class="nickname in"><em>물결</em></span></span></div><div class="clear cmt_txtbox"><p class="usertxt ub-word">{C2}</p></div><div class="fr clear"><span class="date_time">05.25 16:00:11</span></div></div></li>
<li><div class="reply show"><div class="reply_box"><ul class="reply_list" id="reply_list_32"><li id="reply_li_33" class="ub-content"><div class="reply_info clear"><div class="cmt_nickbox"><span class="gall_writer ub-writer"><span class="nickname in"><em>솔바람</em></span></span></div><div class="clear cmt_txtbox"><p class="usertxt ub-word">{C3}</p></div><div class="fr clear"><span class="date_time">05.25 16:10:11</span></div></div></li></ul></div></div></li></ul></div></div></div>
<div class="gall_listwrap list"><table class="gall_list"><tbody><tr class="ub-content us-post"><td class="gall_num">123</td><td class="gall_tit ub-word"><a href="/1">노 깎는 법 질문</a></td></tr><tr class="ub-content us-post"><td class="gall_num">122</td><td class="gall_tit ub-word"><a href="/2">주막 추천 좀</a></td></tr></tbody></table></div>""",
    ),
    ["달빛", "물결", "솔바람"],
)
BOARDS["naver_cafe"] = (
    page(
        "물때 질문 : 네이버 카페",
        f"""<div class="ArticleContentBox"><div class="article_header"><div class="ArticleTitle"><a href="#" class="link_board">자유게시판</a><div class="title_area"><h3 class="title_text">물때 질문</h3></div></div><div class="WriterInfo"><div class="profile_area"><div class="profile_info"><div class="nick_box"><button class="nickname">솔바람</button><em class="nick_level">나무</em></div></div><div class="article_info"><span class="date">2021.05.25. 15:21</span><span class="count">조회 41</span></div></div></div></div>
<div class="article_container"><div class="article_viewer"><div class="content CafeViewer"><div class="se-viewer"><div class="se-main-container"><div class="se-component se-text"><p class="se-text-paragraph"><span>{POST}</span></p><p class="se-text-paragraph"><span>{POST2}</span></p><p class="se-text-paragraph"><span>\u200b</span></p></div></div></div></div></div>
<div class="ReplyBox"><div class="box_left"><a class="button_comment">댓글 <strong class="num">3</strong></a></div><div class="box_right"><a>공유</a><a>신고</a></div></div>
<div class="CommentBox"><div class="comment_option"><h3 class="comment_title">댓글</h3><div class="comment_tab"><ul><li><button>등록순</button></li><li><button>최신순</button></li></ul></div></div><ul class="comment_list"><li id="41" class="CommentItem"><div class="comment_area"><a class="comment_thumb"></a><div class="comment_box"><div class="comment_nick_box"><div class="comment_nick_info"><a class="comment_nickname">달빛</a></div></div><div class="comment_text_box"><p class="comment_text_view"><span class="text_comment">{C1}</span></p></div><div class="comment_info_box"><span class="comment_info_date">2021.05.25. 15:40</span><a class="comment_info_button">답글쓰기</a></div></div></div></li>
<li id="42" class="CommentItem"><div class="comment_area"><div class="comment_box"><div class="comment_nick_box"><div class="comment_nick_info"><a class="comment_nickname">물결</a></div></div><div class="comment_text_box"><p class="comment_text_view"><span class="text_comment">{C2}</span></p></div><div class="comment_info_box"><span class="comment_info_date">2021.05.25. 16:00</span><a class="comment_info_button">답글쓰기</a></div></div></div></li>
<li id="43" class="CommentItem CommentItem--reply"><div class="comment_area"><div class="comment_box"><div class="comment_nick_box"><div class="comment_nick_info"><a class="comment_nickname">솔바람</a><em class="comment_badge_writer">작성자</em></div></div><div class="comment_text_box"><p class="comment_text_view"><span class="text_comment">{C3}</span></p></div><div class="comment_info_box"><span class="comment_info_date">2021.05.25. 16:10</span><a class="comment_info_button">답글쓰기</a></div></div></div></li></ul><div class="CommentWriter"><textarea></textarea><button>등록</button></div></div></div></div>""",
    ),
    ["달빛", "물결", "솔바람"],
)
BOARDS["disqus"] = (
    page(
        "나루의 하루",
        f"""<article class="post"><h1>나루의 하루</h1><p>{POST} {POST2}</p><p>{POST2} 저녁 배를 놓치면 주막에서 하룻밤을 묵어야 한다. 주막집 아이가 등불을 들고 나와 길손을 맞는다.</p></article><div id="disqus_thread"><ul id="post-list" class="post-list"><li class="post" id="post-1"><div class="post-content"><div class="post-body"><header class="comment__header"><span class="post-byline"><span class="author publisher-anchor-color"><a href="#">달빛</a></span></span> <span class="post-meta"><a class="time-ago">2년 전</a></span></header><div class="post-body-inner"><div class="post-message-container"><div class="post-message"><p>{C1}</p></div></div></div><footer class="comment__footer"><menu class="comment-footer__menu"><li class="voting"><a>1</a></li><li class="reply"><a>답글</a></li><li><a>공유</a></li></menu></footer></div></div><ul class="children"><li class="post" id="post-2"><div class="post-content"><div class="post-body"><header><span class="post-byline"><span class="author"><a>물결</a></span></span></header><div class="post-message"><p>{C2}</p></div><footer><menu><li class="reply"><a>답글</a></li></menu></footer></div></div></li></ul></li><li class="post" id="post-3"><div class="post-content"><div class="post-body"><header><span class="post-byline"><span class="author"><a>솔바람</a></span></span></header><div class="post-message"><p>{C3}</p></div></div></div></li></ul></div>""",
    ),
    ["달빛", "물결", "솔바람"],
)
BOARDS["tistory"] = (
    page(
        "나루의 하루",
        f"""<div class="entry-content"><div class="tt_article_useless_p_margin contents_style"><p>{POST} {POST2}</p><p>{POST2} 저녁 배를 놓치면 주막에서 하룻밤을 묵어야 한다. 주막집 아이가 등불을 들고 나와 길손을 맞는다.</p></div></div><div class="area_reply"><div data-tistory-react-app="Comment"><div class="tt-comment-cont"><div class="tt-box-total"><span class="tt_num_g">댓글</span></div><div class="tt-area-reply"><ul class="tt-list-reply"><li class="tt-item-reply rp_general"><div class="tt-box-content"><div class="tt-wrap-cmt"><div class="tt-box-meta"><div class="tt-box-user"><a class="tt-link-user">달빛</a></div><span class="tt_date">2021.05.25 15:40</span></div><div class="tt-wrap-desc"><p class="tt_desc">{C1}</p></div><div class="tt-wrap-link-comment"><a class="tt-link-comment">답글</a></div></div></div></li><li class="tt-item-reply"><div class="tt-box-content"><div class="tt-wrap-cmt"><div class="tt-box-meta"><div class="tt-box-user"><a class="tt-link-user">물결</a></div><span class="tt_date">2021.05.25 16:00</span></div><div class="tt-wrap-desc"><p class="tt_desc">{C2}</p></div></div></div></li><li class="tt-item-reply"><div class="tt-box-content"><div class="tt-wrap-cmt"><div class="tt-box-meta"><div class="tt-box-user"><a class="tt-link-user">솔바람</a></div><span class="tt_date">2021.05.25 16:10</span></div><div class="tt-wrap-desc"><p class="tt_desc">{C3}</p></div></div></div></li></ul></div></div></div></div>""",
    ),
    ["달빛", "물결", "솔바람"],
)
A1 = "군청 누리집의 물때표를 보면 됩니다. 아침 여섯 시에 새로 고치고, 물이 많은 날은 전화로도 알려 줍니다. 표는 나루 앞 가게에서 팝니다."
A2 = "나루 앞 칠판에 사공이 적어 둡니다. 비가 오면 배가 뜨지 않으니 전날 저녁에 미리 물어보는 편이 낫습니다."
KIN: dict[str, tuple[str, list[tuple[str, str | None]]]] = {}
KIN["naver_kin"] = (
    page(
        "물때는 어디서 보나요? : 네이버 지식iN",
        f"""<div class="question-content" id="content"><div class="endContentLeft"><div class="questionDetail_wrap"><div class="endTitleSection"><h1 class="title"><span class="icon">질문</span>물때는 어디서 보나요?</h1></div><div class="questionDetail">{POST}</div><div class="userInfo"><span class="userInfo__item"><span class="blind">작성자</span>비공개</span><span class="userInfo__item">작성일 2021.05.25</span><span class="userInfo__item">조회수 41</span></div></div>
<div class="answer-content _answerList" id="answerArea"><div class="answerSummary"><h2><em class="_answerCount">2</em>개 답변</h2></div><div class="answer-content__list _answerList"><div class="answer-content__item _contentWrap _answer" id="answer_1"><div class="profile_card"><div class="profile_info"><strong class="name">사공</strong> <span class="grade">초수</span><span class="answer_count">채택답변수 12</span></div></div><div class="badge_area"><span class="adoptBadge">질문자 채택</span></div><div class="answerDetail _endContents"><div class="se-main-container"><p class="se-text-paragraph">{A1}</p></div></div><p class="answerDate">2021.05.25.</p><div class="c-userfeedback"><button>도움이 됐어요 3</button></div><div class="comment_area"><button>댓글</button></div></div>
<div class="answer-content__item _contentWrap _answer" id="answer_2"><div class="profile_card"><strong class="name">주막집</strong> <span class="grade">하수</span></div><div class="answerDetail _endContents"><p class="se-text-paragraph">{A2}</p></div><p class="answerDate">2021.05.26.</p></div></div></div></div></div>""",
    ),
    [("question", None), ("accepted_answer", "사공"), ("answer", "주막집")],
)
KIN["stack"] = (
    page(
        "물때는 어디서 보나요? - 나루 질문",
        f"""<div id="content" itemscope itemtype="https://schema.org/QAPage"><div itemprop="mainEntity" itemscope itemtype="https://schema.org/Question"><div id="question-header"><h1 itemprop="name"><a class="question-hyperlink">물때는 어디서 보나요?</a></h1></div><div id="mainbar"><div class="question" id="question"><div class="post-layout"><div class="votecell"><div class="js-vote-count" itemprop="upvoteCount">5</div></div><div class="postcell"><div class="s-prose js-post-body" itemprop="text"><p>{POST}</p></div><div class="post-taglist"><a class="post-tag">나루</a></div><div class="post-signature owner"><div class="user-info"><div class="user-action-time">asked <span class="relativetime">May 25, 2021</span></div><div class="user-details" itemprop="author" itemscope itemtype="http://schema.org/Person"><a>솔바람</a><span itemprop="name">솔바람</span></div></div></div></div></div></div>
<div id="answers"><div id="answers-header"><h2>2 Answers</h2></div><div id="answer-1" class="answer js-answer accepted-answer" itemprop="acceptedAnswer" itemscope itemtype="https://schema.org/Answer"><div class="post-layout"><div class="votecell"><div>7</div></div><div class="answercell"><div class="s-prose js-post-body" itemprop="text"><p>{A1}</p></div><div class="user-info"><div class="user-details" itemprop="author"><a>사공</a></div></div></div><div class="post-layout--right"><div id="comments-1" class="comments"><ul class="comments-list js-comments-list"><li id="comment-1" class="comment js-comment"><div class="comment-text"><div class="comment-body"><span class="comment-copy">{C3}</span> – <a class="comment-user">솔바람</a> <span class="comment-date">May 26, 2021</span></div></div></li></ul></div></div></div></div>
<div id="answer-2" class="answer js-answer" itemprop="suggestedAnswer" itemscope itemtype="https://schema.org/Answer"><div class="post-layout"><div class="answercell"><div class="s-prose js-post-body" itemprop="text"><p>{A2}</p></div><div class="user-info"><div class="user-details" itemprop="author"><a>주막집</a></div></div></div></div></div></div></div></div></div>""",
    ),
    [("question", "솔바람"), ("accepted_answer", "사공"), ("comment", "솔바람"), ("answer", "주막집")],
)
KIN["okky"] = (
    page(
        "물때는 어디서 보나요?",
        f"""<main><div class="qna-view"><div class="question-view"><div class="writer"><a class="nickname">솔바람</a></div><h1>물때는 어디서 보나요?</h1><div class="question-content"><p>{POST}</p></div></div><h2>답변 2</h2><ul class="answer-list"><li class="answer-item"><div class="writer"><a class="nickname">사공</a></div><div class="answer-content"><p>{A1}</p></div><div class="actions"><button>추천</button></div></li><li class="answer-item"><div class="writer"><a class="nickname">주막집</a></div><div class="answer-content"><p>{A2}</p></div></li></ul></div></main>""",
    ),
    [("question", "솔바람"), ("answer", "사공"), ("answer", "주막집")],
)


@pytest.mark.parametrize("name", BOARDS)
def test_the_post_is_a_document_and_its_comments_another(name: str):
    html, speakers = BOARDS[name]
    page = read_page(html.encode(), None, None, comments=True)
    text = "\n".join(passage.text for passage in page.passages)
    assert POST in text and POST2 in text and not any(said in text for said in (C1, C2, C3, "official App"))
    assert [(said.speaker, said.text) for said in page.comments] == list(zip(speakers, (C1, C2, C3), strict=True))


@pytest.mark.parametrize("name", BOARDS)
def test_in_a_cafe_the_post_and_its_comments_are_turns(name: str):
    html, speakers = BOARDS[name]
    post, *comments = read_page(html.encode(), "cafe", None).passages
    assert post.role == "post" and POST in post.text
    assert [(said.role, said.speaker, said.text) for said in comments] == [
        ("comment", speaker, text) for speaker, text in zip(speakers, (C1, C2, C3), strict=True)
    ]


@pytest.mark.parametrize("name", KIN)
def test_a_question_and_its_answers_are_turns(name: str):
    html, turns = KIN[name]
    passages = read_page(html.encode(), None, None).passages
    assert [(said.role, said.speaker) for said in passages] == turns
    texts = {"question": POST, "accepted_answer": A1, "comment": C3}
    assert all(texts[said.role] in said.text for said in passages if said.role in texts)
    assert passages[-1].text == A2
