"""What the words do that mean the same on every page: stop, start, help and more."""

from __future__ import annotations

from selfservice import clock
from selfservice.customers import queries as customers
from selfservice.customers.consents import Address, Occasion
from selfservice.customers.models import Customer
from selfservice.customers.service import WRONG_NUMBER
from selfservice.events import service as events
from selfservice.kit import texting
from selfservice.kit.texting import Command
from selfservice.messages import refusals
from selfservice.messages.reviews import LAST_WORD
from selfservice.pages import numbers, sight
from selfservice.pages.models import Page
from selfservice.replies import handing, speaking
from selfservice.replies.models import InboundText

SOURCE = "text"
"""The source of what people say by texting us."""


def obey(command: Command, text: InboundText, customer: Customer | None, page: Page | None) -> bool:
    """Do what a word asks for; False where only a person can. Nothing is sent back where we never wrote to."""
    if command == "stop":
        _stop(text, customer, page)
        return True
    if command == "start":
        return _start(text, customer, page)
    if command == "help":
        if customer is not None:
            speaking.say(text, customer, "help", page=page, purpose=speaking.HELP)
        return customer is not None
    if customer is not None and page is not None:
        speaking.say(text, customer, "page", page=page)
        return True
    return False


def _stop(text: InboundText, customer: Customer | None, page: Page | None) -> None:
    """Stop everything to the number: nothing queued begins to leave after the commit. Confirmed once, not each time."""
    occasion = _occasion(text, customer, page, LAST_WORD)
    refusals.refuse(Address("sms", text.sender), occasion, customer_id=customer.id if customer is not None else None)
    suppression = customers.find_suppression(text.sender)
    assert suppression is not None, "it was stopped in this transaction"
    page_id = page.id if page is not None else None
    events.record("customer.stopped", actor=handing.CUSTOMER, page_id=page_id, data={"channel": "sms"})
    if page is not None and sight.state_at(page, clock.now()) == "open" and texting.is_doubtful(text.body):
        handing.to_staff(text, customer, page, reason=handing.MAY_MEAN_PAGE)
    if customer is not None:
        # One for each time that it was stopped after it had been allowed.
        key = f"{LAST_WORD}:{suppression.id}:{suppression.at.timestamp():.6f}"
        speaking.say(text, customer, LAST_WORD, page=page, key=key, purpose=LAST_WORD)


def _start(text: InboundText, customer: Customer | None, page: Page | None) -> bool:
    suppression = customers.find_suppression(text.sender)
    if suppression is not None and suppression.reason == WRONG_NUMBER:
        return False
    if customer is None and suppression is None:
        return False
    numbers.start(text.sender, _occasion(text, customer, page, "started"))
    if customer is not None:
        speaking.say(text, customer, "started", page=page, purpose=speaking.STARTED)
    return True


def _occasion(text: InboundText, customer: Customer | None, page: Page | None, answer: str) -> Occasion:
    """What somebody texted who stops or starts, and the sentence that tells them what it means.

    Their words as `texting` spells them: they are of its lists then, and hold nothing that says who it was.
    """
    said = texting.spelt(text.body)
    sentence, language = speaking.sentence(customer, answer, page=page) if customer is not None else ("", "und")
    return Occasion(
        wording=f"{said}\n{sentence}".strip(),
        locale=language,
        source=SOURCE,
        actor=handing.CUSTOMER,
        page_id=page.id if page is not None else None,
    )
