"""While `make run` runs, a change of what all pages are made of is seen through the door, and by an open gallery."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from selfservice.brands import service as brands
from selfservice.config import Settings
from selfservice.db import db, dispose
from selfservice.pages import texts
from selfservice.staff import service as staff
from tests.browser.console_scene import Scene
from tests.harness.application import make_app
from tests.harness.server import LiveServer, copy_project
from tests.harness.waiting import wait_until
from tests.web.console.desk import TEAMS

Get = Callable[[str], str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, to change its files."""
    return copy_project(tmp_path_factory.mktemp("watched") / "project")


@pytest.fixture(scope="module")
def scene(project: Path) -> Iterator[Scene]:
    """That copy as `make run` serves it."""
    server = LiveServer(project.parent, root=project)
    server.prepare()
    server.start()
    app = make_app(Settings.load(server.environ, strict=True))
    with app.app_context():
        brands.ensure_default()
        staff.ensure_teams(TEAMS)
        db.session.commit()
    yield Scene(server, app)
    with app.app_context():
        dispose()
    server.stop()


def get_as_staff(scene: Scene) -> Get:
    token = scene.seat().token

    def get(path: str) -> str:
        with closing(HTTPConnection("127.0.0.1", scene.server.port, timeout=60)) as connection:
            connection.request("GET", path, headers={"Cookie": f"staff={token}"})
            return connection.getresponse().read().decode()

    return get


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


WORDS = "selfservice/situations/words/en.toml"
PAGE = "the page"
PACKED = "/console/preview/sample/order_status/packed"
TYPES = "/console/types"
CHANGES = [
    ("templates/components/hero.html", "{{ top.headline }}", "{{ top.headline }} and more", "and more<", PAGE),
    ("templates/components/timeline.html", '"timeline"', '"timeline other"', '"timeline other"', PACKED),
    ("templates/console/types.html", "<h1>Page types", "<h1>All page types", "<h1>All page types", TYPES),
    ("static/css/page/ground.css", "--bg: #f3f5f7", "--bg: #f3f5f8", "--bg:#f3f5f8", PAGE),
    ("static/css/parts/timeline.css", "padding: 18px", "padding: 19px", "padding:19px", PACKED),
    ("static/icons/person.svg", "</svg>", '<g id="other"/></svg>', '<g id="other"/>', PAGE),
    (WORDS, 'why = "', 'why = "Now: ', "<summary>Now: ", PAGE),
]


def signature(get: Callable[[str], str]) -> str:
    return str(json.loads(get("/console/types/signature"))["signature"])


@pytest.mark.database("sqlite")
def test_changes_of_what_all_pages_are_made_of_are_seen(scene: Scene, project: Path) -> None:
    get = get_as_staff(scene)
    page_id = scene.issue()
    with scene.app.app_context():
        page = "/p/" + texts.url_of(page_id).rpartition("/")[2]

    for file, old, new, shown, place in CHANGES:
        address = page if place == PAGE else place
        before = signature(get)
        assert shown not in get(address), file

        change(project / file, old, new)

        wait_until(lambda shown=shown, address=address: shown in get(address), told=file)  # type: ignore[misc]
        # The console's own templates are read at each request, the signature four times a second.
        wait_until(lambda before=before: signature(get) != before, told=file)  # type: ignore[misc]


def test_broken_template_of_all_pages_is_told_with_its_line(scene: Scene, project: Path) -> None:
    get = get_as_staff(scene)
    path = project / "templates" / "components" / "rows.html"
    whole = path.read_text("utf-8")
    assert "rows.html" not in get(PACKED)

    path.write_text(whole.replace("{{ caller() }}", "{{ caller( }}"), "utf-8")

    line = next(number for number, text in enumerate(whole.splitlines(), 1) if "caller()" in text)
    wait_until(lambda: f"{path}:{line}" in get(PACKED))
    assert f"{path}:{line}" in get("/console/types/order_status")
    path.write_text(whole, "utf-8")
    wait_until(lambda: "rows.html" not in get(PACKED))
