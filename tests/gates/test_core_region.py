"""Floors of the core region on real pages: raise them when it gets better, never lower them.

The shipped weights have seen all these pages: their floor guards the way from bytes to text. Whether learning still
works, weights say that are learned here five times, each time without a fifth of the sites, and measured on those; with
fewer trees than the shipped ones, so that it takes a few minutes. Korean pages are measured as their README does.
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from malmoi.corpus.html.core_region import extract
from malmoi.corpus.html.region_model import RegionWeights, shipped_weights
from malmoi.corpus.learning.boosting import Boosting
from malmoi.corpus.learning.labelled_pages import KOREAN, LabelledPage, read_labelled
from malmoi.corpus.learning.region_learner import cross_validate, fold_of, prepare
from malmoi.corpus.learning.region_measure import agreement

FLOORS = json.loads(Path(__file__).with_name("core_region.json").read_text(encoding="utf-8"))
DATA = Path(__file__).parents[3] / "shared" / "data"
ARCHIVES = [DATA / "pages.tar.zst", DATA / "pages_kr.tar.zst"]
COLLECTIONS = ("article_extraction_benchmark", "fundus", KOREAN)
FEW = replace(Boosting(), num_trees=60)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPage]:
    folder = tmp_path_factory.mktemp("pages")
    for archive in ARCHIVES:
        if not archive.exists():
            pytest.skip(f"no labelled pages at {archive}")
        inner = folder / archive.name.partition(".")[0]
        inner.mkdir()
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", inner], check=True)
    return read_labelled(folder)


def _text(page: LabelledPage, weights: RegionWeights) -> str:
    return extract(page.html, "utf-8", weights=weights).text


@pytest.mark.slow
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_shipped_weights_keep_their_floor(pages: list[LabelledPage], collection: str):
    chosen = [page for page in pages if page.collection == collection]
    texts = ((page.truth or "", _text(page, shipped_weights())) for page in chosen)
    agreed = agreement(texts, korean=collection == KOREAN)
    assert agreed.f1 >= FLOORS["shipped_f1"][collection]
    assert agreed.empty == 0 or collection != KOREAN


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_weights_learned_here_keep_their_floor_on_sites_they_have_not_seen(pages: list[LabelledPage]):
    folds = cross_validate([prepare(page) for page in pages], FEW, bags=1)
    for collection in COLLECTIONS:
        chosen = [page for page in pages if page.collection == collection]
        texts = ((page.truth or "", _text(page, folds[fold_of(page.site)])) for page in chosen)
        agreed = agreement(texts, korean=collection == KOREAN)
        assert agreed.f1 >= FLOORS["unseen_sites_f1"][collection], collection
