"""Copies among loose texts: what a build with comparison alone says of each."""

import random

import pytest
from small_batches import sentences

from malmoi.corpus.duplicates import Comparison, compare
from malmoi.corpus.steps.minhash import NearDuplicate
from malmoi.sample.plant import STRENGTHS, near_duplicate


def family(seed):
    """Originals, copies of each with changes of all strengths, exact copies, and texts without a letter."""
    chance = random.Random(seed)
    texts = []
    for number in range(8):
        body = sentences(number, seed)
        texts.append(body)
        texts += [near_duplicate(body, chance.choice(STRENGTHS), chance) for _ in range(chance.randrange(4))]
        texts += [body.replace(" ", "  ")] * chance.randrange(3)
    return [*texts, "!!!", "!!!", "", "...", "네"]


def test_copies_know_the_one_that_stays_and_lone_texts_stay_alone():
    text = sentences(1)
    found = compare([text, sentences(2), text, text.replace(" ", "\n"), sentences(3)])
    assert [each.cluster is None for each in found] == [False, True, False, False, True]
    assert len({found[number].representative for number in (0, 2, 3)}) == 1
    assert sorted(found[number].similarity or 0 for number in (0, 2, 3)) == [0, 1, 1]
    assert found[1] == Comparison(None, 1, None)


@pytest.mark.parametrize("seed", [0, 3])
def test_every_text_that_goes_is_like_one_that_stays_and_is_in_its_cluster(seed):
    found = compare(family(seed))
    gone = [each for number, each in enumerate(found) if each.representative != number]
    assert gone
    for each in gone:
        stays = found[each.representative]
        assert (stays.representative, stays.similarity) == (each.representative, None)
        assert each.similarity is not None
        assert each.similarity >= NearDuplicate().similarity - 1e-6
        assert stays.cluster == each.cluster


def test_clusters_do_not_depend_on_the_order_of_the_texts():
    """Who stays of equally good and long ones does: an id is of a file's row, as in a corpus."""

    def clusters(texts):
        groups = {}
        for text, each in zip(texts, compare(texts), strict=True):
            groups.setdefault(each.cluster, set()).add(text)
        alone = groups.pop(None)
        return alone, set(map(frozenset, groups.values()))

    texts = list(dict.fromkeys(family(3)))
    shuffled = random.Random(1).sample(texts, len(texts))
    assert clusters(texts) == clusters(shuffled)
    assert len(clusters(texts)[1]) > 3


def test_texts_without_letters_are_copies_only_where_they_are_equal():
    found = compare(["!!!", "...", "! !\n!", "", " ", "😀", "🎉"])
    assert found[0].cluster == found[2].cluster is not None
    assert [found[number] for number in (1, 3, 4, 5, 6)] == [Comparison(None, n, None) for n in (1, 3, 4, 5, 6)]


def test_one_text_is_fine_and_none_too():
    assert compare(["가"]) == [Comparison(None, 0, None)]
    assert compare([]) == []
