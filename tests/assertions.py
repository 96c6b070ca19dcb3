"""Finds tests that cannot fail: they assert nothing, only what is always true, or only in a loop that may be empty.

It reads the tests, it does not run them. What waits for something (`locator.wait_for()`) or only builds an object is no
assertion: a reader must see what is expected.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

NOTHING = "asserts nothing"
EMPTY_LOOP = "asserts only in a loop that may be empty"
ALWAYS_TRUE = "asserts what is always true"

_EXPECTING = {"raises", "warns", "deprecated_call", "fail"}
"""Of pytest."""
_AS_LONG = {"enumerate", "list", "reversed", "sorted", "tuple", "zip", "product", "permutations", "pairwise"}
"""Calls that give something where all their arguments hold something."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While


class Module(NamedTuple):
    """A file of the test tree. names: what it imports from others, by its name here; given: literals of the file."""

    functions: dict[str, Function]
    names: dict[str, tuple[str, str]]
    given: dict[str, ast.expr]


def faults(sources: Mapping[str, str]) -> list[str]:
    """One line for each test that cannot fail. sources: content by name of a file of the test tree."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    modules = {Path(name).stem: _module(tree) for name, tree in trees.items()}
    found = []
    for name, tree in trees.items():
        for test in ast.walk(tree):
            if isinstance(test, Function) and test.name.startswith("test_"):
                found += [f"{name}: {test.name} {fault}" for fault in _faults(test, modules, Path(name).stem)]
    return found


def _module(tree: ast.Module) -> Module:
    functions, names, given = {}, {}, {}
    for node in tree.body:
        if isinstance(node, Function):
            functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given[node.targets[0].id] = node.value
    return Module(functions, names, given)


def _faults(test: Function, modules: Mapping[str, Module], name: str) -> Iterator[str]:
    sure = list(_assertions(test, modules, name, _given(test, modules, name)))
    anywhere = any(_asserts(node, modules, name) for node in ast.walk(test))
    if not sure:
        yield EMPTY_LOOP if anywhere else NOTHING
    if any(isinstance(node, ast.Assert) and _always_true(node.test) for node in ast.walk(test)):
        yield ALWAYS_TRUE


def _given(function: Function, modules: Mapping[str, Module], name: str) -> dict[str, ast.expr]:
    """What each name is set to: in the function, else in its file, else in the file of tests that it comes from."""
    known = {
        here: modules[home].given[there]
        for here, (home, there) in modules[name].names.items()
        if home in modules and there in modules[home].given
    }
    assigned = (node for node in ast.walk(function) if isinstance(node, ast.Assign))
    inside = {node.targets[0].id: node.value for node in assigned if isinstance(node.targets[0], ast.Name)}
    return known | modules[name].given | inside


def _assertions(
    node: ast.AST,
    modules: Mapping[str, Module],
    name: str,
    given: dict[str, ast.expr],
    seen: frozenset[str] = frozenset(),
) -> Iterator[ast.AST]:
    """The assertions below `node` that are reached whatever the data are."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Loop) and not _has_turns(child, given):
            if not isinstance(child, ast.While):
                yield from _assertions(ast.Expr(child.iter), modules, name, given, seen)
            continue
        if _asserts(child, modules, name, seen) and not _vacuous(child, given):
            yield child
        yield from _assertions(child, modules, name, given, seen)


def _asserts(node: ast.AST, modules: Mapping[str, Module], name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a node is an assertion, or calls a function of the test tree that has one."""
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Attribute):
        if _expects(called, modules[name]):
            return True
        of_pytest = isinstance(called.value, ast.Name) and called.value.id == "pytest" and called.attr in _EXPECTING
        return of_pytest or called.attr.startswith("assert_")
    if not isinstance(called, ast.Name) or called.id in seen:
        return False
    if called.id.startswith("assert_"):
        return True
    home, known = name, called.id
    if known in modules[name].names:
        home, known = modules[name].names[known]
    elif known not in modules[name].functions:
        home = "conftest"  # a fixture that gives a function
    function = modules[home].functions.get(known) if home in modules else None
    if function is None:
        return False
    given = _given(function, modules, home)
    return any(True for _ in _assertions(function, modules, home, given, seen | {called.id}))


def _expects(called: ast.Attribute, module: Module) -> bool:
    """Whether it is `expect(page).to_...` of Playwright, which raises an AssertionError where it does not come true."""
    of = called.value
    is_expect = isinstance(of, ast.Call) and isinstance(of.func, ast.Name)
    comes_from = module.names.get(of.func.id, ("", ""))[0] if is_expect else ""
    return comes_from.startswith("playwright.") and called.attr.removeprefix("not_").startswith("to_")


def _has_turns(loop: Loop, given: dict[str, ast.expr]) -> bool:
    return not isinstance(loop, ast.While) and _holds_something(loop.iter, given)


def _vacuous(node: ast.AST, given: dict[str, ast.expr]) -> bool:
    """Whether it asserts `all(...)` of what may be empty."""
    test = node.test if isinstance(node, ast.Assert) else None
    if not (isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "all"):
        return False
    of = test.args[0]
    return isinstance(of, ast.GeneratorExp | ast.ListComp) and not _holds_something(of.generators[0].iter, given)


def _holds_something(node: ast.expr, given: dict[str, ast.expr]) -> bool:
    """Whether a reader sees, without running anything, that there is something to go through."""
    if isinstance(node, ast.Name):
        rest = {name: value for name, value in given.items() if name != node.id}
        return node.id in given and _holds_something(given[node.id], rest)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(not isinstance(part, ast.Starred) or _holds_something(part.value, given) for part in node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.BinOp):
        return _holds_something(node.left, given) or _holds_something(node.right, given)
    if isinstance(node, ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp):
        return not node.generators[0].ifs and _holds_something(node.generators[0].iter, given)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "range":
            return all(isinstance(part, ast.Constant) for part in node.args)
        strict = any(word.arg == "strict" and ast.unparse(word.value) == "True" for word in node.keywords)
        enough = any if strict else all  # of lists that are as long as one another
        return node.func.id in _AS_LONG and enough(_holds_something(part, given) for part in node.args)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("items", "keys", "values", "split") and _holds_something(node.func.value, given)
    return False


def _always_true(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple):
        return bool(test.elts)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_always_true(value) for value in test.values)
    if not isinstance(test, ast.Compare):
        return isinstance(test, ast.Lambda | ast.JoinedStr | ast.GeneratorExp)
    left, operator, right = ast.unparse(test.left), test.ops[0], ast.unparse(test.comparators[0])
    if isinstance(operator, ast.GtE) and left.startswith("len(") and right == "0":
        return True
    return isinstance(operator, ast.Eq | ast.Is | ast.LtE | ast.GtE) and left == right and "(" not in left
