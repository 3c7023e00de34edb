"""The page of broken and late boxes: what it says, who sees what, stale pages, what was done and taken back."""

import re
from datetime import date

from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.boxes.operations.boxes import set_in_service
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.loans.enums import LoanCancel, LoanMove, LoanState
from app.loans.operations import move_loan, take_back
from app.loans.operations.at_events import end_event_boxes
from app.loans.queries import get_loan
from app.loans.queries_events import get_event_boxes
from tests.conftest import counted_statements
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.event_world import assert_whole, book, forum_of
from tests.integration.loans.test_desk import counted
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.integration.recovery.world import box_of, break_box, lend

BASE = "/manage/boxes/trouble"


def desk(app: Flask, world: LoanWorld, role: Role = Role.OWNER) -> FlaskClient:
    set_clock(app.extensions, NOW)
    client = sign_in_as(app, make_member(world.organiser_id, role)[0])
    client.get("/manage/boxes?lang=en")
    return client


def form_of(page: str) -> dict[str, str]:
    """What a browser would send: hidden fields and what is chosen in each list."""
    found = dict(re.findall(r'name="(seen-[\w-]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]* name="(do-[\w-]+)"[^>]*>(.*?)</select>', page, re.S):
        (found[name],) = re.findall(r'<option value="([^"]*)" selected', options)
    return found


def test_a_box_breaks_and_its_loans_move(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    loans = [world.enter().id, world.enter().id]
    code = world.code(box_of(loans[0]))
    client = desk(whole_app, world)
    out = client.post(f"/manage/boxes/all/{code}/out", data={"reason": "broken", "note": "Lampe cassée"})
    assert out.status_code == 302
    loan = f"/manage/boxes/loans/{get_loan(loans[0]).reference}"
    for address in ("/manage/boxes", "/manage/boxes/all", "/manage/boxes/returns", loan):
        assert client.get(address).text.count(f'href="{BASE}"') == 2, address  # the tab, and the alert
    assert f'href="{BASE}?box={code}"' in client.get(f"/manage/boxes/all/{code}").text
    page = client.get(BASE).text
    assert "Lampe cassée" in page
    assert get_loan(loans[1]).reference not in page
    answer = client.post(BASE, data=form_of(page))
    assert answer.status_code == 302
    done = client.get(answer.headers["Location"]).text
    assert world.code(box_of(loans[0])) in done
    assert code not in [world.code(box_of(loan_id)) for loan_id in loans]
    assert "do-loan" not in client.get(BASE).text
    assert client.get("/manage/boxes/all").text.count(f'href="{BASE}"') == 1
    (key,) = re.findall(r'name="key" value="([^"]+)"', done)
    assert client.post(f"{answer.headers['Location']}/back", data={"key": key}).status_code == 302
    assert world.code(box_of(loans[0])) == code


def test_a_stale_page_names_what_changed_and_proposes_anew(sqlite_app: Flask) -> None:
    world = make_world(boxes=4)
    one, other = world.enter().id, world.enter().id
    for loan_id in (one, other):
        break_box(world, box_of(loan_id))
    client = desk(sqlite_app, world)
    data = form_of(client.get(BASE).text)
    with transaction():
        move_loan(other, LoanMove.CANCEL, reason=LoanCancel.BORROWER_CHANGED, by=STAFF, now=NOW)
    held = box_of(one)
    answer = client.post(BASE, data=data)
    assert answer.status_code == 409
    assert get_loan(other).reference in answer.text
    assert box_of(one) == held
    assert client.post(BASE, data=form_of(answer.text)).status_code == 302
    assert box_of(one) != held


def test_what_no_page_sends_changes_nothing(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    break_box(world, box_of(loan_id))
    client, held = desk(sqlite_app, world), box_of(loan_id)
    (key,) = [name for name in form_of(client.get(BASE).text) if name.startswith("do-")]
    for value in ("box:x", "box:", "dates:1", "dates:99999999.1", "dates:1.99999999", "away", "", "box:999999999"):
        data = {key: value, key.replace("do-", "seen-"): str(get_loan(loan_id).revision)}
        assert client.post(BASE, data=data).status_code == 409, value
    for name in ("do-loan-1", "do-event-1-1", "do-x", "do-loan-9999999999999-1", "do-"):
        assert client.post(BASE, data={name: "off"}).status_code == 409, name
    assert client.post(BASE, data={key: "leave"}).status_code == 302
    assert client.post(BASE, data={key: "off", "note": "x" * 301}).status_code == 422
    assert (box_of(loan_id), get_loan(loan_id).state) == (held, LoanState.APPROVED)
    assert client.get(f"{BASE}/done/nothing").status_code == 404


def test_a_viewer_sees_no_names_and_changes_nothing(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    break_box(world, box_of(loan_id))
    client = desk(sqlite_app, world, Role.VIEWER)
    page = client.get(BASE)
    assert get_loan(loan_id).reference in page.text
    assert "Manon Lambert" not in page.text
    assert "<select" not in page.text.partition("desk-content")[2].partition("</main>")[0]
    assert client.post(BASE, data={}).status_code == 403


def test_a_calm_page_without_trouble(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    client = desk(sqlite_app, world)
    assert 'class="empty"' in client.get(BASE).text
    assert f'href="{BASE}"' in client.get("/manage/boxes/all").text  # the tab, without a number
    break_box(world, world.box_ids[0])
    assert world.code(world.box_ids[0]) in client.get(BASE).text


def test_events_are_told_and_get_other_boxes(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    event = forum_of(world)
    used = book(world, event)
    (held,) = used.held
    break_box(world, held.box_id, until=date(2027, 3, 1))
    client = desk(whole_app, world)
    page = client.get(BASE).text
    assert f"/manage/events/{event.slug}/boxes" in page
    answer = client.post(BASE, data=form_of(page))
    assert answer.status_code == 302
    assert f"/manage/events/{event.slug}/boxes" in client.get(answer.headers["Location"]).text
    assert "do-event" not in client.get(BASE).text
    break_box(world, next(box for box in world.box_ids if box != held.box_id))
    left = client.get(BASE).text
    assert form_of(left) != {}
    assert set(form_of(left).values()) >= {"leave"}  # no other box is free, and events are moved on their own page


def test_an_event_gets_its_former_box_back_as_long_as_nobody_else_has_it(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    row = book(world, forum_of(world))
    (held,) = row.held
    client, key = desk(whole_app, world), f"event-{row.id}-{held.box_id}"

    def settle() -> str:
        return client.post(BASE, data=form_of(client.get(BASE).text)).headers["Location"]

    def take_back(done: str) -> str:
        said = client.post(f"{done}/back", data={"key": key}, follow_redirects=True)
        assert said.status_code == 200
        return said.text

    break_box(world, held.box_id, until=date(2027, 3, 1))
    done = settle()
    assert "Give the former box back" in client.get(done).text
    said = take_back(done)
    assert "The event has its former box again." in said
    assert f"Box {held.code} again: the change was taken back." in said
    assert "Give the former box back" not in said
    assert get_event_boxes(row.id).held == row.held
    done = settle()
    with transaction():
        set_in_service(held.box_id, organiser_id=world.organiser_id, by=STAFF, now=NOW)
    lent = world.enter("2027-02-04 am", "2027-02-04 pm").id
    assert box_of(lent) == held.box_id
    assert "This box is no longer free on these days." in take_back(done)
    with transaction():
        end_event_boxes(row.id, by=STAFF, now=NOW)
    assert "These boxes are given back already." in take_back(done)
    assert_whole()


def test_the_number_of_statements_does_not_grow(sqlite_app: Flask) -> None:
    def statements(loans: int) -> int:
        world = make_world(boxes=2 * loans)
        for n in range(loans):
            loan_id = world.enter(f"2027-02-{n + 1:02} am", f"2027-02-{n + 1:02} pm").id
            break_box(world, box_of(loan_id))
        client = desk(sqlite_app, world)
        client.get(BASE)
        with counted_statements() as seen:
            assert client.get(BASE).text.count("<optgroup") >= 3 * loans
        return int(seen)

    assert statements(1) == statements(6)


def test_a_check_that_finds_a_box_broken_leads_to_its_promises(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = lend(world, "2027-01-12 am", "2027-01-12 pm", at=NOW)
    for day in (8, 22):
        world.enter(f"2027-02-{day:02} am", f"2027-02-{day:02} pm")
    loan, code = get_loan(loan_id), world.code(world.box_ids[0])
    with transaction():
        take_back(loan_id, world.box_ids[0], given_by="Manon", given_to="Inès", by=STAFF, now=NOW)
    client = desk(sqlite_app, world)
    found = {"condition": "out_of_service", "out_reason": "broken", **counted(loan)}
    answer = client.post(f"/manage/boxes/loans/{loan.reference}/boxes/{code}/check", data=found)
    page = client.get(answer.headers["Location"]).text
    assert f"{code} is promised to 2 loans or events that cannot have it" in page
    assert f'href="{BASE}?box={code}"' in page
