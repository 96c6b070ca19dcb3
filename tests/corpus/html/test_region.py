"""The core region of whole pages, with the shipped weights."""

import json
import time
import unicodedata
from pathlib import Path

import pytest

from malmoi.corpus.html.core_region import MAX_PAGE_BYTES, extract
from malmoi.corpus.html.region_model import WEIGHTS, load_weights, save_weights, shipped_weights
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_documents
from malmoi.kit.errors import UserError

SENTENCES = (
    "조선어학회는 1929년부터 사전을 엮기 시작했고, 전국의 교사와 학생이 고장의 말을 모아 보냈다.",
    "원고는 1942년에 압수되었다가, 광복 뒤 서울역 창고에서 상자째로 발견되었다.",
    "학자들은 감옥에서도 낱말의 뜻을 다듬었고, 두 사람은 끝내 밖으로 나오지 못했다.",
    "첫째 권은 1947년 한글날에 나왔으며, 마지막 여섯째 권은 그로부터 십 년 뒤에 나왔다.",
)
MENU = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in "홈 정치 경제 사회 문화 국제 스포츠 날씨".split())
RELATED = "".join(f'<li><a href="/n/{n}">이 시각 많이 본 기사 {n}번째 제목입니다</a></li>' for n in range(8))


def page(body: str, head: str = "") -> str:
    return f"""<!doctype html><html lang=ko><head><meta charset=utf-8>
<title>말모이 원고 이야기 - 한빛일보</title>{head}</head>
<body><header class="header"><ul class="gnb nav">{MENU}</ul></header>
<div class="container"><h1>말모이 원고 이야기</h1>{body}</div>
<div class="related"><h3>관련 기사</h3><ul>{RELATED}</ul></div>
<footer class="footer"><p>Copyright ⓒ 한빛일보. 무단 전재 및 재배포 금지</p></footer></body></html>"""


ARTICLE = '<div class="article_body">' + "".join(f"<p>{sentence * 2}</p>" for sentence in SENTENCES) + "</div>"


def test_the_article_is_kept_and_the_furniture_is_not():
    found = extract(page(ARTICLE))
    assert all(sentence in found.text for sentence in SENTENCES)
    assert not any(word in found.text for word in ("스포츠", "많이 본 기사", "무단 전재"))
    assert found.title == "말모이 원고 이야기 - 한빛일보"
    assert not found.embedded
    assert not found.cut


@pytest.mark.parametrize("charset", ["utf-8", "euc-kr", "utf-16", None])
def test_the_same_text_from_any_charset(charset):
    html = page(ARTICLE).replace("charset=utf-8", f"charset={charset}" if charset else "name=x").replace("ⓒ", "(c)")
    assert extract(html.encode(charset or "cp949"), charset).text == extract(html).text


def test_decomposed_hangul_passes_unchanged():
    found = extract(unicodedata.normalize("NFD", page(ARTICLE)))
    assert unicodedata.normalize("NFD", SENTENCES[0]) in found.text


def test_a_page_whose_text_is_in_json_ld_only_is_read_from_there():
    state = {"@type": "NewsArticle", "articleBody": "\n".join(SENTENCES * 3)}
    found = extract(page("<div id=app></div>", f'<script type="application/ld+json">{json.dumps(state)}</script>'))
    assert found.embedded
    assert found.text == "\n".join(SENTENCES * 3)


def test_headings_lists_and_tables_inside_the_article_stay_in_order():
    inner = "<h2>차례</h2><ul><li>낱말을 모은 사람들의 이야기입니다.</li><li>원고를 찾은 날의 이야기입니다.</li></ul>"
    found = extract(page(ARTICLE.replace("</p><p>", f"</p>{inner}<p>", 1)))
    kinds = [block.kind for block in found.blocks]
    assert kinds.count("item") == 2
    assert kinds.index("item") < len(kinds) - 1 - kinds[::-1].index("paragraph")


@pytest.mark.parametrize("html", ["", " ", "<", "<html>", b"\xff\xfe", b"\x00" * 50, "\ud800", "<body></body>"])
def test_a_page_without_text_gives_no_text(html):
    assert extract(html).text in ("", "<", "?")


@pytest.mark.parametrize("piece", ["<div>", "<p>글 ", "<a href=x>고리</a>", "<td>", "<script>{", "&lt;", "<li><ul>"])
def test_a_million_of_anything_takes_bounded_time(piece):
    extract(piece)
    start = time.process_time()
    extract(piece * 1_000_000)
    assert time.process_time() - start < 8


def test_only_so_much_of_a_page_is_read():
    found = extract(page(ARTICLE).encode() + b"<p>x</p>" * (MAX_PAGE_BYTES // 8), "utf-8")
    assert found.cut


def test_extract_gives_the_text_that_the_corpus_holds():
    (document,) = to_documents(Raw(page(ARTICLE), "html", "a.html", 0, 1), Input(Path("unused")))
    assert document["text"] == extract(page(ARTICLE)).text


def test_weights_are_small_and_survive_a_file(tmp_path):
    assert WEIGHTS.stat().st_size <= 1_000_000
    save_weights(shipped_weights(), tmp_path / "again.npz")
    again = load_weights(tmp_path / "again.npz")
    pairs = zip((*again.wide, *again.narrow), (*shipped_weights().wide, *shipped_weights().narrow), strict=True)
    assert all((a == b).all() for mine, other in pairs for a, b in zip(mine, other, strict=True))
    assert (again.confidence == shipped_weights().confidence).all()


def test_weights_of_other_features_are_refused(tmp_path):
    import numpy as np

    np.savez(tmp_path / "old.npz", names=np.array(["weight"]))
    with pytest.raises(UserError, match="other features"):
        load_weights(tmp_path / "old.npz")
