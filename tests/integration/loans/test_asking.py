"""What borrowers may ask for, what the organiser may enter, and who is approved at once."""

from typing import Any

import pytest
from flask import Flask

from app.boxes.errors import ScenarioNotFound
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.loans.enums import LoanState
from app.loans.errors import NoAccreditedFacilitator, NoBoxFree
from app.loans.links import loan_token
from app.loans.operations import approve
from app.loans.queries import LoanFilter, get_loan, get_loan_by_token, list_loans
from app.structures.models import StructureKind
from app.structures.operations.merging import Sides, merge_structures
from tests.factories import NOW, make_organiser
from tests.integration.loans.world import (
    STAFF,
    grant,
    make_facilitator,
    make_structure,
    make_world,
    set_scenario,
    set_structure,
)


@pytest.mark.parametrize(
    ("first", "last", "problems"),
    [
        ("2027-02-06 am", "2027-02-09 am", {"from": "closed_weekend"}),
        ("2027-03-26 am", "2027-03-29 am", {"to": "closed_public_holiday"}),
        ("2027-02-01 am", "2027-02-10 pm", {"to": "loan_too_long"}),
        ("2027-01-08 am", "2027-01-12 pm", {"from": "past"}),
        ("2030-02-01 am", "2030-02-04 pm", {"to": "too_far"}),
        ("2027-02-05 am", "2027-02-08 pm", {}),  # over a weekend
    ],
)
def test_days_that_a_borrower_may_ask_for(first: str, last: str, problems: dict[str, str], whole_app: Flask) -> None:
    world = make_world(longest_halves=10)
    try:
        world.ask(first, last)
        found = {}
    except FieldError as error:
        found = error.problems
    assert found == problems


def test_schools_do_not_fetch_boxes_in_their_holidays(whole_app: Flask) -> None:
    world = make_world(kind=StructureKind.SCHOOL)
    with pytest.raises(FieldError) as refused:
        world.ask("2027-02-15 am", "2027-02-16 pm")  # zone A, where nothing says otherwise
    assert refused.value.problems == {"from": "school_holidays", "to": "school_holidays"}
    set_structure(world.structure_id, uai="0750001Z")  # Paris: zone C
    world.ask("2027-02-24 am", "2027-02-25 pm")
    world.enter("2027-02-15 am", "2027-02-16 pm")  # the organiser may
    far = world.ask("2028-10-03 am", "2028-10-04 pm")
    assert far.warnings == ("school_holidays_unknown",)


@pytest.mark.parametrize(
    ("players", "boxes", "warnings"), [(12, 1, ()), (3, 1, ("players_few",)), (31, 2, ("players_many",))]
)
def test_too_many_players_are_a_warning(players: int, boxes: int, warnings: Any, whole_app: Flask) -> None:
    assert make_world().ask(players=players, boxes=boxes).warnings == warnings


def test_wrong_values_are_named(whole_app: Flask) -> None:
    world = make_world()
    with pytest.raises(FieldError) as refused:
        world.ask(boxes=0, players=0, email="manon", phone="12", notes="x" * 3000, facilitator_ids=(999,))
    assert set(refused.value.problems) == {"boxes", "players", "email", "phone", "notes", "facilitators/0"}


def test_borrowers_name_their_own_people_alone(whole_app: Flask) -> None:
    world = make_world()
    with transaction():
        stranger = make_facilitator(world.organiser_id)
        grant(world.organiser_id, stranger, world.scenario_id)
    with pytest.raises(FieldError) as refused:
        world.ask(facilitator_ids=(stranger,))
    assert refused.value.problems == {"facilitators/0": "unknown_id"}
    assert world.enter(facilitator_ids=(stranger,)).state is LoanState.APPROVED


def test_what_is_not_lent_cannot_be_asked_for(whole_app: Flask) -> None:
    world = make_world()
    set_scenario(world.scenario_id, listed=False)
    with pytest.raises(ScenarioNotFound):
        world.ask()
    assert world.enter().state is LoanState.APPROVED
    with pytest.raises(ScenarioNotFound):
        world.enter(by=Actor(ActorKind.STAFF, "Autre", 2, make_organiser("Ailleurs")))
    set_scenario(world.scenario_id, archived_at=NOW)
    with pytest.raises(ScenarioNotFound):
        world.enter()


def test_a_trusted_borrower_is_approved_at_once_where_somebody_is_accredited(whole_app: Flask) -> None:
    world = make_world()
    set_structure(world.structure_id, trusted_borrower=True)
    made = world.ask()
    assert (made.state, get_loan(made.id).state) == (LoanState.APPROVED, LoanState.APPROVED)
    waiting = world.ask(facilitator_ids=())
    assert get_loan(waiting.id).state is LoanState.ASKED
    assert world.ask(by=STAFF).state is LoanState.ASKED
    with pytest.raises(NoBoxFree):
        world.ask()


def test_accreditation_is_needed_on_all_days_where_the_scenario_asks_for_it(whole_app: Flask) -> None:
    world = make_world()
    set_scenario(world.scenario_id, asks_accreditation=False)
    assert world.enter(facilitator_ids=()).state is LoanState.APPROVED
    set_scenario(world.scenario_id, asks_accreditation=True)
    asked = world.ask(facilitator_ids=())
    with pytest.raises(NoAccreditedFacilitator), transaction():
        approve(asked.id, by=STAFF, now=NOW)
    with pytest.raises(NoAccreditedFacilitator):
        world.enter("2026-08-31 am", "2026-09-02 pm", now=NOW.replace(year=2026, month=8))
    assert get_loan(asked.id).state is LoanState.ASKED


def test_the_link_of_a_loan_is_made_anew_and_kept_by_its_digest(whole_app: Flask) -> None:
    world = make_world()
    made = world.ask()
    assert made.token == loan_token(world.organiser_id, made.reference)
    assert get_loan_by_token(made.token).reference == made.reference


def test_loans_go_with_a_structure_that_is_merged(whole_app: Flask) -> None:
    world = make_world()
    made = world.ask()
    with transaction():
        kept = make_structure(world.organiser_id)
    with transaction():
        merge_structures(
            kept,
            world.structure_id,
            frozenset(),
            sides=Sides(1, 1),
            organiser_id=world.organiser_id,
            by=SYSTEM,
            now=NOW,
        )
    db.session.rollback()
    assert get_loan(made.id).structure_id == kept
    again = world.ask("2027-02-09 am", "2027-02-09 pm")  # who still names the old one means the kept one
    assert get_loan(again.id).structure_id == kept


def test_the_list_of_loans(whole_app: Flask) -> None:
    world, other = make_world(), make_world()
    first, second = world.ask("2027-02-09 am", "2027-02-09 pm"), world.enter()
    other.ask()

    def found(**wanted: Any) -> list[str]:
        return [loan.reference for loan in list_loans(world.organiser_id, LoanFilter(**wanted)).loans]

    assert found() == [second.reference, first.reference]
    assert found(states=frozenset({LoanState.ASKED})) == [first.reference]
    assert found(text=second.reference.lower()) == found(text=get_loan(second.id).box_codes[0]) == [second.reference]
    assert found(text="manon ATELIER") == [second.reference, first.reference]
    assert found(text="100%") == []
    assert found(text="MOLECULE manon") == [second.reference, first.reference]  # what was lent, by its title
    assert found(text="molécules") == []
    assert found(box_id=get_loan(second.id).loan_boxes[0].box_id) == [second.reference]
    assert list_loans(world.organiser_id, page=2).loans == ()
