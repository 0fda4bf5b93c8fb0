"""What is wrong with sending and keeps nobody from being served, as sentences with the way out: for /readyz, doctor and
the console.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from selfservice import clock
from selfservice.messages import queries as messages
from selfservice.messages import reports
from selfservice.messages.models import ProviderAlarm

PARKED_AFTER = timedelta(minutes=10)
"""A receipt may overtake the end of the call that sent its message: by seconds, and after a crash by a few minutes."""
PARKED_FOR = timedelta(days=7)
"""For how long a receipt that belongs to nobody is spoken of."""

_WHY = {"failures": "50 of its calls failed within a minute", "slow": "half of its last calls took over 5 seconds"}


def list_all() -> list[str]:
    """Everything, what has to be mended first."""
    try:
        return [*list_unrecognised(), *list_unwell(), *list_dead()]
    except SQLAlchemyError:
        return []  # Told as a problem.


def list_unrecognised() -> list[str]:
    """The providers that do not take us for who we say we are."""
    return [_unrecognised(alarm) for alarm in messages.list_alarms()]


def list_unwell() -> list[str]:
    """The providers that rest, or are on their way back."""
    return [_unwell(row) for row in messages.list_unwell()]


def list_dead() -> list[str]:
    """Whether messages wait until a fault of ours is mended."""
    count = messages.count_dead()
    if not count:
        return []
    what = "1 message was" if count == 1 else f"{count} messages were"
    return [
        (
            f"{what} not sent because of a fault of ours: see `flask --app app message list`, mend it, then run "
            "`flask --app app message replay --all`."
        )
    ]


def list_doubtful() -> list[str]:
    """Whether messages wait until a person finds out if they came."""
    count = messages.count_doubtful()
    if not count:
        return []
    what = "1 message" if count == 1 else f"{count} messages"
    return [
        (
            f"Nobody can say whether {what} left: staff ask the customer and, if it did not come, send it once more on "
            "its page. `flask --app app message list --state needs_human` says which."
        )
    ]


def list_parked() -> list[str]:
    """The providers whose receipts name messages that nobody here knows, and have for a while: ours come at once."""
    now = clock.now()
    try:
        return [_parked(row) for row in reports.list_parked(before=now - PARKED_AFTER, since=now - PARKED_FOR)]
    except SQLAlchemyError:
        return []  # Told as a problem.


def _parked(row: Any) -> str:
    what = "1 receipt names a message" if row.count == 1 else f"{row.count} receipts name messages"
    return (
        f"{row.provider}: {what} that nobody here knows, since {row.since:%Y-%m-%d %H:%M} UTC. Look whether another "
        "system sends through the same account, or whether the database was brought back from a backup."
    )


def _unrecognised(alarm: ProviderAlarm) -> str:
    if alarm.provider != "push":
        return (
            f"{alarm.provider} does not know us (HTTP {alarm.status}), so nothing leaves through it: mend the sign-in "
            "in its address, in SELFSERVICE_SMS or SELFSERVICE_EMAIL."
        )
    return (
        f"{alarm.host} does not take our pushes for ours (HTTP {alarm.status}), so texts go in their place: set "
        "SELFSERVICE_VAPID_PRIVATE_KEY to the key that phones have asked for pushes with, and "
        "SELFSERVICE_VAPID_SUBJECT to an address that reads its mail."
    )


def _unwell(row: Any) -> str:
    share = f"{row.share} in 100 messages" if row.share else "no message"
    return (
        f"{row.provider} is not well since {row.since:%Y-%m-%d %H:%M} UTC: {_WHY[row.reason]}. It gets {share} while "
        "another provider is set, and all of them again by steps when it does better: look at its status page."
    )
