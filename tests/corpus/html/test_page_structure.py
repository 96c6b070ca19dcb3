"""Rows of cells, lines of code, numbers of items, raised signs: what the structure of a page says stays in its text."""

# ruff: noqa: E501 (one code host a line)
import pytest

from malmoi.corpus.html.embedded import plain

FENCE = "```"


def code(text: str) -> str:
    return f"{FENCE}\n{text}\n{FENCE}"


PYTHON = "def 더하기(a, b):\n    # 두 수\n    return a + b"
ROUGE = """<div class="highlight"><table class="rouge-table"><tbody><tr><td class="gutter gl"><pre class="lineno">1
2
3
</pre></td><td class="code"><pre>def 더하기(a, b):
    # 두 수
    return a + b
</pre></td></tr></tbody></table></div>"""
HEXO = (
    '<figure class="highlight python"><table><tr><td class="gutter"><pre><span class="line">1</span><br>'
    '<span class="line">2</span><br><span class="line">3</span><br></pre></td><td class="code"><pre>'
    '<span class="line">def 더하기(a, b):</span><br><span class="line">    # 두 수</span><br>'
    '<span class="line">    return a + b</span><br></pre></td></tr></table></figure>'
)
HLJS = (
    '<pre><code class="hljs"><table class="hljs-ln"><tbody>'
    + "".join(
        f'<tr><td class="hljs-ln-line hljs-ln-numbers" data-line-number="{n}"><div class="hljs-ln-n">{n}</div></td>'
        f'<td class="hljs-ln-line hljs-ln-code" data-line-number="{n}">{line}</td></tr>'
        for n, line in enumerate(PYTHON.split("\n"), 1)
    )
    + "</tbody></table></code></pre>"
)
COLORSCRIPTER = (
    '<div class="colorscripter-code"><table class="colorscripter-code-table"><tr>'
    '<td style="padding:6px"><div style="text-align:right">'
    + "".join(f'<div style="line-height:130%">{n}</div>' for n in (1, 2, 3))
    + '</div></td><td style="padding:6px 0"><div style="margin:0">'
    + "".join(
        f'<div style="padding:0 6px; white-space:pre; line-height:130%">{line.replace("    ", "&nbsp;" * 4)}</div>'
        for line in PYTHON.split("\n")
    )
    + "</div></td></tr></table></div>"
)
HIGHLIGHTER = (
    '<div class="syntaxhighlighter"><table><tr><td class="gutter">'
    + "".join(f'<div class="line number{n}">{n}</div>' for n in (1, 2, 3))
    + '</td><td class="code"><div class="container">'
    + "".join(
        f'<div class="line number{n}"><code class="py spaces">{"&nbsp;" * (len(line) - len(line.lstrip()))}</code>'
        f'<code class="py plain">{line.lstrip()}</code></div>'
        for n, line in enumerate(PYTHON.split("\n"), 1)
    )
    + "</div></td></tr></table></div>"
)
NAVER = f"""<div class="se-component se-code se-l-code_black"><div class="se-code-source">
<div class="__se_code_view language-python">{PYTHON}</div></div></div>"""
TISTORY = f'<pre class="python" data-ke-language="python"><code>{PYTHON}</code></pre>'
LINES_IN_BOXES = "<pre>" + "".join(f'<div class="line">{line}</div>' for line in PYTHON.split("\n")) + "</pre>"
NUMBERED_SPANS = (
    '<pre><span class="lineno">1 </span>def 더하기(a, b):\n<span class="lineno">2 </span>    # 두 수\n'
    '<span class="lineno">3 </span>    return a + b</pre>'
)
CODES = {
    "rouge": ROUGE,
    "hexo": HEXO,
    "highlight.js": HLJS,
    "Color Scripter": COLORSCRIPTER,
    "SyntaxHighlighter": HIGHLIGHTER,
    "Naver": NAVER,
    "Tistory": TISTORY,
    "lines in boxes": LINES_IN_BOXES,
    "numbered spans": NUMBERED_SPANS,
    "xmp": f"<p>앞</p><xmp>{PYTHON}</xmp>",
}


