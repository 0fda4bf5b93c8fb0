"""A console in a real browser: staff who are signed in already, pages made beside the running server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from playwright.sync_api import Page

from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.messages.channels.contract import Inbound
from selfservice.pages import numbers, queries, requests
from selfservice.pages import service as pages
from selfservice.pages.service import NewPage, Person
from selfservice.recipes import queries as queries_of_types
from selfservice.recipes import service as types
from selfservice.replies import service as replies
from selfservice.staff import service as sessions
from selfservice.tokens import encode_id
from tests import factories
from tests.harness.numbers import fresh_number
from tests.harness.server import LiveServer
from tests.messages.scenes import force
from tests.recipes import recipes

COMPOSED = "zz_reading"
DESK = {"viewport": {"width": 1440, "height": 900}}


@dataclass(frozen=True)
class Seat:
    """Somebody of staff with a session of their own."""

    user_id: int
    token: str


class Scene:
    """The running server with its database at hand."""

    def __init__(self, server: LiveServer, app: Flask) -> None:
        self.server = server
        self.app = app

    def seat(self, role: str = "supervisor") -> Seat:
        """Somebody new of reception, signed in."""
        with self.app.app_context():
            email = f"ana-{secrets.token_hex(4)}@example.org"
            user = factories.employ(email, name="Ana Silva", role=role, team="reception")
            token = sessions.start_session(user.id)
            db.session.commit()
            return Seat(user.id, token)

    def sit(self, open_tab: Callable[..., Page], path: str, seat: Seat | None = None, **options: Any) -> Page:
        """A tab at `path` of the console."""
        tab = open_tab(**{**DESK, **options})
        token = (seat or self.seat()).token
        tab.context.add_cookies([{"name": "staff", "value": token, "url": self.server.url, "httpOnly": True}])
        tab.goto(path)
        return tab

    def compose(self) -> None:
        """A composed type of two languages, retired, whose draft has something to mend, and everything in it."""
        with self.app.app_context():
            if queries_of_types.find(COMPOSED) is not None:
                return
            made = types.start(COMPOSED, recipes.small(team="reception"), actor="cli")
            types.publish(COMPOSED, made.revision, actor="cli")
            types.set_retired(COMPOSED, True, actor="cli")
            draft = recipes.asking("choice", "pick", "scale", "photos")
            types.save(COMPOSED, {**draft, "languages": ["en", "ar"]}, made.revision, actor="cli")
            db.session.commit()

    def issue(self, name: str = "Maria Santos", **details: Any) -> int:
        """A committed page; its number is nobody else's."""
        with self.app.app_context():
            made = pages.issue(
                NewPage(
                    situation="appointment_reminder",
                    facts=factories.appointment(),
                    customer=Person(name=name, phone=details.pop("phone", fresh_number())),
                    actor="cli",
                    **details,
                )
            )
            db.session.commit()
            return int(made.page.id)

    def act(self, page_id: int, action: str, **form: Any) -> None:
        """What the page's customer does."""
        with self.app.app_context():
            factories.act(page_id, action, **form)

    def ask_callback(self, page_id: int) -> None:
        with self.app.app_context():
            requests.ask_callback(page_id, note="After six")
            db.session.commit()

    def write_back_and_forth(self, page_id: int) -> None:
        """A text of the customer's, one of ours that waits for the morning, a stop that staff write down."""
        with self.app.app_context():
            page = queries.get(page_id)
            customer = customers.get(page.customer_id)
            number = customer.phone or ""
            said = Inbound(ref=secrets.token_hex(6), sender=number, recipient="us", body="Is there parking?", at=None)
            text_id = replies.keep("handset", said)
            db.session.commit()
            replies.understand(text_id)
            waiting = pages.resend(page_id, actor="cli")
            numbers.refuse_for_customer(page, customer, actor="cli", source="console")
            force(waiting.id, "held", reason="quiet_hours", next_look_at=waiting.not_after)


def address(page_id: int, more: str = "") -> str:
    """The screen of a page."""
    return f"/console/pages/{encode_id(page_id)}{more}"
