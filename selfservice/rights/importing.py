"""Importing: the consents that an organisation holds already become evidence here; nobody who said no is written to.

All lines of an address are decided and written in one transaction, which holds what is said for that address. A file
may be imported again, after an interruption or for no reason: what is known is left as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from selfservice.courtesy import MessageClass
from selfservice.customers import consents
from selfservice.customers import queries as customers
from selfservice.customers.consents import Address, Evidence, Occasion, Said, Word
from selfservice.db import db
from selfservice.events import service as events
from selfservice.messages import refusals
from selfservice.messages import service as messages
from selfservice.rights.consent_file import Entry

BATCH = 200
"""How many addresses are written in one transaction: others who write wait for no longer than that takes."""

Fate = Literal["new", "known", "stopped", "refused", "overtaken"]
"""What becomes of a line: written down; known already; a yes that is left alone, because they stopped everything or
refused that class here; a no that is left alone, because they said yes here after it.
"""
LEFT_ALONE: tuple[Fate, ...] = ("stopped", "refused", "overtaken")


class Judged(NamedTuple):
    """A line and what becomes of it."""

    entry: Entry
    fate: Fate


@dataclass(frozen=True)
class Tally:
    """What became of the lines of a file: how many of each fate, and the numbers of those that were left alone."""

    counts: Mapping[Fate, int]
    lines: Mapping[Fate, Sequence[int]]

    @classmethod
    def of(cls, judged: Iterable[Judged]) -> Tally:
        """Count them."""
        counts: Counter[Fate] = Counter()
        lines: dict[Fate, list[int]] = {fate: [] for fate in LEFT_ALONE}
        for entry, fate in judged:
            counts[fate] += 1
            if fate in lines:
                lines[fate].append(entry.line)
        return cls(counts, {fate: sorted(those) for fate, those in lines.items()})


def preview(entries: Sequence[Entry]) -> Tally:
    """What would become of them now; writes nothing."""
    return Tally.of(judged for batch in _batches(entries) for judged in _judge(batch))


def import_all(entries: Sequence[Entry], *, actor: str) -> Tally:
    """Write them down, and take back what is queued for those who said no. Commits after each batch of addresses."""
    done: list[Judged] = []
    for batch in _batches(entries):
        consents.hold({entry.address for entry in batch})
        judged = _judge(batch)
        owners = customers.ids_by_phone(entry.address.value for entry in batch if entry.address.channel == "sms")
        for entry, fate in judged:
            if fate == "new":
                _write(entry, owners.get(entry.address.value), actor)
        db.session.commit()
        done += judged
    tally = Tally.of(done)
    events.record("consents.imported", actor=actor, data=dict(tally.counts.items()))
    db.session.commit()
    return tally


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The lines of so many addresses at a time, each address's in the order in which they were said.

    Of two that were said at the same moment a no counts for more, so it comes last. An address that said no goes
    alone: what is queued for it is locked, and what is queued for two would be locked in no order.
    """
    ordered = sorted(entries, key=lambda entry: (entry.address, entry.at, not entry.is_given))
    batch: list[Entry] = []
    count = 0
    for _address, group in groupby(ordered, key=lambda entry: entry.address):
        those = list(group)
        if not all(entry.is_given for entry in those):
            yield those
            continue
        batch += those
        count += 1
        if count == BATCH:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _judge(batch: Sequence[Entry]) -> list[Judged]:
    addresses = {entry.address for entry in batch}
    said = consents.history(addresses)
    stopped = {
        Address(channel, value)
        for channel in ("sms", "email")
        for value in customers.suppressed_among((one.value for one in addresses if one.channel == channel), channel)
    }
    return [Judged(entry, _fate(entry, said, is_stopped=entry.address in stopped)) for entry in batch]


def _fate(entry: Entry, said: Mapping[Said, Sequence[Word]], *, is_stopped: bool) -> Fate:
    """By what was said before this import: one file may tell of a no and of a later yes, and the yes counts then."""
    words = [said.get(Said(entry.address, name), ()) for name in entry.classes]
    is_known = all(Word(entry.is_given, entry.at) in those for those in words)
    if is_known and (is_stopped or not entry.is_stop):
        return "known"
    if entry.is_given:
        if is_stopped:
            return "stopped"
        return "refused" if any(those and not those[-1].is_given for those in words) else "new"
    has_said_yes_since = any(those and those[-1].is_given and those[-1].at > entry.at for those in words)
    return "overtaken" if has_said_yes_since else "new"


def _write(entry: Entry, customer_id: int | None, actor: str) -> None:
    occasion = Occasion(wording=entry.wording, locale=entry.locale, source=entry.source, actor=actor)
    if entry.is_stop:
        refusals.refuse(entry.address, occasion, customer_id=customer_id, at=entry.at)
        return
    for name in entry.classes:
        evidence = _evidence(entry, name, occasion, customer_id)
        (consents.record if entry.is_given else messages.withdraw)(evidence)


def _evidence(entry: Entry, name: MessageClass, occasion: Occasion, customer_id: int | None) -> Evidence:
    return Evidence(
        **vars(occasion),
        customer_id=customer_id,
        address=entry.address,
        message_class=name,
        is_given=entry.is_given,
        at=entry.at,
    )
