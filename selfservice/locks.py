"""Locks: names that one transaction at a time holds until it ends, where no row stands for what must not happen twice.

SQLite has one writer at a time, so there is nothing to hold there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.dialects import postgresql

from selfservice.db import db, is_postgresql

_MOST = 500


def hold(names: Iterable[str]) -> None:
    """Let nobody else hold these names until the transaction ends.

    Always in one order, so that two who hold several never wait for each other. Only hashes of them leave this process.
    """
    if not is_postgresql():
        return
    keys = sorted({_key(name) for name in names})
    for start in range(0, len(keys), _MOST):
        array = literal(keys[start : start + _MOST], postgresql.ARRAY(BigInteger))
        key = func.unnest(array).column_valued("key")
        db.session.execute(select(func.pg_advisory_xact_lock(key)))


def _key(name: str) -> int:
    """A number for a name that all processes share, whichever keys each of them was started with."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
