"""The providers' door: what they report of our messages, and the texts that people send us. Signed by the provider.

Each request is proved and read by the provider's own code before anything is looked up. All that it says is committed
before it is answered, so that a provider which hears nothing sends it again.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, current_app, g, request
from flask.typing import ResponseReturnValue

from selfservice import config
from selfservice.db import READER, db
from selfservice.errors import AppError, ConfigError, Invalid, NotFound
from selfservice.messages import reports
from selfservice.messages.channels import registry
from selfservice.messages.channels.contract import Callback, Calling, Forged, Inbound, Receipt
from selfservice.messages.channels.registry import Channels
from selfservice.replies import service as replies
from selfservice.web import security

MOST_BYTES = 64 * 1024
"""Ten times the largest callback that is documented by a provider."""

CHANNELS = "selfservice.channels"
"""Where an application keeps its providers."""

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")


class Unreadable(AppError):
    """A request that is signed and cannot be read."""

    status = 400
    code = "unreadable"


def enter() -> None:
    """Let in what a provider of ours has signed, read; raises NotFound, Forged and Unreadable."""
    arguments = request.view_args or {}
    provider = arguments.pop("provider", "")
    arguments.pop("kind", "")  # Some providers know one address for both; what they say tells which it is.
    channel = _channels().find_named(provider)
    if not isinstance(channel, Calling):
        raise NotFound("No provider of this name calls us; set it in SELFSERVICE_SMS.")
    request.max_content_length = MOST_BYTES
    g.provider, g.channel, g.callback = provider, channel, _callback()
    g.said = _read(channel, g.callback)


security.guard(blueprint, "provider", enter)


@blueprint.post("/<provider>/<any(status, inbound):kind>")
def take() -> ResponseReturnValue:
    """Take receipts and texts, whichever of the two addresses they were sent to."""
    said = [one for one in g.said if isinstance(one, Receipt)]
    for receipt in sorted(said, key=lambda one: (one.id, one.ref)):  # Two requests wait for each other in one order.
        if not reports.is_known(g.provider, receipt.key):
            reports.note(g.provider, receipt)
    kept = [replies.keep(g.provider, text) for text in g.said if isinstance(text, Inbound)]
    db.session.commit()
    for text_id in kept:
        replies.understand(text_id)
    body, content_type = g.channel.reply(g.callback)
    return Response(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _callback() -> Callback:
    """The request as it came."""
    body = request.get_data(cache=True)  # Before the form is read: that would leave nothing of it.
    return Callback(
        method=request.method,
        url=config.current().base_url + _as_spelt(),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=list(request.args.items(multi=True)),
        form=list(request.form.items(multi=True)),
        body=body,
    )


def _as_spelt() -> str:
    """Path and query, every character of which a signature may be made over; no path of this door has one to escape."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path


def _read(channel: Calling, callback: Callback) -> list[Receipt | Inbound]:
    log = structlog.get_logger()
    try:
        return list(channel.read(callback))
    except Forged:
        log.warning("callback.forged", provider=channel.name)
        raise
    except (Invalid, ValueError, LookupError, TypeError, AttributeError) as error:
        # Neither its sentence nor its traceback: they could hold what the request says.
        log.warning("callback.unreadable", provider=channel.name, error=type(error).__name__)
        raise Unreadable("This cannot be read as a callback of this provider.") from None


def _channels() -> Channels:
    """The providers of this process, made when the first of them calls."""
    found: Channels | None = current_app.extensions.get(CHANNELS)
    if found is None:
        try:
            found = registry.build(config.current(), writer=db.engine, reader=db.engines[READER])
        except ConfigError:
            raise NotFound("No provider is set up as it should be; `flask doctor` says why.") from None
        current_app.extensions[CHANNELS] = found
    return found
