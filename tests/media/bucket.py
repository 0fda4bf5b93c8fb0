"""A service that speaks S3, on loopback: four requests of its API reference, signatures checked, faults at will.

Source: Amazon S3 API reference, PutObject, GetObject, HeadObject, DeleteObject, "Error responses", and
"Authenticating Requests: Using the Authorization Header". The check of signatures is this file's own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w{64})"
)


class Service:
    """Keeps objects of the bucket `photos`; `faults` are met by the next requests, one each."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.faults: deque[str] = deque()
        """`busy`: 503. `cut`: no answer. `lost`: done, and no answer. `half`: half a body. `kept`: 204, not deleted."""

        self.is_closed = False
        self.port = 0

    @property
    def setting(self) -> str:
        """What SELFSERVICE_MEDIA has to be."""
        return f"s3://{KEY}:{quote(SECRET, safe='')}@127.0.0.1:{self.port}/photos?region={REGION}&scheme=http"


@contextmanager
def serving() -> Iterator[Service]:
    """A service as long as the block lasts."""
    service = Service()

    class Handler(_Handler):
        state = service

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Service

    def do_PUT(self) -> None:
        self._meet(self._put)

    def do_GET(self) -> None:
        self._meet(self._get)

    def do_HEAD(self) -> None:
        self._meet(self._get)

    def do_DELETE(self) -> None:
        self._meet(self._delete)

    def log_message(self, *_arguments: object) -> None:
        """Nothing: what was asked is in `asked`."""

    def _meet(self, serve: Any) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.state.asked.append(f"{self.command} {self.path}")
        fault = self.state.faults.popleft() if self.state.faults else ""
        if fault == "cut" or self.state.is_closed:
            self.close_connection = True
            return
        problem = self._find_problem(body)
        if fault == "busy":
            self._say(503, _error("SlowDown"))
        elif problem:
            self._say(problem[0], _error(problem[1]))
        else:
            serve(body, fault)

    def _put(self, body: bytes, fault: str) -> None:
        self.state.objects[self.path] = body
        if fault == "lost":
            self.close_connection = True
            return
        self._say(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def _get(self, _body: bytes, fault: str) -> None:
        found = self.state.objects.get(self.path)
        if found is None:
            self._say(404, _error("NoSuchKey"))
        elif fault == "half":
            self.send_response(200)
            self.send_header("Content-Length", str(len(found)))
            self.end_headers()
            self.wfile.write(found[: len(found) // 2])
            self.close_connection = True
        else:
            self._say(200, found)

    def _delete(self, _body: bytes, fault: str) -> None:
        if fault != "kept":
            self.state.objects.pop(self.path, None)
        self._say(204)

    def _say(self, status: int, body: bytes = b"", *, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def _find_problem(self, body: bytes) -> tuple[int, str] | None:
        if not re.fullmatch(r"/photos/[a-z]+/[0-9A-Za-z]+", self.path):
            return 404, "NoSuchBucket"
        given = _FORM.fullmatch(self.headers.get("Authorization", ""))
        if given is None:
            return 403, "AccessDenied"
        key, day, region, names, signature = given.groups()
        moment, digest = self.headers["x-amz-date"], self.headers["x-amz-content-sha256"]
        at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        is_skewed = abs(at - datetime.now(UTC)) > timedelta(minutes=15) or day != moment[:8]
        wanted = self._signature(f"{day}/{region}/s3/aws4_request", names, moment, digest)
        checks = (
            (key == KEY, 403, "InvalidAccessKeyId"),
            (region == REGION, 400, "AuthorizationHeaderMalformed"),
            (not is_skewed, 403, "RequestTimeTooSkewed"),
            (digest == hashlib.sha256(body).hexdigest(), 400, "XAmzContentSHA256Mismatch"),
            ({"host", "x-amz-content-sha256", "x-amz-date"} <= set(names.split(";")), 403, "AccessDenied"),
            (hmac.compare_digest(wanted, signature), 403, "SignatureDoesNotMatch"),
        )
        return next(((status, code) for is_fine, status, code in checks if not is_fine), None)

    def _signature(self, scope: str, names: str, moment: str, digest: str) -> str:
        lines = "".join(f"{name}:{(self.headers[name] or '').strip()}\n" for name in names.split(";"))
        canonical = f"{self.command}\n{self.path}\n\n{lines}\n{names}\n{digest}"
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        secret = ("AWS4" + SECRET).encode()
        for part in scope.split("/"):
            secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _error(code: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
