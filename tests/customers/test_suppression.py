"""Numbers that asked us to stop: kept as keyed hashes, found under every key, let go on request."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from selfservice import tokens
from selfservice.customers import consents, queries, service
from selfservice.customers.consents import Address, Evidence, Said
from selfservice.customers.models import Suppression
from selfservice.db import db
from selfservice.errors import ConfigError
from selfservice.tokens import DataKeys, Key
from selfservice.web import readiness

PHONE = "+12025550123"
OTHER = "+12025550124"
MARIA = Address("sms", PHONE)
OLD = Key("o", "an older secret that rows were made with 1234567")
NEW = Key("n", "a newer secret that signs from now on 1234567890")


def use(app: Flask, *keys: Key) -> None:
    app.extensions["selfservice.data_keys"] = DataKeys(keys)


def test_a_suppressed_number_is_found_and_only_it(session: Any) -> None:
    service.suppress(PHONE, "asked on a page")

    assert (queries.is_suppressed(PHONE), queries.is_suppressed(OTHER)) == (True, False)
    assert not queries.is_suppressed(PHONE, "email")
    assert queries.suppressed_among([PHONE, OTHER]) == {PHONE}
    assert queries.suppressed_among([]) == frozenset()


def test_the_number_itself_is_not_kept(session: Any) -> None:
    service.suppress(PHONE, "asked on a page")

    row = session.scalars(select(Suppression)).one()
    assert (row.channel, row.key_id, row.reason) == ("sms", "d", "asked on a page")
    assert row.digest == tokens.data_keys().hash("suppression", PHONE)[1]
    assert PHONE not in "".join(map(str, vars(row).values()))


def test_twice_is_once_and_release_allows_again(session: Any) -> None:
    service.suppress(PHONE, "first")
    service.suppress(PHONE, "second")

    assert [row.reason for row in session.scalars(select(Suppression))] == ["first"]
    assert service.release(PHONE) is True
    assert service.release(PHONE) is False
    assert not queries.is_suppressed(PHONE)


def test_rows_of_an_older_key_are_found_after_a_rotation(app: Flask, session: Any) -> None:
    use(app, OLD)
    service.suppress(PHONE, "asked on a page")

    use(app, NEW, OLD)
    service.suppress(OTHER, "asked on a page")
    service.suppress(PHONE, "again")

    assert queries.suppressed_among([PHONE, OTHER]) == {PHONE, OTHER}
    assert queries.data_key_ids_in_use() == {"o", "n"}
    assert session.query(Suppression).count() == 2
    assert service.release(PHONE)
    assert queries.data_key_ids_in_use() == {"n"}


def test_a_race_of_stops_is_one_row(app: Flask) -> None:
    start = threading.Barrier(6)

    def stop(_place: int) -> None:
        with app.app_context():
            start.wait()
            service.suppress(PHONE, "asked on a page")
            db.session.commit()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(stop, range(6)))

    with app.app_context():
        assert db.session.query(Suppression).count() == 1


def test_a_key_that_evidence_of_consent_names_is_in_use(app: Flask, session: Any) -> None:
    use(app, OLD)
    consents.record(refusal())

    use(app, NEW, OLD)

    assert queries.data_key_ids_in_use() == {"o"}
    assert consents.standing([MARIA]) == {Said(MARIA, "marketing"): False}
    consents.record(replace(refusal(), is_given=True))
    assert queries.data_key_ids_in_use() == {"o", "n"}
    assert consents.standing([MARIA]) == {Said(MARIA, "marketing"): True}


def test_nothing_starts_without_a_key_that_evidence_names(app: Flask, session: Any) -> None:
    use(app, OLD)
    consents.record(refusal())
    session.commit()

    use(app, NEW)

    with pytest.raises(ConfigError, match="lacks the key o"):
        readiness.require_data_keys()
    use(app, NEW, OLD)
    readiness.require_data_keys()


def refusal() -> Evidence:
    """Somebody who wants no offers."""
    return Evidence(
        customer_id=None,
        address=MARIA,
        message_class="marketing",
        is_given=False,
        wording="Offers?",
        locale="en",
        source="shop",
        actor="api",
    )
