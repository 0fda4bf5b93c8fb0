"""Server-sent events: one reader of the event log a process tells every open console that something happened.

A stream carries ids only; the console then asks for what it shows with an ordinary request. Each stream holds one of
the server's threads, so their number is capped: customers' pages never wait for a console.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar, cast

import structlog
from flask import Flask, current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from selfservice.db import READER, db, is_postgresql
from selfservice.errors import Unavailable
from selfservice.events import queries as events
from selfservice.events.models import Event
from selfservice.events.queries import Cursor
from selfservice.tokens import encode_id

RESERVE = 8
"""Threads that streams never take."""
MOST_STREAMS = 16
"""Streams a process serves at once; `serve` gives each process MOST_STREAMS + RESERVE threads."""

RETRY_AFTER = 5
LOOK_EVERY = 0.05
LOOK_EVERY_POSTGRESQL = 0.1
AFTER_FAILURE = 1.0
CHECK_EVERY = 2.0
"""A stream on which nothing happens is written to as often: only then a server notices that its console is closed."""
MOST_WAITING = 100
MOST_MISSED = 200


T = TypeVar("T")

# As little of a request as a request context asks for (PEP 3333).
_AS_A_GET = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "wsgi.url_scheme": "http",
}


class Happening(NamedTuple):
    """One event as a console needs it: what kind, and which page or conversation to look at again."""

    cursor: Cursor
    type: str
    page_id: int | None
    conversation_id: int | None

    def encode(self) -> bytes:
        """The event on the wire (WHATWG HTML section 9.2.5); the id lets a browser go on where it was cut off."""
        page = f'"{encode_id(self.page_id)}"' if self.page_id else "null"
        conversation = f'"{encode_id(self.conversation_id)}"' if self.conversation_id else "null"
        data = f'{{"type":"{self.type}","page":{page},"conversation":{conversation}}}'
        return f"id: {write_cursor(self.cursor)}\nevent: happened\ndata: {data}\n\n".encode()


@dataclass(eq=False)
class Stream:
    """One open console: who, which of their tabs, and what waits to be written to it. `page_id` narrows it."""

    session_id: int
    tab: str
    page_id: int | None = None
    waiting: queue.Queue[Happening | None] = field(default_factory=lambda: queue.Queue(MOST_WAITING))
    is_over: bool = False
    is_behind: bool = False

    def wants(self, happening: Happening) -> bool:
        """Whether this console shows what the event is about."""
        return self.page_id is None or happening.page_id == self.page_id

    def offer(self, happening: Happening) -> None:
        """Hand an event over; a stream too slow to take it is told to reload instead."""
        try:
            self.waiting.put_nowait(happening)
        except queue.Full:
            self.is_behind = True

    def end(self) -> None:
        """Let the thread that writes this stream finish at once."""
        self.is_over = True
        with contextlib.suppress(queue.Full):  # A full one wakes without being told.
            self.waiting.put_nowait(None)


class Hub:
    """The streams of one process and the one thread that reads the log for them; it runs while there are any."""

    def __init__(self, app: Flask, *, most: int = MOST_STREAMS) -> None:
        self._app = app
        self.most = most
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._cursor = Cursor()

    def join(self, stream: Stream) -> None:
        """Take a stream in; raises Unavailable over the cap.

        The same tab asking again takes its own place over: a browser that moves from screen to screen leaves streams
        behind whose end a server notices only when it next writes.
        """
        with self._lock:
            for other in [old for old in self._streams if (old.session_id, old.tab) == (stream.session_id, stream.tab)]:
                self._streams.discard(other)
                other.end()
            if len(self._streams) >= self.most:
                raise Unavailable(
                    "Too many consoles are open on this server; this one looks every few seconds instead."
                )
            if self._thread is None:
                self._cursor = self._read(events.head)
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
            self._streams.add(stream)

    def leave(self, stream: Stream) -> None:
        """Forget a stream."""
        with self._lock:
            self._streams.discard(stream)

    def end_all(self) -> None:
        """Let every stream end at once: the process is about to stop, and each holds one of its threads."""
        with self._lock:
            streams = tuple(self._streams)
        for stream in streams:
            stream.end()

    def missed(self, cursor: Cursor) -> list[Happening] | None:
        """What happened since `cursor`; None when it is too much to tell one by one."""
        found = self._read(lambda: [_happening(event) for event in events.after(cursor, MOST_MISSED + 1)])
        return found if len(found) <= MOST_MISSED else None

    def _run(self) -> None:
        pulse = _Pulse(self._app)
        while self._goes_on():
            try:
                if pulse.has_changed():
                    self._tell()
                pause = pulse.every
            except SQLAlchemyError as error:  # The database restarts; consoles go on when it is back.
                structlog.get_logger().warning("live.interrupted", error=type(error).__name__)
                pulse.close()
                pause = AFTER_FAILURE
            time.sleep(pause)
        pulse.close()

    def _goes_on(self) -> bool:
        with self._lock:
            if not self._streams:
                self._thread = None
            return self._thread is threading.current_thread()

    def _tell(self) -> None:
        happenings = self._read(lambda: [_happening(event) for event in events.after(self._cursor)])
        if not happenings:
            return
        self._cursor = happenings[-1].cursor
        with self._lock:
            streams = tuple(self._streams)
        for stream in streams:
            for happening in filter(stream.wants, happenings):
                stream.offer(happening)

    def _read(self, look: Callable[[], T]) -> T:
        # As a GET: the session then reads on the engine that never takes the writer's place.
        with self._app.request_context(dict(_AS_A_GET)):
            return look()


class _Pulse:
    """Whether anything may have been committed, by whichever process.

    SQLite counts commits of others in a number that costs microseconds to read, so the log is read only when that
    number moved. PostgreSQL has no such number: there the log itself, an index look-up, is asked each time.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context():
            self._counts = not is_postgresql()
        self.every = LOOK_EVERY if self._counts else LOOK_EVERY_POSTGRESQL
        self._connection: Connection | None = None
        self._version: int | None = None

    def has_changed(self) -> bool:
        if not self._counts:
            return True
        if self._connection is None:
            with self._app.app_context():
                self._connection = db.engines[READER].connect()
        version: int = self._connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        changed = version != self._version
        self._version = version
        return changed

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._version = None


