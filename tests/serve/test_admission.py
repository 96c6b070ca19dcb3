import asyncio
import time

import pytest

from malmoi.serve.admission import Admission, FullError


def run(work):
    return asyncio.run(work)


async def answers(admission, key, count, done, tokens=10):
    """`count` answers of one key, each at once; `done` gets the key as each has had its turn."""

    async def one():
        async with admission.turn(key, tokens):
            await asyncio.sleep(0)
            done.append(key)

    await asyncio.gather(*(one() for _ in range(count)))


def test_a_key_with_one_request_is_not_held_up_by_a_key_with_many():
    async def work():
        admission, done = Admission(1, 100, 10**6, 10.0), []
        many = asyncio.create_task(answers(admission, "many", 50, done))
        await asyncio.sleep(0.01)
        done.clear()
        await answers(admission, "one", 3, done)
        await many
        return done

    done = run(work())
    assert [place for place, key in enumerate(done) if key == "one"][-1] <= 6


def test_turns_are_shared_by_tokens_not_by_requests():
    async def work():
        admission, done = Admission(1, 100, 10**6, 10.0), []
        hold = asyncio.Event()

        async def holder():
            async with admission.turn("holder", 1):
                await hold.wait()

        first = asyncio.create_task(holder())
        await asyncio.sleep(0)
        tasks = [asyncio.create_task(answers(admission, "long", 10, done, tokens=300))]
        tasks.append(asyncio.create_task(answers(admission, "short", 30, done, tokens=100)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hold.set()
        await asyncio.gather(first, *tasks)
        return done

    early = run(work())[:20]
    assert early.count("short") == pytest.approx(15, abs=2)


def test_places_are_counted_per_key_and_in_all_and_come_back_once():
    admission = Admission(2, 2, 10**6, 1.0, key_share=lambda: 0.5)
    first, second = admission.take("a"), admission.take("a")
    with pytest.raises(FullError, match="share"):
        admission.take("a")
    third, fourth = admission.take("b"), admission.take("c")
    with pytest.raises(FullError, match="full") as full:
        admission.take("d")
    assert full.value.retry_s >= 1
    first.release()
    first.release()
    assert admission.held == 3
    for place in (second, third, fourth):
        place.release()
    assert (admission.held, admission.held_tokens) == (0, 0)


def test_a_request_larger_than_all_places_is_taken_where_nothing_else_runs():
    admission = Admission(2, 0, 100, 1.0, key_share=lambda: 0.5)
    place = admission.take("a", 2)
    place.hold_tokens(1000)
    with pytest.raises(FullError):
        admission.take("b")
    place.release()
    first, second = admission.take("a"), admission.take("b")
    first.hold_tokens(60)
    with pytest.raises(FullError, match="tokens"):
        second.hold_tokens(60)
    second.release()
    assert admission.held_tokens == 60


def test_who_waits_too_long_or_leaves_costs_no_turn():
    async def work():
        admission, release = Admission(1, 10, 10**6, 0.05), asyncio.Event()

        async def holder():
            async with admission.turn("a", 1):
                await release.wait()

        held = asyncio.create_task(holder())
        await asyncio.sleep(0)
        with pytest.raises(FullError, match=r"0\.05 seconds"):
            async with admission.turn("b", 1):
                pytest.fail("no turn was free")
        leaver = asyncio.create_task(answers(admission, "c", 1, []))
        await asyncio.sleep(0.01)
        leaver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        assert admission.waiting == 0
        done = []
        last = asyncio.create_task(answers(admission, "d", 2, done))
        await asyncio.sleep(0.01)
        release.set()
        await asyncio.gather(held, last)
        return admission, done

    admission, done = run(work())
    assert (admission.running, admission.waiting, done) == (0, 0, ["d", "d"])


def test_who_leaves_in_the_moment_of_its_turn_gives_it_back():
    async def work():
        admission, release = Admission(1, 10, 10**6, 5.0), asyncio.Event()

        async def holder():
            async with admission.turn("a", 1):
                await release.wait()

        held = asyncio.create_task(holder())
        await asyncio.sleep(0)
        waiter = asyncio.create_task(answers(admission, "b", 1, []))
        await asyncio.sleep(0.01)
        release.set()
        await held
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        return admission.running

    assert run(work()) == 0


def test_retry_after_grows_with_the_queue_and_learns_how_long_answers_take():
    async def work():
        admission = Admission(1, 100, 10**6, 10.0)
        before = admission.retry_s
        done = []
        await answers(admission, "a", 60, done)
        return before, admission.retry_s

    before, after = run(work())
    assert (before, after) == (5, 1)


def test_a_request_that_cannot_begin_in_time_is_refused_at_once_and_one_that_is_late_while_it_waits():
    async def work():
        admission, release = Admission(1, 10, 10**6, 10.0), asyncio.Event()
        place = admission.take("a", within_s=0.01)

        async def holder():
            async with place.turn(1):
                await release.wait()

        held = asyncio.create_task(holder())
        await asyncio.sleep(0)
        with pytest.raises(FullError, match="begin within 2 seconds") as at_once:
            admission.take("b", within_s=2)
        hopeful = admission.take("b", within_s=6)  # an answer is taken to last 5 s
        hopeful._start_by_s = time.monotonic() + 0.02
        with pytest.raises(FullError) as late:
            async with hopeful.turn(1):
                pytest.fail("no turn was free")
        hopeful.release()
        release.set()
        await held
        place.release()
        return at_once.value, late.value, admission

    at_once, late, admission = run(work())
    assert at_once.is_late
    assert late.is_late
    assert at_once.retry_s >= 1
    assert (admission.held, admission.running, admission.waiting) == (0, 0, 0)


def test_a_key_that_has_nothing_waiting_is_not_told_the_whole_queue_of_another():
    async def work():
        admission, release = Admission(1, 100, 10**6, 10.0), asyncio.Event()

        async def one():
            async with admission.turn("many", 1):
                await release.wait()

        tasks = [asyncio.create_task(one()) for _ in range(21)]
        await asyncio.sleep(0.01)
        found = admission.starts_in_s("one"), admission.starts_in_s("many")
        release.set()
        await asyncio.gather(*tasks)
        return found

    assert run(work()) == (10.0, 105.0)
