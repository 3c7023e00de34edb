"""Every move of every state by everybody who could try: the organiser's pages, the link, programs. The table decides, and roles."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role, Scope
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.enums import LoanMove, LoanState
from app.loans.links import loan_token
from app.loans.operations.agreements import store_agreement
from app.loans.queries import LoanRow, get_loan
from app.loans.rules import MOVES, Party
from tests.factories import NOW, make_api_token, make_member, make_organiser
from tests.integration.api.conftest import Program
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.test_borrowers_pages import visitor_of
from tests.integration.loans.test_desk import counted
from tests.integration.loans.test_moves import DURING, loan_in
from tests.integration.loans.world import LoanWorld, make_structure, make_world
from tests.races.together import count

BASE = "/manage/boxes/loans"
ON_BOXES = {LoanMove.HAND_OVER: "hand-over", LoanMove.RETURN: "return", LoanMove.CHECK: "check"}
WORDS = {"refusal": "too_soon", "reason": "other", "name": "Manon Lambert"}
NAMES = {"given_by": "Manon Lambert", "given_to": "Inès Roux", "condition": "incomplete"}


def send(client: FlaskClient, loan: LoanRow, move: LoanMove) -> int:
    """What the page of the move answers when it is sent as it would be filled in."""
    here = f"{BASE}/{loan.reference}"
    if move not in ON_BOXES:
        return client.post(f"{here}/moves/{move}", data=WORDS).status_code
    code = loan.box_codes[0] if loan.box_codes else "S0-0"
    things = counted(loan) if loan.box_codes else {}
    return client.post(f"{here}/boxes/{code}/{ON_BOXES[move]}", data=NAMES | things).status_code


def state_of(loan_id: int) -> LoanState:
    db.session.rollback()
    return get_loan(loan_id).state


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER])
def test_who_lends_makes_every_move_of_the_table_and_no_other(role: Role, sqlite_app: Flask) -> None:
    world = make_world(boxes=40)
    set_clock(sqlite_app.extensions, DURING)
    client = sign_in_as(sqlite_app, make_member(world.organiser_id, role)[0])
    for state in LoanState:
        loan_id = loan_in(world, state)
        for move in LoanMove:
            allowed = MOVES[state].get(move)
            answer = send(client, get_loan(loan_id), move)
            assert answer in {302, 404, 422} if allowed is None else answer == 302, (state, move, answer)
            assert state_of(loan_id) is (allowed.to if allowed else state), (state, move)
            if allowed is not None:
                loan_id = loan_in(world, state)


def strangers(app: Flask, world: LoanWorld) -> Iterator[tuple[str, FlaskClient, set[int]]]:
    """Everybody else with a browser, and what they are told."""
    other = make_organiser("Ailleurs")
    with transaction():
        neighbours = make_structure(world.organiser_id)
    yield "viewer", sign_in_as(app, make_member(world.organiser_id, Role.VIEWER)[0]), {403}
    yield "door", sign_in_as(app, make_member(world.organiser_id, Role.DOOR)[0]), {403}
    yield "another organiser", sign_in_as(app, make_member(other, Role.OWNER)[0]), {404}
    yield "nobody", app.test_client(), {302}
    yield "borrower", visitor_of(app, world), {302}
    yield "another borrower", visitor_of(app, world, neighbours), {302}


def test_nobody_else_makes_a_move_on_the_organisers_pages(sqlite_app: Flask) -> None:
    world = make_world(boxes=20)
    set_clock(sqlite_app.extensions, DURING)
    people = list(strangers(sqlite_app, world))
    for state in LoanState:
        loan = get_loan(loan_in(world, state))
        for who, client, wanted in people:
            for move in LoanMove:
                answer = send(client, loan, move)
                assert answer in wanted, (who, state, move, answer)
        assert state_of(loan.id) is state
        assert get_loan(loan.id).revision == loan.revision


def test_nobody_else_gives_other_dates_or_boxes(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    made = world.enter()
    loan = get_loan(made.id)
    days = {"first_day": "2027-02-08", "first_half": "am", "last_day": "2027-02-09", "last_half": "pm"}
    other = next(box for box in world.box_ids if box != loan.loan_boxes[0].box_id)
    for who, client, wanted in strangers(sqlite_app, world):
        here = f"{BASE}/{loan.reference}"
        assert client.post(f"{here}/dates", data=days).status_code in wanted, who
        swap = f"{here}/boxes/{loan.box_codes[0]}/swap"
        assert client.post(swap, data={"box": str(other)}).status_code in wanted, who
    assert get_loan(made.id) == loan


def agreement_made(loan_id: int) -> None:
    loan = get_loan(loan_id)
    if loan.state is LoanState.APPROVED:
        with transaction():
            store_agreement(loan_id, b"%PDF-1.7", 1, revision=loan.revision, now=NOW)


@pytest.mark.parametrize("move", [LoanMove.AGREE, LoanMove.CANCEL])
def test_the_link_makes_the_borrowers_moves_in_their_states_alone(move: LoanMove, sqlite_app: Flask) -> None:
    world = make_world(boxes=20)
    set_clock(sqlite_app.extensions, DURING)
    client = sqlite_app.test_client()
    ways = {
        LoanMove.AGREE: ("accept", {"name": "Manon Lambert", "number": "1", "read": "y"}),
        LoanMove.CANCEL: ("cancel", {"reason": "borrower_absent"}),
    }
    page, sent = ways[move]
    for state in LoanState:
        loan_id = loan_in(world, state)
        agreement_made(loan_id)
        allowed = MOVES[state].get(move)
        may = allowed is not None and Party.BORROWER in allowed.parties
        answer = client.post(f"/l/{token_of(loan_id)}/{page}", data=sent)
        assert answer.status_code == 303, (state, answer.status_code)
        assert state_of(loan_id) is (allowed.to if allowed and may else state), state


def token_of(loan_id: int) -> str:
    loan = get_loan(loan_id)
    return loan_token(loan.organiser_id, loan.reference)


def test_only_a_program_that_may_lend_lends(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    body = {
        "scenario": world.scenario.slug, "boxes": 1, "from": {"date": "2027-02-01", "half": "am"},
        "to": {"date": "2027-02-03", "half": "pm"}, "borrower": {"structure": str(world.structure_id)},
        "facilitators": [str(world.facilitator_id)], "purpose": "class",
    }  # fmt: skip
    calendar = f"/scenarios/{world.scenario.slug}/availability?from=2027-02-01&to=2027-02-01"
    for scope in (None, *(scope for scope in Scope if scope is not Scope.LOANS_WRITE), Scope.LOANS_WRITE):
        program = Program(sqlite_app, make_api_token(world.organiser_id, scope) if scope else "parcours_unknown")
        refusal = 403 if scope else 401
        may = scope is Scope.LOANS_WRITE
        assert program.get(calendar).status_code == (200 if may else refusal), scope
        assert program.post("/loans", body).status_code == (201 if may else refusal), scope
        db.session.rollback()
        assert (count("loans"), count("uses")) == ((1, 1) if may else (0, 0)), scope
