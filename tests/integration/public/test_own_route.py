"""The route on one's own page, on the ticket and on the event's page: to the very end, with what is left to choose."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.clock import set_clock
from app.events.queries import EventRow
from app.registrations import itinerary
from app.registrations.itinerary import Passage
from app.registrations.operations import Registered
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, class_draft, forum, make_event, make_registration, person_draft
from tests.integration.public.conftest import fields_of, words_of
from tests.integration.registrations.test_itinerary import SPACES, STOPS
from tests.unit.documents.pdf_reading import read_pdf


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_event(organiser_id, forum(spaces=SPACES, stops=STOPS, transfer_minutes=5))


@pytest.fixture
def made(event: EventRow) -> Registered:
    return make_registration(event, person_draft(event))


def test_what_is_now_what_comes_and_how_much_is_left(
    sqlite_app: Flask, client: FlaskClient, event: EventRow, made: Registered
) -> None:
    def page(minutes: int) -> str:
        set_clock(sqlite_app.extensions, DAY_ONE + timedelta(minutes=minutes))
        return words_of(client.get(f"/r/{made.token}"))

    before = page(-30)
    assert "Next stop" in before
    assert "1 · Accueil" in before
    during = page(15)
    assert "2 · Construire" in during
    assert "Then: 3 · Conseil, about 9:35 am" in during
    assert "2 steps still to go" in during
    assert during.count('aria-current="step"') == 1
    between = page(32)
    assert "Next stop" in between
    assert "3 · Conseil" in between
    assert "2 steps still to go" in between
    assert "still to go" not in before
    last = page(75)
    assert "4 · Offres" in last
    assert "This is the last step." in last
    over = page(90)
    assert "Next stop" not in over
    assert "next-stop" not in over
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(minutes=15))
    assert "2 steps still to go" in words_of(client.get(f"/t/{made.ticket_code}"))


def test_an_optional_stop_is_a_choice_until_the_visit_begins(
    sqlite_app: Flask, client: FlaskClient, event: EventRow, made: Registered
) -> None:
    offers = event.stops[-1].id
    shown = client.get(f"/r/{made.token}")
    assert 'value="no"' in shown.text
    sent = fields_of(shown)
    assert str(offers) in sent["stop"]
    answer = client.post(f"/r/{made.token}/route", data={"stop": str(offers), "go": "no"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "It is noted: you do not go there." in answer.text
    assert get_registration(made.id).declined_stops == [offers]
    assert "You do not go there." in answer.text
    ticket = client.get(f"/t/{made.ticket_code}").text
    assert "Offres" not in ticket
    assert f"/r/{made.token}" not in ticket
    paper = read_pdf(client.get(f"/t/{made.ticket_code}.pdf").data)
    assert "Offres" not in paper.texts[0]
    calendar = client.get(f"/r/{made.token}.ics").text
    assert "Offres" not in calendar
    again = client.post(f"/r/{made.token}/route", data={"stop": str(offers), "go": "yes"}, follow_redirects=True)
    assert "It is noted: you go there." in again.text
    assert get_registration(made.id).declined_stops == []
    set_clock(sqlite_app.extensions, DAY_ONE)
    late = client.post(f"/r/{made.token}/route", data={"stop": str(offers), "go": "no"})
    assert late.status_code == 409
    assert get_registration(made.id).declined_stops == []
    begun = client.get(f"/r/{made.token}").text
    assert "You go there." in begun
    assert 'value="no"' not in begun


@pytest.mark.parametrize("stop", ["", "x", "0", "999999", "9" * 30])
def test_a_stop_that_is_none_is_refused(client: FlaskClient, made: Registered, stop: str) -> None:
    assert client.post(f"/r/{made.token}/route", data={"stop": stop, "go": "no"}).status_code == 409
    assert get_registration(made.id).declined_stops == []
    assert client.post("/r/unknown/route", data={"stop": stop}).status_code == 404


def test_a_plan_says_exact_hours_and_each_team_its_own(
    client: FlaskClient, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_registration(event, class_draft(event))
    stop = event.stops[2]

    def passage(team: int, begins: int) -> Passage:
        starts = DAY_ONE + timedelta(minutes=begins)
        return Passage(event.waves[0].id, team, 15, stop.id, team, starts, starts + timedelta(minutes=40))

    monkeypatch.setattr(itinerary, "_sources", [lambda _e, _r: [passage(1, 40), passage(2, 90)]])
    page = words_of(client.get(f"/r/{made.token}"))
    assert "Team 1 · 15 people" in page
    assert "Team 2 · 15 people" in page
    assert '<span class="route-time">9:40 am</span>' in page
    assert '<span class="route-time">10:30 am</span>' in page
    assert "stand 2" in page
    paper = read_pdf(client.get(f"/t/{made.ticket_code}.pdf").data)
    assert "team 2: 10:30" in " ".join(" ".join(paper.texts).split())
    calendar = client.get(f"/r/{made.token}.ics").text.replace("\r\n ", "").replace("\N{NO-BREAK SPACE}", " ")
    assert "3. Stands\\, équipe 1 : 9 h 40\\, stand 1 · équipe 2 : 10 h 30\\, stand 2" in calendar


def test_the_events_page_shows_each_audience_its_own_route(client: FlaskClient, event: EventRow) -> None:
    page = words_of(client.get(f"/events/{event.slug}"))
    assert "Conseil" in page
    assert "Stands" in page
    assert page.count('<ol class="route') == 2
    own = words_of(client.get(f"/events/{event.slug}?audience=school"))
    assert own.count('<ol class="route') == 1
    assert "Conseil" not in own
    assert "Your route, in 4 steps" in own
    assert "1 h 35" in own
