"""Somebody writes a page type beside the running server: what they save is on the screen without a hand laid on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from selfservice.brands import service as brands
from selfservice.config import Settings
from selfservice.db import db, dispose
from selfservice.situations.making import folder as making
from selfservice.staff import service as staff
from tests.browser.console_scene import Scene
from tests.harness.application import make_app
from tests.harness.browser import Tabs
from tests.harness.server import LiveServer, copy_project
from tests.web.console.desk import TEAMS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a page type of one's own."""
    (tmp_path / "types").mkdir()
    return making.make("boiler_service", tmp_path / "types")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, to change its templates too."""
    return copy_project(tmp_path / "project")


@pytest.fixture
def bench(folder: Path, project: Path, tmp_path: Path, browser: Browser) -> Iterator[Page]:
    """The gallery of that type, on a server that serves it."""
    server = LiveServer(tmp_path, root=project, SITUATIONS=str(folder.parent))
    server.flask("db", "upgrade")
    server.start()
    app = make_app(Settings.load(server.environ, strict=True))
    with app.app_context():
        brands.ensure_default()
        staff.ensure_teams(TEAMS)
        db.session.commit()
    tabs = Tabs(browser, server)
    try:
        yield Scene(server, app).sit(tabs, "/console/types/boiler_service")
        tabs.close()
    finally:
        with app.app_context():
            dispose()
        server.stop()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.long
def test_what_is_saved_broken_and_mended_is_seen_at_once_and_sent_to_the_handset(
    bench: Page, folder: Path, project: Path
) -> None:
    first: Any = bench.frame_locator("iframe").first.get_by_role("heading", level=1)
    expect(first).to_contain_text("Maria, is")

    change(folder / "copy" / "en.toml", "{name}, is {at:when} all right?", "{name}, would {at:when} do?")
    expect(first).to_contain_text("Maria, would", timeout=20_000)

    change(project / "templates" / "components" / "hero.html", "{{ top.headline }}", "{{ top.headline|upper }}")
    expect(first).to_contain_text("MARIA, WOULD", timeout=20_000)
    change(project / "static" / "css" / "page" / "ground.css", "h1 {", "h1 { text-indent: 7px;")
    expect(first).to_have_css("text-indent", "7px", timeout=20_000)

    change(folder / "situation.py", "TEAM = ", "TEAM == ")
    fault = bench.get_by_label("boiler_service cannot be used")
    expect(fault).to_contain_text("NameError: name 'TEAM' is not defined; mend this line.", timeout=20_000)
    expect(fault.locator(".it")).to_contain_text('TEAM == "reception"')
    for scheme in ("light", "dark"):
        bench.emulate_media(color_scheme=scheme)
        found = Axe().run(bench, options={"iframes": False})
        assert found.violations_count == 0, found.generate_report()

    change(folder / "situation.py", "TEAM == ", "TEAM = ")
    expect(bench.get_by_role("heading", name="Boiler service")).to_be_visible(timeout=20_000)
    bench.get_by_role("button", name="Send to the handset").last.press("Enter")

    bench.wait_for_url("**/phone")
    bench.get_by_role("link", name="Maria Santos").click(timeout=20_000)
    expect(bench.get_by_role("log").get_by_text("all right for you? Tell us here")).to_be_visible()
