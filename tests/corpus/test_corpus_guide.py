"""What the guide to the corpus shows a reader is true: its SQL runs, and its recipe is one."""

import re
import tomllib
from pathlib import Path

import duckdb
import pytest

from malmoi.corpus.recipe import CorpusRecipe
from malmoi.kit import config

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SHOWN = "runs/demo/corpus"


def blocks(language: str, sort: str) -> list[str]:
    text = (GUIDES / f"corpus.{language}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{sort}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_query_of_the_guide_runs_on_a_built_corpus(language, built):
    queries = blocks(language, "sql")
    assert len(queries) == 5
    for query in queries:
        assert SHOWN in query
        with duckdb.connect() as database:
            found = database.sql(query.replace(SHOWN, str(built)))
            assert found.columns
            if "NOT kept" in query:
                assert found.fetchall()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_recipe_of_the_guide_is_read(language):
    (shown,) = blocks(language, "toml")
    recipe = config.parse(CorpusRecipe, tomllib.loads(shown)["corpus"], "corpus")
    assert recipe.mix is not None
    assert recipe.mix.shares == {"law": 0.3, "comment": 0.2}
    assert recipe.inputs[0].comments
    assert recipe.inputs[1].speakers == "labels"
    assert recipe.trust.sites == {"press.example": 0.8}
    assert [each.name for each in recipe.decontamination.sets] == ["klue-nli"]


def test_both_languages_show_the_same_queries_and_the_same_recipe():
    def bare(text: str) -> str:
        return re.sub(r"(--|\s+#).*", "", text)

    for sort in ("sql", "toml", "sh"):
        korean, english = ([bare(one) for one in blocks(language, sort)] for language in ("ko", "en"))
        assert korean == english
