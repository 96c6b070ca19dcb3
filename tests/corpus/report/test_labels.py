"""The one table of what pages call the corpus room's reasons, kinds, types of personal data and scores."""

from pathlib import Path
from typing import get_args

import pytest

from malmoi.corpus import document
from malmoi.corpus.composition.settings import Mix
from malmoi.corpus.ledger.tombstones import ERASED
from malmoi.corpus.passes.items import FAILED, WORKER_DIED
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report import labels
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Reason
from malmoi.corpus.steps.decontamination import Decontamination
from malmoi.corpus.steps.evaluation_sets import EvaluationSet
from malmoi.corpus.steps.learned import LIMITS, Learned
from malmoi.corpus.steps.rule import Rule
from malmoi.corpus.steps.source_verdict import SourceVerdict
from malmoi.corpus.steps.written_forms import TYPES


def every_rule() -> tuple[Rule, ...]:
    """The rules of a recipe in which all that can be asked for is asked for."""
    return CorpusRecipe(
        inputs=(Input(Path("raw")),),
        learned=Learned(**dict.fromkeys(LIMITS, 0.5)),
        decontamination=Decontamination(sets=(EvaluationSet("quiz", Path("quiz.jsonl")),)),
        mix=Mix(),
        source_verdict=SourceVerdict(0.5, 1.0, ("광고",)),
    ).rules()


def test_every_reason_that_is_given_has_a_label_and_no_label_is_for_a_reason_that_nobody_gives():
    given = {*(rule.reason for rule in every_rule()), *get_args(Reason), WORKER_DIED, FAILED, ERASED}
    assert labels.REASONS.keys() == given


def test_every_kind_type_and_score_has_a_label_and_no_label_is_for_another():
    assert labels.KINDS.keys() == set(document.KINDS)
    assert labels.PERSONAL.keys() == set(TYPES)
    assert labels.SCORES.keys() == {rule.score for rule in every_rule()}


@pytest.mark.parametrize("table", ["REASONS", "STEPS", "KINDS", "PERSONAL", "SCORES"])
def test_every_label_is_korean_and_english_and_no_two_are_the_same(table):
    pairs = getattr(labels, table).values()
    korean, english = zip(*pairs, strict=True)
    assert [text for text in korean if not any("가" <= letter <= "힣" for letter in text)] == []
    assert [text for text in english if not text.isascii() or not text.strip()] == []
    assert len(set(korean)) == len(set(english)) == len(pairs)
