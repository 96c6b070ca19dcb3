"""Making the weights of the core-region model from labelled pages; the same pages and seed give the same weights.

Pages with their whole text known label each of their blocks; of pages with only some segments known, the other blocks
teach nothing (guessing their labels by the first trees gained on news and lost on the rest). The second trees learn
from judgements of first trees that have not seen the site, so that they meet what they will meet.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from malmoi.corpus.html.block_features import COLUMN, block_features
from malmoi.corpus.html.boosting import Trees, log_odds
from malmoi.corpus.html.code_markup import scan_with_code
from malmoi.corpus.html.confidence import THRESHOLD, confidence_features
from malmoi.corpus.html.context import context_features
from malmoi.corpus.html.region_model import RegionWeights, TreePair, is_wide, logistic, save_weights
from malmoi.corpus.html.scan import END, START, Scanned
from malmoi.corpus.learning.boosting import Boosting, bag
from malmoi.corpus.learning.labelled_pages import KOREAN, MADE_UP, LabelledPage, read_labelled
from malmoi.corpus.learning.page_labels import label_blocks
from malmoi.corpus.learning.page_layouts import made_up_pages
from malmoi.corpus.learning.region_measure import FIND_WORDS, agreement

FOLDS = 5
"""Of sites, for cross-validation."""
INNER_FOLDS = 3
"""Of sites, for what the first trees say of pages that they have not seen."""
BAGS = 3
"""Models that are averaged."""
SIZE_POWER = 0.6
"""A block counts by the number of its words to this power: the measure counts words, the eye counts blocks."""
PAGE_POWER = 0.5
"""A page's blocks together count by their sum to one minus this: the measure counts every page once."""
SEGMENT_WEIGHT = 1.5
"""Of blocks with a known segment of a page of which no more is known: there are few of them."""
MADE_UP_PAGES, MADE_UP_WEIGHT = 300, 0.3
"""Pages of page_layouts.py that are learned from beside the real ones, and what a block of them counts."""
NARROW_WEIGHT, NARROW_TREES = 0.15, 2.5
"""What a block of a Korean page counts where the trees for pages in narrow scripts are learned; how many more they are.

With as many as the others they fit the pages of fundus less than the floor of tests/gates asks.
"""
CONFIDENCE_RIDGE, UNSURE_SHARE = 1.0, 0.1
"""Of the fit of confidence.py; and the share of pages that is called unsure."""
CONTAINER_REACH = 3
"""A block belongs to a list or a table that stands so few elements above it."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PageExample:
    """A labelled page as the learner sees it.

    features: float32 (blocks, columns). style: int64 (blocks,). labels: float32 (blocks,), 1 core region, 0 not, -1 not
    known. weights: float32 (blocks,), how much each block counts.
    """

    page: LabelledPage
    scanned: Scanned
    features: np.ndarray
    style: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def fold_of(site: str, folds: int = FOLDS, salt: str = "") -> int:
    """The fold that all pages of a site belong to, by hash."""
    return int(hashlib.sha256(f"{salt}{site}".encode()).hexdigest()[:8], 16) % folds


def prepare(page: LabelledPage) -> PageExample:
    """Scans a page and labels its blocks."""
    _, content, scanned = scan_with_code(page.html)
    features, style = block_features(content, scanned)
    text = scanned.text.tobytes()
    texts = [text[block[START] : block[END]].decode("utf-8", "replace") for block in scanned.blocks]
    if page.truth is not None:
        shares, lengths = label_blocks(texts, page.truth)
        labels = (shares > 0.5).astype(np.float32)
        if page.plain:
            labels[_unsaid(labels, features)] = -1
    else:
        labels = _known(texts, page)
        lengths = np.array([len(FIND_WORDS(block)) for block in texts], np.int64)
    sizes = (lengths + 1.0) ** SIZE_POWER
    weights = sizes / max(1.0, sizes.sum()) ** PAGE_POWER * _page_weight(page)
    return PageExample(page, scanned, features, style, labels, weights.astype(np.float32))


def learn(
    examples: Sequence[PageExample], settings: Boosting, progress: Progress | None = None, bags: int = BAGS
) -> RegionWeights:
    """Weights from all examples; `progress` is called with sets of trees made and to make. bags: models averaged."""
    examples = [example for example in examples if len(example.labels)]
    progress = progress or (lambda _done, _total: None)
    half = 2 * INNER_FOLDS + 2
    wide, of_wide = _pair(examples, settings, bags, lambda done: progress(done, 2 * half))
    less = [replace(one, weights=one.weights * NARROW_WEIGHT) if _is_korean(one) else one for one in examples]
    more = replace(settings, num_trees=round(NARROW_TREES * settings.num_trees))
    narrow, of_narrow = _pair(less, more, bags, lambda done: progress(half + done, 2 * half))
    chances = [of_wide[n] if is_wide(one.features) else of_narrow[n] for n, one in enumerate(examples)]
    return RegionWeights(wide, narrow, fit_confidence(examples, chances))


def _pair(
    examples: Sequence[PageExample], settings: Boosting, bags: int, progress: Callable[[int], None]
) -> tuple[TreePair, list[np.ndarray]]:
    """Both sets of trees; and the chances of each page's blocks by trees that have not seen its site."""
    first = _boost(examples, settings, bags=bags)
    progress(1)
    unseen = [np.zeros(0, np.float32)] * len(examples)
    chances, seconds = list(unseen), list(unseen)
    for fold in range(INNER_FOLDS):
        trees = _boost([example for example in examples if _inner_fold(example) != fold], settings)
        for number, example in enumerate(examples):
            if _inner_fold(example) == fold:
                chances[number] = logistic(log_odds(example.features, *trees))
        progress(fold + 2)
    for fold in range(INNER_FOLDS):
        seen = [number for number, example in enumerate(examples) if _inner_fold(example) != fold]
        trees = _boost([examples[n] for n in seen], settings, [chances[n] for n in seen])
        for number, example in enumerate(examples):
            if _inner_fold(example) == fold:
                seconds[number] = logistic(log_odds(_with_context(example, chances[number]), *trees))
        progress(INNER_FOLDS + fold + 2)
    second = _boost(examples, settings, chances, bags)
    progress(2 * INNER_FOLDS + 2)
    return TreePair(first, second), seconds


