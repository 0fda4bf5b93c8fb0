"""A machine that does to messages whatever can happen to them, in any order, and looks after every step.

Its rules are what people, pages, workers, providers and the clock do, made through the services that do it for them.
Workers die between any two steps; the provider answers as it is told, and remembers what it took.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import func, select, update

from selfservice import clock, tokens
from selfservice.customers import preferences
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from selfservice.errors import Conflict
from selfservice.events.models import Event
from selfservice.messages import calls, departures, moves, policy, reports, results, reviews, service, standby, upkeep
from selfservice.messages.channels.contract import (
    Callback,
    Found,
    Outgoing,
    Receipt,
    Refused,
    Report,
    Submitted,
    Uncertain,
)
from selfservice.messages.channels.registry import Channels
from selfservice.messages.departures import Departure
from selfservice.messages.dispatch import LEASE
from selfservice.messages.models import Attempt, Message
from selfservice.messages.moves import Claimed
from selfservice.messages.results import Result
from selfservice.messages.states import MAY_WAIT_AGAIN, RECEIPTS, REPLAYABLE, STATES, UNSENT, WAITING
from selfservice.pages import due
from selfservice.pages import service as pages
from tests.factories import issue
from tests.harness.stateful import Machine
from tests.messages.scenes import accept

BEGINNING = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
"""In London, where all of these people are, it is the same by the clock on the wall."""

FINAL = ("delivered", "failed", "suppressed", "cancelled", "expired")
"""Said here a second time: nothing leads out of these."""

DAY = (time(8), time(21))
NARROW = "12:00-14:00"
_MOST_MESSAGES = 8
_MOST_PAGES = 3
"""They take long to make."""
_NOT_GONE = (*WAITING, *MAY_WAIT_AGAIN)
_MAY_BE_TOLD = (*UNSENT, "sending", "uncertain", "needs_human", *RECEIPTS)
_IN_DOUBT = ("uncertain", "needs_human")
_ME = "worker"
_numbers = itertools.count(10_000)
_PLACES = st.integers(0, 63)
_FOUND = ("submitted", "carrier_accepted", "delivered", "failed", "failed", "")
_REPORTS: tuple[Report, ...] = get_args(Report)
_ANSWER = st.sampled_from(["yes", "yes", "lost", "lost", "never came", "busy", "no", "no sign", "late", "late busy"])
_SOME = {"min_size": 3, "max_size": 3}
"""How many different things happen to the messages in one step; the fourth message has the first of them again."""

Pair = tuple[str, str]


class Post:
    """A provider that does as it is told and calls back; it cannot be asked."""

    name = "post"
    parallel = 4
    tells_receipts = False

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.answer: Exception | None = None
        self.takes = True
        self.watch: Callable[[Outgoing], None] = lambda _: None

    def send(self, outgoing: Outgoing) -> Submitted:
        self.watch(outgoing)
        if self.takes:
            self.taken[outgoing.id] = self.taken.get(outgoing.id, 0) + 1
        if self.answer is not None:
            raise self.answer
        return Submitted(f"post-{outgoing.id}")

    def read(self, callback: Callback) -> list[Any]:
        return []

    def reply(self, callback: Callback) -> tuple[bytes, str]:
        return b"", "text/plain"


class AskablePost(Post):
    """One that can be asked as well, and says what is true if it says anything."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, Any] = {}

    def find(self, id: str) -> Found | None:  # noqa: A002 - the contract's word
        if not self.says.get(id):
            raise Uncertain("It does not say.")
        return Found(f"post-{id}", self.says[id]) if self.taken.get(id) else None


@dataclass
class Known:
    """What the machine itself knows of one message and its recipient."""

    id: int
    phone: str
    customer_id: int
    not_after: datetime
    is_urgent: bool
    page_id: int | None = None
    is_stopped: bool = False
    is_taken_back: bool = False
    wish: str = ""

    @property
    def name(self) -> str:
        return tokens.encode_id(self.id)

    def may_leave(self, now: datetime) -> bool:
        """Whether it may begin to leave, as far as people, pages and the clock have a say."""
        opens, closes = (time(12), time(14)) if self.wish else DAY
        is_day = self.is_urgent or opens <= now.time() < closes
        return is_day and now < self.not_after and not (self.is_stopped or self.is_taken_back)


