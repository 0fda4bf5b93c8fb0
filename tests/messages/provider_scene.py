"""What the tests of text providers share: their settings, a text to send, and where they call us."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from selfservice import addresses
from selfservice.config import Settings
from selfservice.messages.channels.contract import Outgoing, Text
from selfservice.messages.channels.gateway import Gateway
from selfservice.messages.channels.twilio import Twilio
from selfservice.messages.channels.vonage import Vonage
from tests.harness.application import make_settings
from tests.harness.providers import Providers

BASE = "https://go.example.org"
PHONE = "+12025550123"
ID = "AbCdEf12345"
KINDS = ("twilio", "vonage", "gateway")

Provider = Twilio | Vonage | Gateway


def plain_settings(root: Path) -> Settings:
    """Settings of an installation that the internet reaches; no database is opened."""
    return make_settings(f"sqlite:///{root}/x.sqlite", root, BASE_URL=BASE)


def build(kind: str, providers: Providers, root: Path) -> Provider:
    """One of the providers, as its address on loopback says."""
    address = addresses.parse(getattr(providers, kind))
    return {"twilio": Twilio, "vonage": Vonage, "gateway": Gateway}[kind](address, plain_settings(root))


def text(body: str = "Hello", *, to: str = PHONE, hours: float = 1, reference: str = ID) -> Outgoing:
    """A text to hand over."""
    return Outgoing(reference, to, Text(body, "Clinic"), timedelta(hours=hours))
