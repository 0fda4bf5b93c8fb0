"""The worker: one process that sends what is ready and does what the clock demands, until it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Protocol

import structlog
from flask import Flask
from sqlalchemy import delete

from selfservice import clock, config, schema
from selfservice.db import READER, db
from selfservice.media import leftovers, preparing, uploads
from selfservice.media import queries as media
from selfservice.messages import bell, queries, upkeep
from selfservice.messages.channels import registry
from selfservice.messages.channels.registry import Channels
from selfservice.messages.channels.smpp import NAME as SMPP
from selfservice.messages.channels.smpp import Smpp
from selfservice.messages.dispatch import Dispatcher
from selfservice.messages.jumps import Reaper
from selfservice.messages.models import WorkerHeartbeat
from selfservice.messages.queries import Whose
from selfservice.pages import due, offers, unanswered
from selfservice.pages import uploads as page_uploads
from selfservice.replies import photos
from selfservice.replies import service as replies
from selfservice.rights import forgetting
from selfservice.situations import watching

HEARTBEAT_SECONDS = 10.0
STOP_SECONDS = 4.0
"""What calls in flight get to end; with what follows, a stop takes less than five seconds."""

_LOOK_SECONDS = 1.0
_UPKEEP_SECONDS = 0.2
_SELDOM_SECONDS = 60.0
_FORGET_SECONDS = 600.0
_REST_SECONDS = 0.1
_GOODBYE_SECONDS = 1.0
_LONGEST_BACKOFF = 5.0
_FORGET_AFTER = timedelta(days=1)


def run(app: Flask, stop: Event, *, line: Sequence[str] = ()) -> None:
    """Work until `stop` is set: then what is in flight is finished and recorded, and what is only claimed given back.

    `line` is the command that speaks SMPP, where that is configured: it runs as long as this worker does. Raises
    ConfigError when a provider is not served or the database is not migrated. Whatever fails later is logged and tried
    again: a worker outlives the restart of its database.
    """
    with app.app_context():
        schema.require_current()
        channels = registry.build(config.current(), writer=db.engine, reader=db.engines[READER])
    name = f"{socket.gethostname()}:{os.getpid()}"[-80:]
    dispatcher = Dispatcher(app, channels, owner=name, told=stop)
    pulse = _Pulse(app, name)
    log = structlog.get_logger()

    def send() -> bool:
        pulse.beat()
        return dispatcher.tick()

    others = [
        *_upkeep(app, channels, stop),
        Thread(target=_repeat, args=(stop, lambda: _turn_pages(app), _Pause(stop)), daemon=True),
        Thread(target=_repeat, args=(stop, lambda: _end_overdue(app), _Pause(stop, _SELDOM_SECONDS)), daemon=True),
        Thread(target=_repeat, args=(stop, lambda: _prepare_media(app, channels), _Pause(stop)), daemon=True),
        Thread(target=_repeat, args=(stop, lambda: _forget(app), _Pause(stop, _FORGET_SECONDS)), daemon=True),
    ]
    smpp = channels.find_named(SMPP)
    if isinstance(smpp, Smpp) and line:
        smpp.start(line)
    for thread in others:
        thread.start()
    log.info("worker.started")
    _repeat(stop, send, _Doze(app, stop, dispatcher.seconds_left))
    deadline = monotonic() + STOP_SECONDS
    last_steps: tuple[Callable[[], None], ...] = (lambda: dispatcher.stop(deadline - monotonic()), pulse.end)
    for step in last_steps:
        try:
            step()
        except Exception:
            log.exception("worker.interrupted")
    if isinstance(smpp, Smpp):
        smpp.stop(max(_GOODBYE_SECONDS, deadline - monotonic()))
    for thread in others:
        thread.join(max(_REST_SECONDS, deadline - monotonic()))
    log.info("worker.stopped")


def run_until_signal(app: Flask, *, line: Sequence[str] = ()) -> None:
    """Work in the main thread until SIGTERM or SIGINT; raises as `run` does."""
    stop = Event()

    def end(_signal: int, _frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run(app, stop, line=line)


class _Rest(Protocol):
    """What a loop does when it found no work."""

    def wait(self) -> None: ...

    def close(self) -> None: ...


class _Doze:
    """Sleeps until the bell rings, or a second has passed: messages also come due by the clock.

    For at least as long as `least`: while much is sent, the bell rings all the time.
    """

    def __init__(
        self, app: Flask, stop: Event, seconds_left: Callable[[], float] = lambda: 0.0, *, least: float = 0.0
    ) -> None:
        self._app = app
        self._stop = stop
        self._least = least
        self._seconds_left = seconds_left
        self._bell: bell.Bell | None = None

    def wait(self) -> None:
        if self._bell is None:
            with self._app.app_context():
                self._bell = bell.listen(db.engines[READER])
            return  # What was committed before we listened makes no sound: look once more.
        self._stop.wait(self._least)
        # What a provider's limit keeps back leaves on time, without a bell.
        self._bell.wait(min(_LOOK_SECONDS, self._seconds_left() or _LOOK_SECONDS), self._stop)

    def close(self) -> None:
        if self._bell is not None:
            self._bell.close()
        self._bell = None


class _Pause:
    """Sleeps for a second, or as long as it is told."""

    def __init__(self, stop: Event, seconds: float = _LOOK_SECONDS) -> None:
        self._stop = stop
        self._seconds = seconds

    def wait(self) -> None:
        self._stop.wait(self._seconds)

    def close(self) -> None:
        pass


class _Pulse:
    """The worker's sign of life, for /readyz: given by the loop that sends, so it stops when sending does."""

    def __init__(self, app: Flask, name: str) -> None:
        self._app = app
        self._name = name
        self._next = 0.0

    def beat(self) -> None:
        if monotonic() < self._next:
            return
        now = clock.now()
        with self._app.app_context():
            db.session.merge(WorkerHeartbeat(name=self._name, at=now))
            db.session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.at < now - _FORGET_AFTER))
            db.session.commit()
        self._next = monotonic() + HEARTBEAT_SECONDS

    def end(self) -> None:
        with self._app.app_context():
            db.session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.name == self._name))
            db.session.commit()


