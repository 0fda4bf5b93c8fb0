"""A newer worker, and none at all: offered quietly, taken over with one reload, and taken back by the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.phone_scene import ANSWERED, QUESTION, SAVED, YES, Phone, until
from tests.harness.server import LiveServer

Issue = Callable[..., str]
NEWER = "There’s a newer version of this page."


@pytest.fixture
def switch(live_server: LiveServer) -> Iterator[Path]:
    """The kill switch; on again after the test."""
    path = Path(live_server.environ["SELFSERVICE_INSTANCE"]) / "phones-off"
    yield path
    path.unlink(missing_ok=True)


def test_newer_worker_is_offered_and_taken_over_with_one_reload(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    old = phone.kept()["caches"]
    tab.evaluate("sessionStorage.loads = 0")
    phone.context.add_init_script("sessionStorage.loads = +(sessionStorage.loads || 0) + 1")
    build = old[0].removeprefix("shell-")
    phone.way.change("/sw.js", lambda worker: worker.replace(build.encode(), b"0123456789ab"))
    tab.reload()

    expect(tab.get_by_text(NEWER)).to_be_visible()
    assert phone.kept()["caches"] == [*old, "shell-0123456789ab"]
    tab.get_by_role("button", name="Show it").click()

    until(tab, lambda: phone.kept()["caches"] == ["shell-0123456789ab"])
    phone.settle()
    phone.heading(QUESTION)
    expect(tab.get_by_text(NEWER)).to_have_count(0)
    assert tab.evaluate("sessionStorage.loads") == "2"
    assert any(address.startswith(phone.way.url + "/app/en.js") for address in phone.kept()["files"])


def test_newer_worker_waits_as_long_as_nobody_asks_for_it(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.way.change("/sw.js", lambda worker: worker + b"\n")
    tab.reload()
    expect(tab.get_by_text(NEWER)).to_be_visible()

    tab.get_by_role("button", name=YES).click()

    phone.heading(ANSWERED)
    assert tab.evaluate("async () => !!(await navigator.serviceWorker.ready).waiting")


def test_worker_that_stays_the_same_is_not_offered(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())

    tab.reload()
    phone.settle()
    tab.wait_for_timeout(1200)

    expect(tab.get_by_text(NEWER)).to_have_count(0)


def test_messages_of_another_version_are_ignored(phone: Phone, issue: Issue) -> None:
    tab = phone.open(issue())
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)

    heard = tab.evaluate(
        """() => new Promise((resolve) => {
          const ask = (version) => {
            const line = new MessageChannel();
            line.port1.onmessage = () => resolve(version);
            navigator.serviceWorker.controller.postMessage({ v: version, type: "tell" }, [line.port2]);
          };
          ask(2);
          setTimeout(() => ask(1), 300);
        })"""
    )

    assert heard == 1


def test_kill_switch_takes_everything_back(phone: Phone, issue: Issue, switch: Path) -> None:
    link = issue()
    tab = phone.open(link)
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
    switch.touch()

    tab.reload()

    until(
        tab,
        lambda: tab.evaluate(
            """async () => !(await caches.keys()).length
              && !(await navigator.serviceWorker.getRegistrations()).length"""
        ),
    )
    phone.heading(QUESTION)
    assert phone.kept()["pages"] == []
    assert phone.way.count("GET", "/sw.js?clear=1") >= 1
    tab.get_by_role("button", name=YES).click()
    phone.heading(ANSWERED)


def test_kill_switch_sends_first_what_waits(phone: Phone, issue: Issue, switch: Path) -> None:
    link = issue()
    tab = phone.open(link)
    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
    phone.is_off(network=False)
    tab.get_by_role("button", name=YES).click()
    phone.note(SAVED)
    tab.goto("about:blank")
    switch.touch()

    phone.is_on()
    tab.goto(phone.address(link))

    until(tab, lambda: phone.way.count("POST", "/a/") == 1)
    until(tab, lambda: bool(tab.goto(phone.address(link))) and ANSWERED in tab.inner_text("h1:visible"))


def test_phone_comes_back_after_the_kill_switch(phone: Phone, issue: Issue, switch: Path) -> None:
    switch.touch()
    tab = phone.tab
    tab.goto(phone.address(issue()))
    until(tab, lambda: phone.way.count("GET", "/sw.js?clear=1") == 1)
    until(tab, lambda: not tab.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length"))
    switch.unlink()

    tab.reload()
    phone.settle()

    phone.wait_kept(lambda kept: len(kept["pages"]) == 1)
