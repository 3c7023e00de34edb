"""Loans around weekends and holidays, and over the nights on which clocks change: what is free, what is used, who is reminded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.core.transaction import transaction
from app.jobs.registry import JobContext
from app.loans.availability import availability
from app.loans.enums import AcceptedHow
from app.loans.errors import NoBoxFree
from app.loans.jobs import send_reminders
from app.loans.operations import agree_loan, hand_over, take_back
from app.loans.queries import get_loan
from app.resources.enums import Purpose
from app.resources.queries import list_uses_of
from tests.factories import NOW, PARIS
from tests.integration.loans.world import STAFF, LoanWorld, half, make_world
from tests.integration.mails.conftest import drain
from tests.races.together import count


def taken(world: LoanWorld, first: str, last: str, *, now: datetime = NOW) -> list[str]:
    """The half-days on which the one box is not free, from one day to another."""
    found = availability(world.scenario, date.fromisoformat(first), date.fromisoformat(last), now=now)
    return [f"{h.date} {h.half}" for h in found.halves if not h.free]


def between(first: str, last: str) -> list[str]:
    start, end = half(first), half(last)
    days = [start.plus(n) for n in range(end.number - start.number + 1)]
    return [f"{h.date} {h.half}" for h in days]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at_work(now: datetime) -> JobContext:
    return JobContext(1, {}, None, 1, lambda: now, lambda done, total: None)


def give(world: LoanWorld, loan_id: int, now: datetime) -> None:
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        hand_over(loan_id, world.box_ids[0], given_by="Inès", given_to="Manon", by=STAFF, now=now)


FEASTS = (
    # one half-day before, two after; Easter Monday is 29 March 2027: back on Friday evening, checked on Tuesday
    (("2027-03-25 am", "2027-03-26 pm"), ("2027-03-24 pm", "2027-03-30 pm")),
    # Ascension Day is Thursday 6 May: the Friday is open
    (("2027-05-05 am", "2027-05-05 pm"), ("2027-05-04 pm", "2027-05-07 pm")),
    # Whit Monday is 17 May: fetched on Tuesday, prepared on Friday
    (("2027-05-18 am", "2027-05-18 am"), ("2027-05-14 pm", "2027-05-19 am")),
    # 1 November 2027 is a Monday: four closed days with the weekend and the change of clocks
    (("2027-10-28 am", "2027-10-29 pm"), ("2027-10-27 pm", "2027-11-02 pm")),
    # 11 November 2027 is a Thursday
    (("2027-11-10 am", "2027-11-10 pm"), ("2027-11-09 pm", "2027-11-12 pm")),
    # Easter Monday 2028 is 17 April
    (("2028-04-18 am", "2028-04-18 am"), ("2028-04-14 pm", "2028-04-19 am")),
    # 1 November 2028 is a Wednesday
    (("2028-10-31 am", "2028-10-31 pm"), ("2028-10-30 pm", "2028-11-02 pm")),
    # 11 November 2028 is a Saturday
    (("2028-11-10 am", "2028-11-10 pm"), ("2028-11-09 pm", "2028-11-13 pm")),
    # an ordinary weekend
    (("2027-02-05 am", "2027-02-05 pm"), ("2027-02-04 pm", "2027-02-08 pm")),
)


def test_loans_around_feasts_take_the_closed_days_in_their_buffers(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=1, after_halves=2)
    for dates, _ in FEASTS:
        world.enter(*dates)
    used = sorted(half_day for _, ends in FEASTS for half_day in between(*ends))
    assert taken(world, "2027-01-11", "2028-12-31") == used


def test_the_next_loan_begins_when_the_check_and_its_own_preparation_are_over(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=1, after_halves=2)
    world.enter("2027-03-25 am", "2027-03-26 pm")
    for too_soon in ("2027-03-26 pm", "2027-03-29 am", "2027-03-30 pm", "2027-03-31 am"):
        with pytest.raises(NoBoxFree):
            world.enter(too_soon, "2027-04-01 am")
    world.enter("2027-03-31 pm", "2027-04-01 am")
    with pytest.raises(NoBoxFree):  # until Wednesday noon, checked on Thursday
        world.enter("2027-03-19 am", "2027-03-24 am")
    world.enter("2027-03-19 am", "2027-03-23 am")


def test_back_before_or_after_the_feast(whole_app: Flask) -> None:
    for back, until in (
        ("2027-03-25 16", "2027-03-26 pm"),
        ("2027-03-26 16", "2027-03-30 pm"),
        ("2027-03-30 9", "2027-03-31 am"),
    ):
        world = make_world(boxes=1, before_halves=0, after_halves=2)
        loan_id = world.enter("2027-03-25 am", "2027-03-29 am").id
        give(world, loan_id, at("2027-03-25 08:00"))
        day, hour = back.split()
        now = datetime.combine(date.fromisoformat(day), datetime.min.time(), PARIS) + timedelta(hours=int(hour))
        with transaction():
            take_back(loan_id, world.box_ids[0], given_by="Manon", given_to="Inès", by=STAFF, now=now)
        assert taken(world, "2027-03-20", "2027-04-10", now=now) == between("2027-03-25 am", until)


@pytest.mark.parametrize(
    ("dates", "used"),
    [
        # Sunday 28 March at 2: from one hour before Greenwich to two
        (
            ("2027-03-25 am", "2027-03-30 pm"),
            ("2027-03-24 12:00", "2027-03-24 23:00", "2027-03-30 22:00", "2027-03-31 11:00"),
        ),
        # Sunday 31 October at 3, back again
        (
            ("2027-10-29 pm", "2027-11-02 am"),
            ("2027-10-28 22:00", "2027-10-29 11:00", "2027-11-02 12:00", "2027-11-02 23:00"),
        ),
        # both ends on the very Sundays
        (
            ("2027-03-28 am", "2027-03-28 am"),
            ("2027-03-26 12:00", "2027-03-27 23:00", "2027-03-28 11:00", "2027-03-30 11:00"),
        ),
        (
            ("2027-10-31 am", "2027-10-31 pm"),
            ("2027-10-29 11:00", "2027-10-30 22:00", "2027-10-31 23:00", "2027-11-02 12:00"),
        ),
    ],
)
def test_uses_over_a_clock_change_begin_and_end_by_the_clock(
    dates: tuple[str, str], used: tuple[str, ...], whole_app: Flask
) -> None:
    world = make_world(boxes=1)
    (use,) = list_uses_of(Purpose.LOAN, world.enter(*dates).id)
    assert (use.starts_at, use.from_at, use.to_at, use.ends_at) == tuple(at(text) for text in used)


def test_overdue_begins_at_midnight_by_the_clock(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=0, after_halves=0)
    loan_id = world.enter("2027-10-30 am", "2027-10-31 pm").id
    give(world, loan_id, at("2027-10-30 08:00"))
    assert taken(world, "2027-11-01", "2027-11-03", now=at("2027-10-31 22:59")) == []
    assert len(taken(world, "2027-11-01", "2027-11-03", now=at("2027-10-31 23:00"))) == 6


def test_reminders_leave_from_eight_by_the_clock(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter("2027-03-25 am", "2027-03-31 pm").id  # three days before: Sunday 28 March
    give(world, loan_id, at("2027-03-25 08:00"))
    drain()
    left = []
    for text in ("2027-03-27 07:00", "2027-03-28 05:59", "2027-03-28 06:00", "2027-03-28 17:59", "2027-03-28 18:00"):
        send_reminders(at_work(at(text)))
        left.append(count("loan_reminders"))
    assert left == [0, 0, 1, 1, 1]
    assert get_loan(loan_id).to_date == date(2027, 3, 31)
