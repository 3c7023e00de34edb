"""A wave or a space is late: who comes alone is told too; planned anew, a space that is late stays late."""

from datetime import datetime, timedelta

import pytest
from flask import Flask, current_app

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event_by_id
from app.flows.enums import DelayKind, PlanOrigin
from app.flows.operations import Marked, mark_late, publish_plan, replan
from app.flows.queries import WholePlan, find_plan_in_force, get_plan_by_id, list_passages
from app.registrations.drafts import Contact
from app.registrations.operations import Registered, choose_stop
from tests.factories import DAY_ONE, make_event, make_organiser, make_registration, person_draft
from tests.integration.flows.conftest import add_class, led_forum, plan_now, publish
from tests.integration.mails.conftest import Received, drain

MINUTE = timedelta(minutes=1)
BEFORE = DAY_ONE - 30 * MINUTE


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    made = make_event(make_organiser(), led_forum())
    set_clock(whole_app.extensions, BEFORE)
    return made


def alone(event: EventRow, name: str, wave: int = 0, **changes: object) -> Registered:
    contact = Contact(name, f"{name.lower()}@example.org")
    draft = person_draft(event, **{"waves": (event.waves[wave].id,), "contact": contact, "locale": "en", **changes})
    return make_registration(event, draft)


def mark(event: EventRow, kind: str, of_id: int, minutes: int, now: datetime = BEFORE) -> Marked:
    set_clock(current_app.extensions, now)
    with transaction():
        return mark_late(event.id, DelayKind(kind), of_id, minutes, by=SYSTEM, now=now)


def told() -> dict[str, Received]:
    return {mail.to.split("@")[0]: mail for mail in drain()}


def text(mail: Received) -> str:
    return mail.text.replace("\N{NO-BREAK SPACE}", " ")


def test_who_comes_alone_in_a_late_wave_is_told_the_new_hour(event: EventRow) -> None:
    alone(event, "Ines")
    alone(event, "Basile", wave=1)
    alone(event, "Zoe", contact=Contact("Zoe", "", "+33639980177"))
    drain()
    done = mark(event, "wave", event.waves[0].id, 10)
    assert (done.told, len(done.outcome.alone)) == (0, 2)
    mails = told()
    assert set(mails) == {"ines"}
    assert "We are running 10 minutes late" in text(mails["ines"])
    assert "Come at 9:10 am on Thursday" in text(mails["ines"])
    assert mails["ines"].title.startswith("New hours")
    mark(event, "wave", event.waves[0].id, 15)
    assert "running 15 minutes late" in text(told()["ines"])
    mark(event, "wave", event.waves[0].id, 0)
    back = told()["ines"]
    assert back.title.startswith("Back on time")
    assert "Come at 9:00 am" in text(back)


def test_who_has_arrived_by_then_is_told_nothing(event: EventRow) -> None:
    alone(event, "Ines")
    drain()
    mark(event, "wave", event.waves[0].id, 10, now=DAY_ONE + 20 * MINUTE)
    assert told() == {}


def test_who_has_yet_to_go_to_a_late_space_is_told_so(event: EventRow) -> None:
    """The last space is a choice: Hugo has declined it. Ines is expected there at about 9:55."""
    alone(event, "Ines")
    hugo = alone(event, "Hugo")
    with transaction():
        choose_stop(hugo.id, event.stops[2].id, goes=False, by=SYSTEM, now=BEFORE)
    drain()
    done = mark(event, "space", event.spaces[2].id, 10)
    assert [one.has_mail for one in done.outcome.alone] == [True]
    mails = told()
    assert set(mails) == {"ines"}
    assert "“Offres” is running 10 minutes late" in text(mails["ines"])
    assert "Come at 9:00 am" in text(mails["ines"])
    assert mails["ines"].title.startswith("A space is late")
    mark(event, "space", event.spaces[2].id, 0, now=DAY_ONE + 30 * MINUTE)
    assert "“Offres” is on time again" in text(told()["ines"])
    mark(event, "space", event.spaces[2].id, 10, now=DAY_ONE + 70 * MINUTE)  # she is through it by now
    assert told() == {}


def test_a_late_space_that_is_on_time_before_the_mail_left_is_not_told(event: EventRow) -> None:
    alone(event, "Ines")
    drain()
    mark(event, "space", event.spaces[0].id, 10)
    mark(event, "space", event.spaces[0].id, 0)
    mails = drain()
    assert [mail.title.split(":")[0] for mail in mails] == ["Back on time"]


def test_planned_anew_a_late_space_stays_late_and_is_not_late_twice(event: EventRow) -> None:
    for label in ("3e A", "3e B"):
        add_class(event, label)
    publish(plan_now(event))
    drain()
    space = event.spaces[0].id
    before = hours(space)
    mark(event, "space", space, 10)
    late = hours(space)
    assert all(after == first + 10 * MINUTE for first, after in zip(before, late, strict=True))
    add_class(event, "3e C", wave=1)
    plan = plan_anew(event)
    assert plan.origin is PlanOrigin.PLANNED
    assert hours(space)[: len(late)] == late  # the draft kept what was told of it
    mark(event, "space", space, 10)
    assert hours(space)[: len(late)] == late  # said again, nothing is late once more
    mark(event, "space", space, 15)
    assert hours(space)[: len(late)] == [at + 5 * MINUTE for at in late]


def plan_anew(event: EventRow) -> WholePlan:
    current = find_plan_in_force(event.id)
    assert current is not None
    with transaction():
        made = replan(current.id, by=SYSTEM, now=BEFORE)
    drain()
    with transaction():
        publish_plan(made, by=SYSTEM, now=BEFORE, revision=get_plan_by_id(made).revision)
    drain()
    return get_plan_by_id(made)


def hours(space_id: int, event_id: int = 1) -> list[datetime]:
    plan = find_plan_in_force(get_event_by_id(event_id).id)
    assert plan is not None
    return [
        row.starts_at for row in sorted(list_passages(plan.id), key=lambda r: r.starts_at) if row.space_id == space_id
    ]
