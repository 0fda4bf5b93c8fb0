"""The application under test: its settings, itself, a client, and a unit of work for tests of services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from selfservice import db, logs
from selfservice.config import Settings

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from selfservice.situations.registry import Registry

KEYS = {
    "SELFSERVICE_SECRET_KEYS": "a:qJ3vN8xT2mR7kW5zB9cF4hL6pD1sG0yE",
    "SELFSERVICE_DATA_KEYS": "d:Zt5Yb1Xw8Vc3Us6Rq9Po2Nm4Lk7Ji0Hg",
    "SELFSERVICE_VAPID_PRIVATE_KEY": "nCScek-QpEjmOOlT8rQ38nZzvdPlqa00Zy0i6m2OJvY",
}

AT_ANY_HOUR = Path(__file__).with_name("at_any_hour.toml")
"""No test hangs on the hour it is run at; those of the hours name rules of their own."""


def make_settings(database_url: str, root: Path, **variables: str) -> Settings:
    """Settings of a demo with fixed keys; `variables` are named without their prefix: `WORKER="off"`."""
    environ = {**KEYS, "SELFSERVICE_DATABASE_URL": database_url, "SELFSERVICE_COURTESY": str(AT_ANY_HOUR)}
    environ |= {f"SELFSERVICE_{name}": value for name, value in variables.items()}
    return Settings.load(environ, root=root, strict=True)


def make_app(settings: Settings) -> Flask:
    """The whole application with its commands; tests of what lies below it neither wait for it nor break with it."""
    from selfservice.application import create_app  # noqa: PLC0415 - hence here.
    from selfservice.cli.commands import attach  # noqa: PLC0415 - hence here.

    app = attach(create_app(settings, None if settings.situations else _built_in()))
    app.testing = True
    return app


@cache
def _built_in() -> Registry:
    """The page types that every installation has, read once: what is drawn of them stays drawn for the next test."""
    from selfservice.situations.registry import Registry  # noqa: PLC0415 - as above.

    return Registry.load(strict=True)


@lru_cache(maxsize=8)
def _keep_app(settings: Settings) -> Flask:
    """An application that is lent to one test after the other: its routes, templates and statements stay compiled."""
    return make_app(settings)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Demo settings for a fresh database."""
    return make_settings(database_url, tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on a fresh database, on each kind in turn; no context is pushed.

    What differs between tests of the same settings is the folder of the instance, and what they and the application
    keep in `extensions`: both are as new for each. A test that adds routes makes an application of its own.
    """
    app = _keep_app(settings.model_copy(update={"instance": Path()}))
    kept = dict(app.extensions)
    app.extensions["selfservice.settings"] = settings
    _clear_shelf(app)
    logs.configure(settings)
    yield app
    with app.app_context():
        db.dispose()
    app.extensions.clear()
    app.extensions.update(kept)


def _clear_shelf(app: Flask) -> None:
    """No composed types from the database of another test, and none asked for in the middle of one."""
    from selfservice.recipes.shelf import Shelf  # noqa: PLC0415 - as above.

    shelf = app.extensions["selfservice.shelf"] = Shelf(every=60)
    app.extensions["selfservice.registry"] = app.extensions["selfservice.registry"].beside(shelf)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the application that keeps cookies."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Any]:
    """The database session of an application context that stays open for the test: for tests of services.

    What a test does not commit is rolled back; what it commits goes with its database.
    """
    with app.app_context():
        yield db.db.session
