"""Console screens are light, fit every window, read well to everybody, and never hold up customers' pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from typing import Literal

import brotli
import pytest
from playwright.sync_api import Page, Response

from selfservice.tokens import Keyring
from selfservice.web.live import CHECK_EVERY, MOST_STREAMS
from tests.browser.axe import find_barriers
from tests.browser.console_scene import COMPOSED, Scene, Seat, address
from tests.harness.server import LiveServer

OpenTab = Callable[..., Page]
MOST_BYTES = 60_000
PATIENCE_SECONDS = 10 * CHECK_EVERY
WIDTHS = (1440, 1280, 1024, 768, 390)
NARROW = 320
"""With text at 200%, as WCAG 2.2 asks for (1.4.4, 1.4.10)."""
LOOKS = ((1440, "light"), (390, "dark"), (1440, "dark"), (390, "light"))
TYPE = "/console/types/fraud_alert?language=ar&theme=dark"
BRANDS = "/console/settings/brands"
COMPOSER, VERSIONS = f"/console/types/{COMPOSED}/compose", f"/console/types/{COMPOSED}/versions"
SCREENS = (
    *(
        "/console/pages",
        "/console/new?sample=booked",
        "/console/inbox",
        "/console/types",
        TYPE,
        "/console/components",
        "page",
        "qr",
    ),
    *(BRANDS, f"{BRANDS}/default"),
    *("/console/new-type", f"{COMPOSER}?beside=ar&check=on&at=facts.0.label", VERSIONS),
)


def path_of(screen: str, scene: Scene) -> str:
    """Where the screen is; those of one page are of a page with something to tell."""
    if COMPOSED in screen:
        scene.compose()
    if screen.startswith("/"):
        return screen
    found = scene.issue()
    scene.act(found, "note", note="I will be ten minutes late.")
    scene.act(found, "confirm", revision=2)
    scene.ask_callback(found)
    scene.write_back_and_forth(found)
    return address(found, {"page": "", "qr": "/qr"}[screen])


@pytest.mark.parametrize("screen", SCREENS)
def test_screen_weighs_little_and_fits_every_window(scene: Scene, open_tab: OpenTab, screen: str) -> None:
    responses: list[Response] = []

    def keep(response: Response) -> None:
        if response.frame == desk.main_frame and response.request.resource_type != "eventsource":
            responses.append(response)

    desk = scene.sit(open_tab, "/console/inbox")
    desk.goto("about:blank")
    desk.on("response", keep)
    desk.goto(path_of(screen, scene))
    wrong = {}
    for width in WIDTHS:
        desk.set_viewport_size({"width": width, "height": 800})
        overhang = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overhang > 0:
            wrong[width] = overhang
    desk.set_viewport_size({"width": NARROW, "height": 640})
    desk.evaluate("document.documentElement.style.fontSize = '200%'")
    for menu in desk.locator("details.ask").all():
        menu.evaluate("(it) => (it.open = true)")
    if (overhang := desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) > 0:
        wrong[NARROW] = overhang
    desk.wait_for_timeout(500)
    weights = {response.url: len(brotli.compress(response.body(), quality=5)) for response in responses}

    assert wrong == {}
    assert sum(weights.values()) < MOST_BYTES, weights
    assert len(weights) > 2


# In turns: every other screen on a desk in the light, the others in a hand in the dark; `make prove` looks at all.
@pytest.mark.parametrize(
    ("screen", "width", "scheme"),
    [
        pytest.param(screen, width, scheme, marks=[pytest.mark.long] * (turn != place % 2))
        for place, screen in enumerate([*SCREENS, "/console/pages?search=nobody", "/console/pages/nothing"])
        for turn, (width, scheme) in enumerate(LOOKS)
    ],
)
def test_screen_reads_well_to_everybody(
    scene: Scene, open_tab: OpenTab, screen: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    desk = scene.sit(open_tab, path_of(screen, scene), viewport={"width": width, "height": 900}, color_scheme=scheme)
    desk.wait_for_timeout(400)

    assert find_barriers(desk, without=("iframe",)) == []


def test_sign_in_reads_well_to_everybody(open_tab: OpenTab) -> None:
    open_tab.allow("status of 422")  # type: ignore[attr-defined]
    for scheme in ("light", "dark"):
        tab = open_tab(color_scheme=scheme)
        tab.goto("/console/sign-in")
        assert find_barriers(tab) == []
        tab.get_by_label("E-mail address").fill("nobody@example.org")
        tab.get_by_label("Password", exact=True).fill("not the password")
        tab.get_by_role("button", name="Sign in").click()
        tab.get_by_role("alert").wait_for()

        assert find_barriers(tab) == []


def test_open_streams_never_hold_up_customers_pages(scene: Scene, live_server: LiveServer) -> None:
    """As many consoles as a process takes are open; customers' pages are served beside them as if there were none."""
    seat = scene.seat()
    token = Keyring(scene.app.extensions["selfservice.settings"].secret_keys).sign_page(scene.issue())
    streams = [take_place(live_server, seat, tab=f"tab-{number}") for number in range(MOST_STREAMS)]
    try:
        refused = open_stream(live_server, seat, tab="one-more")
        leave(refused)
        assert (refused[1].status, refused[1].headers["Retry-After"]) == (503, "5")

        waits = sorted(get(live_server, f"/p/{token}") for _ in range(40))

        assert waits[-4] < 0.5, waits
    finally:
        for stream in streams:
            leave(stream)
        leave(take_place(live_server, seat, tab="next"))


def test_screen_left_behind_gives_its_place_to_the_next(scene: Scene, live_server: LiveServer) -> None:
    seat = scene.seat()
    leave(take_place(live_server, seat, tab="tab"))

    for _ in range(2 * MOST_STREAMS):
        stream = open_stream(live_server, seat, tab="tab")

        leave(stream)
        assert stream[1].status == 200


def leave(stream: tuple[HTTPConnection, HTTPResponse]) -> None:
    """Close the tab."""
    for part in stream[::-1]:
        part.close()


def open_stream(server: LiveServer, seat: Seat, tab: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", f"/console/live?tab={tab}", headers={"Cookie": f"staff={seat.token}"})
    return connection, connection.getresponse()


def take_place(server: LiveServer, seat: Seat, tab: str) -> tuple[HTTPConnection, HTTPResponse]:
    """A stream; a console that was closed before keeps its place until the server next writes to it."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        stream = open_stream(server, seat, tab)
        if stream[1].status == 200:
            return stream
        leave(stream)
        assert time.monotonic() < until
        time.sleep(0.5)


def get(server: LiveServer, path: str) -> float:
    """Seconds one page took."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    began = time.monotonic()
    connection.request("GET", path)
    assert connection.getresponse().read()
    connection.close()
    return time.monotonic() - began
