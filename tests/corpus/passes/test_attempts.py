import pytest

from malmoi.corpus.passes.attempts import Journal, Phase, Place, Wounds, after_death, last


@pytest.fixture
def path(tmp_path):
    return tmp_path / "000000.journal"


def test_last_place_survives_without_closing_the_journal(path):
    journal = Journal(path)
    journal.at(Place(3, 17), Phase.PARSING)
    assert last(path) == (Place(3, 17), Phase.PARSING)


def test_missing_journal_means_the_very_beginning(path):
    assert last(path) == (Place(0, 0), Phase.READING)


@pytest.mark.parametrize(("phase", "cost"), [(Phase.READING, "unread"), (Phase.PARSING, "lost")])
def test_first_death_is_forgiven_and_the_second_at_the_same_place_costs_it(path, phase, cost):
    Journal(path).at(Place(1, 2), phase)
    once = after_death(Wounds(), path)
    assert not (once.lost or once.unread)
    assert getattr(after_death(once, path), cost) == {Place(1, 2)}


def test_deaths_at_different_places_cost_nothing_for_a_while_and_then_each_counts(path):
    journal, wounds = Journal(path), Wounds()
    for number in range(9):
        assert not wounds.lost
        journal.at(Place(0, number), Phase.PARSING)
        wounds = after_death(wounds, path)
    assert wounds.lost == {Place(0, 8)}


def test_death_while_judging_a_batch_makes_batches_of_one_until_the_document_is_known(path):
    Journal(path).at(Place(0, 9), Phase.JUDGING)
    alone = after_death(after_death(Wounds(), path), path)
    assert alone.one_by_one
    assert not alone.lost
    assert after_death(after_death(alone, path), path).lost == {Place(0, 9)}


def test_worker_that_dies_at_a_place_given_up_already_ends_the_run(path):
    Journal(path).at(Place(0, 0), Phase.READING)
    with pytest.raises(RuntimeError, match="whatever they do"):
        after_death(Wounds(unread=frozenset([Place(0, 0)])), path)
