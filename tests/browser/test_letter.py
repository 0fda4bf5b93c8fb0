"""A page that is sent by e-mail, from the console's form to the mailbox: shown before it goes, read by everybody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import find_barriers
from tests.browser.console_scene import Scene

OpenTab = Callable[..., Page]
# A mailbox has the landmarks that stand around an e-mail.
AROUND = ("region", "landmark-one-main")
LOOKS = ((320, "light"), (360, "dark"), (700, "light"), (700, "dark"))


def test_a_page_goes_to_an_address_and_is_read_there(scene: Scene, open_tab: OpenTab, artefacts: Path) -> None:
    desk = scene.sit(open_tab, "/console/new?sample=booked")
    desk.get_by_text("an e-mail address, a case reference").click()
    desk.get_by_label("E-mail address").fill("Noor.Haddad@example.com")
    expect(desk.get_by_role("heading", name="The e-mail")).to_be_visible()
    expect(desk.get_by_text("Can get e-mails")).to_be_visible()
    subject = desk.locator("[data-out=body] b").inner_text()
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_text("The e-mail is on its way.")).to_be_visible()
    expect(desk.get_by_role("region", name="Messages").get_by_text(subject)).to_be_visible()

    tab = open_tab()
    tab.goto("/phone")
    mailbox = tab.get_by_role("link", name="noor.haddad@example.com")
    expect(mailbox).to_contain_text(subject)
    mailbox.click()
    letter = tab.frame_locator("iframe.letter")
    expect(letter.get_by_role("heading", name=subject)).to_be_visible()
    with tab.expect_popup() as opened:
        letter.get_by_role("link", name="Choose how we write to you, or stop these e-mails").click()
    expect(opened.value.get_by_role("button", name="Stop all messages")).to_be_visible()

    # Where it came nothing runs in it, and axe is a script: it looks at the same e-mail on a page of its own.
    html = tab.request.get(tab.locator("iframe.letter").get_attribute("src") or "").text()
    mail = open_tab()
    for width, scheme in LOOKS:
        mail.set_viewport_size({"width": width, "height": 800})
        mail.emulate_media(color_scheme=scheme)
        mail.set_content(html)
        mail.screenshot(path=artefacts / f"letter-{width}-{scheme}.png")
        assert mail.evaluate("document.documentElement.scrollWidth") <= width
        assert find_barriers(mail, but=AROUND) == []
