"""Refusals: somebody wants nothing more, whatever its class. Callers commit."""

from __future__ import annotations

from datetime import datetime

from selfservice.customers import consents
from selfservice.customers.consents import Address, Occasion
from selfservice.messages import service


def refuse(address: Address, occasion: Occasion, *, customer_id: int | None = None, at: datetime | None = None) -> None:
    """Write down that somebody stopped everything to an address, and stop it: as with `service.stop`, nothing queued
    begins to leave after the caller's commit.

    What they say is written down each time, the stop is one however often they say it. `at` is when they said it, if
    that is not now.
    """
    consents.say(address, occasion, is_given=False, customer_id=customer_id, at=at)
    service.stop(address.value, reason=occasion.source, actor=occasion.actor, channel=address.channel)
