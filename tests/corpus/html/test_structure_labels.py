"""The labels of benchmarks/page_structure.py: enough of them, no words of others' pages, our own pages all right."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from malmoi.corpus.html.core_region import extract

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
BENCHMARK = importlib.import_module("page_structure")
KINDS = BENCHMARK.KINDS
ROWS = [json.loads(line) for line in BENCHMARK.LABELS.read_text("utf-8").splitlines()]
OWN = [row for row in ROWS if "html" in row]


def test_forty_parts_and_more_are_labelled_and_others_only_by_hashes():
    others = [row for row in ROWS if "html" not in row]
    assert len(ROWS) >= 40 and {row["kind"] for row in others} == set(KINDS)
    for row in others:
        values = [value for part in row["truth"] for value in (part if isinstance(part, list) else [part])]
        assert set(row) == {"page", "kind", "path", "truth"}
        assert all(not value or (len(value) == 16 and int(value, 16) >= 0) for value in values)


@pytest.mark.parametrize("kind", KINDS)
def test_the_structure_of_our_own_pages_is_kept(kind: str):
    rows = [row for row in OWN if row["kind"] == kind]
    right, total, _, parts = BENCHMARK.measure(rows, {row["page"]: extract(row["html"]).text for row in rows})[kind]
    assert parts >= 5 and right == total
