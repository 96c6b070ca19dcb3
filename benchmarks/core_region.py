"""Main text of web pages: our core region against five other tools in several modes, in one run on one core.

    python benchmarks/core_region.py PAGES [--folds FOLDER] [--shipped] [--rules] [--venv FOLDER] [--json]

PAGES is a folder in which pages.tar.zst and pages_kr.tar.zst are unpacked. F1 is the article extraction benchmark's own
measure, on its pages and on those of fundus, and that of the README of pages_kr on the Korean ones. Ours is
cross-validated: weights are learned five times, each time without a fifth of the sites (those of all collections),
and every page is judged by the weights that have seen no page of its site. That takes some minutes; --folds keeps the
weights of the folds for another run, --shipped measures the shipped weights instead (which have seen all these pages:
their F1 says little). --rules measures besides what is worth each thing that is no learned weight, and how well the
model knows when it is wrong. Speed is pages per CPU second of one process, the best of REPEATS: of the
text alone, and ("as wired") of all that the corpus does with a page: charset, text, metadata, speakers, media, links,
id. The peers are given decoded text, which spares them the charset; they come from PyPI into a venv of theirs.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from malmoi.corpus.html.core_region import Parsed, extract, parse
from malmoi.corpus.html.linked_sentences import with_linked_sentences
from malmoi.corpus.html.region_model import RegionWeights, chosen_blocks, load_weights, save_weights, shipped_weights
from malmoi.corpus.html.region_text import markdown_blocks, to_markdown
from malmoi.corpus.html.titles_of_parts import with_titles
from malmoi.corpus.html.whole_parts import with_whole_parts
from malmoi.corpus.learning.boosting import Boosting
from malmoi.corpus.learning.labelled_pages import KOREAN, LabelledPage, read_labelled
from malmoi.corpus.learning.region_learner import BAGS, FOLDS, cross_validate, fold_of, prepare
from malmoi.corpus.learning.region_measure import Agreement, agreement
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw
from malmoi.corpus.sources.web_page import to_documents

REPEATS = 3
PACKAGES = (
    *("trafilatura==2.3.1", "lxml_html_clean", "resiliparse==2.0.1"),
    *("readability-lxml==0.9", "newspaper4k==0.9.6", "nltk"),
)
PEER = r"""
import json, pickle, sys, time
from importlib.metadata import version
import lxml.html
import newspaper
import nltk.tokenize
import nltk
from readability import Document
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import extract

number = version("trafilatura")
nltk.word_tokenize = nltk.tokenize.word_tokenize = lambda text, *_, **__: text.split()  # its data are not on PyPI

def readability(page):
    return "\n".join(lxml.html.fromstring(Document(page).summary(html_partial=True)).itertext())

def newspaper4k(page):
    article = newspaper.Article("https://site.example/", language="ko" if "다." in page else "en")
    article.download(input_html=page)
    article.parse()
    return article.text

def asked(tool, page):
    try:
        return tool(page) or ""
    except Exception as error:  # a page that a tool cannot read is empty for it
        print(tool, repr(error)[:80], file=sys.stderr)
        return ""

TOOLS = {
    f"trafilatura {number}": lambda page: extract(page, include_comments=False) or "",
    f"trafilatura {number} fast": lambda page: extract(page, include_comments=False, fast=True) or "",
    f"trafilatura {number} recall": lambda page: extract(page, include_comments=False, favor_recall=True) or "",
    f"trafilatura {number} precision": lambda page: extract(page, include_comments=False, favor_precision=True) or "",
    f"resiliparse {version('resiliparse')}": lambda page: extract_plain_text(
        page, main_content=True, alt_texts=False, preserve_formatting=True
    ),
    f"readability-lxml {version('readability-lxml')}": readability,
    f"newspaper4k {version('newspaper4k')}": newspaper4k,
}
pages = pickle.load(open(sys.argv[1], "rb"))
for name, tool in TOOLS.items():
    asked(tool, pages[0])
    best, longest = float("inf"), 0.0
    for _ in range(int(sys.argv[2])):
        found, longest, start = [], 0.0, time.process_time()
        for page in pages:
            before = time.process_time()
            found.append(asked(tool, page))
            longest = max(longest, time.process_time() - before)
        best = min(best, time.process_time() - start)
    print(json.dumps([name, found, len(pages) / best, longest * 1000]), flush=True)
"""
COLLECTIONS = (KOREAN, "article_extraction_benchmark", "fundus")


def _chosen(found: Parsed) -> np.ndarray:
    return chosen_blocks(found.features, found.chance)


RULES: dict[str, Callable[[Parsed], np.ndarray]] = {
    "as it is": lambda found: found.chosen,
    "the trees alone": lambda found: chosen_blocks(found.features, found.chance),
    "the trees alone, a threshold of 0.4": lambda found: found.chance > 0.4,
    "the trees alone, a threshold of 0.5": lambda found: found.chance > 0.5,
    "the trees alone, a threshold of 0.6": lambda found: found.chance > 0.6,
    "with whole parts": lambda found: with_whole_parts(found.scanned, found.features, _chosen(found)),
    "with titles of parts": lambda found: with_titles(found.scanned, _chosen(found)),
    "with linked sentences": lambda found: with_linked_sentences(found.scanned, found.features, _chosen(found)),
}


class Result(NamedTuple):
    """One tool on one collection. agreement is None for a tool of which only the speed is asked.

    unwanted: segments that a page's labels call outside its core region and that the tool gave.
    """

    tool: str
    collection: str
    agreement: Agreement | None
    unwanted: int
    pages_per_s: float
    longest_ms: float


def main() -> None:
    """Prints a table, or one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "malmoi-core-region-venv")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    python = peer_python(given.venv)
    pages = read_labelled(given.pages)
    folds = [shipped_weights()] * FOLDS if given.shipped else fold_weights(pages, given.folds, Boosting())
    ours = "malmoi" + (" (shipped: has seen the pages)" if given.shipped else " (site-fold cross-validated)")
    source = Input(Path())
    for collection in COLLECTIONS:
        chosen = [page for page in pages if page.collection == collection]
        if given.rules:
            show_rules(chosen, folds)
        text = measure(ours, lambda page: extract(page.html, "utf-8", weights=folds[fold_of(page.site)]).text, chosen)
        wired = measure("malmoi as wired", lambda page: to_documents(_raw(page), source), chosen)
        for result in (text, wired, *measure_peers(python, chosen)):
            show(result, given.json)


