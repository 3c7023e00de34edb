"""Calendars over HTTP: public events, one registration, an organiser's feed; what changed is told, what did not is a 304."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from app.accounts.models import Organiser
from app.core.actor import SYSTEM, VISITOR
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import EventDraft, StopDraft, WaveDraft
from app.events.enums import Enrolment, EventMove
from app.events.operations import edit_event, move_event
from app.events.queries import get_event
from app.registrations.operations import cancel_registration, change_registration
from app.web.manage.event_sections import draft_of
from tests.conftest import counted_statements
from tests.factories import NOW, class_draft, forum, make_event, make_organiser, make_registration
from tests.integration.public.conftest import reader_of_english

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


def on_days(*spans: tuple[int, int, int], **changes: Any) -> EventDraft:
    """A forum of July 2027 with a wave of 40 minutes at the full hours of each (day, first hour, last hour)."""
    starts = [
        datetime(2027, 7, day, hour, tzinfo=PARIS) for day, first, last in spans for hour in range(first, last + 1)
    ]
    waves = tuple(WaveDraft(at, at + timedelta(minutes=40), 60) for at in starts)
    ends = {"starts_at": starts[0], "ends_at": starts[-1] + timedelta(hours=2)}
    return forum(waves=waves, **{"stops": (), **ends, **changes})


def spans_of(content: bytes) -> list[tuple[str, str]]:
    """(beginning, end) of each entry on its own clocks."""
    return [(f"{e['DTSTART'].dt:%d %H:%M}", f"{e['DTEND'].dt:%d %H:%M}") for e in entries(content)]


def test_an_event_of_several_days_has_an_entry_for_each_from_its_first_wave_to_its_last(
    whole_client: FlaskClient,
) -> None:
    organiser_id = make_organiser()
    event = make_event(organiser_id, on_days((5, 9, 11), (6, 14, 16), (9, 9, 9)))
    expected = [("05 09:00", "05 11:40"), ("06 14:00", "06 16:40"), ("09 09:00", "09 09:40")]
    content = whole_client.get(f"/events/{event.slug}.ics").data
    assert spans_of(content) == expected
    assert spans_of(whole_client.get(feed_path(organiser_id)).data) == expected
    assert {e["DTSTART"].dt.utcoffset() for e in entries(content)} == {timedelta(hours=2)}
    uids = [e["UID"] for e in entries(content)]
    assert uids[0] == event.calendar_uid
    assert len(set(uids)) == 3
    assert [e["UID"] for e in entries(whole_client.get(feed_path(organiser_id)).data)] == uids


def test_a_day_ends_with_the_route_of_its_last_wave(whole_client: FlaskClient) -> None:
    route = (StopDraft("Construire", 20), StopDraft("Stands métiers", 70))
    event = make_event(make_organiser(), on_days((5, 9, 10), (6, 9, 10), stops=route, spaces=()))
    path = f"/events/{event.slug}.ics"
    assert spans_of(whole_client.get(path).data) == [("05 09:00", "05 11:30"), ("06 09:00", "06 11:30")]
    with transaction():
        draft = draft_of(event)
        edit_event(event.id, replace(draft, stops=(replace(draft.stops[0], minutes=50),)), by=SYSTEM, now=NOW)
    content = whole_client.get(path).data
    assert spans_of(content)[0] == ("05 09:00", "05 10:50")
    assert {e["SEQUENCE"] for e in entries(content)} == {1}


def test_days_keep_their_uids_when_they_move_grow_or_lose_another_day(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser(), on_days((5, 9, 11), (6, 9, 11), (7, 9, 11)))
    path = f"/events/{event.slug}.ics"

    def seen(change: Callable[[EventDraft], EventDraft]) -> list[tuple[str, int, str]]:
        with transaction():
            edit_event(event.id, change(draft_of(get_event(event.slug))), by=SYSTEM, now=NOW)
        found = entries(whole_client.get(path).data)
        return [(e["UID"], e["SEQUENCE"], f"{e['DTSTART'].dt:%d %H:%M}") for e in found]

    def later(draft: EventDraft) -> EventDraft:
        week = timedelta(days=7)
        waves = tuple(replace(w, starts_at=w.starts_at + week, ends_at=w.ends_at + week) for w in draft.waves)
        return replace(draft, starts_at=draft.starts_at + week, ends_at=draft.ends_at + week, waves=waves)

    first, second, third = (e["UID"] for e in entries(whole_client.get(path).data))
    assert seen(later) == [(first, 1, "12 09:00"), (second, 1, "13 09:00"), (third, 1, "14 09:00")]
    early = datetime(2027, 7, 13, 8, tzinfo=PARIS)
    assert seen(lambda d: replace(d, waves=(*d.waves, WaveDraft(early, early + timedelta(minutes=40), 60)))) == [
        (first, 2, "12 09:00"), (second, 2, "13 08:00"), (third, 2, "14 09:00"),
    ]  # fmt: skip
    without = {13}
    assert seen(lambda d: replace(d, waves=tuple(w for w in d.waves if w.starts_at.astimezone(PARIS).day not in without))) == [
        (first, 3, "12 09:00"), (third, 3, "14 09:00"),
    ]  # fmt: skip


def test_a_second_day_leaves_the_entry_of_the_first_as_it_is(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser(), on_days((5, 9, 11)))
    path = f"/events/{event.slug}.ics"
    (alone,) = entries(whole_client.get(path).data)
    with transaction():
        second = datetime(2027, 7, 6, 9, tzinfo=PARIS)
        draft = draft_of(event)
        more = WaveDraft(second, second + timedelta(minutes=40), 60)
        edit_event(
            event.id, replace(draft, ends_at=second + timedelta(hours=3), waves=(*draft.waves, more)), by=SYSTEM, now=NOW
        )  # fmt: skip
    found = entries(whole_client.get(path).data)
    assert found[0]["UID"] == alone["UID"] == event.calendar_uid
    assert [f"{e['DTSTART'].dt:%d}" for e in found] == ["05", "06"]


def test_a_day_in_one_place_of_its_own_says_where(whole_client: FlaskClient) -> None:
    draft = on_days((5, 9, 10), (6, 9, 10), venue_name="", venue_commune="", spaces=())
    places = ("Chenôve", "Chenôve", "Longvic", "Quetigny")
    draft = replace(
        draft, waves=tuple(replace(w, place=p, host="Atelier") for w, p in zip(draft.waves, places, strict=True))
    )
    event = make_event(make_organiser(), draft)
    first, second = entries(whole_client.get(f"/events/{event.slug}.ics").data)
    assert first["LOCATION"] == "Atelier, Chenôve"
    assert "LOCATION" not in second


def test_every_day_of_a_cancelled_event_stays_as_cancelled(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser(), on_days((5, 9, 11), (6, 9, 11)))
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Salle fermée")
    found = entries(whole_client.get(f"/events/{event.slug}.ics").data)
    assert [(e["STATUS"], e["SEQUENCE"]) for e in found] == [("CANCELLED", 1)] * 2


def test_a_registration_for_all_dates_has_an_entry_for_each(whole_client: FlaskClient) -> None:
    event = make_event(make_organiser(), on_days((5, 9, 9), (9, 9, 9), enrolment=Enrolment.ALL))
    made = make_registration(event, class_draft(event, waves=tuple(w.id for w in event.waves)))
    content = whole_client.get(f"/r/{made.token}.ics").data
    assert spans_of(content) == [("05 09:00", "05 09:40"), ("09 09:00", "09 09:40")]
    assert len({e["UID"] for e in entries(content)}) == 2


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


def test_a_language_is_never_taken_for_the_other(whole_app: Flask) -> None:
    """Caches are told what the answer depends on, and no time of change stands for both languages (RFC 9110, 13.1.3)."""
    client, organiser_id = reader_of_english(whole_app), make_organiser()
    event = make_event(organiser_id)
    for path in (feed_path(organiser_id), f"/events/{event.slug}.ics"):
        french = client.get(path, headers={"Accept-Language": "fr"})
        assert set(french.vary.as_set()) >= {"accept-language", "cookie"}
        assert "Last-Modified" not in french.headers
        asked = {"Accept-Language": "en", "If-Modified-Since": "Fri, 31 Dec 2038 00:00:00 GMT"}
        english = client.get(path, headers=asked)
        assert english.status_code == 200
        assert entries(english.data)[0]["SUMMARY"] == "The Path of Talents"
        tagged = {"Accept-Language": "en", "If-None-Match": french.headers["ETag"]}
        assert client.get(path, headers=tagged).status_code == 200
        kept = client.get(path, headers={**tagged, "If-None-Match": english.headers["ETag"]})
        assert (kept.status_code, "accept-language" in kept.vary.as_set()) == (304, True)


def test_a_registrations_calendar_has_no_time_of_change(whole_client: FlaskClient) -> None:
    path = f"/r/{make_registration(make_event(make_organiser())).token}.ics"
    answer = whole_client.get(path, headers={"If-Modified-Since": "Fri, 31 Dec 2038 00:00:00 GMT"})
    assert (answer.status_code, "Last-Modified" in answer.headers) == (200, False)
    assert whole_client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_public_pages_link_the_calendar_of_the_organiser(whole_client: FlaskClient) -> None:
    """By a link that calendar programs open; on the agenda with the address to copy, for each organiser."""
    ours, theirs = make_organiser("Creativ’"), make_organiser("Ailleurs")
    event = make_event(ours)
    address = f"//127.0.0.1:8000{feed_path(ours)}?lang=fr"
    for page in (whole_client.get("/").text, whole_client.get(f"/events/{event.slug}").text):
        assert f'href="webcal:{address}"' in page
    page = whole_client.get("/").text
    assert f"http:{address}" in page
    assert feed_path(theirs) not in page, "none of its events is shown"
    make_event(theirs)
    page = whole_client.get("/").text
    assert all(f"webcal://127.0.0.1:8000{feed_path(who)}" in page for who in (ours, theirs))
    assert "webcal:" not in whole_client.get("/?past=1").text
    assert whole_client.get(f"{feed_path(ours)}?lang=fr").status_code == 200


def test_unknown_feeds_are_nowhere(whole_client: FlaskClient) -> None:
    assert whole_client.get("/feeds/nothing-of-that-name.ics").status_code == 404
