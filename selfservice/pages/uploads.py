"""Uploading to a page: who may, when, and what follows where a photo that was sent turns out to be unreadable."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from selfservice import tokens
from selfservice.apart import do_apart
from selfservice.conversations import service as conversations
from selfservice.customers import queries as customers
from selfservice.db import db
from selfservice.errors import NotFound
from selfservice.events import service as events
from selfservice.media import kinds, uploads
from selfservice.media import queries as media
from selfservice.media import service as photos_kept
from selfservice.media.uploads import Progress
from selfservice.pages import answering, photos, queries, reopening, texts
from selfservice.pages.guarding import Who
from selfservice.pages.models import Answer, Page
from selfservice.situations import registry
from selfservice.situations.registry import Loaded

SYSTEM = "system"
_TEXT = "unreadable"
_REASON = "A photo that the customer sent cannot be read. The page asks for it again."


def begin(page_id: int, action: str, size: int, who: Who) -> Progress:
    """Make room for a photo for an answer by `action`. The caller commits.

    Raises what answering.admit and uploads.begin raise.
    """
    admit(page_id, action, who)
    return uploads.begin(page_id, size)


def admit(page_id: int, action: str, who: Who) -> dict[str, int]:
    """The fields of an action that take photos, and how many each, if it may be done on this device now.

    Raises NotFound, and what answering.admit raises.
    """
    fields = photos.fields_of(answering.admit(page_id, action, who).form)
    if not fields:
        raise NotFound("This action takes no photos; open the page again and use its buttons.")
    return fields


def take_whole(page_id: int, files: Iterable[bytes]) -> list[str]:
    """Keep photos that came in one piece with a form without script; gives their ids. Commits.

    Raises kinds.NotTaken, and then nothing of them is kept; TooMany and Unavailable.
    """
    uploads.require_patience(page_id)
    taken: list[str] = []
    try:
        for body in files:
            medium = photos_kept.receive(page_id, body, source="upload", sender="customer")
            taken.append(tokens.encode_id(medium.id))
            db.session.commit()
    except kinds.NotTaken:
        db.session.rollback()
        for text in taken:
            photos_kept.forget_one_unsent(page_id, tokens.decode_id(text))
        db.session.commit()
        raise
    return taken


def ask_again(limit: int = 20) -> int:
    """Where a photo that an answer came with cannot be read, tell staff and ask for it again; says of how many answers.

    Commits after each.
    """
    found = media.list_unreadable(limit)
    for page_id, answer_id in found:
        page = queries.lock(page_id)
        ids = {"page": tokens.encode_id(page_id), "answer": tokens.encode_id(answer_id)}
        if not do_apart(partial(_ask_again, page, answer_id), "photo.not_asked_for", **ids):
            photos_kept.put_off_unreadable(answer_id)
        db.session.commit()
    return len(found)


def _ask_again(page: Page | None, answer_id: int) -> None:
    if not photos_kept.let_go_of_unreadable(answer_id) or page is None:
        return
    loaded = registry.current().find(page.situation, page.version)
    if loaded is None:
        return
    answer = db.session.get_one(Answer, answer_id)
    _tell_staff(page, loaded)
    events.record("answer.unreadable", actor=SYSTEM, page_id=page.id, data={"action": answer.action})
    action = loaded.situation.action(answer.action)
    if action is None or answer.status != "applied":
        return
    if reopening.ask_again(page, loaded, action) and f"texts.{_TEXT}" in loaded.words["en"]:
        texts.say(page, _TEXT)


def _tell_staff(page: Page, loaded: Loaded) -> None:
    conversations.open_one(
        "hand_off",
        team=loaded.situation.team,
        reason=_REASON,
        actor=SYSTEM,
        page_id=page.id,
        customer_id=page.customer_id,
        phone=customers.get(page.customer_id).phone,
    )
