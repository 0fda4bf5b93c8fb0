"""The settings: what is read, what is refused, and that every refusal is a sentence without the value."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from selfservice import keys
from selfservice.config import VARIABLES, Settings
from selfservice.errors import ConfigError
from selfservice.tokens import Key

GOOD = "qJ3vN8xT2mR7kW5zB9cF4hL6pD1sG0yE"
OTHER = "Zt5Yb1Xw8Vc3Us6Rq9Po2Nm4Lk7Ji0Hg"
PUSH_KEY = "nCScek-QpEjmOOlT8rQ38nZzvdPlqa00Zy0i6m2OJvY"
TWILIO = f"twilio://AC{32 * '0'}:hush@+15550100"
PRODUCTION = {
    "SELFSERVICE_ENV": "production",
    "SELFSERVICE_BASE_URL": "https://pages.example.org",
    "SELFSERVICE_SECRET_KEYS": f"a:{GOOD}",
    "SELFSERVICE_DATA_KEYS": f"d:{OTHER}",
    "SELFSERVICE_SMS": TWILIO,
}


def problems_of(environ: dict[str, str], root: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Settings.load(environ, root=root)
    return caught.value.message.splitlines()


def test_load_without_variables_gives_demo_mode(tmp_path: Path) -> None:
    settings = Settings.load({}, root=tmp_path)

    assert settings.env == "demo"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/selfservice.sqlite"
    assert settings.sms == ("handset://",)
    assert settings.worker == "inside"
    assert settings.trusted_proxies == 0
    assert not settings.strict
    assert settings.problems == ()


def test_load_production_is_strict_and_sound(tmp_path: Path) -> None:
    settings = Settings.load(PRODUCTION, root=tmp_path)

    assert settings.strict
    assert settings.is_secure
    assert settings.secret_keys == (Key("a", GOOD),)
    assert not (tmp_path / "instance").exists()


def test_demo_keys_are_made_once_and_private(tmp_path: Path) -> None:
    first = Settings.load({}, root=tmp_path)
    second = Settings.load({}, root=tmp_path)

    file = tmp_path / "instance" / "keys.json"
    assert (first.secret_keys, first.data_keys) == (second.secret_keys, second.data_keys)
    assert first.secret_keys[0].secret != first.data_keys[0].secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {entry.name for entry in file.parent.iterdir()} == {"keys.json", "push-key"}
    assert (first.vapid_private_key, first.push_key) == (second.vapid_private_key, second.push_key)
    assert stat.S_IMODE((file.parent / "push-key").stat().st_mode) == 0o600


def test_demo_keys_are_the_same_for_processes_that_start_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(max_workers=8) as pool:
        kept = list(pool.map(keys.keep_demo_keys, [tmp_path / "instance"] * 24))

    assert len({json.dumps(found, sort_keys=True) for found in kept}) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"SECRET_KEYS": "a:b"}', '{"SECRET_KEYS": 1, "DATA_KEYS": 2}'])
def test_demo_keys_in_a_broken_file_are_never_replaced(tmp_path: Path, text: str) -> None:
    file = tmp_path / "instance" / "keys.json"
    file.parent.mkdir()
    file.write_text(text)

    assert problems_of({}, tmp_path) == [
        f"The keys in {file} cannot be read: bring the file back from a backup, or delete it to start afresh."
    ]
    assert file.read_text() == text


def test_demo_keys_where_the_folder_cannot_be_made_say_so(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("in the way")

    assert problems_of({}, tmp_path) == [
        f"The keys cannot be kept in {tmp_path}/instance/keys.json (File exists): make its folder writable."
    ]


def test_given_keys_need_no_file(tmp_path: Path) -> None:
    settings = Settings.load(
        {
            "SELFSERVICE_SECRET_KEYS": "b:two,a:one",
            "SELFSERVICE_DATA_KEYS": "x:with:colons",
            "SELFSERVICE_VAPID_PRIVATE_KEY": PUSH_KEY,
        },
        root=tmp_path,
    )

    assert settings.secret_keys == (Key("b", "two"), Key("a", "one"))
    assert settings.data_keys == (Key("x", "with:colons"),)
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hush", "entry 1 is not kid:secret: write entries like a:RANDOM, commas between."),
        ("a:hush,", "entry 2 is not kid:secret: write entries like a:RANDOM, commas between."),
        ("a:", "entry 1 is not kid:secret: write entries like a:RANDOM, commas between."),
        ("ab:hush", "entry 1 has a key id that is not one letter or digit: write it like a:RANDOM."),
        ("-:hush", "entry 1 has a key id that is not one letter or digit: write it like a:RANDOM."),
        ("é:hush", "entry 1 has a key id that is not one letter or digit: write it like a:RANDOM."),
        (":hush", "entry 1 has a key id that is not one letter or digit: write it like a:RANDOM."),
        ("a:hush,b:hush2,a:hush3", "entry 3 repeats a key id: give each key a letter or digit of its own."),
    ],
)
@pytest.mark.parametrize("name", ["SELFSERVICE_SECRET_KEYS", "SELFSERVICE_DATA_KEYS"])
def test_keys_that_are_malformed_are_refused(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    assert problems_of({name: text}, tmp_path) == [f"{name} {sentence}"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ENV", "prod", "has a value that is not known: write demo or production."),
        ("WORKER", "yes", "has a value that is not known: write inside or off."),
        ("TRUSTED_PROXIES", "-1", "is not a count of proxies in front of the server: write a number from 0 to 10."),
        ("TRUSTED_PROXIES", "11", "is not a count of proxies in front of the server: write a number from 0 to 10."),
        ("TRUSTED_PROXIES", "one", "is not a count of proxies in front of the server: write a number from 0 to 10."),
        ("TRUSTED_PROXIES", "٣", "is not a count of proxies in front of the server: write a number from 0 to 10."),
        ("REDIS_URL", "localhost:6379", "is not an address of Redis: write redis://host:6379/0."),
        ("SMS", "handset", "entry 1 is not a provider's address: write it like handset://, commas between."),
        (
            "SMS",
            "handset://,ACxyz",
            "entry 2 is not a provider's address: write it like handset://, commas between.",
        ),
        (
            "SMS",
            "handset://,twilio://hush",
            (
                "entry 2 names no Twilio account: write twilio://SID:TOKEN@SENDER, "
                "the SID with AC and 32 hexadecimal digits."
            ),
        ),
        ("VAPID_PRIVATE_KEY", "hush", "is not a key for pushes: make one with `flask --app app keys push`."),
        ("VAPID_PRIVATE_KEY", "A" * 43, "is not a key for pushes: make one with `flask --app app keys push`."),
        ("VAPID_PRIVATE_KEY", PUSH_KEY + "=", "is not a key for pushes: make one with `flask --app app keys push`."),
        (
            "VAPID_SUBJECT",
            "ana@example.org",
            "is not an address a push service can turn to: write mailto: and an e-mail address.",
        ),
        ("PUSH_HOSTS", "a.b,https://c.d", "entry 2 is not a host: write names like push.example.org, commas between."),
        ("PUSH_HOSTS", "*.b", "entry 1 is not a host: write names like push.example.org, commas between."),
        ("PUSH_HOSTS", "a.b/c", "entry 1 is not a host: write names like push.example.org, commas between."),
        ("PUSH_HOSTS", "a.b:443", "entry 1 is not a host: write names like push.example.org, commas between."),
        ("BASE_URL", "pages.example.org", "is not the address of a site: write https:// and the host, without a path."),
        ("BASE_URL", "ftp://example.org", "is not the address of a site: write https:// and the host, without a path."),
        ("BASE_URL", "https://", "is not the address of a site: write https:// and the host, without a path."),
        ("BASE_URL", "https://a.b/c", "is not the address of a site: write https:// and the host, without a path."),
        (
            "BASE_URL",
            "https://u:p@a.b",
            "is not the address of a site: write https:// and the host, without a path.",
        ),
        ("BASE_URL", "https://a.b:99999", "is not the address of a site: write https:// and the host, without a path."),
        ("BASE_URL", "https://[a", "is not the address of a site: write https:// and the host, without a path."),
    ],
)
def test_a_wrong_value_is_one_sentence_without_the_value(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    assert problems_of({f"SELFSERVICE_{name}": value}, tmp_path) == [f"SELFSERVICE_{name} {sentence}"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("hush", "cannot be read as a database address"),
        ("postgresql://user:hush@host:port/name", "cannot be read as a database address"),
        ("postgresql://user:hush@host", "names no database"),
        ("mysql://user:hush@host/name", "names a database that is not supported"),
        ("sqlite://", "asks for a database in memory, which processes cannot share"),
        ("sqlite:///:memory:", "asks for a database in memory, which processes cannot share"),
        ("sqlite:///file::memory:?uri=true", "asks for a database in memory, which processes cannot share"),
    ],
)
def test_a_wrong_database_address_is_refused(tmp_path: Path, value: str, sentence: str) -> None:
    advice = "write postgresql://user:password@host/name or sqlite:///path/to/file."

    assert problems_of({"SELFSERVICE_DATABASE_URL": value}, tmp_path) == [
        f"SELFSERVICE_DATABASE_URL {sentence}: {advice}"
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("postgres://ana:hush@host/name", "postgresql+psycopg://ana:hush@host/name"),
        ("postgresql://ana:hush@host/name?sslmode=require", "postgresql+psycopg://ana:hush@host/name?sslmode=require"),
        ("postgresql:///name?host=/run/postgresql", "postgresql+psycopg:///name?host=/run/postgresql"),
        ("postgresql+psycopg://host/name", "postgresql+psycopg://host/name"),
        ("sqlite:////srv/pages.sqlite", "sqlite:////srv/pages.sqlite"),
        ("sqlite:///file:/srv/pages.sqlite?mode=ro&uri=true", "sqlite:///file:/srv/pages.sqlite?mode=ro&uri=true"),
    ],
)
def test_database_addresses_are_spelt_for_the_drivers(tmp_path: Path, value: str, expected: str) -> None:
    assert Settings.load({"SELFSERVICE_DATABASE_URL": value}, root=tmp_path).database_url == expected


def test_a_relative_database_file_lies_under_the_root(tmp_path: Path) -> None:
    settings = Settings.load({"SELFSERVICE_DATABASE_URL": "sqlite:///pages.sqlite"}, root=tmp_path)

    assert settings.database_url == f"sqlite:///{tmp_path}/pages.sqlite"


def test_the_base_address_is_normalised(tmp_path: Path) -> None:
    settings = Settings.load({"SELFSERVICE_BASE_URL": "https://Pages.Example.org:8443/"}, root=tmp_path)

    assert settings.base_url == "https://pages.example.org:8443"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("a:from the file\n")

    settings = Settings.load({"SELFSERVICE_SECRET_KEYS_FILE": str(file)}, root=tmp_path)

    assert settings.secret_keys == (Key("a", "from the file"),)


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    assert problems_of({"SELFSERVICE_REDIS_URL_FILE": "/nowhere/redis"}, tmp_path) == [
        (
            "SELFSERVICE_REDIS_URL_FILE names /nowhere/redis, which cannot be read (No such file or directory): "
            "mend the path."
        )
    ]


def test_a_secret_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "redis"
    file.write_bytes(b"\xff\xfe")

    assert problems_of({"SELFSERVICE_REDIS_URL_FILE": str(file)}, tmp_path) == [
        f"SELFSERVICE_REDIS_URL_FILE names {file}, which cannot be read (it is not text): mend the path."
    ]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    environ = {"SELFSERVICE_REDIS_URL": "redis://host", "SELFSERVICE_REDIS_URL_FILE": "/run/redis"}

    assert problems_of(environ, tmp_path) == [
        "SELFSERVICE_REDIS_URL and SELFSERVICE_REDIS_URL_FILE are both set: keep one of them."
    ]


def test_an_unknown_variable_is_a_typing_error(tmp_path: Path) -> None:
    environ = {"SELFSERVICE_BASEURL": "x", "SELFSERVICE_QQQQQQQQ": "y", "SELFSERVICE_ENV_FILE": "z", "OTHER": "w"}

    assert problems_of(environ, tmp_path) == [
        "SELFSERVICE_BASEURL is not a setting: did you mean SELFSERVICE_BASE_URL?",
        "SELFSERVICE_ENV_FILE is not a setting: only secrets may come from files.",
        "SELFSERVICE_QQQQQQQQ is not a setting: take it out of the environment.",
    ]


def test_variables_of_the_contract_are_known() -> None:
    promised = (
        "DATABASE_URL REDIS_URL BASE_URL SECRET_KEYS DATA_KEYS TRUSTED_PROXIES SMS EMAIL VAPID_PRIVATE_KEY "
        "VAPID_SUBJECT PUSH_HOSTS SITUATIONS WORKER ENV"
    )

    assert {f"SELFSERVICE_{name}" for name in promised.split()} <= VARIABLES


def test_folders_of_page_types_must_exist(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()

    found = Settings.load({"SELFSERVICE_SITUATIONS": f"ours, {tmp_path}:"}, root=tmp_path)

    assert found.situations == (tmp_path / "ours", tmp_path)
    assert problems_of({"SELFSERVICE_SITUATIONS": "ours,theirs"}, tmp_path) == [
        (
            f"SELFSERVICE_SITUATIONS names {tmp_path}/theirs, which is not a folder: "
            "write paths of folders, with commas between."
        )
    ]


def test_production_names_everything_that_is_missing(tmp_path: Path) -> None:
    advice = "write kid:secret, a letter or digit and then 32 or more random characters."

    assert problems_of({"SELFSERVICE_ENV": "production"}, tmp_path) == [
        f"SELFSERVICE_SECRET_KEYS is not set: {advice}",
        f"SELFSERVICE_DATA_KEYS is not set: {advice}",
        "SELFSERVICE_BASE_URL is not an https address: production sends links, so write https:// and your host.",
        "SELFSERVICE_SMS is the development handset, which reaches nobody: production needs a provider's address.",
    ]
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize(
    ("secret", "weakness"),
    [
        (GOOD[:31], "is too short: write 32 or more random characters."),
        ("ab" * 20, "is a default or a pattern: write 32 or more random characters."),
        ("change-me-" + GOOD, "is a default or a pattern: write 32 or more random characters."),
        ("0123456789" * 4, "is a default or a pattern: write 32 or more random characters."),
    ],
)
def test_production_refuses_weak_secrets(tmp_path: Path, secret: str, weakness: str) -> None:
    environ = {**PRODUCTION, "SELFSERVICE_SECRET_KEYS": f"b:{GOOD},a:{secret}"}

    assert problems_of(environ, tmp_path) == [f"SELFSERVICE_SECRET_KEYS: the secret of key a {weakness}"]


def test_production_refuses_one_secret_for_both_purposes(tmp_path: Path) -> None:
    assert problems_of({**PRODUCTION, "SELFSERVICE_DATA_KEYS": f"d:{GOOD}"}, tmp_path) == [
        (
            "SELFSERVICE_DATA_KEYS shares a secret with SELFSERVICE_SECRET_KEYS: give each set secrets of its own, "
            "because links' keys are rotated and stored data's keys are kept."
        )
    ]


def test_production_refuses_the_handset_behind_a_provider(tmp_path: Path) -> None:
    assert problems_of({**PRODUCTION, "SELFSERVICE_SMS": f"{TWILIO},handset://"}, tmp_path) == [
        "SELFSERVICE_SMS is the development handset, which reaches nobody: production needs a provider's address."
    ]


def test_a_command_loads_what_it_can(tmp_path: Path) -> None:
    environ = {
        "FLASK_RUN_FROM_CLI": "true",
        "SELFSERVICE_ENV": "production",
        "SELFSERVICE_DATABASE_URL": "postgresql://ana:hush@",
        "SELFSERVICE_SMS": TWILIO,
        "SELFSERVICE_BASE_URL": "https://pages.example.org",
    }

    settings = Settings.load(environ, root=tmp_path)

    assert len(settings.problems) == 3
    assert settings.database_url == "sqlite://"
    assert len(settings.secret_keys) == 1
    assert not settings.strict
    with pytest.raises(ConfigError, match="SELFSERVICE_DATABASE_URL names no database"):
        settings.require_sound()


def test_no_secret_shows_in_a_problem_or_in_the_representation(tmp_path: Path) -> None:
    environ = {
        **PRODUCTION,
        "SELFSERVICE_DATABASE_URL": "postgresql://ana:hush@host/name",
        "SELFSERVICE_REDIS_URL": "redis://:hush@host",
    }

    settings = Settings.load(environ, root=tmp_path)

    assert "hush" not in f"{settings!r} {settings}"
    assert GOOD not in f"{settings!r} {settings}"


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = Settings.load({}, root=tmp_path)

    with pytest.raises(ValueError, match="frozen"):
        settings.env = "production"  # type: ignore[misc]


def test_new_key_takes_the_next_free_id() -> None:
    fresh = keys.new_key(["a", "b"])

    assert fresh.kid == "c"
    assert keys.find_weakness(fresh.secret) is None
    assert keys.parse_keys(keys.format_keys([fresh])) == (fresh,)


def test_new_key_when_every_id_is_taken_says_so() -> None:
    with pytest.raises(ConfigError, match="All 62 key ids are in use"):
        keys.new_key(keys.ALPHABET)


def test_pushes_are_off_in_production_without_a_key(tmp_path: Path) -> None:
    settings = Settings.load(PRODUCTION, root=tmp_path)

    assert (settings.vapid_private_key, settings.push_key) == (None, "")


def test_the_key_for_pushes_stays_out_of_the_representation(tmp_path: Path) -> None:
    settings = Settings.load({**PRODUCTION, "SELFSERVICE_VAPID_PRIVATE_KEY": PUSH_KEY}, root=tmp_path)

    assert len(settings.push_key) == 87
    assert settings.push_subject == "https://pages.example.org"
    assert PUSH_KEY not in repr(settings)


def test_the_key_for_pushes_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PUSH_KEY + "\n")
    environ = {**PRODUCTION, "SELFSERVICE_VAPID_PRIVATE_KEY_FILE": str(tmp_path / "key")}

    assert Settings.load(environ, root=tmp_path).vapid_private_key == PUSH_KEY


def test_a_wrong_key_for_pushes_is_not_replaced_by_a_kept_one(tmp_path: Path) -> None:
    settings = Settings.load({"SELFSERVICE_VAPID_PRIVATE_KEY": "hush"}, root=tmp_path, strict=False)

    assert settings.vapid_private_key is None
    assert not (tmp_path / "instance" / "push-key").exists()


@pytest.mark.parametrize("text", ["", "hush", "\0"])
def test_a_broken_file_of_the_key_for_pushes_is_never_replaced(tmp_path: Path, text: str) -> None:
    file = tmp_path / "instance" / "push-key"
    file.parent.mkdir()
    file.write_text(text)

    assert problems_of({}, tmp_path) == [
        f"The keys in {file} cannot be read: bring the file back from a backup, or delete it to start afresh."
    ]
    assert file.read_text() == text


def test_push_hosts_are_names(tmp_path: Path) -> None:
    settings = Settings.load({"SELFSERVICE_PUSH_HOSTS": "Push.Example.org, localhost,10.0.0.7 ,[::1]"}, root=tmp_path)

    assert settings.push_hosts == ("push.example.org", "localhost", "10.0.0.7", "[::1]")
