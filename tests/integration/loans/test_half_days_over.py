"""Half-days that are over: nobody asks for them, requests for them count no more, the calendar says so. And days of all kinds asked
about by programs.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from app.accounts.enums import Scope
from app.boxes.enums import OutReason
from app.boxes.operations.boxes import put_out_of_service
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.loans.availability import availability, count_free
from app.loans.errors import NoBoxFree
from app.loans.operations.feeding import make_feed
from tests.factories import NOW, PARIS, make_api_token
from tests.integration.api.conftest import Program, errors_of
from tests.integration.loans.test_borrowers_pages import send, text_of, values, visitor_of
from tests.integration.loans.world import BORROWER, STAFF, LoanWorld, make_world, period, set_structure

AFTERNOON = NOW.replace(hour=15)
OVER = "This half-day is over. Choose a later one."


def free_on(world: LoanWorld, day: date, now: datetime) -> list[int]:
    return [half.free for half in availability(world.scenario, day, day, now=now).halves]


@pytest.mark.parametrize("by", [BORROWER, STAFF])
def test_a_half_day_of_today_that_is_over_is_asked_for_by_nobody(whole_app: Flask, by: object) -> None:
    world = make_world(before_halves=0)
    write = world.ask if by is BORROWER else world.enter
    with pytest.raises(FieldError) as refused:
        write("2027-01-11 am", "2027-01-11 am", now=AFTERNOON)
    assert refused.value.problems == {"to": "half_day_over"}
    write("2027-01-11 am", "2027-01-11 am", now=NOW)
    write("2027-01-11 pm", "2027-01-11 pm", now=AFTERNOON)


def test_pages_say_that_a_half_day_is_over(whole_app: Flask) -> None:
    world = make_world()
    set_structure(world.structure_id, trusted_borrower=True)
    visitor = visitor_of(whole_app, world)
    slug = world.scenario.slug
    set_clock(whole_app.extensions, AFTERNOON)
    this = {"from": "2027-01-11", "to": "2027-01-11", "to_half": "am"}
    status, page = send(visitor, "/my/loans/new", values(world, **this))
    assert (status, OVER in page) == (422, True)
    days = "from=2027-01-11&from_half=am&to=2027-01-11&to_half=am"
    for path in (f"/boxes?{days}", f"/boxes/{slug}?{days}"):
        assert OVER in text_of(visitor, path), path
    page = text_of(visitor, f"/boxes/{slug}?month=2027-01")
    assert (page.count("half-past"), page.count("Morning: over")) == (1, 1)
    set_clock(whole_app.extensions, NOW)
    assert "half-past" not in text_of(visitor, f"/boxes/{slug}?month=2027-01")


def test_a_request_that_nobody_answered_counts_until_its_days_are_over(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=1, after_halves=2)
    world.ask("2027-01-12 am", "2027-01-12 pm")
    next_day, last = date(2027, 1, 13), datetime(2027, 1, 12, 23, 59, tzinfo=PARIS)
    assert free_on(world, next_day, last) == [0, 0]
    with pytest.raises(NoBoxFree):
        world.enter("2027-01-13 pm", "2027-01-13 pm", now=last)
    midnight = last + timedelta(minutes=1)
    assert free_on(world, next_day, midnight) == [1, 1]
    world.enter("2027-01-13 pm", "2027-01-13 pm", now=midnight)


def test_a_broken_box_is_lent_again_from_its_expected_day_on_though_nobody_said_that_it_is_back(
    whole_app: Flask,
) -> None:
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    with transaction():
        put_out_of_service(
            world.box_ids[0], OutReason.BROKEN, until=date(2027, 1, 14), organiser_id=world.organiser_id,
            today=NOW.date(), by=SYSTEM, now=NOW,
        )  # fmt: skip
    later = NOW + timedelta(days=7)
    assert [free_on(world, date(2027, 1, day), later) for day in (13, 14, 18)] == [[0, 0], [1, 1], [1, 1]]
    assert count_free(world.scenario, period("2027-01-18 pm", "2027-01-19 am"), now=later) == 1


def test_a_scenario_without_boxes_has_none_free_on_any_days(whole_app: Flask) -> None:
    world = make_world(boxes=0)
    calendar = f"/scenarios/{world.scenario.slug}/availability"
    program = Program(whole_app, make_api_token(world.organiser_id, Scope.LOANS_WRITE))
    one, past, long = ("2027-02-01", "2027-02-01"), ("2026-01-05", "2026-01-06"), ("2027-02-01", "2028-03-07")
    for (first, last), halves in ((one, 2), (past, 4), (long, 802)):
        told = program.get(f"{calendar}?from={first}&to={last}").get_json()["days"]
        assert (len(told), told[0]["date"], told[-1]["date"]) == (halves, first, last)
        assert {(half["free"], half["total"]) for half in told} == {(0, 0)}
    assert errors_of(program.get(f"{calendar}?from=2027-02-02&to=2027-02-01")) == {"/to": "order"}


def test_the_calendar_of_a_box_over_the_changes_of_clocks_is_right_in_utc(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    world.enter("2027-03-26 pm", "2027-03-29 am")
    world.enter("2027-10-29 am", "2027-10-31 pm")
    with transaction():
        path = make_feed(world.box_ids[0], organiser_id=world.organiser_id, by=STAFF, now=NOW).path
    db.session.remove()
    events: list[Any] = Calendar.from_ical(whole_app.test_client().get(path).data).walk("VEVENT")
    found = sorted((e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC)) for e in events)
    assert [(f"{a:%d/%m %H}", f"{b:%d/%m %H}") for a, b in found] == [
        ("26/03 12", "29/03 11"),
        ("29/10 06", "31/10 17"),
    ]
