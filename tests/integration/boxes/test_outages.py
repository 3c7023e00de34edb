"""Times out of service: one is open as long as the box is out, changes with it, and ends when it is back."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.boxes.checks import check_outages
from app.boxes.enums import BoxCondition, OutReason
from app.boxes.models import BoxOutage
from app.boxes.operations.boxes import ThingKey, count_box, put_out_of_service, set_in_service
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from tests.factories import NOW
from tests.integration.loans.world import STAFF, LoanWorld, make_world

TODAY = date(2027, 1, 11)
Row = tuple[OutReason, str, date, date | None, date | None]


def outages(box_id: int) -> list[Row]:
    rows = db.session.execute(
        select(BoxOutage.reason, BoxOutage.note, BoxOutage.started_on, BoxOutage.expected_on, BoxOutage.ended_on)
        .where(BoxOutage.box_id == box_id)
        .order_by(BoxOutage.id)
    )
    return [(r.reason, r.note, r.started_on, r.expected_on, r.ended_on) for r in rows]


def put_out(world: LoanWorld, reason: OutReason, *, days: int = 0, until: date | None = None, note: str = "") -> None:
    with transaction():
        put_out_of_service(
            world.box_ids[0], reason, until=until, note=note, organiser_id=world.organiser_id,
            today=TODAY + timedelta(days=days), by=STAFF, now=NOW + timedelta(days=days),
        )  # fmt: skip


def put_back(world: LoanWorld, *, days: int) -> BoxCondition:
    with transaction():
        now = NOW + timedelta(days=days)
        return set_in_service(world.box_ids[0], organiser_id=world.organiser_id, by=STAFF, now=now)


def test_a_breakdown_is_one_outage_from_its_first_day_to_its_last(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    box_id = world.box_ids[0]
    put_back(world, days=0)
    assert outages(box_id) == []
    put_out(world, OutReason.BROKEN, until=date(2027, 1, 20), note=" Lampe cassée ")
    assert outages(box_id) == [(OutReason.BROKEN, "Lampe cassée", TODAY, date(2027, 1, 20), None)]
    put_out(world, OutReason.LOST, days=3)
    assert outages(box_id) == [(OutReason.LOST, "", TODAY, None, None)]
    with pytest.raises(FieldError):
        put_out(world, OutReason.CLEANING, days=4, until=TODAY)
    with transaction():  # a count says nothing of its service
        count_box(box_id, {ThingKey(1): 0}, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    assert outages(box_id) == [(OutReason.LOST, "", TODAY, None, None)]
    assert check_outages(NOW) == []
    assert put_back(world, days=5) is BoxCondition.INCOMPLETE
    put_back(world, days=6)
    first: Row = (OutReason.LOST, "", TODAY, None, date(2027, 1, 16))
    assert outages(box_id) == [first]
    put_out(world, OutReason.UPDATE, days=5)  # again on the day it came back
    assert put_back(world, days=4) is BoxCondition.INCOMPLETE  # a clock that is behind ends it on its first day
    again = date(2027, 1, 16)
    assert outages(box_id) == [first, (OutReason.UPDATE, "", again, None, again)]
    assert check_outages(NOW) == []
