"""Checks of the copy files: the same keys in each language, placeholders that exist, words short and plain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from selfservice.errors import ConfigError
from selfservice.kit import AddToCalendar, Change, Remind, Situation
from selfservice.kit.channels import CHANNELS
from selfservice.kit.forms import UPLOAD, WRITTEN, asked_of, control_of, words_of
from selfservice.kit.words import COUNT, NAMED, PLURALS, Words, counted, forms_of, names_of, pieces
from selfservice.situations.contract.places import line_for, line_of
from selfservice.situations.loading import DEFAULT_LANGUAGE, Loaded
from selfservice.situations.problem import Problem
from selfservice.situations.replying import QUESTION
from selfservice.situations.source import parse
from selfservice.situations.values import STANDARD

SHARED = Path(__file__).parents[1] / "words"
CHOSEN = "_chosen"
REMINDER, GONE = "reminder", "gone"
HEADLINE_WORDS = 10
BUTTON_WORDS = 4
_TEXTS = ("sms.", "texts.")
_SAID_BY_TEMPLATE = re.compile(r"""\bsay(\.find)?\(\s*["']([a-z0-9_.]+)["']""")
# Tables whose sentences the layout, the texts or the console say; all others are for page.html.
_SAID_ELSEWHERE = frozenset(
    {"about", "title", "why", "check", "checks", "calendar", "sms", "texts", "push", "notices", "reply_words"}
)
_OF_FORMS = frozenset({"steps", "buttons", "fields", "choices", "empty", "problems"})
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ADDRESS = re.compile(r"://|\bwww\.|\b[\w-]+\.(?:com|org|net|info|io|co|example)\b", re.IGNORECASE)
# What LOOK rules out: begging, jargon and naming the gesture instead of what comes of it.
_UNWANTED = {
    "en": re.compile(r"\bplease\b|\bsubmit\b|\bclick\b", re.IGNORECASE),
    "es": re.compile(r"\bpor favor\b|\b(?:haga|hacer) clic\b|\bpulse aquí\b", re.IGNORECASE),
    "ar": re.compile(r"من فضلك|انقر|\u0640"),
    "pl": re.compile(r"\bproszę\b|\bprosimy\b|\bklikn|\bPan(?:i|a|u)?\b", re.IGNORECASE),
    "zh": re.compile(r"点击|单击|提交|你"),
    "hi": re.compile(r"कृपया|क्लिक|सबमिट"),
}


def check(loaded: Loaded) -> Iterator[Problem]:
    """All that is wrong with the words of a type."""
    own = {language: Words.load(copy_file(loaded, language)) for language in loaded.languages}
    wanted = dict(_wanted(loaded))
    for language, words in own.items():
        file = copy_file(loaded, language)
        yield from _missing(loaded.words[language], wanted, file)
        yield from _uncounted(words, file)
        yield from _unlike_english(words, own[DEFAULT_LANGUAGE], file)
        yield from _unused(words, loaded, wanted, file)
        for key, sentence in words.items():
            for complaint in _complaints(key, sentence, language, loaded.situation):
                yield Problem(file, line_of(file, key), f"{key} {complaint}")


def check_shared(shared: dict[str, Words], folder: Path) -> Iterator[Problem]:
    """All that is wrong with the words of every page, as far as they can be judged without one."""
    english = shared[DEFAULT_LANGUAGE]
    for language, words in shared.items():
        file = folder / f"{language}.toml"
        yield from _uncounted(words, file)
        yield from _unlike_english(words, english, file)
        for key, sentence in words.items():
            for complaint in (*_style(key, sentence, language), *_unlike_sentence(key, sentence, english)):
                yield Problem(file, line_of(file, key), f"{key} {complaint}")


def copy_file(loaded: Loaded, language: str) -> Path:
    """Where a type's words of one language stand."""
    return loaded.folder / "copy" / f"{language}.toml"


def _wanted(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Each key that the declaration calls for, with the reason."""
    situation = loaded.situation
    yield "why.text", "every page says why it was sent"
    for check_kind in {check.kind for check in situation.checks}:
        yield f"checks.{check_kind}", "the check asks with it"
    for step in situation.steps:
        for place in (step.key, *(f"{step.key}.{variant.key}" for variant in step.variants)):
            yield f"steps.{place}.headline", f"the step {step.key} shows it"
        for button in step.buttons:
            yield f"buttons.{button.words}", f"a button of {step.key} says it"
    if situation.calendar is not None:
        yield "calendar.title", "the calendar file says it"
        yield "calendar.description", "the calendar file says it"
    yield from _wanted_by_messages(situation)
    yield from _wanted_by_forms(situation)
    for key, is_needed in _said_by_template(loaded).items():
        if is_needed:
            yield key, "page.html says it"
    for word in _refusals(loaded.folder / "situation.py"):
        yield f"problems.{word}", "an action refuses with it"


def _wanted_by_forms(situation: Situation) -> Iterator[tuple[str, str]]:
    for action in situation.actions:
        for name, info in action.form.model_fields.items():
            reason = f"the field {name} of {action.key} needs it"
            yield f"fields.{name}", reason
            yield f"problems.{name}_wrong", reason
            if info.is_required():
                yield f"problems.{name}_missing", reason
            if asked_of(info).source:
                yield f"empty.{name}", reason
            if control_of(info) in WRITTEN:
                yield f"problems.{name}_long", reason
            if control_of(info) == UPLOAD:
                yield f"problems.{name}_many", reason
            if control_of(info) == "scale":
                yield f"fields.{name}_low", reason
                yield f"fields.{name}_high", reason
            for word in words_of(name, info).values():
                yield word, reason


def _wanted_by_messages(situation: Situation) -> Iterator[tuple[str, str]]:
    for channel in _channels_reminded(situation):
        yield f"{channel}.{REMINDER}", "a follow-up reminds with it"
    for channel in situation.channels if situation.gone else ():
        yield f"{channel}.{GONE}", "it tells that others have taken what it offers"


def _channels_reminded(situation: Situation) -> list[str]:
    """The channels on which a page of this type may be reminded of."""
    reminders = [one for one in situation.follow_ups if isinstance(one, Remind)]
    return [name for name in situation.channels if any(not one.channels or name in one.channels for one in reminders)]


def _said_by_template(loaded: Loaded) -> dict[str, bool]:
    """The keys that a template says, and whether they have to be there."""
    template = (loaded.folder / "page.html").read_text(encoding="utf-8")
    return {found[2]: not found[1] for found in _SAID_BY_TEMPLATE.finditer(template)}


def _refusals(file: Path) -> Iterator[str]:
    for node in ast.walk(parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
            word = node.args[-1] if node.args else None
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value


def _missing(words: Words, wanted: dict[str, str], file: Path) -> Iterator[Problem]:
    for key, reason in wanted.items():
        if key not in words and f"{key}.other" not in words:
            yield Problem(file, line_for(file, key), f"{key} is missing, and {reason}; write it.")


def _unlike_english(words: Words, english: Words, file: Path) -> Iterator[Problem]:
    # Another language may do without the form that greets by name, or greet where English does not.
    own, wanted = (
        {counted(some, key) or key for key in some if not key.endswith((NAMED, CHOSEN))} for some in (words, english)
    )
    for key in sorted(wanted - own):
        yield Problem(file, line_for(file, key), f"{key} is missing, and English has it; translate it.")
    for key in sorted(own - wanted):
        yield Problem(file, line_of(file, key), f"{key} stands here and not in English; add it there or take it out.")


def _unlike_sentence(key: str, sentence: str, english: Words) -> Iterator[str]:
    """What this sentence names and the English one does not: nobody gives it a value."""
    original = counted(english, key) + ".other" if counted(english, key) else key
    try:
        own, given = (
            {".".join(path) for _, path, _ in pieces(some) if path} for some in (sentence, english.get(original, ""))
        )
    except (ValueError, ConfigError):
        return
    for name in sorted(own - given):
        yield f"names {{{name}}}, which English does not; correct the placeholder."


def _uncounted(words: Words, file: Path) -> Iterator[Problem]:
    """The forms that a sentence with a number has in this language, whatever those of English are."""
    forms: dict[str, set[str]] = {}
    for key in words:
        if sentence := counted(words, key):
            forms.setdefault(sentence, set()).add(key.rpartition(".")[2])
    for sentence, own in forms.items():
        for form in sorted(forms_of(words.language) - own):
            missing = f"{sentence}.{form}"
            complaint = f"{missing} is missing, and this language counts with it; write it."
            yield Problem(file, line_for(file, missing), complaint)
        for form in sorted(own - forms_of(words.language)):
            key = f"{sentence}.{form}"
            yield Problem(file, line_of(file, key), f"{key} is never said in this language; take it out.")


def _unused(words: Words, loaded: Loaded, wanted: dict[str, str], file: Path) -> Iterator[Problem]:
    shared = Words.load(SHARED / f"{DEFAULT_LANGUAGE}.toml")
    replaced = {button.words for button in (Change(), AddToCalendar())}
    used = {key.partition(".")[2] for key in wanted if key.startswith("buttons.")} | replaced
    said = _said_by_template(loaded)
    for key in words:
        table, _, name = key.partition(".")
        sentence = counted(words, key) or key
        if table == "buttons" and name.removesuffix(CHOSEN) not in used:
            yield Problem(file, line_of(file, key), f"{key} is said by no button; take it out or add the button.")
        if name in (REMINDER, GONE) and table in CHANNELS:
            if key not in wanted:
                yield Problem(file, line_of(file, key), f"{key} is never sent; take it out, or declare what sends it.")
        elif key.endswith(".headline") and key in shared:
            yield Problem(file, line_of(file, key), f"{key} is a face that every page has; rename the step.")
        elif table not in _SAID_ELSEWHERE | _OF_FORMS and sentence not in said and key not in shared:
            yield Problem(file, line_of(file, key), f"{key} is said nowhere in page.html; take it out or say it there.")
        elif table == "steps" and loaded.situation.step(name.partition(".")[0]) is None:
            yield Problem(file, line_of(file, key), f"{key} belongs to no step; take it out or correct its name.")


def _complaints(key: str, sentence: str, language: str, situation: Situation) -> Iterator[str]:
    yield from _style(key, sentence, language)
    try:
        placeholders = [path for _, path, _ in pieces(sentence) if path]
    except ValueError:
        return
    if key == "title" and placeholders:
        yield f"names {{{'.'.join(placeholders[0])}}}; previews of a link show the title to anybody, so say none."
    for path in placeholders:
        complaint = _placeholder(key, path, situation)
        if complaint:
            yield complaint
    if key.startswith(_TEXTS) and key != QUESTION and ("link",) not in placeholders:
        yield "does not hold {link}; a text without it leads nowhere."


def _placeholder(key: str, path: tuple[str, ...], situation: Situation) -> str:
    name = path[0]
    if name == "name" and not key.endswith(NAMED):
        return f"names {{name}}, which may be unknown; move the sentence to {key}{NAMED} and write one without."
    if name == "link" and not key.startswith(_TEXTS):
        return "names {link}, which only texts have; take it out."
    if name == "chosen" and not key.endswith(CHOSEN):
        return f"names {{chosen}}, which only buttons under ..{CHOSEN} have; take it out."
    if name == COUNT and key.rpartition(".")[2] not in PLURALS:
        return f"names {{{COUNT}}}, which only the forms of a counted sentence have; write {key}.one, ..."
    return "" if name in STANDARD | {COUNT} else _own_placeholder(path, situation)


def _own_placeholder(path: tuple[str, ...], situation: Situation) -> str:
    name, whole = path[0], ".".join(path)
    action = situation.action(name)
    if action is not None:
        known = len(path) == 2 and path[1] in action.form.model_fields
        return "" if known else f"names {{{whole}}}, but {name} has no such field; correct the placeholder."
    fact = situation.facts.model_fields.get(name)
    if fact is not None and not fact.is_required() and fact.default is None:
        return f"names {{{whole}}}, which may be left empty; say it in the page's template instead."
    if name not in names_of(situation.facts):
        return f"names {{{whole}}}, and nothing is called so; use a fact, an action's field or a standard value."
    return ""


def _words(sentence: str) -> int:
    """How many words a sentence has; in Chinese, which writes none apart, two signs are taken for one."""
    signs = len(_HAN.findall(sentence))
    return len(_HAN.sub(" ", sentence).split()) + (signs + 1) // 2


def _style(key: str, sentence: str, language: str) -> Iterator[str]:
    try:
        words = _words("".join(text + ("x" if path else "") for text, path, _ in pieces(sentence)))
    except (ValueError, ConfigError) as error:
        yield f"cannot be filled: {error}"
        return
    if not sentence.strip():
        yield "is empty; write it."
    if key.endswith((".headline", f".headline{NAMED}")) and words > HEADLINE_WORDS:
        yield f"has {words} words; a headline has at most {HEADLINE_WORDS}."
    if key.startswith("buttons.") and words > BUTTON_WORDS:
        yield f"has {words} words; a button has at most {BUTTON_WORDS}."
    if _ADDRESS.search(sentence):
        yield "holds a web address; only {link} and {host} may lead somewhere."
    unwanted = _UNWANTED.get(language)
    found = unwanted.search(sentence) if unwanted else None
    if found:
        yield f"says {found[0]!r}; say what happens instead."
    if not key.startswith(_TEXTS) and re.search(r"['\"]", sentence):
        yield "has a straight quotation mark; use ’ or the marks of the language."
