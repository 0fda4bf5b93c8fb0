"""Is it the right person? Asking, counting the tries, texting codes, passing for one device, locking and releasing.

Everything that limits stands in the database and changes by one conditional UPDATE, so that no number of processes and
no two requests at once get a try, or a use of a code, more than there is. Callers commit.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, Row, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from selfservice import clock, tokens
from selfservice.customers import queries as customers
from selfservice.customers.models import Customer
from selfservice.db import db, is_postgresql
from selfservice.errors import Forbidden, Invalid
from selfservice.events import service as events
from selfservice.kit import Action, Facts, Situation
from selfservice.kit.checks import CODE_DIGITS, CheckKind, read_typed
from selfservice.messages.models import Message
from selfservice.pages import models, texts
from selfservice.pages.check_states import (
    CODE_LIFE,
    CODE_PAUSE,
    IDLE,
    MOST_CODES,
    MOST_CODES_AN_HOUR,
    MOST_TRIES,
    sources_of,
)
from selfservice.pages.models import CheckPass, Page

CUSTOMER = "customer"
Verdict = Literal["passed", "failed", "locked", "over"]
Happening = Literal["passed", "failed", "locked", "released"]
_CODE = "check-code"
_ASKED = models.Check


class CheckRequired(Forbidden):
    """Nobody has shown on this device that they are the right person; the page asks."""

    code = "check_required"

    def __init__(self) -> None:
        super().__init__("It has to be checked first who is there; open the page and answer what it asks.")


def missing_at_door(page_id: int, situation: Situation, facts: Facts, device_id: int | None) -> CheckKind | None:
    """What this device has to show before it sees the page; None for nothing. Reads nothing for an open type."""
    kind = situation.check.kind_for(facts) if situation.check is not None else None
    if kind is None and situation.asks_new_devices and _is_new(page_id, device_id):
        kind = "otp"
    return kind if kind and not _has_passed(page_id, device_id, kind, situation) else None


def missing_for(
    page_id: int, situation: Situation, facts: Facts, action: Action | None, device_id: int | None
) -> CheckKind | None:
    """What this device has to show before it may give an answer (None: take one back); None for nothing."""
    if action is not None and action.needs_no_check:
        return None
    missing = missing_at_door(page_id, situation, facts, device_id)
    if missing or action is None or action.check is None:
        return missing
    kind = action.check.kind_for(facts)
    return kind if kind and not _has_passed(page_id, device_id, kind, situation) else None


def find(page_id: int, kind: CheckKind) -> models.Check | None:
    """How a check of a page stands; None if nothing was tried yet."""
    return db.session.get(models.Check, (page_id, kind), populate_existing=True)


def list_for_page(page_id: int) -> list[models.Check]:
    """All checks that were begun on a page."""
    return list(db.session.scalars(select(models.Check).where(models.Check.page_id == page_id)))


def attempt(
    page_id: int, situation: Situation, facts: Facts, kind: CheckKind, typed: str, *, device_id: int
) -> Verdict:
    """Try once, at the cost of a try. Right: this device has passed. "over": there is no code that could be right.

    Raises Invalid, and costs nothing, when what was typed cannot be an answer at all.
    """
    if not read_typed(kind, typed):
        raise Invalid("That cannot be right; type it as it is asked for.", fields={"typed": f"check_{kind}"})
    _begin(page_id, kind)
    row = _take_a_try(page_id, kind)
    if row is None:
        check = find(page_id, kind)
        return "locked" if check is not None and check.state == "locked" else "over"
    if _is_right(page_id, situation, facts, kind, typed, row.code_digest):
        if _move(page_id, kind, "passed", _ASKED.code_digest.is_not_distinct_from(row.code_digest)):
            _keep_pass(page_id, kind, device_id)
            return "passed"
        return "over"
    is_last = row.tries >= MOST_TRIES and (kind != "otp" or row.codes >= MOST_CODES)
    _move(page_id, kind, "locked" if is_last else "failed", tries_left=MOST_TRIES - row.tries)
    return "locked" if is_last else "failed"


def send_code(page: Page) -> Verdict | Literal["sent", "resting"]:
    """Text a fresh code to the number on file, unless one has just gone there.

    "locked": there were enough for this page; "resting": for this number, in this hour.
    """
    # Held until the commit, so that codes for two pages of one customer are counted one after the other.
    db.session.execute(select(Customer.id).where(Customer.id == page.customer_id).with_for_update(key_share=True))
    if is_resting(customers.get(page.customer_id).phone or ""):
        return "resting"
    now = clock.now()
    _begin(page.id, "otp")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    until = now + CODE_LIFE
    has_none_fresh = or_(
        _ASKED.code_expires_at.is_(None),
        _ASKED.code_expires_at <= until - CODE_PAUSE,
        _ASKED.tries >= MOST_TRIES,
    )
    values = {"codes": _ASKED.codes + 1, "tries": 0, "code_digest": _digest(page.id, code), "code_expires_at": until}
    if _change(page.id, "otp", ("asked", "failed"), has_none_fresh, _ASKED.codes < MOST_CODES, state="asked", **values):
        events.record("check.asked", actor=CUSTOMER, page_id=page.id, data={"kind": "otp", "with": "code"})
        texts.send_code(page, code, until=until)
        return "sent"
    is_dead = or_(_ASKED.code_digest.is_(None), _ASKED.code_expires_at <= now, _ASKED.tries >= MOST_TRIES)
    if _move(page.id, "otp", "locked", is_dead, _ASKED.codes >= MOST_CODES):
        return "locked"
    check = find(page.id, "otp")
    return "locked" if check is not None and check.state == "locked" else "sent"


def is_resting(phone: str) -> bool:
    """Whether a number (E.164) has been texted all the codes that it gets in an hour."""
    since = clock.now() - timedelta(hours=1)
    recent = select(func.count()).where(
        Message.recipient == phone, Message.purpose == texts.CODE, Message.created_at > since
    )
    return (db.session.scalar(recent) or 0) >= MOST_CODES_AN_HOUR


def release(page_id: int, *, actor: str) -> bool:
    """Let a locked page be tried again, with all its tries; False when it is not locked."""
    kinds = [cast(CheckKind, check.kind) for check in list_for_page(page_id)]
    released = [_move(page_id, kind, "released", actor=actor) for kind in kinds]
    return any(released)


def touch(page_id: int, device_id: int) -> None:
    """A sign of life on a device: a pass that still holds there goes on holding."""
    now = clock.now()
    db.session.execute(
        update(CheckPass)
        .where(CheckPass.page_id == page_id, CheckPass.device_id == device_id, CheckPass.seen_at > now - IDLE)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def _is_new(page_id: int, device_id: int | None) -> bool:
    """Whether another device than this one was the first to open the page."""
    row = db.session.execute(select(Page.first_device_id, Page.opened_at).where(Page.id == page_id)).one()
    if row.first_device_id is None:  # Nobody has opened it, or on no device that is known.
        return row.opened_at is not None
    return bool(row.first_device_id != device_id)


def _has_passed(page_id: int, device_id: int | None, kind: CheckKind, situation: Situation) -> bool:
    if device_id is None:
        return False
    query = select(CheckPass.seen_at).where(
        CheckPass.page_id == page_id, CheckPass.device_id == device_id, CheckPass.kind == kind
    )
    seen_at = db.session.scalar(query)
    if seen_at is None:
        return False
    return situation.sensitivity != "sensitive" or seen_at > clock.now() - IDLE


def _begin(page_id: int, kind: CheckKind) -> None:
    """none -> asked: the row that counts, made once."""
    dialect = postgresql if is_postgresql() else sqlite
    made = db.session.execute(
        dialect.insert(models.Check)
        .values(page_id=page_id, kind=kind, state="asked", tries=0, codes=0, updated_at=clock.now())
        .on_conflict_do_nothing(index_elements=["page_id", "kind"])
        .returning(models.Check.kind)
    ).first()
    if made is not None:
        events.record("check.asked", actor=CUSTOMER, page_id=page_id, data={"kind": kind})


def _take_a_try(page_id: int, kind: CheckKind) -> Row[int, int, str | None] | None:
    """failed -> asked once more, or asked as it is: one try less; None if there is none, or no code to try."""
    now = clock.now()
    conditions: list[ColumnElement[bool]] = [_ASKED.tries < MOST_TRIES]
    if kind == "otp":
        conditions += [_ASKED.code_digest.is_not(None), _ASKED.code_expires_at > now]
    return db.session.execute(
        update(models.Check)
        .where(_ASKED.page_id == page_id, _ASKED.kind == kind, _ASKED.state.in_(("asked", "failed")))
        .where(*conditions)
        .values(state="asked", tries=_ASKED.tries + 1, updated_at=now)
        .returning(_ASKED.tries, _ASKED.codes, _ASKED.code_digest)
        .execution_options(synchronize_session=False)
    ).first()


def _is_right(
    page_id: int, situation: Situation, facts: Facts, kind: CheckKind, typed: str, digest: str | None
) -> bool:
    if kind == "otp":
        known = tokens.data_keys().hashes(_CODE, f"{page_id}:{read_typed('otp', typed)}")
        matches = [hmac.compare_digest(one, digest or "") for _key, one in known]
    else:
        matches = [check.is_answered_by(typed, facts) for check in situation.checks if check.kind == kind]
    return any(matches)


def _digest(page_id: int, code: str) -> str:
    return tokens.data_keys().hash(_CODE, f"{page_id}:{code}")[1]


def _keep_pass(page_id: int, kind: CheckKind, device_id: int) -> None:
    now = clock.now()
    dialect = postgresql if is_postgresql() else sqlite
    db.session.execute(
        dialect.insert(CheckPass)
        .values(page_id=page_id, device_id=device_id, kind=kind, passed_at=now, seen_at=now)
        .on_conflict_do_update(index_elements=["page_id", "device_id", "kind"], set_={"passed_at": now, "seen_at": now})
    )


def _move(
    page_id: int,
    kind: CheckKind,
    happening: Happening,
    *conditions: ColumnElement[bool],
    actor: str = CUSTOMER,
    **data: Any,
) -> bool:
    """Make one move and record it; False when the state or a condition does not allow it, and nothing is changed."""
    state, sources = _MOVES[happening]
    values: dict[str, Any] = {"state": state, "locked_at": clock.now() if state == "locked" else None}
    if happening != "failed":
        values |= {"code_digest": None, "code_expires_at": None}
    if happening in ("passed", "released"):
        values |= {"tries": 0, "codes": 0}
    if not _change(page_id, kind, sources, *conditions, **values):
        return False
    events.record(f"check.{happening}", actor=actor, page_id=page_id, data={"kind": kind, **data})
    return True


def _change(
    page_id: int, kind: CheckKind, sources: tuple[str, ...], *conditions: ColumnElement[bool], **values: Any
) -> bool:
    result = db.session.execute(
        update(models.Check)
        .where(_ASKED.page_id == page_id, _ASKED.kind == kind, _ASKED.state.in_(sources), *conditions)
        .values(updated_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


# What each happening makes of the page's row, and from which of the table's states. A pass is the device's: the row
# is asked afresh by the next one.
_MOVES: dict[Happening, tuple[str, tuple[str, ...]]] = {
    "passed": ("asked", sources_of("passed")),
    "failed": ("failed", sources_of("failed")),
    "locked": ("locked", sources_of("locked")),
    "released": ("asked", tuple(source for source in sources_of("asked") if source == "locked")),
}
