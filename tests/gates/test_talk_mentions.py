"""Floors of names in talks: those that are meant become labels (98 %), words stay (99 %), on either half."""

import pytest
import talk_mentions

LEAST_REPLACED, MOST_SPOILT = 0.98, 0.01


@pytest.mark.parametrize("half", ["made", "aside"])
def test_members_become_labels_and_words_stay_words(half: str):
    found = talk_mentions.score(half)
    assert found.meant >= 100
    assert found.ordinary >= 100
    assert found.replaced >= LEAST_REPLACED * found.meant, found.wrong
    assert found.spoilt <= MOST_SPOILT * found.ordinary, found.wrong
