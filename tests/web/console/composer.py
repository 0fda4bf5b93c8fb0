"""The composer of page types as a browser without scripts has it: a draft of `meter_reading`, its form, its buttons."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from selfservice.db import db
from selfservice.recipes import service
from tests.recipes import recipes
from tests.web.console.desk import Desk, text_of
from tests.web.console.forms import Form

NEW = "/console/new-type"
HERE = "/console/types/meter_reading/compose"


def form_of(desk: Desk, path: str = HERE) -> Form:
    return Form(desk.get(path).text, "recipe")


def send(desk: Desk, form: Form, button: str) -> Form:
    """Press a button of the composer and see what comes of it."""
    return Form(desk.get(go(desk, form, button)).text, "recipe")


def go(desk: Desk, form: Form, button: str) -> str:
    """The address that a button leads to."""
    path, fields = form.press(button)
    answer = desk.post(path, fields)
    assert answer.status_code == 303, text_of(answer)[:600]
    return str(answer.location)


def start(desk: Desk, recipe: dict[str, Any] | None = None) -> None:
    """A draft with that in it."""
    with desk.client.application.app_context():
        service.start("meter_reading", recipe or recipes.small(name="Meter reading", team="reception"), actor="staff:1")
        db.session.commit()


def publish(desk: Desk) -> None:
    form = form_of(desk)
    go(desk, form, next(button for button in form.buttons if button.startswith("Publish version")))


def answer(client: FlaskClient, link: str, button: str, **fields: str) -> str:
    """What a customer reads after pressing a button of their page; without scripts."""
    page = client.get(link).text
    docks = [Form(page, found) for found in re.findall(r'<form class="dock" id="([^"]*)"', page)]
    form = next(dock for dock in docks if button in dock.buttons)
    path, filled = form.fill(**fields).press(button)
    told = client.post(path, data=filled)
    assert told.status_code == 303, told.text[:400]
    return text_of(client.get(told.location))
