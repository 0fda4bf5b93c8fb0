"""The contract: every type fulfils it, and each way of breaking it is told with its file and line."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from selfservice.errors import Invalid
from selfservice.situations.contract import looks, whole
from selfservice.situations.contract.places import line_for, line_of
from selfservice.situations.contract.wording import check_shared
from selfservice.situations.loading import Loaded, load_folder, load_shared
from selfservice.situations.problem import Problem
from selfservice.situations.registry import BUILT_IN, Registry
from tests.situations.conftest import NOW

BOOKED = "samples/booked.json"
ENGLISH = "copy/en.toml"
SITUATION = "situation.py"


class Type:
    """A copy of the appointment reminder to be broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert old in text
        (self.folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def load(self) -> Loaded:
        return load_folder(self.folder, load_shared(BUILT_IN / "words"))

    def problems(self) -> list[tuple[str, int | None, str]]:
        found = whole.check(self.load(), now=NOW)
        return [(str(item.file.relative_to(self.folder)), item.line, item.sentence) for item in found]

    def line(self, file: str, text: str) -> int:
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.fixture
def type_(tmp_path: Path) -> Type:
    shutil.copytree(BUILT_IN / "appointment_reminder", tmp_path / "broken")
    return Type(tmp_path / "broken")


KEYS = [loaded.key for loaded in Registry.load(strict=True)]
DAYS = (*range(7), 40, 130, 220, 310)
"""From NOW on: each day of a week, and each season."""

# In turns: each type meets four of the days, each day a third of the types.
IN_TURNS = [
    pytest.param(key, days, marks=[pytest.mark.long] * ((place + turn) % 3 != 0))
    for place, key in enumerate(KEYS)
    for turn, days in enumerate(DAYS)
]


@pytest.mark.parametrize(("key", "days"), IN_TURNS)
def test_every_type_fulfils_its_contract_whatever_the_day(registry: Registry, key: str, days: int) -> None:
    found = whole.check(registry.get(key), now=NOW + timedelta(days=days, hours=days * 5))

    assert [str(problem) for problem in found] == []


@pytest.mark.parametrize("key", KEYS)
def test_every_type_speaks_every_language(registry: Registry, key: str) -> None:
    assert set(registry.get(key).languages) == set(registry.shared)


def test_shared_words_are_the_same_in_each_language_and_plain() -> None:
    folder = BUILT_IN / "words"

    assert [str(problem) for problem in check_shared(load_shared(folder), folder)] == []


@pytest.mark.parametrize(
    ("old", "new", "looked_for", "sentence"),
    [
        (
            'Do("move")',
            'Do("shift")',
            '"choose"',
            "A button of choose does shift, which is no action; correct the button.",
        ),
        (
            'Go("ask", word="keep")',
            'Go("begin")',
            '"choose"',
            "The step choose leads to begin, which is no step; correct the button.",
        ),
        (
            "    steps=(\n",
            '    steps=(\n        Step(key="ask"),\n',
            '"ask"',
            "There are two steps called ask; rename one of them.",
        ),
        (
            '        Action(key="confirm"',
            '        Action(key="wave", perform=confirm, said="Waved"),\n        Action(key="confirm"',
            '"wave"',
            "No step has a button for the action wave; add one or take the action out.",
        ),
        (
            'Do("note"), Go("ask", word="back")',
            'Do("note"), Do("move"), Go("ask", word="back")',
            '"note"',
            "The step note asks for two forms at once; give one of them a step of its own.",
        ),
        ('icon="check"', 'icon="chekc"', '"chekc"', "There is no icon called chekc; did you mean check?"),
        (
            "    note: str = prose(300)",
            "    note: str = prose(300)\n    how: int = 5",
            "how: int",
            "The field how cannot be drawn; declare it with pick, rate, line, prose or photos, or as a Literal.",
        ),
        (
            "    steps=(\n",
            "    kept_for=timedelta(hours=23),\n    steps=(\n",
            "kept_for=",
            "What a page says is kept for a day at least and ten years at most; change kept_for.",
        ),
        (
            "follow_ups=(NextChannel(",
            "follow_ups=(NextChannel(after=timedelta(hours=6)), NextChannel(",
            "follow_ups=",
            "Two follow-ups do the same at the same time (next_channel after 21600); take one of them out.",
        ),
        (
            "    follow_ups=(NextChannel(after=timedelta(hours=6)), Remind(before_end=timedelta(hours=24))),\n",
            '    channels=("sms",), follow_ups=(Remind(after=timedelta(hours=24), channels=("push",)),),\n',
            '"push"',
            "A reminder goes on push, which is none of the type's channels; correct one.",
        ),
        (
            "    note: str = prose(300)",
            "    slot: str = prose(300)",
            "slot: ",
            "Two forms have a field called slot; rename one of them, as their words share one name.",
        ),
        (
            'pick("offered")',
            'pick("person")',
            '"person"',
            "The field slot picks from person, which is no fact that holds a list; correct its name.",
        ),
        (
            "    calendar=entry,\n",
            "",
            '"confirmed"',
            "The step confirmed adds to a calendar, but the type has no calendar; give it one.",
        ),
        (
            '    bring: Line | None = fact("What to bring"',
            '    link: Line | None = fact("What to bring"',
            "link: Line",
            "link is a value that every sentence may use already; rename the fact or action.",
        ),
        (
            '    bring: Line | None = fact("What to bring"',
            '    cancel: Line | None = fact("What to bring"',
            '"cancel"',
            "A fact and an action are both called cancel; rename one of them.",
        ),
    ],
)
def test_declaration_that_does_not_fit_together_is_told(
    type_: Type, old: str, new: str, looked_for: str, sentence: str
) -> None:
    type_.replace(SITUATION, old, new)

    assert (SITUATION, type_.line(SITUATION, looked_for), sentence) in type_.problems()


@pytest.mark.parametrize(
    ("old", "new", "key", "sentence"),
    [
        (
            '{at:when}?"\nheadline_named',
            '{when}?"\nheadline_named',
            "steps.ask.headline",
            "names {when}, and nothing is called so; use a fact, an action's field or a standard value.",
        ),
        (
            'Pick a new time"\nline',
            'Pick {at:yearly}"\nline',
            "steps.choose.headline",
            "cannot be filled: There is no format 'yearly'; use one of",
        ),
        (
            "{brand} reads it",
            "{bring} reads it",
            "steps.note.line",
            "names {bring}, which may be left empty; say it in the page's template instead.",
        ),
        (
            "{move.slot:weekday}",
            "{move.day:weekday}",
            "steps.moved.headline",
            "names {move.day}, but move has no such field; correct the placeholder.",
        ),
        (
            "See you {at:when}",
            "See you, {name}",
            "steps.confirmed.headline",
            "names {name}, which may be unknown; move the sentence to steps.confirmed.headline_named",
        ),
        (
            "Pick a new time",
            "Pick {link}",
            "steps.choose.headline",
            "names {link}, which only texts have; take it out.",
        ),
        (
            "Pick a new time",
            "Pick {chosen}",
            "steps.choose.headline",
            "names {chosen}, which only buttons under .._chosen have; take it out.",
        ),
        (
            "Pick a new time",
            "One two three four five six seven eight nine ten eleven",
            "steps.choose.headline",
            "has 11 words; a headline has at most 10.",
        ),
        (
            'keep_it = "Keep it"',
            'keep_it = "Keep it just as it is"',
            "buttons.keep_it",
            "has 6 words; a button has at most 4.",
        ),
        (
            "Pick a new time",
            "Please pick a new time",
            "steps.choose.headline",
            "says 'Please'; say what happens instead.",
        ),
        (
            "You don’t need",
            "You don't need",
            "steps.cancelled.line",
            "has a straight quotation mark; use ’ or the marks of the language.",
        ),
        (
            "Add a note",
            "Go to evil.com",
            "buttons.go_note",
            "holds a web address; only {link} and {host} may lead somewhere.",
        ),
        ("Tell us here: {link}", "Call us.", "sms.body", "does not hold {link}; a text without it leads nowhere."),
        ('pill = "Note saved"', 'pill = ""', "steps.noted.pill", "is empty; write it."),
    ],
)
def test_words_that_cannot_be_used_are_told_with_their_line(
    type_: Type, old: str, new: str, key: str, sentence: str
) -> None:
    type_.replace(ENGLISH, old, new)

    found = [
        (line, said)
        for file, line, said in type_.problems()
        if file == ENGLISH and said.startswith(f"{key} {sentence}")
    ]

    assert [line for line, _ in found] == [line_of(type_.folder / ENGLISH, key)]


@pytest.mark.parametrize(
    ("file", "old", "problem"),
    [
        (ENGLISH, 'keep_it = "Keep it"\n', "buttons.keep_it is missing, and a button of sure says it; write it."),
        (
            ENGLISH,
            'headline = "Pick a new time"\n',
            "steps.choose.headline is missing, and the step choose shows it; write it.",
        ),
        (
            ENGLISH,
            'note_long = "Your note is too long. Keep it under 300 letters."\n',
            "problems.note_long is missing, and the field note of note needs it; write it.",
        ),
        (
            ENGLISH,
            'title = "Appointment: {person}"\n',
            "calendar.title is missing, and the calendar file says it; write it.",
        ),
        (
            ENGLISH,
            'reminder = "{brand} has no answer from you yet. One tap is enough."\n',
            "push.reminder is missing, and a follow-up reminds with it; write it.",
        ),
        (
            "copy/zh.toml",
            'reminder = "【{brand}】您的预约是{at:short_day} {at:time}。您能来吗？{link}"\n',
            "sms.reminder is missing, and a follow-up reminds with it; write it.",
        ),
        ("copy/es.toml", 'map = "Mapa"\n', "lead.map is missing, and English has it; translate it."),
        ("copy/zh.toml", 'map = "地图"\n', "lead.map is missing, and English has it; translate it."),
    ],
)
def test_words_that_are_missing_are_told(type_: Type, file: str, old: str, problem: str) -> None:
    type_.replace(file, old, "")

    key = problem.partition(" ")[0]
    assert (file, line_for(type_.folder / file, key), problem) in type_.problems()


def test_a_reminder_that_no_follow_up_sends_is_told(type_: Type) -> None:
    type_.replace(SITUATION, ", Remind(before_end=timedelta(hours=24))", ",")

    for table in ("sms", "email", "push"):
        problem = f"{table}.reminder is never sent; take it out, or declare what sends it."
        assert problem in [sentence for file, _line, sentence in type_.problems() if file == ENGLISH]


def test_shared_words_that_are_missing_or_name_something_else_are_told(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text('[check]\nhost = "At {host}."\ntries.one = "A"\ntries.other = "{count}"\n')
    (tmp_path / "pl.toml").write_text('[check]\nhost = "Pod {adres}."\ntries.one = "A"\ntries.other = "{count}"\n')
    (tmp_path / "zh.toml").write_text('[check]\ntries.one = "A"\ntries.other = "{count}"\n')

    found = check_shared(load_shared(tmp_path), tmp_path)

    assert [(problem.file.name, problem.sentence) for problem in found] == [
        ("pl.toml", "check.tries.few is missing, and this language counts with it; write it."),
        ("pl.toml", "check.tries.many is missing, and this language counts with it; write it."),
        ("pl.toml", "check.host names {adres}, which English does not; correct the placeholder."),
        ("zh.toml", "check.tries.one is never said in this language; take it out."),
        ("zh.toml", "check.host is missing, and English has it; translate it."),
    ]


def test_number_in_a_sentence_that_has_one_form_is_told(type_: Type) -> None:
    type_.replace(ENGLISH, 'was = "Was"', 'was = "{count} times"')

    problem = "lead.was names {count}, which only the forms of a counted sentence have; write lead.was.one, ..."
    assert (ENGLISH, type_.line(ENGLISH, "was ="), problem) in type_.problems()


def test_title_that_names_a_fact_is_told(type_: Type) -> None:
    type_.replace(ENGLISH, 'title = "Your appointment"', 'title = "{person} expects you"')

    problem = "title names {person}; previews of a link show the title to anybody, so say none."
    assert (ENGLISH, 1, problem) in type_.problems()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('move = "改到这个时间"', 'move = "改到您选的这个新时间"', "buttons.move has 5 words; a button has at most 4."),
        ('map = "地图"', 'map = "点击地图"', "lead.map says '点击'; say what happens instead."),
        ('map = "地图"', 'map = "你的地图"', "lead.map says '你'; say what happens instead."),
    ],
)
def test_chinese_is_short_and_polite_too(type_: Type, old: str, new: str, problem: str) -> None:
    type_.replace("copy/zh.toml", old, new)

    assert ("copy/zh.toml", type_.line("copy/zh.toml", new), problem) in type_.problems()


