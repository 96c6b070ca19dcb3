"""Reads the project's own sources: which file imports which, in Python and TypeScript, and how many lines are what."""

import ast
import io
import re
import tokenize
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
WEB = ROOT / "malmoi" / "studio" / "web" / "src"

SUFFIXES = (".ts", ".tsx", ".js")
_FROM = re.compile(r"""^\s*(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]""", re.MULTILINE)
_BARE = re.compile(r"""\bimport\s*\(?\s*['"`]([^'"`]+)['"`]""")
_COMMENT = re.compile(r"^\s*//[^\n]*|^\s*/\*.*?\*/", re.MULTILINE | re.DOTALL)
_LAYOUT = {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


class Lines(NamedTuple):
    """Lines of a file. words: comments, and strings that stand alone (docstrings), on lines without code."""

    whole: int
    code: int
    words: int


def python_files(folder: Path) -> list[Path]:
    """All Python files below `folder`, without those of node packages."""
    return sorted(path for path in folder.rglob("*.py") if "node_modules" not in path.parts)


def count_lines(source: str) -> Lines:
    """The lines of a Python source. A blank line is neither code nor words."""
    code: set[int] = set()
    words: set[int] = set()
    statement: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            words.add(token.start[0])
        elif token.type == tokenize.NEWLINE:
            lines = words if all(part.type == tokenize.STRING for part in statement) else code
            lines.update(line for part in statement for line in range(part.start[0], part.end[0] + 1))
            statement = []
        elif token.type not in _LAYOUT:
            statement.append(token)
    return Lines(len(source.splitlines()), len(code), len(words - code))


def python_imports(root: Path, package: str) -> dict[str, set[str]]:
    """By module of `package`: the modules of it that it imports, wherever in the file, also for types alone."""
    names = {}
    for path in python_files(root / package):
        dotted = ".".join(path.relative_to(root).with_suffix("").parts)
        names[dotted.removesuffix(".__init__")] = path
    return {name: _imported(path) & names.keys() - {name} for name, path in names.items()}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}:{node.lineno} imports by a relative path"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def typescript_imports(folder: Path) -> dict[str, set[str]]:
    """By source file below `folder`: the source files that it imports (static, dynamic, types alone, passed on)."""
    sources = {path for path in folder.rglob("*") if path.suffix in SUFFIXES}
    edges = {}
    for path in sources:
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        targets = [name for found in (_FROM, _BARE) for name in found.findall(text) if name.startswith(".")]
        reached = {_resolved(path, name) for name in targets} & sources
        edges[path.relative_to(folder).as_posix()] = {each.relative_to(folder).as_posix() for each in reached}
    return edges


def _resolved(importer: Path, name: str) -> Path:
    bare = (importer.parent / name).resolve()
    ends = ("", *SUFFIXES, ".d.ts", *(f"/index{suffix}" for suffix in SUFFIXES))
    for path in (Path(f"{bare}{end}") for end in ends):
        if path.is_file():
            return path
    raise AssertionError(f"{importer} imports {name!r}; no such file")


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Circles of imports that share no file, each as the way around: none if and only if there is no circle at all."""
    left, rings = dict(edges), []
    while True:
        try:
            TopologicalSorter({name: others & left.keys() for name, others in left.items()}).prepare()
        except CycleError as error:
            ring = error.args[1][::-1]
            rings.append(ring)
            left = {name: others for name, others in left.items() if name not in ring}
        else:
            return rings
