"""What a newcomer would trip over in malmoi/: circles of files, long and loose files, too much code, too few words."""

import textwrap

import pytest
from source_files import ROOT, Lines, circles, count_lines, python_files, python_imports

LONGEST_FILE_LINES = 400
MOST_CORPUS_FILES = 6
LEAST_WORDS_SHARE = 0.15
MOST_LINES = {
    "corpus": 31_800,  # docs/decisions/0017
    "train": 4_000,
    "serve": 13_300,  # docs/decisions/0017
    "ops": 4_600,
    "studio": 6_600,  # docs/decisions/0017
    "applications": 4_000,
    "cards": 3_000,
    "evaluate": 2_000,
    "scaling": 1_200,
    "cli": 4_000,
}
"""All lines of a room's Python files, as the house's design gives them."""
MOST_OTHER_LINES = 8_000
"""Of all rooms that are not named above, together (docs/decisions/0017 and 0019)."""

PACKAGE = ROOT / "malmoi"
CORPUS = PACKAGE / "corpus"


@pytest.fixture(scope="module")
def counted() -> dict[str, Lines]:
    files = {path.relative_to(ROOT).as_posix(): path for path in python_files(PACKAGE)}
    return {name: count_lines(path.read_text(encoding="utf-8")) for name, path in files.items()}


def test_no_circle_of_files_in_python():
    assert circles(python_imports(ROOT, "malmoi")) == []


def test_no_file_is_longer_than_400_lines(counted):
    assert {name: lines.whole for name, lines in counted.items() if lines.whole > LONGEST_FILE_LINES} == {}


def test_the_corpus_room_has_at_most_6_files_beside_its_folders():
    loose = sorted(path.name for path in CORPUS.glob("*.py") if path.name != "__init__.py")
    assert len(loose) <= MOST_CORPUS_FILES, loose


def test_no_room_has_more_lines_than_the_design_gives_it(counted):
    lines = dict.fromkeys([*MOST_LINES, "the rest"], 0)
    for name, count in counted.items():
        room = name.split("/")[1]
        lines[room if room in MOST_LINES else "the rest"] += count.whole
    limits = {**MOST_LINES, "the rest": MOST_OTHER_LINES}
    assert {room: count for room, count in lines.items() if count > limits[room]} == {}


def test_comments_and_docstrings_are_at_least_15_percent_of_the_lines(counted):
    words, whole = (sum(getattr(lines, name) for lines in counted.values()) for name in ("words", "whole"))
    assert words / whole >= LEAST_WORDS_SHARE, f"{words} of {whole} lines, {words / whole:.1%}"


def test_a_line_is_code_words_or_blank():
    source = '''
    """A file."""  # with a remark

    # why
    LIMIT = 3  # code
    """What LIMIT is,
    in two lines."""

    def f(x):
        """Doubles."""
        text = """not a docstring

        """

        return (
            # of both
            x + x, text
        )
    '''
    assert count_lines(textwrap.dedent(source).lstrip()) == Lines(17, 8, 6)


def test_a_circle_is_found_inside_functions_for_types_and_through_others(tmp_path):
    files = {
        "one.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.room import two\n",
        "room/two.py": "def f():\n    from house.room.three import g\n    return g\n",
        "room/three.py": "import house.one\ng = house.one\n",
        "four.py": "from house.one import TYPE_CHECKING\nimport house.five\n",
        "five.py": "",
    }
    for name, content in files.items():
        (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "house" / name).write_text(content)
    rings = circles(python_imports(tmp_path, "house"))
    assert [sorted(set(ring)) for ring in rings] == [["house.one", "house.room.three", "house.room.two"]]


def test_each_of_several_circles_is_named_and_a_way_without_one_is_not():
    edges = {"a": {"b"}, "b": {"a"}, "c": {"a", "d"}, "d": {"e"}, "e": {"c"}, "f": {"a", "c"}}
    assert sorted(sorted(set(ring)) for ring in circles(edges)) == [["a", "b"], ["c", "d", "e"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
