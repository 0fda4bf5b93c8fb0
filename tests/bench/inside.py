"""What one page view costs in one process: its own CPU time beside a bare Flask route, through the WSGI callables.

No server, no other thread, and of each page the cheapest of many views: the ratio that a busy machine changes least.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from selfservice import db
from tests.bench import bare

ROUNDS = 8
PAGES = 150


def compare(app: Flask, folder: Path, paths: Sequence[str], coding: str) -> tuple[float, float]:
    """Microseconds of one view and of one bare answer with the same bytes."""
    tokens = [path.rpartition("/")[2] for path in paths[:PAGES]]
    with Path(os.devnull).open("w", encoding="utf-8") as log, redirect_stderr(log):
        page = _cost(app, [_environ(f"/p/{token}", coding) for token in tokens])
        route = _cost(bare.make(folder), [_environ(f"/{coding}/{token}", coding) for token in tokens])
    with app.app_context():
        db.dispose()
    return page, route


def _cost(app: Flask, environs: Sequence[dict[str, Any]]) -> float:
    least = [float("inf")] * len(environs)
    for _round in range(ROUNDS):
        for place, environ in enumerate(environs):
            began = time.thread_time()
            for _chunk in app(dict(environ), _start):
                pass
            least[place] = min(least[place], time.thread_time() - began)
    return sum(least) / len(least) * 1_000_000


def _environ(path: str, coding: str) -> dict[str, Any]:
    return EnvironBuilder(path, headers=[("Accept-Encoding", coding)]).get_environ()


def _start(status: str, _headers: Any, _error: Any = None) -> Any:
    assert status.startswith("200"), status
