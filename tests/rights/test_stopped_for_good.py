"""A stop outlives its person, the key it was hashed with, and every way in which a number can come again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from selfservice.cli.commands import attach
from selfservice.customers import queries as customers
from selfservice.pages import wishes
from selfservice.tokens import DataKeys, Key
from tests.factories import PHONE, issue
from tests.harness.post import Line
from tests.messages.scenes import accept

OLD = Key("o", "an older secret that rows were made with 1234567")
NEW = Key("n", "a newer secret that signs from now on 1234567890")
NEWEST = Key("m", "the newest of all the secrets there are 12345678")
AGAIN = f"""phone,email,class,said,said_at,wording,language,source
{PHONE},,service,yes,2026-11-01T10:00:00Z,Texts?,en,crm
{PHONE},,marketing,yes,2026-11-01T10:00:00Z,Offers?,en,crm
{PHONE},,urgent,yes,2026-11-01T10:00:00Z,Warnings?,en,crm
"""


@pytest.fixture
def run(app: Flask) -> Any:
    runner = attach(app).test_cli_runner()

    def run(*arguments: str) -> str:
        done = runner.invoke(args=list(arguments))
        assert done.exit_code == 0, done.stderr
        return done.stdout

    return run


def use(app: Flask, *keys: Key) -> None:
    """What a start with these keys in SELFSERVICE_DATA_KEYS does."""
    app.extensions["selfservice.data_keys"] = DataKeys(keys)


def test_a_stop_by_text_holds_after_erasure_rotation_and_re_import(app: Flask, run: Any, tmp_path: Path) -> None:
    file = tmp_path / "again.csv"
    file.write_text(AGAIN, "utf-8")
    line = Line(app)
    use(app, OLD)
    with app.app_context():
        issue(ref="C-1")
    line.deliver()

    line.text(PHONE, "STOP")
    line.deliver()
    run("customer", "erase", "C-1", "--yes")
    use(app, NEW, OLD)
    told = run("consent", "import", str(file), "--yes")
    use(app, NEWEST, NEW, OLD)
    told_again = run("consent", "import", str(file), "--yes")
    with app.app_context():
        states = [message.state for message in issue(ref="C-2", name="Somebody Else").messages]
        states += [accept(message_class=name).state for name in ("service", "marketing", "urgent")]
        is_stopped = customers.is_suppressed(PHONE)
        in_use = customers.data_key_ids_in_use()

    assert is_stopped
    assert states == ["suppressed"] * 4
    assert line.deliver() == []
    assert ["3 left alone: a yes of somebody who stopped everything here" in text for text in (told, told_again)] == [
        True,
        True,
    ]
    assert in_use == {"o"}


def test_what_was_refused_on_the_page_holds_likewise(app: Flask, run: Any, tmp_path: Path) -> None:
    """Offers too, to which nobody had said yes: the page showed a no, and it was sent."""
    file = tmp_path / "again.csv"
    file.write_text(AGAIN, "utf-8")
    use(app, OLD)
    with app.app_context():
        link = "/preferences/" + wishes.url_of(issue(ref="C-1").page.id).rpartition("/")[2]
    app.test_client().post(link, data={"do": "save", "service": "no", "urgent": "no", "marketing": "no"})

    run("customer", "erase", "C-1", "--yes")
    use(app, NEW, OLD)
    run("consent", "import", str(file), "--yes")

    with app.app_context():
        reasons = {name: accept(message_class=name).reason for name in ("service", "marketing", "urgent")}
    assert reasons == dict.fromkeys(reasons, "withdrawn")
