"""Composing a page type without scripts, from nothing to an answer."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from selfservice import tokens
from selfservice.db import db
from selfservice.pages.models import Page
from selfservice.recipes import starters
from selfservice.staff.models import Role
from tests.factories import soon
from tests.recipes import recipes
from tests.web.console.composer import HERE, NEW, answer, form_of, go, publish, send, start
from tests.web.console.desk import Desk, text_of
from tests.web.console.forms import Form

ENGLISH = {
    "summary": "Ask for a reading before the bill.",
    "headline.en": "What does your meter say?",
    "title.en": "Your meter",
    "why.en": "You have a contract with {brand}.",
    "text.en": "{brand}: what does your meter say?",
}


@pytest.fixture
def jo(app: Flask) -> Desk:
    return Desk(app, "jo@example.com", name="Jo Baker", role=Role.SUPERVISOR, team="reception")


def link_of(page_id: int) -> str:
    return "/p/" + tokens.current().sign_page(page_id)


def compose_reading(desk: Desk) -> str:
    """A type composed block by block and published; returns where that led."""
    name = Form(desk.get(NEW).text, "new-type").fill(name="Meter reading")
    path, fields = name.press("Start composing")
    assert desk.post(path, fields).location == f"{HERE}?made=started"
    form = send(desk, form_of(desk), "Add a fact")
    form.write("facts.0.label", "Meter number").write("facts.0.example", "M-4471").write("facts.0.words.en", "Meter")
    form = send(desk, form, "Add a fact")
    form.write("facts.1.label", "Needed by").write("facts.1.kind", "moment").write("facts.1.place", "top")
    form = send(desk, form, "Add an answer")
    form.write("answers.0.button.en", "Give the reading").write("answers.0.ask.kind", "line")
    form = send(desk, form, "Add an answer")
    for place, text in ENGLISH.items():
        form.write(place, text)
    form.write("team", "reception").write("ends_at", "needed_by")
    form.write("answers.0.said", "Gave the reading").write("answers.0.ask.label.en", "The number")
    form.write("answers.0.headline.en", "Thank you, we have it").write(
        "answers.0.line.en", "You gave it by {needed_by:day}."
    )
    form.write("answers.1.button.en", "I can’t read it").write("answers.1.said", "Cannot read it")
    form.write("answers.1.headline.en", "Thank you for telling us").write("answers.1.hand_on", "yes")
    return go(desk, form, "Publish version 1")


def test_a_type_is_composed_published_sent_and_answered(jo: Desk, app: Flask, client: FlaskClient) -> None:
    assert compose_reading(jo) == f"{HERE}?made=published"

    assert "Version 1 is published." in jo.read(f"{HERE}?made=published")
    made = Form(jo.get("/console/new?type=meter_reading").text, "draft")
    when = soon(days=3)
    made.fill(
        phone="(202) 555-0123", name="Maria Santos", fact_meter_number="M-1", fact_needed_by=f"{when:%Y-%m-%dT%H:%M}"
    )
    path, fields = made.press("Send Ctrl ↵")
    shown = jo.post(path, fields).location
    with app.app_context():
        page = db.session.scalars(select(Page)).one()
        link = link_of(page.id)
        assert (page.situation, page.version, f"{page.expires_at:%Y-%m-%dT%H:%M}") == (
            "meter_reading",
            1,
            f"{when:%Y-%m-%dT%H:%M}",
        )
    assert "What does your meter say?" in text_of(client.get(link))

    read = answer(client, link, "Send my answer", the_number="04471")

    assert "Thank you, we have it" in read
    assert "04471" in read
    timeline = jo.read(shown)
    assert "Gave the reading" in timeline
    assert "04471" in timeline


@pytest.mark.database("sqlite")
def test_a_composed_type_is_one_like_any_other_on_the_command_line(jo: Desk, app: Flask) -> None:
    start(jo)
    publish(jo)
    run = app.test_cli_runner()

    [listed] = [
        one
        for one in json.loads(run.invoke(args=["situation", "list", "--json"]).stdout)["situations"]
        if one["key"] == "meter_reading"
    ]
    checked = run.invoke(args=["situation", "check", "meter_reading"])
    sent = run.invoke(args=["situation", "send", "meter_reading", "everything", "--to", "+12025550123"])

    assert listed["columns"] == ["at", "boiler"]
    assert (checked.exit_code, "nothing to mend" in checked.stdout) == (0, True)
    assert sent.exit_code == 0, sent.output
    screen = jo.read("/console/types/meter_reading")
    assert "Composed in the console, published" in screen
    assert "Change it" in screen


@pytest.mark.database("sqlite")
def test_blocks_are_added_moved_and_removed_and_keep_their_keys(jo: Desk) -> None:
    start(jo, recipes.asking("choice", "line"))
    form = send(jo, form_of(jo), "down:answers.0")
    assert [form.fields[f"answers.{number}.key"] for number in (0, 1)] == ["tell_line", "tell_choice"]

    form = send(jo, form, "add:answers.1.ask.options")
    form = send(jo, form.fill(answers__1__ask__options__2__words__en="It is brand!"), "up:answers.1.ask.options.2")
    assert form.fields["answers.1.ask.options.1.key"] == "it_is_brand"
    form.fill(answers__1__ask__options__1__words__en="It is ours", facts__1__label="Brand")
    form = send(jo, form, "remove:facts.0")

    assert form.fields["answers.1.ask.options.1.key"] == "it_is_brand"
    assert form.fields["facts.0.key"] == "boiler"
    form = send(jo, form, "Add a fact")
    assert "autofocus" in jo.get(f"{HERE}?at=facts.1.label").text
    form = send(jo, form.fill(facts__1__label="Brand"), "save")
    assert form.fields["facts.1.key"] == "brand_2"
    form = send(jo, form.fill(answers__1__ask__kind="line"), "save")
    form = send(jo, form.fill(answers__1__ask__kind="choice"), "save")
    assert form.fields["answers.1.ask.options.1.words.en"] == "It is ours"


@pytest.mark.database("sqlite")
def test_no_key_is_taken_from_a_name_that_is_still_being_written(jo: Desk) -> None:
    start(jo)
    path, fields = send(jo, form_of(jo), "Add a fact").fill(facts__2__label="Flo").press("save")

    jo.post(path, {**fields, "writing": "facts.2.label"})

    assert form_of(jo).fields["facts.2.key"] == ""
    assert send(jo, form_of(jo).fill(facts__2__label="Floor"), "save").fields["facts.2.key"] == "floor"


@pytest.mark.database("sqlite")
def test_texts_of_other_languages_stand_beside_english_and_are_kept_unseen(jo: Desk) -> None:
    start(jo)
    form = form_of(jo)
    assert "headline.es" not in form.fields
    form.ticks |= {"languages.es", "languages.pl"}
    form = send(jo, form.write("languages.es", "on").write("languages.pl", "on"), "save")
    assert "headline.pl" not in form.fields

    form = send(jo, form.write("headline.es", "¿Hay alguien?"), "beside:pl")
    form = send(jo, form.write("headline.pl", "Ktoś jest?"), "check")

    assert (form.fields["headline.es"], form.fields["headline.pl"]) == ("¿Hay alguien?", "Ktoś jest?")
    assert "Is somebody" in text_of(jo.get(f"{HERE}/preview?language=en"))
    assert "Ktoś jest?" in text_of(jo.get(f"{HERE}/preview?language=pl"))
    told = jo.get(f"{HERE}?check=on&beside=pl").text
    assert re.search(r'href="[^"]*beside=es[^"]*#title.es"', told)
    assert "Title of the page</a> (Español): It is missing here, and English has it" in " ".join(told.split())


def test_what_is_wrong_is_said_when_asked_at_its_field_and_keeps_it_from_being_published(jo: Desk) -> None:
    start(jo)
    form = form_of(jo).fill(headline__en="Are you {there}?", answers__0__button__en="")
    saved = go(jo, form, "save")
    assert "problem" not in jo.get(saved).text.partition("<aside")[0].partition('id="about"')[2]

    checked = jo.get(go(jo, form_of(jo), "check"))

    assert "1 thing to mend" in text_of(checked)
    assert re.search(r'href="#answers.0.button.en">Is at home: Button</a>', checked.text)
    assert re.search(r'id="answers.0.button.en"[^>]*aria-invalid="true"', checked.text)
    form = form_of(jo).fill(answers__0__button__en="Yes")
    path, fields = form.press("Publish version 1")
    refused = jo.post(path, fields)
    assert refused.status_code == 422
    assert "Nothing is called {there};" in text_of(refused)
    assert form_of(jo).fields["answers.0.button.en"] == "Yes"
    assert jo.get("/console/types/meter_reading").status_code == 404
    go(jo, form_of(jo).fill(headline__en="Are you there?"), "Publish version 1")


def test_two_who_change_a_draft_lose_nothing(jo: Desk, app: Flask) -> None:
    start(jo)
    theirs = Desk(app, "kim@example.com", name="Kim Lee", role=Role.SUPERVISOR, team="reception")
    mine, other = form_of(jo), form_of(theirs)
    go(theirs, other.fill(headline__en="Theirs?"), "save")

    path, fields = mine.fill(headline__en="Mine?", title__en="My title").press("save")
    refused = jo.post(path, fields)

    assert refused.status_code == 409
    assert "Somebody else has changed this draft" in text_of(refused)
    assert "Look at theirs" in text_of(refused)
    form = Form(refused.text, "recipe")
    assert (form.fields["headline.en"], form_of(jo).fields["headline.en"]) == ("Mine?", "Theirs?")
    assert jo.post(*form.press("Publish version 1")).status_code == 409
    form = send(jo, form, "Save mine in its place")
    assert (form.fields["headline.en"], form.fields["title.en"]) == ("Mine?", "My title")


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("starter", [one.key for one in starters.list_all()])
def test_each_starting_recipe_can_be_published_as_it_is(jo: Desk, starter: str) -> None:
    form = Form(jo.get(NEW).text, "new-type").fill(name="Meter reading", start=f"starter:{starter}")
    jo.post(*form.press("Start composing"))

    assert go(jo, form_of(jo), "Publish version 1") == f"{HERE}?made=published"


@pytest.mark.database("sqlite")
def test_a_new_type_is_like_one_that_there_is_and_has_a_name_and_a_key_of_its_own(jo: Desk) -> None:
    start(jo)
    form = Form(jo.get(NEW).text, "new-type")

    assert "Write what staff call it." in text_of(jo.post(*form.press("Start composing")))
    assert "Write a key in small letters" in text_of(
        jo.post(*form.fill(name="Żółć 2").fill(name="读数").press("Start composing"))
    )
    taken = jo.post(*form.fill(name="Meter reading").press("Start composing"))
    assert (taken.status_code, "called meter_reading already" in text_of(taken)) == (409, True)
    made = jo.post(*form.fill(name="Second", start="like:meter_reading").press("Start composing")).location
    fields = form_of(jo, made).fields
    assert (fields["name"], fields["headline.en"]) == ("Second", "Is somebody at home {at:when}?")


@pytest.mark.database("sqlite")
def test_a_draft_of_nothing_is_shown_with_what_stands_in_for_it(jo: Desk) -> None:
    start(
        jo, {"name": "Meter reading", "headline": {"en": "What {nobody} {says:money}{"}, "facts": [{"kind": "choice"}]}
    )

    shown = jo.get(f"{HERE}/preview?theme=dark")

    assert "What nobody says:money" in text_of(shown)
    assert "color-scheme:dark" in shown.text
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert jo.get(HERE).status_code == 200


@pytest.mark.database("sqlite")
def test_a_draft_that_cannot_be_drawn_can_still_be_mended(jo: Desk) -> None:
    start(jo, recipes.small(icon="nosuch", answers=[{**recipes.small()["answers"][0], "icon": "none_either"}]))

    assert "cannot be shown yet" in jo.get(f"{HERE}/preview").text
    form = send(jo, form_of(jo), "save")
    assert (form.fields["icon"], form.fields["answers.0.icon"]) == ("nosuch", "none_either")
    go(jo, form.fill(icon="info", answers__0__icon="", team="reception"), "Publish version 1")


@pytest.mark.database("sqlite")
def test_a_text_that_cannot_be_written_is_told_wherever_it_is_looked_at(jo: Desk) -> None:
    doctor = recipes.fact("person", key="doctor")
    draft = recipes.small(line={"en": "With {doctor.name}, {boiler:day}"}, team="reception")
    start(jo, {**draft, "facts": [*draft["facts"], doctor]})

    assert "With Dr Amina Okafor, …" in text_of(jo.get(f"{HERE}/preview"))
    told = [text_of(jo.get(f"{HERE}?{asked}=on")) for asked in ("check", "quiet")]
    assert ["Cannot be written as {boiler:day}; write {boiler}." in one for one in told] == [True, True]
    assert jo.post(*form_of(jo).press("Publish version 1")).status_code == 422


@pytest.mark.database("sqlite")
def test_a_check_by_the_end_of_a_number_says_which_number(jo: Desk) -> None:
    account = recipes.fact("line", key="acct", label="Account", example="1234 5678", place="none")
    draft = recipes.small(text={"en": "{brand}: one question"}, team="reception")
    start(jo, {**draft, "facts": [*draft["facts"], account], "check": "last4", "check_fact": "acct"})
    form = form_of(jo).write("check_words.en", "Last 4 digits of your account")

    form = send(jo, form, "save")
    assert "Last 4 digits of your account" in text_of(jo.get(f"{HERE}/preview?stage=check"))
    assert go(jo, form, "Publish version 1") == f"{HERE}?made=published"


@pytest.mark.database("sqlite")
def test_agents_neither_compose_nor_see_drafts(jo: Desk, app: Flask) -> None:
    start(jo)
    eve = Desk(app, "eve@example.com", name="Eve", role=Role.AGENT)
    versions = "/console/types/meter_reading/versions"

    assert {eve.get(path).status_code for path in (NEW, HERE, f"{HERE}/preview", versions)} == {403}
    posts = (NEW, HERE, f"{HERE}/publish", f"{HERE}/retire", f"{HERE}/remove", f"{versions}/1")
    assert {eve.post(path, {"name": "X"}).status_code for path in posts} == {403}
    assert "Only supervisors can compose page types" in eve.read(HERE)
