"""The pictures among a page's facts: that they are there, that they stay, and where the page has them."""

from __future__ import annotations

from selfservice import tokens
from selfservice.errors import Invalid
from selfservice.kit import Facts
from selfservice.kit.kinds import Sized
from selfservice.kit.pictures import pictures_of
from selfservice.media import pictures
from selfservice.pages.models import Page
from selfservice.tokens import BadToken

_GONE = "{}: This picture is not here, or no page shows it any more; upload it again and use the id that it gets then."


def keep(page: Page, facts: Facts) -> None:
    """Keep the pictures that a page shows for as long as it does, in the caller's transaction.

    Raises Invalid with a sentence for each fact whose picture is not there.
    """
    missing = pictures.use(page.id, ids_of(facts))
    labels = {name: info.title or name for name, info in type(facts).model_fields.items()}
    problems = {name: _GONE.format(labels[name]) for name, text in pictures_of(facts).items() if _id(text) in missing}
    if problems:
        raise Invalid(" ".join(problems.values()), fields=problems)


def sized(facts: Facts, token: str) -> dict[str, Sized]:
    """Each picture of a page by its id, as whoever holds its link gets it; those that are gone are left out."""
    ids = ids_of(facts)
    return {
        ids[one]: Sized(address_of(token, ids[one]), f"{address_of(token, ids[one])}/small", *size)
        for one, size in pictures.sizes(ids).items()
    }


def ids_of(facts: Facts) -> dict[int, str]:
    """The pictures that facts show: what they are called there, by the number of each."""
    return {_id(text): text for text in pictures_of(facts).values()}


def address_of(token: str, picture: str) -> str:
    """Where a page has a picture."""
    return f"/p/{token}/-/picture/{picture}"


def _id(text: str) -> int:
    """The number of a picture; of what can be none, a number that none has."""
    try:
        return tokens.decode_id(text)
    except BadToken:
        return 0
