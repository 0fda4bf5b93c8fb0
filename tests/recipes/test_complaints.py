"""What a supervisor is told to mend: each sentence there is, in the composer's words, at the field it is about."""

from __future__ import annotations

from typing import Any

import pytest

from selfservice.web.console.recipe_words import CHECKS
from tests.recipes import recipes
from tests.recipes.recipes import asked, asking, complaints, fact, small

TWICE = "Its key means something else as well; take it out and add it again."
ANOTHER = "Another one has its key, {}; take it out and add it again."
HOLE = "may be left empty, which leaves a hole; let it be needed, or say it without."
UNKNOWN = "“Show what texts can name” lists what there is."
TIMES = "{at:moment}, {at:short_day}, {at:day}, {at:weekday}, {at:time}, {at:when}, {at:when_exactly} or {at:when_at}"
ADDRESS = "Holds a web address; take it out: the link comes by itself, and a fact of the kind web address is a button."
NOTHING = "Nothing shows it and no text names it; let it stand on the page, or take the fact out."
CHOOSE = "Choose one of those that there are."


def line(text: str, *known: dict[str, Any]) -> dict[str, Any]:
    """A recipe whose page says that below its headline, with more that is known."""
    return with_fact(*known, line={"en": text})


def with_fact(*known: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return small(facts=[*small()["facts"], *known], **changes)


def with_answer(number: int, **changes: Any) -> dict[str, Any]:
    """The recipe with one of its two answers changed."""
    answers = small()["answers"]
    answers[number] |= changes
    return small(answers=answers)


def checking(kind: str, words: str = "", example: str = "1980", **changes: Any) -> dict[str, Any]:
    """A recipe whose check compares with an account number."""
    account = fact("line", key="acct", label="Account", example=example, place="none", words={})
    more = {"check_words": {"en": words}, "text": {"en": "{brand}: one question"}, **changes}
    return with_fact(*([account] if kind != "otp" else []), check=kind, check_fact="acct", **more)


@pytest.mark.parametrize("kind", [kind for kind, _name in CHECKS if kind])
def test_type_with_any_check_can_be_published(kind: str) -> None:
    assert complaints(checking(kind, "Last 4 digits of your account number" if kind == "last4" else "")) == []


@pytest.mark.parametrize(
    ("text", "known", "sentence"),
    [
        ("X {boiler:day}", (), "Cannot be written as {boiler:day}; write {boiler}."),
        ("X {at:minutes}", (), f"Cannot be written as {{at:minutes}}; write {TIMES}."),
        ("X {at}", (), f"Cannot be written as {{at}}; write {TIMES}."),
        ("X {at:wrong}", (), f"Cannot be written as {{at:wrong}}; write {TIMES}."),
        ("X {brand:day}", (), "Cannot be written as {brand:day}; write {brand}."),
        ("X {boiler.upper}", (), "Cannot be written as {boiler.upper}; write {boiler}."),
        ("X {boiler!r}", (), "Cannot be written as {boiler!r}; write {boiler}."),
        ("X {the_person}", ("person",), "Cannot be written as {the_person}; write {the_person.name}."),
        ("X {the_money}", ("money",), "Cannot be written as {the_money}; write {the_money:money}."),
        (
            "X {the_money.__class__.__init__.__globals__}",
            ("money",),
            "Cannot be written as {the_money.__class__.__init__.__globals__}; write {the_money:money}.",
        ),
        (
            "X {the_table}",
            ("table",),
            "{the_table} is of a kind that cannot stand in a sentence; show it on the page, and take it out here.",
        ),
        ("X {}", (), f"Nothing is called {{}}; {UNKNOWN}"),
        ("X {name}", (), f"Nothing is called {{name}}; {UNKNOWN}"),
        ("X {nothing:day}", (), f"Nothing is called {{nothing:day}}; {UNKNOWN}"),
        ("X {away.better}", (), "{away.better} is known only after that answer; take it out here."),
        ("X {link}", (), "The link stands in text messages alone; take {link} out."),
        (
            "X {at there",
            (),
            "Has a brace without the other of its pair; mend the pair, or write {{ or }} for a brace as such.",
        ),
    ],
)
def test_text_that_names_what_it_cannot_is_told_how(text: str, known: tuple[str, ...], sentence: str) -> None:
    assert complaints(line(text, *map(fact, known))) == [("line", "en", sentence)]


def test_what_may_be_left_empty_is_named_in_no_text() -> None:
    fee = fact("money", key="fee", is_needed=False, usual="5.00 GBP")

    assert complaints(line("It is {fee:money}", fee)) == [("line", "en", f"{{fee:money}} {HOLE}")]
    optional = asked("line", key="better", is_needed=False)
    told = [("answers.1.line", "en", f"{{away.better}} {HOLE}")]
    assert complaints(with_answer(1, ask=optional, line={"en": "You said {away.better}"})) == told


def test_what_was_answered_is_named_after_that_answer_alone() -> None:
    said = "{away.better} is known only after that answer; take it out here."
    photos = asked("photos", key="better")
    kind = "{away.better} is of a kind that cannot stand in a sentence; show it on the page, and take it out here."

    assert complaints(with_answer(0, line={"en": "{away.better}"})) == [("answers.0.line", "en", said)]
    assert complaints(with_answer(1, ask=photos)) == [("answers.1.line", "en", kind)]


def test_text_that_can_name_nothing_says_why() -> None:
    told = complaints(
        with_answer(0, by_text={"en": "{brand}"})
        | {"title": {"en": "On {at:day}"}, "name": "A {at}", "summary": "For {brand}"}
    )

    assert told == [
        ("title", "en", "Names {at:day}, and others see the title wherever the link is shown; take it out."),
        ("name", "en", "Names {at}, and it is one name for all pages; take it out."),
        ("summary", "en", "Names {brand}, and it is one line for all pages; take it out."),
        ("answers.0.by_text", "en", "Names {brand}, and customers type these words; take it out."),
    ]


@pytest.mark.parametrize("text", ["{brand}: look here {link}", "{brand}: {link} is where it is asked.", "{ending}: x"])
def test_link_goes_out_once_wherever_it_stands(text: str) -> None:
    draft = small(text={"en": text}, reminder={"en": text}, remind_after_hours=24)

    assert complaints(draft) == []

    said = recipes.said(draft)
    assert [said[key].count("{link}") for key in ("sms.body", "sms.reminder", "push.reminder", "email.reminder")] == [
        1, 1, 0, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (with_fact(fact("line", key="body"), body={"en": "Some"}), ("facts.2", TWICE)),
        (with_fact(fact("line", key="brand")), ("facts.2", TWICE)),
        (with_fact(fact("line", key="home")), ("answers.0", TWICE)),
        (with_answer(0, key="other"), ("answers.0", TWICE)),
        (with_answer(0, key="send_away"), ("answers.0", TWICE)),
        (with_answer(1, line={}, ask=asked("line", key="step")), ("answers.1.ask", TWICE)),
        (with_answer(0, key="a" * 36), ("answers.0", "Its key is too long; take it out and add it again.")),
        (small(facts=small()["facts"][:1] * 2), ("facts.1", ANOTHER.format("at"))),
        (small(answers=small()["answers"][:1] * 2), ("answers.1", ANOTHER.format("home"))),
    ],
)
def test_key_that_means_something_else_is_told_at_its_block(draft: dict[str, Any], expected: tuple[str, str]) -> None:
    assert complaints(draft) == [(expected[0], "", expected[1])]


