import pytest

from malmoi.corpus.passes.attempts import Attempts, ItemIndex, Journal, Phase, after_failure, last


@pytest.fixture
def path(tmp_path):
    return tmp_path / "000000.journal"


def test_last_place_survives_without_closing_the_journal(path):
    journal = Journal(path)
    journal.at(ItemIndex(3, 17), Phase.PARSING)
    assert last(path) == (ItemIndex(3, 17), Phase.PARSING)


def test_missing_journal_means_the_very_beginning(path):
    assert last(path) == (ItemIndex(0, 0), Phase.READING)


@pytest.mark.parametrize(("phase", "cost"), [(Phase.READING, "unread_from"), (Phase.PARSING, "quarantined")])
def test_first_death_is_forgiven_and_the_second_at_the_same_place_costs_it(path, phase, cost):
    Journal(path).at(ItemIndex(1, 2), phase)
    once = after_failure(Attempts(), path)
    assert not (once.quarantined or once.unread_from)
    assert getattr(after_failure(once, path), cost) == {ItemIndex(1, 2)}


def test_deaths_at_different_places_cost_nothing_for_a_while_and_then_each_counts(path):
    journal, attempts = Journal(path), Attempts()
    for number in range(9):
        assert not attempts.quarantined
        journal.at(ItemIndex(0, number), Phase.PARSING)
        attempts = after_failure(attempts, path)
    assert attempts.quarantined == {ItemIndex(0, 8)}


def test_death_while_judging_a_batch_makes_batches_of_one_until_the_document_is_known(path):
    Journal(path).at(ItemIndex(0, 9), Phase.JUDGING)
    alone = after_failure(after_failure(Attempts(), path), path)
    assert alone.one_by_one
    assert not alone.quarantined
    assert after_failure(after_failure(alone, path), path).quarantined == {ItemIndex(0, 9)}


def test_worker_that_dies_at_a_place_given_up_already_ends_the_run(path):
    Journal(path).at(ItemIndex(0, 0), Phase.READING)
    with pytest.raises(RuntimeError, match="whatever they do"):
        after_failure(Attempts(unread_from=frozenset([ItemIndex(0, 0)])), path)
