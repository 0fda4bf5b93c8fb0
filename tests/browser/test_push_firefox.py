"""Pushes in a real Firefox, by the protocol of Mozilla's push service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.push_scenes import PushScene, PushScenes
from tests.browser.site_scene import Office, open_site
from tests.harness.desktop import Desktop
from tests.harness.firefox import Firefox
from tests.harness.mozilla_push import MozillaPush


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushScene]:
    """A server, a push service, a desktop, and a Firefox that these tests share."""
    folder = tmp_path_factory.mktemp("push-firefox")
    with (
        MozillaPush() as push,
        open_site(folder, SELFSERVICE_PUSH_HOSTS="127.0.0.1") as (server, wire),
        Desktop(folder) as desktop,
        Firefox(folder / "profile", preferences=push.preferences, environ=desktop.environ) as phone,
    ):
        yield PushScene(server, wire, Office(server), phone, push, desktop, "+12025550188")


class TestPush(PushScenes):
    """Every scene, in Firefox."""
