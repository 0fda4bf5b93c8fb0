"""Endpoints: the addresses that browsers hand out for pushes, and which of them we ever call. Nothing is called here.

An endpoint comes from a stranger's request, and the server is to call it: so only push services that are known by
name, and never a place inside our own network unless the installation's owner has named it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from selfservice.config import Settings
from selfservice.errors import Invalid

SERVICES = (
    "fcm.googleapis.com",
    "jmt17.google.com",  # Chromium as Debian builds it.
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "notify.windows.com",
)
LONGEST = 2048
_PLAIN = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+/[!-~]*")


@dataclass(frozen=True)
class Endpoint:
    """An address we may send to. `may_be_private`: its host is one that the installation's owner named."""

    url: str
    may_be_private: bool

    @property
    def host(self) -> str:
        """The push service by its name."""
        return urlsplit(self.url).hostname or ""

    @property
    def origin(self) -> str:
        """The push service, as a token for it names its audience (RFC 8292, section 2)."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def read(url: str, settings: Settings) -> Endpoint:
    """An endpoint that these settings allow; raises Invalid. Where its name leads is judged by `http.look_up`."""
    if len(url) > LONGEST or not _PLAIN.fullmatch(url):
        raise _not_allowed("is not the address of a push service")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _not_allowed("is not the address of a push service") from None
    is_named = _is_among(host, (name.strip("[]") for name in settings.push_hosts))
    if not is_named and not (_is_among(host, SERVICES) and port in (None, 443)):
        raise _not_allowed("belongs to no push service that this site sends to")
    if parts.scheme != "https" and (settings.is_production or not is_named):
        raise _not_allowed("is not encrypted (https)")
    return Endpoint(url, is_named)


def _is_among(host: str, names: Iterable[str]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def _not_allowed(why: str) -> Invalid:
    return Invalid(
        f"The endpoint {why}; its owner can allow it with SELFSERVICE_PUSH_HOSTS.",
        fields={"endpoint": "endpoint_not_allowed"},
        code="endpoint_not_allowed",
    )
