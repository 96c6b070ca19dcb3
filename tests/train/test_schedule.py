import pytest

from malmoi.train.schedule import learning_rate
from malmoi.train.settings import TrainSettings


def rates(**settings):
    chosen = TrainSettings(learning_rate=1.0, **settings)
    return [learning_rate(chosen, step) for step in range(chosen.steps)]


def test_schedule_as_a_table():
    found = rates(steps=12, warmup_steps=4, decay_share=0.25)
    #         warm-up                 stable                   1 - sqrt((k + 0.5) / 3.5)
    expected = [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.62204, 0.34535, 0.15485]
    assert found == pytest.approx(expected, abs=1e-5)


def test_without_warm_up_and_decay_the_rate_is_constant():
    assert rates(steps=5, warmup_steps=0, decay_share=0.0) == [1.0] * 5


def test_a_warm_up_over_all_steps_leaves_no_room_for_decay():
    assert rates(steps=4, warmup_steps=4, decay_share=1.0) == [0.25, 0.5, 0.75, 1.0]


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 1000])
def test_the_rate_is_never_zero_and_falls_to_the_end(steps):
    found = rates(steps=steps, warmup_steps=0, decay_share=1.0)
    assert min(found) > 0
    assert found == sorted(found, reverse=True)