class Outbox(Machine):
    """Some messages, one provider, and as many workers as die.

    `seen` collects the moves that were made; those `sought` are made rather than others where there is a choice.
    """

    def __init__(self, seen: set[Pair], sought: frozenset[Pair] = frozenset()) -> None:
        super().__init__()
        self.seen = seen
        self.sought = sought
        self.sought_from = {source for source, _target in sought}
        self.now = self.turned_at = BEGINNING
        self.known: list[Known] = []
        self.claimed: list[Claimed] = []
        self.under_way: list[Departure] = []
        self.late: list[Result] = []
        self.given_up: list[Result] = []
        self.stories: dict[int, list[str]] = {}
        self.resends: dict[int, int] = {}
        self.post = Post()
        self.keys = 0
        self.last_event = 0

    # The scene

    @initialize(can_be_asked=st.booleans())
    def begin(self, *, can_be_asked: bool) -> None:
        self.post = AskablePost() if can_be_asked else Post()
        self.post.watch = self._watch
        self.channels = Channels({"sms": [self.post]})
        self.last_event = db.session.scalar(select(func.max(Event.id))) or 0
        db.session.commit()
        for is_urgent in (True, True, False, False):
            self.accept(is_urgent=is_urgent, hours=30, wait=0, is_stopped=False)

    def teardown(self) -> None:
        """Leave nothing that the next example's workers would find."""
        db.session.rollback()
        over = {"state": "cancelled", "next_look_at": None, "lease_until": None, "lease_owner": None}
        db.session.execute(update(Message).where(Message.id.in_([one.id for one in self.known])).values(**over))
        db.session.commit()

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction, or several, at the present moment of this machine."""
        with clock.at(self.now):
            yield
            db.session.commit()

    def has_room(self) -> bool:
        return sum(story[-1] not in FINAL for story in self.stories.values()) < _MOST_MESSAGES

    def has_any(self, *states: str) -> bool:
        return any(story[-1] in states for story in self.stories.values())

    def taken(self) -> list[Known]:
        """The messages that the provider took, and may still say something of."""
        return [one for one in self.known if self.post.taken.get(one.name) and self._last(one) in _MAY_BE_TOLD]

    def pick(self, place: int, *states: str, among: list[Known] | None = None) -> Known:
        """One of the messages that are in one of these states: a rare state is as likely as a common one."""
        there = {self._last(one) for one in among or self.known} & set(states)
        found = sorted(there & self.sought_from or there)
        state = found[place % len(found)]
        those = [one for one in among or self.known if self._last(one) == state]
        return those[place // len(found) % len(those)]

    def _last(self, one: Known) -> str:
        return self.stories[one.id][-1]

    # What is handed over

    @precondition(lambda self: self.has_room() and sum(one.page_id is not None for one in self.known) < _MOST_PAGES)
    @rule(is_urgent=st.booleans(), wait=st.sampled_from([0, 0, 2]))
    def issue_a_page(self, *, is_urgent: bool, wait: int) -> None:
        phone = self._phone()
        with self.step():
            later = self.now + timedelta(hours=wait) if wait else None
            situation = "fraud_alert" if is_urgent else "appointment_reminder"
            message = issue(situation, phone=phone, send_at=later).messages[0]
            self._know(message, phone, is_urgent=is_urgent)

    @precondition(has_room)
    @rule(
        is_urgent=st.booleans(),
        hours=st.sampled_from([0.5, 0.5, 30, -1]),
        wait=st.sampled_from([0, 0, 0.25]),
        is_stopped=st.sampled_from([False, False, False, True]),
    )
    def accept(self, *, is_urgent: bool, hours: float, wait: float, is_stopped: bool) -> None:
        phone = self._phone()
        with self.step():
            if is_stopped:
                service.stop(phone, reason="asked on a page", actor="customer")
            message = accept(
                phone=phone,
                message_class="urgent" if is_urgent else "service",
                not_after=self.now + timedelta(hours=hours, microseconds=next(_numbers)),
                not_before=self.now + timedelta(hours=wait) if wait else None,
            )
            self._know(message, phone, is_urgent=is_urgent, is_stopped=is_stopped)

    def _phone(self) -> str:
        return f"+4479111{next(_numbers):05d}"

    def _know(self, message: Message, phone: str, *, is_urgent: bool, is_stopped: bool = False) -> None:
        self.known.append(
            Known(
                message.id,
                phone,
                message.customer_id,
                message.not_after,
                is_urgent,
                page_id=message.page_id,
                is_stopped=is_stopped,
            )
        )

    # What people and pages do

    @precondition(lambda self: self.has_any(*_NOT_GONE))
    @rule(place=_PLACES)
    def stop(self, place: int) -> None:
        one = self.pick(place, *_NOT_GONE)
        with self.step():
            service.stop(one.phone, reason="asked by text", actor="customer")
        one.is_stopped = True

    @precondition(lambda self: self.has_any(*_NOT_GONE))
    @rule(place=_PLACES, by_staff=st.booleans())
    def take_back(self, place: int, *, by_staff: bool) -> None:
        """Staff take one message back, or close the page with all that it has not sent."""
        one = self.pick(place, *_NOT_GONE)
        with self.step():
            if one.page_id is None or by_staff:
                before = self.stories[one.id][-1]
                in_time = service.cancel(one.id, reason="staff", actor="staff:1")
                assert in_time == (before in (*WAITING, "leased"))
            else:
                try:
                    pages.revoke(one.page_id, actor="staff:1")
                except Conflict:
                    db.session.rollback()
                    return
        one.is_taken_back = True
        assert self._state(one) not in WAITING, "what waits is cancelled in the same transaction"

    @precondition(lambda self: self.has_any("held", "ready", "leased"))
    @rule(place=_PLACES)
    def choose_other_hours(self, place: int) -> None:
        one = self.pick(place, "held", "ready", "leased")
        one.wish = "" if one.wish else NARROW
        with self.step():
            preferences.keep(one.customer_id, Wishes(one.wish))
            reviews.look_again(one.customer_id)

    @precondition(lambda self: self.has_any(*REPLAYABLE))
    @rule(place=_PLACES, failures=st.sampled_from([0, 1, 6]))
    def replay(self, place: int, failures: int) -> None:
        """Give a message another life, though the fault may be there still."""
        one = self.pick(place, *REPLAYABLE)
        with self.step(), self.fault(one if failures else None):
            assert service.replay(one.id, actor="staff:1")
        for _ in range(failures - 1):
            self._fail(one, is_sending=False)

    # What the clock does

    @precondition(lambda self: self.known)
    @rule(hours=st.sampled_from([1, 1, 12]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @precondition(lambda self: self.has_any("held"))
    @rule(place=_PLACES)
    def wait_for_a_look(self, place: int) -> None:
        one = self.pick(place, "held")
        with self.step():
            look = db.session.scalar(select(Message.next_look_at).where(Message.id == one.id))
        self.now = max(self.now, look or self.now)

    @precondition(lambda self: self.now > self.turned_at)
    @rule()
    def turn_pages(self) -> None:
        self.turned_at = self.now
        with self.step():
            due.open_pages()
            due.expire_pages()

    @precondition(lambda self: self.has_any("accepted", "held"))
    @rule()
    def review(self) -> None:
        with self.step():
            upkeep.review_due()

    @precondition(lambda self: self.has_any("ready"))
    @rule()
    def end_what_is_overdue(self) -> None:
        with self.step():
            upkeep.review_overdue()

    @precondition(lambda self: self.has_any(*UNSENT))
    @rule(place=_PLACES, times=st.sampled_from([1, 5]), is_sending=st.booleans())
    def fail(self, place: int, times: int, *, is_sending: bool) -> None:
        """Our own code fails over a message, so many times."""
        one = self.pick(place, *UNSENT)
        for _ in range(times):
            self._fail(one, is_sending=is_sending)

    def _fail(self, one: Known, *, is_sending: bool) -> None:
        if not is_sending and self.stories[one.id][-1] == "ready":
            self.now = max(self.now, one.not_after)  # Policy looks at what is ready only then.
        with self.fault(one):
            if is_sending:
                self.claim()
                self.check()
            else:
                self.review()
                self.end_what_is_overdue()
        self.now += timedelta(minutes=1)  # Longer than any pause after so few failures.

    @contextmanager
    def fault(self, one: Known | None) -> Iterator[None]:
        """A mistake of ours that shows in one message alone, which policy knows by its end."""
        decide = policy.decide

        def fail(standing: policy.Standing, now: datetime) -> policy.Decision:
            if one is not None and standing.not_after == one.not_after:
                raise KeyError("our own mistake")
            return decide(standing, now)

        with mock.patch.object(policy, "decide", fail):
            yield

    # What workers do

    @precondition(lambda self: self.has_any("ready"))
    @rule()
    def claim(self) -> None:
        with self.step():
            self.claimed += moves.claim(9, owner=_ME, lease=LEASE)

    @precondition(lambda self: self.claimed)
    @rule()
    def give_back(self) -> None:
        ids = [one.id for one in self.claimed]
        with self.step():
            moves.move_all(ids, "ready", sources=("leased",), owner=_ME)
        self.claimed = []

    @precondition(lambda self: self.claimed)
    @rule()
    def check(self) -> None:
        """The last check, and the attempt row: from here on the provider may be called."""
        with self.step():
            ready = departures.clear(self.claimed, owner=_ME, channels=self.channels, lease=LEASE)
            standby.let_go([one.id for one in self.claimed])
        for departure in ready:
            one = next(one for one in self.known if one.id == departure.message_id)
            assert one.may_leave(self.now), f"{one} may not leave at {self.now}"
        self.claimed = []
        self.under_way += ready

    @precondition(lambda self: self.under_way)
    @rule(place=_PLACES, answer=_ANSWER)
    def call(self, place: int, answer: str) -> None:
        """Call the provider for one message and write down what it says; a worker that dies writes nothing."""
        departure = self.under_way.pop(place % len(self.under_way))
        self.post.takes = answer in ("yes", "lost", "no sign", "late")
        self.post.answer = {
            "lost": Uncertain("The answer was lost."),
            "never came": Uncertain("It may not have come."),
            "busy": Refused("Busy.", permanent=False),
            "late busy": Refused("Busy.", permanent=False),
            "no": Refused("No.", permanent=True),
        }.get(answer)
        with self.step():
            result = Result(departure, calls.call(departure))
        if answer == "no sign":
            return
        if answer.startswith("late"):
            self.late.append(result)
            return
        self.write_down(result)

    @precondition(lambda self: self.has_any("ready") or self.claimed or self.under_way)
    @rule(answers=st.lists(_ANSWER, **_SOME), wakes=st.booleans())
    def do_a_round(self, answers: list[str], *, wakes: bool) -> None:
        """All at once, as most workers do most of the time; one that was given up may wake while it calls."""
        self.claim()
        if self.claimed:
            self.check()
        while wakes and self.given_up:
            self.write_down(self.given_up.pop())
        for answer in itertools.cycle(answers):
            if not self.under_way:
                break
            self.call(place=0, answer=answer)

    @precondition(lambda self: self.given_up)
    @rule(place=_PLACES)
    def come_late(self, place: int) -> None:
        """A worker that was given up, and was only slow, writes down what it was told."""
        self.write_down(self.given_up.pop(place % len(self.given_up)))

    def write_down(self, result: Result) -> None:
        before = db.session.get_one(Message, result.departure.message_id, populate_existing=True)
        state, fence = before.state, before.fence
        with self.step():
            results.record(result)
        if fence != result.departure.fence:
            after = db.session.get_one(Message, result.departure.message_id, populate_existing=True)
            by_receipt = state in _MAY_BE_TOLD and after.state in RECEIPTS  # It was parked until now.
            assert after.state == state or by_receipt, "a worker that lost its lease writes over nobody"
        db.session.commit()

    @precondition(lambda self: self.has_any("leased", "sending"))
    @rule()
    def lose_the_worker(self) -> None:
        """Every lease is over, by whichever clock; what was not called for yet never is."""
        self.under_way = []
        self.given_up += self.late
        self.late = []
        with self.step():
            past = self.now - timedelta(days=400)
            db.session.execute(update(Message).where(Message.lease_until.is_not(None)).values(lease_until=past))
            upkeep.reap()

    # What the provider says

    @precondition(lambda self: self.has_any("uncertain"))
    @rule(says=st.lists(st.sampled_from(_FOUND), **_SOME), times=st.sampled_from([1, 9]))
    def settle_doubts(self, says: list[str], times: int) -> None:
        """Ask the provider, where it can be asked; `times` in a row, each when the look is due."""
        if isinstance(self.post, AskablePost):
            says = [word for word in says if ("uncertain", word) in self.sought] or says
            self.post.says = dict(zip((one.name for one in self.known), itertools.cycle(says), strict=False))
        for _ in range(times):
            self.now += timedelta(minutes=5)
            with self.step():
                upkeep.reconcile(self.channels)

    @precondition(lambda self: self.taken())
    @rule(
        place=_PLACES,
        said=st.permutations(_REPORTS),
        count=st.integers(1, 3),
        by_ref=st.booleans(),
        again=st.booleans(),
    )
    def report(self, place: int, said: list[Any], count: int, *, by_ref: bool, again: bool) -> None:
        """The provider says the first few of these of a message that it took, and each thing once more."""
        self._report(self.pick(place, *_MAY_BE_TOLD, among=self.taken()), said, count, by_ref=by_ref, again=again)

    def _report(self, one: Known, said: list[Any], count: int, *, by_ref: bool, again: bool) -> None:
        state = self.stories[one.id][-1]
        said = sorted(said, key=lambda word: ((state, word) not in self.sought, word not in self.sought_from))
        for report in said[:count]:
            self.keys += 1
            ref, key = f"post-{one.name}", f"{one.name}:{self.keys}"
            receipt = Receipt(ref, report, key) if by_ref else Receipt(ref, report, key, id=one.name)
            for turn in range(1 + again):
                with self.step():
                    assert reports.note("post", receipt) == (turn == 0)

    @precondition(lambda self: any(self._last(one) in _IN_DOUBT for one in self.taken()))
    @rule(place=_PLACES, said=st.permutations(_REPORTS), times=st.sampled_from([1, 9]), way=st.integers(0, 3))
    def hear_of_what_waits_once_more(self, place: int, said: list[Any], times: int, way: int) -> None:
        """Nobody can say what became of a message; it is to be sent once more, and then its provider speaks."""
        one = self.pick(place, *_IN_DOUBT, among=self.taken())
        if self._last(one) == "uncertain":
            self.settle_doubts([""], times)
            self.every_move_is_one_of_the_table_and_recorded_once()
        if self._last(one) == "needs_human":
            while way == 1 and DAY[0] <= self.now.time() < DAY[1]:
                self.now += timedelta(hours=1)
            with self.step(), self.fault(one if way == 2 else None):
                assert service.replay(one.id, actor="staff:1")
        if way == 3:
            self.claim()
        self.every_move_is_one_of_the_table_and_recorded_once()
        self._report(one, said, 1, by_ref=False, again=False)

    @precondition(lambda self: self.has_any("submitted", "carrier_accepted"))
    @rule(hours=st.sampled_from([1, 72]))
    def follow_up(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        with self.step():
            upkeep.follow_up(self.channels)

    # What holds after every step

    @invariant()
    def every_move_is_one_of_the_table_and_recorded_once(self) -> None:
        query = select(Event.id, Event.message_id, Event.type, Event.data).where(
            Event.id > self.last_event, Event.type.startswith("message.")
        )
        for event in db.session.execute(query.order_by(Event.id)):
            self.last_event = event.id
            state = event.type.removeprefix("message.")
            if state not in STATES:
                continue
            self._note(event.message_id, state)
            if event.data.get("resend"):
                self.resends[event.message_id] = self.resends.get(event.message_id, 0) + 1
        states = db.session.execute(
            select(Message.id, Message.state).where(Message.id.in_([one.id for one in self.known]))
        )
        assert {row.id: row.state for row in states} == {key: story[-1] for key, story in self.stories.items()}
        db.session.commit()

    def _note(self, message_id: int, state: str) -> None:
        story = self.stories.setdefault(message_id, [])
        if story:
            assert story[-1] not in FINAL or (story[-1], state) == ("undelivered_permanent", "delivered"), story
            self.seen.add((story[-1], state))
        story.append(state)

    @invariant()
    def no_message_has_two_open_attempts(self) -> None:
        mine = Attempt.message_id.in_([one.id for one in self.known])
        query = select(Attempt.message_id).where(mine, Attempt.finished_at.is_(None)).group_by(Attempt.message_id)
        assert db.session.scalars(query.having(func.count() > 1)).all() == []
        db.session.commit()

    @invariant()
    def nothing_is_sent_twice_blindly(self) -> None:
        for one in self.known:
            assert self.post.taken.get(one.name, 0) <= 1 + self.resends.get(one.id, 0), self.stories[one.id]

    def _watch(self, outgoing: Outgoing) -> None:
        """The provider is called: the attempt is committed, and nothing has ended the message."""
        message_id = tokens.decode_id(outgoing.id)
        one = next(one for one in self.known if one.id == message_id)
        assert self._state(one) == "sending"
        assert not db.session().in_transaction(), "no transaction is open while a provider is called"

    def _state(self, one: Known) -> str:
        state: str = db.session.scalars(select(Message.state).where(Message.id == one.id)).one()
        db.session.commit()
        return state