def _raw(page: LabelledPage) -> Raw:
    return Raw(page.html, "html", page.name, 0, len(page.html))


def fold_weights(
    pages: list[LabelledPage], kept: Path | None, settings: Boosting, bags: int = BAGS
) -> list[RegionWeights]:
    """The weights of each fold, from the folder if they are there; else learned with `settings` and kept there."""
    if kept and (kept / f"fold-{FOLDS - 1}.npz").exists():
        return [load_weights(kept / f"fold-{fold}.npz") for fold in range(FOLDS)]
    folds = cross_validate([prepare(page) for page in pages], settings, bags)
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        for fold, weights in enumerate(folds):
            save_weights(weights, kept / f"fold-{fold}.npz")
    return folds


def peer_python(folder: Path) -> Path:
    """The peers' interpreter; they come from PyPI the first time."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pip = [python, "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "-U", "pip"], check=True, stdout=sys.stderr)  # Debian's does not know lxml's extras
        subprocess.run([*pip, *PACKAGES], check=True, stdout=sys.stderr)
    return python


def measure(name: str, tool: Callable[[LabelledPage], Any], pages: Sequence[LabelledPage]) -> Result:
    """One tool of ours over the pages, after one page that does not count; the best of REPEATS."""
    tool(pages[0])
    found: list[Any] = []
    best, longest = float("inf"), 0.0
    for _ in range(REPEATS):
        found, longest, start = [], 0.0, time.process_time()
        for page in pages:
            before = time.process_time()
            found.append(tool(page))
            longest = max(longest, time.process_time() - before)
        best = min(best, time.process_time() - start)
    if not isinstance(found[0], str):
        return Result(name, pages[0].collection, None, 0, len(pages) / best, longest * 1000)
    return _result(name, pages, found, len(pages) / best, longest * 1000)


def measure_peers(python: Path, pages: Sequence[LabelledPage]) -> list[Result]:
    """The other tools over the same pages, given as text, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.pickle"
        path.write_bytes(pickle.dumps([page.html.decode("utf-8", "replace") for page in pages]))
        words = [python, "-c", PEER, path, str(REPEATS)]
        printed = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [json.loads(line) for line in printed.splitlines()]
    return [_result(name, pages, found, speed, longest) for name, found, speed, longest in lines]


def _result(name: str, pages: Sequence[LabelledPage], found: Sequence[str], speed: float, longest: float) -> Result:
    pairs = [(page.truth or "", text) for page, text in zip(pages, found, strict=True)]
    unwanted = sum(segment in text for page, text in zip(pages, found, strict=True) for segment in page.unwanted)
    agreed = agreement(pairs, korean=pages[0].collection == KOREAN)
    return Result(name, pages[0].collection, agreed, unwanted, speed, longest)


def show_rules(pages: Sequence[LabelledPage], folds: Sequence[RegionWeights]) -> None:
    """What is worth each thing that no weight decides, and the rank correlation of predicted and true F1."""
    parsed = [parse(page.html, folds[fold_of(page.site)]) for page in pages]
    for name, choose in RULES.items():
        texts = [to_markdown(markdown_blocks(found.scanned, choose(found))) for found in parsed]
        result = _result(name, pages, texts, 0, 0)
        assert result.agreement is not None
        print(f"{result.collection:30} {name:40} F1 {result.agreement.f1:.4f}  empty {result.agreement.empty}")
    texts = [to_markdown(markdown_blocks(found.scanned, found.chosen)) for found in parsed]
    true = [agreement([(page.truth or "", text)], True).f1 for page, text in zip(pages, texts, strict=True)]
    unsure = [f1 for f1, found in zip(true, parsed, strict=True) if found.is_unsure]
    correlation = rank_correlation([found.confidence for found in parsed], true)
    print(
        f"{pages[0].collection:30} predicted and true F1: rank correlation {correlation:.3f}; "
        f"{len(unsure)} of {len(true)} pages unsure, their mean F1 {np.mean(unsure or [0]):.3f}, "
        f"of all {np.mean(true):.3f}"
    )


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's: the correlation of ranks, equal values sharing the mean of theirs."""
    ranks = [
        np.searchsorted(np.sort(values), values) + np.searchsorted(np.sort(values), values, "right")
        for values in (first, second)
    ]
    return float(np.corrcoef(ranks[0], ranks[1]).item(1))


def show(result: Result, as_json: bool) -> None:
    """One line."""
    agreed = result.agreement
    if as_json:
        print(json.dumps(result._asdict() | {"agreement": agreed and vars(agreed)}), flush=True)
        return
    quality = (
        ""
        if agreed is None
        else (
            f"F1 {agreed.f1:.4f}  P {agreed.precision:.4f}  R {agreed.recall:.4f}  exact {agreed.exact:.3f}"
            f"  empty {agreed.empty:2}  unwanted {result.unwanted:3}"
        )
    )
    print(
        f"{result.collection:30} {result.tool:40} {quality:71} {result.pages_per_s:6.0f} pages/s/core"
        f"  longest {result.longest_ms:5.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
