"""The documentation is tested: recipes load, commands of the guides exist, generated pages are up to date."""

import re
import shlex
from pathlib import Path

import pytest

from malmoi.cli import reference
from malmoi.cli.main import build_parser
from malmoi.cli.recipe import Run
from malmoi.kit import config

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("README*.md"), *ROOT.glob("docs/guides/*.md")]


RUNS = [path for path in sorted(ROOT.glob("recipes/*.toml")) if not path.stem.startswith("serve_")]
"""The others are of servers (tests/serve/test_remote_process.py)."""


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_every_recipe_loads_and_is_named_for_its_file(path):
    run = config.parse(Run, config.read_toml(path), "")
    assert run.name == path.stem
    assert run.folder == Path("runs") / path.stem


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_page_is_one_that_exists(page):
    parser = build_parser()
    commands = re.findall(r"`(malmoi [^`]+)`|^(malmoi .+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert commands
    for quoted, alone in commands:
        words = shlex.split(re.sub(r"<[^>]*>", "0" * 32, (quoted or alone).split(" #")[0]))[1:]
        parser.parse_args(words)


def test_every_link_to_a_file_leads_somewhere():
    links = [(page, target) for page in PAGES for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))]
    files = [page.parent / target for page, target in links if "://" not in target]
    assert ROOT / "docs/guides/corpus.ko.md" in files
    assert [str(path) for path in files if not path.exists()] == []


def test_generated_reference_pages_are_up_to_date():
    assert (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8") == reference.commands_page()
    assert (ROOT / "docs/reference/recipe.md").read_text(encoding="utf-8") == reference.recipe_page()


def test_readme_names_the_two_commands():
    for name in ("README.md", "README.en.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "make demo" in text
        assert "make test" in text


def test_every_init_file_is_empty():
    assert [str(path) for path in ROOT.glob("malmoi/**/__init__.py") if path.stat().st_size] == []


def test_every_direct_dependency_is_pinned_and_has_its_reason():
    project = config.read_toml(ROOT / "pyproject.toml")["project"]
    named = {*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)}
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {line.split("==")[0].lower().replace("_", "-") for line in pinned}
    reasons = (ROOT / "docs/decisions/dependencies.md").read_text(encoding="utf-8").lower()
    names = {re.split(r"[\[=<>]", one)[0].lower() for one in named if not one.startswith("malmoi[")}
    assert {"torch", "numba", "pytest", "ray"} <= names
    assert names - pins == set()
    assert [name for name in sorted(names) if name not in reasons] == []


def test_test_files_have_names_of_their_own():
    names = [path.name for path in ROOT.glob("tests/**/test_*.py")]
    assert sorted(names) == sorted(set(names))
