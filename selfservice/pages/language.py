"""The language a customer chooses on a page: kept for the page, for its texts and for what comes later."""

from __future__ import annotations

from selfservice.customers import service as customers
from selfservice.db import db
from selfservice.events import service as events
from selfservice.pages import guarding, queries
from selfservice.pages.guarding import Who
from selfservice.pages.requests import CUSTOMER
from selfservice.situations import registry


def choose(page_id: int, wish: str, who: Who) -> bool:
    """Keep the language a customer reads the page in, if it is another than the page's own; the caller commits.

    `wish` is a tag (BCP 47) of any spelling. False if nothing changed: the type does not speak it, or whoever holds the
    link is a stranger, or may be one, whose wish is not the customer's.
    """
    language = wish.replace("_", "-").partition("-")[0].lower()
    page = queries.find(page_id)
    if page is None or page.locale == language:
        return False
    loaded = registry.current().find(page.situation, page.version)
    if language not in (loaded.words if loaded is not None else registry.current().shared):
        return False
    if not guarding.is_let_in(page, who()):
        return False
    # The customer goes first, as when a page is made: two who hold them in turn never wait for each other.
    customers.choose_language(page.customer_id, language)
    page.locale = language
    db.session.flush()
    events.record("page.language", actor=CUSTOMER, page_id=page_id, data={"language": language})
    return True
