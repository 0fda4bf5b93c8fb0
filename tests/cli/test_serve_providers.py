"""Server, worker and provider on sockets: texts go out once, receipts come in three times each and out of order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.application import AT_ANY_HOUR
from tests.harness.providers import GATEWAY_KEY, SIGNATURE_SECRET, TOKEN, Providers
from tests.harness.reporting import Reporter
from tests.harness.server import ROOT, LiveServer, find_leaks
from tests.harness.waiting import wait_until
from tests.messages.provider_scene import KINDS

BOOKED = "selfservice/situations/appointment_reminder/samples/booked.json"


def states(server: LiveServer) -> list[str]:
    with closing(sqlite3.connect(server.database)) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM messages ORDER BY id")]


@pytest.mark.parametrize("kind", [KINDS[0], *(pytest.param(kind, marks=pytest.mark.long) for kind in KINDS[1:])])
def test_texts_leave_and_their_receipts_come_back(providers: Providers, tmp_path: Path, kind: str) -> None:
    server = LiveServer(tmp_path, SMS=getattr(providers, kind), COURTESY=str(AT_ANY_HOUR))
    issue = ("page", "issue", "appointment_reminder", "--facts", str(ROOT / BOOKED), "--to")
    server.prepare(*((*issue, f"+1202555012{place}") for place in range(3)))

    server.start()
    try:
        with Reporter(providers, server.url, repeats=3, shuffled=True) as reporter:
            wait_until(lambda: states(server) == ["delivered"] * 3, told=lambda: (states(server), server.log()))
            wait_until(lambda: reporter.statuses.total() == 3 * 2 * 3)
    finally:
        code = server.stop()

    assert code == 0
    assert reporter.statuses == {200: 18}
    assert sorted(providers.counts.values()) == [1, 1, 1]
    assert find_leaks(server.log(), server.personal_texts()) == []
    assert not [secret for secret in (TOKEN, GATEWAY_KEY, SIGNATURE_SECRET) if secret in server.log()]