def _rows(row: str, around: str = "<table><tbody>{}</tbody></table>") -> str:
    """A page of a code host: one row or box for each line, with its number."""
    lines = enumerate(PYTHON.split("\n"), 1)
    return around.format("\n".join(row.format(n=n, line=line, wide=line.replace(" ", "&nbsp;")) for n, line in lines))


CODES |= {
    "GitHub": _rows('<tr><td id="L{n}" class="blob-num" data-line-number="{n}"></td><td id="LC{n}" class="blob-code">{line}</td></tr>'),
    "GitHub of today": _rows('<div class="react-code-text"><div><div id="LC{n}" class="react-file-line" data-line-number="{n}"><span>{line}</span></div></div></div>', '<div><div class="react-line-numbers"><div data-line-number="1" class="react-line-number">1</div></div><div>{}</div></div>'),
    "Gitea": _rows('<tr><td class="lines-num"><span id="L{n}" data-line-number="{n}"></span></td><td class="lines-escape"></td><td class="lines-code"><code>{line}</code></td></tr>'),
    "Gitiles": _rows('<tr class="u-pre"><td class="FileContents-lineNum" data-line-number="{n}"></td><td class="FileContents-lineContents" id="{n}">{line}</td></tr>'),
    "Sourcegraph": _rows('<tr><td class="line" data-line="{n}"></td><td class="code"><div><span>{line}</span>\n</div></td></tr>'),
    "ViewVC": _rows('<tr id="l{n}"><td class="vc_file_line_number">{n}</td><td class="vc_file_line_text">{wide}</td></tr>'),
}  # fmt: skip


@pytest.mark.parametrize("name", CODES)
def test_code_keeps_its_lines_and_indentation_and_loses_line_numbers(name: str):
    assert plain(CODES[name]).removeprefix("앞\n\n") == code(PYTHON)


def test_a_table_with_numbers_is_no_code_and_lines_of_code_in_two_places_stay_two():
    ranks = "<table><tr><td>1</td><td>서울</td></tr><tr><td>2</td><td>부산</td></tr></table>"
    assert plain(ranks + '<p data-line="1">앞</p>') == "| 1 | 서울 |\n| 2 | 부산 |\n\n앞"
    twice = CODES["GitHub"] + "<p>사이</p>" + CODES["GitHub"]
    assert plain(twice) == f"{code(PYTHON)}\n\n사이\n\n{code(PYTHON)}"


def test_markup_in_xmp_is_shown_and_two_samples_stay_two():
    assert plain("<p>앞</p><xmp><b>굵게</b></xmp>") == "앞\n\n" + code("<b>굵게</b>")
    samples = ["a = 1\nb = 2", "c = 3\nd = 4"]
    assert plain("".join(f"<pre>{sample}</pre>" for sample in samples)) == "\n\n".join(map(code, samples))


