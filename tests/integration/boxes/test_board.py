"""The planning board: what a move would change is said first, then done and undone; refusals in words; days, filters, paper."""

import re
from datetime import date, datetime
from html import unescape
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from app.accounts.enums import Role
from app.boxes.drafts import BoxDraft, ScenarioDraft
from app.boxes.enums import OutReason
from app.boxes.operations.boxes import create_box, put_out_of_service
from app.boxes.operations.scenarios import create_scenario
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanState
from app.loans.models import EventBoxes
from app.loans.operations import agree_loan, change_dates, move_loan
from app.loans.queries import LoanRow, get_loan
from app.messages.models import Message
from app.reports.queries.box_board import box_board
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.operations import take
from app.resources.settings import add_closure
from tests.conftest import counted_statements
from tests.factories import NOW, PARIS, make_event, make_member, make_organiser
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import STAFF, LoanWorld, make_world, period
from tests.integration.recovery.world import FEBRUARY, break_box, lend

BASE = "/manage/boxes"
WEEK = "from=2027-02-01"


def desk(app: Flask, organiser_id: int, role: Role = Role.MANAGER) -> FlaskClient:
    set_clock(app.extensions, NOW)
    client = sign_in_as(app, make_member(organiser_id, role)[0])
    client.set_cookie("lang", "en")
    return client


