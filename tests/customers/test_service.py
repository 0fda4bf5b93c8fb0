"""Customers: the same person is found again, what is said is kept, two people stay two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from selfservice.customers import queries, service
from selfservice.customers.models import Customer
from selfservice.db import db
from selfservice.errors import Conflict, Invalid, NotFound

PHONE = "+12025550123"
OTHER = "+34612345678"


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Customer)) or 0


def test_a_new_person_is_made_with_what_is_known(session: Any) -> None:
    customer = service.find_or_make(
        ref=" c-17 ",
        name="  Ana   Ruiz ",
        phone="(202) 555-0123",
        email="ana@example.com",
        locale="es_mx",
        timezone="America/Mexico_City",
        region="US",
    )

    assert (customer.ref, customer.name, customer.first_name, customer.phone, customer.email) == (
        "c-17",
        "Ana Ruiz",
        "Ana",
        PHONE,
        "ana@example.com",
    )
    assert (customer.locale, customer.timezone) == ("es-MX", "America/Mexico_City")
    assert customer.id > 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"ref": "c-1"}, {"ref": "c-1"}),
        ({"phone": PHONE}, {"phone": "+1 202 555 0123"}),
        ({"ref": "c-1", "phone": PHONE}, {"phone": PHONE}),
        ({"ref": "c-1", "phone": PHONE}, {"ref": "c-1"}),
        ({"phone": PHONE}, {"ref": "c-1", "phone": PHONE}),
        ({"ref": "c-1", "phone": PHONE}, {"ref": "c-1", "phone": OTHER}),
    ],
)
def test_the_same_person_is_found_again(session: Any, first: dict[str, str], second: dict[str, str]) -> None:
    made = service.find_or_make(**first)

    found = service.find_or_make(**second)

    assert found.id == made.id
    assert count() == 1
    assert {**first, **second, "phone": found.phone}.items() <= {"ref": found.ref, "phone": found.phone}.items()


def test_what_is_given_is_kept_and_what_is_not_stays(session: Any) -> None:
    service.find_or_make(phone=PHONE, name="Ana", locale="es")
    session.commit()

    customer = service.find_or_make(phone=PHONE, name="Ana Ruiz", locale="")

    assert (customer.name, customer.locale) == ("Ana Ruiz", "es")
    assert customer.updated_at > customer.created_at


@pytest.mark.parametrize(
    "given",
    [
        {"ref": "c-1", "phone": OTHER},
        {"ref": "c-3", "phone": PHONE},
    ],
)
def test_a_reference_and_a_number_of_two_people_are_a_conflict(session: Any, given: dict[str, str]) -> None:
    service.find_or_make(ref="c-1", phone=PHONE)
    service.find_or_make(ref="c-2", phone=OTHER)
    session.commit()

    with pytest.raises(Conflict) as caught:
        service.find_or_make(**given)

    assert caught.value.code == "two_customers"
    assert PHONE not in caught.value.message
    session.rollback()
    assert sorted((one.ref, one.phone) for one in session.scalars(select(Customer))) == [("c-1", PHONE), ("c-2", OTHER)]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["phone"]),
        ({"name": "Ana"}, ["phone"]),
        ({"phone": "12"}, ["phone"]),
        ({"ref": "c", "email": "ana"}, ["email"]),
        ({"ref": "c", "locale": "klingon"}, ["locale"]),
        ({"ref": "c", "locale": "e"}, ["locale"]),
        ({"ref": "c", "timezone": "Madrid"}, ["timezone"]),
        ({"ref": "c", "timezone": "../../etc/passwd"}, ["timezone"]),
        ({"ref": "c", "timezone": "Europe"}, ["timezone"]),
        ({"ref": "c" * 81}, ["ref"]),
        ({"ref": "c", "name": "A\x00"}, ["name"]),
        ({"phone": "12", "email": "ana", "timezone": "Mars"}, ["email", "phone", "timezone"]),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(session: Any, given: dict[str, str], fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        service.find_or_make(**given)

    assert sorted(caught.value.fields) == fields
    assert count() == 0


@pytest.mark.parametrize(("number", "zone"), [("+447700900123", "Europe/London"), (OTHER, None), (PHONE, None)])
def test_the_zone_follows_from_a_number_whose_country_has_one(session: Any, number: str, zone: str | None) -> None:
    assert service.find_or_make(phone=number).timezone == zone


def test_a_stated_zone_stays_when_the_number_comes_again(session: Any) -> None:
    service.find_or_make(phone="+447700900123", timezone="Asia/Dubai")

    assert service.find_or_make(phone="+447700900123").timezone == "Asia/Dubai"


@pytest.mark.parametrize("address", [{"phone": PHONE}, {"email": "ana@example.com"}])
def test_a_race_for_the_same_person_makes_one(app: Flask, address: dict[str, str]) -> None:
    found: list[int] = []
    start = threading.Barrier(8)

    def make(place: int) -> None:
        with app.app_context():
            start.wait()
            ref = {"ref": "c-1"} if place % 2 and "phone" in address else {}
            customer = service.find_or_make(name=f"Ana {place}", **address, **ref)
            db.session.commit()
            found.append(customer.id)

    threads = [threading.Thread(target=make, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(found), len(set(found))) == (8, 1)
    with app.app_context():
        assert (count(), db.session.scalars(select(Customer.ref)).one()) == (1, "c-1" if "phone" in address else None)


@pytest.mark.parametrize(("name", "is_same"), [("ana silva", True), (None, True), ("Ben Silva", False)])
def test_who_was_known_by_an_address_alone_gets_their_number(session: Any, name: str | None, is_same: bool) -> None:
    known = service.find_or_make(email="Home@example.com", name="Ana Silva")

    found = service.find_or_make(email="home@example.com", phone=PHONE, name=name)

    assert (found.id == known.id) is is_same
    assert known.name == (name if is_same and name else "Ana Silva")


def test_an_address_of_two_people_names_neither(session: Any) -> None:
    for number in (PHONE, "+12025550199"):
        service.find_or_make(email="home@example.com", phone=number)

    with pytest.raises(Invalid) as refused:
        service.find_or_make(email="home@example.com")
    assert list(refused.value.fields) == ["email"]


def test_somebody_who_comes_between_two_looks_is_the_same_person(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = service.find_or_make(phone=PHONE, ref="c-1")
    monkeypatch.setattr(queries, "find_by_ref", lambda _ref: None)  # As it was a moment before.

    assert service.find_or_make(phone=PHONE, ref="c-1").id == made.id


def test_get_raises_for_a_stranger(session: Any) -> None:
    with pytest.raises(NotFound):
        queries.get(1)


@pytest.mark.parametrize("size", [1, 3])
def test_names_cost_one_statement(
    session: Any, size: int, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    numbers = [f"+1202555010{place}" for place in range(size)]
    for number in numbers:
        service.find_or_make(phone=number, name=f"Ana {number[-1]}")

    with counting() as statements:
        names = queries.names_by_phone(numbers)

    assert names == {number: f"Ana {number[-1]}" for number in numbers}
    assert len(statements) == 1
