"""Turns: page views of one process go one after the other, while its threads wait without being in each other's way.

A server has a thread for each open console (`live`), but a view spends all its time computing: two dozen at once only
hand Python's lock around, at each row read and each page compressed. What is not a page view is never held up.
"""

from __future__ import annotations

import queue
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGES = "/p/"
LONGEST_WAIT = 0.5
"""Seconds after which a view goes without its turn: whatever holds the one before it up may not hold up all."""


class Turns:
    """The application, with at most `most` page views at a time."""

    def __init__(self, application: WSGIApplication, most: int, *, longest_wait: float = LONGEST_WAIT) -> None:
        self._application = application
        self._longest_wait = longest_wait
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for turn in range(most):
            self._free.put(turn)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(PAGES):
            return self._application(environ, start_response)
        try:
            turn = self._free.get(timeout=self._longest_wait)
        except queue.Empty:
            return self._application(environ, start_response)
        try:
            return self._application(environ, start_response)
        finally:
            self._free.put(turn)
