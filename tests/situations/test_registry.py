"""Page types are found by walking folders; what is broken is told with its file and what to do."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from selfservice.errors import ConfigError, NotFound
from selfservice.kit.forms import control_of
from selfservice.situations import registry
from selfservice.situations.loading import load_folder, load_shared
from selfservice.situations.registry import BUILT_IN, Registry
from selfservice.situations.showing import components

BUILT_IN_KEYS = [
    "appointment_reminder",
    "bill_reminder",
    "callback_request",
    "consent_request",
    "delivery_slot",
    "document_request",
    "fraud_alert",
    "notice",
    "order_status",
    "satisfaction_survey",
    "service_ticket",
    "waitlist_offer",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of page types with one that works, called `own_type`."""
    shutil.copytree(BUILT_IN / "fraud_alert", tmp_path / "types" / "own_type")
    return tmp_path / "types"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def sentence_about(folder: Path, name: str = "own_type") -> str:
    """What the registry says about the one broken folder, and that all else works."""
    found = Registry.load([folder], strict=False)
    assert [loaded.key for loaded in found] == BUILT_IN_KEYS
    assert list(found.broken) == [(folder / name).resolve()]
    return str(found.broken[(folder / name).resolve()])


def test_built_in_types_are_sound() -> None:
    found = Registry.load(strict=True)

    assert [loaded.key for loaded in found.all()] == BUILT_IN_KEYS
    assert found.broken == {}
    assert sorted(found.shared) == ["ar", "en", "es", "hi", "pl", "zh"]


def test_loaded_type_says_all_that_staff_and_other_systems_need() -> None:
    loaded = Registry.load(strict=True).get("appointment_reminder")

    assert loaded.name == "Appointment reminder"
    assert loaded.summary == "Ask if somebody can come, and let them take another time."
    assert loaded.readme.startswith("Use this to remind somebody")
    assert loaded.languages == ("en", "ar", "es", "hi", "pl", "zh")
    assert "booked" in loaded.samples
    assert loaded.columns()[:3] == ("at", "person", "place")
    schema = loaded.schema()
    assert schema["required"] == ["at", "person", "place"]
    assert schema["properties"]["at"]["format"] == "date-time"
    assert schema["properties"]["duration_minutes"]["type"] == "integer"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("es", "es"),
        ("es-MX", "es"),
        ("ar_EG", "ar"),
        ("ES", "es"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh-Hans", "zh"),
        ("zh-Hans-SG", "zh"),
        ("hi-IN", "hi"),
        ("cy", "en"),
        ("", "en"),
    ],
)
def test_language_is_chosen_by_its_primary_part(wanted: str, chosen: str) -> None:
    assert Registry.load(strict=True).get("fraud_alert").choose_language(wanted) == chosen


def test_unknown_type_is_answered_with_the_nearest() -> None:
    found = Registry.load(strict=True)

    assert found.find("apointment_reminder") is None
    with pytest.raises(NotFound) as near:
        found.get("apointment_reminder")
    with pytest.raises(NotFound) as far:
        found.get("xyz")

    assert near.value.message == "There is no page type called apointment_reminder; did you mean appointment_reminder?"
    assert far.value.message == f"There is no page type called xyz; choose one of {', '.join(BUILT_IN_KEYS)}."


def test_folder_is_read_by_several_threads_at_once() -> None:
    shared = load_shared(BUILT_IN / "words")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_folder(components.SPECIMEN, shared), range(16)))

    fields = {
        tuple(control_of(info) for action in one.situation.actions for info in action.form.model_fields.values())
        for one in found
    }
    assert fields == {("slots", "days", "places", "choice", "faces", "scale", "line", "prose", "upload")}


def test_type_of_another_folder_is_found(folder: Path) -> None:
    found = Registry.load([folder], strict=True)

    assert found.get("own_type").folder == (folder / "own_type").resolve()
    assert found.get("own_type").situation is not found.get("fraud_alert").situation


def test_folder_that_is_a_type_itself_is_found_and_the_same_folder_twice_is_one(folder: Path) -> None:
    found = Registry.load([folder / "own_type", folder], strict=True)

    assert len(found) == len(BUILT_IN_KEYS) + 1


