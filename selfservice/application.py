"""Wiring: settings, database, keys, page types and doors become one WSGI application; nothing is decided here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from selfservice import db, logs, tokens
from selfservice.config import Settings
from selfservice.recipes.shelf import Shelf
from selfservice.situations import watching
from selfservice.situations.registry import Registry
from selfservice.web import assets, bodies, errors, security
from selfservice.web.callbacks.routes import blueprint as callbacks
from selfservice.web.console import door
from selfservice.web.console.routes import blueprint as console
from selfservice.web.customer import pages
from selfservice.web.customer.inbox import blueprint as inbox
from selfservice.web.customer.push import blueprint as push
from selfservice.web.customer.routes import blueprint as customer
from selfservice.web.customer.shell import blueprint as shell
from selfservice.web.customer.verify import blueprint as verify
from selfservice.web.customer.wishes import blueprint as wishes
from selfservice.web.operations import blueprint as operations
from selfservice.web.phone.routes import blueprint as phone

ROOT = Path(__file__).resolve().parent.parent
MAX_BODY_BYTES = 256 * 1024


class Application(Flask):
    """Flask for views and hooks that are ordinary functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none of ours is a coroutine, and Flask would ask that of nine with each request."""
        return func


def create_app(settings: Settings | None = None, registry: Registry | None = None) -> Flask:
    """The application for `settings`, by default those of the environment; raises ConfigError when they are wrong.

    `registry` are its page types, by default those that the settings name.
    """
    settings = settings or Settings.load(os.environ)
    app = Application("selfservice", root_path=str(ROOT), template_folder="templates", static_folder=None)
    # No SECRET_KEY: the framework's own sessions stay off, the doors prove who is there in their own ways.
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, PROPAGATE_EXCEPTIONS=False)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["selfservice.settings"] = settings
    app.extensions["selfservice.keyring"] = tokens.Keyring(settings.secret_keys)
    app.extensions["selfservice.data_keys"] = tokens.DataKeys(settings.data_keys)
    shelf = app.extensions["selfservice.shelf"] = Shelf()
    if registry is None and not settings.is_production:
        registry = watching.start(app, settings.situations, shelf)
    else:
        registry = (registry or Registry.load(settings.situations, strict=settings.strict)).beside(shelf)
    app.extensions["selfservice.registry"] = registry
    logs.configure(settings)
    db.configure(app, settings.database_url)
    _watch_requests(app)
    _open_doors(app)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=ROOT / "static",
        prefix="static/",
        autorefresh=not settings.is_production,
        immutable_file_test=assets.is_immutable,
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _open_doors(app: Flask) -> None:
    app.before_request(security.refuse_foreign_forms)
    app.before_request(partial(bodies.read_ahead, {pages.TAKES_FILES, *door.TAKES_FILES}))
    app.after_request(security.add_safe_headers)
    for blueprint in (customer, wishes, inbox, verify, shell, push, console, phone, callbacks, operations):
        app.register_blueprint(blueprint)
    errors.register(app)
    assets.register(app)


def _watch_requests(app: Flask) -> None:
    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()
        g.request_id = logs.new_request_id()

    @app.after_request
    def finish(response: Response) -> Response:
        logs.request_finished(
            method=request.method,
            rule=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=(time.perf_counter() - g.started) * 1000,
            request_id=g.request_id,
        )
        return response
