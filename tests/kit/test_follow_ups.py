"""Follow-ups as they are declared: nonsense is refused with a sentence, and each knows when it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from selfservice.kit import Escalate, FollowUp, NextChannel, Remind

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SENT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declare", "sentence"),
    [
        (Remind, "Remind takes one of after and before_end, and not both"),
        (lambda: Remind(after=DAY, before_end=DAY), "Remind takes one of after and before_end, and not both"),
        (lambda: Remind(after=-DAY), r"Remind is for -1 day, 0:00:00; write a time from 0:01:00 .h:m:s. to 400 days"),
        (lambda: Remind(before_end=MINUTE), r"Remind is for 0:01:00; write a time from 0:10:00 .h:m:s. to 400 days"),
        (lambda: Remind(after=500 * DAY), "write a time from 0:01:00 .h:m:s. to 400 days"),
        (lambda: Remind(after=DAY, channels=("pigeon",)), "Remind names the channel 'pigeon'; use push, sms, email"),
        (lambda: Escalate(after=timedelta(), reason="Why"), "Escalate is for 0:00:00; write a time from 0:01:00"),
        (lambda: Escalate(after=DAY, reason=" "), "Escalate needs a reason for staff"),
        (lambda: Escalate(after=DAY, reason="x" * 201), "a sentence of at most 200 characters"),
        (lambda: NextChannel(after=timedelta(seconds=1)), "NextChannel is for 0:00:01"),
    ],
)
def test_nonsense_is_refused(declare: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        declare()


@pytest.mark.parametrize(
    ("follow_up", "lasts", "after"),
    [
        (Remind(after=HOUR), DAY, HOUR),
        (Remind(after=HOUR), HOUR + 10 * MINUTE, HOUR),
        (Remind(after=HOUR), HOUR + 9 * MINUTE, None),
        (Remind(before_end=DAY), 3 * DAY, 2 * DAY),
        (Remind(before_end=DAY), DAY + 4 * HOUR, 4 * HOUR),
        (Remind(before_end=DAY), DAY + 3 * HOUR, None),
        (Remind(before_end=HOUR), 2 * HOUR, HOUR),
        (Remind(before_end=HOUR), HOUR + 59 * MINUTE, None),
        (NextChannel(after=5 * MINUTE), HOUR, 5 * MINUTE),
        (NextChannel(after=5 * MINUTE), 14 * MINUTE, None),
        (Escalate(after=10 * MINUTE, reason="Silent."), 11 * MINUTE, 10 * MINUTE),
        (Escalate(after=10 * MINUTE, reason="Silent."), 10 * MINUTE, None),
    ],
)
def test_it_is_due_if_there_is_time_for_it(follow_up: FollowUp, lasts: timedelta, after: timedelta | None) -> None:
    assert follow_up.due(SENT, SENT + lasts) == (None if after is None else SENT + after)


def test_a_note_silences_all_but_what_waits_for_a_closing_answer() -> None:
    some = (Remind(after=DAY), NextChannel(after=DAY), Escalate(after=DAY, reason="Silent."))

    assert [one.ignores_notes for one in some] == [False, False, False]
    assert Escalate(after=DAY, reason="Silent.", only_closing=True).ignores_notes


def test_each_has_a_name_of_its_own() -> None:
    some = (Remind(after=DAY), Remind(before_end=DAY), NextChannel(after=DAY), Escalate(after=DAY, reason="Silent."))

    assert len({one.name for one in some}) == 4
    assert Remind(before_end=DAY).name == "remind before_end 86400"
