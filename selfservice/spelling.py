"""How each setting is spelt: a function a kind, from the variable's text to its value; no environment.

Each raises ValueError with the rest of a sentence that begins with the variable's name and never repeats the value.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from selfservice import addresses

_MOST_PROXIES = 10
_SCHEMES = ("http", "https")
_BUCKET = re.compile(r"/[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]/?")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")


def folders(text: str, root: Path) -> tuple[Path, ...]:
    """Folders that there are, from `root` on."""
    # Commas as in the other lists, or the system's own separator as in PATH.
    names = [name.strip() for name in re.split(f"[,{re.escape(os.pathsep)}]", text) if name.strip()]
    folders = tuple((root / name).resolve() for name in names)
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"names {folder}, which is not a folder: write paths of folders, with commas between.")
    return folders


def database_url(text: str, root: Path) -> str:
    """A database as SQLAlchemy names it; the file of an SQLite one is looked for from `root` on."""
    advice = "write postgresql://user:password@host/name or sqlite:///path/to/file."
    scheme, separator, rest = text.partition("://")
    if scheme in {"postgres", "postgresql"}:
        text = f"postgresql+psycopg{separator}{rest}"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"cannot be read as a database address: {advice}") from None
    if url.drivername == "postgresql+psycopg":
        if not url.database:
            raise ValueError(f"names no database: {advice}")
        return text
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise ValueError(f"names a database that is not supported: {advice}")
    if not url.database or ":memory:" in url.database:
        raise ValueError(f"asks for a database in memory, which processes cannot share: {advice}")
    if url.database.startswith("file:"):
        return text
    return url.set(database=str(root / url.database)).render_as_string(hide_password=False)


def base_url(text: str) -> str:
    """Scheme and host of a site."""
    try:
        parts = urlsplit(text.rstrip("/"))
        sound = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0)
    except ValueError:
        sound = False
    if not sound or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("is not the address of a site: write https:// and the host, without a path.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def redis_url(text: str) -> str:
    """The address of Redis."""
    if urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("is not an address of Redis: write redis://host:6379/0.")
    return text


def proxies(text: str) -> int:
    """How many proxies to believe."""
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > _MOST_PROXIES:
        raise ValueError(f"is not a count of proxies in front of the server: write a number from 0 to {_MOST_PROXIES}.")
    return int(text)


def providers(text: str) -> tuple[str, ...]:
    """Addresses of text providers, in order."""
    providers = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    for position, provider in enumerate(providers, start=1):
        if not re.match(r"[a-z][a-z0-9+.-]*://", provider):
            raise ValueError(f"entry {position} is not a provider's address: write it like handset://, commas between.")
        try:
            addresses.parse(provider)
        except ValueError as error:
            raise ValueError(f"entry {position} {error}") from None
    return providers


def provider(text: str) -> str:
    """The address of one provider."""
    if not re.match(r"[a-z][a-z0-9+.-]*://", text):
        raise ValueError("is not a provider's address: write handset:// or smtp:// and the rest of it.")
    return text


def subject(text: str) -> str:
    """The `sub` of VAPID (RFC 8292, section 2.1)."""
    parts = urlsplit(text)
    if not (parts.scheme == "mailto" and "@" in parts.path) and not (parts.scheme == "https" and parts.hostname):
        raise ValueError("is not an address a push service can turn to: write mailto: and an e-mail address.")
    return text


def push_hosts(text: str) -> tuple[str, ...]:
    """Hosts of further push services; what is below such a name is meant as well."""
    hosts = tuple(entry.strip().lower() for entry in text.split(",") if entry.strip())
    for position, host in enumerate(hosts, start=1):
        if not _HOST.fullmatch(host):
            raise ValueError(f"entry {position} is not a host: write names like push.example.org, commas between.")
    return hosts


def media(text: str) -> str:
    """Where photos are kept: `disk://`, `disk:///path`, or a bucket of a service that speaks S3."""
    scheme, _, rest = text.partition("://")
    if scheme == "disk":
        if rest and not rest.startswith("/"):
            raise ValueError("names a folder that is not written from the root on: write disk:///path/to/folder.")
        return text
    if scheme != "s3":
        raise ValueError("is not a place for photos: write disk:// or s3://KEY:SECRET@host/bucket?region=REGION.")
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.username and parts.password and parts.hostname and parts.port != 0)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        is_whole, options = False, {}
    if not is_whole:
        raise ValueError(
            "lacks a part of its address: write s3://KEY:SECRET@host/bucket?region=REGION, with %2F for a / in SECRET."
        )
    if not _BUCKET.fullmatch(parts.path) or parts.fragment:
        raise ValueError("names no bucket: write its name behind the host, as in s3://KEY:SECRET@host/bucket.")
    if set(options) - {"region", "scheme"}:
        raise ValueError("has an option that is not known: write region=REGION, or scheme=http without encryption.")
    if not _REGION.fullmatch(options.get("region", "us-east-1")) or options.get("scheme", "https") not in _SCHEMES:
        raise ValueError("has an option with a wrong value: write region=us-east-1 or the like, scheme=http or https.")
    return text


def is_plain(media: str) -> bool:
    """Whether photos would leave this machine without encryption."""
    parts = urlsplit(media)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return dict(parse_qsl(parts.query)).get("scheme") == "http" and not is_here
