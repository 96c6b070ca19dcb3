import numpy as np
import pytest

from malmoi.serve.engine import Request
from malmoi.serve.sampling import Sampler, draw, logprob_of, most_probable, penalize, weights

LOGITS = np.array([1.0, 3.0, 2.0, -1.0, 3.0], dtype=np.float32)
ALLOWED = np.zeros(5, dtype=bool)


def request(**settings):
    return Request(prompt_ids=(0,), **settings)


def test_greedy_takes_the_first_of_equals_and_never_what_is_forbidden():
    sampler = Sampler(request(temperature=0))
    assert sampler.choose(LOGITS, ALLOWED) == 1
    assert sampler.choose(LOGITS, np.array([False, True, False, False, True])) == 2


def test_choosing_leaves_the_logits_as_they_are():
    before = LOGITS.copy()
    Sampler(request(temperature=0.5, repetition_penalty=2.0, top_k=2)).choose(LOGITS, ALLOWED)
    assert np.array_equal(before, LOGITS)


def test_the_same_seed_draws_the_same_tokens_and_another_seed_others():
    def drawn(seed):
        sampler = Sampler(request(temperature=1.0, seed=seed))
        return [sampler.choose(LOGITS, ALLOWED) for _ in range(50)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert drawn(-3) == drawn(-3), "OpenAI's seeds may be negative"


def test_top_k_keeps_k_tokens():
    assert np.flatnonzero(weights(LOGITS, request(temperature=1.0, top_k=2))).tolist() == [1, 4]
    assert np.count_nonzero(weights(LOGITS, request(temperature=1.0, top_k=99))) == 5


@pytest.mark.parametrize(("top_p", "kept"), [(0.01, [1]), (0.5, [1, 4]), (0.9, [1, 2, 4]), (1.0, [0, 1, 2, 3, 4])])
def test_top_p_keeps_the_fewest_tokens_that_reach_it(top_p, kept):
    shares = weights(LOGITS, request(temperature=1.0, top_p=top_p))
    assert np.flatnonzero(shares).tolist() == kept
    assert shares.max() == 1.0


def test_top_p_is_right_where_the_mass_lies_beyond_the_candidates():
    flat = np.zeros(5000, dtype=np.float32)
    assert np.count_nonzero(weights(flat, request(temperature=1.0, top_p=0.5))) in (2500, 2501)


def test_temperature_sharpens_and_flattens():
    cold, warm = (weights(LOGITS, request(temperature=value))[2] for value in (0.2, 2.0))
    assert cold < warm


@pytest.mark.parametrize("temperature", [1e-300, 1e-37, 1e-30])
def test_a_temperature_near_zero_takes_the_best_without_a_warning(temperature):
    scores = np.array([1.0, 50.0, -50.0], np.float32)
    assert weights(scores, request(temperature=temperature)).tolist() == [0.0, 1.0, 0.0]


def test_draw_stays_inside_for_every_position():
    shares = np.array([0.0, 0.3, 0.0, 0.7, 0.0])
    assert [draw(shares, position) for position in (0.0, 0.29, 0.31, 0.999999999999, 1.0)] == [1, 1, 3, 3, 3]


def test_draws_of_a_large_vocabulary_follow_the_weights():
    shares = np.zeros(5000, dtype=np.float32)
    shares[[3, 255, 256, 4000, 4999]] = [1, 2, 3, 4, 0.5]
    ends = np.cumsum(shares, dtype=np.float64) / shares.sum()
    for position in np.linspace(0, 1, 400, endpoint=False):
        assert draw(shares, position) == np.searchsorted(ends, position, side="right")
    assert draw(shares, 1.0) == 4999


def test_repetition_penalty_makes_seen_tokens_less_probable_whatever_their_sign():
    scores = LOGITS.copy()
    penalize(scores, {1, 3}, 2.0)
    assert scores.tolist() == [1.0, 1.5, 2.0, -2.0, 3.0]


def test_logprobs_are_the_models_own():
    exact = LOGITS.astype(np.float64) - np.log(np.exp(LOGITS.astype(np.float64)).sum())
    assert logprob_of(LOGITS, 2) == pytest.approx(exact[2], abs=1e-6)
    top = most_probable(LOGITS, 3)
    assert [token_id for token_id, _ in top] == [1, 4, 2]
    assert top[0][1] == pytest.approx(exact[1], abs=1e-6)
    assert most_probable(LOGITS, 0) == ()
    assert len(most_probable(LOGITS, 99)) == 5


def test_min_p_keeps_tokens_with_a_share_of_the_best_ones_probability():
    assert np.flatnonzero(weights(LOGITS, request(temperature=1.0, min_p=0.3))).tolist() == [1, 2, 4]
    assert np.flatnonzero(weights(LOGITS, request(temperature=1.0, min_p=1.0))).tolist() == [1, 4]
    assert np.count_nonzero(weights(LOGITS, request(temperature=1.0, min_p=0.0))) == 5


def test_a_bias_bans_a_token_or_takes_it_before_all_others_but_never_what_is_forbidden():
    assert Sampler(request(temperature=0, logit_bias=((1, -100), (4, -100.0)))).choose(LOGITS, ALLOWED) == 2
    forbidden = np.array([False, False, False, True, False])
    assert Sampler(request(temperature=0, logit_bias=((3, 100),))).choose(LOGITS, ALLOWED) == 3
    assert Sampler(request(temperature=0, logit_bias=((3, 100),))).choose(LOGITS, forbidden) == 1


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [({"presence_penalty": 1.5}, [1, 4, 2, 1, 1]), ({"frequency_penalty": 1.5}, [1, 4, 2, 1, 4])],
)
def test_penalties_count_what_the_answer_holds_and_not_the_prompt(penalty, expected):
    sampler = Sampler(Request((1, 1, 4), temperature=0, **penalty))
    assert [sampler.choose(LOGITS, ALLOWED) for _ in expected] == expected


def test_the_smallest_temperature_is_greedy_without_a_warning():
    sampler = Sampler(request(temperature=5e-324, seed=1))
    assert sampler.choose(np.array([0.0, 2.0, 1.0], dtype=np.float32), ALLOWED[:3]) == 1
