"""Plans as they are read: differences, what is out of date, pictures of how full spaces are."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy import update

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.models import Event, Space, Stop, Wave
from app.events.queries import EventRow, get_event
from app.flows.operations import publish_plan
from app.flows.queries import (
    ChangeKind,
    compare,
    find_plan_in_force,
    get_plan,
    get_plan_by_id,
    heat,
    is_out_of_date,
    list_passages,
    list_plans,
    passages_of,
    passages_of_space,
    real_heat,
)
from app.registrations.itinerary import list_teams
from app.registrations.operations import cancel_registration
from app.registrations.queries import get_registration
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_plan, make_registration, person_draft
from tests.integration.flows.conftest import add_class, led_forum

DAY = DAY_ONE.date()


def changes(event: EventRow) -> set[ChangeKind]:
    plan = find_plan_in_force(event.id)
    assert plan is not None
    return {change.kind for change in is_out_of_date(plan, get_event(event.slug))}


def edited(event: EventRow, statement: object) -> None:
    """A change of the event without its form: its revision rises as it does there."""
    with transaction():
        db.session.execute(statement)  # type: ignore[call-overload]
        db.session.execute(update(Event).where(Event.id == event.id).values(revision=Event.revision + 1))


def test_a_plan_is_out_of_date_when_something_differs(event: EventRow) -> None:
    make_plan(event)
    assert changes(event) == set()
    late = add_class(event, "3e D", wave=1)
    assert changes(event) == {ChangeKind.GROUP_ADDED}
    make_plan(event)
    with transaction():
        cancel_registration(late.id, by=SYSTEM, now=NOW)
    assert changes(event) == {ChangeKind.GROUP_GONE}
    make_plan(event)
    edited(event, update(Space).where(Space.id == event.spaces[0].id).values(capacity=90))
    assert changes(event) == {ChangeKind.SPACE}
    edited(event, update(Stop).where(Stop.id == event.stops[0].id).values(minutes=40))
    assert changes(event) == {ChangeKind.SPACE, ChangeKind.STOP}
    make_plan(event)
    edited(event, update(Event).where(Event.id == event.id).values(transfer_minutes=10))
    assert changes(event) == {ChangeKind.WALKS}
    edited(event, update(Wave).where(Wave.id == event.waves[1].id).values(late_minutes=15))
    assert changes(event) == {ChangeKind.WALKS, ChangeKind.GROUP_WAVE}
    edited(event, update(Stop).where(Stop.id == event.stops[1].id).values(audiences=["job_seeker"]))
    assert changes(event) == {ChangeKind.WALKS, ChangeKind.GROUP_WAVE, ChangeKind.GROUP_ROUTE}


def test_two_plans_are_compared(event: EventRow) -> None:
    first = get_plan_by_id(make_plan(event))
    late = add_class(event, "3e D", wave=1)
    second = get_plan_by_id(make_plan(event, publish=False))
    found = compare(first, second)
    assert {row.registration_id for row in found.added} == {late.id}
    assert (found.removed, found.same + len(found.moved)) == ((), first.summary.passages)
    assert late.id in found.registrations
    assert {row.holder for row in found.whom} >= {"3e D"}
    assert compare(second, second) == replace(compare(second, second), moved=(), added=(), removed=(), registrations=())
    nothing = compare(None, first)
    assert (len(nothing.added), nothing.same) == (first.summary.passages, 0)


def test_plans_are_listed_newest_first(event: EventRow) -> None:
    make_plan(event)
    add_class(event, "3e D", wave=1)
    make_plan(event, publish=False)
    assert [plan.number for plan in list_plans(event.id)] == [2, 1]
    assert get_plan(event.id, 2).based_on_id == get_plan(event.id, 1).id


def test_the_heat_of_a_plan_counts_groups_and_who_is_expected(event: EventRow) -> None:
    for _ in range(20):
        make_registration(event, person_draft(event))
    plan = get_plan_by_id(make_plan(event, publish=False))
    rows = heat(plan, event, DAY)
    assert [(row.name, row.capacity) for row in rows] == [("Grande salle", 60), ("Orientation", 40), ("Offres", 60)]
    assert len({tuple(cell.starts_at for cell in row.cells) for row in rows}) == 1
    assert rows[0].cells[0].starts_at == DAY_ONE
    for passage in list_passages(plan.id):
        row = next(row for row in rows if row.space_id == passage.space_id)
        during = [c for c in row.cells if passage.starts_at <= c.starts_at < passage.ends_at]
        assert all(cell.groups >= passage.people for cell in during)
    expected = max(cell.median for cell in rows[0].cells)
    assert 10 <= expected <= 20
    assert all(cell.most <= row.capacity for row in rows for cell in row.cells if cell.groups)
    assert heat(plan, event, DAY + timedelta(days=1)) == []


def test_without_a_plan_individuals_alone_are_shown(event: EventRow) -> None:
    assert all(cell.people == 0 for row in heat(None, event, DAY) for cell in row.cells)
    for _ in range(20):
        make_registration(event, person_draft(event))
    assert max(cell.high for cell in heat(None, event, DAY)[0].cells) in range(15, 21)


def test_the_real_heat_is_what_was_scanned(event: EventRow) -> None:
    group, other = add_class(event, "3e X"), add_class(event, "3e Y", wave=1)
    doors = {checkpoint.space_id: checkpoint.id for checkpoint in event.checkpoints}
    one, two, _three = event.spaces

    def scan(code: str, space: int | None, minute: int, direction: Direction = Direction.IN) -> None:
        item = ScanInput(str(uuid4()), code, doors[space], direction, DAY_ONE + timedelta(minutes=minute))
        with transaction():
            record_scans(event, "door", [item], now=item.scanned_at)

    assert real_heat(event, DAY) == []
    scan(group.ticket_code, None, 0)
    scan(group.ticket_code, one.id, 3)
    scan(group.ticket_code, two.id, 31)
    scan(other.ticket_code, None, 40)
    scan(other.ticket_code, one.id, 42)
    scan(group.ticket_code, two.id, 55, Direction.OUT)
    scan(other.ticket_code, None, 58, Direction.OUT)
    rows = {row.space_id: [cell.groups for cell in row.cells] for row in real_heat(event, DAY)}
    assert rows[one.id][:6] == [30, 30, 30, 30, 30, 30]
    assert rows[two.id][:6] == [0, 0, 0, 30, 30, 30]
    assert set(rows[_three.id]) == {0}
    assert real_heat(event, date(2027, 2, 5)) == []


def test_routes_are_shown_from_the_plan_in_force(event: EventRow) -> None:
    plan = get_plan_by_id(make_plan(event, publish=False))
    group = next(row.registration_id for row in list_passages(plan.id))
    (team,) = list_teams(event, get_registration(group))
    assert not any(stop.exact for stop in team.stops)
    with transaction():
        publish_plan(plan.id, by=SYSTEM, now=NOW, revision=plan.revision)
    (team,) = list_teams(event, get_registration(group))
    assert [(stop.stop.id, stop.starts_at, stop.exact) for stop in team.stops] == [
        (row.stop_id, row.starts_at, True) for row in passages_of(group)
    ]


def test_reading_takes_as_many_statements_however_many_groups(whole_app: Flask) -> None:
    organiser = make_organiser()
    counts = []
    for classes in (1, 3):
        event = make_event(organiser, led_forum(title_fr=f"Forum {classes}"))
        for number in range(classes):
            add_class(event, f"{number}e A", participants=8)
        plan = get_plan_by_id(make_plan(event))
        db.session.rollback()
        found = []
        for read in (
            lambda event=event: list_plans(event.id),
            lambda plan=plan: list_passages(plan.id),
            lambda event=event: passages_of_space(event.id, event.spaces[0].id, DAY),
            lambda event=event, plan=plan: heat(plan, event, DAY),
            lambda event=event, plan=plan: is_out_of_date(plan, event),
            lambda plan=plan: compare(plan, plan),
            lambda event=event: real_heat(event, DAY),
        ):
            with counted_statements() as counted:
                read()
            found.append(int(counted))
        counts.append(found)
    assert counts == [[1, 1, 2, 1, 1, 2, 1]] * 2
