"""Two at once on PostgreSQL: work done on another thread, and whether somebody waits for a lock meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from selfservice.db import db


def on_another_thread(app: Flask, work: Callable[[], None], errors: list[BaseException]) -> threading.Thread:
    """Do `work` and commit it, beside the test; what goes wrong is added to `errors`."""

    def run() -> None:
        try:
            with app.app_context():
                work()
                db.session.commit()
        except BaseException as error:  # noqa: BLE001 - whatever it was, the test names it
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def is_somebody_waiting() -> bool:
    """Whether any transaction waits for what another one holds."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with db.engines["reader"].connect() as connection:
        return bool(connection.exec_driver_sql(query).scalar())
