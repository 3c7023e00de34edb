"""Boxes through the API: what is free, and loans asked for and approved in one, on both databases."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from app.accounts.enums import Scope
from app.core.db import db
from app.core.transaction import transaction
from app.loans.queries import get_loan_by_reference
from app.structures.models import StructureKind
from app.structures.queries import get_structure
from tests.factories import make_api_token, make_organiser
from tests.integration.api.conftest import Program, errors_of, problem_of
from tests.integration.loans.world import LoanWorld, make_facilitator, make_structure
from tests.integration.loans.world import make_world as make_loan_world


@dataclass
class Lending:
    loans: LoanWorld
    program: Program
    foreign: Program

    @property
    def calendar(self) -> str:
        return f"/scenarios/{self.loans.scenario.slug}/availability"

    def body(self, **changes: Any) -> dict[str, Any]:
        return {
            "scenario": self.loans.scenario.slug,
            "boxes": 1,
            "from": {"date": "2027-02-01", "half": "am"},
            "to": {"date": "2027-02-03", "half": "pm"},
            "borrower": {"structure": str(self.loans.structure_id)},
            "facilitators": [str(self.loans.facilitator_id)],
            "purpose": "class",
            "players": 24,
            **changes,
        }

    def free(self, first: str = "2027-01-29", last: str = "2027-02-05") -> dict[str, int]:
        answer = self.program.get(f"{self.calendar}?from={first}&to={last}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return {f"{d['date']} {d['half']}": d["free"] for d in answer.get_json()["days"]}


@pytest.fixture
def lending(whole_app: Flask) -> Lending:
    loans = make_loan_world(boxes=2)
    program = Program(whole_app, make_api_token(loans.organiser_id, Scope.LOANS_WRITE))
    return Lending(loans, program, Program(whole_app, make_api_token(make_organiser("Ailleurs"))))


def test_a_loan_is_approved_and_its_boxes_taken(lending: Lending) -> None:
    answer = lending.program.post("/loans", lending.body())
    assert answer.status_code == 201
    told = answer.get_json()
    assert set(told) == {"reference", "state"}
    assert (told["reference"][:3], told["state"]) == ("PR-", "approved")
    db.session.rollback()
    loan = get_loan_by_reference(told["reference"])
    assert (loan.boxes, loan.players, len(loan.loan_boxes)) == (1, 24, 1)
    found = lending.free()
    untouched = [half for half, free in found.items() if free == 2]
    assert untouched == ["2027-01-29 am", "2027-02-04 pm", "2027-02-05 am", "2027-02-05 pm"]
    assert found["2027-01-30 am"] == found["2027-01-29 pm"] == found["2027-02-04 am"] == 1


def test_every_half_day_is_told(lending: Lending) -> None:
    answer = lending.program.get(f"{lending.calendar}?from=2027-02-01&to=2027-02-02")
    assert answer.get_json() == {
        "days": [
            {"date": "2027-02-01", "half": "am", "free": 2, "total": 2},
            {"date": "2027-02-01", "half": "pm", "free": 2, "total": 2},
            {"date": "2027-02-02", "half": "am", "free": 2, "total": 2},
            {"date": "2027-02-02", "half": "pm", "free": 2, "total": 2},
        ]
    }


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("", "/from", "required"),
        ("?from=2027-02-01", "/to", "required"),
        ("?from=2027-02-01&to=1.2.2027", "/to", "date"),
        ("?from=20270201&to=2027-02-01", "/from", "date"),
        ("?from=2027-W05-1&to=2027-02-01", "/from", "date"),
        ("?from=2027-02-02&to=2027-02-01", "/to", "order"),
        ("?from=2027-02-02&to=2030-02-01", "/to", "days_too_many"),
        ("?from=0001-01-01&to=2027-02-01", "/from", "date"),
        ("?from=2027-02-01&to=2027-02-01&x=1", "/x", "unknown_field"),
    ],
)
def test_days_that_cannot_be(query: str, pointer: str, code: str, lending: Lending) -> None:
    assert errors_of(lending.program.get(lending.calendar + query))[pointer] == code


def test_what_is_not_free_is_a_conflict(lending: Lending) -> None:
    assert lending.program.post("/loans", lending.body(boxes=2)).status_code == 201
    assert problem_of(lending.program.post("/loans", lending.body())) == (409, "no_box_free")
    later = {"from": {"date": "2027-02-04", "half": "am"}, "to": {"date": "2027-02-04", "half": "pm"}}
    assert problem_of(lending.program.post("/loans", lending.body(**later))) == (409, "no_box_free")


def test_somebody_accredited_is_needed(lending: Lending) -> None:
    assert problem_of(lending.program.post("/loans", lending.body(facilitators=[]))) == (
        409,
        "no_accredited_facilitator",
    )
    with transaction():
        other = make_facilitator(lending.loans.organiser_id)
    answer = lending.program.post("/loans", lending.body(facilitators=[str(other)]))
    assert problem_of(answer) == (409, "no_accredited_facilitator")
    both = [str(other), str(lending.loans.facilitator_id)]
    assert lending.program.post("/loans", lending.body(facilitators=both)).status_code == 201


HALF = {"date": "2027-02-01", "half": "am"}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"scenario": "none"}, {"/scenario": "unknown_scenario"}),
        ({"boxes": 0}, {"/boxes": "out_of_range"}),
        ({"players": 0}, {"/players": "out_of_range"}),
        ({"purpose": "party"}, {"/purpose": "choice"}),
        ({"from": {"date": "2027-02-30", "half": "am"}}, {"/from/date": "date"}),
        ({"to": {"date": "2027-W05-1", "half": "pm"}}, {"/to/date": "date"}),
        ({"from": {"date": "2027-02-01", "half": "noon"}}, {"/from/half": "choice"}),
        ({"to": {"date": "2027-01-31", "half": "pm"}}, {"/to": "order"}),
        ({"from": {"date": "2027-01-04", "half": "am"}}, {"/from": "past"}),
        ({"to": {"date": "2031-01-04", "half": "am"}}, {"/to": "too_far"}),
        ({"borrower": {"structure": "999999"}}, {"/borrower/structure": "unknown_structure"}),
        ({"borrower": {"structure": "Nulle part"}}, {"/borrower/structure": "unknown_structure"}),
        ({"borrower": {"structure": 4}}, {"/borrower/structure": "text_expected"}),
        ({"borrower": None}, {"/borrower": "required"}),
        ({"facilitators": ["999999"]}, {"/facilitators/0": "unknown_id"}),
        ({"facilitators": ["x"]}, {"/facilitators/0": "unknown_id"}),
        ({"colour": "blue"}, {"/colour": "unknown_field"}),
        ({"boxes": "1", "players": -1}, {"/boxes": "number", "/players": "out_of_range"}),
        (
            {"scenario": "none", "to": {"date": "2027-01-31", "half": "pm"}},
            {"/scenario": "unknown_scenario", "/to": "order"},
        ),
    ],
)
def test_wrong_fields_are_named(changes: dict[str, Any], wanted: dict[str, str], lending: Lending) -> None:
    assert errors_of(lending.program.post("/loans", lending.body(**changes))) == wanted


def test_programs_are_told_in_their_own_words(lending: Lending) -> None:
    wrong = lending.body(scenario="none", to={"date": "4.2.2027", "half": "am"}, facilitators=["999999"])
    said = {
        e["pointer"]: e["message"]
        for e in lending.program.post("/loans", wrong, Accept_Language="en").get_json(force=True)["errors"]
    }
    assert said == {
        "/scenario": "The organiser lends no scenario of this slug.",
        "/to/date": "Write a day as year, month and day, for example 2027-02-04.",
    }
    wrong = lending.body(facilitators=["999999"])
    (error,) = lending.program.post("/loans", wrong, Accept_Language="en").get_json(force=True)["errors"]
    assert (error["pointer"], error["message"]) == ("/facilitators/0", "Nothing here has this id.")


def test_another_organisers_things_are_not_there(lending: Lending) -> None:
    assert problem_of(lending.foreign.get(f"{lending.calendar}?from=2027-02-01&to=2027-02-01")) == (
        404,
        "not_found",
    )
    assert problem_of(lending.foreign.get(lending.calendar)) == (404, "not_found")
    wanted = {"/scenario": "unknown_scenario"}
    assert errors_of(lending.foreign.post("/loans", lending.body())) == wanted
    elsewhere = make_organiser("Encore ailleurs")
    with transaction():
        stranger = make_structure(elsewhere, StructureKind.SCHOOL)
    answer = lending.program.post("/loans", lending.body(borrower={"structure": str(stranger)}))
    assert errors_of(answer) == {"/borrower/structure": "unknown_structure"}


def test_the_same_key_lends_once(lending: Lending) -> None:
    first = lending.program.post("/loans", lending.body(boxes=2), Idempotency_Key="a")
    again = lending.program.post("/loans", lending.body(boxes=2), Idempotency_Key="a")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    refused = lending.program.post("/loans", lending.body(), Idempotency_Key="b")
    assert problem_of(refused) == (409, "no_box_free")
    assert lending.free()["2027-02-01 am"] == 0


def test_closed_days_are_no_matter_to_who_lends(lending: Lending) -> None:
    sunday = {"from": {"date": "2027-01-31", "half": "am"}, "to": {"date": "2027-01-31", "half": "pm"}}
    assert lending.program.post("/loans", lending.body(**sunday)).status_code == 201


def test_a_structure_is_named_and_its_contact_told(lending: Lending) -> None:
    structure = get_structure(lending.loans.structure_id, organiser_id=lending.loans.organiser_id)
    contact = {"name": "Manon Lambert", "email": "Manon.Lambert@example.org"}
    body = lending.body(borrower={"structure": structure.name.upper(), "contact": contact})
    answer = lending.program.post("/loans", body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    db.session.remove()
    loan = get_loan_by_reference(answer.get_json()["reference"], organiser_id=lending.loans.organiser_id)
    assert (loan.structure_id, loan.contact_name, loan.email) == (
        structure.id, "Manon Lambert", "manon.lambert@example.org",
    )  # fmt: skip
    wrong = lending.body(borrower={"structure": structure.name, "contact": {"name": "x", "email": "no mail"}})
    assert errors_of(lending.program.post("/loans", wrong)) == {"/borrower/contact/email": "email_at"}


def test_scenarios_are_listed_to_their_organiser(lending: Lending) -> None:
    (told,) = lending.program.get("/scenarios").get_json()["scenarios"]
    scenario = lending.loans.scenario
    assert (told["slug"], told["code"], told["boxes"], told["asks_accreditation"]) == (
        scenario.slug, scenario.code, 2, True,
    )  # fmt: skip
    assert lending.foreign.get("/scenarios").get_json() == {"scenarios": []}
