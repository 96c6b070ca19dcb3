"""The list of mutations fits the sources as they are: it cannot rot unseen."""

import ast
from functools import cache

import pytest
from mutations import ROOT, mutated, read_mutations

MUTATIONS = read_mutations()
FEWEST = 40


@cache
def _tests_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_stands_exactly_once_in_its_file_and_leaves_python(mutation):
    content = mutated(mutation)
    assert content != (ROOT / mutation.file).read_text(encoding="utf-8")
    if mutation.file.endswith(".py"):
        ast.parse(content)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_tests_that_must_notice_a_mutation_are_there(mutation):
    assert mutation.tests
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert (name.partition("[")[0] in _tests_in(file)) if name else _tests_in(file), test


def test_every_name_is_there_once_and_says_why():
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names) >= FEWEST
    assert all(mutation.why for mutation in MUTATIONS)
