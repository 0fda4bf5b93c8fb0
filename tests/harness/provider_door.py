"""The fixture of the providers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.providers import Providers


@pytest.fixture
def providers(tmp_path: Path) -> Iterator[Providers]:
    """Twilio, Vonage and a gateway, each with nothing taken yet."""
    with Providers(tmp_path) as providers:
        yield providers
