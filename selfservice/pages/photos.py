"""The photos of answers: uploads of the page that an answer is sent with, each once."""

from __future__ import annotations

from selfservice import tokens
from selfservice.errors import Invalid
from selfservice.kit import Form
from selfservice.kit.forms import UPLOAD, control_of
from selfservice.media import queries as media
from selfservice.media import service
from selfservice.pages.requests import CUSTOMER
from selfservice.tokens import BadToken

UNREADABLE = "upload_unreadable"


def fields_of(form: type[Form]) -> dict[str, int]:
    """The fields of a form that take photos, and how many each takes."""
    found = {name: info for name, info in form.model_fields.items() if control_of(info) == UPLOAD}
    return {name: _most(info) for name, info in found.items()}


def send(page_id: int, form: Form, answer_id: int) -> None:
    """Send the photos that a form names with its answer, in the caller's transaction.

    Raises Invalid: one is of another page, was sent before, is gone, or turned out to be unreadable.
    """
    for name in fields_of(type(form)):
        ids = [_read(name, text) for text in getattr(form, name)]
        if not ids or service.send(page_id, ids, answer_id=answer_id, sender=CUSTOMER):
            continue
        found = [media.find_uploaded(page_id, medium_id) for medium_id in ids]
        is_unreadable = any(medium is not None and medium.state == "refused" for medium in found)
        raise _refusal(name, UNREADABLE if is_unreadable else f"{name}_wrong")


def _read(name: str, text: str) -> int:
    try:
        return tokens.decode_id(text)
    except BadToken:
        raise _refusal(name, f"{name}_wrong") from None


def _refusal(name: str, word: str) -> Invalid:
    return Invalid("A photo cannot be used; add it again, or leave it out.", fields={name: word})


def _most(info: object) -> int:
    return next(int(item.max_length) for item in getattr(info, "metadata", ()) if hasattr(item, "max_length"))
