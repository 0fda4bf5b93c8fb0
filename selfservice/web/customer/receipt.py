"""The receipt of an answer: a page to print or keep, with a code that anyone can check."""

from __future__ import annotations

from datetime import datetime

from flask import g, redirect
from flask.typing import ResponseReturnValue

from selfservice.pages import receipts
from selfservice.situations import asides
from selfservice.web.customer import door, pages


def show() -> ResponseReturnValue:
    """What was answered, when, to whom, and the code; the page itself where there is no answer to show."""
    row = door.find_row()
    view = door.view_of(row)
    if view.ask is not None or view.is_disowned:
        return door.page(view, asides.show(view), 403 if view.ask else 410)
    if not view.answers or view.state not in ("open", "answered"):
        return redirect(pages.address(g.token), 303)
    code = receipts.code_of(row.id, row.brand_id, row.answers)
    times = {action: datetime.fromisoformat(row.answers[action]["at"]) for action in view.answers}
    return door.page(view, asides.render_receipt(view, times=times, code=code))
