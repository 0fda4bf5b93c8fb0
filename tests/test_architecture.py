"""The house stands: nothing looks up, every door says who may enter, the heavy furniture stays outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from selfservice.config import Settings
from selfservice.web import security
from tests.harness.application import make_app
from tests.harness.floors import find_breaches, find_circle, find_guests

ROOT = Path(__file__).resolve().parents[1]
FLOORS = (("ground",), ("left", "right", "situations"), ("kit",), ("web",))

# Not doors: files that anybody may have, served without a blueprint.
OPEN_ENDPOINTS = frozenset({"static"})
HEAVY = frozenset(
    {
        *("alembic", "flask_migrate", "phonenumbers", "PIL", "authlib", "webauthn", "playwright"),
        *("pywebpush", "py_vapid", "http_ece", "cryptography", "aiohttp", "requests", "urllib3"),
    }
)


def build(root: Path, files: dict[str, str]) -> Path:
    """A house of `files` under `root`; every folder becomes a package."""
    for name, source in files.items():
        path = root / "selfservice" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent, *path.parent.parents):
            if folder == root:
                break
            (folder / "__init__.py").touch()
        path.write_text(source)
    return root


def test_every_import_goes_downward() -> None:
    assert find_breaches(ROOT) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert find_circle(ROOT) == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    house = build(
        tmp_path,
        {"ground.py": "", "left/a.py": "from .b import x", "left/b.py": "def f():\n    from selfservice.left import a"},
    )

    assert sorted(set(find_circle(house))) == ["selfservice.left.a", "selfservice.left.b"]


def test_page_types_import_only_the_kit() -> None:
    assert find_guests(ROOT) == []


HIGHER = "which is on a higher floor"
NEIGHBOUR = "a neighbour on the same floor"
ROOMS = "against models <- queries <- service"


@pytest.mark.parametrize(
    ("name", "source", "line", "target", "reason"),
    [
        ("ground.py", "import selfservice.left.models", 1, "left.models", HIGHER),
        ("ground.py", "from selfservice.left import models", 1, "left.models", HIGHER),
        ("ground.py", "from selfservice import left", 1, "left", HIGHER),
        ("ground.py", "from . import left", 1, "left", HIGHER),
        ("ground.py", "from .left.models import A", 1, "left.models", HIGHER),
        ("ground.py", "import os, selfservice.left as l", 1, "left", HIGHER),
        ("ground.py", "def f():\n    from selfservice import left", 2, "left", HIGHER),
        ("ground.py", "if TYPE_CHECKING:\n    from .left import models", 2, "left.models", HIGHER),
        ("ground.py", "try:\n    import selfservice.web\nexcept E: pass", 2, "web", HIGHER),
        ("ground.py", "import_module('selfservice.left')", 1, "left", HIGHER),
        ("ground.py", "importlib.import_module('selfservice.left')", 1, "left", HIGHER),
        ("ground.py", "from selfservice import attic", 1, "attic", "which is on no floor"),
        ("left/service.py", "from ..right import models", 1, "right.models", NEIGHBOUR),
        ("left/service.py", "from selfservice.right import models", 1, "right.models", NEIGHBOUR),
        ("left/models.py", "from . import queries", 1, "left.queries", ROOMS),
        ("left/models.py", "from .service import a", 1, "left.service", ROOMS),
        ("left/queries.py", "from selfservice.left.service import a", 1, "left.service", ROOMS),
        ("web/customer/views.py", "from ..console import views", 1, "web.console.views", "another door"),
        ("web/security.py", "from .customer import a", 1, "web.customer", "a door, from what all doors share"),
        ("__init__.py", "from . import ground", 1, "ground", "but the package's own __init__.py stays empty"),
    ],
)
def test_an_import_that_looks_up_is_found(
    tmp_path: Path, name: str, source: str, line: int, target: str, reason: str
) -> None:
    house = build(
        tmp_path,
        {
            **dict.fromkeys(("left/queries.py", "left/service.py", "left/models.py", "right/models.py"), ""),
            **dict.fromkeys(("web/customer/views.py", "web/console/views.py", "ground.py", "attic.py"), ""),
            name: source,
        },
    )

    assert find_breaches(house, FLOORS) == [
        "selfservice/attic: stands on no floor, give it one in tests/harness/floors.py",
        f"selfservice/{name}:{line}: imports selfservice.{target}, {reason}",
    ]


def test_an_import_of_the_whole_house_is_found(tmp_path: Path) -> None:
    house = build(tmp_path, {"ground.py": "import selfservice"})

    assert find_breaches(house, FLOORS) == [
        "selfservice/ground.py:1: imports selfservice, which is the whole house: import the module that is meant"
    ]


def test_imports_that_go_down_are_fine(tmp_path: Path) -> None:
    house = build(
        tmp_path,
        {
            "ground.py": "import os\nfrom json import dumps",
            "left/models.py": "from selfservice.ground import a\nfrom .. import ground",
            "left/queries.py": "from . import models",
            "left/service.py": "from selfservice.left import models, queries\nfrom .other import b",
            "left/other.py": "from . import service",
            "web/security.py": "from selfservice.left import service",
            "web/customer/views.py": "from selfservice.web import security\nfrom . import forms",
            "web/customer/forms.py": "",
        },
    )

    assert find_breaches(house, FLOORS) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("import flask", "flask"),
        ("from selfservice.db import db", "selfservice.db"),
        ("from selfservice import db", "selfservice.db"),
        ("from selfservice.kit.words import Words", "selfservice.kit.words"),
        ("from ...kit import words", "selfservice.kit.words"),
        ("from ..order import situation", "selfservice.situations.order"),
        ("def f():\n    import sqlalchemy.orm", "sqlalchemy.orm"),
    ],
)
def test_a_page_type_that_reaches_past_the_kit_is_found(tmp_path: Path, source: str, target: str) -> None:
    house = build(
        tmp_path,
        {
            "db.py": "",
            "kit/words.py": "",
            "situations/registry.py": "import flask",
            "situations/good/situation.py": "from zoneinfo import ZoneInfo\nfrom selfservice.kit import A",
            "situations/bill/situation.py": source,
        },
    )

    assert [guest.rpartition(" ")[2] for guest in find_guests(house)] == [target]


def find_unguarded(app: Flask) -> list[str]:
    """Every route whose blueprint does not say how it knows who is there."""
    return sorted(
        str(rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in OPEN_ENDPOINTS
        and ("." not in rule.endpoint or security.auth_of(app, rule.endpoint.rpartition(".")[0]) is None)
    )


@pytest.mark.database("sqlite")
def test_every_route_says_who_may_enter(app: Flask) -> None:
    assert find_unguarded(app) == []
    assert len(list(app.url_map.iter_rules())) > 10


@pytest.mark.database("sqlite")
def test_a_route_without_a_guard_is_found(settings: Settings) -> None:
    app = make_app(settings)
    app.add_url_rule("/back-door", "back_door", lambda: "")

    assert find_unguarded(app) == ["/back-door"]


@pytest.mark.database("sqlite")
def test_a_page_view_loads_nothing_heavy(database_url: str, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from selfservice.application import create_app\n"
        "client = create_app().test_client()\n"
        "assert client.get('/p/' + 34 * '0').status_code == 404\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    environ = {"SELFSERVICE_DATABASE_URL": database_url, "SELFSERVICE_INSTANCE": str(tmp_path), "PYTHONPATH": str(ROOT)}

    loaded = subprocess.run(
        [sys.executable, "-c", script], env=environ, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert "flask" in loaded
    assert HEAVY.isdisjoint(loaded)
