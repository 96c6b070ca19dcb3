"""Main text of web pages: our core region against trafilatura (three modes) and resiliparse, in one run on one core.

    python benchmarks/core_region.py PAGES [--folds FOLDER] [--shipped] [--json]

PAGES is the unpacked pages.tar.zst. F1 is the article extraction benchmark's own measure, on its pages and on those of
fundus. Ours is cross-validated: weights are learned five times, each time without a fifth of the sites (those of all
three collections), and every page is judged by the weights that have seen no page of its site. That takes some
minutes; --folds keeps the weights of the folds for another run, --shipped measures the shipped weights instead (which
have seen all these pages: their F1 says little). Speed is pages per CPU second of one process, with the shipped
weights' code path, from bytes to text; the peers are given decoded text, which spares them that part. resiliparse is no
dependency of ours: install it beside malmoi first (pip install resiliparse).
"""
# resiliparse is installed by whoever measures:
# pyright: reportMissingImports=false

import argparse
import json
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from malmoi.corpus.core_region.boosting import Boosting
from malmoi.corpus.core_region.labelled import Labelled, read_labelled
from malmoi.corpus.core_region.learn import FOLDS, cross_validate, fold_of, prepare
from malmoi.corpus.core_region.measure import Agreement, agreement
from malmoi.corpus.core_region.model import Weights, load_weights, save_weights, shipped_weights
from malmoi.corpus.core_region.region import extract

COLLECTIONS = ("article_extraction_benchmark", "fundus")


class Result(NamedTuple):
    """One tool on one collection."""

    tool: str
    collection: str
    agreement: Agreement
    pages_per_s: float
    longest_ms: float


def main() -> None:
    """Prints a table, or one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    pages = read_labelled(given.pages)
    folds = [shipped_weights()] * FOLDS if given.shipped else fold_weights(pages, given.folds)
    tools: dict[str, Callable[[Labelled], str]] = {
        "malmoi"
        + (" (shipped: has seen the pages)" if given.shipped else " (site-fold cross-validated)"): lambda page: (
            extract(page.html, "utf-8", weights=folds[fold_of(page.site)]).text
        ),
        **peers(),
    }
    for collection in COLLECTIONS:
        chosen = [page for page in pages if page.collection == collection]
        texts = {page.name: page.html.decode("utf-8", "replace") for page in chosen}
        for name, tool in tools.items():
            show(measure(name, tool, chosen, texts), given.json)


def fold_weights(pages: list[Labelled], kept: Path | None) -> list[Weights]:
    """The weights of each fold, from the folder if they are there."""
    if kept and (kept / f"fold-{FOLDS - 1}.npz").exists():
        return [load_weights(kept / f"fold-{fold}.npz") for fold in range(FOLDS)]
    folds = cross_validate([prepare(page) for page in pages], Boosting())
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        for fold, weights in enumerate(folds):
            save_weights(weights, kept / f"fold-{fold}.npz")
    return folds


def peers() -> dict[str, Callable[[Labelled], str]]:
    """The other tools, given the page as text."""
    from resiliparse.extract.html2text import extract_plain_text
    from trafilatura import extract as extract_article

    number = version("trafilatura")
    return {
        f"trafilatura {number}": lambda page: extract_article(DECODED[page.name], include_comments=False) or "",
        f"trafilatura {number} fast": lambda page: (
            extract_article(DECODED[page.name], include_comments=False, fast=True) or ""
        ),
        f"trafilatura {number} precision": lambda page: (
            extract_article(DECODED[page.name], include_comments=False, favor_precision=True) or ""
        ),
        f"resiliparse {version('resiliparse')}": lambda page: extract_plain_text(
            DECODED[page.name], main_content=True, alt_texts=False, preserve_formatting=True
        ),
    }


DECODED: dict[str, str] = {}


def measure(name: str, tool: Callable[[Labelled], str], pages: list[Labelled], texts: dict[str, str]) -> Result:
    """One tool over the pages, after one page that does not count."""
    DECODED.update(texts)
    tool(pages[0])
    found, longest, start = [], 0.0, time.process_time()
    for page in pages:
        before = time.process_time()
        found.append(tool(page))
        longest = max(longest, time.process_time() - before)
    seconds = time.process_time() - start
    agreed = agreement((page.truth or "", text) for page, text in zip(pages, found, strict=True))
    return Result(name, pages[0].collection, agreed, len(pages) / seconds, longest * 1000)


def show(result: Result, as_json: bool) -> None:
    """One line."""
    agreed = result.agreement
    if as_json:
        print(json.dumps(result._asdict() | {"agreement": vars(agreed)}), flush=True)
        return
    print(
        f"{result.collection:30} {result.tool:40} F1 {agreed.f1:.4f}  P {agreed.precision:.4f}  R {agreed.recall:.4f}  "
        f"exact {agreed.exact:.3f}  {result.pages_per_s:6.0f} pages/s/core  longest {result.longest_ms:5.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
