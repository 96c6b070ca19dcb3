import itertools

import pytest

from malmoi.train.order import Order


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 17, 1000, 4097])
def test_order_is_a_bijection_whatever_the_size(size):
    order = Order(size, seed=3, epoch=0)
    assert sorted(order.at(place) for place in range(size)) == list(range(size))


@pytest.mark.parametrize("size", [1, 7, 1000, 10**12 + 39])
def test_place_of_undoes_at_even_for_sizes_no_table_could_hold(size):
    order = Order(size, seed=1, epoch=4)
    for place in {0, size // 3, size - 1}:
        assert order.place_of(order.at(place)) == place


def test_seed_and_epoch_each_change_the_order():
    orders = {tuple(Order(200, seed, epoch).at(place) for place in range(200)) for seed in (0, 1) for epoch in (0, 1)}
    assert len(orders) == 4


def test_order_leaves_few_windows_in_place_and_keeps_few_neighbours():
    size = 10_000
    items = [Order(size, seed=0, epoch=0).at(place) for place in range(size)]
    assert sum(item == place for place, item in enumerate(items)) < 10  # 1 is expected
    assert sum(abs(after - item) == 1 for item, after in itertools.pairwise(items)) < 15  # 2 are expected
    first_half = sum(item < size // 2 for item in items[: size // 2]) / (size // 2)
    assert 0.47 < first_half < 0.53


def test_order_is_pinned_so_that_old_runs_can_be_resumed():
    assert [Order(10, seed=0, epoch=0).at(place) for place in range(10)] == [5, 4, 1, 8, 0, 6, 7, 2, 3, 9]
