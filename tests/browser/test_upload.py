"""Photos from a page, in a real browser: shown, sent in parts, gone on with after a cut, and whole without script."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect
from sqlalchemy import select

from selfservice import tokens
from selfservice.db import db, dispose
from selfservice.media import queries, reading, uploads
from selfservice.media.models import Medium
from tests.browser.phone_scene import Phone
from tests.harness.waiting import wait_until
from tests.harness.way import Way
from tests.media import photos

Issue = Callable[..., str]
POSTCODE = "SW1A 1AA"
ADD = "Take or choose a photo"
READY = "Ready to go with your answer"


def large() -> bytes:
    """A photo of some parts: noise, which no format makes small, with a place in its notes."""
    noise = Image.effect_noise((1400, 1000), 90).convert("RGB")
    return photos.saved(noise, "JPEG", exif=photos.notes(), quality=92)


def giant() -> bytes:
    """A PNG of 60 megapixels in a few kilobytes."""
    width, height = 10_000, 6_000
    packed = zlib.compress((b"\0" + bytes(width // 8)) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = photos._chunk
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def file(name: str, body: bytes, kind: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": body}


def enter(page: Page, link: str) -> None:
    """Open the page and show who one is."""
    page.goto(link)
    page.get_by_label("Your postcode").fill(POSTCODE)
    page.get_by_role("button", name="Show my page").click()
    expect(page.get_by_role("heading", name="can you send us these?")).to_be_visible()


def sent(beside: Flask, link: str) -> list[Medium]:
    """The photos that an answer of the page came with."""
    with beside.app_context():
        page_id = tokens.current().read_page(link.rpartition("/")[2])
        found = [row for row in queries.list_for_page(page_id) if row.answer_id]
        dispose()
    return found


def read(beside: Flask, medium: Medium) -> bytes:
    with beside.app_context():
        fresh = db.session.scalars(select(Medium).where(Medium.id == medium.id)).one()
        body = reading.read(fresh).body
        dispose()
    return body


def on_way(way: Way, link: str) -> str:
    return way.url + link[link.index("/p/") :]


def test_chosen_seen_sent(phone: Phone, way: Way, issue: Issue, beside: Flask, artefacts: Path) -> None:
    link = issue("document_request", "identity")
    page = phone.tab
    enter(page, on_way(way, link))
    body = large()
    assert len(body) > 3 * uploads.MOST_PART

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=ADD).click()
    chooser.value.set_files([file("a.jpg", body), file("b.heic", photos.HEIC, "image/heic")])

    expect(page.locator(".photos").get_by_text(READY)).to_have_count(2)
    assert page.locator(".photos img").first.evaluate("(image) => image.naturalWidth") == 1400
    page.screenshot(path=artefacts / "upload.png", full_page=True)
    page.get_by_role("button", name="Send my photos").click()
    expect(page.get_by_role("heading", name="We have your photos")).to_be_visible()
    expect(page.get_by_text("2 photos")).to_be_visible()
    wait_until(lambda: all(row.state == "ready" for row in sent(beside, link)))
    made = [read(beside, row) for row in sent(beside, link)]
    assert len(made) == 2
    assert all(one.startswith(b"\xff\xd8\xff") for one in made)
    assert not any(secret in one for one in made for secret in (b"Harbour", b"GPS", b"Exif"))


def test_why_not_is_said_on_the_page(phone: Phone, way: Way, issue: Issue, beside: Flask) -> None:
    link = issue("document_request", "identity")
    page = phone.tab
    enter(page, on_way(way, link))

    page.locator("[type=file]").set_input_files(
        [
            file("broken.jpg", photos.jpeg()[:400] + b"\0" * 500),
            file("giant.png", giant(), "image/png"),
            file("letter.pdf", b"%PDF-1.7 of a letter", "application/pdf"),
            file("fine.jpg", photos.jpeg()),
        ]
    )

    expect(page.locator(".photos .wrong")).to_have_text(
        [
            "We can’t read one of the photos. Take it again.",
            "That photo has too many pixels. Choose a smaller one.",
            "PDF files don’t work here. Take a photo of each page instead.",
        ]
    )
    page.get_by_role("button", name="Send my photos").click()
    expect(page.get_by_role("status").get_by_text("Try it again or remove it")).to_be_visible()
    for name in ("Photo 1", "Photo 2", "Photo 3"):
        page.get_by_role("button", name=f"Remove: {name}").click()
    page.get_by_role("button", name="Send my photos").click()
    expect(page.get_by_role("heading", name="We have your photos")).to_be_visible()
    assert len(sent(beside, link)) == 1


def test_a_cut_line_goes_on_where_it_stopped(phone: Phone, way: Way, issue: Issue, beside: Flask) -> None:
    link = issue("document_request", "identity")
    page = phone.tab
    enter(page, on_way(way, link))
    body = large()
    parts: list[str] = []
    closed = threading.Event()

    def count(request: Any) -> None:
        if "offset=" in request.url:
            parts.append(request.url.rpartition("=")[2])
            if len(parts) == 3 and not closed.is_set():
                closed.set()
                way.close()

    page.on("request", count)
    page.locator("[type=file]").set_input_files(file("a.jpg", body))
    expect(page.get_by_text("Waits for a signal.").first).to_be_visible()
    page.get_by_role("button", name="Send my photos").click()
    expect(page.get_by_text("Your answer goes as soon as the photos are ready.")).to_be_visible()
    way.open()

    expect(page.get_by_role("heading", name="We have your photos")).to_be_visible(timeout=60_000)
    assert len(set(parts)) == -(-len(body) // uploads.MOST_PART)
    assert parts.count("0") == 1
    assert [row.size for row in sent(beside, link)] == [len(body)]


def test_it_goes_on_on_a_slow_line_and_after_a_reload(phone: Phone, way: Way, issue: Issue, beside: Flask) -> None:
    link = issue("document_request", "identity")
    page = phone.tab
    enter(page, on_way(way, link))
    folder = Path(beside.extensions["selfservice.settings"].instance)
    chosen = folder / "IMG_0042.jpg"
    chosen.write_bytes(large())
    parts: list[str] = []

    def stop(route: Any) -> None:
        parts.append(route.request.url.rpartition("=")[2])
        if len(parts) == 2:
            route.fulfill(status=408, json={"code": "slow"})
        elif len(parts) == 4:
            route.abort()
        else:
            route.continue_()

    page.route("**/*offset=*", stop)
    after_a_smaller_part = str(uploads.MOST_PART * 3 // 2)
    with page.expect_request(lambda request: request.url.endswith(f"offset={after_a_smaller_part}")):
        page.locator("[type=file]").set_input_files(chosen)
    expect(page.get_by_text("Waits for a signal.").first).to_be_visible()
    assert parts == ["0", str(uploads.MOST_PART), str(uploads.MOST_PART), after_a_smaller_part]
    page.reload()
    expect(page.get_by_role("button", name=ADD)).to_be_visible()
    page.locator("[type=file]").set_input_files(chosen)
    expect(page.locator(".photos").get_by_text(READY)).to_be_visible()
    assert parts.count("0") == 1

    page.reload()
    expect(page.locator(".photos").get_by_text(READY)).to_be_visible()
    page.get_by_role("button", name="Send my photos").click()
    expect(page.get_by_role("heading", name="We have your photos")).to_be_visible()
    assert [row.size for row in sent(beside, link)] == [chosen.stat().st_size]


def test_without_script(browser: Browser, issue: Issue, beside: Flask) -> None:
    link = issue("document_request", "identity")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    try:
        enter(page, link)
        page.get_by_role("button", name="Send my photos").click()
        expect(page.get_by_role("alert")).to_contain_text("Add at least one photo first.")
        page.get_by_label("Your photos").set_input_files([file("a.heic", photos.HEIC, "image/heic")])
        page.get_by_role("button", name="Send my photos").click()
        expect(page.get_by_role("heading", name="We have your photos")).to_be_visible()
    finally:
        context.close()
    assert [row.kind for row in sent(beside, link)] == ["heic"]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_fits_and_is_spoken(phone: Phone, way: Way, issue: Issue, artefacts: Path, language: str) -> None:
    link = issue("document_request", "meter", postcode=POSTCODE)
    page = phone.tab
    enter(page, on_way(way, link))
    page.set_viewport_size({"width": 320, "height": 700})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{on_way(way, link)}?lang={language}")
    page.locator("[type=file]").set_input_files(file("a.jpg", photos.jpeg((1200, 900))))
    expect(page.locator(".photos li")).to_have_count(1)
    page.evaluate("document.styleSheets[0].insertRule('html{font-size:200%}', 0)")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        "[...document.querySelectorAll('.photos button,.field .btn')].filter((one) => one.offsetParent)"
        ".map((one) => one.getBoundingClientRect()).filter((box) => box.height < 44 || box.width < 44).length"
    )
    assert small == 0
    assert page.locator(".photos progress").first.get_attribute("aria-label")
    page.screenshot(path=artefacts / f"upload_{language}_dark_200.png", full_page=True)
