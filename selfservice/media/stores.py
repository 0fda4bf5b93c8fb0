"""Which store the settings name: one for each application, made when it is first needed."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import current_app

from selfservice import config, tokens
from selfservice.config import Settings
from selfservice.errors import Unavailable
from selfservice.media.disk import Disk
from selfservice.media.s3 import S3, read_bucket
from selfservice.media.store import Store

FOLDER = "media"
_NAME = "selfservice.media"


def current() -> Store:
    """The running application's store."""
    store = current_app.extensions.get(_NAME)
    if store is None:  # Two threads may make one each; they keep the same things in the same place.
        store = current_app.extensions[_NAME] = build(config.current())
    return cast(Store, store)


def build(settings: Settings) -> Store:
    """A store as the settings name it."""
    if settings.media.startswith("s3://"):
        return S3(read_bucket(settings.media))
    return Disk(folder(settings))


def folder(settings: Settings) -> Path:
    """Where photos are kept on this machine, if they are."""
    return Path(urlsplit(settings.media).path or settings.instance / FOLDER)


def new_key(kind: str) -> str:
    """A key that nothing lies under yet, in the folder for this kind of thing."""
    return f"{kind}/{tokens.encode_id(tokens.new_id())}"


def find_fault(store: Store) -> str | None:
    """What keeps a store from being used, found by using it; None when nothing does."""
    key, body = new_key("probe"), b"probe"
    try:
        store.put(key, body)
        is_kept = store.get(key) == body
        store.delete(key)
    except Unavailable as error:
        return error.message
    return None if is_kept else "The photos' store gives back other bytes than it was given: use another one."
