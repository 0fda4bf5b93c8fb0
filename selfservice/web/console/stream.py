"""The stream that keeps open screens fresh, and the look-up behind the jump box."""

from __future__ import annotations

from flask import Response, current_app, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from selfservice import clock, tokens
from selfservice.errors import Unavailable
from selfservice.pages import queries
from selfservice.situations import registry
from selfservice.staff import queries as staff
from selfservice.web import live
from selfservice.web.console import door, wording

_LONGEST_TAB = 40
_HITS = 8


def follow() -> ResponseReturnValue:
    """Server-sent events for one tab; 503 when there are too many, and the script looks by itself instead."""
    who = door.here()
    page = request.args.get("page", "")
    stream = live.Stream(
        session_id=who.session_id,
        tab=request.args.get("tab", "")[:_LONGEST_TAB],
        page_id=tokens.decode_id(page) if page else None,
    )
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way

    def is_allowed() -> bool:
        with app.app_context():
            return staff.find_live_session(who.session_id) is not None

    since = live.read_cursor(request.headers.get("Last-Event-ID") or request.args.get("since", ""))
    try:
        written = live.follow(stream, since=since, is_allowed=is_allowed)
    except Unavailable:
        return Response("", 503, {"Retry-After": str(live.RETRY_AFTER)})
    return Response(
        written,
        content_type="text/event-stream",
        # A proxy that gathers the answer before it passes it on would hold events back.
        headers={"X-Accel-Buffering": "no"},
    )


def head() -> ResponseReturnValue:
    """How far the log has come: what screens ask every few seconds while they have no stream."""
    return jsonify(cursor=live.here_and_now())


def jump() -> ResponseReturnValue:
    """The pages that fit a few letters; a POST, so that no name or number stands in an address."""
    wanted = request.form.get("search", "").strip()
    with door.reading():
        found = queries.list_pages(search=wanted, limit=_HITS) if wanted else []
        hits = [
            {
                "address": url_for("console.show_page", page_id=tokens.encode_id(page.id)),
                "who": customer.name or "No name",
                "what": loaded.name
                if (loaded := registry.current().find(page.situation, page.version))
                else page.situation,
                "state": wording.condition(page, clock.now()).words,
            }
            for page, customer in found
        ]
    return jsonify(hits=hits)
