"""The store at any service that speaks S3: one bucket, addressed by path, its requests signed."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from selfservice import clock
from selfservice.errors import Unavailable
from selfservice.http import Client, Lost, NotSent, Reply, Request
from selfservice.media import signing
from selfservice.media.store import Missing

LONGEST = 48 * 1024 * 1024
"""No object of ours is as large: a photo as it came has 10 MB at most, and the darkroom makes 32 MB at most."""

PARALLEL = 4
_FINE = range(200, 300)
_GONE = 404
_FORBIDDEN = (401, 403)


class Bucket(NamedTuple):
    """Where a bucket is, and who may use it."""

    url: str
    credentials: signing.Credentials


class S3:
    """Keeps objects in a bucket. The operator names the service, so it may stand inside a private network."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._client = Client(parallel=PARALLEL)

    def put(self, key: str, body: bytes) -> None:
        _require(self._call("PUT", key, body, {"Content-Type": "application/octet-stream"}))

    def get(self, key: str) -> bytes:
        reply = self._call("GET", key)
        if reply.status == _GONE:
            raise Missing
        _require(reply)
        return reply.body

    def delete(self, key: str) -> None:
        reply = self._call("DELETE", key)
        if reply.status != _GONE:
            _require(reply)
        if self._call("HEAD", key).status != _GONE:
            raise Unavailable("The photos' store still has what was to go; it is asked again.")

    def _call(self, method: str, key: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        """One request, once more if its answer was lost: each of ours does the same the second time."""
        try:
            return self._send(method, key, body, headers or {})
        except Lost:
            pass
        except NotSent as error:
            raise Unavailable("The photos' store cannot be reached; look at SELFSERVICE_MEDIA.") from error
        try:
            return self._send(method, key, body, headers or {})
        except (Lost, NotSent) as error:
            raise Unavailable("The photos' store did not answer; try again.") from error

    def _send(self, method: str, key: str, body: bytes, headers: dict[str, str]) -> Reply:
        url = f"{self._bucket.url}/{key}"
        signed = signing.sign(self._bucket.credentials, method, url, headers, body, at=clock.now())
        return self._client.request(Request(method, url, signed, body), longest=LONGEST, may_be_private=True)


def read_bucket(text: str) -> Bucket:
    """The bucket that SELFSERVICE_MEDIA names, as `spelling.media` has checked it."""
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query))
    host = parts.netloc.rpartition("@")[2]
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    url = f"{options.get('scheme', 'https')}://{host}{parts.path.rstrip('/')}"
    return Bucket(url, signing.Credentials(key, secret, options.get("region", "us-east-1")))


def _require(reply: Reply) -> None:
    if reply.status in _FINE:
        return
    if reply.status in _FORBIDDEN:
        raise Unavailable("The photos' store does not let us in; look at key, secret and region in SELFSERVICE_MEDIA.")
    raise Unavailable(f"The photos' store answered with HTTP {reply.status}; nothing of ours was changed, try again.")