def test_words_that_nothing_says_are_told(type_: Type) -> None:
    type_.replace(ENGLISH, "[buttons]\n", '[buttons]\nwave = "Wave"\n')
    type_.replace(ENGLISH, "[steps.ask]", '[steps.begin]\nheadline = "Begin"\n\n[steps.ask]')

    found = [problem for problem in type_.problems() if problem[0] == ENGLISH]

    wave, begin = type_.line(ENGLISH, "wave ="), type_.line(ENGLISH, 'headline = "Begin"')
    assert found == [
        (ENGLISH, begin, "steps.begin.headline belongs to no step; take it out or correct its name."),
        (ENGLISH, wave, "buttons.wave is said by no button; take it out or add the button."),
    ]


def test_words_of_another_language_that_english_lacks_are_told(type_: Type) -> None:
    type_.replace("copy/es.toml", "[problems]\n", '[problems]\nextra = "Más"\n')

    sentence = "problems.extra stands here and not in English; add it there or take it out."
    assert type_.problems() == [("copy/es.toml", type_.line("copy/es.toml", "extra ="), sentence)]


def test_words_of_the_template_are_there_and_said(type_: Type) -> None:
    type_.replace("page.html", 'say("lead.was")', 'say("lead.before")')

    found = [problem for problem in type_.problems() if problem[0] == ENGLISH]

    assert found == [
        (ENGLISH, type_.line(ENGLISH, "[lead]"), "lead.before is missing, and page.html says it; write it."),
        (
            ENGLISH,
            type_.line(ENGLISH, 'was = "Was"'),
            "lead.was is said nowhere in page.html; take it out or say it there.",
        ),
    ]


