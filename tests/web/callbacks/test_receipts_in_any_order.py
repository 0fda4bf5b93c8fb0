"""Receipts at the providers' door: signed, in any order, any number of times, before, during and after the call that
sends their message. What stays is decided by the set of them alone.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from selfservice import tokens
from selfservice.db import db
from selfservice.messages import reports
from selfservice.messages.channels.contract import Outgoing, Submitted
from selfservice.messages.models import Message, ProviderReceipt
from selfservice.messages.states import RECEIPTS
from tests.factories import issue
from tests.harness.post import Line, ref_of
from tests.messages.scenes import state_of

REPORTS = ("submitted", "carrier_accepted", "undelivered_temporary", "undelivered_permanent", "delivered", "failed")


def play(line: Line, random: Random) -> None:
    """One text with a set of receipts of its own; asserts what came of it."""
    with line.app.app_context():
        message_id = issue(case_ref=str(random.random())).messages[0].id
    name = tokens.encode_id(message_id)
    reported = random.choices(REPORTS, k=random.randint(1, 4))
    calls = [
        {"ref": ref_of(name), "id": random.choice(("", name)), "report": report, "key": f"{name}:{number}"}
        for number, report in enumerate(reported)
        for _ in range(random.randint(1, 3))
    ]
    random.shuffle(calls)
    first, second = sorted(random.randint(0, len(calls)) for _ in range(2))
    hand_over = type(line.office).send

    def send(outgoing: Outgoing) -> Submitted:
        for one in calls[first:second]:
            assert line.report(one).status_code == 200
        return hand_over(line.office, outgoing)

    line.office.send = send  # type: ignore[method-assign]
    # Before its call begins nobody was asked to send it, so what names it by our id alone belongs to nobody yet.
    for one in calls[:first]:
        assert line.report({**one, "id": ""}).status_code == 200
    line.deliver()
    for one in calls[second:]:
        assert line.report(one).status_code == 200

    joined = ["undelivered_permanent" if report == "failed" else report for report in reported]
    with line.app.app_context():
        assert state_of(message_id) == max(["submitted", *joined], key=RECEIPTS.index), (reported, first, second)
        kept = select(func.count()).select_from(ProviderReceipt).where(ProviderReceipt.message_id == message_id)
        assert db.session.scalar(kept) == len(reported)
        assert reports.count_parked() == 0
        assert db.session.get(Message, message_id).provider_ref == ref_of(name)  # type: ignore[union-attr]
        db.session.rollback()


def test_shuffled_receipts_at_the_door_end_where_their_set_says(app: Flask) -> None:
    line = Line(app)
    for seed in range(12):
        play(line, Random(seed))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_many_shuffled_receipts_at_the_door_end_where_their_sets_say(app: Flask) -> None:
    line = Line(app)
    for seed in range(1000, 1300):
        play(line, Random(seed))


@pytest.mark.parametrize("signature", ["", "0" * 64])
def test_a_forged_receipt_counts_for_nothing_whenever_it_comes(app: Flask, signature: str) -> None:
    line = Line(app)
    with app.app_context():
        message_id = issue().messages[0].id
    forged: Any = [{"ref": ref_of(tokens.encode_id(message_id)), "report": "delivered", "key": "f"}]

    before = line.call("status", forged, **{"X-Post-Signature": signature})
    line.deliver()
    after = line.call("status", forged, **{"X-Post-Signature": signature})

    assert [before.status_code, after.status_code] == [403, 403]
    with app.app_context():
        assert (state_of(message_id), reports.count_parked()) == ("submitted", 0)
