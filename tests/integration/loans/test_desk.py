"""The organiser's pages of loans: from a request to the next borrower who sees what is missing, and the board."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition, OutReason
from app.boxes.operations.boxes import put_out_of_service
from app.boxes.queries import get_box, list_contents
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.loans.enums import LoanState
from app.loans.queries import LoanRow, get_loan, get_loan_by_reference
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import STAFF, LoanWorld, make_world

BASE = "/manage/boxes/loans"


def desk(app: Flask, world: LoanWorld, role: Role = Role.OWNER) -> FlaskClient:
    set_clock(app.extensions, NOW)
    return sign_in_as(app, make_member(world.organiser_id, role)[0])


def counted(loan: LoanRow, **numbers: str) -> dict[str, str]:
    """All ticked, but the things that are counted."""
    contents = list_contents(get_box(loan.organiser_id, loan.loan_boxes[0].code))
    ticked = {f"ok-i{c.item_id}": "1" for c in contents if c.name_fr not in numbers}
    return ticked | {f"count-i{c.item_id}": numbers[c.name_fr] for c in contents if c.name_fr in numbers}


def test_a_loan_goes_from_request_to_check_and_the_next_borrower_is_told_what_is_missing(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    made = world.ask()
    client = desk(whole_app, world)
    here = f"{BASE}/{made.reference}"
    assert made.reference in client.get(f"{BASE}?state=asked").text
    assert client.post(f"{here}/moves/approve").status_code == 302
    assert client.post(f"{here}/moves/agree", data={"name": ""}).status_code == 422
    assert client.post(f"{here}/moves/agree", data={"name": "Manon Lambert"}).status_code == 302
    loan = get_loan(made.id)
    box, both = f"{here}/boxes/{loan.box_codes[0]}", {"given_by": "Inès Roux", "given_to": "Manon Lambert"}
    assert client.post(f"{box}/hand-over", data=both).status_code == 422  # nothing was counted
    assert client.post(f"{box}/hand-over", data=both | counted(loan)).status_code == 302
    assert get_loan(made.id).state is LoanState.HANDED_OVER
    assert client.post(f"{box}/return", data=both | counted(loan, Cadenas="3")).status_code == 302
    assert loan.box_codes[0] in client.get("/manage/boxes/returns").text
    found = {"condition": "incomplete", **counted(loan, Cadenas="3")}
    assert client.post(f"{box}/check", data=found).status_code == 302
    assert get_loan(made.id).state is LoanState.CHECKED
    assert get_box(world.organiser_id, loan.box_codes[0]).condition is BoxCondition.INCOMPLETE
    assert client.post(f"{here}/moves/close").status_code == 302
    later = world.enter("2027-03-01 am", "2027-03-01 pm")
    client.post(f"{BASE}/{later.reference}/moves/agree", data={"name": "Manon Lambert"})
    page = client.get(f"{BASE}/{later.reference}/boxes/{loan.box_codes[0]}/hand-over").text
    assert "3 " in page
    assert "dernier comptage" in page or "at the last count" in page


def test_a_refusal_and_a_cancellation_need_a_reason(sqlite_app: Flask) -> None:
    world = make_world()
    client = desk(sqlite_app, world)
    asked, entered = world.ask(), world.enter()
    assert client.post(f"{BASE}/{asked.reference}/moves/refuse", data={"refusal": ""}).status_code == 422
    assert client.post(f"{BASE}/{asked.reference}/moves/refuse", data={"refusal": "too_soon"}).status_code == 302
    assert get_loan(asked.id).state is LoanState.REFUSED
    assert client.post(f"{BASE}/{entered.reference}/moves/cancel", data={"reason": ""}).status_code == 422
    assert client.post(f"{BASE}/{entered.reference}/moves/cancel", data={"reason": "other"}).status_code == 302
    assert get_loan(entered.id).state is LoanState.CANCELLED


def test_a_page_that_is_too_old_changes_nothing(sqlite_app: Flask) -> None:
    world = make_world()
    client, made = desk(sqlite_app, world), world.ask()
    assert client.post(f"{BASE}/{made.reference}/moves/approve", data={"revision": "99"}).status_code == 302
    assert get_loan(made.id).state is LoanState.ASKED


@pytest.mark.parametrize(("how", "state"), [("lend", LoanState.APPROVED), ("ask", LoanState.ASKED)])
def test_what_came_by_telephone_is_lent_or_kept_as_a_request(sqlite_app: Flask, how: str, state: LoanState) -> None:
    world = make_world()
    client = desk(sqlite_app, world)
    day = date(2027, 2, 10)
    data = {
        "structure": str(world.structure_id), "scenario": str(world.scenario_id), "boxes": "1", "contact": "",
        "first_day": day.isoformat(), "first_half": "am", "last_day": day.isoformat(), "last_half": "pm",
        "purpose": "class", "facilitators": str(world.facilitator_id), "how": how,
    }  # fmt: skip
    answer = client.post(f"{BASE}/new", data=data)
    assert answer.status_code == 302
    reference = answer.headers["Location"].rsplit("/", 1)[1]
    page = client.get(f"{BASE}/{reference}")
    assert page.status_code == 200
    assert client.get(f"{BASE}/new?structure={world.structure_id}", follow_redirects=True).status_code == 200
    late = client.post(f"{BASE}/new", data=data | {"last_day": (day - timedelta(days=1)).isoformat()})
    assert late.status_code == 422
    assert get_loan_by_reference(reference).state is state


def test_a_broken_box_is_told_on_the_board_and_its_loan_moves(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    made = world.enter()
    loan = get_loan(made.id)
    held = loan.loan_boxes[0]
    other = next(b for b in world.box_ids if b != held.box_id)
    with transaction():
        put_out_of_service(
            held.box_id, OutReason.BROKEN, until=None, note="", organiser_id=world.organiser_id,
            today=date(2027, 1, 11), by=STAFF, now=NOW,
        )  # fmt: skip
    client = desk(whole_app, world)
    board = client.get("/manage/boxes?from=2027-02-01").text
    assert f"pick={made.reference}.{held.code}" in board
    picking = client.get(f"/manage/boxes?from=2027-02-01&pick={made.reference}.{held.code}").text
    assert f'name="box" value="{other}"' in picking
    swap = f"{BASE}/{made.reference}/boxes/{held.code}/swap"
    assert client.post(swap, data={"box": str(other), "revision": str(loan.revision)}).status_code == 302
    assert [b.box_id for b in get_loan(made.id).loan_boxes] == [other]
    assert f"pick={made.reference}" not in client.get("/manage/boxes?from=2027-02-01").text


def test_dates_change_and_the_board_follows(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    made = world.enter()
    client = desk(sqlite_app, world)
    data = {"first_day": "2027-02-08", "first_half": "pm", "last_day": "2027-02-09", "last_half": "am"}
    assert client.post(f"{BASE}/{made.reference}/dates", data=data).status_code == 302
    assert get_loan(made.id).from_date == date(2027, 2, 8)
    assert made.reference in client.get("/manage/boxes?from=2027-02-08").text
    assert "bar-use bar-loan" not in client.get("/manage/boxes?from=2027-02-22").text
    free = client.get("/manage/boxes?from=2027-02-08&free=1").text
    assert made.reference not in free


def test_a_viewer_sees_loans_without_people_and_changes_nothing(sqlite_app: Flask) -> None:
    world = make_world()
    made = world.enter()
    client = desk(sqlite_app, world, Role.VIEWER)
    for address in (BASE, f"{BASE}/{made.reference}", "/manage/boxes"):
        page = client.get(address)
        assert page.status_code == 200
        assert "Manon Lambert" not in page.text
    assert client.post(f"{BASE}/{made.reference}/moves/approve").status_code == 403
    assert client.get("/manage/boxes/returns").status_code == 403