def hub() -> Hub:
    """The running application's hub, made with its first console."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way
    return cast(Hub, app.extensions.setdefault("selfservice.live", Hub(app)))


def follow(stream: Stream, *, since: Cursor | None, is_allowed: Callable[[], bool]) -> Iterator[bytes]:
    """What is written to one console until it goes away or `is_allowed` says no (asked every few seconds).

    Raises Unavailable at once when there are too many; what `since` missed comes first.
    """
    here = hub()
    here.join(stream)
    return _write(here, stream, since, is_allowed)


def here_and_now() -> str:
    """The cursor that a screen follows the log from: taken before the screen is read, so that nothing comes between."""
    return write_cursor(events.head())


def write_cursor(cursor: Cursor) -> str:
    """A cursor as text, for pages and Last-Event-ID."""
    return f"{cursor.txid}.{cursor.id}"


def read_cursor(text: str) -> Cursor | None:
    """The cursor written as `text`; None for anything else."""
    txid, dot, row = text.partition(".")
    if not (dot and txid.isdecimal() and row.isdecimal() and len(text) < 40):
        return None
    return Cursor(int(txid), int(row))


def _write(here: Hub, stream: Stream, since: Cursor | None, is_allowed: Callable[[], bool]) -> Iterator[bytes]:
    try:
        yield f"retry: {RETRY_AFTER * 1000}\n\n".encode()
        if since is not None:
            yield from _catch_up(here, stream, since)
        checked_at = time.monotonic()
        while not stream.is_over:
            happening = _next(stream)
            if time.monotonic() - checked_at >= CHECK_EVERY:
                if not is_allowed():
                    yield b"event: ended\ndata: \n\n"
                    return
                checked_at = time.monotonic()
            if stream.is_behind:
                _empty(stream)
                yield b"event: reload\ndata: \n\n"
            elif happening is not None:
                yield happening.encode()
            else:
                yield b": still here\n\n"
        # Another screen of the same tab came in its place; a copied tab, which it may also be, asks under a new name.
        yield b"event: moved\ndata: \n\n"
    finally:
        here.leave(stream)


def _catch_up(here: Hub, stream: Stream, since: Cursor) -> Iterator[bytes]:
    missed = here.missed(since)
    if missed is None:
        yield b"event: reload\ndata: \n\n"
        return
    yield from (happening.encode() for happening in missed if stream.wants(happening))


def _next(stream: Stream) -> Happening | None:
    try:
        return stream.waiting.get(timeout=CHECK_EVERY)
    except queue.Empty:
        return None


def _empty(stream: Stream) -> None:
    while not stream.waiting.empty():
        stream.waiting.get_nowait()
    stream.is_behind = False


def _happening(event: Event) -> Happening:
    return Happening(events.cursor_of(event), event.type, event.page_id, event.conversation_id)
