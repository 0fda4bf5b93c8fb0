"""What `doctor` looks at of sending: through what texts, e-mails and pushes leave, and with which manners."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selfservice import config, courtesy
from selfservice.cli.finding import Finding
from selfservice.db import READER, db
from selfservice.errors import ConfigError
from selfservice.messages.channels import registry as channels
from selfservice.messages.channels.contract import Calling, Channel
from selfservice.situations import registry, replying

_TAKES_REPLIES = re.compile(r"\+?\d{3,15}|MG[0-9a-f]{32}", re.ASCII)
"""A number, a short code, or a service of Twilio's that has some."""
LOCAL = ("127.0.0.1", "localhost", "::1")


def texts() -> Finding:
    """Through which providers texts leave, and where they call us back."""
    settings = config.current()
    try:
        those = channels.build(settings, writer=db.engine, reader=db.engines[READER]).of("sms")
    except ConfigError as error:
        return Finding("texts", "problem", error.message)
    if those[0].name == "handset":
        says = "Texts go to the development handset at /phone and reach nobody: set SELFSERVICE_SMS to a provider."
        return Finding("texts", "warning", says)
    leave = ", then ".join(_shown(provider) for provider in those)
    doors = [f"{settings.base_url}/callbacks/{provider.name}" for provider in those if isinstance(provider, Calling)]
    hears = f" We are called back at /status and /inbound below {', '.join(doors)}." if doors else ""
    return Finding("texts", "ok", f"Texts leave through {leave}.{hears}")


def answers() -> Finding:
    """Whether people can text back: a sender in letters takes no replies."""
    try:
        those = channels.build(config.current(), writer=db.engine, reader=db.engines[READER]).of("sms")
    except ConfigError:
        return Finding("answers", "warning", "Not looked at: no provider is set up as it should be, see above.")
    senders = [str(getattr(provider, "sender", "")) for provider in those]
    named = [sender for sender in senders if sender and not _TAKES_REPLIES.fullmatch(sender)]
    if not named:
        return Finding("answers", "ok", "What people text back arrives, as far as our senders decide it.")
    says = f"Nobody can answer texts from {', '.join(named)}, not even with STOP: send them from a number."
    asking = [loaded.key for loaded in registry.current() if replying.asks_in_text(loaded)]
    if asking:
        says += f" Until then set SELFSERVICE_ASK_IN_TEXT=off, because {', '.join(asking)} asks for an answer by text."
    return Finding("answers", "warning", says)


def _shown(provider: Channel) -> str:
    """A provider with its sender, and nothing of its credentials."""
    sender = getattr(provider, "sender", "")
    return f"{provider.name} from {sender}" if sender else provider.name


def mail() -> Finding:
    """Through what e-mails leave."""
    settings = config.current()
    if settings.email is None:
        return Finding("e-mails", "ok", "None are sent: SELFSERVICE_EMAIL is not set.")
    try:
        provider = channels.build(settings, writer=db.engine, reader=db.engines[READER]).get("email")
    except ConfigError as error:
        return Finding("e-mails", "problem", error.message)
    if provider.name == "mailbox":
        says = "E-mails go to the development handset at /phone and reach nobody: set SELFSERVICE_EMAIL to a server."
        return Finding("e-mails", "warning", says)
    return Finding("e-mails", "ok", "E-mails leave through smtp.")


def pushes() -> Finding:
    """Whether phones that asked to be told get pushes."""
    settings = config.current()
    if not settings.push_key:
        says = "Pushes are off, texts go alone: make a key with `flask --app app keys push` and set it."
        return Finding("pushes", "warning", says)
    if not settings.is_secure and urlsplit(settings.base_url).hostname not in LOCAL:
        says = "Browsers take pushes from an https address alone: see docs/real-phone.md."
        return Finding("pushes", "warning", says)
    return Finding("pushes", "ok", f"Phones that asked to be told get pushes, signed for {settings.push_subject}.")


def manners() -> Finding:
    """Which hours and limits are kept, and what is strange about them."""
    rules = config.current().courtesy
    if rules.is_relaxed:
        says = "No hours and no limits are kept, because texts reach the development handset alone."
        return Finding(
            "courtesy", "warning", f"{says} Name a file of rules in SELFSERVICE_COURTESY to see them at work."
        )
    odd = courtesy.list_oddities(rules)
    if odd:
        return Finding("courtesy", "warning", " ".join(odd))
    hours = ", ".join(f"{name} {rules.of(name).hours or 'at any hour'}" for name in courtesy.CLASSES)
    return Finding("courtesy", "ok", f"Messages arrive by the clock of their reader: {hours}.")
