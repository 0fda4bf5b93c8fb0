"""Bodies: what follows the head of a request is there before anything is looked up, however slow its line is."""

from __future__ import annotations

from collections.abc import Collection

from flask import request

WITH_FILES = "multipart/form-data"
PROVIDERS = "callbacks"


def read_ahead(takes_files: Collection[str]) -> None:
    """Read what a request says, so that no transaction waits for the one who says it: SQLite has one writer.

    Files are read where it is known who may send them: by the endpoints `takes_files`, with no transaction open. What
    providers say is read by their door, which knows how much that may be, before it does anything else.
    """
    if request.blueprint == PROVIDERS:
        return
    if request.mimetype != WITH_FILES:
        request.get_data()
    elif request.endpoint not in takes_files:
        request.form.to_dict()
