"""Shells: whatever a page's values are, the page from its shell is the page rendered in full, to the byte."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from selfservice.situations import rendering
from selfservice.situations.registry import EXTENSION, Registry
from selfservice.situations.shells import COMPARED_EACH, FIRST_COMPARED, MOST_SHAPES, Shells
from selfservice.situations.view import View
from tests.situations.views import NOW, every_state, face, view

HARD = '<b>"O\'Brien" & Söhne</b> مرحبا {at}'


@pytest.fixture(scope="module", autouse=True)
def _in_app(registry: Registry) -> Iterator[None]:
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    with app.app_context():
        yield


@pytest.fixture
def shells() -> Shells:
    return Shells(rendering.render_in_full)


class Counting:
    """The full rendering, and how often it was asked."""

    def __init__(self, draw: Any = rendering.render_in_full) -> None:
        self.draw = draw
        self.times = 0

    def __call__(self, shown: View) -> str:
        self.times += 1
        page: str = self.draw(shown)
        return page


def fill(shells: Shells, shown: View) -> str:
    """The page from its shell, which is made if need be; never by comparing."""
    family = shells._family(shown, None)
    if family.program.is_full:
        family = Shells(rendering.render_in_full)._family(shown, None)
    if family.program.fill(shown) is None:
        family.program.learn(shown)
    filled = family.program.fill(shown)
    assert filled is not None
    _uses, text = filled
    return text


@pytest.mark.parametrize("wholly", [False, pytest.param(True, marks=pytest.mark.long)], ids=["in_turns", "all"])
def test_every_state_of_every_type_from_its_shell_is_the_page_in_full(
    registry: Registry, shells: Shells, wholly: bool
) -> None:
    different = []
    for name, shown in every_state(registry, wholly=wholly):
        if not shown.problems and fill(shells, shown) != rendering.render_in_full(shown):
            different.append(name)

    assert different == []


def test_a_shell_made_for_one_page_serves_another(registry: Registry) -> None:
    draw = Counting()
    shells = Shells(draw)
    loaded = registry.get("appointment_reminder")
    shown = view(loaded, "booked")
    for _time in range(FIRST_COMPARED + 2):
        shells.render(shown, loaded)
    draw.times = 0

    other = replace(
        shown,
        facts=shown.facts.model_copy(update={"person": HARD, "at": shown.facts.at + timedelta(hours=25)}),  # type: ignore[attr-defined]
        first_name=HARD,
        token="other" * 6,
        revision=17,
    )
    page = shells.render(other, loaded)

    assert draw.times == 0
    assert page == rendering.render_in_full(other)
    assert "&lt;b&gt;" in page
    assert "<b>&#34;" not in page
    assert '<b>"' not in page


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).map(
    lambda text: text.strip() or "x"
)
MOMENTS = st.integers(1, 300).map(lambda hours: NOW + timedelta(hours=hours))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.fixed_dictionaries({"person": TEXTS | st.just(HARD), "place": TEXTS}),
    hints=st.fixed_dictionaries({name: st.none() | TEXTS for name in ("place_hint", "purpose", "bring")}),
    at=MOMENTS,
    offered=st.lists(MOMENTS, max_size=4, unique=True),
    name=st.just("") | TEXTS,
    language=st.sampled_from(["en", "es", "ar", "pl", "zh", "hi"]),
    timezone=st.sampled_from(["Europe/London", "America/New_York", "Asia/Riyadh"]),
    taken=st.booleans(),
)
def test_appointments_of_all_kinds_are_the_same_from_a_shell(  # noqa: PLR0917 - hypothesis passes them by name
    registry: Registry,
    texts: dict[str, str],
    hints: dict[str, str | None],
    at: datetime,
    offered: list[datetime],
    name: str,
    language: str,
    timezone: str,
    taken: bool,
) -> None:
    loaded = registry.get("appointment_reminder")
    facts = loaded.situation.facts(at=at, offered=offered, **texts, **hints)
    claims = loaded.situation.offers(facts, view(loaded, "booked").case).values()  # type: ignore[misc]
    shown = view(
        loaded,
        "booked",
        language,
        facts=facts,
        first_name=name,
        timezone=timezone,
        taken=frozenset(claim.name for claim in claims) if taken else frozenset(),
    )

    assert fill(SHARED, shown) == rendering.render_in_full(shown)


FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
SHARED = Shells(rendering.render_in_full)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stages=st.lists(st.tuples(TEXTS, st.none() | MOMENTS), min_size=1, max_size=5),
    places=st.lists(TEXTS, max_size=3, unique=True),
    days=st.lists(st.dates(NOW.date(), NOW.date() + timedelta(days=5)), max_size=3, unique=True),
    start=MOMENTS,
    hours=st.integers(1, 40),
    address=st.none() | TEXTS,
    language=st.sampled_from(["en", "es", "ar", "pl", "zh", "hi"]),
)
def test_orders_of_all_kinds_are_the_same_from_a_shell(
    registry: Registry,
    stages: list[tuple[str, datetime | None]],
    places: list[str],
    days: list[Any],
    start: datetime,
    hours: int,
    address: str | None,
    language: str,
) -> None:
    loaded = registry.get("order_status")
    facts = loaded.situation.facts(
        order="20-4417",
        items="2 parcels",
        # In their order, those to come last.
        stages=[{"label": label, "at": at} for label, at in sorted(stages, key=lambda stage: stage[1] or FOREVER)],
        window_from=start,
        window_to=start + timedelta(hours=hours),
        address_line=address,
        delivery_days=days,
        safe_places=places,
    )
    shown = view(loaded, next(iter(loaded.samples)), language, facts=facts)

    assert fill(SHARED, shown) == rendering.render_in_full(shown)


def apart(shown: View) -> str:
    """A program that tells people apart by what cannot be noted down."""
    return {"Maria": "<p>ours</p>"}.get(shown.first_name, f"<p>{shown.first_name[::-1]}</p>")


def plainly_wrong(shown: View) -> str:
    """A program that decides by a text that it has put together, which no stand-in sees."""
    text = f"{shown.ending}{shown.first_name}"
    return f"<p>{text}</p>" if text else "<p>nobody</p>"


def test_what_cannot_be_traced_is_rendered_in_full(registry: Registry) -> None:
    draw = Counting(apart)
    shells = Shells(draw)
    shown = view(registry.get("appointment_reminder"), "booked")

    with capture_logs() as logs:
        pages = [shells.render(replace(shown, first_name=name)) for name in ("Maria", "Ana", "Maria")]

    assert pages == ["<p>ours</p>", "<p>anA</p>", "<p>ours</p>"]
    assert [(line["event"], line["reason"]) for line in logs] == [("shell_refused", "Untraceable")]
    assert "Maria" not in str(logs)


def test_a_wrong_shell_is_noticed_and_not_used_again(registry: Registry) -> None:
    shells = Shells(plainly_wrong)
    shown = view(registry.get("appointment_reminder"), "booked")
    shells.render(shown)

    with capture_logs() as logs:
        pages = [shells.render(replace(shown, first_name="", ending="")) for _time in range(2)]

    assert pages == ["<p>nobody</p>"] * 2
    assert [line["reason"] for line in logs] == ["differs"]


def test_a_shell_is_compared_again_now_and_then(registry: Registry) -> None:
    shells = Shells(plainly_wrong)
    shown = view(registry.get("appointment_reminder"), "booked")
    for _time in range(FIRST_COMPARED + 1):
        shells.render(shown)

    empty = replace(shown, first_name="", ending="")
    pages = [shells.render(empty) for _time in range(COMPARED_EACH)]

    assert pages[0] == "<p></p>"  # what trust costs where a program cheats
    assert pages[-1] == "<p>nobody</p>"


def test_a_failing_shell_falls_back_to_the_full_rendering(registry: Registry) -> None:
    def only_spoken(shown: View) -> str:
        return f"<p>{shown.first_name.encode().decode('ascii')}</p>"

    shells = Shells(only_spoken)
    shown = view(registry.get("appointment_reminder"), "booked")
    shells.render(shown)

    with pytest.raises(UnicodeDecodeError):
        shells.render(replace(shown, first_name="José"))
    assert shells.render(shown) == "<p>Maria</p>"


def test_more_shapes_than_are_kept_are_rendered_in_full(registry: Registry) -> None:
    draw = Counting(lambda shown: f"<p>{len(shown.first_name)}</p>")
    shells = Shells(draw)
    shown = view(registry.get("appointment_reminder"), "booked")
    names = ["x" * length for length in range(MOST_SHAPES + 10)]

    pages = [shells.render(replace(shown, first_name=name)) for name in names * 2]

    assert pages == [f"<p>{len(name)}</p>" for name in names * 2]
    assert shells._family(shown, None).program.endings == MOST_SHAPES


def test_brands_and_types_never_share_a_shell(registry: Registry, shells: Shells) -> None:
    shown = view(registry.get("appointment_reminder"), "booked")
    other = replace(shown, brand=face(name="Elsewhere", teams={"reception": "Desk"}))

    pages = [shells.render(seen) for seen in (shown, other, shown, other)]

    assert pages[0] == pages[2] == rendering.render_in_full(shown)
    assert pages[1] == pages[3] == rendering.render_in_full(other)


def test_threads_share_shells(registry: Registry, shells: Shells) -> None:
    loaded = registry.get("appointment_reminder")
    shown = view(loaded, "booked")
    names = [f"Name {number % 7}" if number % 3 else "" for number in range(60)]
    expected = {name: rendering.render_in_full(replace(shown, first_name=name)) for name in set(names)}
    wrong: list[str] = []

    def look() -> None:
        wrong.extend(name for name in names if shells.render(replace(shown, first_name=name), loaded) != expected[name])

    app = Flask(__name__)
    app.extensions[EXTENSION] = registry

    def work() -> None:
        with app.app_context():
            look()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
