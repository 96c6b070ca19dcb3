"""The interface's styles: every name that a part takes from its sheet stands there, and every name there is taken."""

import re
from pathlib import Path

import pytest
from source_files import WEB

IMPORTED = re.compile(r"import (\w+) from '([^']+\.module\.css)'")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def names_in(sheet: Path) -> set[str]:
    """The class names that a CSS module defines: those in :global(…) belong to a library."""
    selectors = re.findall(r"[^{};]+(?=\{)", COMMENT.sub("", sheet.read_text(encoding="utf-8")))
    return {name for one in selectors for name in re.findall(r"\.([a-zA-Z]\w*)", re.sub(r":global\([^)]*\)", "", one))}


def mismatches(web: Path) -> list[str]:
    """Names that are taken from a sheet which lacks them, and names that no file takes."""
    taken: dict[Path, set[str] | None] = {sheet: set() for sheet in web.rglob("*.module.css")}
    found = []
    for file in sorted(web.rglob("*.tsx")):
        text = file.read_text(encoding="utf-8")
        for local, path in IMPORTED.findall(text):
            sheet = (file.parent / path).resolve()
            wanted = set(re.findall(rf"\b{local}\.(\w+)", text))
            found += [f"{file.name}: {sheet.name} has no .{name}" for name in sorted(wanted - names_in(sheet))]
            # css[kind] takes any of them.
            taken[sheet] = None if f"{local}[" in text or taken[sheet] is None else (taken[sheet] or set()) | wanted
    unused = ((sheet, names_in(sheet) - names) for sheet, names in taken.items() if names is not None)
    return found + [f"{sheet.name}: nothing takes .{name}" for sheet, names in unused for name in sorted(names)]


def test_parts_and_their_sheets_have_the_same_names():
    assert mismatches(WEB.resolve()) == []


def test_sheets_have_names_of_their_own_for_their_classes_are_called_after_them():
    names = [sheet.name for sheet in WEB.rglob("*.module.css")]
    assert len(names) > 20
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("part", "sheet", "expected"),
    [
        ("css.row, css.cell", ".row { a: b } .row > .cell:hover { a: b }", []),
        ("css.row, css.name", ".row { a: b }", ["Part.tsx: Part.module.css has no .name"]),
        ("css.row", ".row, .old { a: b }", ["Part.module.css: nothing takes .old"]),
        ("css.row", "/* .old { } */ .row { margin: 0.5em } .row :global(.u-legend) { a: b }", []),
        ("css[kind]", ".row, .old { a: b }", []),
        ("css.row", "@media (x) { .row { a: b } .old { a: b } }", ["Part.module.css: nothing takes .old"]),
    ],
)
def test_a_name_on_one_side_alone_is_found(tmp_path, part, sheet, expected):
    (tmp_path / "Part.tsx").write_text(f"import css from './Part.module.css'\nconst names = [{part}]\n")
    (tmp_path / "Part.module.css").write_text(sheet)
    assert mismatches(tmp_path.resolve()) == expected
