"""Calendars of lending at secret addresses: a box's uses, the desk's hand-overs and returns; no person's name stands there."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import insert, update

from app.accounts.enums import Role
from app.boxes.models import Box
from app.boxes.queries import get_box_by_id
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.events.operations.deleting import delete_event, restore_event
from app.loans.enums import LoanCancel, LoanMove
from app.loans.feeds import list_feeds
from app.loans.models import EventBoxes
from app.loans.operations import change_dates, move_loan, swap_box
from app.loans.operations.at_events import change_event_boxes, end_event_boxes, swap_event_box
from app.loans.operations.feeding import make_feed
from app.loans.queries import get_loan
from app.loans.queries_events import get_event_boxes
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.models import Use
from app.resources.settings import SettingsRow, set_settings
from tests.conftest import counted_statements
from tests.factories import NOW, make_event, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.event_world import DAY, book, wanted
from tests.integration.loans.world import STAFF, LoanWorld, make_world, period, set_scenario

PARIS = ZoneInfo("Europe/Paris")
PAGE = "/manage/boxes/calendars"


def feed_of(world: LoanWorld, box_id: int | None = None) -> str:
    with transaction():
        path = make_feed(box_id, organiser_id=world.organiser_id, by=STAFF, now=NOW).path
    return f"{path}?lang=en"


def read(app: Flask, path: str, now: datetime = NOW) -> dict[str, Any]:
    """The entries by their UIDs."""
    set_clock(app.extensions, now)
    answer = app.test_client().get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    found = Calendar.from_ical(answer.data)
    assert [str(zone["TZID"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Paris"]
    entries = {str(entry["UID"]): entry for entry in found.walk("VEVENT")}
    assert len(entries) == len(list(found.walk("VEVENT")))
    db.session.remove()
    return entries


def span(entry: Any) -> str:
    return f"{entry['DTSTART'].dt:%d/%m %H} {entry['DTEND'].dt:%d/%m %H}"


def test_a_box_shows_what_uses_it_and_what_fell_out_for_a_while(whole_app: Flask) -> None:
    world = make_world()
    made = world.enter()
    box_id = get_loan(made.id).loan_boxes[0].box_id
    path = feed_of(world, box_id)
    (uid, entry), *none = read(whole_app, path).items()
    assert none == []
    assert span(entry) == "01/02 08 03/02 18"
    assert (str(entry["STATUS"]), made.reference in str(entry["DESCRIPTION"])) == ("CONFIRMED", True)
    assert str(entry["SUMMARY"]).startswith(world.code(box_id))
    with transaction():
        change_dates(made.id, period("2027-02-02 pm", "2027-02-02 pm"), by=STAFF, now=NOW)
    later = read(whole_app, path)[uid]
    assert span(later) == "02/02 13 02/02 18"
    assert later["SEQUENCE"] > entry["SEQUENCE"]
    other = next(i for i in world.box_ids if i != box_id)
    with transaction():
        swap_box(made.id, box_id, other, by=STAFF, now=NOW)
    gone = read(whole_app, path)[uid]
    assert (str(gone["STATUS"]), gone["SEQUENCE"] > later["SEQUENCE"]) == ("CANCELLED", True)
    assert [str(e["STATUS"]) for e in read(whole_app, feed_of(world, other)).values()] == ["CONFIRMED"]
    with transaction():
        swap_box(made.id, other, box_id, by=STAFF, now=NOW)
    assert str(read(whole_app, path)[uid]["STATUS"]) == "CONFIRMED"
    with transaction():
        swap_box(made.id, box_id, other, by=STAFF, now=NOW)
    assert read(whole_app, path, NOW + timedelta(days=61)) == {}


def test_a_box_shows_the_events_that_use_it(whole_app: Flask) -> None:
    world = make_world()
    set_scenario(world.scenario_id, asks_accreditation=False)
    event, box_id = make_event(world.organiser_id), world.box_ids[0]
    day = datetime(2027, 2, 8, tzinfo=PARIS)
    with transaction():
        row = db.session.execute(
            insert(EventBoxes)
            .values(
                organiser_id=world.organiser_id, event_id=event.id, scenario_id=world.scenario_id, boxes=1,
                from_date=day.date(), from_half=Half.AM, to_date=day.date(), to_half=Half.PM, created_at=NOW,
            )
            .returning(EventBoxes.id)
        ).scalar_one()  # fmt: skip
        ends = day + timedelta(days=1)
        db.session.execute(
            insert(Use).values(
                organiser_id=world.organiser_id, resource_kind=ResourceKind.BOX, resource_id=box_id, purpose_id=row,
                purpose=Purpose.EVENT, starts_at=day, from_at=day, to_at=ends, ends_at=ends, created_at=NOW,
            )
        )  # fmt: skip
    (entry,) = read(whole_app, feed_of(world, box_id)).values()
    assert span(entry) == "08/02 08 08/02 18"
    assert event.title_en in str(entry["SUMMARY"])
    assert str(entry["URL"]).endswith(f"/events/{event.slug}")


def test_what_an_event_gives_back_is_said_to_be_cancelled_for_a_while(whole_app: Flask) -> None:
    world = make_world(boxes=2, before_halves=1)
    event = make_event(world.organiser_id)
    row = book(world, event)
    first, second = row.held[0].box_id, next(i for i in world.box_ids if i != row.held[0].box_id)
    paths = [feed_of(world, box_id) for box_id in (first, second)]

    def statuses(now: datetime = NOW) -> list[list[tuple[str, str]]]:
        return [[(str(e["STATUS"]), span(e)) for e in read(whole_app, path, now).values()] for path in paths]

    ((uid, entry),) = read(whole_app, paths[0]).items()
    had = [("CANCELLED", "04/02 08 04/02 18")], [("CONFIRMED", "04/02 08 04/02 18")]
    with transaction():
        swap_event_box(row.id, first, second, by=STAFF, now=NOW)
    assert statuses() == [*had]
    gone = read(whole_app, paths[0])[uid]
    assert gone["SEQUENCE"] > entry["SEQUENCE"]
    assert event.title_en in str(gone["SUMMARY"])
    with transaction():
        delete_event(event.id, by=STAFF, now=NOW)
    assert statuses() == [had[0], had[0]]
    with transaction():
        restore_event(event.id, by=STAFF, now=NOW)
        change_event_boxes(row.id, wanted(world, event, f"{DAY} pm", f"{DAY} pm"), by=STAFF, now=NOW)
    (had_first,) = {first, second} & {box.box_id for box in get_event_boxes(row.id).held}
    assert [[status for status, _ in found] for found in statuses()] == [
        ["CONFIRMED" if box_id == had_first else "CANCELLED"] for box_id in (first, second)
    ]
    with transaction():
        end_event_boxes(row.id, by=STAFF, now=NOW)
    assert ("CANCELLED", "04/02 13 04/02 18") in statuses()[[first, second].index(had_first)]
    assert statuses(NOW + timedelta(days=61)) == [[], []]


def test_the_desk_sees_hand_overs_and_returns_without_names(whole_app: Flask) -> None:
    world = make_world()
    with transaction():
        db.session.execute(update(Box).values(depot="Longvic"))
        hours = SettingsRow(hours_fr="De 9 h à 12 h", hours_en="9 to 12")
        set_settings(world.organiser_id, hours, by=SYSTEM, now=NOW)
    asked, made = world.ask(), world.enter(boxes=2)
    path = feed_of(world)
    found = read(whole_app, path)
    out, back = (found[f"{made.reference}-{kind}.{world.organiser_id}@parcours"] for kind in ("out", "back"))
    assert len(found) == 2
    assert (span(out), span(back)) == ("01/02 08 01/02 13", "03/02 13 03/02 18")
    codes = ", ".join(get_loan(made.id).box_codes)
    structure = get_loan(made.id).structure_name
    assert str(out["SUMMARY"]) == f"Hand-over: {structure} ({codes})"
    assert str(out["LOCATION"]) == "Longvic"
    assert "9 to 12" in str(out["DESCRIPTION"])
    raw = whole_app.test_client().get(path).text
    for secret in ("Manon", "Lambert", "Karim", "example.org/l/", asked.reference):
        assert secret not in raw
    with transaction():
        move_loan(made.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BORROWER_ABSENT)
    after = read(whole_app, path)
    assert {str(e["STATUS"]) for e in after.values()} == {"CANCELLED"}
    assert codes in str(after[str(out["UID"])]["SUMMARY"])
    assert read(whole_app, path, NOW + timedelta(days=61)) == {}


def test_what_did_not_change_is_a_304_and_takes_as_many_statements_for_many_loans(whole_app: Flask) -> None:
    world = make_world(boxes=6)
    first = world.enter("2027-02-01 am", "2027-02-01 pm")
    paths = [feed_of(world), feed_of(world, get_loan(first.id).loan_boxes[0].box_id)]
    set_clock(whole_app.extensions, NOW)
    client = whole_app.test_client()

    def ask(path: str) -> tuple[int, str]:
        db.session.remove()
        with counted_statements() as statements:
            answer = client.get(path)
        return int(statements), answer.headers["ETag"]

    before = [ask(path) for path in paths]
    for path, (_count, etag) in zip(paths, before, strict=True):
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    db.session.remove()
    for week in range(5):
        world.enter(f"2027-03-{week * 7 + 1:02} am", f"2027-03-{week * 7 + 1:02} pm", boxes=6)
    after = [ask(path) for path in paths]
    assert [count for count, _ in after] == [count for count, _ in before]
    assert all(count <= 9 for count, _ in after)
    assert all(new != old for (_, new), (_, old) in zip(after, before, strict=True))


def desk(app: Flask, world: LoanWorld, role: Role = Role.OWNER) -> FlaskClient:
    client = sign_in_as(app, make_member(world.organiser_id, role)[0])
    client.set_cookie("lang", "en")
    return client


def test_addresses_are_made_renewed_and_revoked(whole_app: Flask) -> None:
    world, foreign = make_world(), make_world()
    set_clock(whole_app.extensions, NOW)
    client, code = desk(whole_app, world), get_box_by_id(world.box_ids[0], organiser_id=world.organiser_id).code
    assert "no person" in client.get(f"{PAGE}?box={code}").text
    for box in ("", "", code, code, "of nobody", world.code(foreign.box_ids[0])):
        assert client.post(PAGE, data={"box": box}).status_code == 302
    db.session.remove()
    first, second = list_feeds(world.organiser_id)
    assert (first.box_code, second.box_code) == (None, code)
    page = client.get(PAGE).text
    assert first.path in page
    assert second.path in page
    assert client.post(f"{PAGE}/{first.id}/renewal").status_code == 302
    assert client.get(first.path).status_code == 404
    db.session.remove()
    renewed = list_feeds(world.organiser_id)[0]
    assert client.get(renewed.path).status_code == 200
    assert desk(whole_app, foreign).post(f"{PAGE}/{renewed.id}/revocation").status_code == 302
    assert client.get(renewed.path).status_code == 200
    assert client.post(f"{PAGE}/{renewed.id}/revocation").status_code == 302
    assert "already" in client.post(f"{PAGE}/{renewed.id}/renewal", follow_redirects=True).text
    assert client.get(renewed.path).status_code == 404
    assert client.get("/feeds/nothing.ics").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DOOR])
def test_others_see_no_addresses(whole_app: Flask, role: Role) -> None:
    world = make_world()
    assert desk(whole_app, world, role).get(PAGE).status_code == 403
