"""Documents that Hangul, LibreOffice, a browser and others made (made_elsewhere/README.md) are read as their own."""

import sys
from pathlib import Path

import pytest
from made_documents import STORY, documents, make_page, reasons

MADE = Path(__file__).parent / "made_elsewhere"
ANTHEM = ["동해 물과 백두산이 마르고 닳도록", "하느님이 보우하사 우리나라 만세", "남산 위의 저 소나무 철갑을 두른 듯"]
FERRY = [
    "강변 산책로를 따라 걷다 보면 오래된 나루터 자리가 나온다.",
    "다리가 놓인 뒤로 뱃사공은 모두 다른 일을 찾아 떠났다.",
]
TABLE = "| 사람 | 서 푼 |\n| 소 | 닷 푼 |"
SMALL = ["| 가 | 나 |\n| 다 | 라 |", "강변 산책로를 따라 걷다 보면"]
SLIDES = ["# 발표 제목\n\n첫 줄\n\n둘째 줄\n\n발표자 메모입니다", "# 표 슬라이드\n\n| 값00 | 값01 |\n| 값10 | 값11 |"]
SHEETS = ["| 2024-03-01 | 1200 | 첫 거래 |\n| 2024-03-02 09:30 | 0.5 |", "## 둘째\n\n| 외딴 칸 |"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hancom.hwp", [*ANTHEM, "화려 강산\n\n대한 사람 대한으로"]),
        ("hancom.hwpx", [*ANTHEM, "화려 강산\n\n대한 사람 대한으로"]),
        ("hwpforge.hwpx", [*SMALL, "각주의 말이다."]),
        ("python_hwpx.hwpx", [*SMALL, "각주의 말이다."]),
        (
            "libreoffice.docx",
            [*FERRY, TABLE, "# 나루터의 역사", "## 뱃삯", "- 첫째 나루\n- 둘째 나루", "군지에 적혀 있다."],
        ),
        ("libreoffice.epub", [*FERRY, TABLE, "나루터의 역사", "군지에 적혀 있다."]),
        ("libreoffice.pdf", [*FERRY, "나루터의 역사", "군지에 적혀 있다."]),
        ("libreoffice.xlsx", SHEETS),
        ("libreoffice.xls", SHEETS),
        ("libreoffice.ods", SHEETS),
        ("python_pptx.pptx", SLIDES),
        ("chromium.mht", [*FERRY, TABLE]),
    ],
)
def test_documents_of_other_programs_are_read_whole(tmp_path, name, words):
    (found,) = documents(tmp_path, name, (MADE / name).read_bytes())
    assert [part for part in words if part not in found["text"]] == []
    assert not set(found["text"]) & {"\x00", "\ufffd", "\x0b"}


def test_hangul_with_a_password_is_told(tmp_path):
    content = (MADE / "hancom_password.hwp").read_bytes()
    assert [reason for reason, _ in reasons(documents(tmp_path, "a.hwp", content))] == ["encrypted"]


@pytest.mark.browser
@pytest.mark.skipif(sys.platform != "linux", reason="Debian's chromium")
@pytest.mark.parametrize("style", ["word-break: normal; text-align: justify", "word-break: keep-all"])
def test_what_a_browser_prints_is_read_as_it_was_written(tmp_path, style):
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(make_page([STORY] * 8, style))
        content = page.pdf(prefer_css_page_size=True)
        browser.close()
    (found,) = documents(tmp_path, "a.pdf", content)
    words = found["text"].split()
    assert sum(word in STORY.split() for word in words) >= 0.97 * len(words)
    assert found["text"].count("나루터 책자") == 1 and "- 2 -" not in found["text"]
