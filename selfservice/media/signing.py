"""Signature Version 4, with which requests to S3 show whose they are; one request in one piece, nothing else of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """Who signs, for which region."""

    key: str
    secret: str = field(repr=False)
    region: str


def sign(
    credentials: Credentials, method: str, url: str, headers: Mapping[str, str], body: bytes, *, at: datetime
) -> dict[str, str]:
    """`headers` and those that sign them, the address and the body.

    The path of `url` is signed as it is spelt, so it is spelt as S3 spells it; a query, of which none of ours has one,
    would have to stand in order. Source: Amazon S3 API reference, "Signature Calculations for the Authorization
    Header: Transferring Payload in a Single Chunk".
    """
    parts = urlsplit(url)
    moment = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    digest = hashlib.sha256(body).hexdigest()
    signed = {**headers, "Host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in signed.items())
    names = ";".join(name for name, _value in lines)
    listed = "".join(f"{name}:{value}\n" for name, value in lines)
    canonical = "\n".join((method, parts.path or "/", parts.query, listed, names, digest))
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    text = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_key(credentials, moment[:8]), text.encode(), hashlib.sha256).hexdigest()
    words = f"Credential={credentials.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**signed, "Authorization": f"{ALGORITHM} {words}"}


def _key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, credentials.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
