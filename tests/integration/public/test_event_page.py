"""The public page of an event: what it says, and that it never says what was true a moment ago."""

import html
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, EventKind, EventMove
from app.events.operations import edit_event, move_event
from app.events.queries import EventRow
from app.registrations.operations import cancel_registration
from app.web.manage.event_sections import draft_of
from tests.conftest import counted_statements
from tests.factories import (
    DAY_ONE,
    NOW,
    PARIS,
    class_draft,
    forum,
    make_event,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.public.conftest import words_of


def page_of(client: FlaskClient, event: EventRow, query: str = "") -> str:
    answer = client.get(f"/events/{event.slug}{query}")
    assert answer.status_code == 200
    return words_of(answer)


def test_page_says_what_when_where_and_for_whom(client: FlaskClient, event: EventRow) -> None:
    page = page_of(client, event)
    for words in (
        "The Path of Talents", "Forum", "Free, with registration", "Thursday 4 February 2027", "Le Consortium, Dijon",
        "For classes, people looking for work, families", "Your route, in 3 steps", "9:00 am", "9:40 am", "60 places",
        "30 places", f"/events/{event.slug}/register", f"/events/{event.slug}.ics",
    ):  # fmt: skip
        assert words in page


def test_count_is_right_after_every_change(client: FlaskClient, event: EventRow) -> None:
    assert "60 places" in page_of(client, event)
    made = make_registration(event)
    assert "60 places" not in page_of(client, event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    assert "60 places" in page_of(client, event)


def test_page_changes_with_an_edit(client: FlaskClient, event: EventRow) -> None:
    assert "The Path of Talents" in page_of(client, event)
    draft = forum(
        waves=tuple(WaveDraft(w.starts_at, w.ends_at, w.capacity, id=w.id) for w in event.waves), spaces=(), stops=()
    )
    with transaction():
        edit_event(event.id, replace(draft, title_en="Jobs to try"), by=SYSTEM, now=NOW)
    page = page_of(client, event)
    assert "Jobs to try" in page
    assert "The Path of Talents" not in page


def test_who_has_the_page_is_told_that_it_still_holds(client: FlaskClient, event: EventRow) -> None:
    first = client.get(f"/events/{event.slug}")
    again = client.get(f"/events/{event.slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    make_registration(event)
    changed = client.get(f"/events/{event.slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_each_language_has_its_own_page(client: FlaskClient, event: EventRow) -> None:
    english, french = client.get(f"/events/{event.slug}?lang=en"), client.get(f"/events/{event.slug}?lang=fr")
    assert 'lang="en"' in english.text
    assert "La Voie des Talents" in french.text
    assert english.headers["ETag"] != french.headers["ETag"]


def test_page_holds_nothing_of_the_visitor(client: FlaskClient, event: EventRow) -> None:
    page = page_of(client, event, "?utm=secret-of-one-visitor")
    assert "csrf_token" not in page
    assert "secret-of-one-visitor" not in page


def test_known_page_takes_one_statement(client: FlaskClient, event: EventRow) -> None:
    page_of(client, event)
    with counted_statements() as statements:
        page_of(client, event)
    assert int(statements) == 1


@pytest.mark.parametrize("slug", ["no-such-event", "Not-A-Slug", "%00", "a" * 200])
def test_unknown_slugs_are_not_found(client: FlaskClient, event: EventRow, slug: str) -> None:
    assert client.get(f"/events/{slug}").status_code == 404
    assert client.get(f"/events/{slug}/register").status_code == 404
    assert client.get(f"/events/{slug}.ics").status_code == 404


def test_draft_is_for_its_team_alone(client: FlaskClient, organiser_id: int) -> None:
    draft = make_event(organiser_id, publish=False)
    for path in ("", "/register", "/link", ".ics"):
        assert client.get(f"/events/{draft.slug}{path}").status_code == 404


def test_registration_that_opens_later_says_when(sqlite_app: Flask, client: FlaskClient, organiser_id: int) -> None:
    opens = datetime(2027, 1, 20, 9, 0, tzinfo=PARIS)
    event = make_event(organiser_id, forum(registration_opens_at=opens))
    page = page_of(client, event)
    assert "Registration opens on Wednesday 20 January at 9:00" in page
    assert "/register" not in page
    set_clock(sqlite_app.extensions, opens)
    assert "/register" in page_of(client, event)


def test_closed_event_offers_the_link_again(client: FlaskClient, event: EventRow) -> None:
    with transaction():
        move_event(event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    page = page_of(client, event)
    assert "Registration is closed" in page
    assert f"/events/{event.slug}/link" in page
    assert "/register" not in page


def test_cancelled_event_says_so_and_why(client: FlaskClient, event: EventRow) -> None:
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="The hall is flooded.")
    page = page_of(client, event)
    assert "This event is called off" in page
    assert "The hall is flooded." in page
    assert "/register" not in page


def test_event_that_is_over_says_so(sqlite_app: Flask, client: FlaskClient, event: EventRow) -> None:
    set_clock(sqlite_app.extensions, event.ends_at)
    page = page_of(client, event)
    assert "This event is over" in page
    assert "/register" not in page


def test_what_is_left_is_said_in_the_unit_of_the_audience(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(90, AllotmentDraft("school", 60, 2), AllotmentDraft("job_seeker", 12)))
    page = page_of(client, event)
    assert "2 classes" in page
    assert "12 places" in page
    assert "90 places" in page
    make_registration(event, class_draft(event))
    page = page_of(client, event)
    assert "1 class" in page
    assert "2 classes" not in page
    make_registration(event, class_draft(event))
    assert "Waiting list" in page_of(client, event)


def test_full_event_without_waiting_list_offers_nothing(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(1, waiting_list=False))
    make_registration(event, person_draft(event))
    page = page_of(client, event)
    assert "Everything is full" in page
    assert "/register" not in page


def test_wave_that_is_over_cannot_be_chosen(sqlite_app: Flask, client: FlaskClient, event: EventRow) -> None:
    first, second = event.waves
    set_clock(sqlite_app.extensions, first.ends_at)
    page = page_of(client, event)
    assert f"wave={first.id}" not in page
    assert f"wave={second.id}" in page


def test_both_days_can_be_reached_without_scripts(client: FlaskClient, organiser_id: int) -> None:
    next_day = DAY_ONE + timedelta(days=1, hours=2)
    waves = tuple(
        WaveDraft(start, start + timedelta(minutes=30), 20)
        for start in (DAY_ONE, DAY_ONE + timedelta(hours=1), next_day)
    )
    event = make_event(organiser_id, forum(waves=waves, ends_at=next_day + timedelta(hours=6)))
    first, last = page_of(client, event), page_of(client, event, "?day=2027-02-05&audience=family")
    assert f"/events/{event.slug}?day=2027-02-05#when" in first
    assert f"wave={event.waves[2].id}" not in first
    assert f"wave={event.waves[2].id}&amp;audience=family" in last
    assert page_of(client, event, "?day=2031-01-01&audience=nobody") == first


def test_page_says_each_thing_once(client: FlaskClient, event: EventRow) -> None:
    page = page_of(client, event)
    body = page[page.index("<main") :]
    for words in ("free", "Le Consortium", "4 February 2027", "For classes, people looking for work, families"):
        assert body.lower().count(words.lower()) == 1, words


def test_event_of_one_time_says_its_hours_and_places_once(client: FlaskClient, organiser_id: int) -> None:
    wave = WaveDraft(DAY_ONE, DAY_ONE + timedelta(hours=1), 30)
    event = make_event(organiser_id, forum(ends_at=wave.ends_at, waves=(wave,), stops=(), spaces=()))
    page = page_of(client, event)
    assert page.count("9:00 am") == 1
    assert page.count("30 places") == 1
    assert "When to arrive?" not in page
    assert f"/events/{event.slug}/register" in page


def test_choice_made_before_goes_with_every_way_to_register(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(90, AllotmentDraft("school", 60, 2)))
    wave = event.waves[0].id
    page = page_of(client, event, f"?audience=job_seeker&wave={wave}")
    links = re.findall(r'href="([^"]*/register[^"]*)"', page)
    assert len(links) == 4  # two buttons, the list of a phone and the table of a desk
    assert {html.unescape(link).partition("?")[2] for link in links} == {f"wave={wave}&audience=job_seeker"}
    assert "Continue with 9:00 am" in page
    assert page.count("Chosen") == 2
    assert "<b>looking for work</b>" in page
    assert 'scope="col">Classes' not in page  # the table is about who one is
    french = page_of(client, event, f"?audience=job_seeker&wave={wave}&lang=fr")
    assert "Continuer avec 9 h 00" in french
    assert "audience=job_seeker&amp;lang=en" in french


def test_chosen_time_that_filled_up_is_no_longer_proposed(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(1, waiting_list=False))
    other = WaveDraft(DAY_ONE + timedelta(hours=2), DAY_ONE + timedelta(hours=3), 5)
    with transaction():
        edit_event(event.id, replace(draft_of(event), waves=(*draft_of(event).waves, other)), by=SYSTEM, now=NOW)
    query = f"?wave={event.waves[0].id}"
    assert "Continue with 9:00 am" in page_of(client, event, query)
    make_registration(event, person_draft(event))
    page = page_of(client, event, query)
    assert "Continue with" not in page
    assert ">Register<" in page


def test_who_looks_as_somebody_else_is_told_when_no_class_comes(client: FlaskClient, organiser_id: int) -> None:
    draft = forum()
    first, second = draft.waves
    none, one = AllotmentDraft("school", 0), AllotmentDraft("school", None, 1)
    limits = (replace(first, allotments=(none,)), replace(second, allotments=(one,)))
    event = make_event(organiser_id, replace(draft, waves=limits))
    everybody = page_of(client, event)
    assert "counts for 30 people" in everybody
    assert "A larger one may come" in everybody
    assert "no school groups" not in everybody
    assert "At 9:00 am, no school groups." in page_of(client, event, "?audience=family")


@pytest.mark.parametrize("enrolment", [Enrolment.ONE, Enrolment.SEVERAL])
def test_online_event_does_not_speak_of_arriving(client: FlaskClient, organiser_id: int, enrolment: Enrolment) -> None:
    draft = forum(
        venue_name="", venue_commune="", join_url="https://visio.example.org/room", spaces=(), enrolment=enrolment
    )
    page = page_of(client, make_event(organiser_id, replace(draft, stops=())))
    assert "When to connect?" in page
    assert ">Start<" in page
    assert not re.search(r"arriv|come\?", page, re.IGNORECASE)


def test_online_event_with_a_place_too_is_arrived_at(client: FlaskClient, organiser_id: int) -> None:
    assert "When to arrive?" in page_of(
        client, make_event(organiser_id, forum(join_url="https://visio.example.org/room"))
    )


def test_dates_apart_are_named_one_by_one(client: FlaskClient, organiser_id: int) -> None:
    second = DAY_ONE + timedelta(days=5)
    waves = tuple(WaveDraft(at, at + timedelta(hours=3), 16) for at in (DAY_ONE, second))
    draft = forum(waves=waves, ends_at=waves[1].ends_at, enrolment=Enrolment.ALL, stops=(), spaces=())
    page = page_of(client, make_event(organiser_id, draft))
    assert "4 and 9 February 2027" in page
    assert "Thursday and Tuesday, from 9:00 am to 12:00 pm" in page


def test_days_with_hours_of_their_own_are_told_apart(client: FlaskClient, organiser_id: int) -> None:
    afternoon = DAY_ONE + timedelta(days=1, hours=5)
    waves = tuple(WaveDraft(at, at + timedelta(hours=2), 16) for at in (DAY_ONE, afternoon))
    page = page_of(client, make_event(organiser_id, forum(waves=waves, ends_at=waves[1].ends_at, stops=(), spaces=())))
    assert "Thursday from 9:00 am to 11:00 am, Friday from 2:00 pm to 4:00 pm" in page


def test_year_is_told_where_it_is_not_the_current_one(
    sqlite_app: Flask, client: FlaskClient, organiser_id: int
) -> None:
    opens, second = datetime(2027, 1, 20, 9, 0, tzinfo=PARIS), DAY_ONE + timedelta(days=5)
    waves = tuple(WaveDraft(at, at + timedelta(hours=3), 16) for at in (DAY_ONE, second))
    event = make_event(organiser_id, forum(registration_opens_at=opens, waves=waves, ends_at=waves[1].ends_at))
    this_year = page_of(client, event)
    assert "Wednesday 20 January at 9:00" in this_year
    assert "Tuesday 9 February<" in this_year
    set_clock(sqlite_app.extensions, datetime(2026, 12, 31, 23, 0, tzinfo=PARIS))
    before = page_of(client, event)
    assert "Wednesday 20 January 2027 at 9:00" in before
    assert "Tuesday 9 February 2027" in before


def test_open_week_shows_each_wave_with_its_host(client: FlaskClient, organiser_id: int) -> None:
    wave = WaveDraft(DAY_ONE, DAY_ONE + timedelta(hours=1), 12, place="3 rue de Cracovie", host="Atelier du Suzon")
    event = make_event(
        organiser_id,
        forum(kind=EventKind.OPEN_WEEK, waves=(wave,), venue_name="", venue_commune="", enrolment=Enrolment.SEVERAL),
    )
    page = page_of(client, event)
    assert "Atelier du Suzon, 3 rue de Cracovie" in page
    assert "In several places" in page


def test_online_event_keeps_its_link_for_the_ticket(client: FlaskClient, organiser_id: int) -> None:
    event = make_event(organiser_id, forum(venue_name="", venue_commune="", join_url="https://visio.example.org/room"))
    page = page_of(client, event)
    assert "Online" in page
    assert "visio.example.org" not in page


def test_calendar_of_the_event(client: FlaskClient, event: EventRow) -> None:
    answer = client.get(f"/events/{event.slug}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.data.startswith(b"BEGIN:VCALENDAR")
    again = client.get(f"/events/{event.slug}.ics", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
