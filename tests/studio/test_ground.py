"""The ground of the interface: every address of the table of routes, at each width, by day and by night.

MALMOI_SCREENSHOTS=folder keeps a picture of every state, to be looked at.
"""

import io
import json
import os
import re
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from job_world import FORM, JobWorld
from source_files import WEB

from malmoi.cli.studio_commands import command_line
from malmoi.serve.served import Served
from malmoi.serve.server import running
from malmoi.serve.settings import ServeSettings
from malmoi.studio.app import create_app
from malmoi.studio.settings import StudioSettings

pytest_plugins = ["browser_fixtures"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROW = re.compile(r"^  \{ path: '([^']+)', page: .* title: '([^']+)'", re.MULTILINE)
ROWS = ROW.findall((WEB / "app" / "routes.ts").read_text(encoding="utf-8"))

PARTS = {"run": "made_up", "card": "marketing_copy", "id": "c" * 32, "draft": "first"}
"""What stands for the changing parts of an address, by their names. `studio` adds those that it makes."""

LEADS_HOME = ("/sign-in",)
"""A studio without accounts has nobody to sign in (test_browser_people.py opens it with accounts)."""
PATIENCE_S = 15.0
WIDTHS = (360, 768, 1280, 1920)
THEMES = ("light", "dark")
MOST_SHIFT = 0.05
"""Cumulative layout shift; Google's Web Vitals call 0.1 good, the studio asks half of it."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """A studio with one of everything that has an address: a run, an answer, a prompt, a job."""
    from browser_fixtures import FakeEngine, Studio, make_codec, make_run

    folder = tmp_path_factory.mktemp("ground")
    (folder / "tokenizer").mkdir()
    world, codec = JobWorld(folder), make_codec(folder / "tokenizer")
    make_run(world.runs / PARTS["run"])
    engine = FakeEngine(codec)
    program = (sys.executable, str(folder / "program.py"), "malmoi")
    line = replace(command_line(), program=program)
    served = Served(engine, codec, ServeSettings())
    app = create_app(StudioSettings(recipes=world.recipes), served, world.runs, None, line)
    world.supervisors.append(app.state.supervisor)
    with running(app) as url:
        asked = {"model": "fake", "prompt": "옛날 옛적에", "max_tokens": 12}
        PARTS["answer"] = post(f"{url}/api/answers", {"kind": "completion", "body": asked})["id"]
        PARTS["prompt"] = post(f"{url}/api/prompts", {"title": "첫 프롬프트", "body": {"prompt": "옛날에"}})["id"]
        PARTS["job"] = post(f"{url}/api/jobs", FORM)["id"]
        yield Studio(url, engine, world.runs)
    world.close()


def post(address: str, body: dict) -> dict:
    """What a route answers to `body`."""
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), head, method="POST")
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def address(path: str) -> str:
    """One address of a row, with a part in each place that may be absent."""
    return re.sub(r"\{-\$(\w+)\}|\$(\w+)", lambda part: PARTS[part[1] or part[2]], path)


def settle(page) -> None:
    """Waits until the page has its heading and nothing of it is being loaded any more."""
    page.locator(".page h1").wait_for()
    until(page, "() => !document.querySelector('.Loaded_skeleton') && document.fonts.status === 'loaded'")


def until(page, condition: str, argument: object = None) -> None:
    """Asks until the condition holds. (Playwright's own waiting needs eval, which the policy of the studio forbids.)"""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(condition, argument):
        assert time.monotonic() < end, condition
        time.sleep(0.02)


@pytest.mark.parametrize("path", [path for path, _ in ROWS])
def test_an_address_opens_cold_fits_every_width_and_has_no_finding_of_axe(page, path):
    from axe_playwright_python.sync_playwright import Axe

    where = address(path)
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.goto(where).status == 200
    settle(page)
    shift, found = page.evaluate(SHIFT), []
    page.evaluate(Axe().axe_script)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 740 if width == 360 else 900})
            found += [(theme, width, *finding) for finding in page.evaluate(GRAVE) + page.evaluate(OUTSIDE)]
            keep(page, f"{path}_{width}_{theme}")
    assert found == []
    assert shift <= MOST_SHIFT