def test_step_named_as_a_face_of_every_page_is_told(type_: Type) -> None:
    type_.replace(ENGLISH, "[steps.choose]", "[steps.expired]")

    sentence = "steps.expired.headline is a face that every page has; rename the step."
    assert (ENGLISH, type_.line(ENGLISH, "[steps.expired]") + 1, sentence) in type_.problems()


def test_text_over_its_limit_is_told(type_: Type) -> None:
    type_.replace(ENGLISH, "Tell us here:", "Tell us here as soon as you can, so that nobody waits:")

    sentence = "sms.body takes 2 parts in GSM-7, at most 1 are allowed; shorten it."
    assert (ENGLISH, line_of(type_.folder / ENGLISH, "sms.body"), sentence) in type_.problems()


def test_accent_that_makes_a_text_dear_is_told(type_: Type) -> None:
    type_.replace(
        "copy/es.toml",
        "Responda en",
        "Su médico le está esperando y hay más personas en la lista. Díganos sí o no con el botón:",
    )

    sentence = "sms.body takes 4 parts in UCS-2, at most 3 are allowed; shorten it."
    assert type_.problems() == [("copy/es.toml", line_of(type_.folder / "copy/es.toml", "sms.body"), sentence)]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"today+3T10:20"', '"today-3T10:20"', "When has passed; write a time to come."),
        (
            '"today+3T10:20"',
            '"2026-11-24T10:20:00"',
            "When has no zone; write an offset such as 2026-11-24T10:20:00+00:00.",
        ),
        ('"bring"', '"brought"', "There is no fact called brought; take it out or correct its name."),
    ],
)
def test_sample_that_is_not_valid_is_told(type_: Type, old: str, new: str, sentence: str) -> None:
    type_.replace(BOOKED, old, new)

    wanted = type_.line(BOOKED, new if "brought" in new else '"at"')
    assert (BOOKED, wanted, sentence) in type_.problems()


