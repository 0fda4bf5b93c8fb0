"""Providers that tell an installation that runs, by signed callbacks, of each text that was taken."""

from __future__ import annotations

import random
import threading
import urllib.request
from collections import Counter
from typing import Self
from urllib.error import HTTPError

from tests.harness.callbacks import Signed, from_gateway, from_twilio, from_vonage
from tests.harness.providers import Providers, Taken

WORDS = {
    "twilio": ("sent", "delivered"),
    "vonage": ("submitted", "delivered"),
    "gateway": ("SENT", "DELIVRD"),
}
"""What each says of a text that arrives, in order."""


def receipt_for(taken: Taken, word: str, base: str) -> Signed:
    """What its provider says of a text, to an installation at `base`."""
    url = f"{base}/callbacks/{taken.provider}/status"
    if taken.provider == "twilio":
        return from_twilio(f"{url}?id={taken.id}", {"MessageSid": taken.ref, "MessageStatus": word, "To": taken.to})
    if taken.provider == "vonage":
        said = {"message_uuid": taken.ref, "status": word, "client_ref": taken.id, "to": taken.to[1:], "channel": "sms"}
        return from_vonage(url, said)
    return from_gateway(url, {"reports": [{"id": taken.ref, "reference": taken.id, "state": word}]})


def post(signed: Signed) -> int:
    """Send it over a socket; the status of the answer."""
    request = urllib.request.Request(signed.url, signed.body, dict(signed.headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


class Reporter:
    """Within it all that is taken is reported to `base`: each receipt `repeats` times, out of order if `shuffled`.

    `statuses` counts how the installation answered; a receipt that found nobody there is sent again.
    """

    def __init__(self, providers: Providers, base: str, *, repeats: int = 1, shuffled: bool = False) -> None:
        self.statuses: Counter[int] = Counter()
        self._providers = providers
        self._base = base
        self._repeats = repeats
        self._random = random.Random(7) if shuffled else None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join(20)

    def _work(self) -> None:
        told = 0
        while not self._over.is_set():
            news = self._providers.taken[told:]
            told += len(news)
            those = [(one, word) for one in news for word in WORDS[one.provider] for _ in range(self._repeats)]
            if self._random is not None:
                self._random.shuffle(those)
            for one, word in those:
                self._tell(receipt_for(one, word, self._base))
            self._over.wait(0.02)

    def _tell(self, signed: Signed) -> None:
        while not self._over.is_set():
            try:
                self.statuses[post(signed)] += 1
                return
            except OSError:
                self._over.wait(0.1)
