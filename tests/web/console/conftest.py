"""Who works at the console in these tests: ana (supervisor), ben (agent of reception), eve (agent of another team)."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.console.desk import Desk


@pytest.fixture
def ana(app: Flask) -> Desk:
    """A supervisor of reception: sees all teams."""
    return Desk(app, "ana@example.com", name="Ana Silva", role="supervisor", team="reception")


@pytest.fixture
def ben(app: Flask) -> Desk:
    """An agent of reception."""
    return Desk(app, "ben@example.com", name="Ben Diaz", team="reception")


@pytest.fixture
def eve(app: Flask) -> Desk:
    """An agent of another team."""
    return Desk(app, "eve@example.com", name="Eve Moss", team="deliveries")


@pytest.fixture
def stranger(app: Flask) -> Desk:
    """Somebody who has not signed in."""
    return Desk(app)