def test_type_of_an_installed_package_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "brought").mkdir()
    folder.rename(folder.parent / "brought" / "our_types")
    monkeypatch.syspath_prepend(str(folder.parent / "brought"))
    points = [EntryPoint("ours", "our_types", "selfservice.situations")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "selfservice.situations" else [])

    assert Registry.load(strict=True).find("own_type") is not None


def test_entry_point_that_leads_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("ours", "no_such_package.types", "selfservice.situations")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)

    found = Registry.load(strict=False)

    assert list(map(str, found.broken.values())) == [
        "no_such_package.types: The entry point ours names no package; correct it in the settings of its own package."
    ]


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert list(map(str, Registry.load([missing], strict=False).broken.values())) == [
        f"{missing}: It is not a folder; correct SELFSERVICE_SITUATIONS or make the folder."
    ]


def test_strict_stops_at_a_broken_folder(folder: Path) -> None:
    (folder / "own_type" / "page.html").unlink()

    with pytest.raises(ConfigError, match=r"own_type/page\.html: There is no page\.html; write one that extends"):
        Registry.load([folder], strict=True)


def test_name_taken_already_is_told(folder: Path) -> None:
    (folder / "own_type").rename(folder / "order_status")

    assert "is already called order_status; rename one of them." in sentence_about(folder, "order_status")


def test_folder_with_a_name_unfit_for_a_key_is_told(folder: Path) -> None:
    (folder / "own_type").rename(folder / "Own-Type")

    assert "rename the folder" in sentence_about(folder, "Own-Type")


def test_missing_situation_is_told(folder: Path) -> None:
    (folder / "own_type" / "situation.py").unlink()

    sentence = sentence_about(folder)

    assert "situation.py: It cannot be read (No such file or directory); write what this type is." in sentence


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("SITUATION = Situation(", "SITUATION = = Situation(", "invalid syntax; mend this line."),
        ("SITUATION = Situation(", "OTHER = Situation(", "There is no SITUATION = Situation(...)"),
        ("TEAM = ", "x = 1 / 0\nTEAM = ", "ZeroDivisionError: division by zero; mend this line."),
        (
            "from datetime import",
            "from selfservice.pages import service\nfrom datetime import",
            "imports selfservice.pages; a page type may import selfservice.kit and Python's standard library only.",
        ),
        ("from datetime import", "import flask\nfrom datetime import", "imports flask; a page type may import"),
        ("from datetime import", "from . import view\nfrom datetime import", "imports .; a page type may import"),
        (
            '    team=TEAM,\n    icon="card",\n',
            '    icon="card",\n',
            "missing 1 required keyword-only argument: 'team'",
        ),
    ],
)
def test_situation_that_cannot_be_used_is_told_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    replace(folder / "own_type" / "situation.py", old, new)

    sentence = sentence_about(folder)

    assert said in sentence
    assert "own_type/situation.py" in sentence


def test_line_of_a_broken_situation_is_named(folder: Path) -> None:
    path = folder / "own_type" / "situation.py"
    replace(path, "TEAM = ", "x = 1 / 0\nTEAM = ")
    line = path.read_text(encoding="utf-8").splitlines().index("x = 1 / 0") + 1

    assert f"situation.py:{line}: ZeroDivisionError" in sentence_about(folder)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "copy/es.toml",
            "title = ",
            "copy/es.toml:1: It is not valid TOML: invalid value; mend this line or the one before.",
        ),
        ("copy/es.toml", 'title = "Hola"', "copy/es.toml: about.name is missing; add it."),
        ("samples/online.json", "{", "samples/online.json:1: It cannot be read as JSON"),
        ("samples/online.json", "[]", "samples/online.json:1: It must be a JSON object"),
    ],
)
def test_copy_and_samples_that_cannot_be_used_are_told(folder: Path, file: str, text: str, said: str) -> None:
    (folder / "own_type" / file).write_text(text, encoding="utf-8")

    assert said in sentence_about(folder)


def test_type_without_english_is_told(folder: Path) -> None:
    (folder / "own_type" / "copy" / "en.toml").unlink()

    assert "copy/en.toml: There is no English copy; write what a customer sees." in sentence_about(folder)
