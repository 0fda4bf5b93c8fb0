"""What every way of sending promises: one file per provider beside this one; the outbox knows nothing else of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from selfservice.errors import AppError

Report = Literal[
    "submitted",
    "carrier_accepted",
    "undelivered_temporary",
    "undelivered_permanent",
    "delivered",
    "failed",
]
Urgency = Literal["low", "normal", "high"]


@dataclass(frozen=True)
class Text:
    """The content of a text message. `sender` is a wish: providers that only send from their number ignore it."""

    body: str
    sender: str = ""


@dataclass(frozen=True)
class Push:
    """The content of a push: what a device shows, and where and how that device takes it.

    Of those with the same `topic` that still wait for the device, the last one alone is kept (RFC 8030, section 5.4).
    """

    payload: Mapping[str, Any]
    endpoint: str
    p256dh: str
    auth: str
    topic: str
    urgency: Urgency


@dataclass(frozen=True)
class Email:
    """The content of an e-mail: the same words as plain text and as HTML.

    `sender_name` is what the recipient sees it from; the address is the provider's. Whoever posts to `unsubscribe_url`
    wants no more of them (RFC 8058); empty where there is no such address.
    """

    subject: str
    text: str
    html: str
    sender_name: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Outgoing:
    """One message to hand over. `id` (11 characters) is our reference: the same id is the same message for ever.

    `to` is E.164, an e-mail address, or the id of a device. After `ttl` the recipient has no more use for it, and the
    provider need not try any longer.
    """

    id: str
    to: str
    content: Text | Push | Email
    ttl: timedelta


@dataclass(frozen=True)
class Submitted:
    """The provider took the message and calls it `ref`."""

    ref: str


@dataclass(frozen=True)
class Found:
    """What the provider knows of a message we ask about: its reference, and how far the message has come."""

    ref: str
    report: Report


@dataclass(frozen=True)
class Callback:
    """A request with which a provider called us, as it came: what its signature was made over.

    `url` is the address as the provider spelt it: our base URL, the path and the query. The names of `headers` are in
    small letters. `query` and `form` are pairs in the order they came, for a name may come twice; `form` is empty
    unless the body is one.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    form: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Receipt:
    """What a provider says became of a message, which it names by its own reference, by our id, or by both.

    `key` names this very receipt among the provider's, so that a repetition is known (at most 120 characters).
    """

    ref: str
    report: Report
    key: str
    at: datetime | None = None
    id: str = ""


@dataclass(frozen=True)
class Inbound:
    """A text that somebody sent us: `sender` and `recipient` in E.164 where the provider says so.

    `ref` names it among the provider's texts. `media` are pairs of address and content type, still at the provider.
    """

    ref: str
    sender: str
    recipient: str
    body: str
    media: Sequence[tuple[str, str]] = ()
    at: datetime | None = None


class Forged(AppError):
    """A request says that it comes from a provider, and its signature says that it does not."""

    status = 403
    code = "forged"

    def __init__(self, message: str = "The signature does not belong to this request.") -> None:
        super().__init__(message)


class Refused(AppError):
    """Nothing was taken. For good: this message will never be. For now: ask again, after `retry_after` if it is given.

    The sentence holds no personal data: it is kept with the attempt.
    """

    code = "refused"

    def __init__(self, message: str, *, permanent: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class Unsubscribed(Refused):
    """Nothing was taken, and never will be there: the recipient has given that address up."""

    code = "unsubscribed"

    def __init__(self, message: str = "The device has given its subscription up.") -> None:
        super().__init__(message, permanent=True)


class Unrecognised(Refused):
    """Nothing was taken, because the provider at `host` does not take us for who we say we are: our fault, not theirs.

    The recipient's address stays as it is.
    """

    code = "unrecognised"

    def __init__(self, *, host: str, status: int) -> None:
        super().__init__(f"The provider does not recognise us (HTTP {status}).", permanent=True)
        self.host = host
        self.status = status


class Uncertain(AppError):
    """Nobody knows whether it was taken: a time-out, or an error after the message had left."""

    code = "uncertain"


class Channel(Protocol):
    """A provider. Calls come from several threads, outside any transaction, and end within 30 seconds."""

    @property
    def name(self) -> str:
        """What attempts call it, such as "handset"."""

    @property
    def parallel(self) -> int:
        """How many calls the provider allows at once."""

    def send(self, outgoing: Outgoing) -> Submitted:
        """Hand a message over; raises Refused or Uncertain, and whatever else it raises counts as Uncertain."""


@runtime_checkable
class Findable(Channel, Protocol):
    """A provider that can be asked about a message by our reference."""

    @property
    def tells_receipts(self) -> bool:
        """Whether `find` is also how receipts are learnt, because the provider calls nobody back."""

    def find(self, id: str) -> Found | None:  # noqa: A002 - the field's own name
        """What became of `Outgoing.id`; None when the provider never had it. Raises Uncertain when it cannot say."""


@runtime_checkable
class Repeatable(Channel, Protocol):
    """A provider with which the same message twice is harmless, because the second takes the place of the first."""

    @property
    def most_repeats(self) -> int:
        """How often a message of which nobody knows whether it was taken is sent again."""


@runtime_checkable
class Calling(Channel, Protocol):
    """A provider that calls us back, at `/callbacks/<name>/status` and `/callbacks/<name>/inbound`."""

    def read(self, callback: Callback) -> Sequence[Receipt | Inbound]:
        """What a request says, nothing if it says nothing of use.

        Checks its signature before anything else; raises Forged, or Invalid when it cannot be read.
        """

    def reply(self, callback: Callback) -> tuple[bytes, str]:
        """The body that the provider wants to hear after a request that was taken, and its content type."""


@runtime_checkable
class Keeping(Calling, Protocol):
    """A provider that keeps the media of the texts that come in, until we fetch them."""

    def fetch(self, url: str) -> bytes:
        """The bytes at an address of `Inbound.media`, asked for with the provider's own credentials.

        Raises Refused or Uncertain as `send` does. Calls come from outside any transaction.
        """