def test_keys_of_what_is_asked_do_not_run_into_each_other() -> None:
    draft = asking("scale", "line")
    draft["answers"][0]["ask"]["key"], draft["answers"][1]["ask"]["key"] = "price", "price_low"
    both = asking("choice", "line")
    both["answers"][1]["ask"] = asked("choice", key="given", options=[
        {"key": "choice_dark", "words": {"en": "A"}}, {"key": "b", "words": {"en": "B"}}])  # fmt: skip

    assert complaints(draft) == [("answers.1.ask", "", TWICE)]
    assert complaints(both) == [("answers.1.ask", "", TWICE)]


@pytest.mark.parametrize("key", ["update", "keys", "items", "clear", "get", "values", "pop"])
def test_answer_may_be_called_like_what_a_dict_does(key: str) -> None:
    assert complaints(with_answer(1, key=key, line={"en": f"You said: {{{key}.better}}"})) == []


@pytest.mark.parametrize(
    ("draft", "place", "sentence"),
    [
        (small(headline={"en": ""}), "headline en", "Write it."),
        (small(headline={"en": "one " * 11}), "headline en", "Has 11 words; a headline has at most 10."),
        (small(line={"en": "x" * 401}), "line en", "It is too long; write at most 400 characters."),
        (small(line={"en": "Please come"}), "line en", "Says 'Please'; say what happens instead."),
        (small(body={"en": "See www.example.com"}), "body en", ADDRESS),
        (small(text={"en": "{brand} " + "x" * 200}), "text en", "Would take 2 texts, and 1 may be sent; shorten it."),
        (
            with_answer(0, button={"en": "one two three four five"}),
            "answers.0.button en",
            "Has 5 words; a button has at most 4.",
        ),
        (
            with_answer(0, by_text={"en": "stop"}),
            "answers.0.by_text en",
            "Has 'stop', which means stop on every page; use another word.",
        ),
        (
            with_answer(1, by_text={"en": "away, Home"}),
            "answers.1.by_text en",
            "“Home” means “Yes, I'm here” already; give it to one of the two.",
        ),
        (small(answers=[]), "answers", "Add one."),
        (small(answers=small()["answers"] * 3), "answers", "There are too many; leave 4 at most."),
        (small(icon="horse"), "icon", CHOOSE),
        (with_answer(0, icon="horse"), "answers.0.icon", CHOOSE),
        (small(languages=["en", "xx"]), "languages.1", CHOOSE),
        (small(name=""), "name", "Write it."),
        (small(name="x" * 61), "name", "It is too long; write at most 60 characters."),
        (small(open_days=0), "open_days", "Write 1 or more."),
        (small(open_days="x"), "open_days", "Write a whole number."),
        (small(ends_at="boiler"), "ends_at", "A page can end at a fact of the kind date and time alone; choose one."),
        (small(remind_after_hours=24), "reminder en", "Write the reminder, or do not remind."),
        (
            small(remind_after_hours=24, reminder={"en": "Still?"}, open_days=1),
            "remind_after_hours",
            "The page has ended by then; write less than 24 hours, or let it work longer.",
        ),
        (
            small(check="last4", check_words={"en": "X"}),
            "check_fact",
            "Choose the fact that the check compares with: a line of text or a whole number.",
        ),
        (
            small(check="postcode", check_fact="boiler"),
            "check_fact",
            "The page shows “Boiler”, so it cannot be asked; take it off the page.",
        ),
        (
            checking("last4"),
            "check_words en",
            "Write which number is meant, such as “Last 4 digits of your contract number”.",
        ),
        (
            checking("postcode", text={"en": "{brand}: {acct}"}),
            "text en",
            "Names {acct}, which a check asks for; take it out.",
        ),
        (
            checking("postcode", text={"en": "{brand}: {at:day}"}),
            "text en",
            "Names {at} before it is known who looks; take it out.",
        ),
        (
            checking("birth_year", example="12"),
            "facts.2.example",
            "Account is asked of the customer and cannot be compared; write a year of four digits.",
        ),
        (with_fact(fact("line", place="none")), "facts.2.place", NOTHING),
        (with_fact(fact("image", place="none")), "facts.2.place", NOTHING),
        (
            with_fact(fact("line", words={})),
            "facts.2.words en",
            "Write what customers read beside it, or do not show it.",
        ),
        (with_fact(fact("choice", choices=["One"])), "facts.2.choices", "Write at least two different ones."),
        (
            with_fact(fact("money", example="much")),
            "facts.2.example",
            "Write an amount and a currency such as 428.00 GBP.",
        ),
        (
            with_fact(fact("line", example="x" * 500)),
            "facts.2.example",
            "The line is too long; write at most 120 characters.",
        ),
        (with_answer(0, ask=asked("photos", most=9)), "answers.0.ask.most", "Ask for 8 photos at most."),
        (
            with_answer(0, ask=asked("pick")),
            "answers.0.ask.source",
            "Choose the fact that holds the list to pick from.",
        ),
        (with_answer(0, ask=asked("choice", options=[])), "answers.0.ask.options", "Write at least two choices."),
        (
            with_answer(0, ask=asked("scale", low={})),
            "answers.0.ask.low en",
            "Write what stands at this end of the scale.",
        ),
        (
            with_answer(0, ask=asked("scale", high={})),
            "answers.0.ask.high en",
            "Write what stands at this end of the scale.",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(draft: dict[str, Any], place: str, sentence: str) -> None:
    found = [(f"{one} {language}".strip(), said) for one, language, said in complaints(draft)]

    assert found[:1] == [(place, sentence)]
    assert found[1:] in ([], [("answers", "Add one.")])  # Which the composer leaves out where there is one.


def test_text_of_one_language_alone_is_told_in_it() -> None:
    draft = recipes.translated(small())
    draft["line"], draft["body"] = {"es": "Hola"}, {"pl": "Tak"}

    assert complaints(draft) == [
        ("line", "es", "It stands here and not in English; write it there as well, or take it out."),
        ("body", "pl", "It stands here and not in English; write it there as well, or take it out."),
    ]
    assert complaints(small(body={"es": "Hola"})) == []  # Kept for a language that the type does not have.


def test_what_was_chosen_before_and_is_not_used_now_is_no_hindrance() -> None:
    account = fact("line", key="acct", label="Account", example="M-4471")
    draft = with_fact(account, fact("image", example="M-4471"), check_fact="acct", check_words={"en": "X"})

    assert complaints(draft) == []
    assert complaints({**draft, "check": "otp", "text": {"en": "{brand}: hi"}}) == []
