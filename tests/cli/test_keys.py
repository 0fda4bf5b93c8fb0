"""`flask keys rotate`: a new key in front, the old ones behind, and nothing changed unless it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selfservice import tokens
from selfservice.keys import parse_keys, public_push_key
from tests.cli.conftest import Inside, Shell

OLD = "a:qJ3vN8xT2mR7kW5zB9cF4hL6pD1sG0yE"


def kept_keys(inside: Inside) -> dict[str, str]:
    kept: dict[str, str] = json.loads(Path(inside.environ["SELFSERVICE_INSTANCE"], "keys.json").read_text())
    return kept


def test_rotate_puts_a_new_key_first(inside: Inside) -> None:
    done = inside("keys", "rotate", SECRET_KEYS=OLD)

    new, old = parse_keys(done.stdout.strip())
    assert (done.returncode, old) == (0, tokens.Key("a", OLD[2:]))
    assert new.kid == "b"
    assert len(new.secret) == 43
    assert done.stderr.startswith("Set SELFSERVICE_SECRET_KEYS to this value; start `serve` and `worker` again. ")


def test_links_of_the_old_key_still_open(inside: Inside) -> None:
    token = tokens.Keyring(parse_keys(OLD)).sign_page(7)

    rotated = parse_keys(inside("keys", "rotate", SECRET_KEYS=OLD).stdout.strip())

    assert tokens.Keyring(rotated).read_page(token) == 7
    assert tokens.Keyring(rotated).sign_page(7).startswith("b")


def test_rotate_changes_nothing_by_itself(inside: Inside) -> None:
    inside("doctor")
    before = kept_keys(inside)

    inside("keys", "rotate")

    assert kept_keys(inside) == before


@pytest.mark.parametrize(("options", "name"), [([], "SECRET_KEYS"), (["--data"], "DATA_KEYS")])
def test_rotate_writes_the_keys_of_a_demo(inside: Inside, options: list[str], name: str) -> None:
    inside("doctor")
    before = kept_keys(inside)

    done = json.loads(inside("keys", "rotate", *options, "--write", "--json").stdout)

    assert done == {"variable": f"SELFSERVICE_{name}", "value": kept_keys(inside)[name], "written": True}
    assert kept_keys(inside)[name].endswith(f",{before[name]}")
    assert {**kept_keys(inside), name: ""} == {**before, name: ""}
    assert Path(inside.environ["SELFSERVICE_INSTANCE"], "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ENV": "production", "SECRET_KEYS": OLD}, "In production keys are not kept in a file of ours; "),
        ({"SECRET_KEYS": OLD}, "SELFSERVICE_SECRET_KEYS is set in the environment, which goes before the file; "),
    ],
)
def test_rotate_writes_only_where_it_counts(inside: Inside, variables: dict[str, str], sentence: str) -> None:
    done = inside("keys", "rotate", "--write", **variables)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(sentence)


def test_rotate_makes_the_first_key_of_an_installation(inside: Inside) -> None:
    done = inside("keys", "rotate", ENV="production")

    assert done.returncode == 0
    assert len(parse_keys(done.stdout.strip())) == 1


def test_rotate_invents_no_key_beside_one_that_cannot_be_read(inside: Inside) -> None:
    done = inside("keys", "rotate", SECRET_KEYS="nonsense")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("SELFSERVICE_SECRET_KEYS entry 1 is not kid:secret: ")
    assert "nonsense" not in done.stderr


def test_push_makes_a_key_that_pushes_can_be_signed_with(inside: Inside) -> None:
    done = json.loads(inside("keys", "push", "--json").stdout)

    assert done["variable"] == "SELFSERVICE_VAPID_PRIVATE_KEY"
    assert done["public"] == public_push_key(done["value"])
    assert inside("keys", "push").stdout.strip() != done["value"]


def test_push_changes_nothing_by_itself(inside: Inside) -> None:
    inside("doctor")
    kept = Path(inside.environ["SELFSERVICE_INSTANCE"], "push-key").read_text()

    inside("keys", "push")

    assert Path(inside.environ["SELFSERVICE_INSTANCE"], "push-key").read_text() == kept


@pytest.mark.parametrize("server", ["serve", "worker"])
def test_nothing_starts_without_a_data_key_that_rows_name(
    shell: Shell, inside: Inside, tmp_path: Path, server: str
) -> None:
    """Processes as an operator starts them."""
    old, new = OLD, "n:Zt5Yb1Xw8Vc3Us6Rq9Po2Nm4Lk7Ji0Hg"
    file = tmp_path / "stops.csv"
    file.write_text(
        "phone,email,class,said,said_at,wording,language,source\n"
        "+12025550123,,all,no,2026-11-01T10:00:00Z,Stop,en,crm\n",
        "utf-8",
    )
    assert inside("consent", "import", str(file), "--yes", DATA_KEYS=old).returncode == 0

    done = shell(server, DATA_KEYS=new)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("SELFSERVICE_DATA_KEYS lacks the key a, which stored rows were made with: put it back.\n")
    assert inside("doctor", "--json", DATA_KEYS=f"{new},{old}").stdout.count("lacks the key") == 0
