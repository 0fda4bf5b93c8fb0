"""The settings: one frozen object read from the environment, loud when wrong; what they switch on lives elsewhere.

Every variable begins with SELFSERVICE_. Those that hold a secret may name a file instead (`..._FILE`), as
containers and systemd hand secrets over. A sentence about a wrong value never repeats the value.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import urlsplit

from flask import current_app
from pydantic import BaseModel, ConfigDict, Field

from selfservice import courtesy, spelling
from selfservice.courtesy import Courtesy
from selfservice.errors import ConfigError
from selfservice.keys import (
    find_weakness,
    keep_demo_keys,
    keep_demo_push_key,
    new_key,
    parse_keys,
    parse_push_key,
    public_push_key,
)
from selfservice.tokens import Key

PREFIX = "SELFSERVICE_"
SECRETS = frozenset(
    {"DATABASE_URL", "REDIS_URL", "SECRET_KEYS", "DATA_KEYS", "SMS", "EMAIL", "MEDIA", "VAPID_PRIVATE_KEY"}
)
PLAIN = frozenset(
    {
        "ENV",
        "BASE_URL",
        "TRUSTED_PROXIES",
        "SITUATIONS",
        "WORKER",
        "INSTANCE",
        "VAPID_SUBJECT",
        "PUSH_HOSTS",
        "COURTESY",
        "ASK_IN_TEXT",
    }
)
VARIABLES = frozenset(PREFIX + name for name in SECRETS | PLAIN) | frozenset(f"{PREFIX}{name}_FILE" for name in SECRETS)

DEFAULT_BASE_URL = "http://127.0.0.1:8000"
HANDSET = "handset://"
DISK = "disk://"
ROOT = Path(__file__).resolve().parents[1]
_NOWHERE = "sqlite://"
_DEFAULT_SMS: tuple[str, ...] = (HANDSET,)
_NO_FOLDERS: tuple[Path, ...] = ()
_NO_HOSTS: tuple[str, ...] = ()

Env = Literal["demo", "production"]
Worker = Literal["inside", "off"]
T = TypeVar("T")


class Settings(BaseModel):
    """How this process is configured; secrets stay out of its representation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: Env = "demo"
    database_url: str = Field(repr=False)
    redis_url: str | None = Field(default=None, repr=False)
    base_url: str = DEFAULT_BASE_URL
    secret_keys: tuple[Key, ...] = Field(repr=False)
    data_keys: tuple[Key, ...] = Field(repr=False)
    trusted_proxies: int = 0
    sms: tuple[str, ...] = Field(default=_DEFAULT_SMS, repr=False)
    email: str | None = Field(default=None, repr=False)
    vapid_private_key: str | None = Field(default=None, repr=False)
    vapid_subject: str = ""
    push_hosts: tuple[str, ...] = _NO_HOSTS
    media: str = Field(default=DISK, repr=False)
    situations: tuple[Path, ...] = _NO_FOLDERS
    courtesy: Courtesy = Field(default_factory=courtesy.load)
    asks_in_text: bool = True
    worker: Worker = "inside"
    instance: Path
    strict: bool = False
    problems: tuple[str, ...] = ()

    @property
    def is_production(self) -> bool:
        """Whether real customers are reached: nothing is generated, nothing is pretended."""
        return self.env == "production"

    @property
    def is_secure(self) -> bool:
        """Whether pages are served over https, so that cookies may be `Secure` and carry the `__Host-` prefix."""
        return self.base_url.startswith("https://")

    @property
    def push_key(self) -> str:
        """The public key that browsers subscribe to pushes with, in base64url; empty where pushes are off."""
        return public_push_key(self.vapid_private_key) if self.vapid_private_key else ""

    @property
    def push_subject(self) -> str:
        """Whom a push service's operator can turn to: an address of ours, unless another is set."""
        return self.vapid_subject or f"https://{urlsplit(self.base_url).netloc}"

    def require_sound(self) -> None:
        """Raise ConfigError, one sentence a line, when something is wrong: before serving, sending or signing."""
        if self.problems:
            raise ConfigError("\n".join(self.problems))

    @classmethod
    def load(cls, environ: Mapping[str, str], *, root: Path | None = None, strict: bool | None = None) -> Settings:
        """Read the settings from `environ`; `root` is the folder that holds `instance/`.

        Strict (the rule for servers and workers): raises ConfigError naming everything that is wrong. Not strict (the
        default under a `flask` command, so that `doctor` always runs): what is wrong is kept in `problems`, and the
        setting gets a harmless value instead: an empty database in memory, a key that is forgotten at exit.
        """
        if strict is None:
            strict = environ.get("FLASK_RUN_FROM_CLI") != "true"
        settings = _Reader(environ, root or ROOT).read(strict=strict)
        if strict:
            settings.require_sound()
        return settings


