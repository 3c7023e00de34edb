"""What a phone counts beyond one passage: spaces that fill, people who were not registered, who is let in all the same."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from app.checkin.queries import list_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.operations import cancel_registration
from tests.browser.door_engine import SCAN, Hall, running_hall, sent, wait_for
from tests.factories import DAY_ONE

pytestmark = pytest.mark.browser

AT_SPACE = """async (name) => {
  const place = door.places.find(({ space }) => space && space.name === name);
  await door.choose(place.id, "in");
  return place.space.id;
}"""
WALK_IN = """(more) => door.walkIn({
  audience: door.setup.audiences.find(({ code }) => code !== "school").code, participants: 1, companions: 0, name: "", ...more,
})"""


LATER = """([days, what]) => {
  for (const one of what === "both" ? [Date, performance] : [Date]) {
    const now = one.now.bind(one);
    one.now = () => now() + days * 86400000;
  }
}"""


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    with running_hall(sqlite_app) as found:
        set_clock(sqlite_app.extensions, DAY_ONE)
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context() as opened:
        yield opened


def test_a_space_says_how_many_more_it_holds_and_sends_nobody_in_beyond(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    space = page.evaluate(AT_SPACE, "Orientation")
    assert page.evaluate("(id) => door.room(id).left", space) == 20
    page.evaluate(SCAN, hall.everybody()[1:6])
    room = page.evaluate("(id) => door.room(id)", space)
    assert (room["left"], room["present"], room["full"]) == (15, 5, False)
    refused = page.evaluate("(code) => door.scan(code)", hall.class_.ticket_code)
    assert (refused["answer"]["reason"], refused["overridable"]) == ("space_full", True)
    assert page.evaluate("door.kept") == 5
    why = {"reason": "told", "note": ""}
    let_in = page.evaluate("([code, override]) => door.scan(code, { override })", [hall.class_.ticket_code, why])
    assert (let_in["answer"]["result"], let_in["over"]) == ("accepted", True)
    assert page.evaluate("(id) => [door.room(id).left, door.room(id).full, door.room(id).present]", space) == [
        0,
        True,
        35,
    ]
    page.evaluate(AT_SPACE, "Grande salle")
    page.evaluate(SCAN, hall.everybody()[1:3])
    assert page.evaluate("(id) => door.room(id).present", space) == 33
    context.set_offline(False)
    sent(page)
    wait_for(page, f"door.room({space}).present === 33 && door.present === 35")
    overruled = [row for row in hall.scans().values() if row.override_reason]
    assert [(row.override_reason.value, row.over) for row in overruled] == [("told", True)]
    assert len(hall.scans()) == 8
    assert page.evaluate("told") == []


def test_a_cancelled_ticket_is_let_in_with_a_reason(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    with hall.app.app_context():
        with transaction():
            cancel_registration(hall.visitors[0].id, by=SYSTEM, now=clock.now())
        db.session.remove()
    assert page.evaluate("door.send()") is True
    code = hall.visitors[0].ticket_code
    wait_for(page, "door.online")
    refused = page.evaluate("(code) => door.scan(code)", code)
    assert (refused["answer"]["reason"], refused["overridable"]) == ("cancelled", True)
    override = {"reason": "other", "note": "Vient avec sa sœur"}
    let_in = page.evaluate("([code, override]) => door.scan(code, { override })", [code, override])
    assert let_in["answer"]["result"] == "accepted"
    sent(page)
    assert page.evaluate("told") == []
    with hall.app.app_context():
        assert [line.note for line in list_scans(hall.visitors[0].id) if line.override] == ["Vient avec sa sœur"]


def test_somebody_typed_by_their_number_passes_and_can_be_taken_back(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    page.evaluate(SCAN, [hall.class_.reference])
    sent(page)
    assert hall.present == 30
    page.evaluate("door.undo(door.recent[0].id)")
    sent(page)
    assert hall.present == 0
    assert page.evaluate("told") == []


def test_who_was_not_registered_takes_a_place_with_network_and_is_noted_without(
    hall: Hall, context: BrowserContext
) -> None:
    page = hall.enrolled(context)
    taken = page.evaluate(WALK_IN, {"name": "Ana Moreau"})
    assert taken["result"] == "taken"
    assert taken["reference"]
    wait_for(page, "door.kept === 0 && door.tickets === 12 && door.present === 1")
    context.set_offline(True)
    page.evaluate("fetch('/healthz').catch(() => null)")
    noted = page.evaluate(WALK_IN, {"participants": 2})
    assert (noted["result"], page.evaluate("[door.kept, door.present]")) == ("kept", [1, 3])
    context.set_offline(False)
    sent(page)
    wait_for(page, "door.present === 3")
    assert hall.present == 3


def test_without_room_nobody_is_kept_unless_staff_say_why(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    many = {"participants": 500}
    full = page.evaluate(WALK_IN, many)
    assert (full["result"], page.evaluate("[door.kept, door.recent.length]")) == ("full", [0, 0])
    over = page.evaluate(WALK_IN, {"participants": 3, "over": True, "reason": "told"})
    assert over["result"] in {"taken", "over"}
    sent(page)
    assert hall.present == 3


def test_a_clock_that_is_put_forward_is_measured_though_nothing_is_new(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    assert page.evaluate("door.send()") is True
    before = page.evaluate("door.offset")
    page.evaluate(LATER, [1, "clock"])
    assert page.evaluate("door.send()") is True
    assert abs(before - page.evaluate("door.offset") - 86_400_000) < 60_000
    page.evaluate("door.endInTime()")
    assert page.evaluate("[door.state, door.tickets]") == ["enrolled", 11]


def test_at_the_events_end_the_list_goes_also_without_network(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate(SCAN, hall.everybody()[:2])
    page.evaluate(LATER, [1, "clock"])
    page.evaluate("door.endInTime()")
    assert page.evaluate("[door.state, door.tickets]") == ["enrolled", 11]  # somebody set the phone's clock forward
    page.evaluate(LATER, [39, "both"])
    page.evaluate("door.endInTime()")
    assert page.evaluate("[door.state, door.tickets, door.kept]") == ["over", 0, 2]
    assert "Trois-Rivi" not in str(
        page.evaluate("Promise.all(['kept', 'rows', 'queue'].map((s) => door.shelf.all(s)))")
    )
    context.set_offline(False)
    sent(page)
    assert hall.present == 31
