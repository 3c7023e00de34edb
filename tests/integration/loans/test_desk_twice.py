"""Two desks, a form sent twice, a page gone back to: what happened is said, and nothing is written a second time."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.db import db
from app.core.transaction import transaction
from app.loans.enums import CountMoment, LoanMove, LoanState
from app.loans.models import LoanCount
from app.loans.operations import move_loan, swap_box
from app.loans.queries import LoanRow, get_loan
from app.messages.models import Message
from app.web.manage import boxes_returns
from tests.integration.loans.test_desk import counted
from tests.integration.loans.test_desk_counts import BOTH, LOANS, agreed, at, back, desk, out
from tests.integration.loans.world import STAFF, make_world

AGAIN = "Nothing was written a second time."


def english(client: FlaskClient) -> FlaskClient:
    client.set_cookie("lang", "en")
    return client


def told(client: FlaskClient, page: str, data: dict[str, str]) -> str:
    answer = client.post(page, data=data, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def written(loan: LoanRow) -> tuple[object, ...]:
    """All that a second effect would change."""
    rows = select(func.count()).select_from(LoanCount)
    mails = select(func.count()).select_from(Message)
    return get_loan(loan.id), db.session.execute(rows).scalar_one(), db.session.execute(mails).scalar_one()


def test_each_step_sent_twice_says_what_happened(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    client, loan = english(desk(whole_app, world)), agreed(world)
    code = loan.box_codes[0]
    page, data = f"{LOANS}/{loan.reference}/boxes/{code}", BOTH | counted(loan)
    check = {"condition": "ready"} | counted(loan)
    assert f"{code} is not handed over yet." in told(client, f"{page}/return", data)
    at(whole_app, "2027-02-01 am")
    assert f"{code} is handed over." in told(client, f"{page}/hand-over", data)
    assert f"{code} is not back yet." in told(client, f"{page}/check", check)
    steps = [("hand-over", data, "is handed over already: Monday 1 February")]
    for moment, sent, done, days, later in (
        ("return", data, "is back.", "Wednesday 3 February", "2027-02-03 pm"),
        ("check", check, "is checked.", "Thursday 4 February", "2027-02-04 am"),
    ):
        before = written(loan)
        at(whole_app, later)
        for former, same, said in steps:
            again = told(client, f"{page}/{former}", same)
            assert f"{code} {said}" in again
            assert AGAIN in again
        assert written(loan) == before
        assert done in told(client, f"{page}/{moment}", sent)
        steps.append((moment, sent, f"{done.rstrip('.')} already: {days}"))
    assert get_loan(loan.id).state is LoanState.CLOSED
    before = written(loan)
    for former, same, said in steps:
        assert f"{code} {said}" in told(client, f"{page}/{former}", same)
        gone_back_to = client.get(f"{page}/{former}", follow_redirects=True).text
        assert f"{code} {said}" in gone_back_to
        assert AGAIN not in gone_back_to
    assert written(loan) == before


@pytest.mark.parametrize("moment", ["hand-over", "return"])
def test_what_another_desk_did_in_the_same_moment_is_said(
    whole_app: Flask, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    world = make_world(boxes=1)
    client, loan = english(desk(whole_app, world)), agreed(world)
    now = at(whole_app, "2027-02-01 am")
    if moment == "return":
        out(loan, now)
        now = at(whole_app, "2027-02-03 pm")

    def meanwhile() -> tuple[list[object], list[str]]:
        (out if moment == "hand-over" else back)(loan, now)
        return [], []

    monkeypatch.setattr(boxes_returns, "read_photos", meanwhile)
    page = told(client, f"{LOANS}/{loan.reference}/boxes/{loan.box_codes[0]}/{moment}", BOTH | counted(loan))
    assert "is handed over already" in page if moment == "hand-over" else "is back already" in page
    assert AGAIN in page
    assert counts_of(CountMoment.HAND_OVER if moment == "hand-over" else CountMoment.RETURN) == 0


def counts_of(moment: CountMoment) -> int:
    statement = select(func.count()).select_from(LoanCount).where(LoanCount.moment == moment)
    number: int = db.session.execute(statement).scalar_one()
    return number


def test_a_box_that_the_loan_has_no_longer_and_a_loan_that_was_called_off(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    client, loan = english(desk(whole_app, world)), agreed(world)
    had, code = loan.loan_boxes[0].box_id, loan.box_codes[0]
    now: datetime = at(whole_app, "2027-02-01 am")
    page, data = f"{LOANS}/{loan.reference}/boxes/{code}/hand-over", BOTH | counted(loan)
    with transaction():
        swap_box(loan.id, had, next(box for box in world.box_ids if box != had), by=STAFF, now=now)
    assert f"{code} is not, or no longer, a box of this loan." in told(client, page, data)
    with transaction():
        swap_box(loan.id, get_loan(loan.id).loan_boxes[0].box_id, had, by=STAFF, now=now)
        move_loan(loan.id, LoanMove.NOT_COLLECTED, by=STAFF, now=now)
    before = written(loan)
    assert f"{code} is not, or no longer, a box of this loan." in told(client, page, data)
    assert written(loan) == before


def test_what_nobody_came_for_is_given_up_once(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    client, loan = english(desk(whole_app, world)), agreed(world, boxes=2)
    out(loan, at(whole_app, "2027-02-01 am"))
    assert "loan stands at" in told(client, f"{LOANS}/{loan.reference}/rest", {})  # the other box is still out
    back(loan, at(whole_app, "2027-02-03 pm"), keep_rest=True)
    assert f"Free for others: {loan.box_codes[1]}." in told(client, f"{LOANS}/{loan.reference}/rest", {})
    before = written(loan)
    again = told(client, f"{LOANS}/{loan.reference}/rest", {})
    assert "All boxes of this loan were fetched or given up already." in again
    assert written(loan) == before
