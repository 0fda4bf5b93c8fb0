"""The parts of long texts that come in one by one: kept until all are there, or until the last is overdue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from selfservice.messages.channels import smpp_reading as reading
from selfservice.messages.channels.contract import Inbound
from selfservice.messages.channels.smpp_reading import Delivery

WAIT_SECONDS = 60.0
"""How long the rest is waited for; what has come by then is handed over as it is."""

Key = tuple[str, str, int, int]


@dataclass
class _Parts:
    first: Delivery
    session: str
    sequence: int
    words: dict[int, str] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None


class Parts:
    """Joins what belongs together. Each part is acknowledged by itself: many centres send one at a time."""

    def __init__(self, take: Callable[[Inbound], Awaitable[None]]) -> None:
        self._take = take
        self._waiting: dict[Key, _Parts] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, delivery: Delivery, *, session: str, sequence: int) -> None:
        """Keep one part, and hand the text over when it was the last."""
        key = (delivery.sender, delivery.recipient, delivery.group, delivery.total)
        parts = self._waiting.get(key)
        if parts is None:
            parts = self._waiting[key] = _Parts(delivery, session, sequence)
            parts.timer = asyncio.get_running_loop().call_later(WAIT_SECONDS, self._give_up, key)
        parts.words[delivery.place] = delivery.text
        if len(parts.words) == delivery.total:
            await self._hand_over(key)

    async def close(self) -> None:
        """Hand over what there is."""
        for key in list(self._waiting):
            await self._hand_over(key)

    def _give_up(self, key: Key) -> None:
        task = asyncio.create_task(self._hand_over(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_over(self, key: Key) -> None:
        """Take a text out once it is kept: one that is not comes again with its last part."""
        parts = self._waiting.get(key)
        if parts is None:
            return
        body = "".join(parts.words[place] for place in sorted(parts.words))
        await self._take(reading.read_text(parts.first, body, session=parts.session, sequence=parts.sequence))
        if parts.timer is not None:
            parts.timer.cancel()
        self._waiting.pop(key, None)
