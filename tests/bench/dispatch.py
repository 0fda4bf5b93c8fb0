"""Messages handed to a provider that answers in 50 ms, by one worker process with 64 calls in flight.

For each database: how many are enqueued a second, handed over a second, the worker's CPU for one beside that of
http.client doing the same calls on as many threads and nothing else, and how long single messages wait while a campaign
of 10,000 leaves. The last check looks at everything: consent, hours in each recipient's zone, and caps.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from selfservice import clock
from selfservice.config import Settings
from selfservice.customers import service as customers
from selfservice.db import READER, db
from selfservice.messages import service
from selfservice.messages.models import Attempt, Message
from selfservice.messages.service import NewMessage
from tests.faults.processes import running
from tests.faults.provider import ProviderProcess
from tests.faults.working import Job, environ_of, work

MILLISECONDS = 50
PARALLEL = 64
CEILING = PARALLEL * 1000 / MILLISECONDS
MESSAGES = 6_000
CAMPAIGN = 10_000
PEOPLE = 2_000
SINGLES = 60
CHUNK = 500
WARM = 500
COURTESY = Path(__file__).with_name("all_day.toml")
_numbers = itertools.count(1)


def table(app: Flask, settings: Settings) -> list[str]:
    """The lines to print; the database is migrated, and empty of messages."""
    with app.app_context(), ProviderProcess(milliseconds=MILLISECONDS) as provider:
        people = _people()
        bare = _bare(provider.port)
        enqueued, cost = _enqueue(people, MESSAGES, is_bulk=False)
        sent, cpu = _hand_over(settings, provider)
        waits = _campaign(settings, provider, people)
    return [
        f"{'enqueued':34}{enqueued:8.0f} a second{cost:8.0f} us of CPU each",
        f"{'handed over':34}{sent:8.0f} a second{sent / CEILING:8.0%} of what 64 calls of 50 ms allow",
        f"{'CPU for one, http.client alone':34}{bare:8.0f} us",
        f"{'CPU for one, worker':34}{cpu:8.0f} us{cpu / bare:12.2f} times",
        (
            f"{'one alone during a campaign':34}{waits[len(waits) // 2]:8.2f} s p50"
            f"{waits[-1]:8.2f} s, the longest of {len(waits)}"
        ),
    ]


def _people() -> list[tuple[int, str]]:
    """Customers with their numbers."""
    numbers = [f"+1202555{number:04}" for number in range(PEOPLE)]
    people = [(customers.find_or_make(phone=number).id, number) for number in numbers]
    db.session.commit()
    return people


def _enqueue(people: Sequence[tuple[int, str]], count: int, *, is_bulk: bool) -> tuple[float, float]:
    """Accept so many, in transactions of 500; how many a second, and the CPU for one in microseconds."""
    began, spent = time.perf_counter(), time.thread_time()
    for place in range(0, count, CHUNK):
        for number in range(place, min(place + CHUNK, count)):
            _accept(*people[number % len(people)], is_bulk=is_bulk)
        db.session.commit()
        db.session.expunge_all()
    return count / (time.perf_counter() - began), (time.thread_time() - spent) / count * 1e6


def _accept(customer_id: int, phone: str, *, is_bulk: bool) -> int:
    new = NewMessage(
        customer_id=customer_id,
        recipient=phone,
        purpose="invitation",
        body="Your appointment is on Tuesday: https://example.com/p/x",
        locale="en",
        not_after=clock.now() + timedelta(days=1),
        idempotency_key=f"bench:{next(_numbers)}",
        is_bulk=is_bulk,
    )
    return service.accept(new).id


def _hand_over(settings: Settings, provider: ProviderProcess) -> tuple[float, float]:
    """How many a second once the worker is warm, and its CPU for one in microseconds."""
    start = _taken(provider)
    with running(work, *_worker(settings, provider)) as process:
        _wait(lambda: _taken(provider) >= start + WARM)
        first, began, spent = _taken(provider), time.perf_counter(), _cpu(process.pid)
        _wait(lambda: _taken(provider) >= start + MESSAGES - WARM)
        last, seconds, cpu = _taken(provider), time.perf_counter() - began, _cpu(process.pid) - spent
        _wait(_is_empty)
    return (last - first) / seconds, cpu / (last - first) * 1e6


def _campaign(settings: Settings, provider: ProviderProcess, people: Sequence[tuple[int, str]]) -> list[float]:
    """How long each of some single messages waited from its commit to its attempt, in seconds, shortest first."""
    _enqueue(people, CAMPAIGN, is_bulk=True)
    accepted: dict[int, Any] = {}
    with running(work, *_worker(settings, provider)):
        start = _taken(provider)
        _wait(lambda: _taken(provider) >= start + WARM)
        while len(accepted) < SINGLES and _left() > CHUNK:
            message_id = _accept(*people[len(accepted)], is_bulk=False)
            db.session.commit()
            accepted[message_id] = clock.now()
            time.sleep(0.1)
        _wait(_is_empty)
    with db.engines[READER].connect() as connection:
        rows = connection.execute(
            select(Attempt.message_id, Attempt.started_at).where(Attempt.message_id.in_(list(accepted)))
        ).all()
    return sorted((row.started_at - accepted[row.message_id]).total_seconds() for row in rows)


def _worker(settings: Settings, provider: ProviderProcess) -> tuple[dict[str, str], Job]:
    """What a worker process is given."""
    environ = {**environ_of(settings), "SELFSERVICE_COURTESY": str(COURTESY)}
    return environ, Job(provider.port, parallel=PARALLEL, lease=60)


def _bare(port: int) -> float:
    """Microseconds of CPU for one call by a process that does nothing else, with as many threads."""
    command = [sys.executable, "-m", "tests.bench.dispatch", str(port)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _call_bare(port: int) -> float:
    each = 6_000 // PARALLEL

    def call(lane: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        for number in range(each):
            connection.request("POST", f"/send/b{lane:05}{number:05}", b"{}")
            connection.getresponse().read()
        connection.close()

    threads = [threading.Thread(target=call, args=(lane,)) for lane in range(PARALLEL)]
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - began) / (each * PARALLEL) * 1e6


def _taken(provider: ProviderProcess) -> int:
    return provider.total()


def _left() -> int:
    with db.engines[READER].connect() as connection:
        query = select(func.count()).select_from(Message).where(Message.state.in_(("ready", "leased", "sending")))
        return int(connection.execute(query).scalar_one())


def _is_empty() -> bool:
    return _left() == 0


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("The worker did not hand over what there was in five minutes.")
        time.sleep(0.1)


def _cpu(pid: int) -> float:
    """The seconds of CPU that a process has spent (proc(5))."""
    with Path(f"/proc/{pid}/stat").open(encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(_call_bare(int(sys.argv[1])))
