"""Alarms about providers that do not take us for who we say we are: raised, told, and over when they do again."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from selfservice import clock
from selfservice.db import db
from selfservice.messages.channels.contract import Submitted, Unrecognised
from selfservice.messages.models import ProviderAlarm
from selfservice.messages.results import Result
from selfservice.prepared import Prepared

_STANDING = Prepared(lambda _is_postgresql: select(ProviderAlarm.provider, ProviderAlarm.host))


def settle(results: Sequence[Result]) -> None:
    """Raise an alarm for each host that did not recognise us, and end those of hosts that took a message."""
    standing = {(alarm.provider, alarm.host) for alarm in _STANDING.run({})} if results else set()
    for result in results:
        name = result.departure.channel.name
        if isinstance(result.outcome, Unrecognised):
            place = (name, result.outcome.host)
            if place not in standing:
                _raise(*place, status=result.outcome.status)
                standing.add(place)
        elif isinstance(result.outcome, Submitted) and standing:
            # A provider of texts has one account with us, pushes go to many hosts.
            host = result.departure.host
            over = {place for place in standing if place[0] == name and host in ("", place[1])}
            for place in over:
                db.session.execute(
                    delete(ProviderAlarm).where(ProviderAlarm.provider == place[0], ProviderAlarm.host == place[1])
                )
            standing -= over


def _raise(provider: str, host: str, *, status: int) -> None:
    structlog.get_logger().error("provider.unrecognised", provider=provider, host=host, status=status)
    try:
        with db.session.begin_nested():
            db.session.execute(
                insert(ProviderAlarm).values(provider=provider, host=host, status=status, since=clock.now())
            )
    except IntegrityError:
        pass  # Another worker has said so already.
