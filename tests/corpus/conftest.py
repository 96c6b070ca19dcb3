"""One small raw folder with every sort of fault, and the corpus built from it once."""

from pathlib import Path

import pytest
from small_batches import quiet
from small_raw import write_raw

from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input


@pytest.fixture(scope="session")
def raw(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "raw"
    write_raw(folder)
    return folder


@pytest.fixture(scope="session")
def recipe(raw) -> CorpusRecipe:
    return CorpusRecipe(inputs=(Input(raw, name="raw"),), processes=1)


@pytest.fixture(scope="session")
def built(recipe, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("corpus") / "corpus"
    build(recipe, out, quiet)
    return out
