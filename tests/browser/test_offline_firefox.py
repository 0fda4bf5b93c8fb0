"""Pages without a network, in a real Firefox: read as last seen, answered and kept, sealed on the disk, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from selfservice import keys
from tests.browser.site_scene import PAGE_ID, Office, Scene, open_site, path_of
from tests.harness.firefox import Firefox
from tests.harness.waiting import wait_until

HEADLINE = "can you make your appointment"
YES = "Yes, I’ll be there"
SAVED = "Saved on this phone, not sent yet"
KEPT = "This is the page as you last saw it"
NOT_KEPT = "This page isn’t kept on your phone"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server and the browser keep theirs."""
    return tmp_path_factory.mktemp("offline-firefox")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Scene]:
    """A server, and a Firefox that these tests share."""
    with open_site(folder) as (server, wire), Firefox(folder / "profile") as phone:
        yield Scene(server, wire, Office(server), phone)


@pytest.fixture
def scene(site: Scene) -> Iterator[Scene]:
    """The same, whole again after each test."""
    yield site
    site.phone.go_online()
    site.wire.mend()


def test_a_page_opens_when_the_server_is_down(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.wire.cut()
    scene.phone.open(ticket.url)

    assert HEADLINE in scene.phone.text()
    scene.phone.wait_for(f"document.body.innerText.includes('{KEPT}')")


def test_a_page_opens_when_the_network_is_off(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.phone.go_offline()
    scene.phone.open(ticket.url)

    assert HEADLINE in scene.phone.text()
    scene.phone.wait_for("document.body.innerText.includes('You’re offline')")


def test_a_page_that_was_never_seen_says_that_one_is_offline(scene: Scene) -> None:
    scene.visit(scene.office.issue())
    other = scene.office.issue()

    scene.wire.cut()
    scene.phone.open(other.url)

    assert NOT_KEPT in scene.phone.text()


def test_what_is_kept_is_sealed(scene: Scene, folder: Path) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    records = scene.kept("pages")
    scene.wire.cut()
    scene.phone.open(ticket.url)
    scene.phone.wait_for(f"document.body.innerText.includes('{KEPT}')")
    scene.phone.tap(YES)
    scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")
    page = path_of(ticket)[PAGE_ID]
    queued = [record for record in scene.kept("queue") if page in record["url"]]

    assert {name for record in records for name in record} == {"id", "page", "seal", "until", "salt", "iv", "box"}
    assert [record["url"].startswith("/a/") for record in queued] == [True]
    told = [path_of(ticket), ticket.url, "Amina Okafor", "14 Harbour Street", "Maria"]
    assert [text for text in told if text in str(records) + str(queued)] == []
    assert [
        (path.name, text)
        for path in (folder / "profile" / "storage").rglob("*")
        if path.is_file()
        for text in told
        if text.encode() in path.read_bytes() or text.encode("utf-16-le") in path.read_bytes()
    ] == []


def test_a_page_is_gone_after_its_time(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.change_kept("pages", "(record) => ({...record, until: Date.now() - 1})")
    scene.wire.cut()
    scene.phone.open(ticket.url)

    assert NOT_KEPT in scene.phone.text()
    assert scene.kept("pages") == []


def test_a_page_whose_time_was_changed_does_not_open(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.change_kept("pages", "(record) => ({...record, until: record.until + 1000})")
    scene.wire.cut()
    scene.phone.open(ticket.url)

    assert NOT_KEPT in scene.phone.text()


def test_a_clock_turned_back_empties_the_phone(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.change_kept("things", "(value, key) => (key == 'clock' ? Date.now() + 3600e3 : value)")
    scene.wire.cut()
    scene.phone.open(ticket.url)

    assert NOT_KEPT in scene.phone.text()
    assert scene.kept("pages") == []


def test_a_page_that_is_gone_is_dropped(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)
    scene.office.revoke(ticket)

    scene.phone.open(ticket.url)
    scene.wire.cut()
    scene.phone.open(ticket.url)

    assert NOT_KEPT in scene.phone.text()


def test_an_answer_waits_on_the_phone_and_counts_once(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.wire.cut()
    scene.phone.tap(YES)
    scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")
    scene.wire.mend()

    scene.phone.wait_for("document.body.innerText.includes('Sent at')")
    assert scene.office.state(ticket) == "answered"
    assert scene.office.timeline(ticket).count("page.answered") == 1


def test_an_answer_whose_reply_was_lost_counts_once(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    with scene.wire.losing_replies():
        scene.phone.tap(YES)
        scene.office.wait_for_state(ticket, "answered")
        scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")

    scene.phone.wait_for("document.body.innerText.includes('Sent at')")
    assert scene.office.timeline(ticket).count("page.answered") == 1


def test_an_answer_outlives_the_browser(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)
    scene.wire.cut()
    scene.phone.tap(YES)
    scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")

    scene.phone.stop()
    scene.phone.start()
    scene.phone.open(ticket.url)
    assert HEADLINE in scene.phone.text()
    scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")
    scene.wire.mend()
    scene.phone.open(ticket.url)  # Not when the next try is due: at the next visit.

    scene.office.wait_for_state(ticket, "answered")


def test_an_answer_that_was_beaten_is_told(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)
    scene.wire.cut()
    scene.phone.tap("I can’t come")
    scene.phone.tap("Yes, cancel it")
    scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")

    scene.office.answer(ticket, "confirm")
    scene.wire.mend()

    scene.phone.wait_for("document.body.innerText.includes('Another answer came in first')")
    assert "See you" in scene.phone.text()


def test_an_answer_that_came_too_late_leads_to_a_person(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)
    scene.wire.cut()
    scene.phone.tap(YES)
    scene.phone.wait_for(f"document.body.innerText.includes('{SAVED}')")

    scene.office.revoke(ticket)
    scene.wire.mend()

    scene.phone.wait_for("document.body.innerText.includes('This came too late')")
    assert "Call us" in scene.phone.text()


def test_a_newer_version_is_offered_and_comes_with_one_reload(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)
    scene.phone.run("caches.open('shell-of-before').then(() => sessionStorage.setItem('loads', 0))")

    scene.server.stop()
    scene.server.environ["SELFSERVICE_VAPID_PRIVATE_KEY"] = keys.new_push_key()
    scene.server.start()
    scene.phone.open(ticket.url)
    scene.phone.run("sessionStorage.setItem('before', performance.timeOrigin)")
    scene.phone.tap("Show it")

    scene.phone.wait_for("performance.timeOrigin > sessionStorage.getItem('before')")
    scene.phone.wait_for("caches.keys().then((names) => names.length == 1 && names[0] != 'shell-of-before')")
    first = scene.phone.run("performance.timeOrigin")
    scene.phone.wait_for("navigator.serviceWorker.ready.then((it) => !it.waiting && !it.installing)")
    assert scene.phone.run("performance.timeOrigin") == first
    assert "There’s a newer version" not in scene.phone.text()


def test_forgetting_the_device_leaves_nothing(scene: Scene) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)

    scene.phone.open(f"{scene.url}/device/forget")
    scene.phone.tap("Forget this device")

    scene.phone.wait_for("document.body.innerText.includes('This device is forgotten')")
    assert scene.phone.run("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    assert scene.phone.run("caches.keys()") == []
    assert scene.phone.run("document.cookie") == ""


def test_the_kill_switch_takes_the_worker_back(scene: Scene, folder: Path) -> None:
    ticket = scene.office.issue()
    scene.visit(ticket)
    switch = folder / "instance" / "phones-off"

    switch.touch()
    try:
        scene.phone.open(ticket.url)
        scene.phone.wait_for("navigator.serviceWorker.getRegistrations().then((all) => !all.length)")
        scene.phone.wait_for("caches.keys().then((names) => !names.length)")
    finally:
        switch.unlink()
    wait_until(lambda: HEADLINE in scene.phone.text())
