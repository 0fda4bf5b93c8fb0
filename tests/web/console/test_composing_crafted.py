"""Composing with what no form of ours would send: nothing breaks, and the draft can still be mended."""

from __future__ import annotations

from tests.web.console.composer import HERE, NEW, form_of, publish, start
from tests.web.console.desk import Desk

NUL = "\x00"
HUGE, LONG = "9" * 30, "9" * 5000
CRAFTED = {
    f"languages.{NUL}": "on",
    "languages.fr": "on",
    f"headline.{NUL}": "x",
    "headline.en": f"Is anybody {NUL}there?",
    "facts.0.choices": NUL,
    "icon": NUL,
    "facts.1.key": "model_config",
    "answers.1.ask.key": "model_config",
    "answers.1.line.en": "",
}


def test_fields_that_nothing_can_be_made_of_break_nothing(ana: Desk) -> None:
    start(ana)
    path, fields = form_of(ana).press("save")

    assert ana.post(path, {**fields, **CRAFTED}).status_code == 303

    assert {ana.get(f"{HERE}{more}").status_code for more in ("", "?check=on", "?quiet=on", "/preview")} == {200}
    form = form_of(ana)
    assert (form.fields["headline.en"], form.fields["icon"]) == ("Is anybody there?", "info")
    form.fill(facts__1__key="boiler", answers__1__ask__key="better")
    assert ana.post(*form.press("Publish version 1")).status_code == 303


def test_more_blocks_than_there_can_be_are_something_to_mend(ana: Desk) -> None:
    start(ana)
    path, fields = form_of(ana).press("check")
    names = ("facts.{}.label", "answers.{}.button.en")
    many = {name.format(number): "Same" for name in names for number in range(999)}

    checked = ana.post(path, {**fields, **many})

    assert checked.status_code == 303
    assert "things to mend before it can be published" in ana.read(checked.location)


def test_numbers_that_are_none_or_too_large_are_told_like_any_that_are_wrong(ana: Desk) -> None:
    start(ana)
    publish(ana)
    path, fields = form_of(ana).press("save")

    wrong = ({"do": "mine:²"}, {"do": f"mine:{LONG}"}, {"revision": HUGE})
    told = [ana.post(path, {**fields, "headline.en": "Anew?", **one}).status_code for one in wrong]
    moved = ana.post(path, {**fields, "do": f"up:answers.{LONG}"})

    assert (told, moved.status_code) == ([409] * 3, 303)
    assert ana.get(f"{HERE}/preview?version={HUGE}").status_code == 404
    assert ana.post(f"/console/types/meter_reading/versions/{HUGE}", {"revision": "1"}).status_code == 404


def test_keys_and_names_that_cannot_be_kept_are_told_like_any_that_are_wrong(ana: Desk) -> None:
    assert ana.get("/console/types/%00/compose").status_code == 404
    assert ana.post(NEW, {"name": "Like one", "start": f"like:{NUL}"}).status_code == 404
    assert ana.post(NEW, {"name": f"Meter {NUL}reading"}).location == f"{HERE}?made=started"
