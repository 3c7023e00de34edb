"""Making an event in the browser: few answers, sensible defaults, errors at their fields."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.db import db
from app.events.enums import Enrolment, EventKind, EventState
from app.events.models import Event
from app.events.queries import EventRow, get_event
from tests.integration.manage.conftest import paris

FORUM = {
    "kind": "forum",
    "title_fr": "Forum des métiers",
    "starts_day": "2027-02-10",
    "starts_hour": "09:00",
    "ends_day": "2027-02-11",
    "ends_hour": "10:30",
    "venue_name": "Le Consortium",
    "venue_commune": "Dijon",
    "audiences": ["school", "family"],
    "every": "40",
    "capacity": "60",
}


def made(client: FlaskClient, **changes: object) -> EventRow:
    answer = client.post("/manage/events/new", data=FORUM | changes)
    assert answer.status_code == 302, answer.text
    return get_event(answer.headers["Location"].split("/")[3])


def test_a_forum_gets_waves_on_each_of_its_days(client: FlaskClient) -> None:
    event = made(client)
    assert (event.slug, event.kind, event.state) == ("forum-des-metiers-2027", EventKind.FORUM, EventState.DRAFT)
    assert (event.starts_at, event.ends_at) == (paris(10, 9), paris(11, 10, 30))
    assert [(w.starts_at, w.ends_at, w.capacity) for w in event.waves] == [
        (paris(day, 9) + timedelta(minutes=m), paris(day, 9) + timedelta(minutes=m + 40), 60)
        for day in (10, 11)
        for m in (0, 40)
    ]
    assert [a.code for a in event.audiences] == ["school", "family"]
    assert (event.venue_name, event.venue_commune, event.timezone) == ("Le Consortium", "Dijon", "Europe/Paris")


def test_a_webinar_gets_one_wave_the_whole_time_and_its_link(client: FlaskClient) -> None:
    event = made(
        client, kind="webinar", ends_day="", ends_hour="10:00", join_url="https://visio.example.org/x", capacity="100"
    )
    assert [(w.starts_at, w.ends_at, w.capacity) for w in event.waves] == [(paris(10, 9), paris(10, 10), 100)]
    assert event.join_url == "https://visio.example.org/x"


def test_a_training_is_taken_as_a_whole_one_wave_a_day(client: FlaskClient) -> None:
    event = made(client, kind="training", ends_hour="17:00", capacity="16")
    assert event.enrolment is Enrolment.ALL
    assert [(w.starts_at, w.ends_at) for w in event.waves] == [
        (paris(10, 9), paris(10, 17)),
        (paris(11, 9), paris(11, 17)),
    ]


@pytest.mark.parametrize("typed", ["9h", "9 h", "09:00", "9h00", "9 h 00"])
def test_an_hour_may_be_typed_as_people_write_it(client: FlaskClient, typed: str) -> None:
    assert made(client, starts_hour=typed).starts_at == paris(10, 9)


def test_errors_stand_at_their_fields_and_what_was_typed_stays(client: FlaskClient) -> None:
    answer = client.post(
        "/manage/events/new",
        data=FORUM | {"title_fr": "", "starts_day": "le 10 février", "capacity": "beaucoup", "venue_name": "Salle <b>"},
    )
    assert answer.status_code == 422
    assert "3 things to correct" in answer.text
    for name in ("title_fr", "starts_day", "capacity"):
        assert f'id="{name}-error"' in answer.text
    assert 'value="le 10 février"' in answer.text
    assert 'value="beaucoup"' in answer.text
    assert 'value="Salle &lt;b&gt;"' in answer.text
    assert db.session.execute(select(func.count()).select_from(Event)).scalar_one() == 0


def test_an_end_before_the_beginning_is_told_at_the_end(client: FlaskClient) -> None:
    answer = client.post("/manage/events/new", data=FORUM | {"kind": "visit", "ends_day": "2027-02-09"})
    assert answer.status_code == 422
    assert "The end comes before the beginning." in answer.text
    assert 'id="ends_hour-error"' in answer.text


def test_the_kinds_are_offered_first(client: FlaskClient) -> None:
    page = client.get("/manage/events/new").text
    assert all(f"/manage/events/new?kind={kind.value}" in page for kind in EventKind)
    assert client.post("/manage/events/new", data=FORUM | {"kind": "circus"}).status_code == 302