def test_type_without_samples_is_told(type_: Type) -> None:
    shutil.rmtree(type_.folder / "samples")

    assert type_.problems() == [("samples", None, "There is no sample; write one as samples/NAME.json.")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'Outcome(shows="confirmed")',
            'Outcome(shows="done")',
            "The action confirm shows 'done', which is no step; correct its Outcome.",
        ),
        ('says=("moved",)', 'says=("gone",)', "The action move says 'gone', and texts.gone is missing; write it."),
        (
            "    claim = slot_claims(facts, case)[form.slot]",
            "    claim = {}[form.slot]",
            "The action move failed: KeyError:",
        ),
        (
            'return Outcome(shows="cancelled")',
            'return Outcome(shows="confirmed")',
            "No sample ever shows the step cancelled; lead to it,",
        ),
    ],
)
def test_action_that_leads_nowhere_is_told(type_: Type, old: str, new: str, said: str) -> None:
    type_.replace(SITUATION, old, new)

    assert [sentence for file, _, sentence in type_.problems() if file == SITUATION and sentence.startswith(said)]


def test_page_that_would_end_before_it_begins_is_told(type_: Type) -> None:
    type_.replace(SITUATION, "lambda facts, _now: facts.at", "lambda facts, now: now")

    assert (
        BOOKED,
        1,
        "A page of this sample would have ended before it begins; move its times.",
    ) in type_.problems()


