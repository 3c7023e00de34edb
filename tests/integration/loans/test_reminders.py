"""Reminders over the days around a return: exactly the promised ones leave, whatever becomes of the loan meanwhile."""

from datetime import date, datetime, time, timedelta

from flask import Flask

from app.core.clock import set_clock
from app.core.transaction import transaction
from app.loans.jobs import send_reminders
from app.loans.operations import take_back
from app.loans.operations.reminding import answer_reminder
from app.loans.queries import get_loan
from tests.factories import NOW, PARIS
from tests.integration.loans.test_feasts import at_work, give
from tests.integration.loans.world import BORROWER, STAFF, make_world
from tests.integration.mails.conftest import drain

BACK_ON = date(2027, 2, 3)
FIRST_DAY, LAST_DAY = -4, 9


def promise(loan_id: int, day: int, now: datetime) -> None:
    with transaction():
        answer_reminder(loan_id, BACK_ON + timedelta(days=day), by=BORROWER, now=now)


def bring_back(loan_id: int, now: datetime) -> None:
    (box,) = get_loan(loan_id).loan_boxes
    with transaction():
        take_back(loan_id, box.box_id, given_by="Manon", given_to="Inès", by=STAFF, now=now)


def test_each_day_exactly_the_promised_reminders_leave(whole_app: Flask) -> None:
    """Five loans to be back on the same day, each with an address of its own; the job runs three times a day."""
    names = ("kept", "early", "late", "answered_before", "answered_after")
    loans = {}
    for name in names:
        world = make_world(1)
        loans[name] = world.enter(email=f"{name}@example.org").id
        give(world, loans[name], NOW + timedelta(days=21))
    drain()
    left: dict[str, list[tuple[int, str]]] = {name: [] for name in names}
    for day in range(FIRST_DAY, LAST_DAY + 1):
        for hour in (9, 13, 19):
            now = datetime.combine(BACK_ON + timedelta(days=day), time(hour), PARIS)
            set_clock(whole_app.extensions, now)
            send_reminders(at_work(now))
        for mail in drain():
            left[mail.to.split("@")[0]].append((day, mail.title))
        if day == -2:
            bring_back(loans["early"], now)
            promise(loans["answered_before"], 2, now)  # two days late
        if day == 0:
            bring_back(loans["kept"], now)
        if day == 1:
            promise(loans["answered_after"], 8, now)
    said = {
        -3: "Vos boîtes reviennent le mercredi 3 février",
        -1: "Vos boîtes reviennent le mercredi 3 février",
        1: "Vos boîtes étaient attendues le mercredi 3 février",
        7: "Nous attendons toujours vos boîtes du mercredi 3 février",
    }
    assert left == {
        "kept": [(-3, said[-3]), (-1, said[-1])],
        "early": [(-3, said[-3])],
        "late": [(-3, said[-3]), (-1, said[-1]), (1, said[1]), (7, said[7])],
        "answered_before": [(-3, said[-3]), (3, said[1]), (7, said[7])],  # silent until the promised day is over
        "answered_after": [(-3, said[-3]), (-1, said[-1]), (1, said[1]), (9, said[7])],
    }
