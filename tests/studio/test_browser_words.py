import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["browser_fixtures"]

WEB = Path(__file__).parents[2] / "malmoi" / "studio" / "web"
WORDS = WEB / "src" / "i18n"

PARTICLES = [
    ("말모이", "은/는", "는"),
    ("모델", "은/는", "은"),
    ("모델", "으로/로", "로"),
    ("말뭉치", "으로/로", "로"),
    ("산", "으로/로", "으로"),
    ("나무꾼", "과/와", "과"),
    ("토큰 3", "이/가", "이"),
    ("토큰 2", "이/가", "가"),
    ("7", "으로/로", "로"),
    ("10", "을/를", "을"),
    ("LLM", "이/가", "이"),
    ("GPU", "을/를", "를"),
    ("URL", "으로/로", "로"),
    ("model", "을/를", "을"),
    ("demo", "을/를", "를"),
    ("‘사과’", "을/를", "를"),
    ("책(冊)", "을/를", "을(를)"),
    ("ko_real_cpu", "을/를", "를"),
    ("chart", "은/는", "은(는)"),
    ("chart", "으로/로", "(으)로"),
    ("각", "이/가", "이"),
    ("\u1100\u1161\u11a8", "이/가", "이"),
    ("", "을/를", "을(를)"),
]


def read(language: str) -> dict[str, str]:
    return json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))


def test_korean_and_english_have_the_same_keys_and_the_same_words_to_insert():
    korean, english = read("ko"), read("en")
    assert list(korean) == list(english)
    names = [
        {key: set(re.findall(r"(?<!\{)\{(\w+)", text)) for key, text in words.items()} for words in (korean, english)
    ]
    assert names[0] == names[1]
    assert not [key for key, text in korean.items() if not text.strip()]


def test_the_committed_bundle_belongs_to_the_sources(tmp_path):
    check = WEB / "check_bundle.py"
    assert subprocess.run([sys.executable, check], capture_output=True, text=True, check=False).returncode == 0
    ignore = shutil.ignore_patterns("node_modules")
    studio = tmp_path / "studio"
    shutil.copytree(WEB, studio / "web", ignore=ignore)
    shutil.copytree(WEB.parent / "static", studio / "static")
    for path in ("studio/errors.json", "serve/errors.json"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(WEB.parents[1] / path, tmp_path / path)
    copied = [sys.executable, studio / "web" / "check_bundle.py"]
    assert subprocess.run(copied, capture_output=True, text=True, check=False).returncode == 0
    source = studio / "web" / "src" / "i18n" / "ko.json"
    source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    found = subprocess.run(copied, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr.splitlines() == ["malmoi/studio/static was not built from the present sources: run `make web`"]


def test_every_text_is_read_easily_on_every_ground_by_day_and_by_night():
    style = (WEB / "src" / "styles" / "tokens.css").read_text(encoding="utf-8")
    pairs = dict(re.findall(r"--([a-z-]+): light-dark\((#\w{6}), #\w{6}\);", style))
    nights = dict(re.findall(r"--([a-z-]+): light-dark\(#\w{6}, (#\w{6})\);", style))
    drawn = [(text, ground) for text, grounds in READ_ON.items() for ground in grounds.split()]
    assert drawn[0] == ("ink", "ground")
    for colours in (pairs, nights):
        assert [pair for pair in drawn if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


READ_ON = {
    "ink": "ground sheet raised track accent-soft",
    "quiet": "ground sheet raised track accent-soft",
    "accent": "ground sheet raised accent-soft",
    "accent-ink": "accent",
    "error": "ground sheet error-soft",
    "good": "ground sheet good-soft",
    "warn": "ground sheet warn-soft",
}


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.browser
def test_the_particle_fits_the_word_before_it(browser):
    page = browser.new_page()
    found = page.evaluate(
        """async ([source, table]) => {
          const { josa } = await import('data:text/javascript,' + encodeURIComponent(source))
          return table.map(([word, pair]) => josa(word, pair))
        }""",
        [(WEB / "src" / "text" / "josa.js").read_text(encoding="utf-8"), [[word, pair] for word, pair, _ in PARTICLES]],
    )
    page.close()
    assert found == [expected for _, _, expected in PARTICLES]
