"""A phone at a door with a poor network: it decides alone, keeps what happened, and the server gets each passage once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.core import clock
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.operations import cancel_registration
from tests.browser.chromium import EXECUTABLE, FLAGS
from tests.browser.door_engine import OPEN, SCAN, Hall, installed, moment, running_hall, sent, wait_for
from tests.factories import NOW, make_registration, person_draft

pytestmark = pytest.mark.browser

NOT_TOLD_APART = timedelta(seconds=5)
QUEUE = "door.queue.all.map(({ id, item, state }) => [id, item.scanned_at, state])"
TWO_HOURS = """{
  const Real = Date;
  const ahead = 2 * 3600 * 1000;
  window.Date = class extends Real {
    constructor(...parts) { if (parts.length) super(...parts); else super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
}"""
FULL = """{
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...values) {
    if (window.full) throw new DOMException("no room", "QuotaExceededError");
    return put.apply(this, values);
  };
}"""


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    with running_hall(sqlite_app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context() as opened:
        yield opened


def test_the_list_alone_answers_and_nothing_of_it_says_who_people_are_beyond_their_label(
    hall: Hall, context: BrowserContext
) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    found = page.evaluate("(code) => door.look(code)", hall.class_.ticket_code)
    assert (found["asks"], found["ask"]) == (True, {"participants": 28, "companions": 2})
    assert found["ticket"]["label"] == "3e B · Collège des Trois-Rivières"
    assert found["ticket"]["time"] == "Thursday 4 February, 9:00\N{NO-BREAK SPACE}am"
    typed = f" {hall.class_.reference.lower().replace('-', ' ')} "
    assert page.evaluate("(text) => door.look(text)", typed)["ticket"]["reference"] == hall.class_.reference
    assert page.evaluate("door.search('trois-rivieres 3E')[0].reference") == hall.class_.reference
    assert page.evaluate("door.search('nobody').length") == 0
    first, again = page.evaluate(SCAN, [hall.class_.ticket_code] * 2)
    assert (first["result"], first["present"]) == ("accepted", {"participants": 28, "companions": 2})
    assert (again["result"], again["reason"]) == ("duplicate", "already_in")
    assert page.evaluate(SCAN, ["0" * 26])[0]["reason"] == "unknown"
    assert (page.evaluate("door.present"), page.evaluate("door.kept")) == (30, 3)
    kept = page.evaluate("door.shelf.all('rows')")
    assert "@" not in str(kept)
    assert hall.class_.ticket_code not in str(kept)


def test_a_browser_closed_without_network_keeps_what_happened_and_sends_each_once_with_its_time(
    hall: Hall, chromium: Browser, tmp_path: Path
) -> None:
    def phone() -> BrowserContext:
        return chromium.browser_type.launch_persistent_context(
            tmp_path / "phone", executable_path=EXECUTABLE, args=FLAGS
        )

    with phone() as first:
        page = hall.enrolled(first)
        installed(page)
        first.set_offline(True)
        answers = page.evaluate(SCAN, hall.everybody())
        assert {answer["result"] for answer in answers} == {"accepted"}
        kept = page.evaluate(QUEUE)
    assert hall.scans() == {}
    with phone() as second:
        second.set_offline(True)
        page = hall.reopened(second)
        assert page.evaluate("[door.state, door.present, door.kept, door.tickets]") == ["enrolled", 40, 11, 11]
        assert page.evaluate(SCAN, [hall.class_.ticket_code])[0]["result"] == "duplicate"
        kept += page.evaluate(QUEUE)[-1:]
        second.set_offline(False)
        sent(page)
    assert [(scan_id, row.scanned_at) for scan_id, row in hall.scans().items()] == [
        (scan_id, moment(at)) for scan_id, at, _ in kept
    ]
    assert hall.present == 40


def test_a_clock_that_is_two_hours_wrong_tells_the_right_times(hall: Hall, context: BrowserContext) -> None:
    set_clock(hall.app.extensions, None)  # both count from the same time, the phone two hours ahead
    context.add_init_script(TWO_HOURS)
    page = hall.enrolled(context)
    began = datetime.now(UTC)
    context.set_offline(True)
    page.evaluate(SCAN, hall.everybody()[:2])
    shown = page.evaluate("door.queue.all.map(({ item }) => item.device_at)")
    context.set_offline(False)
    sent(page)
    for row, told in zip(hall.scans().values(), shown, strict=True):
        assert abs(row.scanned_at - began) < timedelta(seconds=30)
        assert timedelta(hours=1, minutes=59) < moment(told) - row.scanned_at < timedelta(hours=2, minutes=1)
    assert abs(page.evaluate("door.offset") + timedelta(hours=2) / timedelta(milliseconds=1)) < 5000


def test_two_tabs_are_one_phone(hall: Hall, context: BrowserContext) -> None:
    first = hall.enrolled(context)
    second = hall.page(context)
    assert second.evaluate("[door.state, door.tickets]") == ["enrolled", 11]
    context.set_offline(True)
    first.evaluate(SCAN, hall.everybody()[:6])
    wait_for(second, "door.kept === 6")
    assert second.evaluate(SCAN, hall.everybody()[:1])[0]["result"] == "duplicate"
    second.evaluate(SCAN, hall.everybody()[6:])
    wait_for(first, "door.kept === 12 && door.present === 40")
    context.set_offline(False)
    sent(first)
    sent(second)
    assert len(hall.scans()) == 12
    assert hall.present == 40


def test_what_the_server_answers_otherwise_is_told_and_stays_until_it_is_read(
    hall: Hall, context: BrowserContext
) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    with hall.app.app_context():
        with transaction():
            cancel_registration(hall.visitors[0].id, by=SYSTEM, now=NOW)
        new = make_registration(hall.event, person_draft(hall.event))
        db.session.remove()
    answers = page.evaluate(SCAN, [hall.visitors[0].ticket_code, new.ticket_code])
    assert [answer["result"] for answer in answers] == ["accepted", "refused"]
    assert page.evaluate("door.present") == 1
    context.set_offline(False)
    sent(page)
    wait_for(page, "door.tickets === 12 && door.present === 1")
    corrections = page.evaluate("door.corrections")
    assert [(one["was"]["result"], one["now"]["result"], one["now"]["reason"]) for one in corrections] == [
        ("accepted", "refused", "cancelled"),
        ("refused", "accepted", None),
    ]
    assert [kind for kind, *_ in page.evaluate("told")] == ["correction", "correction"]
    page.reload()
    page.evaluate(OPEN)
    assert len(page.evaluate("door.corrections")) == 2
    page.evaluate("door.readCorrections()")
    assert page.evaluate("(code) => door.look(code)", hall.visitors[0].ticket_code)["refused"]["reason"] == "cancelled"


def test_a_ticket_made_a_moment_ago_is_found_where_there_is_network(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    with hall.app.app_context():
        new = make_registration(hall.event, person_draft(hall.event))
        db.session.remove()
    assert page.evaluate("(code) => door.look(code)", new.ticket_code)["ticket"]["reference"] == new.reference


def test_a_full_storage_is_said_and_nothing_is_lost_while_the_page_is_open(hall: Hall, context: BrowserContext) -> None:
    context.add_init_script(FULL)
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate("window.full = true")
    assert page.evaluate(SCAN, [hall.class_.ticket_code])[0]["result"] == "accepted"
    assert page.evaluate(SCAN, [hall.class_.ticket_code])[0]["result"] == "duplicate"
    assert page.evaluate("[door.storage.full, door.storage.held, door.kept]") == [True, 2, 2]
    assert page.evaluate("told") == [["storage", "full"]]
    context.set_offline(False)
    sent(page)
    assert len(hall.scans()) == 2
    assert hall.present == 30
    page.evaluate("window.full = false")
    assert page.evaluate("door.send()") is True
    wait_for(page, "door.storage.held === 0")
    assert page.evaluate("[door.storage.full, door.storage.held]") == [False, 0]
    assert page.evaluate("told") == [["storage", "full"], ["storage", "ok"]]


def test_held_in_memory_it_goes_to_the_disk_as_soon_as_there_is_room(hall: Hall, context: BrowserContext) -> None:
    context.add_init_script(FULL)
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate("window.full = true")
    page.evaluate(SCAN, hall.everybody()[:3])
    page.evaluate("window.full = false")
    page.evaluate(SCAN, hall.everybody()[3:4])
    assert page.evaluate("door.storage.held") == 0
    context.set_offline(False)
    with context.expect_page() as opened:
        page.evaluate("(url) => { window.open(url); }", f"{hall.url}/healthz")
    page.close()
    later = opened.value
    later.evaluate(OPEN)
    sent(later)
    assert len(hall.scans()) == 4


def revoke(hall: Hall) -> None:
    """As if staff did it a little later: a phone's clock is known to some tenths of a second, passages of just now too."""
    with hall.app.app_context():
        (device,) = list_devices(hall.event.id)
        with transaction():
            revoke_device(device, by=SYSTEM, now=clock.now() + NOT_TOLD_APART)
        db.session.remove()


def test_a_revoked_phone_sends_what_it_has_and_forgets_the_list(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate(SCAN, hall.everybody()[:5])
    revoke(hall)
    context.set_offline(False)
    wait_for(page, "door.state === 'revoked' && door.tickets === 0 && door.kept === 0")
    assert len(hall.scans()) == 5
    assert hall.present == 34
    assert page.evaluate("told.map(([type]) => type)") == ["revoked"]
    assert page.evaluate("Promise.all(['rows', 'queue'].map((store) => door.shelf.all(store)))") == [[], []]
    assert "Trois-Rivi" not in str(page.evaluate("door.shelf.all('kept')"))
    with pytest.raises(Exception, match="revoked"):
        page.evaluate(SCAN, hall.everybody()[:1])
    page.evaluate("async (code) => { await door.enrol(code, 'Again'); }", hall.code())
    assert page.evaluate("[door.state, door.tickets]") == ["enrolled", 11]


def test_who_logs_out_is_told_what_was_not_sent_and_then_nothing_is_left(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate(SCAN, hall.everybody()[:2])
    assert page.evaluate("door.leave()") == {"left": False, "unsent": 2, "people": 31}
    context.set_offline(False)
    assert page.evaluate("door.leave()") == {"left": True}
    assert len(hall.scans()) == 2
    assert page.evaluate("[door.state, door.tickets, door.kept]") == ["none", 0, 0]
    assert page.evaluate("Promise.all(['kept', 'rows', 'queue'].map((s) => door.shelf.all(s)))") == [[], [], []]
    with hall.app.app_context():
        (device,) = list_devices(hall.event.id)
    assert device.signed_out_at is not None


def test_a_passage_is_taken_back_before_and_after_the_server_knows_of_it(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    for offline in (True, False):
        context.set_offline(offline)
        page.evaluate(SCAN, [hall.class_.ticket_code])
        if not offline:
            sent(page)
        assert page.evaluate("door.present") == 30
        answer = page.evaluate("async () => (await door.undo(door.recent[0].id)).answer")
        assert (answer["result"], answer["present"]) == ("accepted", {"participants": 0, "companions": 0})
        assert page.evaluate("[door.present, door.recent[0].undone]") == [0, True]
        assert page.evaluate("(code) => door.look(code)", hall.class_.ticket_code)["asks"] is True
    sent(page)
    wait_for(page, "door.present === 0")
    assert hall.present == 0
    assert len(hall.scans()) == 4
    assert page.evaluate("told") == []
