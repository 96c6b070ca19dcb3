"""Learning from labelled pages, on a few small ones made here."""

import gzip
import json

import numpy as np
import pytest

from malmoi.corpus.html.core_region import extract
from malmoi.corpus.html.region_model import load_weights
from malmoi.corpus.learning import region_learner as learn_module
from malmoi.corpus.learning.boosting import Boosting
from malmoi.corpus.learning.labelled_pages import read_labelled, site_of
from malmoi.corpus.learning.region_learner import FOLDS, cross_validate, fold_of, learn, learn_folder, prepare
from malmoi.corpus.learning.region_measure import agreement
from malmoi.kit.errors import UserError

FEW = Boosting(num_trees=10, least_hessian=0.1)


def write_pages(folder, count=15):
    """Pages of as many sites: a menu, an article of sentences, a footer; half of them known by segments only."""
    for name in ("article_extraction_benchmark", "trafilatura_eval"):
        (folder / name / "html").mkdir(parents=True)
    truth, segments = {}, {}
    for n in range(count):
        lines = [
            f"{n}번째 글의 {k}번째 문단은 사전을 엮은 사람들의 이야기를 길게 적은 것이다. 그래서 꽤 길다."
            for k in range(5)
        ]
        menu = "".join(f"<li><a href=/{k}>차림 {k}</a></li>" for k in range(6))
        article = "".join(f"<p>{line}</p>" for line in lines)
        html = f"<ul class=nav>{menu}</ul><div class=body>{article}</div><p>ⓒ 신문 {n}</p>"
        if n % 3:
            truth[f"page{n}"] = {"url": f"https://www.site{n}.co.kr/1", "articleBody": "\n".join(lines)}
            (folder / "article_extraction_benchmark/html" / f"page{n}.html.gz").write_bytes(
                gzip.compress(html.encode())
            )
        else:
            segments[f"https://site{n}.com/"] = {"file": f"{n}.html", "with": [lines[1][:20]], "without": ["차림 1"]}
            (folder / "trafilatura_eval/html" / f"{n}.html").write_text(html, "utf-8")
    (folder / "article_extraction_benchmark/ground-truth.json").write_text(json.dumps(truth), "utf-8")
    (folder / "trafilatura_eval/evaldata.json").write_text(json.dumps(segments), "utf-8")


def test_pages_never_seen_are_extracted_and_learning_again_gives_the_same(tmp_path):
    write_pages(tmp_path)
    pages = read_labelled(tmp_path)
    examples = [prepare(page) for page in pages]
    folds = cross_validate(examples, FEW)
    pairs = [(page.truth, extract(page.html, weights=folds[fold_of(page.site)]).text) for page in pages if page.truth]
    assert agreement(pairs).f1 > 0.95
    first, again = learn(examples, FEW), learn(examples, FEW)
    pairs = zip((*first.wide, *first.narrow), (*again.wide, *again.narrow), strict=True)
    assert all((a == b).all() for mine, other in pairs for a, b in zip(mine, other, strict=True))
    assert (first.confidence == again.confidence).all()


def test_learning_a_folder_again_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(learn_module, "Boosting", lambda: FEW)
    monkeypatch.setattr(learn_module, "MADE_UP_PAGES", 5)
    write_pages(tmp_path / "pages")
    told = []
    counts = learn_folder(tmp_path / "pages", tmp_path / "one.npz", lambda done, total: told.append((done, total)))
    assert learn_folder(tmp_path / "pages", tmp_path / "two.npz") == counts
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert (counts["pages"], counts["sites"]) == (20, 20)
    assert counts["labelled_blocks"] > 100
    assert told[-1][0] == told[-1][1]
    learned = load_weights(tmp_path / "one.npz")
    page = read_labelled(tmp_path / "pages")[0]
    assert page.truth is not None
    assert agreement([(page.truth, extract(page.html, weights=learned).text)]).f1 > 0.9


def test_segments_label_only_the_blocks_that_hold_them(tmp_path):
    write_pages(tmp_path, 1)
    (page,) = read_labelled(tmp_path)
    labels = prepare(page).labels
    assert sorted(np.unique(labels).tolist()) == [-1, 0, 1]
    assert (labels == 1).sum() == (labels == 0).sum() == 1


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.express.co.uk/a", "express"),
        ("http://news.kbs.co.kr:8080/x", "kbs"),
        ("https://blog.example.com", "example"),
        ("localhost", "localhost"),
    ],
)
def test_a_site_is_one_whatever_its_subdomain_and_country(url, site):
    assert site_of(url) == site
    assert 0 <= fold_of(site) < FOLDS


def test_a_folder_without_pages_is_refused(tmp_path):
    with pytest.raises(UserError, match="no labelled pages"):
        read_labelled(tmp_path)


def test_agreement_is_that_of_the_benchmark():
    same, half = agreement([("가 나 다 라 마", "가 나 다 라 마")]), agreement([("가 나 다 라 마", "가 나 다 라")])
    assert (same.f1, same.exact) == (1.0, 1.0)
    assert (half.precision, half.recall, half.exact) == (1.0, 0.5, 0.0)
    assert agreement([("가", "")]).f1 == 0.0
