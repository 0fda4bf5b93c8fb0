"""The instruments: push services that stand in refuse what the real ones refuse, and what is missing is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from selfservice import clock, keys
from selfservice.messages.channels.sealing import Signer
from tests.harness import firefox, machine, stateful
from tests.harness.mozilla_push import MozillaPush
from tests.harness.push_service import Subscription

TOKEN = "subscribed"


@pytest.fixture(scope="module")
def service() -> Iterator[MozillaPush]:
    """A push service with one subscription, of a browser that is away."""
    with MozillaPush() as service:
        yield service


@pytest.fixture
def headers(service: MozillaPush) -> dict[str, str]:
    """What a push needs, signed by whom the subscription was made for."""
    private = keys.new_push_key()
    service._subscriptions[TOKEN] = Subscription("away", keys.public_push_key(private), {"channel": "one"})
    return {"TTL": "60", "Content-Encoding": "aes128gcm", "Authorization": sign(private, service.origin)}


def sign(private: str, origin: str) -> str:
    return Signer(private, "mailto:tests@example.org").authorization(origin)


def send(service: MozillaPush, headers: dict[str, str], *, token: str = TOKEN, body: bytes = b"sealed") -> int:
    connection = HTTPConnection("127.0.0.1", urlsplit(service.origin).port, timeout=10)
    connection.request("POST", f"/wpush/v2/{token}", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_sound_push_is_taken(service: MozillaPush, headers: dict[str, str]) -> None:
    assert send(service, headers) == 201


def test_an_unknown_subscription_is_gone(service: MozillaPush, headers: dict[str, str]) -> None:
    assert send(service, headers, token="unknown") == 410


@pytest.mark.parametrize("name", ["TTL", "Content-Encoding"])
def test_a_push_without_its_headers_is_refused(service: MozillaPush, headers: dict[str, str], name: str) -> None:
    del headers[name]

    assert send(service, headers) == 400


def test_a_push_that_is_too_long_is_refused(service: MozillaPush, headers: dict[str, str]) -> None:
    assert send(service, headers, body=bytes(4097)) == 413


def test_another_key_is_refused(service: MozillaPush, headers: dict[str, str]) -> None:
    assert send(service, {**headers, "Authorization": sign(keys.new_push_key(), service.origin)}) == 401


def test_a_signature_for_another_audience_is_refused(service: MozillaPush, headers: dict[str, str]) -> None:
    private = keys.new_push_key()
    service._subscriptions[TOKEN] = Subscription("away", keys.public_push_key(private), {"channel": "one"})

    assert send(service, {**headers, "Authorization": sign(private, "https://fcm.googleapis.com")}) == 403


def test_a_signature_from_last_year_is_refused(
    service: MozillaPush, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    private = keys.new_push_key()
    service._subscriptions[TOKEN] = Subscription("away", keys.public_push_key(private), {"channel": "one"})
    monkeypatch.setattr(clock, "now", lambda: datetime(2024, 1, 1, tzinfo=UTC))

    assert send(service, {**headers, "Authorization": sign(private, service.origin)}) == 403


def test_a_machine_without_firefox_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    said = machine.install_missing()

    assert "firefox-esr is not installed: it is needed to open pages in Firefox. Install it and try again." in said
    with pytest.raises(FileNotFoundError, match="install firefox-esr"):
        firefox.find()


class Numbers(stateful.Machine):
    """A machine that notes what it is given."""

    def __init__(self, given: list[int]) -> None:
        super().__init__()
        self.given = given

    @rule(number=st.integers(0, 10_000))
    def take(self, number: int) -> None:
        self.given.append(number)


def test_machines_have_the_same_examples_whatever_else_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = given()
    source = tmp_path / "others.py"
    source.write_text(f"NUMBERS = {list(range(7_000, 7_999))}\n")
    spec = spec_from_file_location("others", source)
    assert spec is not None
    monkeypatch.setitem(sys.modules, "others", module_from_spec(spec))

    assert given() == before


def given() -> list[int]:
    numbers: list[int] = []
    stateful.run(lambda: partial(Numbers, numbers), rounds=1, is_enough=lambda: False)
    return numbers