def fit_confidence(examples: Sequence[PageExample], chances: Sequence[np.ndarray]) -> np.ndarray:
    """float32: constant, factors and the limit of `RegionWeights.confidence`, by ridge regression over whole pages.

    chances: of the blocks of each page, by trees that have not seen its site. Half of the weight is on Korean pages.
    """
    known = [n for n, one in enumerate(examples) if one.page.truth and one.page.collection != MADE_UP]
    if len(known) < 2:
        return np.array([0.5, 0, 0, 0, 0, 0, 0], np.float32)
    rows = np.array([confidence_features(examples[n].features[:, COLUMN["weight"]], chances[n]) for n in known])
    true = np.array([_true_f1(examples[n], chances[n]) for n in known])
    is_korean = np.array([examples[n].page.collection == KOREAN for n in known])
    weight = np.where(is_korean, 1 / max(1, is_korean.sum()), 1 / max(1, (~is_korean).sum()))[:, None] * len(known) / 2
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    table = np.hstack([np.ones((len(rows), 1)), (rows - mean) / spread])
    ridge = CONFIDENCE_RIDGE * np.diag([0.0, *np.ones(rows.shape[1])])
    solved = np.linalg.solve((table * weight).T @ table + ridge, (table * weight).T @ true)
    fit = np.concatenate([[solved[0] - solved[1:] @ (mean / spread)], solved[1:] / spread])
    limit = np.quantile(np.clip(fit[0] + rows @ fit[1:], 0, 1), UNSURE_SHARE)
    return np.array([*fit, limit], np.float32)


def _true_f1(example: PageExample, chance: np.ndarray) -> float:
    """The measure of one page for the blocks that the chances choose."""
    text = example.scanned.text.tobytes()
    spans = example.scanned.blocks[chance > THRESHOLD][:, [START, END]].tolist()
    chosen = "\n".join(text[start:end].decode("utf-8", "replace") for start, end in spans)
    return agreement([(example.page.truth or "", chosen)]).f1


def learn_folder(folder: Path, out: Path, progress: Progress | None = None) -> dict[str, int]:
    """Learns from all labelled pages under the folder and writes the weights to `out`; counts of what they hold."""
    pages = [*read_labelled(folder), *made_up_pages(MADE_UP_PAGES)]
    examples = [prepare(page) for page in pages]
    save_weights(learn(examples, Boosting(), progress), out)
    blocks = sum(int((example.labels >= 0).sum()) for example in examples)
    return {"pages": len(pages), "sites": len({page.site for page in pages}), "labelled_blocks": blocks}


def cross_validate(examples: Sequence[PageExample], settings: Boosting, bags: int = BAGS) -> list[RegionWeights]:
    """Weights for each fold, learned without the sites of that fold: judge a page by `result[fold_of(its site)]`."""
    return [
        learn([example for example in examples if fold_of(example.page.site) != fold], settings, bags=bags)
        for fold in range(FOLDS)
    ]


def _is_korean(example: PageExample) -> bool:
    return example.page.collection in (KOREAN, MADE_UP)


def _page_weight(page: LabelledPage) -> float:
    if page.collection == MADE_UP:
        return MADE_UP_WEIGHT
    return 1.0 if page.truth is not None else SEGMENT_WEIGHT


def _known(texts: list[str], page: LabelledPage) -> np.ndarray:
    """float32 (texts,): labels of the blocks that hold one of the page's segments; -1 for all others."""
    labels = np.full(len(texts), -1, np.float32)
    lines = [" ".join(text.split()) for text in texts]
    for segments, label in ((page.unwanted, 0), (page.wanted, 1)):
        for segment in filter(None, (" ".join(segment.split()) for segment in segments)):
            labels[[segment in line for line in lines]] = label
    return labels


def _unsaid(labels: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Blocks of lists, tables and quotations between the first and the last block of a truth that has none of these."""
    true = np.flatnonzero(labels > 0)
    between = np.zeros(len(labels), np.bool_)
    if len(true):
        between[true[0] : true[-1]] = True
    containers = [features[:, COLUMN[f"under_{name}"]] <= CONTAINER_REACH for name in ("item", "cell", "quote", "pre")]
    return between & np.any(containers, axis=0) & (labels == 0)


def _inner_fold(example: PageExample) -> int:
    return fold_of(example.page.site, INNER_FOLDS, "inner")


def _with_context(example: PageExample, chance: np.ndarray) -> np.ndarray:
    context = context_features(example.scanned, example.features, example.style, chance)
    return np.hstack([example.features, context])


def _boost(
    examples: Sequence[PageExample], settings: Boosting, chances: Sequence[np.ndarray] | None = None, bags: int = 1
) -> Trees:
    """Trees from the blocks with a label; with chances, over context features too."""
    rows, labels, weights = [], [], []
    for number, example in enumerate(examples):
        known = example.labels >= 0
        features = example.features if chances is None else _with_context(example, chances[number])
        rows.append(features[known])
        labels.append(example.labels[known])
        weights.append(example.weights[known])
    return bag(np.vstack(rows), np.concatenate(labels), np.concatenate(weights).astype(np.float32), settings, bags)
