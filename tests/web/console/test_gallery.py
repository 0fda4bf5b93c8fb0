"""The gallery: every type in every stage as its files are, what is broken with its line, a sample on the handset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from selfservice.db import db, dispose
from selfservice.messages.models import Message
from selfservice.pages.models import Page
from selfservice.situations import registry
from selfservice.situations.making import folder as making
from selfservice.web.console.page_types import SAMPLE_PHONE
from tests.harness.application import make_app, make_settings
from tests.web.console.desk import Desk, text_of
from tests.web.console.test_new import form
from tests.web.console.test_preview import rows_of

BESIDE_STEPS = {
    "appointment_reminder": {"choose-refused", "note-refused", "rebook-refused"},
    "fraud_alert": {"yes-check"},
    "order_status": {"safe-refused", "day-refused", "problem-refused", "leave_safe-check"},
}
EVERY = len(list(registry.BUILT_IN.glob("*/situation.py")))
TYPE = "/console/types/boiler_service"
FRAME = "/console/preview/sample/boiler_service/full"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a page type of one's own."""
    (tmp_path / "types").mkdir()
    return making.make("boiler_service", tmp_path / "types")


@pytest.fixture
def watched(folder: Path, sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on that folder; it looks with every request."""
    app = make_app(make_settings(sqlite_url, tmp_path, SITUATIONS=str(folder.parent)))
    watch = app.extensions["selfservice.watch"]
    watch._every = watch._next = 0
    yield app
    with app.app_context():
        dispose()


@pytest.fixture
def maker(watched: Flask) -> Desk:
    """Somebody who writes page types."""
    return Desk(watched, "mo@example.com", name="Mo Field", role="supervisor", team="reception")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def frames_of(desk: Desk, path: str) -> list[str]:
    return [address.replace("&amp;", "&") for address in re.findall(r'<iframe src="([^"]+)"', desk.get(path).text)]


def test_every_type_is_shown_with_its_weight_and_its_text(ana: Desk) -> None:
    answer = ana.get("/console/types")

    text = text_of(answer)
    assert "check" not in " ".join(re.findall(r"stage=([\w-]+)", answer.text))
    assert [name in text for name in ("Appointment reminder", "Fraud alert", "Order status")] == [True] * 3
    assert len(frames_of(ana, "/console/types")) == EVERY
    assert len(re.findall(r"\d\.\d kB", text)) == EVERY
    assert len(re.findall(r"\d texts? · \d+ (?:of \d+ )?characters", text)) == EVERY
    assert "situation new" not in text  # Nothing is watched here, so nothing is said of making types.


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("key", BESIDE_STEPS)
def test_every_stage_of_every_sample_can_be_looked_at(app: Flask, ana: Desk, key: str) -> None:
    with app.app_context():
        loaded = registry.current().get(key)
        steps = {step.key for step in loaded.situation.steps}
    before = rows_of(app)

    frames = frames_of(ana, f"/console/types/{key}?language=ar&theme=dark&large=on")
    answers = [ana.get(address) for address in frames]

    assert {answer.status_code for answer in answers} == {200}
    assert all('dir="rtl"' in answer.text and "color-scheme:dark" in answer.text for answer in answers)
    assert all("font-size:200%" in answer.text for answer in answers)
    stages = {re.search(r"stage=([\w-]+)", address)[1] for address in frames}  # type: ignore[index]
    assert stages == steps | BESIDE_STEPS[key] | {"expired", "revoked", "superseded"}
    assert {address.split("/")[5].split("?")[0] for address in frames} == set(loaded.samples)
    assert rows_of(app) == before


def test_stages_differ_and_send_nothing(ana: Desk) -> None:
    frames = frames_of(ana, "/console/types/appointment_reminder")[:12]
    shown = [ana.get(address) for address in frames]

    assert len({answer.text for answer in shown}) == len(frames)
    assert all("form-action 'none'" in answer.headers["Content-Security-Policy"] for answer in shown)
    assert not any("data-token" in answer.text for answer in shown)


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("sample", "stage", "said", "hidden"),
    [
        ("order_status/out_for_delivery", "day-refused", "Pick a day first.", ""),
        ("service_ticket/outage", "note-refused", "Your note is empty.", ""),
        ("order_status/out_for_delivery", "leave_safe-check", "Your postcode", "20-4417"),
        ("fraud_alert/online", "yes-check", "No, it wasn’t me", "ELECTRO-HUB"),
        ("bill_reminder/due", "check-refused", "Those digits don’t match. You have one try left.", "64.20"),
        ("bill_reminder/overdue", "check-refused", "That isn’t the code we texted.", "Council tax"),
    ],
)
def test_refused_forms_and_checks_are_shown(ana: Desk, sample: str, stage: str, said: str, hidden: str) -> None:
    shown = ana.get(f"/console/preview/sample/{sample}?stage={stage}")

    text = text_of(shown)
    assert said in text
    assert "autofocus" not in shown.text
    assert not hidden or hidden not in text


def test_addresses_that_mean_nothing(ana: Desk) -> None:
    assert ana.get("/console/types/nothing").status_code == 404
    assert ana.get("/console/types/fraud_alert?language=xx&theme=red&width=9&large=2").status_code == 200
    assert ana.get("/console/preview/sample/fraud_alert/nothing").status_code == 404
    assert ana.get("/console/preview/sample/nothing/nothing").status_code == 404
    assert ana.get("/console/preview/sample/fraud_alert/bare?stage=nothing").status_code == 200


def test_what_is_saved_is_shown_at_once(maker: Desk, folder: Path) -> None:
    before = maker.get("/console/types/signature").get_json()["signature"]
    assert "See you" in maker.get(f"{FRAME}?stage=accepted").text

    change(folder / "copy" / "en.toml", 'headline = "See you', 'headline = "Till then, see you')
    change(folder / "copy" / "en.toml", 'headline_named = "See you', 'headline_named = "Till then, see you')

    assert "Till then, see you" in maker.get(f"{FRAME}?stage=accepted").text
    assert maker.get("/console/types/signature").get_json()["signature"] != before
    assert "situation new boiler_service" in text_of(maker.get("/console/types"))


def test_broken_file_is_shown_with_its_line_where_the_type_would_be(maker: Desk, folder: Path) -> None:
    path = folder / "copy" / "en.toml"
    line = path.read_text("utf-8").splitlines().index("[steps.ask]") + 2
    change(path, 'pill = "Needs', "pill = Needs")

    overview, screen, frame = (maker.get(address) for address in ("/console/types", TYPE, FRAME))
    drawn = maker.post("/console/preview", {"situation": "boiler_service"})

    for shown in (overview, screen, frame, drawn):
        text = text_of(shown)
        assert shown.status_code == 200
        assert f"{path}:{line}" in text
        assert "It is not valid TOML: invalid value; mend this line or the one before." in text
        assert "pill = Needs your answer" in text
    assert all("frame-ancestors 'self'" in shown.headers["Content-Security-Policy"] for shown in (frame, drawn))
    assert len(frames_of(maker, "/console/types")) == EVERY
    change(path, "pill = Needs", 'pill = "Needs')
    assert maker.get(FRAME).status_code == 200


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("page.html", "facts.what)", "facts.whatever)", "UndefinedError: "),
        ("page.html", "|time,", "|timely,", "TemplateAssertionError: No filter named 'timely'; mend this line."),
        ("situation.py", 'Outcome(shows="accepted")', "Outcome(1 / 0)", "ZeroDivisionError: division by zero; mend"),
        ("situation.py", "facts.at <= now else {}", "facts.att <= now else {}", "AttributeError: "),
        ("samples/full.json", '"today+3T10:20"', '"today-3T10:20"', "When has passed; write a time to come."),
    ],
)
def test_what_goes_wrong_only_when_it_is_drawn_is_told_with_its_line(
    maker: Desk, folder: Path, file: str, old: str, new: str, said: str
) -> None:
    text = (folder / file).read_text("utf-8")
    number = next(number for number, line in enumerate(text.splitlines(), 1) if old in line)
    change(folder / file, old, new)

    screen, frame = maker.get(TYPE), maker.get(FRAME)

    place = str(folder / file) if file.endswith(".json") else f"{folder / file}:{number}"
    for shown in (screen, frame):
        assert shown.status_code == 200
        assert place in text_of(shown)
        assert said in text_of(shown)


def test_sample_goes_to_the_handset(app: Flask, ana: Desk) -> None:
    sent = ana.post("/console/types/fraud_alert/online/send", {"language": "es"})

    assert (sent.status_code, sent.headers["Location"]) == (303, "/phone")
    with app.app_context():
        page = db.session.query(Page).one()
        message = db.session.query(Message).one()
        assert (page.situation, page.locale, page.state) == ("fraud_alert", "es", "open")
        assert (message.recipient, message.state) == (SAMPLE_PHONE, "ready")


@pytest.mark.database("sqlite")
def test_sample_goes_nowhere_else(app: Flask, ana: Desk) -> None:
    path = "/console/types/fraud_alert/online/send"
    assert ana.client.post(path).status_code == 403
    assert ana.get(path).status_code == 405
    settings = app.extensions["selfservice.settings"]
    app.extensions["selfservice.settings"] = settings.model_copy(update={"sms": ("twilio://a:b@+15550100",)})

    refused = ana.post(path)

    assert refused.status_code == 403
    assert "Send to the handset" not in text_of(ana.get("/console/types/fraud_alert"))
    with app.app_context():
        assert db.session.query(Page).count() == 0


def test_new_page_of_a_broken_type_is_not_made(maker: Desk, folder: Path) -> None:
    change(folder / "page.html", "{% endcall %}", "")

    answer = maker.post("/console/new", form(situation="boiler_service"))

    assert answer.status_code == 503


@pytest.mark.database("sqlite")
def test_every_component_is_shown(ana: Desk) -> None:
    frames = frames_of(ana, "/console/components?theme=dark&large=on")
    answers = [ana.get(address) for address in frames]

    assert len(frames) > 10
    assert {answer.status_code for answer in answers} == {200}
    assert all("color-scheme:dark" in answer.text and "font-size:200%" in answer.text for answer in answers)
    assert all("script-src" not in answer.headers["Content-Security-Policy"] for answer in answers)
    assert ana.get("/console/preview/component/nothing").status_code == 404