class TestSecrecy:
    """What a type with checks must not tell too early."""

    @pytest.fixture
    def type_(self, tmp_path: Path) -> Type:
        shutil.copytree(Path(__file__).parents[1] / "types" / "lab_result", tmp_path / "broken")
        return Type(tmp_path / "broken")

    def test_the_type_as_it_is_tells_nothing(self, type_: Type) -> None:
        assert type_.problems() == []

    @pytest.mark.parametrize(
        ("file", "old", "new", "sentence"),
        [
            (SITUATION, '"last4", "patient"', '"last4", "number"', "A check compares with number, which is no fact"),
            (SITUATION, '"last4", "patient"', '"otp", "patient"', "A code is compared with no fact; take patient out"),
            (
                SITUATION,
                "protective=True",
                'check=Check("last4", "test"), protective=True',
                "The action dispute protects",
            ),
            (SITUATION, "protective=True", 'check=Check("last4", "test")', "Two checks of the kind last4 differ;"),
            (
                "page.html",
                "facts.test",
                "facts.patient",
                "The page shows patient, which a check asks for; take it out.",
            ),
            (
                ENGLISH,
                "Your result is here",
                "Hello {patient}",
                "steps.ask.headline names {patient}, which a check asks",
            ),
            (ENGLISH, "something new", "{test}", "sms.body names {test} before it is known who looks; take it out."),
            (ENGLISH, "You took a test", "You took {test}", "why.text names {test} before it is known who looks;"),
            (ENGLISH, "I took no test", "No {test}", "buttons.dispute names {test} before it is known who looks;"),
            (ENGLISH, "last4 =", "last5 =", "checks.last4 is missing, and the check asks with it; write it."),
        ],
    )
    def test_what_tells_too_early_is_told(self, type_: Type, file: str, old: str, new: str, sentence: str) -> None:
        type_.replace(file, old, new)

        assert [said for _file, _line, said in type_.problems() if said.startswith(sentence)]

    def test_a_fact_nobody_could_be_asked_for_is_refused(self, type_: Type) -> None:
        with pytest.raises(Invalid) as refused:
            type_.load().situation.accept({"patient": "12", "test": "Iron", "value": "Fine"}, NOW)

        assert refused.value.fields == {
            "patient": "Patient number is asked of the customer and cannot be compared; write at least four digits."
        }


