"""What an answer leads to beside the page itself: texts, work for staff, evidence of consent. Callers commit."""

from __future__ import annotations

from datetime import datetime

from selfservice.conversations import service as conversations
from selfservice.conversations.models import Kind
from selfservice.customers import queries as customers
from selfservice.customers.consents import Occasion
from selfservice.kit import Action, Consent, HandOff, Outcome
from selfservice.pages import texts, wishes
from selfservice.pages.models import Page
from selfservice.pages.requests import CUSTOMER
from selfservice.situations.registry import Loaded
from selfservice.situations.speaking import words_for

SOURCE = "answer on a page"
"""The source of a consent that was given, or taken back, by an answer."""


def carry_out(page: Page, outcome: Outcome) -> None:
    """Hand over the texts and the work that an applied answer asks for, and keep what the customer allowed.

    Raises wishes.Stopped where a yes would change nothing, because everything to this number is stopped.
    """
    for consent in outcome.consents:
        _keep(page, consent)
    for name in outcome.says:
        texts.say(page, name)
    if outcome.hand_off is not None:
        _hand_off(page, outcome.hand_off)


def take_back(page: Page, loaded: Loaded) -> None:
    """Call off what only holds while the closing answer does: a call at the time that it chose, untaken work."""
    conversations.settle(page.id, "call", actor=CUSTOMER)
    given = (loaded.situation.action(key) for key in page.answers)
    if any(action is not None and action.closing and action.until_taken for action in given):
        conversations.settle(page.id, "hand_off", actor=CUSTOMER)


def hand_over(page: Page, loaded: Loaded, action: Action, outcome: Outcome) -> None:
    """Put an answer that came too late to apply by itself before a person, who does what it asks for."""
    wanted = outcome.hand_off
    late = f"Answered late: {wanted.reason if wanted else action.said}"
    team = wanted.team if wanted else loaded.situation.team
    _open(page, "hand_off", team, late, urgent=wanted.urgent if wanted else False)


def _hand_off(page: Page, wanted: HandOff) -> None:
    kind: Kind = "hand_off" if wanted.call_at is None else "call"
    _open(page, kind, wanted.team, wanted.reason, urgent=wanted.urgent, begins_at=wanted.call_at)


def _open(page: Page, kind: Kind, team: str, reason: str, *, urgent: bool, begins_at: datetime | None = None) -> None:
    conversations.open_one(
        kind,
        team=team,
        reason=reason,
        actor=CUSTOMER,
        page_id=page.id,
        customer_id=page.customer_id,
        phone=customers.get(page.customer_id).phone,
        urgent=urgent,
        begins_at=begins_at,
    )


def _keep(page: Page, consent: Consent) -> None:
    view = texts.view_of(page)
    occasion = Occasion(
        wording=words_for(view)(consent.wording),
        locale=view.language,
        source=SOURCE,
        actor=CUSTOMER,
        page_id=page.id,
    )
    wishes.note(page.id, consent.message_class, occasion, is_given=consent.given, channels=("sms",))
