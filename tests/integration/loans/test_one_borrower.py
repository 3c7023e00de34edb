"""A box is with one borrower at a time, and in use as long as it is there."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from app.boxes.errors import BoxPromised, ScenarioNotFound
from app.boxes.operations.boxes import archive_box
from app.boxes.operations.people import end_facilitator, grant_accreditation
from app.boxes.queries import get_box_by_id, list_contents
from app.core.actor import Actor, ActorKind
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.loans.availability import availability
from app.loans.drafts import CountDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove
from app.loans.errors import BoxAway, BoxNotFree, LoanNotFound, NoAccreditedFacilitator, NoAgreement, NoBoxFree
from app.loans.operations import (
    agree_loan,
    ask_loan,
    change_dates,
    enter_loan,
    hand_over,
    look_at_draft,
    move_loan,
    swap_box,
    take_back,
)
from app.loans.operations.agreements import store_agreement
from app.loans.queries import get_loan
from app.resources.enums import Purpose
from app.resources.queries import list_uses_of
from tests.factories import NOW
from tests.integration.loans.world import BORROWER, STAFF, make_world, period


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def agree(loan_id: int) -> None:
    with transaction():
        agree_loan(loan_id, name="Manon", how=AcceptedHow.PAPER, by=STAFF, now=NOW)


def give(loan_id: int, box_id: int, now: datetime) -> None:
    with transaction():
        hand_over(loan_id, box_id, given_by="Inès", given_to="Manon", by=STAFF, now=now)


def bring_back(loan_id: int, box_id: int, now: datetime) -> None:
    with transaction():
        take_back(loan_id, box_id, given_by="Manon", given_to="Inès", by=STAFF, now=now)


def test_a_box_that_is_away_is_not_handed_over_again(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    one, other = world.enter("2027-02-01 am", "2027-02-02 pm").id, world.enter("2027-02-08 am", "2027-02-09 pm").id
    agree(one)
    agree(other)
    give(one, world.box_ids[0], at("2027-02-01"))
    with pytest.raises(BoxAway):
        give(other, world.box_ids[0], at("2027-02-08"))
    bring_back(one, world.box_ids[0], at("2027-02-08", 10))
    give(other, world.box_ids[0], at("2027-02-08", 11))


def test_an_overdue_box_stays_in_the_inventory(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter("2027-02-01 am", "2027-02-02 pm").id
    agree(loan_id)
    give(loan_id, world.box_ids[0], at("2027-02-01"))
    with pytest.raises(BoxPromised), transaction():
        archive_box(world.box_ids[0], organiser_id=world.organiser_id, by=STAFF, now=at("2027-02-20"))


def test_a_box_that_may_still_be_fetched_stays_in_the_inventory(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter("2027-02-01 am", "2027-02-02 pm").id
    late = at("2027-02-20")  # nobody came, and nobody wrote that down
    with pytest.raises(BoxPromised), transaction():
        archive_box(world.box_ids[0], organiser_id=world.organiser_id, by=STAFF, now=late)
    with transaction():
        move_loan(loan_id, LoanMove.NOT_COLLECTED, by=STAFF, now=late)
        archive_box(world.box_ids[0], organiser_id=world.organiser_id, by=STAFF, now=late)


def test_what_is_fetched_before_the_check_of_another_is_over_is_in_use_from_then_on(whole_app: Flask) -> None:
    world = make_world(boxes=1, before_halves=0, after_halves=2)
    first, other = world.enter("2027-02-01 am", "2027-02-01 am").id, world.enter("2027-02-03 am", "2027-02-03 pm").id
    agree(first)
    agree(other)
    give(first, world.box_ids[0], at("2027-02-01", 8))
    bring_back(first, world.box_ids[0], at("2027-02-01", 9))
    with pytest.raises(BoxNotFree):  # it is the first one's half-day still
        give(other, world.box_ids[0], at("2027-02-01", 10))
    give(other, world.box_ids[0], at("2027-02-01", 13))
    bring_back(other, world.box_ids[0], at("2027-02-01", 14))
    (before,), (after,) = list_uses_of(Purpose.LOAN, first), list_uses_of(Purpose.LOAN, other)
    assert (before.to_at, before.ends_at) == (at("2027-02-01", 12), at("2027-02-01", 12))
    assert (after.starts_at, after.from_at, after.to_at) == (before.ends_at, before.ends_at, at("2027-02-01", 23))
    assert after.ends_at == at("2027-02-02", 23)  # checked on Tuesday


def test_a_box_that_waits_for_its_check_is_not_swapped_in(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    first = world.enter("2027-02-01 am", "2027-02-01 pm").id
    agree(first)
    box = get_loan(first).loan_boxes[0].box_id
    give(first, box, at("2027-02-01"))
    bring_back(first, box, at("2027-02-01", 15))
    later = world.enter("2027-02-02 am", "2027-02-02 pm", now=at("2027-02-01", 15)).id
    held = get_loan(later).loan_boxes[0].box_id
    with pytest.raises(BoxNotFree), transaction():
        swap_box(later, held, box, by=STAFF, now=at("2027-02-01", 15))


def test_what_is_fetched_early_is_in_use_from_then_on(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter("2027-02-22 am", "2027-02-23 pm").id
    agree(loan_id)
    give(loan_id, world.box_ids[0], at("2027-02-01"))
    day = date(2027, 2, 8)
    told = availability(world.scenario, day, day, now=at("2027-02-01", 10))
    assert [half.free for half in told.halves] == [0, 0]
    with pytest.raises(NoBoxFree):
        world.enter("2027-02-08 am", "2027-02-09 pm", now=at("2027-02-01", 10))


def test_nothing_is_fetched_before_another_loan_of_the_box(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    world.enter("2027-02-08 am", "2027-02-09 pm")
    late = world.enter("2027-02-22 am", "2027-02-23 pm").id
    agree(late)
    with pytest.raises(BoxNotFree):
        give(late, world.box_ids[0], at("2027-02-01"))


def test_back_before_the_first_day_the_check_keeps_its_half_days(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter("2027-02-08 am", "2027-02-09 pm").id
    agree(loan_id)
    give(loan_id, world.box_ids[0], at("2027-02-05", 13))
    bring_back(loan_id, world.box_ids[0], at("2027-02-05", 15))
    use = list_uses_of(Purpose.LOAN, loan_id)[0]
    assert (use.from_at, use.to_at) == (at("2027-02-05", 12), at("2027-02-05", 23))
    assert use.ends_at == at("2027-02-08", 12)


def test_a_thing_is_counted_once(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter().id
    agree(loan_id)
    box = get_box_by_id(world.box_ids[0], organiser_id=world.organiser_id)
    count = CountDraft(counted=3, item_id=list_contents(box)[0].item_id)
    with pytest.raises(FieldError) as refused, transaction():
        hand_over(loan_id, box.id, given_by="A", given_to="B", counts=(count, count), by=STAFF, now=at("2027-02-01"))
    assert refused.value.problems == {"counts/1": "repeated"}


@pytest.mark.parametrize("accepted_before", [True, False])
def test_an_agreement_on_other_dates_is_not_accepted(whole_app: Flask, accepted_before: bool) -> None:
    world = make_world(boxes=1)
    loan_id = world.enter().id
    link: dict[str, Any] = {"name": "Manon", "how": AcceptedHow.LINK, "by": BORROWER, "now": NOW}
    with transaction():
        store_agreement(loan_id, b"%PDF 1", 1, revision=get_loan(loan_id).revision, now=NOW)
    if accepted_before:
        with transaction():
            agree_loan(loan_id, number=1, **link)
    with transaction():
        change_dates(loan_id, period("2027-02-08 am", "2027-02-12 pm"), by=STAFF, now=NOW)
    with pytest.raises(NoAgreement), transaction():
        agree_loan(loan_id, number=1, **link)
    with transaction():
        store_agreement(loan_id, b"%PDF 2", 2, revision=get_loan(loan_id).revision, now=NOW)
        agree_loan(loan_id, number=2, **link)


@pytest.mark.parametrize("days", [("9999-12-30 am", "9999-12-31 pm"), ("0001-01-01 am", "0001-01-01 pm")])
def test_the_ends_of_the_calendar_are_refused_and_no_failure(whole_app: Flask, days: tuple[str, str]) -> None:
    world = make_world(boxes=1)
    draft, made = world.draft(*days), world.enter()
    with pytest.raises(FieldError):
        ask_loan(draft, by=BORROWER, now=NOW)
    with pytest.raises(FieldError):
        look_at_draft(draft, by=BORROWER, now=NOW)
    with pytest.raises(FieldError):
        enter_loan(draft, by=STAFF, now=NOW)
    with pytest.raises(FieldError):
        change_dates(made.id, draft.period, by=STAFF, now=NOW)
    day = draft.period.first.date
    assert availability(world.scenario, day, day, now=NOW).total == 1


def test_a_waiting_request_counts_on_its_own_days_alone(whole_app: Flask) -> None:
    world = make_world(boxes=2, before_halves=0, after_halves=0)
    world.enter("2027-02-03 am", "2027-02-05 pm")
    world.ask("2027-02-01 am", "2027-02-01 pm")
    world.ask("2027-02-01 am", "2027-02-05 pm")
    with pytest.raises(NoBoxFree):
        world.ask("2027-02-01 am", "2027-02-01 am")


def test_people_of_another_organiser_and_those_who_ended_count_for_nothing(whole_app: Flask) -> None:
    world, other = make_world(boxes=1), make_world(boxes=1)
    foreign = Actor(ActorKind.STAFF, "X", 1, other.organiser_id)
    made = world.enter("2027-03-01 am", "2027-03-02 pm").id
    with pytest.raises(LoanNotFound), transaction():
        move_loan(made, LoanMove.CANCEL, reason=LoanCancel.OTHER, by=foreign, now=NOW)
    with pytest.raises(ScenarioNotFound), transaction():
        grant_accreditation(
            world.facilitator_id, other.scenario_id, date(2027, 1, 1), organiser_id=world.organiser_id, by=STAFF,
            now=NOW, note="By hand",
        )  # fmt: skip
    with pytest.raises(FieldError):
        world.ask(waits_for_event_id=424242, contact_id=424242)
    asked = world.ask().id
    with transaction():
        end_facilitator(world.facilitator_id, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    with pytest.raises(NoAccreditedFacilitator), transaction():
        move_loan(asked, LoanMove.APPROVE, by=STAFF, now=NOW)


def test_a_request_whose_days_are_over_is_not_approved(whole_app: Flask) -> None:
    asked = make_world(boxes=1).ask().id
    with pytest.raises(MoveNotAllowed), transaction():
        move_loan(asked, LoanMove.APPROVE, by=STAFF, now=at("2027-03-15"))
