"""Calendars over HTTP: public events, one registration, an organiser's feed; what changed is told, what did not is a 304."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from app.accounts.models import Organiser
from app.core.actor import SYSTEM, VISITOR
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.enums import EventMove
from app.events.operations import edit_event, move_event
from app.registrations.operations import cancel_registration, change_registration
from tests.conftest import counted_statements
from tests.factories import NOW, class_draft, forum, make_event, make_organiser, make_registration

PARIS = ZoneInfo("Europe/Paris")
JULY = datetime(2027, 7, 8, 9, 0, tzinfo=PARIS)


def feed_path(organiser_id: int) -> str:
    token = db.session.execute(select(Organiser.feed_token).where(Organiser.id == organiser_id)).scalar_one()
    return f"/feeds/{token}.ics"


def entries(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def in_july() -> dict[str, Any]:
    wave = WaveDraft(JULY, JULY + timedelta(minutes=40), 60)
    return {"starts_at": JULY, "ends_at": JULY + timedelta(hours=8), "waves": (wave,)}


def test_an_event_in_july_is_told_in_summer_time(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser(), forum(**in_july()))
    answer = whole_client.get(f"/events/{event.slug}.ics")
    assert answer.mimetype == "text/calendar"
    (entry,) = entries(answer.data)
    assert entry["DTSTART"].dt == JULY
    assert entry["DTSTART"].dt.utcoffset() == timedelta(hours=2)
    assert entry["UID"] == event.calendar_uid
    assert entry["SEQUENCE"] == 0


def test_a_draft_has_no_calendar(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser(), publish=False)
    assert whole_client.get(f"/events/{event.slug}.ics").status_code == 404


def test_a_moved_event_keeps_its_uid_and_raises_its_sequence(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser())
    later = timedelta(days=7)
    waves = tuple(WaveDraft(w.starts_at + later, w.ends_at + later, w.capacity, id=w.id) for w in event.waves)
    draft = forum(starts_at=event.starts_at + later, ends_at=event.ends_at + later, waves=waves, spaces=(), stops=())
    with transaction():
        edit_event(event.id, draft, by=SYSTEM, now=NOW)
    (entry,) = entries(whole_client.get(f"/events/{event.slug}.ics").data)
    assert (entry["UID"], entry["SEQUENCE"]) == (event.calendar_uid, 1)
    assert entry["DTSTART"].dt == event.starts_at + later


def test_a_cancelled_event_stays_in_calendars_as_cancelled(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser())
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Salle fermée")
    (entry,) = entries(whole_client.get(f"/events/{event.slug}.ics").data)
    assert (entry["STATUS"], entry["SEQUENCE"]) == ("CANCELLED", 1)
    assert "Salle fermée" in entry["DESCRIPTION"]


def test_a_registration_has_one_entry_that_moves_and_then_is_cancelled(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser())
    made = make_registration(event, class_draft(event, participants=20))
    (first,) = entries(whole_client.get(f"/r/{made.token}.ics").data)
    assert (first["DTSTART"].dt, first["SEQUENCE"], first["STATUS"]) == (event.waves[0].starts_at, 0, "CONFIRMED")
    with transaction():
        change_registration(made.id, waves=(event.waves[1].id,), by=VISITOR, now=NOW)
    (second,) = entries(whole_client.get(f"/r/{made.token}.ics").data)
    assert (second["UID"], second["SEQUENCE"]) == (first["UID"], 1)
    assert second["DTSTART"].dt == event.waves[1].starts_at
    with transaction():
        cancel_registration(made.id, by=VISITOR, now=NOW)
    (third,) = entries(whole_client.get(f"/r/{made.token}.ics").data)
    assert (third["UID"], third["SEQUENCE"], third["STATUS"]) == (first["UID"], 2, "CANCELLED")


def test_a_feed_holds_the_public_events_of_one_organiser(whole_client: FlaskClient) -> None:
    ours, theirs = make_organiser("Creativ’"), make_organiser("Ailleurs")
    shown = [make_event(ours).calendar_uid, make_event(ours, forum(**in_july())).calendar_uid]
    make_event(ours, publish=False)
    make_event(theirs)
    found = entries(whole_client.get(feed_path(ours)).data)
    assert [entry["UID"] for entry in found] == shown


def test_an_unchanged_feed_is_a_304_until_something_changes(whole_client: FlaskClient) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    path = feed_path(organiser_id)
    first = whole_client.get(path)
    again = whole_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    make_registration(event)  # somebody registers: no calendar shows that
    assert whole_client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    make_event(organiser_id, forum(**in_july()))
    changed = whole_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert len(entries(changed.data)) == 2


def test_a_feed_takes_two_statements_however_long_it_is(whole_client: FlaskClient) -> None:
    organiser_id = make_organiser()
    path = feed_path(organiser_id)
    for _ in range(2):
        make_event(organiser_id)
        whole_client.get(path)
        with counted_statements() as counted:
            whole_client.get(path)
        assert int(counted) == 2


def test_a_feed_speaks_the_language_that_its_address_asks_for(whole_client: FlaskClient) -> None:
    organiser_id = make_organiser()
    make_event(organiser_id)
    path = feed_path(organiser_id)
    assert entries(whole_client.get(f"{path}?lang=en").data)[0]["SUMMARY"] == "The Path of Talents"
    assert entries(whole_client.get(f"{path}?lang=fr").data)[0]["SUMMARY"] == "La Voie des Talents"


def test_unknown_feeds_are_nowhere(whole_client: FlaskClient) -> None:
    assert whole_client.get("/feeds/nothing-of-that-name.ics").status_code == 404
