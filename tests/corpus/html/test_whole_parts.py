"""What belongs to a list, a table or a piece of code of which some is chosen comes whole, and no more than that."""

import numpy as np
import pytest

from malmoi.corpus.html.block_features import block_features
from malmoi.corpus.html.code_markup import scan_with_code
from malmoi.corpus.html.scan import END, START
from malmoi.corpus.html.whole_parts import with_whole_parts

FIRST, LAST = "<p>산책길 안내를 여기에 적는다.</p>", "<p>다음 달에 다시 고친다.</p>"
SONG = "<tr><td><a href='/w/1'>물결</a></td><td>느린 노래이며 모두가 함께 부른다</td></tr>"
MENU = "<tr><td><a href='/m'>둘러보기</a></td><td>다음 달 산책 모임은 새 다리에서 만나 강을 따라 걷는다</td></tr>"
LARGE = f"<tr><td colspan=2>{'우리는 강을 따라 오래 걸었다. ' * 20}</td></tr>"
FILE = "<tr><td>신청서</td><td><a href='/d?1'>내려받기</a></td></tr>"


def _taken(html: str, *left_out: str) -> set[str]:
    """The blocks of a page that are taken where all were chosen but those that are named."""
    _, content, scanned = scan_with_code(f"<html><body>{html}</body></html>".encode())
    text = scanned.text.tobytes()
    texts = [text[block[START] : block[END]].decode().strip() for block in scanned.blocks]
    chosen = np.array([text not in left_out for text in texts])
    whole = with_whole_parts(scanned, block_features(content, scanned)[0], chosen)
    assert set(np.flatnonzero(chosen)) <= set(np.flatnonzero(whole))
    return {text for text, taken in zip(texts, whole, strict=True) if taken}


@pytest.mark.parametrize(
    ("html", "left_out"),
    [
        (
            "<table><tr><th>곡</th><th>뜻풀이</th></tr><tr><td>물결</td><td>느린 노래이며 길다</td></tr></table>",
            ["곡", "뜻풀이"],
        ),
        (f"{FIRST}<table><tr><td>가</td><td>나</td></tr></table>{LAST}", ["가", "나"]),
        (f"{FIRST}<pre>x = 1</pre>{LAST}", ["x = 1"]),
        (f"{FIRST}<pre>x = 1</pre><pre>y = 2</pre>{LAST}", ["x = 1", "y = 2"]),
        (f"{FIRST}<ol><li>물을 끓인다</li><li>면을 넣는다</li></ol>{LAST}", ["물을 끓인다", "면을 넣는다"]),
        ("<ol><li>물을 끓인다</li><li>면을 넣고 삼 분 동안 기다린다</li></ol>", ["면을 넣고 삼 분 동안 기다린다"]),
        (f"<table>{SONG * 3}</table>", ["물결"]),
        (f"{FIRST}<table>{SONG * 3}</table>{LAST}", ["물결", "느린 노래이며 모두가 함께 부른다"]),
        (f"{FIRST}<table>{FILE * 3}</table>{LAST}", ["신청서", "내려받기"]),
        (f"<table>{SONG * 3}<tr><td colspan=2><a href='/w/3'>더 많은 노래</a></td></tr></table>", ["더 많은 노래"]),
    ],
)
def test_a_part_of_which_most_is_chosen_comes_whole(html: str, left_out: list[str]):
    assert _taken(html, *left_out) >= set(left_out)


@pytest.mark.parametrize(
    ("html", "left_out"),
    [
        (f"{FIRST}<table>{'<tr><td><a href=/1>물결</a></td></tr>' * 3}</table>{LAST}", ["물결"]),
        (f"<table>{MENU * 3}{LARGE}</table>", ["둘러보기"]),
        (f"<table>{SONG}</table>", ["물결"]),  # code beside its maker's link stands in one row
        (f"<table>{SONG * 3}</table>", ["느린 노래이며 모두가 함께 부른다"]),
        (f"{FIRST}<ul><li>가입</li><li>문의</li></ul>{LAST}", ["가입", "문의"]),
        ("<table><tr><td>가</td><td>나</td></tr></table>" + LAST, ["가", "나"]),
        ("<ul><li><a href='/1'>처음</a></li><li><a href='/2'>둘째 긴 소식을 모두 모아 둔 곳</a></li></ul>", ["처음"]),
        (FIRST + "<div>짧은 광고</div>" + LAST, ["짧은 광고"]),
        ("<p>가</p>", ["가"]),
    ],
)
def test_what_is_no_part_or_mostly_left_out_stays_out(html: str, left_out: list[str]):
    assert not _taken(html, *left_out) & set(left_out)
