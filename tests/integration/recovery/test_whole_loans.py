"""A loan that lost several boxes is one loan: it is counted once, moved or called off as a whole, and said so."""

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.enums import AcceptedHow, LoanState
from app.loans.mails import changed
from app.loans.notifications import CHANGED_MAIL
from app.loans.operations import agree_loan
from app.loans.operations.agreements import store_agreement
from app.loans.queries import get_loan
from app.messages.models import Message
from app.messages.rendering import RenderContext
from app.recovery.queries import count_trouble
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.integration.recovery.test_pages import BASE, desk, form_of
from tests.integration.recovery.world import box_of, break_box, chosen, lend, row_of, settled, trouble


def broken_twice(world: LoanWorld) -> int:
    """A loan of two boxes, both broken since."""
    loan_id = world.enter(boxes=2).id
    for box_id in (box_of(loan_id), box_of(loan_id, 1)):
        break_box(world, box_id)
    return loan_id


def test_it_is_counted_once_and_not_called_off_while_a_box_of_it_is_left(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = broken_twice(world)
    assert count_trouble(world.organiser_id, now=NOW).total == 1
    assert "1 loan or event cannot have its box" in re.sub(r"\s+", " ", desk(sqlite_app, world).get(BASE).text)
    client = desk(sqlite_app, world)
    data = form_of(client.get(BASE).text)
    first, second = (name for name in data if name.startswith("do-"))
    answer = client.post(BASE, data={**data, first: "off"})
    assert answer.status_code == 409
    assert "Several of its boxes are away" in answer.text
    assert get_loan(loan_id).state is LoanState.APPROVED
    assert client.post(BASE, data={**data, first: "off", second: "off"}).status_code == 302
    db.session.rollback()
    assert get_loan(loan_id).state is LoanState.CANCELLED


def test_a_change_that_was_taken_back_is_told_as_such(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    loan_id = world.enter().id
    code = world.code(box_of(loan_id))
    break_box(world, box_of(loan_id))
    client = desk(sqlite_app, world)
    answer = client.post(BASE, data=form_of(client.get(BASE).text))
    done = client.get(answer.headers["Location"]).text
    new = world.code(box_of(loan_id))
    assert f"Box {new} instead of {code}." in done
    (key,) = re.findall(r'name="key" value="([^"]+)"', done)
    page = client.post(f"{answer.headers['Location']}/back", data={"key": key}, follow_redirects=True).text
    assert f"Box {code} again: the change was taken back." in page
    assert f"Box {new} instead of {code}." not in page


def test_an_agreement_is_accepted_again_only_by_whom_accepted_it(sqlite_app: Flask) -> None:
    world = make_world(boxes=4)
    never, before = world.enter().id, world.enter().id
    with transaction():
        store_agreement(before, b"%PDF", 1, revision=get_loan(before).revision, now=NOW)
        agree_loan(before, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW, number=1)
    for loan_id in (never, before):
        break_box(world, box_of(loan_id))
        settled(world, chosen(row_of(trouble(world), loan_id)))
    told = {loan_id: mail_of(loan_id) for loan_id in (never, before)}
    assert "Read it and accept it." in told[never]
    assert "Read it and accept it again." in told[before]


def mail_of(loan_id: int) -> str:
    """The text of the mail that says what changed."""
    mine = select(Message).where(Message.subject == f"loan:{loan_id}", Message.template == CHANGED_MAIL)
    row = db.session.execute(mine).scalar_one()
    mail = changed(RenderContext(row.params, "en", row.organiser_id, NOW, row.subject, row.id))
    assert mail is not None
    return mail.text


def test_a_box_that_is_away_is_shown_as_taken_until_it_is_back(sqlite_app: Flask) -> None:
    """Late, or in repair for longer than was expected: free on no day that comes, or not today."""
    world = make_world(boxes=3)
    now = NOW + timedelta(days=60)
    late = lend(world, f"{NOW.date() + timedelta(days=3)} am", f"{NOW.date() + timedelta(days=3)} pm", at=NOW)
    broken = next(box for box in world.box_ids if box != box_of(late))
    break_box(world, broken, until=NOW.date() + timedelta(days=10))
    set_clock(sqlite_app.extensions, now)
    client = sign_in_as(sqlite_app, make_member(world.organiser_id, Role.VIEWER)[0])
    client.set_cookie("lang", "en")
    page = client.get(f"/manage/boxes?from={now.date() + timedelta(days=14)}").text
    assert "bar-late" in row_for(page, world.code(box_of(late)))
    assert "bar-repair" not in row_for(page, world.code(broken))
    here = client.get(f"/manage/boxes?from={now.date()}").text
    assert "was expected back on" in row_for(here, world.code(broken))
    free = client.get(f"/manage/boxes?from={now.date()}&state=free").text.partition("<table")[2]
    shown = [world.code(box) for box in world.box_ids if f"/manage/boxes/all/{world.code(box)}" in free]
    assert shown == [world.code(box) for box in world.box_ids if box not in (broken, box_of(late))]


def row_for(page: str, code: str) -> str:
    return next(row for row in page.split("<tr")[1:] if f"/manage/boxes/all/{code}" in row)