def test_problem_reads_like_a_compilers() -> None:
    assert str(Problem(Path("a/copy/en.toml"), 7, "x is empty; write it.")) == "a/copy/en.toml:7: x is empty; write it."
    assert str(Problem(Path("a/samples"), None, "There is no sample.")) == "a/samples: There is no sample."


@pytest.mark.parametrize("key", [loaded.key for loaded in Registry.load(strict=True)])
def test_every_type_can_be_drawn_in_every_stage(registry: Registry, key: str) -> None:
    assert [str(problem) for problem in looks.check(registry.get(key), NOW)] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("page.html", "facts.bring)", "facts.brings)", "UndefinedError: "),
        ("page.html", "facts.person, about", "facts.person, abuot", "UndefinedError: 'abuot' is undefined; mend"),
        (
            "page.html",
            "facts.at|leaf) }}{% endcall %}",
            "facts.at|leave) }}{% endcall %}",
            "TemplateAssertionError: No",
        ),
        ("page.html", 'row("pin"', 'row("pinn"', "ConfigError: There is no icon called pinn; use one of"),
        (SITUATION, "return bool(facts.offered)", "return bool(facts.offers)", "AttributeError: "),
    ],
)
def test_slip_that_shows_only_when_a_page_is_drawn_is_told_with_its_line(
    type_: Type, file: str, old: str, new: str, sentence: str
) -> None:
    type_.replace(file, old, new)

    found = list(looks.check(type_.load(), NOW))

    assert found
    assert {(item.file, item.line) for item in found} == {(type_.folder / file, type_.line(file, new))}
    assert all(item.sentence.startswith(sentence) for item in found)


def test_type_without_a_word_for_staff_is_told(type_: Type) -> None:
    (type_.folder / "README.md").unlink()

    sentence = "There is nothing for staff to read; write when to use this type and what comes of each answer."
    assert type_.problems() == [("README.md", None, sentence)]


def test_fact_that_nobody_sees_is_told(type_: Type) -> None:
    type_.replace("page.html", "{% if facts.bring %}", "{% if false %}")
    type_.replace("page.html", "facts.bring", "facts.person")

    sentence = "The fact bring is shown nowhere and used nowhere; show it in page.html or take it out."
    assert type_.problems() == [(SITUATION, type_.line(SITUATION, "bring: Line"), sentence)]


def test_fact_that_no_sample_fills_in_is_told(type_: Type) -> None:
    for sample in (type_.folder / "samples").glob("*.json"):
        facts = json.loads(sample.read_text(encoding="utf-8"))
        facts.pop("bring", None)
        sample.write_text(json.dumps(facts), encoding="utf-8")

    sentence = "No sample fills in bring, so nobody sees how it looks; add it to one."
    assert type_.problems() == [(SITUATION, type_.line(SITUATION, "bring: Line"), sentence)]


class TestPictures:
    @pytest.fixture
    def notice(self, tmp_path: Path) -> Type:
        shutil.copytree(BUILT_IN / "notice", tmp_path / "notice")
        return Type(tmp_path / "notice")

    def test_one_that_nothing_draws_is_told(self, notice: Type) -> None:
        notice.replace("page.html", '{{ picture(shown("picture")) }}', "{{ facts.picture }}")

        sentence = 'Nothing draws picture; write {{ picture(shown("picture")) }} in page.html.'
        assert notice.problems() == [(SITUATION, notice.line(SITUATION, "picture: Image"), sentence)]

    def test_a_sample_names_none_that_was_uploaded(self, notice: Type) -> None:
        notice.replace("samples/moving.json", "example:place", "4fQx81LbT0a")

        sentence = "picture names a picture that no other installation has; write example:person or example:place."
        line = notice.line("samples/moving.json", "4fQx81LbT0a")
        assert notice.problems() == [("samples/moving.json", line, sentence)]
