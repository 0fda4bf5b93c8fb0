"""Pages to look at: as many as asked for, each of another customer, made through the service that makes them."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from selfservice import clock, db, tokens
from selfservice.brands import service as brands
from selfservice.pages import service as pages
from selfservice.pages.service import NewPage, Person

_BATCH = 200


def make(app: Flask, count: int) -> list[str]:
    """The paths of `count` open pages in three languages, committed in batches."""
    with app.app_context():
        brands.ensure_default()
        db.db.session.commit()
        paths = []
        for number in range(count):
            issued = pages.issue(_page(number))
            paths.append(f"/p/{tokens.current().sign_page(issued.page.id)}")
            if number % _BATCH == _BATCH - 1:
                db.db.session.commit()
                db.db.session.expunge_all()
        db.db.session.commit()
        db.dispose()
    return paths


def _page(number: int) -> NewPage:
    at = (clock.now() + timedelta(days=2 + number % 9)).replace(hour=9 + number % 8, minute=0, second=0, microsecond=0)
    return NewPage(
        situation="appointment_reminder",
        facts={
            "at": at.isoformat(),
            "person": f"Dr Amina Okafor {number}",
            "place": f"{number} Harbour Street",
            "place_hint": "Second floor, lift available",
            "purpose": "Check-up",
            "duration_minutes": 15 + number % 3 * 5,
            "offered": [(at + timedelta(days=day)).isoformat() for day in (1, 2, 3)],
        },
        customer=Person(
            phone=f"+1202555{number:04d}", name=f"Maria{number} Santos", ref=None, locale=("en", "es", "ar")[number % 3]
        ),
        actor="cli",
        channels=(),  # no texts: the worker beside the server has nothing to do
    )
