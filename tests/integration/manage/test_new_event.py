"""Making an event in the browser: few answers, sensible defaults, errors at their fields."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.actor import Actor
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import Axis, Enrolment, EventKind, EventState
from app.events.models import Event
from app.events.operations import save_project
from app.events.queries import EventRow, get_event
from tests.integration.manage.conftest import NOW, paris
from tests.integration.public.conftest import fields_of

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


def count_events() -> int:
    return db.session.execute(select(func.count()).select_from(Event)).scalar_one()


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


def test_a_new_event_is_reported_under_the_project_that_is_chosen(
    client: FlaskClient, organiser_id: int, other_id: int, by: Actor
) -> None:
    page = "/manage/events/new?kind=forum"
    assert 'name="project"' not in client.get(page).text, "without a project there is nothing to choose"
    assert made(client).project_id is None
    with transaction():
        project_id, foreign_id = (
            save_project(organiser_id=owner, name="Cité Apprenti.e", axis=Axis.SCHOOL_COMPANY, by=by, now=NOW)
            for owner in (organiser_id, other_id)
        )
    assert f'<option value="{project_id}">Cité Apprenti.e</option>' in client.get(page).text
    assert f'<option selected value="{project_id}">' in client.get(f"{page}&project={project_id}").text
    event = made(client, project=str(project_id))
    assert (event.project_id, event.project_name) == (project_id, "Cité Apprenti.e")
    assert made(client, project="").project_id is None
    before = count_events()
    refused = client.post("/manage/events/new", data=FORUM | {"project": str(foreign_id)})
    assert (refused.status_code, count_events()) == (422, before)
    assert "Choose one of your projects." in refused.text


def test_a_webinar_gets_one_wave_the_whole_time_and_its_link(client: FlaskClient) -> None:
    event = made(
        client, kind="webinar", ends_day="", ends_hour="10:00", join_url="https://visio.example.org/x", capacity="100"
    )
    assert [(w.starts_at, w.ends_at, w.capacity) for w in event.waves] == [(paris(10, 9), paris(10, 10), 100)]
    assert event.join_url == "https://visio.example.org/x"


TRAINING = {
    "kind": "training", "title_fr": "Animer la boîte", "starts_hour": "09:00", "ends_hour": "17:00", "capacity": "16",
    "audiences": ["professional"], "venue_name": "La fabrik", "venue_commune": "Dijon",
}  # fmt: skip


def dates(*days: str) -> dict[str, str]:
    return {f"dates.{n}": day for n, day in enumerate(days)}


def test_a_training_on_two_dates_a_week_apart_has_two_waves_and_is_taken_as_a_whole(client: FlaskClient) -> None:
    event = made(client, **TRAINING | dates("2027-02-17", "2027-02-10", ""))
    assert event.enrolment is Enrolment.ALL
    assert (event.starts_at, event.ends_at) == (paris(10, 9), paris(17, 17))
    assert [(w.starts_at, w.ends_at) for w in event.waves] == [
        (paris(10, 9), paris(10, 17)),
        (paris(17, 9), paris(17, 17)),
    ]


def test_a_date_is_added_by_a_button_that_saves_nothing(client: FlaskClient) -> None:
    page = client.get("/manage/events/new?kind=training").text
    assert 'name="dates.1"' in page
    assert 'name="dates.2"' not in page
    sent = TRAINING | dates("2027-02-10", "2027-02-17") | {"title_fr": "Gardé", "add": "1"}
    page = client.post("/manage/events/new", data=sent).text
    assert 'name="dates.2"' in page
    assert all(f'value="{text}"' in page for text in ("2027-02-10", "2027-02-17", "Gardé"))
    assert count_events() == 0


def test_a_training_without_a_date_is_told_so(client: FlaskClient) -> None:
    answer = client.post("/manage/events/new", data=TRAINING | dates("", "le 17"))
    assert answer.status_code == 422
    assert 'id="dates.1-error"' in answer.text
    answer = client.post("/manage/events/new", data=TRAINING | dates("", ""))
    assert answer.status_code == 422
    assert 'href="#dates"' in answer.text
    assert count_events() == 0


def test_of_more_than_two_days_the_form_asks_which_and_proposes_no_weekend(client: FlaskClient) -> None:
    week = FORUM | {"kind": "open_week", "ends_day": "2027-02-16", "ends_hour": "11:00", "every": "120"}  # Wed to Tue
    page = client.post("/manage/events/new", data=week)
    assert page.status_code == 200
    assert "On which days?" in page.text
    assert count_events() == 0
    ticked = re.findall(r'name="days" value="([-\d]+)"[^>]*checked', page.text)
    assert ticked == ["2027-02-10", "2027-02-11", "2027-02-12", "2027-02-15", "2027-02-16"]
    offered = re.findall(r'name="offered"[^>]*value="([^"]+)"', page.text)[0]
    event = made(client, **week | {"offered": offered, "days": ["2027-02-11", "2027-02-13"]})
    assert [(w.starts_at, w.ends_at) for w in event.waves] == [(paris(d, 9), paris(d, 11)) for d in (11, 13)]
    assert (event.starts_at, event.ends_at) == (paris(11, 9), paris(13, 11))


@pytest.mark.parametrize(
    ("last", "proposed"),
    [("2027-02-14", ["2027-02-12"]), ("2027-02-15", ["2027-02-12", "2027-02-15"])],
    ids=["Friday to Sunday", "Friday to Monday"],
)
def test_a_weekend_is_open_only_when_it_is_ticked(client: FlaskClient, last: str, proposed: list[str]) -> None:
    page = client.post("/manage/events/new", data=FORUM | {"starts_day": "2027-02-12", "ends_day": last}).text
    assert re.findall(r'name="days" value="([-\d]+)"[^>]*checked', page) == proposed
    assert 'value="2027-02-13"' in page


def test_other_dates_are_asked_about_anew_and_some_day_must_be_ticked(client: FlaskClient) -> None:
    week = FORUM | {"ends_day": "2027-02-12", "days": ["2027-02-10"], "offered": "2027-02-01~2027-02-03"}
    assert client.post("/manage/events/new", data=week).status_code == 200
    none = client.post("/manage/events/new", data=week | {"days": [], "offered": "2027-02-10~2027-02-12"})
    assert none.status_code == 422
    assert 'id="days-error"' in none.text
    far = client.post("/manage/events/new", data=FORUM | {"ends_day": "2027-04-30"})
    assert "An event lasts 31 days at most." in far.text
    assert count_events() == 0


def test_a_forum_is_proposed_with_the_timetable_of_2021(client: FlaskClient) -> None:
    page = client.get("/manage/events/new?kind=forum")
    proposed = {name: values for name, values in fields_of(page).items() if name != "csrf_token"}
    event = made(client, **proposed | {"title_fr": "Forum", "starts_day": "2027-02-10", "ends_day": "2027-02-11"})
    starts = [(9, 0), (9, 40), (10, 20), (11, 0), (13, 30), (14, 10), (14, 50), (15, 30)]
    assert [w.starts_at for w in event.waves] == [paris(day, *at) for day in (10, 11) for at in starts]
    assert {w.ends_at - w.starts_at for w in event.waves} == {timedelta(minutes=40)}
    assert {w.capacity for w in event.waves} == {80}
    assert (event.starts_at, event.ends_at) == (paris(10, 9), paris(11, 17, 30))


def test_an_ideathon_on_two_days_is_one_wave_a_day_for_the_same_people(client: FlaskClient) -> None:
    event = made(client, kind="ideathon", ends_hour="17:00")
    assert event.enrolment is Enrolment.ALL
    assert [(w.starts_at, w.ends_at) for w in event.waves] == [(paris(d, 9), paris(d, 17)) for d in (10, 11)]
    visit = made(client, kind="visit", ends_hour="17:00", title_fr="Visite")
    assert (visit.enrolment, len(visit.waves)) == (Enrolment.ONE, 2)


def test_an_evening_that_ends_after_midnight_is_one_wave(client: FlaskClient) -> None:
    event = made(client, kind="visit", starts_hour="20:00", ends_hour="02:00")
    assert [(w.starts_at, w.ends_at) for w in event.waves] == [(paris(10, 20), paris(11, 2))]


def test_waves_that_do_not_fit_are_told_at_their_length(client: FlaskClient) -> None:
    answer = client.post("/manage/events/new", data=FORUM | {"every": "120"})
    assert answer.status_code == 422
    assert 'id="every-error"' in answer.text
    assert count_events() == 0


def test_hours_that_are_wrong_on_each_day_are_told_once(client: FlaskClient) -> None:
    answer = client.post(
        "/manage/events/new", data=FORUM | {"kind": "visit", "starts_hour": "14:00", "ends_hour": "13:00"}
    )
    assert answer.status_code == 422
    assert "1 thing to correct" in answer.text
    assert 'id="ends_hour-error"' in answer.text


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
    assert count_events() == 0


def test_an_end_before_the_beginning_is_told_at_the_end(client: FlaskClient) -> None:
    answer = client.post("/manage/events/new", data=FORUM | {"kind": "visit", "ends_day": "2027-02-09"})
    assert answer.status_code == 422
    assert "The end comes before the beginning." in answer.text
    assert 'id="ends_day-error"' in answer.text


def test_the_kinds_are_offered_first(client: FlaskClient) -> None:
    page = client.get("/manage/events/new").text
    assert all(f"/manage/events/new?kind={kind.value}" in page for kind in EventKind)
    assert client.post("/manage/events/new", data=FORUM | {"kind": "circus"}).status_code == 302


def test_a_town_without_a_venue_is_kept_in_the_form_and_asked_about(client: FlaskClient) -> None:
    answer = client.post("/manage/events/new", data=FORUM | {"venue_name": "", "venue_commune": "Beaune"})
    assert answer.status_code == 422
    assert "Give the venue a name" in answer.text
    assert "Beaune" in fields_of(answer)["venue_commune"]
    assert count_events() == 0
    assert made(client, venue_name="Beaune", venue_commune="Beaune").venue_commune == "Beaune"
