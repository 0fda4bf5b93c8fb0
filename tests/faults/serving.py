"""The web door as a process that can die at any moment of a request, and callers who ask again with the same key."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import has_request_context, request
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from selfservice.application import create_app
from selfservice.config import Settings
from tests.faults.processes import Child, running
from tests.faults.working import adopt, environ_of
from tests.harness.server import find_free_port

PATIENCE_SECONDS = 60


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


class Door:
    """One process that serves."""

    def __init__(self, port: int, child: Child) -> None:
        self._port = port
        self._child = child

    def post_form(self, path: str, form: Mapping[str, str], *, cookie: str = "") -> Reply:
        """A form as a browser sends it; raises OSError or HTTPException when nobody answers."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        return self._ask("POST", path, urlencode(form), headers)

    def post_json(self, path: str, body: Any, *, key: str) -> Reply:
        """An answer as the page's script sends it; raises as above."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self._ask("POST", path, json.dumps(body), headers)

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._child.require_running()
            try:
                self._ask("GET", "/healthz", "", {})
            except OSError:
                assert time.monotonic() < end, "The server did not start."
                time.sleep(0.05)
            else:
                return

    def faults(self) -> list[str]:
        """The lines of its log that tell of what nobody foresaw."""
        return [line for line in self._child.log().splitlines() if '"event":"unexpected"' in line]

    @property
    def is_dead(self) -> bool:
        """Whether it was killed."""
        return self._child.code == -signal.SIGKILL

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()


@contextmanager
def serving(settings: Settings, *, dies_at: int = 0) -> Iterator[Door]:
    """A process that serves on the database of `settings`, and is killed at the moment `dies_at` of what is posted.

    Its moments are the beginning and the end of every commit, counted from one; at 0 it lives.
    """
    port = find_free_port()
    with running(serve, environ_of(settings), port, dies_at) as child:
        door = Door(port, child)
        door.wait()
        yield door


def serve(environ: dict[str, str], port: int, dies_at: int) -> None:
    """Serve until killed."""
    adopt(environ)
    app = create_app()
    moments = count(1)

    def pass_moment(session: Session) -> None:
        is_savepoint = session.in_nested_transaction()
        if has_request_context() and request.method == "POST" and not is_savepoint and next(moments) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Session, "before_commit", pass_moment)
    event.listen(Session, "after_commit", pass_moment)
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()
