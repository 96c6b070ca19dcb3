import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from malmoi.evaluate.run import measure
from malmoi.evaluate.settings import EvaluateSettings

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (apt-get install chromium)"),
]


@pytest.fixture
def page_file(run_folder: Path, engine) -> Path:
    settings = EvaluateSettings(heldout_bytes_per_kind=500, samples=2, prompt_tokens=8, sample_tokens=20)
    measure(settings, engine, run_folder, lambda *_: None)
    return run_folder / "report" / "report.html"


@pytest.fixture
def browser(page_file: Path) -> Iterator:
    """Opened after the measurement: playwright keeps an event loop running in this thread."""
    assert page_file.is_file()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        opened = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


def test_the_report_is_whole_on_a_phone_and_on_a_wide_screen_in_light_and_dark(page_file: Path, browser):
    for width, scheme in ((360, "dark"), (1440, "light")):
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        heard: list[str] = []
        page.on("console", lambda message, heard=heard: heard.append(message.text))
        page.on("request", lambda request, heard=heard: heard.append(request.url))
        page.goto(page_file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, background[4:-1].split(","))) < 200) == (scheme == "dark")
        assert page.locator("h2").first.inner_text() == "바이트당 비트"
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert page.locator("h2").first.inner_text() == "Bits per byte"
        assert heard == [page_file.as_uri()]
        page.close()
