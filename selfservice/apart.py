"""Work on one of many things, apart from the others: where our own code fails over one, it holds up no other."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from selfservice.db import db


def do_apart(work: Callable[[], object], failed: str, **ids: str) -> bool:
    """Do `work` in the caller's transaction, which is left as it was where it fails.

    False then, and it is logged as the event `failed` with `ids`. What the database itself raises is raised: that is
    the trouble of all.
    """
    try:
        with db.session.begin_nested():
            work()
    except DBAPIError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the others wait behind it
        structlog.get_logger().exception(failed, **ids)
        return False
    return True
