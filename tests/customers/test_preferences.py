"""What a customer wishes, said twice at the same moment: a form that was sent by two taps."""

from __future__ import annotations

import pytest
from flask import Flask

from selfservice.customers import preferences
from selfservice.customers.preferences import Wishes
from selfservice.db import db
from tests.factories import issue
from tests.harness.threads import is_somebody_waiting, on_another_thread
from tests.messages.scenes import run_until


@pytest.mark.database("postgresql")
def test_the_same_said_twice_at_once_is_kept(app: Flask) -> None:
    errors: list[BaseException] = []
    with app.app_context():
        customer_id = issue().page.customer_id
        preferences.keep(customer_id, Wishes("09:00-18:00", ("sms",)))
        wishes = Wishes("10:00-20:00", ("email",))

        second = on_another_thread(app, lambda: preferences.keep(customer_id, wishes), errors)
        assert run_until(is_somebody_waiting)
        db.session.commit()
        second.join(20)

        assert errors == []
        db.session.expire_all()
        assert preferences.find(customer_id) == wishes
