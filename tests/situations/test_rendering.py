"""Rendering: every state of every type becomes a whole, strict, light page that says what it must and no more."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask import Flask

from selfservice.kit import locales
from selfservice.situations import asides, plain, rendering, wishing
from selfservice.situations.framing import content_security_policy
from selfservice.situations.languages import LANGUAGES
from selfservice.situations.registry import EXTENSION, Registry
from selfservice.situations.view import View
from selfservice.web import encoding
from tests.situations.small_pages import PLAIN, wished
from tests.situations.views import LOGO, NOW, OFFICE, TOKEN, every_state, face, view

Look = Callable[..., View]
HEAVIEST = 10_000
BUDGET = 8 * 1024
VOID = frozenset({"meta", "link", "input", "img", "circle", "path", "rect"})
LATER = re.compile(
    rf'<img src="/p/{TOKEN}/-/picture/\w{{11}}(?:/small)?" alt="[^"]*"(?: width="900" height="600")? loading="lazy">'
)
"""A picture among the facts: of this page alone, and the page waits for it nowhere."""


@pytest.fixture(scope="module", autouse=True)
def _in_app(registry: Registry) -> Iterator[None]:
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    with app.app_context():
        yield


@pytest.fixture
def look(registry: Registry) -> Look:
    """A view of one sample: `look("fraud_alert", "online", state="expired")`."""

    def looked(
        key: str = "appointment_reminder", sample: str = "booked", language: str = "en", **changes: object
    ) -> View:
        return view(registry.get(key), sample, language, **changes)

    return looked


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.long)], ids=["in_turns", "all"])
def pages(request: pytest.FixtureRequest, registry: Registry, _in_app: None) -> dict[str, str]:
    """Each drawn in full; what comes from a shell is the same to the byte (test_shells)."""
    return {name: rendering.render_in_full(shown) for name, shown in every_state(registry, wholly=request.param)}


class Reading(HTMLParser):
    """Reads a page as a person does: `text` is all of it, `shown` what does not wait in a hidden part."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.shown: list[str] = []
        self.headings = 0
        self._open: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        is_hidden = "hidden" in dict(attributes) or any(hidden for _, hidden in self._open)
        self._open.append((tag, is_hidden))
        self.headings += tag == "h1" and not is_hidden

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] not in ("style", "script"):
            self.text.append(data)
            if not self._open[-1][1]:
                self.shown.append(data)


def shown_in(page: str) -> str:
    return " ".join(" ".join(Reading(page).shown).split())


