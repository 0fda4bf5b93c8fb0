"""Sessions with a message centre over real sockets: taken, refused, slowed down, broken off, and begun again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest

from selfservice.messages.channels import smpp_parts, smpp_session
from selfservice.messages.channels.contract import Inbound, Receipt, Refused, Submitted, Uncertain
from selfservice.messages.channels.smpp_place import Place
from selfservice.messages.channels.smpp_session import Session
from tests.harness import message_centre
from tests.harness.message_centre import Centre

TO = "+12025550123"


class Holder:
    """A session in a loop of its own; what it hands over, and what happens when it does."""

    def __init__(self, port: int) -> None:
        self.taken: list[Receipt | Inbound] = []
        self.fails = 0
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.session = Session(Place("127.0.0.1", port, "harbour", "anchor", sender="+15550100"), self._take)
        self._holding = asyncio.run_coroutine_threadsafe(self.session.run(), self.loop)

    async def _take(self, said: Receipt | Inbound) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("The database is away.")
        self.taken.append(said)

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def submit(self, body: str = "Hello", *, id: str = "0abcdefghij") -> Submitted:  # noqa: A002
        submitted: Submitted = self.do(self.session.submit(id=id, to=TO, body=body, ttl=timedelta(hours=1)))
        return submitted

    def close(self) -> None:
        self.do(self.session.close())
        self._holding.cancel()
        self.do(asyncio.sleep(0.05))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def until(is_so: Callable[[], object], seconds: float = 10) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.01)


@pytest.fixture
def centre() -> Iterator[Centre]:
    with message_centre.run() as found:
        yield found


@pytest.fixture
def holder(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holder]:
    monkeypatch.setattr(smpp_session, "SHORTEST_PAUSE", 0.05)
    found = Holder(centre.port)
    until(lambda: found.session.is_bound and centre.bound)
    yield found
    found.close()


def test_a_text_is_taken_and_its_receipt_knows_it(centre: Centre, holder: Holder) -> None:
    submitted = holder.submit("Can you come? Zażółć")
    status = centre.receipt(submitted.ref)

    assert submitted == Submitted("ref1")
    (event,) = centre.submitted
    assert (event.destination_addr, event.source_addr, event.data_coding) == ("12025550123", "15550100", 8)
    assert event.short_message.decode("utf-16-be") == "Can you come? Zażółć"
    assert status == 0
    (receipt,) = holder.taken
    assert isinstance(receipt, Receipt)
    assert (receipt.ref, receipt.id, receipt.report) == ("ref1", "0abcdefghij", "delivered")


def test_a_long_text_is_named_by_its_last_part(centre: Centre, holder: Holder) -> None:
    assert holder.submit("a" * 400) == Submitted("ref3")
    assert len(centre.submitted) == 3


@pytest.mark.parametrize(
    ("status", "permanent", "pause"),
    [(0x58, False, 2), (0x14, False, 30), (0x0B, True, None), (0x08, False, None)],
)
def test_a_status_says_whether_to_try_again(
    centre: Centre, holder: Holder, status: int, permanent: bool, pause: int | None
) -> None:
    centre.statuses = [status]

    with pytest.raises(Refused) as refusal:
        holder.submit()

    assert refusal.value.permanent is permanent
    assert refusal.value.retry_after == (None if pause is None else timedelta(seconds=pause))


def test_a_centre_that_asks_for_a_slower_pace_is_left_alone(centre: Centre, holder: Holder) -> None:
    centre.statuses = [0x58]
    with pytest.raises(Refused):
        holder.submit()

    with pytest.raises(Refused) as refusal:
        holder.submit()

    assert refusal.value.retry_after is not None
    assert len(centre.submitted) == 1


def test_a_later_part_waits_for_a_centre_that_is_slow(centre: Centre, holder: Holder) -> None:
    centre.statuses = [0, 0x58]

    assert holder.submit("a" * 200) == Submitted("ref2")
    assert len(centre.submitted) == 3


def test_a_later_part_that_is_refused_leaves_nobody_knowing(centre: Centre, holder: Holder) -> None:
    centre.statuses = [0, 0x0B]

    with pytest.raises(Uncertain):
        holder.submit("a" * 200)


def test_silence_is_uncertain(centre: Centre, holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_session, "ANSWER_SECONDS", 0.3)
    centre.silent = True

    with pytest.raises(Uncertain):
        holder.submit()


def test_a_session_that_breaks_takes_its_answers_with_it_and_begins_again(centre: Centre, holder: Holder) -> None:
    centre.silent = True
    asked = asyncio.run_coroutine_threadsafe(
        holder.session.submit(id="0abcdefghij", to=TO, body="Hello", ttl=timedelta(hours=1)), holder.loop
    )
    until(lambda: centre.submitted)
    centre.hang_up()

    with pytest.raises(Uncertain):
        asked.result(10)
    until(lambda: len(centre.bound) == 2 and holder.session.is_bound)
    centre.silent = False
    assert holder.submit() == Submitted("ref1")


def test_without_a_centre_nothing_is_taken() -> None:
    with message_centre.run() as centre:
        pass
    holder = Holder(centre.port)

    with pytest.raises(Refused) as refusal:
        holder.submit()

    assert not refusal.value.permanent
    holder.close()


def test_a_quiet_session_is_asked_whether_it_lives(
    centre: Centre, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp_session, "QUIET_SECONDS", 0.05)
    centre.hang_up()
    until(lambda: len(centre.bound) == 2 and holder.session.is_bound)

    time.sleep(0.4)

    assert holder.session.is_bound
    assert len(centre.bound) == 2


def test_a_text_that_comes_in_is_handed_over(centre: Centre, holder: Holder) -> None:
    assert centre.deliver(b"YES") == 0

    (text,) = holder.taken
    assert isinstance(text, Inbound)
    assert (text.sender, text.recipient, text.body) == (TO, "+15550100", "YES")


def test_parts_that_come_in_are_joined_in_their_order(centre: Centre, holder: Holder) -> None:
    centre.deliver(b"\x05\x00\x03\x09\x02\x02there", esm_class=0x40)
    centre.deliver(b"\x05\x00\x03\x09\x02\x01Hello ", esm_class=0x40)

    until(lambda: holder.taken)
    assert [text.body for text in holder.taken if isinstance(text, Inbound)] == ["Hello there"]


def test_a_part_that_never_comes_does_not_keep_the_others(
    centre: Centre, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp_parts, "WAIT_SECONDS", 0.1)
    centre.deliver(b"\x05\x00\x03\x09\x02\x01Hello ", esm_class=0x40)

    until(lambda: holder.taken)
    assert [text.body for text in holder.taken if isinstance(text, Inbound)] == ["Hello "]


def test_what_cannot_be_kept_is_to_come_again(centre: Centre, holder: Holder) -> None:
    holder.fails = 1

    assert centre.deliver(b"YES") == 0x64
    assert centre.deliver(b"YES") == 0
    assert len(holder.taken) == 1


def test_a_receipt_that_says_nonsense_does_not_end_the_session(centre: Centre, holder: Holder) -> None:
    assert centre.deliver(b"id:1 err:zz done date:99999999999999 stat:WHAT", esm_class=4) == 0
    assert centre.deliver(b"\xff", esm_class=0x40) == 0

    assert len(centre.bound) == 1
    assert holder.submit() == Submitted("ref1")