@pytest.mark.parametrize("path", [path for path, _ in ROWS if path not in LEADS_HOME])
def test_an_address_keeps_its_page_over_reload_back_and_a_second_tab_and_its_heading_has_the_focus(page, path):
    where, other = address(path), "/tasks" if path == "/" else "/"
    page.goto(other)
    settle(page)
    page.evaluate("to => history.pushState(null, '', to)", where)
    until(page, "to => location.pathname === to && " + ANNOUNCED, where)
    settle(page)
    first = heading(page)
    page.evaluate("to => history.pushState(null, '', to)", other)
    until(page, "before => document.title !== before", first[1])
    page.go_back()
    until(page, "title => document.title === title && " + ANNOUNCED, first[1])
    assert heading(page) == first
    page.reload()
    settle(page)
    assert heading(page) == first
    tab = page.context.new_page()
    tab.goto(where)
    settle(tab)
    assert heading(tab) == first


@pytest.mark.parametrize("path", [path for path, _ in ROWS])
def test_forced_colours_show_what_is_selected(page, path):
    from PIL import Image, ImageChops

    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto(address(path))
    settle(page)
    boxes = page.evaluate(SELECTED)
    assert boxes or path in NOTHING_SELECTED
    before = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.evaluate(UNSELECT)
    after = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    same = [name for name, *box in boxes if ImageChops.difference(before.crop(box), after.crop(box)).getbbox() is None]
    assert same == []


NOTHING_SELECTED = ("/sign-in", "/welcome")
"""Pages before one is in: there is no rail."""


def heading(page) -> tuple[str, str, str]:
    """What the page is called: its heading, its title in the tab, and its address."""
    return page.locator(".page h1").inner_text(), page.title(), page.evaluate("location.pathname + location.search")


def keep(page, name: str) -> None:
    """Keeps a picture where a person asked for one."""
    folder = os.environ.get("MALMOI_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / (name.strip("/").replace("/", "~").replace("$", "") + ".png"))


GRAVE = """async () => {
  const { violations } = await axe.run({ resultTypes: ['violations'] })
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return grave.map(({ id, nodes }) => [id, nodes[0].html])
}"""

SHIFT = """() => new Promise((done) => {
  let sum = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  setTimeout(() => done(sum), 50)
})"""

# An element may lie beyond the window only within a part that scrolls or cuts it; the page itself does neither.
OUTSIDE = """() => {
  const beyond = (box) => box.width > 0 && box.height > 0 && (box.right > innerWidth + 1 || box.left < -1)
  const isCut = (part) => {
    for (let at = part.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== 'visible' && !beyond(at.getBoundingClientRect())) return true
    }
    return false
  }
  const parts = [...document.body.querySelectorAll('*')]
  const found = parts.filter((part) => beyond(part.getBoundingClientRect()) && !isCut(part))
  const scrollers = [document.documentElement, ...document.querySelectorAll('.page-body, .centre, .page aside, .rail')]
  const wide = scrollers.filter((part) => part.scrollWidth > part.clientWidth + 1)
  return [
    ...found.slice(0, 3).map((part) => ['outside', part.outerHTML.slice(0, 120)]),
    ...wide.map((part) => ['scrolls sideways', `${part.className} ${part.scrollWidth} > ${part.clientWidth}`]),
  ]
}"""

# The heading has the focus, or the window that is open over the page.
ANNOUNCED = "document.activeElement?.matches('h1, [role=dialog], [role=dialog] *')"

STATES = ("aria-current", "aria-selected", "aria-checked", "aria-pressed", "data-selected")
_SELECTOR = ", ".join(f'[{name}]:not([{name}="false"])' for name in STATES)

SELECTED = f"""() => [...document.querySelectorAll({json.dumps(_SELECTOR)})].flatMap((part) => {{
  const {{ left, top, right, bottom, width, height }} = part.getBoundingClientRect()
  if (width < 2 || height < 2 || bottom > innerHeight || top < 0) return []
  const around = [left - 3, top - 3, right + 3, bottom + 3].map(Math.round)
  return [[part.outerHTML.slice(0, 120), ...around]]
}})"""

UNSELECT = f"""() => {{
  for (const part of document.querySelectorAll({json.dumps(_SELECTOR)})) {{
    for (const name of {json.dumps(STATES)}) part.removeAttribute(name)
  }}
}}"""
