"""Calling a provider over HTTP, and what its answer says of a message: taken, refused for now or for good, or unknown.

What an answer means beyond its status is each provider's own matter.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from selfservice import clock, http
from selfservice.http import Client, Reply, Request
from selfservice.messages.channels.contract import Refused, Uncertain, Unrecognised

LONGEST_PAUSE = timedelta(hours=1)
MOST_MEDIA_BYTES = 10 * 1024 * 1024
_MOST_MOVES = 2
_LONGEST_REF = 80
_STRANGERS = frozenset({401, 403})
_OURS = frozenset({402, 404, 405})


def ask(client: Client, request: Request, *, who: str, may_be_private: bool = False, longest: int = 0) -> Reply:
    """Send a request; raises Refused for now when nothing has left, and Uncertain when no answer came."""
    try:
        return client.request(request, longest=longest or http.LONGEST_ANSWER, may_be_private=may_be_private)
    except http.NotSent as refusal:
        raise Refused(f"{who}: {refusal.message}", permanent=False) from None
    except http.Lost as loss:
        raise Uncertain(f"{who}: {loss.message}") from None


def refuse(reply: Reply, *, who: str, host: str, error: str = "") -> NoReturn:
    """Raise what an answer means that is no success. `error` is the provider's own number, if it gave one.

    A message is not lost to a fault of ours: with a wrong token it waits, and leaves once that is mended.
    """
    status = reply.status
    what = f"HTTP {status}, error {error}" if error else f"HTTP {status}"
    if status == 429:
        raise Refused(f"{who} asks to wait ({what}).", permanent=False, retry_after=retry_after(reply))
    if status >= 500 or status == 408:
        # It had the whole message when it failed.
        raise Uncertain(f"{who} failed ({what}).")
    if status in _STRANGERS:
        raise Unrecognised(host=host, status=status)
    if status in _OURS or status < 400:
        refuse_ours(who, what)
    raise Refused(f"{who} refused it ({what}).", permanent=True)


def refuse_ours(who: str, what: str) -> NoReturn:
    """Raise that nothing was taken for a reason that the operator has to mend, or that another provider has not."""
    says = f"{who} does not serve us ({what}): look at its address, the sender and the account."
    raise Refused(says, permanent=False)


def retry_after(reply: Reply) -> timedelta | None:
    """Seconds, or a date (RFC 9110, section 10.2.3); never more than an hour, None when it is neither."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = datetime(*moment.timetuple()[:6], tzinfo=UTC)
    return min(max(moment - clock.now(), timedelta()), LONGEST_PAUSE)


def read_json(body: bytes) -> Any:
    """The JSON value in a body; None for anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def fetch(client: Client, url: str, headers: dict[str, str], *, who: str, may_be_private: bool = False) -> bytes:
    """What is at `url`, at most MOST_MEDIA_BYTES; `headers` hold the credentials, which a redirect does not get.

    Raises Refused or Uncertain as `send` does.
    """
    for _ in range(_MOST_MOVES + 1):
        scheme, _ = place_of(url)
        if not scheme or (scheme != "https" and not may_be_private):
            raise Refused(f"{who}: the file is not at an https address.", permanent=True)
        request = Request("GET", url, headers)
        reply = ask(client, request, who=who, may_be_private=may_be_private, longest=MOST_MEDIA_BYTES + 1)
        if reply.status == 200:
            if len(reply.body) > MOST_MEDIA_BYTES:
                raise Refused(f"{who}: the file is larger than {MOST_MEDIA_BYTES} bytes.", permanent=True)
            return reply.body
        if reply.status not in {301, 302, 303, 307, 308}:
            break
        url, headers = _moved(url, reply), {}
    if reply.status in {404, 410}:
        raise Refused(f"{who} has the file no more (HTTP {reply.status}).", permanent=True)
    refuse(reply, who=who, host=place_of(url)[1])


def _moved(url: str, reply: Reply) -> str:
    try:
        return urljoin(url, reply.headers.get("location", ""))
    except ValueError:
        return ""


def place_of(url: str) -> tuple[str, str]:
    """The scheme of an address, and its host with the port; both empty for what nothing can be fetched from."""
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return "", ""
    return (parts.scheme, parts.netloc.lower()) if is_sound else ("", "")


def read_ref(value: Any) -> str:
    """A provider's own reference; empty for what is none, or cannot be stored: unprintable, or over 80 characters."""
    return value if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_REF else ""


def read_text(value: Any) -> str:
    """A text without what no database stores: zero characters, halves of surrogate pairs. Empty for anything else."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def read_number(text: str) -> str:
    """A number as providers write it, without its plus, in E.164; a short code or a name as it is."""
    return f"+{text}" if re.fullmatch(r"[1-9]\d{7,14}", text, re.ASCII) else text


def read_moment(value: Any) -> datetime | None:
    """An ISO 8601 time with its offset, or seconds since 1970; None for anything else."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
