"""A session with a message centre (SMPP 3.4): bound for both directions, kept alive, begun again when it breaks.

On asyncio, in a process of its own; it knows no database. The session is ours and not aiosmpplib's: that one notes
what it waits for only after it has sent it, never tells that a connection took answers with it, leaves old
connections open, ends for good over a PDU that is cut short, and writes bodies and numbers into its log.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog
from aiosmpplib.protocol import BindTransceiver, EnquireLink, SmppMessage, SubmitSm, Unbind

from selfservice.messages.channels import smpp_reading as reading
from selfservice.messages.channels import smpp_words as words
from selfservice.messages.channels.contract import Inbound, Receipt, Refused, Submitted, Uncertain
from selfservice.messages.channels.smpp_parts import Parts
from selfservice.messages.channels.smpp_place import Place
from selfservice.messages.channels.smpp_reading import Pdu

ANSWER_SECONDS = 15.0
CONNECT_SECONDS = 10.0
QUIET_SECONDS = 30.0
"""After so long without a word from the centre it is asked whether it is there."""

SHORTEST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
_MOST_KNOWN = 20_000
_MOST_DELIVERIES = 10
_TRIES_OF_A_PART = 3

Take = Callable[[Receipt | Inbound], Awaitable[None]]
"""Keeps what came; what it raises makes the centre send it again."""


class Broken(Exception):
    """The session is over."""


class Unsent(Broken):
    """There was no connection to send on."""


class Session:
    """Submits texts, and hands over what the centre delivers."""

    def __init__(self, place: Place, take: Take) -> None:
        self._place = place
        self._take = take
        self._name = uuid4().hex
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._known: OrderedDict[str, str] = OrderedDict()
        self._parts = Parts(take)
        self._writer: asyncio.StreamWriter | None = None
        self._bound = False
        self._heard = asyncio.Event()
        self._deliveries = asyncio.Semaphore(_MOST_DELIVERIES)
        self._tasks: set[asyncio.Task[None]] = set()
        self._slow_until = 0.0
        self._log = structlog.get_logger().bind(provider="smpp")

    @property
    def is_bound(self) -> bool:
        """Whether texts can be submitted now."""
        return self._bound

    async def run(self) -> None:
        """Keep a session until cancelled: each time it breaks, another begins after a pause with full jitter."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    reader = await self._bind()
                pause = SHORTEST_PAUSE
                self._log.info("smpp.bound")
                await self._serve(reader)
            except (OSError, EOFError, ValueError, Broken) as error:
                self._log.warning("smpp.broken", error=type(error).__name__, detail=_detail(error))
            finally:
                self._break_off()
            await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - no secret
            pause = min(LONGEST_PAUSE, pause * 2)

    async def submit(self, *, id: str, to: str, body: str, ttl: timedelta) -> Submitted:  # noqa: A002
        """Hand a text over; raises Refused or Uncertain.

        Of a text in parts the first is refused like any text. Once a part was taken, a later one that is not leaves
        nobody knowing what the recipient sees.
        """
        loop = asyncio.get_running_loop()
        if not self._bound:
            raise Refused("There is no session with the message centre.", permanent=False)
        left = self._slow_until - loop.time()
        if left > 0:
            pause = timedelta(seconds=left)
            raise Refused("The message centre asks for a slower pace.", permanent=False, retry_after=pause)
        reference = ""
        for number, submission in enumerate(words.submissions(self._place, id=id, to=to, body=body, ttl=ttl)):
            try:
                reference = await self._submit_part(submission, tries=1 if number == 0 else _TRIES_OF_A_PART)
            except (Refused, Uncertain):
                if number == 0:
                    raise
                raise Uncertain("The message centre took only some parts of the text.") from None
        self._remember(reference, id)
        return Submitted(reference)

    async def close(self) -> None:
        """Say goodbye after what is under way, a few seconds at most."""
        with suppress(OSError, Broken, TimeoutError):
            async with asyncio.timeout(3):
                under_way: set[asyncio.Future[Any]] = {*self._waiting.values(), *self._tasks}
                if under_way:
                    await asyncio.wait(under_way, timeout=2)
                if self._bound:
                    self._bound = False
                    await self._ask(Unbind())
        await self._parts.close()
        self._break_off()

    async def _submit_part(self, submission: SubmitSm, *, tries: int) -> str:
        for left in reversed(range(tries)):
            try:
                answer = await self._ask(submission)
            except Unsent:
                raise Refused("The session with the message centre has just ended.", permanent=False) from None
            except (TimeoutError, Broken) as error:
                raise Uncertain(f"The message centre did not answer ({type(error).__name__}).") from None
            except OSError as error:
                raise Uncertain(f"The connection broke ({type(error).__name__}).") from None
            if answer.status == words.OK and answer.command == words.SUBMIT_RESP:
                return reading.read_reference(answer.body, self._place)
            refusal = words.refusal(answer.status)
            if answer.status in (words.THROTTLED, words.QUEUE_FULL) and refusal.retry_after is not None:
                seconds = refusal.retry_after.total_seconds()
                self._slow_until = asyncio.get_running_loop().time() + seconds
                if left and seconds <= 2:
                    await asyncio.sleep(seconds)
                    continue
            raise refusal
        raise AssertionError("The loop above ends by itself.")

    async def _bind(self) -> asyncio.StreamReader:
        place = self._place
        reader, self._writer = await asyncio.open_connection(place.host, place.port)
        request = BindTransceiver(
            sequence_num=self._next(), system_id=place.user, password=place.password, system_type=place.system_type
        )
        self._writer.write(request.pdu())
        answer = await _read(reader)
        if answer.command != words.BIND_RESP or answer.status != words.OK:
            raise Broken(f"The message centre does not let us in (status 0x{answer.status:02X}).")
        self._bound = True
        return reader

    async def _serve(self, reader: asyncio.StreamReader) -> None:
        """Read what comes until the session breaks, and ask for a sign of life when nothing does."""
        keeper = asyncio.create_task(self._keep_alive())
        listener = asyncio.create_task(self._listen(reader))
        try:
            done, _ = await asyncio.wait({keeper, listener}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (keeper, listener):
                task.cancel()
            # Whoever ends the session while these end is heard as well.
            await asyncio.gather(keeper, listener, return_exceptions=True)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            pdu = await _read(reader)
            self._heard.set()
            if pdu.command & 0x80000000:
                waiting = self._waiting.pop(pdu.sequence, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(pdu)
            elif pdu.command == words.DELIVER:
                await self._deliveries.acquire()
                task = asyncio.create_task(self._deliver(pdu))
                self._tasks.add(task)
                task.add_done_callback(self._delivered)
            elif pdu.command == words.UNBIND:
                self._answer(words.UNBIND_RESP, pdu.sequence)
                raise Broken("The message centre ended the session.")
            elif pdu.command == words.ENQUIRE:
                self._answer(words.ENQUIRE_RESP, pdu.sequence)
            else:
                self._answer(words.NACK, pdu.sequence, status=0x03)

    async def _keep_alive(self) -> None:
        while True:
            self._heard.clear()
            try:
                await asyncio.wait_for(self._heard.wait(), QUIET_SECONDS)
            except TimeoutError:
                try:
                    await self._ask(EnquireLink())
                except TimeoutError:
                    raise Broken("The message centre does not answer.") from None

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._deliveries.release()

    async def _deliver(self, pdu: Pdu) -> None:
        """Keep what came, and then say so. What cannot be kept now is to come again; what cannot be read, never."""
        status = words.OK
        try:
            await self._keep(pdu)
        except ValueError as error:
            self._log.warning("smpp.unreadable", error=type(error).__name__)
        except Exception:  # noqa: BLE001 - whatever it is, the centre has it still
            self._log.exception("smpp.not_kept")
            status = words.TRY_AGAIN
        with suppress(OSError, Broken):
            self._send(_bare(words.DELIVER_RESP, pdu.sequence, status, body=b"\0"))

    async def _keep(self, pdu: Pdu) -> None:
        delivery = reading.read_delivery(pdu.body)
        if delivery.is_receipt:
            receipt = reading.read_receipt(delivery, self._known)
            if receipt is not None:
                await self._take(receipt)
            return
        if delivery.total > 1:
            await self._parts.add(delivery, session=self._name, sequence=pdu.sequence)
            return
        await self._take(reading.read_text(delivery, delivery.text, session=self._name, sequence=pdu.sequence))

    async def _ask(self, request: SmppMessage) -> Pdu:
        """Send a request and wait for its answer; raises TimeoutError, Broken or OSError."""
        request.sequence_num = self._next()
        waiting: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[request.sequence_num] = waiting  # Before it is sent: the answer may be that quick.
        try:
            self._send(request.pdu())
            async with asyncio.timeout(ANSWER_SECONDS):
                return await waiting
        finally:
            self._waiting.pop(request.sequence_num, None)

    def _send(self, pdu: bytes) -> None:
        if self._writer is None or self._writer.is_closing():
            raise Unsent("The connection is closed.")
        self._writer.write(pdu)

    def _answer(self, command: int, sequence: int, *, status: int = words.OK) -> None:
        self._send(_bare(command, sequence, status))

    def _break_off(self) -> None:
        self._bound = False
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(Broken("The session broke."))
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _remember(self, reference: str, id: str) -> None:  # noqa: A002 - the contract's word
        self._known[reference] = id
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def _next(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence


async def _read(reader: asyncio.StreamReader) -> Pdu:
    length, pdu = reading.read_header(await reader.readexactly(reading.HEADER))
    body = await reader.readexactly(length)
    return Pdu(pdu.command, pdu.status, pdu.sequence, body)


def _bare(command: int, sequence: int, status: int, *, body: bytes = b"") -> bytes:
    return b"".join(number.to_bytes(4) for number in (reading.HEADER + len(body), command, status, sequence)) + body


def _detail(error: Exception) -> str:
    return str(error) if isinstance(error, Broken) else ""
