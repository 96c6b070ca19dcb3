"""Steps say which columns they read and add, and a recipe in a wrong order is refused."""

import re

import pytest
from small_batches import batch_of, sentences

from malmoi.corpus.document import DOCUMENTS
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.decontamination import Decontamination
from malmoi.corpus.steps.evaluation_sets import EvaluationSet
from malmoi.corpus.steps.learned import Learned
from malmoi.corpus.steps.personal_data import PersonalData
from malmoi.corpus.steps.profanity import Profanity
from malmoi.corpus.steps.promotion import Promotion
from malmoi.corpus.steps.quality import Quality
from malmoi.corpus.steps.rule import check_order
from malmoi.corpus.steps.source_verdict import SourceVerdict
from malmoi.kit.errors import UserError


@pytest.fixture
def recipe(tmp_path) -> CorpusRecipe:
    (tmp_path / "items.txt").write_text(sentences(3), encoding="utf-8")
    looked_for = Decontamination(sets=(EvaluationSet("items", tmp_path / "items.txt"),))
    return CorpusRecipe((Input(tmp_path),), decontamination=looked_for, learned=Learned(maximum_spam=0.9))


def test_a_step_adds_the_columns_that_it_names_and_needs_no_others_than_it_reads(recipe):
    steps = recipe.steps()
    kinds = [Quality, SourceVerdict, Decontamination, PersonalData, Promotion, Profanity, Learned]
    assert [type(step) for step in steps] == kinds
    batch = batch_of([sentences(1), "짧다."])
    for step in steps:
        alone = step(batch.select([*step.reads, "source"] if "source" not in step.reads else list(step.reads)))
        assert set(alone.schema.names) - {"source", *step.reads} == set(step.adds)
        batch = step(batch)
        assert {rule.score for rule in step.rules()} <= set(step.adds)


@pytest.mark.parametrize(
    ("steps", "refused"),
    [
        (
            (Promotion(), Quality()),
            "the step Promotion reads 'characters', which no step before it adds; expected Quality",
        ),
        ((Profanity(),), "the step Profanity reads 'characters', which no step before it adds; that"),
    ],
)
def test_a_step_before_or_without_what_it_reads_is_refused_in_one_line(steps, refused):
    with pytest.raises(UserError, match=re.escape(refused.partition(";")[0])) as raised:
        check_order(steps, DOCUMENTS.names)
    assert "\n" not in str(raised.value)
    assert refused.partition("; ")[2] in str(raised.value)


def test_a_recipe_asks_for_the_order_of_its_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(Quality, "adds", ("quality",))
    with pytest.raises(UserError, match="the step Promotion reads 'characters'"):
        CorpusRecipe((Input(tmp_path),))
