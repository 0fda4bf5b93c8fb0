"""What `doctor` says of text providers: which, from which sender, where they call back, and no secret."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.cli.conftest import Inside
from tests.harness.providers import ACCOUNT, SENDER, SIGNATURE_SECRET, TOKEN, Providers

BASE = "https://go.example.org"


def finding(inside: Inside, name: str, **variables: str) -> tuple[str, str]:
    done = inside("doctor", "--json", BASE_URL=BASE, **variables)
    checks = [check for check in json.loads(done.stdout)["checks"] if check["name"] == name]
    assert not [secret for secret in (TOKEN, SIGNATURE_SECRET, "hush") if secret in done.stdout + done.stderr]
    return checks[0]["state"], checks[0]["says"]


def test_providers_are_named_in_their_order_with_their_senders(inside: Inside, providers: Providers) -> None:
    sms = f"{providers.twilio}&rate=5,{providers.vonage},{providers.gateway}"

    assert finding(inside, "texts", SMS=sms) == (
        "ok",
        (
            f"Texts leave through twilio from {SENDER}, then vonage from {SENDER}, then gateway from {SENDER}. "
            f"We are called back at /status and /inbound below {BASE}/callbacks/twilio, {BASE}/callbacks/vonage, "
            f"{BASE}/callbacks/gateway."
        ),
    )


@pytest.mark.parametrize(
    ("sms", "name", "sentence"),
    [
        (f"twilio://{ACCOUNT}@+15550100", "settings", "SELFSERVICE_SMS entry 1 has no auth token: "),
        (f"twilio://{ACCOUNT}:hush@", "settings", "SELFSERVICE_SMS entry 1 names no sender: "),
        ("http+json://me:hush@Clinic?template=/nowhere.toml", "texts", "SELFSERVICE_SMS entry 1 names /nowhere.toml "),
        (
            "vonage://a:hush@Clinic?signature=hush,vonage://b:hush@B?signature=c",
            "texts",
            "SELFSERVICE_SMS entry 2 names ",
        ),
    ],
)
def test_a_mistake_is_a_problem(inside: Inside, sms: str, name: str, sentence: str) -> None:
    state, says = finding(inside, name, SMS=sms)

    assert (state, says[: len(sentence)]) == ("problem", sentence)


def test_a_mistake_in_a_template_is_a_problem(inside: Inside, providers: Providers) -> None:
    providers.template.write_text(providers.template.read_text().replace('queued = "submitted"', 'queued = "sent"'))
    sms = f"http+json://me:hush@Clinic?template={quote(str(providers.template))}&signature=hush&private=yes"

    state, says = finding(inside, "texts", SMS=sms)

    assert (state, "[words] queued has a meaning that is not known: " in says) == ("problem", True)
