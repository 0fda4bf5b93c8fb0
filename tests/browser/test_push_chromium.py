"""Pushes in a real Chromium, by the protocol of Google's push service; and what only Chromium can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.browser.push_scenes import QUESTION, SAVED, YES, PushScene, PushScenes
from tests.browser.site_scene import Office, open_site
from tests.harness.chromium_phone import ChromiumPhone
from tests.harness.desktop import Desktop
from tests.harness.google_push import HOSTS, GooglePush
from tests.harness.waiting import wait_until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, playwright: Playwright, chromium_path: Path) -> Iterator[PushScene]:
    """A server, a push service, a desktop, and a Chromium that these tests share."""
    folder = tmp_path_factory.mktemp("push-chromium")
    with (
        GooglePush(folder) as push,
        open_site(folder, SELFSERVICE_PUSH_HOSTS=",".join(HOSTS), **push.environ) as (server, wire),
        Desktop(folder) as desktop,
        ChromiumPhone(
            playwright, chromium_path, folder / "profile", arguments=push.arguments, environ=desktop.environ
        ) as phone,
    ):
        yield PushScene(server, wire, Office(server), phone, push, desktop, "+12025550199")


class TestPush(PushScenes):
    """Every scene, in Chromium."""

    def test_a_restart_keeps_subscription_queue_and_messages(self, scene: PushScene) -> None:
        queued = scene.issue()
        shown = scene.desktop.wait_for(QUESTION)
        scene.phone.go_offline()
        scene.desktop.press(shown, YES)
        scene.desktop.wait_for(SAVED)
        tokens = scene.push.tokens()

        scene.wire.cut()
        scene.phone.stop()
        wait_until(lambda: not scene.push.is_listening())
        scene.desktop.clear()
        missed = scene.issue()
        wait_until(lambda: missed.id in scene.pushed_pages())
        scene.wire.mend()
        scene.phone.start()

        # The push that waited wakes the worker, which sends what waited on the phone.
        scene.desktop.wait_for(QUESTION)
        scene.office.wait_for(missed, "push.shown")
        scene.office.wait_for_state(queued, "answered")
        assert scene.push.tokens() == tokens

    def test_a_push_brings_the_badge(self, scene: PushScene) -> None:
        assert isinstance(scene.phone, ChromiumPhone)
        scene.phone.open(f"{scene.url}/inbox")
        devtools = scene.phone.context.new_cdp_session(scene.phone.tab)
        app = {"manifestId": f"{scene.url}/inbox"}
        devtools.send("PWA.install", {**app, "installUrlOrBundleUrl": f"{scene.url}/inbox"})
        before = scene.phone.run("fetch('/inbox/count').then((it) => it.json())")["open"]

        scene.issue()

        scene.desktop.wait_for(QUESTION)
        wait_until(lambda: devtools.send("PWA.getOsAppState", app)["badgeCount"] == before + 1)