def current() -> Settings:
    """The running application's settings."""
    return cast(Settings, current_app.extensions["selfservice.settings"])


class _Reader:
    """Reads one variable after the other and remembers what is wrong with each."""

    def __init__(self, environ: Mapping[str, str], root: Path) -> None:
        self._environ = environ
        self._root = root
        self._problems: list[str] = []

    def read(self, *, strict: bool) -> Settings:
        self._refuse_unknown_names()
        env = cast(Env, self._choice("ENV", ("demo", "production"), "demo"))
        instance = self._parsed("INSTANCE", self._folder_to_be, self._root / "instance")
        secret_keys, data_keys = self._keys(env, instance)
        sms = self._parsed("SMS", spelling.providers, _DEFAULT_SMS)
        values = {
            "env": env,
            "instance": instance,
            "secret_keys": secret_keys,
            "data_keys": data_keys,
            "database_url": self._parsed(
                "DATABASE_URL",
                partial(spelling.database_url, root=self._root),
                f"sqlite:///{instance / 'selfservice.sqlite'}",
                when_wrong=_NOWHERE,
            ),
            "redis_url": self._parsed("REDIS_URL", spelling.redis_url, None),
            "base_url": self._parsed("BASE_URL", spelling.base_url, DEFAULT_BASE_URL),
            "trusted_proxies": self._parsed("TRUSTED_PROXIES", spelling.proxies, 0),
            "sms": sms,
            "courtesy": self._courtesy(sms),
            "email": self._parsed("EMAIL", spelling.provider, HANDSET if env == "demo" else None),
            "vapid_private_key": self._push_key(env, instance),
            "vapid_subject": self._parsed("VAPID_SUBJECT", spelling.subject, ""),
            "push_hosts": self._parsed("PUSH_HOSTS", spelling.push_hosts, _NO_HOSTS),
            "media": self._parsed("MEDIA", spelling.media, DISK),
            "situations": self._parsed("SITUATIONS", partial(spelling.folders, root=self._root), _NO_FOLDERS),
            "asks_in_text": self._choice("ASK_IN_TEXT", ("on", "off"), "on") == "on",
            "worker": self._choice("WORKER", ("inside", "off"), "inside"),
        }
        settings = Settings.model_validate({**values, "strict": strict and env == "production"})
        if settings.is_production:
            self._refuse_for_production(settings)
        return settings.model_copy(update={"problems": tuple(self._problems)})

    def _refuse_unknown_names(self) -> None:
        for variable in sorted(name for name in self._environ if name.startswith(PREFIX) and name not in VARIABLES):
            name = variable.removeprefix(PREFIX)
            near = difflib.get_close_matches(name, sorted(SECRETS | PLAIN), n=1)
            if name.removesuffix("_FILE") in PLAIN:
                self._problems.append(f"{variable} is not a setting: only secrets may come from files.")
            elif near:
                self._problems.append(f"{variable} is not a setting: did you mean {PREFIX}{near[0]}?")
            else:
                self._problems.append(f"{variable} is not a setting: take it out of the environment.")

    def _text(self, name: str) -> str | None:
        """The value of a variable, or of the file that `..._FILE` names; empty counts as not set."""
        variable = PREFIX + name
        value = self._environ.get(variable, "").strip() or None
        path = self._environ.get(f"{variable}_FILE", "").strip() if name in SECRETS else ""
        if not path:
            return value
        if value is not None:
            self._problems.append(f"{variable} and {variable}_FILE are both set: keep one of them.")
            return value
        try:
            return Path(path).read_text("utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            self._problems.append(f"{variable}_FILE names {path}, which cannot be read ({reason}): mend the path.")
            return None

    def _parsed(self, name: str, parse: Callable[[str], T], default: T, *, when_wrong: T | None = None) -> T:
        text = self._text(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self._problems.append(f"{PREFIX}{name} {error}")
            return default if when_wrong is None else when_wrong

    def _choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        def parse(text: str) -> str:
            if text not in choices:
                raise ValueError(f"has a value that is not known: write {' or '.join(choices)}.")
            return text

        return self._parsed(name, parse, default)

    def _keys(self, env: Env, instance: Path) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
        """Both sets of keys: as given, or in demo mode made once and kept; wrong ones never fall back to kept ones."""
        given = {name: self._text(name) for name in ("SECRET_KEYS", "DATA_KEYS")}
        if env == "demo" and None in given.values():
            try:
                kept = keep_demo_keys(instance)
            except ConfigError as error:
                self._problems.append(error.message)
                kept = dict.fromkeys(given, "")
            given = {name: text or kept[name] for name, text in given.items()}
        return self._key_set("SECRET_KEYS", given["SECRET_KEYS"]), self._key_set("DATA_KEYS", given["DATA_KEYS"])

    def _key_set(self, name: str, text: str | None) -> tuple[Key, ...]:
        if text:
            try:
                return parse_keys(text)
            except ValueError as error:
                self._problems.append(f"{PREFIX}{name} {error}")
        elif text is None:
            self._problems.append(
                f"{PREFIX}{name} is not set: write kid:secret, a letter or digit and then 32 or more random characters."
            )
        return (new_key(),)

    def _courtesy(self, sms: tuple[str, ...]) -> Courtesy:
        """The rules of the file that is named, else the usual ones; a handset alone has no night to be woken in."""
        usual = courtesy.load()
        if all(provider.startswith(HANDSET) for provider in sms):
            usual = usual.relaxed()
        return self._parsed("COURTESY", lambda text: courtesy.load(self._root / text), usual)

    def _push_key(self, env: Env, instance: Path) -> str | None:
        """The key for pushes: as given, or in demo mode made once and kept; a wrong one never falls back to that."""
        given = self._parsed("VAPID_PRIVATE_KEY", parse_push_key, None)
        if given or env != "demo" or not self._is_fine("VAPID_PRIVATE_KEY"):
            return given
        try:
            return keep_demo_push_key(instance)
        except ConfigError as error:
            if not any(problem.startswith("The keys ") for problem in self._problems):  # One fault, one sentence.
                self._problems.append(error.message)
            return None

    def _folder_to_be(self, text: str) -> Path:
        folder = (self._root / text).resolve()
        if folder.exists() and not folder.is_dir():
            raise ValueError("names a file: write the path of a folder.")
        return folder

    def _is_fine(self, name: str) -> bool:
        return not any(problem.startswith(f"{PREFIX}{name}") for problem in self._problems)

    def _refuse_for_production(self, settings: Settings) -> None:
        if self._is_fine("BASE_URL") and not settings.is_secure:
            self._problems.append(
                f"{PREFIX}BASE_URL is not an https address: production sends links, so write https:// and your host."
            )
        if self._is_fine("SMS") and any(provider.startswith(HANDSET) for provider in settings.sms):
            self._problems.append(
                f"{PREFIX}SMS is the development handset, which reaches nobody: production needs a provider's address."
            )
        if self._is_fine("MEDIA") and spelling.is_plain(settings.media):
            self._problems.append(
                f"{PREFIX}MEDIA says scheme=http: production sends photos encrypted, so take that option out."
            )
        if self._is_fine("EMAIL") and settings.email == HANDSET:
            self._problems.append(
                f"{PREFIX}EMAIL is the development handset, which reaches nobody: write a mail server's address, or "
                "take it out and send no e-mail."
            )
        for name, keys in (("SECRET_KEYS", settings.secret_keys), ("DATA_KEYS", settings.data_keys)):
            self._problems.extend(
                f"{PREFIX}{name}: the secret of key {key.kid} {weakness}"
                for key in keys
                if (weakness := find_weakness(key.secret))
            )
        if {key.secret for key in settings.secret_keys} & {key.secret for key in settings.data_keys}:
            self._problems.append(
                f"{PREFIX}DATA_KEYS shares a secret with {PREFIX}SECRET_KEYS: give each set secrets of its own, "
                "because links' keys are rotated and stored data's keys are kept."
            )