def test_every_state_is_a_whole_page(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        body = page.partition("<body")[2]
        assert page.startswith("<!DOCTYPE html><html lang="), name
        assert page.endswith("</html>"), name
        assert Reading(page).headings == 1, name
        assert not re.search(r"[{}]", "".join(Reading(page).text)), name
        assert " style=" not in body, name
        assert not re.search(r"\son\w+=", body), name
        assert [id_ for id_, count in Counter(re.findall(r' id="([^"]+)"', body)).items() if count > 1] == [], name


def test_every_link_to_a_part_of_the_page_finds_it(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        ids = set(re.findall(r' id="([^"]+)"', page))
        wanted = re.findall(r' (?:for|form|aria-describedby)="([^"]+)"', page) + re.findall(r'href="#([^"]+)"', page)
        assert {id_ for value in wanted for id_ in value.split()} - ids == set(), name


def test_every_state_is_light_in_every_encoding(pages: dict[str, str]) -> None:
    weights = {
        f"{name} {coding}": len(compress(page.encode()))
        for name, page in pages.items()
        for coding, compress in encoding.ENCODERS.items()
    }

    assert {name: weight for name, weight in weights.items() if weight > HEAVIEST} == {}
    first = {name: weight for name, weight in weights.items() if name.split()[3] in ("ask", "track")}
    assert {name: weight for name, weight in first.items() if weight > BUDGET} == {}
    assert len(first) >= 18 * len(encoding.ENCODERS)
    assert {name: weight for name, weight in weights.items() if name.endswith("zstd") and weight > BUDGET} == {}


def test_first_view_with_a_logo_to_come_and_nobody_there_is_as_light(registry: Registry) -> None:
    for loaded in registry:
        for language in loaded.languages:
            for sample in loaded.samples:
                shown = view(loaded, sample, language, brand=face(language, logo=LOGO, opening=OFFICE))
                page = rendering.render(shown)
                weights = {coding: len(compress(page.encode())) for coding, compress in encoding.ENCODERS.items()}

                # gzip is for what is no browser of today; in it the longest pages come to a hundred bytes more.
                assert max(weights["zstd"], weights["br"]) <= BUDGET, (loaded.key, language, weights)
                assert weights["gzip"] <= BUDGET + 128, (loaded.key, language, weights)
                assert re.findall("<img[^>]*>", LATER.sub("", page)) == [f'<img src="/logo/{LOGO}.png" alt="">']


def test_page_asks_nothing_of_others(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        # Our own script, which waits until the page can be read.
        rest = LATER.sub("", re.sub(r'<script type="module" src="/app/[\w/]+\.js\?v=\w+"></script>', "", page))
        assert not re.search(r"<(?:img|iframe|object|embed|base)\b|\bsrc=|@import|\burl\(", rest), name
        assert re.findall(r'<link[^>]*href="(?!data:)', page) == [], name


def test_policy_names_what_is_inlined_and_nothing_else(look: Look) -> None:
    looks = (look(), look(theme="dark"), look(large=True), look(brand=face(colour="#7a1f4b", logo=LOGO)))
    for shown in looks:
        page = rendering.render(shown)
        policy = content_security_policy(shown)

        for tag in ("style", "script"):
            inside = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
            hashes = [
                f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inside
            ]
            ours = ["'self'"] if tag == "script" else []
            assert re.findall(rf"{tag}-src ([^;]*)", policy) == [" ".join(hashes + ours)]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_framed_policy_allows_our_own_frame_and_no_sending(look: Look) -> None:
    policy = content_security_policy(look(token=""), framed=True)

    assert "frame-ancestors 'self'" in policy
    assert "form-action 'none'" in policy
    assert "connect-src 'none'" in policy
    assert policy.endswith("sandbox allow-scripts")


def test_preview_is_inert(look: Look) -> None:
    for key, sample in (("appointment_reminder", "booked"), ("fraud_alert", "online"), ("order_status", "late")):
        page = rendering.render(look(key, sample, token="", answer_tokens={}))

        assert not re.search(r' (?:action|method|formaction)="|type="submit"', page)
        assert "data-token" not in page
        assert "/p/" not in page


def test_step_asked_for_by_address_is_the_one_shown(look: Look) -> None:
    page = rendering.render(look(step="choose"))

    assert "Pick a new time" in shown_in(page)
    assert "can you make your appointment" not in shown_in(page)
    assert f'action="/p/{TOKEN}/move?lang=en"' in page
    assert 'href="?lang=en&amp;step=ask"' in page


def test_refused_form_names_the_problem_first(look: Look) -> None:
    page = rendering.render(look(step="note").with_problems({"note": "note_long"}, {"note": "<b>x</b>"}))

    assert "<title>Your note is too long. Keep it under 300 letters. · Your appointment</title>" in page
    alert = re.search(
        r'<div class="note problem" role="alert" tabindex="-1" autofocus data-w="note">.*?</div></div>', page
    )
    assert alert is not None
    assert '<a href="#note-note">Your note is too long. Keep it under 300 letters.</a>' in alert[0]
    field = re.search(r"<textarea[^>]*>.*?</textarea>", page)
    assert field is not None
    assert 'aria-invalid="true" aria-describedby="note-note-wrong note-note-hint"' in field[0]
    assert field[0].endswith(">&lt;b&gt;x&lt;/b&gt;</textarea>")


def test_refused_choice_keeps_what_was_picked(look: Look) -> None:
    shown = look("order_status", "out_for_delivery", step="problem")

    page = rendering.render(shown.with_problems({"text": "text_needed"}, {"problem": "other"}))

    assert re.findall(r'<input type="radio"[^>]*value="(\w+)"[^>]* checked=""', page) == ["other"]


def test_what_is_taken_is_left_out(look: Look, registry: Registry) -> None:
    shown = look(step="choose")
    offers = registry.get("appointment_reminder").situation.offers
    assert offers is not None
    claims = list(offers(shown.facts, shown.case).values())

    some = rendering.render(replace(shown, taken=frozenset({claims[0].name})))
    none = rendering.render(replace(shown, taken=frozenset(claim.name for claim in claims)))

    assert len(re.findall('<input type="radio"', some)) == len(claims) - 1
    assert "These times have all gone." in shown_in(none)
    assert "Move to this time" not in none
    assert "Keep my current time" in shown_in(none)


@pytest.mark.parametrize("state", ["expired", "revoked", "superseded"])
def test_ended_page_shows_nothing_of_the_customers(look: Look, state: str) -> None:
    page = rendering.render(look(state=state))

    assert "Okafor" not in page
    assert "Maria" not in page
    assert "<form" not in page
    assert "Talk to a person" in shown_in(page)
    assert 'class="top closed"' in page


def test_ended_page_still_takes_the_protective_answer(look: Look) -> None:
    page = rendering.render(look("fraud_alert", "online", state="expired"))

    assert "This page has closed" in shown_in(page)
    assert len(re.findall("<button", page)) == 1
    assert "No, it wasn’t me" in shown_in(page)
    assert f'action="/p/{TOKEN}/no?lang=en"' in page
    assert "What happens next" not in page


def test_late_answer_goes_to_a_person(look: Look) -> None:
    page = rendering.render(look("fraud_alert", "online", state="expired").with_notice("needs_human"))

    assert "We have your answer" in shown_in(page)
    assert "so a person is dealing with it now" in shown_in(page)
    assert "<button" not in page


def test_lost_claim_leaves_the_choice_open(look: Look) -> None:
    page = rendering.render(look(step="choose").with_notice("lost_claim"))

    assert "Someone else has just taken that time." in shown_in(page)
    assert 'role="alert" tabindex="-1" autofocus data-w="choose"' in page
    assert "Move to this time" in shown_in(page)


def test_type_that_is_gone_still_says_so_in_its_language(look: Look) -> None:
    for language, words in (("en", "no longer active"), ("es", "ya no está activa"), ("ar", "لم تعد")):
        page = rendering.render(look(language=language, situation="gone", state="retired", step=""))

        assert words in shown_in(page)
        assert 'href="tel:+442079460000"' in page


def test_facts_are_words_not_markup(look: Look) -> None:
    shown = look()
    hostile = shown.facts.model_copy(update={"person": '<script>alert("x")</script>', "bring": "'\"><b>"})

    page = rendering.render(replace(shown, facts=hostile, first_name="<i>"))

    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in page
    assert "<bdi>&#39;&#34;&gt;&lt;b&gt;</bdi>" in page
    assert "<i>" not in page


def test_arabic_runs_from_the_right_and_keeps_our_words_apart(look: Look) -> None:
    page = rendering.render(look(language="ar"))

    assert '<html lang="ar" dir="rtl">' in page
    assert "<bdi>14 Harbour Street</bdi>" in page
    assert "<bdi>+44 20 7946 0000</bdi>" in page
    assert "\u2068go.harbourstreet.example\u2069" in page


def test_other_languages_are_offered_in_their_own_words(look: Look) -> None:
    page = rendering.render(look(language="es"))

    offered = re.findall(r'<a href="\?lang=(\w+)" lang="([\w-]+)">([^<]*)</a>', page)
    assert offered == [
        ("en", "en", "English"),
        ("ar", "ar", "العربية"),
        ("hi", "hi", "हिन्दी"),
        ("pl", "pl", "Polski"),
        ("zh", "zh-Hans", "简体中文"),
    ]


def test_theme_can_be_forced_for_a_preview(look: Look) -> None:
    assert "@media (prefers-color-scheme:dark){" in rendering.render(look())
    for theme, rule in (("dark", "@media all{"), ("light", "@media not all{")):
        page = rendering.render(look(theme=theme))
        assert rule in page
        assert "prefers-color-scheme:dark){" not in page
        assert f"color-scheme:{theme}" in page
    assert "html{font-size:200%}" in rendering.render(look(large=True))


def test_link_preview_is_told_what_a_page_is_about_and_no_fact(pages: dict[str, str], look: Look) -> None:
    heads = {name: page.partition("<body")[0] for name, page in pages.items()}
    titles = {re.search("<title>(.*?)</title>", head)[1] for name, head in heads.items() if "refused" not in name}

    assert titles >= {
        "Your appointment",
        "Did you make this payment?",
        "Your order",
        "您的订单",
        "This page has closed",
    }
    assert [title for title in titles if re.search(r"\d|Okafor|Maria|Tuesday|ELECTRO", title)] == []
    for name, head in heads.items():
        assert '<meta name="robots" content="noindex' in head, name
        assert "og:" not in head, name
        told = re.search('<meta name="description" content="(.*?)"', head)
        assert told is not None, name
        assert f"<title>{told[1]}</title>" in head, name


def test_small_pages_have_titles_without_facts_too(look: Look) -> None:
    pages = [
        asides.render_callback(look(callback_at=NOW)),
        wishing.render(look(), wished(is_stopped=True)),
    ]

    assert [re.findall("<title>(.*?)</title>", page) for page in pages] == [["Ask for a call"], ["Your messages"]]


def test_callback_asks_once_and_says_when(look: Look) -> None:
    asking = asides.render_callback(look())
    asked = asides.render_callback(look(callback_at=NOW + timedelta(hours=2)))
    unknown = asides.render_callback(look(ending=""))

    assert "We’ll ring the number ending 417." in shown_in(asking)
    assert "Yes, call me" in shown_in(asking)
    assert "We’ll ring the number ending 417 by Saturday 21 November, 11:05 am." in shown_in(asked)
    assert "Yes, call me" not in asked
    assert "We don’t have your number here." in shown_in(unknown)
    assert "Yes, call me" not in unknown
    assert 'href="tel:+442079460000"' in unknown


def test_page_says_by_when_we_call(look: Look) -> None:
    page = rendering.render(look(callback_at=NOW + timedelta(hours=2)))

    assert "We’ll ring the number ending 417 by" in shown_in(page)
    assert "/-/callback" not in page


def test_texts_can_be_stopped_without_script(look: Look) -> None:
    asking = wishing.render(look(), wished(channels=("push", "sms")))
    stopped = wishing.render(look(), wished(channels=("push", "sms"), is_stopped=True))

    assert '<form class="field" method="post"><button' in asking
    assert "Stop all texts" in shown_in(asking)
    assert "Texts have stopped" in shown_in(stopped)
    assert "Messages have stopped" in shown_in(wishing.render(look(), wished(is_stopped=True)))
    assert "<form" not in stopped
    assert "<script>" not in asking + stopped


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_plain_page_for_what_goes_wrong(kind: str, language: str) -> None:
    page = plain.render_plain(kind, language=language, reference="8f3a2c")

    assert f'<html lang="{locales.tag(language)}"' in page
    assert "8f3a2c" in shown_in(page)
    assert page == plain.render_plain(kind, language=language, reference="8f3a2c")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in plain.SECURITY_POLICY


def test_brand_without_phone_offers_what_there_is(look: Look) -> None:
    page = rendering.render(look(brand=face(phone="", phone_shown="", hours="", privacy_url="")))

    assert "tel:" not in page
    assert "/-/callback" in page
    assert "<small>Reception</small>" in page
    assert "Privacy" not in page
