"""The pages of an event's boxes: booked, refused in words, changed, swapped, given back; who sees them, and what a copy offers."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.accounts.enums import Role
from app.boxes.queries import get_facilitator
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.cloning import CopyDraft
from app.events.drafts import StopDraft
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.operations.cloning import clone_event
from app.events.operations.deleting import delete_event
from app.events.operations.reopening import reopen_event
from app.events.queries import EventRow, get_event
from app.flows.date_mapping import Shift
from app.flows.postponing import postpone_event
from app.loans.operations.at_events import end_event_boxes
from app.loans.queries_events import list_event_boxes
from tests.factories import NOW, forum, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.event_world import DAY, book, forum_of
from tests.integration.loans.world import LoanWorld, make_world


@pytest.fixture
def world(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> LoanWorld:
    monkeypatch.setattr("app.core.clock.now", lambda: NOW)
    return make_world(boxes=3)


@pytest.fixture
def event(world: LoanWorld) -> EventRow:
    return forum_of(world, forum(stops=(StopDraft("Défi", 20, "Challenge", box="La molécule perdue"),)))


def member(app: Flask, world: LoanWorld, role: Role = Role.MANAGER) -> FlaskClient:
    client = sign_in_as(app, make_member(world.organiser_id, role)[0])
    client.set_cookie("lang", "en")
    return client


def sent(world: LoanWorld, event: EventRow, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "scenario": world.scenario_id, "boxes": "2", "stop": str(event.stops[0].id), "first_day": DAY, "first_half": "am",
        "last_day": DAY, "last_half": "pm", "facilitators": str(world.facilitator_id),
    }  # fmt: skip
    return values | changes


def test_booking_changing_swapping_giving_back(sqlite_app: Flask, world: LoanWorld, event: EventRow) -> None:
    client, base = member(sqlite_app, world), f"/manage/events/{event.slug}/boxes"
    empty = client.get(base).text
    assert "This event uses no boxes" in empty
    assert "Stops that name a box" in empty
    form = client.get(f"{base}/new?stop={event.stops[0].id}", follow_redirects=True).text
    assert f'<option selected value="{world.scenario_id}">' in form
    assert f'value="{DAY}"' in form
    assert client.post(f"{base}/new", data=sent(world, event)).status_code == 302
    (row,) = list_event_boxes(event.id)
    page = client.get(base).text
    assert "The boxes are kept for the event." in page
    assert all(code in page for code in row.box_codes)
    assert "Challenge · " in page
    assert "Thursday 4 February 2027" in page
    assert "Stops that name a box" not in page
    assert client.post(f"{base}/{row.id}", data=sent(world, event, boxes="1", stop="")).status_code == 302
    (changed,) = list_event_boxes(event.id)
    assert (changed.box_codes, changed.stop_id) == (row.box_codes[:1], None)
    swap = f"{base}/{row.id}/swap/{changed.box_codes[0]}"
    assert "Free on all these half-days" in client.get(swap).text
    assert client.post(swap, data={"box": world.box_ids[2]}).status_code == 302
    assert list_event_boxes(event.id)[0].box_codes == (world.code(world.box_ids[2]),)
    assert client.post(swap, data={"box": world.box_ids[1]}).status_code == 302  # it is another one by now
    assert "Boxes at events" in client.get(f"/manage/boxes/facilitators/{world.facilitator_id}").text
    history = f"/manage/events/{event.slug}/history"
    told = {role: member(sqlite_app, world, role).get(history).text for role in (Role.MANAGER, Role.VIEWER)}
    assert all("Box of the event swapped" in text for text in told.values())
    assert "· Inès Roux" in told[Role.MANAGER]
    assert "· Inès Roux" not in told[Role.VIEWER]  # people's names are not for viewers
    assert "· by the team" in told[Role.VIEWER]
    assert client.post(f"{base}/{row.id}/end").status_code == 302
    assert list_event_boxes(event.id) == []
    again = client.post(f"{base}/{row.id}/end", follow_redirects=True)  # pressed twice
    assert (again.status_code, "These boxes are given back already." in again.text) == (200, True)


def test_refusals_are_in_words(sqlite_app: Flask, world: LoanWorld, event: EventRow) -> None:
    client, base = member(sqlite_app, world), f"/manage/events/{event.slug}/boxes"
    lent = world.enter(f"{DAY} am", f"{DAY} pm")
    other = forum_of(world, forum(title_en="Evening fair"))
    book(world, other)

    def refused(**changes: object) -> str:
        answer = client.post(f"{base}/new", data=sent(world, event, **changes))
        assert answer.status_code == 422
        return answer.text

    name = get_facilitator(world.organiser_id, world.facilitator_id).name
    assert f"{name} runs boxes at “Evening fair” then." in refused(boxes="1")
    few = refused()
    assert "1 of 3 boxes are free on these half-days" in few
    assert f"/manage/boxes/loans/{lent.reference}" in few
    assert f"/manage/events/{other.slug}/boxes" in few
    assert "Choose somebody who is accredited for this scenario" in refused(boxes="1", facilitators=[])
    assert "Choose at least one of its own." in refused(first_day="2027-02-08", last_day="2027-02-08")
    assert "The end is before the beginning." in refused(first_half="pm", last_half="am")
    assert refused(boxes="", first_day="", scenario="")
    with transaction():
        end_event_boxes(list_event_boxes(other.id)[0].id, by=SYSTEM, now=NOW)
    world.ask(f"{DAY} am", f"{DAY} pm")
    asked = refused()
    assert "1 of them is asked for by requests that wait." in asked
    assert "Take them all the same" in asked
    assert client.post(f"{base}/new", data=sent(world, event, over_requests="y")).status_code == 302


def test_who_sees_it_and_what_is_missing(sqlite_app: Flask, world: LoanWorld, event: EventRow) -> None:
    row, base = book(world, event, boxes=2), f"/manage/events/{event.slug}/boxes"
    viewer, manager = member(sqlite_app, world, Role.VIEWER), member(sqlite_app, world)
    seen = viewer.get(base).text
    name = row.people[0].name
    assert row.box_codes[0] in seen
    assert name not in seen
    assert "Book boxes" not in seen
    assert name in manager.get(base).text
    assert viewer.get(f"{base}/new").status_code == viewer.post(f"{base}/{row.id}/end").status_code == 403
    assert member(sqlite_app, world, Role.DOOR).get(base).status_code == 403
    stranger = make_world()
    assert member(sqlite_app, stranger).get(base).status_code == 404
    elsewhere = forum_of(world)
    assert manager.get(f"/manage/events/{elsewhere.slug}/boxes/{row.id}").status_code == 404
    with transaction():
        db.session.execute(text("DELETE FROM uses WHERE resource_id = :box"), {"box": row.held[1].box_id})
    assert "1 box is missing" in manager.get(base).text
    assert f'href="{base}"' in manager.get(f"/manage/events/{event.slug}").text
    assert "1 box is missing" in manager.get(f"/manage/events/{event.slug}").text
    assert "Nothing is missing any more." in manager.post(f"{base}/{row.id}/retry", follow_redirects=True).text
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    assert "This event keeps no boxes any more" in manager.get(base).text
    assert manager.get(f"{base}/{row.id}").location == manager.get(f"{base}/new").location == base


def test_a_copy_offers_what_its_source_used(sqlite_app: Flask, world: LoanWorld, event: EventRow) -> None:
    row = book(world, event, boxes=2, stop_id=event.stops[0].id)
    with transaction():
        (slug,) = clone_event(event.id, [CopyDraft(date(2027, 3, 4), "Forum de mars")], by=SYSTEM, now=NOW)
    client = member(sqlite_app, world)
    page = client.get(f"/manage/events/{slug}/boxes").text
    assert "What “The Path of Talents” used" in page
    assert f"/manage/events/{slug}/boxes/new?like={row.id}" in page
    form = client.get(f"/manage/events/{slug}/boxes/new?like={row.id}", follow_redirects=True).text
    assert form.count('value="2027-03-04"') == 2
    assert 'value="2"' in form
    assert "checked" in form


def test_of_two_who_change_the_same_booking_the_second_is_told(
    sqlite_app: Flask, world: LoanWorld, event: EventRow
) -> None:
    row, base = book(world, event), f"/manage/events/{event.slug}/boxes"
    client = member(sqlite_app, world)
    read = {"stop": "", "seen": row.seen}
    assert f'value="{row.seen}"' in client.get(f"{base}/{row.id}").text
    assert client.post(f"{base}/{row.id}", data=sent(world, event, **read, boxes="3")).status_code == 302
    told = client.post(f"{base}/{row.id}", data=sent(world, event, **read, boxes="1"))
    assert told.status_code == 409
    assert "They are now: 3 boxes, Thursday 4 February 2027" in told.text
    swap = f"{base}/{row.id}/swap/{row.box_codes[0]}"
    stale = client.post(swap, data={"box": world.box_ids[1], "seen": row.seen}, follow_redirects=True).text
    assert "Somebody changed these boxes since you opened the page." in stale
    stale = client.post(f"{base}/{row.id}/end", data={"seen": row.seen}, follow_redirects=True).text
    assert "Somebody changed these boxes since you opened the page." in stale
    (now,) = list_event_boxes(event.id)
    assert (now.boxes, f'value="{now.seen}"' in told.text) == (3, True)
    assert client.post(f"{base}/{row.id}", data=sent(world, event, stop="", seen=now.seen)).status_code == 302
    (now,) = list_event_boxes(event.id)
    assert now.boxes == 2
    page = client.get(base).text
    assert "Cancel the booking" in page
    assert "Give back" not in page
    done = client.post(f"{base}/{row.id}/end", data={"seen": now.seen}, follow_redirects=True).text
    assert "The booking is cancelled: the boxes are free for others." in done


def test_who_has_what_is_missing_and_what_moving_means(sqlite_app: Flask, world: LoanWorld, event: EventRow) -> None:
    """Said before: on the pages that ask whether to call off, to postpone and to take that back."""
    base = f"/manage/events/{event.slug}"
    client = member(sqlite_app, world)
    plain = client.get(f"{base}/cancel").text
    row = book(world, event, boxes=2)
    lent = world.enter("2027-02-11 am", "2027-02-11 pm", boxes=2)
    assert "given back" not in plain
    assert "Its 2 boxes are given back and free for others." in client.get(f"{base}/cancel").text
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    assert "Its boxes are booked again: all of them are free." in client.get(f"{base}/reopen").text
    world.enter(f"{DAY} am", f"{DAY} pm", boxes=2)
    assert "booked again, but 1 of 2 is missing" in client.get(f"{base}/reopen").text
    with transaction():
        reopen_event(event.id, by=SYSTEM, now=NOW)
    revision = get_event(event.slug).revision
    to_come = client.post(f"{base}/postpone", data={"way": "to_come", "code": "weather", "revision": revision}).text
    assert "Its 2 boxes are free for others until there is a date" in to_come
    shifted = {"way": "shift", "code": "weather", "first_day": "2027-02-11", "revision": revision}
    assert "1 box of 2 will be missing on the new days" in client.post(f"{base}/postpone", data=shifted).text
    later = {**shifted, "first_day": "2027-03-11"}
    assert "Its 2 boxes go along." in client.post(f"{base}/postpone", data=later).text
    postpone_event_by(event, 7)
    page = client.get(f"{base}/boxes").text
    assert "1 box is missing" in page
    assert f"/manage/boxes/loans/{lent.reference}" in page
    assert list_event_boxes(event.id)[0].id == row.id


def test_what_the_bin_and_the_archive_mean_for_its_boxes(sqlite_app: Flask, world: LoanWorld, event: EventRow) -> None:
    base, restoring = f"/manage/events/{event.slug}", f"/manage/bin/events/{event.id}/restore"
    client = member(sqlite_app, world)
    assert "given back" not in client.get(f"{base}/delete").text
    book(world, event, boxes=2)
    assert "If the event comes back, those still free are booked again." in client.get(f"{base}/delete").text
    with transaction():
        move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    assert "Its 2 boxes are given back and free for others." in client.get(f"{base}/archive").text
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    assert "Its boxes are booked again: all of them are free." in client.get(restoring).text
    world.enter(f"{DAY} am", f"{DAY} pm", boxes=2)
    assert "booked again, but 1 of 2 is missing" in client.get(restoring).text
    assert client.post(restoring).status_code == 302
    (row,) = list_event_boxes(event.id)
    assert row.missing(NOW) == 1
    history = client.get(f"{base}/history").text
    assert "Boxes missing" in history
    assert "Gone" not in history
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
        delete_event(event.id, by=SYSTEM, now=NOW)
    assert "booked again" not in client.get(restoring).text


def postpone_event_by(event: EventRow, days: int) -> None:
    with transaction():
        postpone_event(event.id, Shift(days), by=SYSTEM, now=NOW)