def _repeat(stop: Event, work: Callable[[], bool], rest: _Rest) -> None:
    """Do `work` again at once while it finds any, else after a rest, and after a growing pause when it fails."""
    failures = 0
    while not stop.is_set():
        try:
            if not work():
                rest.wait()
            failures = 0
        except Exception:  # noqa: BLE001 - a worker that dies of one error leaves every text unsent
            structlog.get_logger().exception("worker.interrupted")
            rest.close()
            failures += 1
            stop.wait(min(_LONGEST_BACKOFF, _REST_SECONDS * 2**failures))
    rest.close()


def _upkeep(app: Flask, channels: Channels, stop: Event) -> list[Thread]:
    """A thread for each provider that can be asked, so that one that hangs holds up no other, and one for the rest."""
    asked = channels.findable
    rest = Whose(besides=asked)
    works = [partial(_ask, app, channels, Whose(provider=name)) for name in sorted(asked)]
    works.append(partial(_keep_up, app, channels, rest, Reaper()))
    return [
        Thread(target=_repeat, args=(stop, work, _Doze(app, stop, least=_UPKEEP_SECONDS)), daemon=True)
        for work in works
    ]


def _keep_up(app: Flask, channels: Channels, whose: Whose, reaper: Reaper) -> bool:
    with app.app_context():
        reaper.look()
        if not queries.is_anything_to_keep_up(whose):
            return False
        found = reaper.reap()
        db.session.commit()
        found += upkeep.review_due()
        db.session.commit()
        return found + upkeep.reconcile(channels, whose=whose) + upkeep.follow_up(channels, whose=whose) > 0


def _end_overdue(app: Flask) -> bool:
    with app.app_context():
        found = upkeep.review_overdue() if queries.is_anything_overdue() else 0
        db.session.commit()
    return found > 0


def _ask(app: Flask, channels: Channels, whose: Whose) -> bool:
    with app.app_context():
        if not queries.is_anything_to_ask(whose):
            return False
        return upkeep.reconcile(channels, whose=whose) + upkeep.follow_up(channels, whose=whose) > 0


def _turn_pages(app: Flask) -> bool:
    # Before a page can be taken for one whose type is gone.
    watching.refresh(app)
    steps = (
        due.open_pages,
        offers.tell_due,
        unanswered.do_due,
        due.expire_pages,
        due.retire_pages,
        replies.understand_left,
    )
    return _take(app, *steps)


def _forget(app: Flask) -> bool:
    """What its time is over for; whoever was known by that alone comes after it."""
    return _take(app, forgetting.forget_pages, forgetting.forget_rest, forgetting.forget_customers)


def _prepare_media(app: Flask, channels: Channels) -> bool:
    with app.app_context():
        if not media.is_anything_due():
            return False
    fetch_next = partial(photos.fetch_next, channels)
    return _take(app, fetch_next, preparing.prepare_next, page_uploads.ask_again, uploads.sweep, leftovers.clear_due)


def _take(app: Flask, *steps: Callable[[], object]) -> bool:
    """Take every step in a transaction of its own, also where others fail; whether one of them found work.

    Raises what failed first.
    """
    is_found = False
    failures: list[Exception] = []
    for step in steps:
        try:
            with app.app_context():
                is_found |= bool(step())
                db.session.commit()
        except Exception as failure:  # noqa: BLE001 - as above: the steps after it are others' texts and photos
            failures.append(failure)
    for other in failures[1:]:
        structlog.get_logger().error("worker.interrupted", exc_info=other)
    if failures:
        raise failures[0]
    return is_found