def test_a_fence_is_longer_than_those_in_the_code():
    assert plain("<p>앞</p><pre>```\n글\n```</pre>") == "앞\n\n````\n```\n글\n```\n````"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>2<sup>10</sup>은 1024이고 10m<sup>2</sup>이다.</p>", "2¹⁰은 1024이고 10m²이다."),
        ("<p>CO<sub>2</sub>와 H<sub>2</sub>O, 10<sup>-3</sup></p>", "CO₂와 H₂O, 10⁻³"),
        ("<p>x<sup>n+1</sup> + y<sub>i</sub> = A<sup>T</sup> e<sup>2y</sup></p>", "xⁿ⁺¹ + yᵢ = A^T e^(2y)"),
        ("<p>각주<sup>[1]</sup>와 주석<sup>1)</sup>, 별<sup>*</sup></p>", "각주[1]와 주석1), 별*"),
        ("<p>상표<sup>TM</sup>와 1<sup>st</sup>, <sup>작은 글씨로 쓴 말</sup></p>", "상표TM와 1st, 작은 글씨로 쓴 말"),
        ("<p><ruby>學校<rt>학교</rt></ruby>에 간다</p>", "學校(학교)에 간다"),
        ("<p><ruby>學校<rp>(</rp><rt>학교</rt><rp>)</rp></ruby>에 간다</p>", "學校(학교)에 간다"),
        ("<p>앞<sup>2</sup></p><p>뒤</p><p>x<sub>1</sub>x<sub>2</sub></p>", "앞²\n\n뒤\n\nx₁x₂"),
        ("<pre>a<sup>2</sup></pre>", code("a2")),
    ],
)
def test_raised_and_lowered_signs_do_not_run_into_the_text(html: str, text: str):
    assert plain("<div>" + html + "</div>") == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<table><tr><th>구분</th><th>평일</th><th>주말</th></tr><tr><td>자료실</td><td></td><td>휴관</td></tr>"
            "<tr><td>열람실</td><td>09:00</td><td></td></tr></table>",
            "| 구분 | 평일 | 주말 |\n| 자료실 | | 휴관 |\n| 열람실 | 09:00 | |",
        ),
        (
            f"<table><tr><th>항목</th><th>설명</th></tr><tr><td>가</td><td>{'긴 설명. ' * 50}</td></tr>"
            f"<tr><td>나</td><td>{'다른 설명. ' * 50}</td></tr></table>",
            f"| 항목 | 설명 |\n| 가 | {'긴 설명. ' * 49}긴 설명. |\n| 나 | {'다른 설명. ' * 49}다른 설명. |",
        ),
        (
            "<table><tr><td>가</td><td><ul><li>하나<li>둘<li>셋</ul></td></tr><tr><td>나</td><td>넷 다섯 여섯</td></tr>"
            "</table>",
            "- 하나\n- 둘\n- 셋",
        ),
        (
            "<table><tr><td><p>가</p><p>나</p><p>다</p></td><td>라</td></tr><tr><td>마</td><td>바사아자차카</td></tr></table>",
            "",
        ),
    ],
)
def test_cells_stay_in_their_rows(html: str, text: str):
    if text:
        assert text in plain("<div>" + html + "</div>")
    else:
        assert plain("<div>" + html + "</div>").split("\n") == ["| 가 나 다 | 라 |", "| 마 | 바사아자차카 |"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<ol><li><p>관리자인가?</p><p>실행할 수 없다.</p></li><li>둘</li></ol>",
            "1. 관리자인가?\n  실행할 수 없다.\n2. 둘",
        ),
        ("<ol start=5><li>다섯<li value=9>아홉<li>열</ol>", "5. 다섯\n9. 아홉\n10. 열"),
        ("<ul><li>하나<br>이어서<ul><li>속</ul>뒤</ul>", "- 하나\n  이어서\n  - 속\n  뒤"),
        ("<ul><li><h3>질문?</h3><p>답이다.</p></li></ul>", "### 질문?\n\n답이다."),
        (
            "<dl><dt>배경</dt><dd>글이다.<br>이어진다.</dd><dt>결과</dt><dd>끝이다.</dd></dl>",
            "배경\n: 글이다.\n  이어진다.\n\n결과\n: 끝이다.",
        ),
        ("<p>산에는<br>꽃 피네<br><br>꽃이 피네</p>", "산에는\n꽃 피네\n\n꽃이 피네"),
        ("<p>앞</p><p>\u200b</p><p><span>\u200b\ufeff</span></p><p>뒤\u200b</p>", "앞\n\n뒤"),
        ("<details><summary>더 알아보기</summary><p>속에 든 글이다.</p></details>", "더 알아보기\n\n속에 든 글이다."),
    ],
)
def test_lists_terms_lines_and_empty_paragraphs(html: str, text: str):
    assert plain("<div>" + html + "</div>") == text
