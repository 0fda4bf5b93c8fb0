"""Addresses of static files: each carries a hash of its content, so that browsers may keep it for ever."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
_VENDOR = re.compile(r"^/static/vendor/.+[-.][0-9a-f]{8,}\.\w+$")


def url(path: str) -> str:
    """The address of `static/PATH`, with `?v=` and the first digits of its hash; raises FileNotFoundError."""
    return f"/static/{path}?v={_digest(path, (STATIC / path).stat().st_mtime_ns)}"


def is_immutable(_path: str, address: str) -> bool:
    """Whether a file's name itself carries a hash, so that its address can never mean anything else."""
    return bool(_VENDOR.match(address))


def register(app: Flask) -> None:
    """Give templates `static_url("css/console/ground.css")`."""
    app.jinja_env.globals["static_url"] = url


@lru_cache(maxsize=512)
def _digest(path: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