def text_of(page: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def asked(client: FlaskClient, loan: LoanRow, **values: str) -> tuple[str, dict[str, str]]:
    """What the question about a move says, and the fields with which it is answered."""
    query = urlencode({"loan": loan.reference, "has": loan.box_codes[0], "back": WEEK, **values})
    page = client.get(f"{BASE}/move?{query}").text
    question = page[page.index("data-move-question") :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', question))
    return text_of(question), {name: unescape(value) for name, value in fields.items()}


def held(loan_id: int) -> list[int]:
    return [box.box_id for box in get_loan(loan_id).loan_boxes]


def mails() -> int:
    return len(db.session.execute(select(Message.id).where(Message.template == "loans.changed")).all())


def at_event(world: LoanWorld, box_id: int, first: str, last: str) -> str:
    """A box at an event, as the ledger has it; the event's title."""
    event = make_event(world.organiser_id)
    wanted = period(first, last)
    with transaction():
        row = db.session.execute(
            insert(EventBoxes)
            .values(
                organiser_id=world.organiser_id, event_id=event.id, scenario_id=world.scenario_id, boxes=1,
                from_date=wanted.first.date, from_half=wanted.first.half, to_date=wanted.last.date,
                to_half=wanted.last.half, created_at=NOW,
            )
            .returning(EventBoxes.id)
        ).scalar_one()  # fmt: skip
        take(
            ResourceKind.BOX, box_id, Purpose.EVENT, row, wanted, wanted, organiser_id=world.organiser_id,
            zone=lending_zone(), now=NOW,
        )  # fmt: skip
    return event.title_en


def test_two_loans_exchange_their_boxes_and_take_them_back(whole_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    one, other = world.enter(), world.enter("2027-02-02 pm", "2027-02-04 am")
    before = {made.id: held(made.id) for made in (one, other)}
    with transaction():
        agree_loan(one.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    client, loan = desk(whole_app, world.organiser_id), get_loan(one.id)
    picking = client.get(f"{BASE}?{WEEK}&pick={loan.reference}.{loan.box_codes[0]}").text
    assert f'name="box" value="{before[other.id][0]}"' in picking
    said, fields = asked(client, loan, box=str(before[other.id][0]))
    mine, theirs = world.code(before[one.id][0]), world.code(before[other.id][0])
    assert f"gets {mine} instead of {theirs}" in said
    assert f"gets {theirs} instead of {mine}" in said
    assert "accept the agreement again" in said
    assert held(one.id) == before[one.id]  # nothing before the answer
    answer = client.post(f"{BASE}/move", data=fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}?{WEEK}")
    assert (held(one.id), held(other.id)) == (before[other.id], before[one.id])
    assert get_loan(one.id).state is LoanState.APPROVED
    assert mails() == 2
    assert f'action="{BASE}/move/undo"' in client.get(f"{BASE}?{WEEK}").text
    assert client.post(f"{BASE}/move/undo").status_code == 303
    assert {made.id: held(made.id) for made in (one, other)} == before
    assert mails() == 4
    assert client.post(f"{BASE}/move/undo").status_code == 303  # once: the second time nothing is there
    assert mails() == 4


def test_a_box_that_somebody_got_meanwhile_is_not_exchanged_unasked(whole_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    one = world.enter()
    (mine,), client = held(one.id), desk(whole_app, world.organiser_id)
    spare = str(next(box for box in world.box_ids if box != mine))
    _said, fields = asked(client, get_loan(one.id), box=spare)
    third = world.enter()  # gets the box that the question called free
    before = get_loan(third.id)
    assert client.post(f"{BASE}/move", data=fields).status_code == 409
    assert (held(one.id), get_loan(third.id)) == ([mine], before)
    with transaction():
        move_loan(third.id, LoanMove.CANCEL, reason=LoanCancel.OTHER, by=STAFF, now=NOW)
    long = WEEK + "&q=" + "x" * 6000
    answer = client.post(f"{BASE}/move", data=fields | {"back": long})
    assert (answer.status_code, held(one.id)) == (303, [int(spare)])
    assert max(map(len, answer.headers.getlist("Set-Cookie"))) < 4093  # browsers drop what is longer
    third = world.enter()  # gets the box that the loan had before
    before = get_loan(third.id)
    client.post(f"{BASE}/move/undo")
    assert (held(one.id), get_loan(third.id)) == ([int(spare)], before)
    assert "no longer free on these days" in client.get(f"{BASE}?{WEEK}").text


def test_an_exchange_asked_for_is_made_with_that_loan_as_it_was_shown(whole_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    one, other = world.enter(), world.enter("2027-02-02 pm", "2027-02-04 am")
    client = desk(whole_app, world.organiser_id)
    _said, fields = asked(client, get_loan(one.id), box=str(held(other.id)[0]))
    with transaction():
        change_dates(other.id, period("2027-02-02 pm", "2027-02-05 am"), by=STAFF, now=NOW)
    before = get_loan(other.id)
    assert client.post(f"{BASE}/move", data=fields).status_code == 409
    assert get_loan(other.id) == before


def test_other_dates_keep_the_open_half_days_and_another_box_stands_in(whole_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    made, other = world.enter("2027-02-04 am", "2027-02-05 pm"), world.enter("2027-02-09 am", "2027-02-10 am")
    loan, taken = get_loan(made.id), get_loan(other.id).loan_boxes[0]
    if taken.box_id != loan.loan_boxes[0].box_id:  # both on one box, so that it is taken on the new days
        client = desk(whole_app, world.organiser_id)
        _said, fields = asked(client, get_loan(other.id), box=str(loan.loan_boxes[0].box_id))
        assert client.post(f"{BASE}/move", data=fields).status_code == 303
    client = desk(whole_app, world.organiser_id)
    spare = next(box for box in world.box_ids if box != loan.loan_boxes[0].box_id)
    said, fields = asked(client, loan, day="2027-02-05", half="am")
    assert re.search("from Friday 5 February, .*morning,? to Monday 8 February 2027, .*afternoon", said)
    assert f"{loan.box_codes[0]} is promised to" in said
    assert f"gets {world.code(spare)} instead of {loan.box_codes[0]}" in said
    assert client.post(f"{BASE}/move", data=fields).status_code == 303
    moved = get_loan(made.id)
    assert (moved.from_date, moved.to_date, held(made.id)) == (date(2027, 2, 5), date(2027, 2, 8), [spare])
    assert client.post(f"{BASE}/move/undo").status_code == 303
    assert (get_loan(made.id).period, held(made.id)) == (loan.period, [loan.loan_boxes[0].box_id])
    far, fields = asked(client, get_loan(made.id), day="2027-05-03", half="pm")
    assert client.post(f"{BASE}/move", data=fields).headers["Location"] == f"{BASE}?from=2027-05-03"
    assert "Instead of: from Thursday 4 February" in far


def test_what_stands_in_the_way_is_said_and_nothing_changes(whole_app: Flask) -> None:
    world = make_world(boxes=3, asks_accreditation=False)
    loan = get_loan(world.enter().id)
    rest = [box for box in world.box_ids if box not in held(loan.id)]
    title = at_event(world, rest[0], "2027-02-02 am", "2027-02-02 pm")
    with transaction():
        put_out_of_service(
            rest[1], OutReason.BROKEN, until=None, note="", organiser_id=world.organiser_id,
            today=date(2027, 1, 11), by=STAFF, now=NOW,
        )  # fmt: skip
        draft = ScenarioDraft(code="AUTRE", title_fr="Autre jeu")
        scenario_id = create_scenario(draft, organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
        foreign = create_box(scenario_id, BoxDraft("AUTRE-1"), organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    client = desk(whole_app, world.organiser_id)
    board = client.get(f"{BASE}?{WEEK}").text
    bar = next(part for part in board.split("<td") if "bar-use bar-event" in part)
    assert title in unescape(bar)
    assert "data-move" not in bar
    for values, words in (
        ({"box": str(rest[0])}, title),
        ({"box": str(rest[1])}, "is out of service: Broken"),
        ({"box": str(foreign)}, "AUTRE-1 is a box of AUTRE, and this loan is for"),
        ({"box": str(held(loan.id)[0])}, "The loan has"),
        ({"day": "2027-01-08", "half": "am"}, "This day is over"),
    ):
        said, fields = asked(client, loan, **values)
        assert "This cannot be done" in said
        assert words in said
        assert fields == {}
        data = {"loan": loan.reference, "has": loan.box_codes[0], "revision": str(loan.revision), **values}
        assert client.post(f"{BASE}/move", data=data).status_code == 409
        assert ("An event’s boxes change on the event’s page" in said) is (words == title)
    assert (get_loan(loan.id), mails()) == (loan, 0)


def test_a_conflict_is_said_once(sqlite_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    loans = [get_loan(world.enter(f"2027-{day} am", f"2027-{day} pm", boxes=2).id) for day in ("02-01", "03-01")]
    client, box = desk(sqlite_app, world.organiser_id), world.box_ids[0]
    assert 'class="notice' not in client.get(f"{BASE}?{WEEK}").text
    break_box(world, box)
    words = f"{world.code(box)} is out of service: Broken. {loans[0].structure_name} has it: Monday 1 February 2027"
    page = text_of(client.get(f"{BASE}?{WEEK}").text)
    assert page.count("2 loans or events cannot have their box") == page.count("On the days shown:") == 1
    assert (page.count(words), page.count("has it: ")) == (1, 1)
    page = text_of(client.get(f"{BASE}?{WEEK}&days=90&state=out_of_service&depot=").text)
    assert (page.count("has it: "), page.count("On the days shown:"), page.count("1 filter is set")) == (2, 0, 1)


def test_a_conflict_that_can_wait_says_so(sqlite_app: Flask) -> None:
    world = make_world(boxes=1, asks_accreditation=False)
    late = lend(world, at=datetime(2027, 2, 1, 8, tzinfo=PARIS))
    world.enter("2027-03-16 am", "2027-03-16 pm")
    client = desk(sqlite_app, world.organiser_id)
    set_clock(sqlite_app.extensions, FEBRUARY)
    page = text_of(client.get(f"{BASE}?from=2027-03-15").text)
    assert page.count("1 loan or event can wait") == page.count("This can wait.") == 1
    assert f"has not come back from its last loan ({get_loan(late).reference})." in page
    assert "cannot have" not in page


def test_an_answer_that_is_too_old_changes_nothing(sqlite_app: Flask) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    loan = get_loan(world.enter().id)
    client = desk(sqlite_app, world.organiser_id)
    spare = next(box for box in world.box_ids if box not in held(loan.id))
    _said, fields = asked(client, loan, box=str(spare))
    _said, dates = asked(client, loan, day="2027-02-09", half="am")
    assert client.post(f"{BASE}/move", data=dates).status_code == 303
    late = client.post(f"{BASE}/move", data=fields)
    assert late.status_code == 409
    assert "Somebody changed this loan" in late.text
    assert held(loan.id) == [loan.loan_boxes[0].box_id]
    gone = client.get(f"{BASE}/move?loan=PR-NONE&has=X&box=1")
    assert gone.status_code == 303
    unread = client.get(f"{BASE}/move?loan={loan.reference}&has={loan.box_codes[0]}&day=9999-99-99")
    assert f"pick={loan.reference}" in unread.headers["Location"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER])
def test_a_viewer_sees_bars_without_names_and_moves_nothing(sqlite_app: Flask, role: Role) -> None:
    world = make_world(boxes=2, asks_accreditation=False)
    loan = get_loan(world.enter().id)
    client = desk(sqlite_app, world.organiser_id, role)
    pages = [client.get(f"{BASE}?{WEEK}").text, client.get(f"{BASE}/print?month=2027-02").text]
    for page in pages:
        assert loan.reference in page
        assert (loan.structure_name in page) is (role is Role.MANAGER)
    assert ("data-move" in pages[0]) is (role is Role.MANAGER)
    assert "data-move" not in pages[1]
    searched = client.get(f"{BASE}?{WEEK}&q={loan.structure_name}").text
    assert (loan.reference in searched) is (role is Role.MANAGER)
    query = f"loan={loan.reference}&has={loan.box_codes[0]}&box={world.box_ids[1]}"
    allowed = client.get(f"{BASE}/move?{query}").status_code
    assert allowed == (200 if role is Role.MANAGER else 403)


def test_filters_and_days(sqlite_app: Flask) -> None:
    world = make_world(boxes=1, asks_accreditation=False)
    scenario = world.scenario.code
    with transaction():
        for code, depot in ((f"{scenario}-X", "Longvic"), (f"{scenario}-Y", "Dijon")):
            create_box(
                world.scenario_id, BoxDraft(code, depot=depot), organiser_id=world.organiser_id, by=SYSTEM, now=NOW
            )
        add_closure(
            world.organiser_id, date(2027, 2, 10), date(2027, 2, 10), "Inventaire annuel", by=SYSTEM, now=NOW
        )  # fmt: skip
    made = get_loan(world.enter("2027-02-06 am", "2027-02-06 pm").id)  # a Saturday
    code = made.box_codes[0]
    client = desk(sqlite_app, world.organiser_id)

    def rows(query: str) -> set[str]:
        return set(re.findall(r'data-code="([^"]+)"', client.get(f"{BASE}?{WEEK}&{query}").text))

    every = {world.code(world.box_ids[0]), f"{scenario}-X", f"{scenario}-Y"}
    assert rows("") == every
    assert rows(f"scenario={scenario}&depot=Longvic") == {f"{scenario}-X"}
    assert rows("scenario=NONE") == set()
    assert rows("state=free") == every - {code}
    assert rows("state=away") == rows("trouble=1") == rows("state=out_of_service") == set()
    assert rows("state=ready") == every
    assert rows(f"q={made.structure_name.replace(' ', '+')}") == {code}

    def days(query: str) -> list[str]:
        return re.findall(r'class="day-number">(\d+)<', client.get(f"{BASE}?{query}").text)

    assert days(WEEK) == ["1", "2", "3", "4", "5", "6", "8", "9", "10", "11", "12"]  # and that Saturday
    assert days("from=2027-02-17&days=month") == [str(day) for day in range(1, 29)]
    assert len(days("from=2027-02-17&days=90")) == 65
    assert days("from=none&days=-3") == days("from=2027-01-11")
    month = client.get(f"{BASE}?from=2027-02-17&days=month").text
    assert "Inventaire annuel" in month
    assert "from=2027-01-01&amp;days=month" in month
    paper = client.get(f"{BASE}/print?month=2027-02&size=a3").text
    assert "Inventaire annuel" in text_of(paper)
    assert 'class="desk board-paper board-a3"' in paper
    assert "Wed 10: Inventaire annuel" in text_of(paper)
    assert client.get(f"{BASE}/print?month=2027-99").status_code == 200


def test_an_empty_inventory_says_what_will_be_there(sqlite_app: Flask) -> None:
    client = desk(sqlite_app, make_organiser())
    assert "No box yet" in client.get(BASE).text
    assert "No box yet" in client.get(f"{BASE}/print").text


def test_a_board_is_read_in_a_fixed_number_of_statements(whole_app: Flask) -> None:
    world = make_world(boxes=3, asks_accreditation=False)

    def statements() -> int:
        with counted_statements() as counted:
            box_board(world.organiser_id, date(2027, 2, 1), date(2027, 2, 28), now=NOW)
        return int(counted)

    few = statements()
    for day in ("08", "15", "22"):
        world.enter(f"2027-02-{day} am", f"2027-02-{day} pm")
    at_event(world, world.box_ids[0], "2027-02-26 am", "2027-02-26 pm")
    assert (few, statements()) == (5, 5)
