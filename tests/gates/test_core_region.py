"""Floors of the core region on real pages: raise them when it gets better, never lower them.

The shipped weights have seen all these pages: their floor guards the way from bytes to text. Whether learning still
works, weights say that are learned here five times, each time without a fifth of the sites, and measured on those; with
fewer trees than the shipped ones, so that it takes less than a minute.
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from malmoi.corpus.html.core_region import extract
from malmoi.corpus.html.region_model import RegionWeights, shipped_weights
from malmoi.corpus.learning import region_learner as learning
from malmoi.corpus.learning.boosting import Boosting
from malmoi.corpus.learning.labelled_pages import LabelledPage, read_labelled
from malmoi.corpus.learning.region_learner import cross_validate, fold_of, prepare
from malmoi.corpus.learning.region_measure import agreement

FLOORS = json.loads(Path(__file__).with_name("core_region.json").read_text(encoding="utf-8"))
ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "pages.tar.zst"
COLLECTIONS = ("article_extraction_benchmark", "fundus")
FEW = replace(Boosting(), num_trees=60)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPage]:
    if not ARCHIVE.exists():
        pytest.skip(f"no labelled pages at {ARCHIVE}")
    folder = tmp_path_factory.mktemp("pages")
    subprocess.run(["tar", "--zstd", "-xf", ARCHIVE, "-C", folder], check=True)
    return read_labelled(next(path.parent for path in folder.rglob("fundus") if path.is_dir()))


def _text(page: LabelledPage, weights: RegionWeights) -> str:
    return extract(page.html, "utf-8", weights=weights).text


@pytest.mark.slow
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_shipped_weights_keep_their_floor(pages: list[LabelledPage], collection: str):
    chosen = [page for page in pages if page.collection == collection]
    texts = ((page.truth or "", _text(page, shipped_weights())) for page in chosen)
    assert agreement(texts).f1 >= FLOORS["shipped_f1"][collection]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_weights_learned_here_keep_their_floor_on_sites_they_have_not_seen(
    pages: list[LabelledPage], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(learning, "BAGS", 1)
    folds = cross_validate([prepare(page) for page in pages], FEW)
    for collection in COLLECTIONS:
        chosen = [page for page in pages if page.collection == collection]
        texts = ((page.truth or "", _text(page, folds[fold_of(page.site)])) for page in chosen)
        assert agreement(texts).f1 >= FLOORS["unseen_sites_f1"][collection], collection
