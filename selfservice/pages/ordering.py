"""Ordering: on what a customer can be told, and the order of that as they choose it, place by place. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from selfservice.customers.models import Customer
from selfservice.customers.preferences import Wishes
from selfservice.errors import Invalid
from selfservice.kit.channels import CHANNELS
from selfservice.situations import wishing
from selfservice.situations.wishing import NOTHING


class Alone(Invalid):
    """An order that leaves out all that can be relied upon."""

    code = "alone"


def list_channels(customer: Customer) -> tuple[str, ...]:
    """On what somebody can be told: notifications, which any phone may ask for, and what there is an address for."""
    known = {"push": "any", "sms": customer.phone, "email": customer.email}
    return tuple(channel for channel in CHANNELS if known[channel])


def places_of(wanted: Wishes, customer: Customer) -> tuple[str, ...]:
    """What stands at each place of the order; "" where nothing more is to be tried."""
    channels = list_channels(customer)
    order = wanted.arrange(channels)
    return (*order, *[""] * (len(channels) - len(order)))


def read(form: Mapping[str, str], wanted: Wishes, customer: Customer) -> Wishes:
    """What is wished with the order that was chosen, place by place; as it was where nothing was changed.

    Whoever moves a channel to another place need not say what becomes of that one's: the two change places. Raises
    Invalid for what there is not, and where neither a text nor an e-mail would be left.
    """
    channels, shown = list_channels(customer), places_of(wanted, customer)
    places = list(shown)
    for place, name in enumerate(wishing.PLACES[: len(shown)]):
        chosen = form.get(name, shown[place] or NOTHING)
        if chosen not in (*channels, NOTHING):
            raise Invalid("This cannot be chosen; open the page again and choose there.", fields={name: "choice_wrong"})
        chosen = "" if chosen == NOTHING else chosen
        if chosen == shown[place]:
            continue
        if chosen in channels and chosen in places:
            places[places.index(chosen)] = places[place]
        places[place] = chosen
    if tuple(places) == shown:
        return wanted
    order = tuple(channel for channel in places if channel)
    left_out = tuple(channel for channel in channels if channel not in order)
    if left_out and not set(order) - {"push"}:
        raise Alone("Nothing was kept: a text or an e-mail is needed, because a notification may not arrive.")
    return replace(wanted, channels=order, left_out=left_out)
