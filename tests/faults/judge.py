"""The verdict on a run, by what the provider counted and what the database says of each message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from selfservice import tokens
from selfservice.db import READER, db
from selfservice.messages.models import Message

IN_DOUBT = frozenset({"uncertain", "needs_human"})
SETTLED = frozenset({"submitted", "carrier_accepted", "delivered", "no_receipt", "needs_human"})
"""Nothing is left that a worker would still do."""


@dataclass(frozen=True)
class Verdict:
    """How many the provider never got and nobody lists, how many it got twice, and how many are listed as in doubt."""

    lost: int
    duplicates: int
    in_doubt: int


def judge(states: Mapping[str, str], counts: Counter[str]) -> Verdict:
    """`states` are the messages by our reference, `counts` how often each came to the provider."""
    return Verdict(
        lost=sum(not counts[reference] and state not in IN_DOUBT for reference, state in states.items()),
        duplicates=sum(counts[reference] > 1 for reference in states),
        in_doubt=sum(state in IN_DOUBT for state in states.values()),
    )


def is_settled(channel: str = "sms") -> bool:
    """Whether every message of a channel is."""
    left = select(Message.id).where(Message.channel == channel, Message.state.not_in(SETTLED)).limit(1)
    with db.engines[READER].connect() as connection:
        return connection.execute(left).first() is None


def are_settled() -> bool:
    """Whether every text and fax is."""
    return is_settled("sms") and is_settled("fax")


def read_states(channel: str = "") -> dict[str, str]:
    """Each message's committed state by the reference that the provider knows, of one channel or of all."""
    query = select(Message.id, Message.state)
    with db.engines[READER].connect() as connection:
        rows = connection.execute(query.where(Message.channel == channel) if channel else query)
        return {tokens.encode_id(row.id): row.state for row in rows}
