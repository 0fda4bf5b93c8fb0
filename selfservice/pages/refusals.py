"""Why an answer is not taken: another was first, what it answers has changed, the page is over or is not theirs."""

from __future__ import annotations

from selfservice.errors import Conflict, Gone


class Beaten(Conflict):
    """Another answer is in force; the page shows which."""


class Changed(Conflict):
    """What the page says has changed since the customer saw it, and nobody has answered it."""

    code = "changed"


def beaten() -> Beaten:
    """Somebody else, or the same person elsewhere, answered first."""
    return Beaten("Another answer was given first; open the page to see which, and change it there.")


def final() -> Gone:
    """The page is the one that was seen, and its answer stands: nobody else was first."""
    return Gone("The answer can no longer be changed here, so it stays as it is; a person can help.", code="final")


def disowned() -> Gone:
    """The page is somebody else's, as they say who got its link."""
    return Gone("Somebody said that this page is not for them, so it takes no answers.", code="disowned")
