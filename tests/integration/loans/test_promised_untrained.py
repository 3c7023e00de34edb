"""A scenario begins to ask for accreditation only when nobody untrained holds its boxes; approval takes few statements."""

from dataclasses import fields, replace
from typing import Any

import pytest
from flask import Flask

from app.boxes.drafts import ScenarioDraft
from app.boxes.errors import PromisedToNobodyTrained
from app.boxes.operations.scenarios import change_scenario
from app.core.checks import run_checks
from app.core.transaction import transaction
from app.loans.drafts import EventBoxesDraft
from app.loans.enums import LoanCancel, LoanMove
from app.loans.operations import approve, change_dates, move_loan
from app.loans.operations.at_events import book_event_boxes, end_event_boxes
from tests.conftest import counted_statements
from tests.factories import NOW, make_event
from tests.integration.loans.test_desk import desk
from tests.integration.loans.world import STAFF, LoanWorld, make_world, period


def ask_for_accreditation(world: LoanWorld) -> bool:
    row = world.scenario
    values: dict[str, Any] = {f.name: getattr(row, f.name) for f in fields(ScenarioDraft)}
    draft = replace(ScenarioDraft(**values), asks_accreditation=True)
    with transaction():
        return change_scenario(row.id, draft, organiser_id=world.organiser_id, revision=row.revision, by=STAFF, now=NOW)


def test_a_scenario_does_not_begin_to_ask_while_untrained_people_hold_boxes(whole_app: Flask) -> None:
    world = make_world(boxes=3, asks_accreditation=False)
    world.enter()
    nobody = world.enter(facilitator_ids=())
    world.ask(facilitator_ids=())  # holds no box: it is judged when it is approved
    with pytest.raises(PromisedToNobodyTrained) as refused:
        ask_for_accreditation(world)
    assert refused.value.names == (nobody.reference,)
    with transaction():
        move_loan(nobody.id, LoanMove.CANCEL, reason=LoanCancel.OTHER, by=STAFF, now=NOW)
    assert ask_for_accreditation(world)
    assert [(r.name, r.problems) for r in run_checks(NOW) if not r.ok] == []


def test_nor_while_an_event_has_boxes_without_anybody_trained(whole_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    event = make_event(world.organiser_id)
    day = event.starts_at.date().isoformat()
    for people in ((world.facilitator_id,), ()):
        draft = EventBoxesDraft(
            event.id, world.scenario_id, 1, period(f"{day} am", f"{day} pm"), facilitator_ids=people
        )
        with transaction():
            booked = book_event_boxes(draft, by=STAFF, now=NOW)
    with pytest.raises(PromisedToNobodyTrained) as refused:
        ask_for_accreditation(world)
    assert refused.value.names == (event.title_fr,)
    with transaction():
        end_event_boxes(booked, by=STAFF, now=NOW)
    assert ask_for_accreditation(world)


def test_the_page_names_the_loans(sqlite_app: Flask) -> None:
    world = make_world(boxes=1, asks_accreditation=False)
    made, row = world.enter(facilitator_ids=()), world.scenario
    client = desk(sqlite_app, world)
    sent = {
        "code": row.code, "kind": row.kind.value, "title_fr": row.title_fr, "asks_accreditation": "y", "listed": "y",
        "before_halves": "1", "after_halves": "1", "revision": str(row.revision),
    }  # fmt: skip
    answer = client.post(f"/manage/boxes/scenarios/{row.code}/edit", data=sent)
    assert answer.status_code == 409
    assert made.reference in answer.text
    assert not world.scenario.asks_accreditation


def statements(boxes: int) -> tuple[int, int]:
    """How many it takes to approve a request for so many, and to give it other dates."""
    world = make_world(boxes=boxes)
    asked = world.ask(boxes=boxes)
    with counted_statements() as approving, transaction():
        approve(asked.id, by=STAFF, now=NOW)
    with counted_statements() as changing, transaction():
        change_dates(asked.id, period("2027-02-09 am", "2027-02-10 pm"), by=STAFF, now=NOW)
    return int(approving), int(changing)


def test_many_boxes_take_no_more_statements_than_few(whole_app: Flask) -> None:
    assert statements(12) == statements(1)
