"""Lines of a page that are none of its text are taken apart and counted; sentences with the same words stay."""

import json
import time

import pytest

from malmoi.corpus.html.page import read_page
from malmoi.corpus.html.page_furniture import without_furniture

BODY = "\n\n".join(
    f"{number}번째 나루에서는 사공이 노를 새로 깎고 물길을 살폈다. 강물은 밤새 불어 모래톱을 덮고 있었다."
    for number in range(9)
)
AT_THE_END = {
    "byline": [
        "홍길동 기자 hong@news.example",
        "[서울=가나일보] 홍길동 기자",
        "홍길동 선임기자, 김가온 기자",
        "글·사진 = 홍길동 기자",
        "hong@news.example",
        "(부산=가나) 홍길동 기자 = hong.k@news.example",
        "입력 2020.08.27 20:27",
        "기사입력 2021-05-25 오전 9:30 | 최종수정 2021-05-25 10:00",
        "조회 1,234 추천 5",
        "등록일 : 2021년 5월 25일",
    ],
    "copyright": [
        "저작권자 © 가나신문 무단전재 및 재배포 금지",
        "Copyrights ⓒ 가나일보. 무단 전재 및 재배포 금지",
        "<저작권자(c) 가나뉴스, 무단 전재-재배포, AI 학습 및 활용 금지>",
        "ⓒ 가나뉴스 & ganews.example",
        "Copyright 2021. 가나 All rights reserved.",
    ],
    "licence": ["이 저작물은 크리에이티브 커먼즈 저작자표시 4.0 국제 라이선스에 따라 이용할 수 있습니다."],
    "app_line": [
        "- dc official App",
        "이 글은 모바일에서 작성되었습니다",
        "나의 iPhone에서 보냄",
        "Sent from my iPhone",
    ],
    "button": [
        "돌아가기",
        "목록",
        "인쇄하기",
        "공유하기",
        "URL 복사",
        "카카오톡으로 공유하기",
        "좋아요 12",
        "맨 위로",
        "이전글",
    ],
    "ai_notice": [
        "이 요약은 AI가 자동으로 생성한 것으로 본문과 다를 수 있습니다.",
        "AI 기사 요약",
        "본문 요약봇",
        "세 줄 요약",
    ],
    "promotion": ["▶ 카카오톡 제보하기", "☞ 네이버 채널 구독하기", "여러분의 제보를 기다립니다"],
}


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in AT_THE_END.items() for line in lines])
def test_a_line_of_furniture_is_taken_and_counted(kind: str, line: str):
    assert without_furniture(f"{BODY}\n\n{line}") == (BODY, {kind: sum(map(str.isalnum, line))})


def test_a_list_of_other_pages_goes_with_its_heading_near_the_end_only():
    related = "### 관련 기사\n\n- 나루터 다리 놓인다\n- 강변 산책로 새로 연다\n- 사공의 하루"
    text, taken = without_furniture(f"{BODY}\n\n{related}")
    assert (text, list(taken)) == (BODY, ["related"])
    assert without_furniture(f"{related}\n\n{BODY}")[1] == {}
    assert without_furniture(f"{BODY}\n\n[관련기사]\n\n- 다리 놓인다\n- 길 연다\n\n{BODY}")[0] == f"{BODY}\n\n{BODY}"


@pytest.mark.parametrize(
    "line",
    [
        "그는 무단 전재와 재배포를 금지한다고 밝혔다.",
        "AI가 요약한 글은 사람이 다시 읽어야 한다.",
        "홍길동 기자는 그날 밤 부두에 있었다.",
        "저작권자는 저작물을 이용할 권리를 가진다.",
        "관련 기사를 읽은 사람들이 편지를 보내왔다.",
        "문의: 도서관 운영팀 help@library.example",
        "목록을 살피면 빠진 이름이 보인다.",
        "공유 경제는 물건을 나누어 쓰는 방식이다.",
    ],
)
def test_sentences_and_contacts_with_the_same_words_stay(line: str):
    assert without_furniture(f"{BODY}\n\n{line}") == (f"{BODY}\n\n{line}", {})


def test_buttons_and_bylines_in_the_middle_and_in_code_stay():
    middle = f"{BODY}\n{BODY}\n\n목록\n\n{BODY}\n{BODY}"
    assert without_furniture(middle) == (middle, {})
    code = f"{BODY}\n\n```\n목록\nCopyright 2021. All rights reserved.\n```"
    assert without_furniture(code) == (code, {})


def test_a_byline_after_the_last_sentence_is_cut_off():
    text = f"{BODY}\n\n경기는 다음 날 이어진다."
    assert without_furniture(text + "부산=홍길동 기자 hong@news.example")[0] == text


def test_a_long_line_that_stood_before_is_taken_once_and_refrains_stay():
    long = (
        "나루터 마을은 올해도 뱃놀이를 열고, 아이들은 노 젓는 법을 배우며 어른들은 옛 뱃노래를 다시 불러 적기로 했다."
    )
    assert without_furniture(f"{long}\n\n{BODY}\n\n{long}")[0] == f"{long}\n\n{BODY}"
    song = f"{BODY}\n\n어기야 디여차\n\n어기야 디여차\n\n```\n{long}\n{long}\n```"
    assert without_furniture(song) == (song, {})


def test_rows_that_describe_a_post_go_and_other_rows_stay():
    rows = "| 작성자 | 학생복지과 | 작성일 | 2025-08-14 |\n| 조회수 | 638 |"
    table = "| 구분 | 평일 |\n| 자료실 | 09:00 |"
    assert without_furniture(f"{rows}\n\n{table}\n\n{BODY}") == (f"{table}\n\n{BODY}", {"byline": 25})


def test_a_page_of_nothing_but_furniture_stays_as_it_is():
    assert without_furniture("목록\n\n공유하기") == ("목록\n\n공유하기", {})


def test_a_page_tells_what_it_took_and_comments_keep_their_words():
    content = "".join(f"<p>{line}</p>" for line in BODY.split("\n\n")) + "<p>저작권자 © 가나신문 무단전재 금지</p>"
    state = json.dumps({"content": content}, ensure_ascii=False)
    html = f"<html><body><script>window.__INITIAL_STATE__ = {state}</script></body></html>".encode()
    passage = read_page(html, None, None).passages[0]
    assert "저작권자" not in passage.text
    assert passage.taken in ({}, {"copyright": 14})  # the model may leave it out itself


@pytest.mark.parametrize(
    "piece", ["기자 " * 40, "a@", "가" * 190, "[" * 190, "관련 기사\n- 가\n", "무단 " * 60, "| " * 90]
)
def test_hostile_lines_are_judged_quickly(piece: str):
    start = time.process_time()
    without_furniture("\n".join([piece] * 3_000))
    assert time.process_time() - start < 5.0
