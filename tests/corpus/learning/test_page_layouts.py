"""Made-up pages: the same number gives the same pages, and the truth is what stands on them."""

import re

from malmoi.corpus.learning.labelled_pages import MADE_UP
from malmoi.corpus.learning.page_layouts import made_up_pages
from malmoi.corpus.learning.region_learner import prepare


def test_the_same_seed_gives_the_same_pages_and_another_seed_others():
    assert made_up_pages(5) == made_up_pages(5)
    assert made_up_pages(5, seed=2) != made_up_pages(5)
    assert made_up_pages(3) == made_up_pages(5)[:3]


def test_every_word_of_the_truth_stands_on_the_page_and_no_mark_is_left():
    pages = made_up_pages(60)
    assert len(pages) == 60
    for page in pages:
        html = page.html.decode()
        assert page.collection == MADE_UP
        assert not re.search("[\ue000\ue001]", html)
        assert page.truth is not None
        assert all(line in html for line in re.split(r"\n+", page.truth)), page.name


def test_pages_have_text_and_chrome_and_a_few_are_an_index_without_text():
    pages = made_up_pages(120)
    indexes = [page for page in pages if not page.truth]
    assert 2 <= len(indexes) <= 20
    labels = [prepare(page).labels for page in pages if page.truth]
    assert all((label == 1).any() for label in labels)
    assert sum((label == 0).any() for label in labels) > 0.9 * len(labels)
