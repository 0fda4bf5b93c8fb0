"""The contract of a page type, checked: what its declaration, its words and its samples have to fulfil together.

`flask situation check` prints what is found here, and what `looks` finds when every page is drawn; the tests run both
over every folder. How well a page looks is judged elsewhere.
"""

from __future__ import annotations

from datetime import datetime

from selfservice import clock
from selfservice.situations.contract import (
    completeness,
    declaration,
    illustrations,
    notifications,
    rehearsal,
    replies,
    secrecy,
    wording,
)
from selfservice.situations.loading import Loaded
from selfservice.situations.problem import Problem

__all__ = ["Problem", "check"]


def check(loaded: Loaded, *, now: datetime | None = None) -> list[Problem]:
    """All that is wrong with a type, each once; an empty list if nothing is."""
    found = list(declaration.check(loaded))
    # Words and samples are judged by the declaration: with a broken one they would only repeat its problems.
    if not found:
        moment = now or clock.now()
        found = [*wording.check(loaded), *secrecy.check(loaded), *replies.check(loaded)]
        found += [*rehearsal.check(loaded, moment), *completeness.check(loaded), *illustrations.check(loaded)]
        if not found:
            found = list(notifications.check(loaded, moment))
    return list(dict.fromkeys(found))
