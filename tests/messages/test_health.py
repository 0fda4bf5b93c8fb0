"""When a provider counts as failing or slow, how it comes back, and how fast it may be called; without a clock."""

from __future__ import annotations

import pytest

from selfservice.errors import ConfigError
from selfservice.messages import health
from selfservice.messages.channels.registry import take_rate
from selfservice.messages.health import Call, Tally
from selfservice.messages.limits import Limit


def tally(*calls: Call, parallel: int = 8) -> Tally:
    made = Tally(parallel)
    for call in calls:
        made.note(call)
    return made


def failures(count: int, *, end: float = 60.0) -> list[Call]:
    return [Call(end - place * 0.1, 0.1, failed=True) for place in reversed(range(count))]


def successes(count: int, *, end: float = 60.0, seconds: float = 0.1) -> list[Call]:
    return [Call(end, seconds, failed=False)] * count


@pytest.mark.parametrize(("count", "verdict"), [(49, None), (50, "failures")])
def test_fifty_failures_in_a_minute_are_too_many(count: int, verdict: str | None) -> None:
    assert tally(*failures(count)).verdict(60.0, [], on_trial=False) == verdict


def test_failures_of_more_than_a_minute_ago_are_forgotten() -> None:
    assert tally(*failures(50)).verdict(121.0, [], on_trial=False) is None


def test_fifty_failures_among_many_calls_are_ordinary() -> None:
    assert tally(*failures(50), *successes(451)).verdict(60.0, [], on_trial=False) is None
    assert tally(*failures(50), *successes(449)).verdict(60.0, [], on_trial=False) == "failures"


def test_half_of_the_last_fifty_calls_over_five_seconds_is_slow() -> None:
    fast, slow = successes(24), successes(26, seconds=5.1)

    assert tally(*slow, *fast).verdict(60.0, [], on_trial=False) == "slow"
    assert tally(*slow, *fast, *fast).verdict(60.0, [], on_trial=False) is None


def test_calls_that_hang_are_slow_before_they_end() -> None:
    assert tally().verdict(104.9, [100.0] * 4, on_trial=False) is None
    assert tally().verdict(105.1, [100.0] * 4, on_trial=False) == "slow"
    assert tally().verdict(105.1, [100.0] * 3, on_trial=False) is None
    assert tally(parallel=1).verdict(700.0, [100.0], on_trial=False) is None


def test_on_trial_three_failures_are_enough() -> None:
    assert tally(*failures(2)).verdict(60.0, [], on_trial=True) is None
    assert tally(*failures(3)).verdict(60.0, [], on_trial=True) == "failures"
    assert tally(*failures(3), *successes(4)).verdict(60.0, [], on_trial=True) is None
    assert tally().verdict(106.0, [100.0], on_trial=True) == "slow"


def test_it_comes_back_in_steps_and_rests_longer_each_time() -> None:
    steps = [0]
    while steps[-1] != 100:
        steps.append(health.next_step(steps[-1]))

    assert steps == [0, 1, 5, 25, 100]
    assert [health.rest_after(falls) for falls in (1, 2, 3, 9)] == [60.0, 120.0, 240.0, 900.0]


def test_a_rate_is_kept_over_time_without_a_burst() -> None:
    limit = Limit(10.0, 0.0)
    begun = 0
    for tick in range(1000):  # ten seconds, a look every hundredth
        allowed = limit.allows(64, tick / 100)
        limit.take(allowed, tick / 100)
        begun += allowed
        assert allowed <= 1

    assert 99 <= begun <= 101


def test_who_may_not_begin_is_told_for_how_long() -> None:
    limit = Limit(10.0, 0.0)
    limit.take(1, 0.0)

    assert limit.allows(5, 0.05) == 0
    assert limit.seconds_left(0.05) == pytest.approx(0.05)
    assert limit.allows(5, 0.11) == 1


def test_a_rate_is_shared_by_so_many_processes() -> None:
    limit = Limit(10.0, 0.0)
    limit.share(4)
    limit.take(1, 0.0)

    assert limit.seconds_left(0.0) == pytest.approx(0.4)


def test_a_pause_that_is_asked_for_is_kept() -> None:
    limit = Limit(None, 0.0)
    limit.pause(30.0)
    limit.pause(10.0)

    assert (limit.allows(9, 29.9), limit.seconds_left(10.0), limit.allows(9, 30.0)) == (0, 20.0, 9)


def test_a_fast_rate_comes_in_small_parts() -> None:
    limit = Limit(200.0, 0.0)

    assert limit.allows(64, 0.0) == 10


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("handset://", ("handset://", None)),
        ("gateway://host?rate=10", ("gateway://host", 10.0)),
        ("gateway://host?a=1&rate=0.5&b=%26", ("gateway://host?a=1&b=%26", 0.5)),
    ],
)
def test_the_rate_is_read_from_the_address(address: str, taken: tuple[str, float | None]) -> None:
    assert take_rate(address, place="SELFSERVICE_SMS entry 1") == taken


@pytest.mark.parametrize("rate", ["0", "-1", "ten", "", "1e9", "5&rate=6"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ConfigError, match="SELFSERVICE_SMS entry 2 has a rate that is not one: write "):
        take_rate(f"gateway://host?rate={rate}", place="SELFSERVICE_SMS entry 2")
