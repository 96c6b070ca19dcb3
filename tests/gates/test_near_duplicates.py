"""Floors of near-duplicate removal: raise them when it gets better, never lower them.

Planted: families written by the grammar of the sample, which no setting was tuned on; copies of every strength, exact
similarity as truth. Laws: dated versions of real laws among each other, where the data is beside the repository.
"""

import json
import random
import tarfile
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from malmoi.corpus.duplicates import compare
from malmoi.corpus.sources.streams import open_stream
from malmoi.sample import grammar
from malmoi.sample.plant import STRENGTHS, char5_jaccard, near_duplicate

FLOORS = json.loads(Path(__file__).with_name("near_duplicates.json").read_text(encoding="utf-8"))
ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "near_duplicates.tar.zst"
ORIGINALS = 700
SIMILAR, ALIKE = 0.8, 0.7
"""Recall is over pairs from SIMILAR on; a removed text must be ALIKE to the one that stays, or of its family."""


@pytest.fixture(scope="module")
def planted() -> tuple[list[str], list[int]]:
    """Texts and the number of the family of each."""
    chance = random.Random(20261125)
    texts, family = [], []
    for number in range(ORIGINALS):
        body = grammar.text(number, 4242).body
        copies = [near_duplicate(body, STRENGTHS[(number + k) % len(STRENGTHS)], chance) for k in range(number % 3)]
        copies += [" ".join(body.split())] * (number % 7 == 0)
        texts += [body, *copies]
        family += [number] * (1 + len(copies))
    return texts, family


def test_planted_copies_are_found_and_nothing_else_is_removed(planted: tuple[list[str], list[int]]):
    texts, family = planted
    recall, precision, pairs = _measured(texts, family)
    assert pairs > 400
    assert recall >= FLOORS["planted_recall"]
    assert precision >= FLOORS["planted_precision"]


@pytest.mark.slow
def test_versions_of_laws_are_found():
    if not ARCHIVE.is_file():
        pytest.skip(f"{ARCHIVE.name} is not beside the repository")
    texts, family = _versions()
    recall, precision, pairs = _measured(texts, family)
    assert pairs > 1000
    assert recall >= FLOORS["law_versions_recall"]
    assert precision >= FLOORS["law_versions_precision"]


def _measured(texts: list[str], family: list[Any]) -> tuple[float, float, int]:
    """Recall of pairs within a family from SIMILAR on, precision of what is removed, number of those pairs."""
    compared = compare(texts)
    cluster = [found.cluster for found in compared]
    stays = [found.representative for found in compared]
    members = defaultdict(list)
    for number, own in enumerate(family):
        members[own].append(number)
    pairs = [pair for own in members.values() for pair in combinations(own, 2)]
    similar = [(one, other) for one, other in pairs if char5_jaccard(texts[one], texts[other]) >= SIMILAR]
    recall = np.mean([cluster[one] is not None and cluster[one] == cluster[other] for one, other in similar])
    gone = [(number, stay) for number, stay in enumerate(stays) if number != stay]
    right = [family[one] == family[other] or char5_jaccard(texts[one], texts[other]) >= ALIKE for one, other in gone]
    return float(recall), float(np.mean(right)), len(similar)


def _versions() -> tuple[list[str], list[str]]:
    """Every dated version of every law, and the folder that is the law."""
    texts, laws = [], []
    with ARCHIVE.open("rb") as file:
        stream = open_stream(file, ARCHIVE.stat().st_size)
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name.endswith(".md") else None
                if content is not None and "/law_versions/" in f"/{member.name}":
                    texts.append(content.read().decode("utf-8"))
                    laws.append(member.name.rsplit("/", 1)[0])
    return texts, laws
