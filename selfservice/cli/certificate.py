"""A certificate for `serve`: judged before the server starts, which would stop with a panic of its own."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from selfservice.errors import ConfigError


class Certificate(NamedTuple):
    """The files of a certificate, with those that vouch for it behind it, and of its key; both PEM."""

    path: Path
    key: Path


def read(path: Path | None, key: Path | None) -> Certificate | None:
    """The certificate to serve with; None for plain http. Raises ConfigError when it cannot be used."""
    if path is None and key is None:
        return None
    if path is None or key is None:
        raise ConfigError("A certificate and its key belong together: give both --tls-cert and --tls-key.")
    for file, option in ((path, "--tls-cert"), (key, "--tls-key")):
        if not file.is_file():
            raise ConfigError(f"{option} names {file}, which is not there: write the path of a PEM file.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, key, password=_refuse_to_ask)
    except (ssl.SSLError, OSError, ValueError):
        raise ConfigError(
            f"The certificate {path} cannot be used with the key {key}: give PEM files that belong together, and a key "
            "without a passphrase."
        ) from None
    return Certificate(path.resolve(), key.resolve())


def _refuse_to_ask() -> str:
    raise ValueError("A server has nobody to ask for a passphrase.")
