"""Numbers to reach: set by audience and by day, kept by two people at once, shown beside the figures in words."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.actor import SYSTEM, Actor
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.enums import Axis, EventMove, Measure
from app.events.models import Target
from app.events.operations import move_event, save_project
from app.events.operations.targets import set_targets
from app.events.queries import EventRow
from app.events.targets import MOST, TargetKey, event_scope, project_scope
from app.registrations.drafts import RegistrationDraft
from app.registrations.operations import Registered
from app.reports.queries.targets import list_targets
from app.reports.rules import Progress, share
from tests.factories import NOW as THEN
from tests.factories import make_event as make_any_event
from tests.factories import make_organiser
from tests.integration.manage.conftest import NOW, class_draft, person_draft

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
NO_BREAK = "\N{NO-BREAK SPACE}"
DAY = "2027-02-04"


def aim(event: EventRow, values: dict[TargetKey, int | None]) -> int:
    with transaction():
        return set_targets(event_scope(event.id), values, organiser_id=event.organiser_id, by=SYSTEM, now=NOW)


def test_targets_are_set_changed_and_taken_away(whole_app: Flask) -> None:
    event = make_any_event(make_organiser())
    everybody, schools = TargetKey(Measure.REGISTERED), TargetKey(Measure.GROUPS, "school", DAY)
    assert aim(event, {everybody: 600, schools: 20}) == 2
    assert aim(event, {everybody: 650, schools: 20}) == 1
    assert aim(event, {schools: None, TargetKey(Measure.PRESENT): None}) == 1
    assert list_targets(event.organiser_id, event_scope(event.id)) == {everybody: 650}
    assert list_targets(make_organiser("Ailleurs"), event_scope(event.id)) == {}
    said = [row.details for row in list_history(event_scope(event.id)) if row.verb == "targets.set"]
    assert said == [
        {"groups school 2027-02-04": [20, None]},
        {"registered": [600, 650]},
        {"registered": [None, 600], "groups school 2027-02-04": [None, 20]},
    ]


@pytest.mark.parametrize("value", [0, -1, MOST + 1])
def test_a_target_out_of_range_is_refused_and_nothing_is_kept(forum: EventRow, value: int) -> None:
    with pytest.raises(FieldError) as refused:
        aim(forum, {TargetKey(Measure.PRESENT): 10, TargetKey(Measure.REGISTERED): value})
    assert refused.value.problems == {"registered": "range"}
    assert list_targets(forum.organiser_id, event_scope(forum.id)) == {}


def test_the_page_saves_what_is_typed_and_the_dashboard_says_it_in_words(
    client: FlaskClient, forum: EventRow, enrol: Enrol
) -> None:
    base = f"/manage/events/{forum.slug}"
    for name in ("Manon Lambert", "Noël Guérin"):
        enrol(forum, class_draft(forum, 0, name))
    enrol(forum, person_draft(forum, 1, "Hugo Dupont"))
    saved = client.post(f"{base}/targets", data={"registered-all": "1 200", "registered-school": "40", "seen": "{}"})
    assert saved.status_code == 302
    assert client.post(f"{base}/targets?period={DAY}", data={"registered-school": "90"}).status_code == 302
    page = client.get(base).text
    assert "of 1,200 aimed for (5%)" in page
    assert "60 of 40 aimed for (150%)" in page
    assert "Schools: people registered" in page
    assert "60 of 90 aimed for (67%)" in page
    assert "61 so far" in client.get(f"{base}/targets").text


def test_in_french_it_reads_so_many_of_so_many_aimed_for(client: FlaskClient, forum: EventRow, enrol: Enrol) -> None:
    enrol(forum, class_draft(forum, 0, "Manon Lambert"))
    aim(forum, {TargetKey(Measure.REGISTERED, "school"): 45})
    client.set_cookie("lang", "fr")
    assert f"30 sur 45 visés (67{NO_BREAK}%)" in client.get(f"/manage/events/{forum.slug}").text


def test_a_wrong_number_is_said_at_its_field_and_everything_typed_is_kept(client: FlaskClient, forum: EventRow) -> None:
    sent = {"registered-all": "beaucoup", "present-all": "0", "groups-school": "12"}
    answer = client.post(f"/manage/events/{forum.slug}/targets", data=sent)
    assert answer.status_code == 422
    assert 'href="#registered-all"' in answer.text
    assert "Write a whole number, for example 28." in answer.text
    assert "Write 1 or more." in answer.text
    assert all(f'value="{value}"' in answer.text for value in ("beaucoup", "0", "12"))
    assert db.session.execute(select(Target)).first() is None


def test_two_people_who_set_different_targets_lose_nothing(client: FlaskClient, forum: EventRow) -> None:
    url = f"/manage/events/{forum.slug}/targets"
    seen = '{"registered-all": 600}'
    aim(forum, {TargetKey(Measure.REGISTERED): 700, TargetKey(Measure.PRESENT): 300})
    client.post(url, data={"registered-all": "600", "groups-all": "9", "seen": seen})
    assert list_targets(forum.organiser_id, event_scope(forum.id)) == {
        TargetKey(Measure.REGISTERED): 700,
        TargetKey(Measure.PRESENT): 300,
        TargetKey(Measure.GROUPS): 9,
    }


@pytest.mark.parametrize("seen", ["[]", "{", "x" * 30_000, '{"registered-all": []}'])
def test_a_form_whose_hidden_part_was_changed_saves_what_it_shows(
    client: FlaskClient, forum: EventRow, seen: str
) -> None:
    answer = client.post(f"/manage/events/{forum.slug}/targets", data={"registered-all": "5", "seen": seen})
    assert answer.status_code == 302
    assert list_targets(forum.organiser_id, event_scope(forum.id)) == {TargetKey(Measure.REGISTERED): 5}


def test_a_day_that_the_event_does_not_have_is_all_of_it(client: FlaskClient, forum: EventRow) -> None:
    client.post(f"/manage/events/{forum.slug}/targets?period=2030-01-01", data={"registered-all": "5"})
    assert list_targets(forum.organiser_id, event_scope(forum.id)) == {TargetKey(Measure.REGISTERED): 5}


def test_a_project_and_a_year_have_targets_by_month(client: FlaskClient, organiser_id: int, by: Actor) -> None:
    with transaction():
        project_id = save_project(
            organiser_id=organiser_id, name="Attractivité", axis=Axis.SCHOOL_COMPANY, by=by, now=NOW
        )
    for base in (f"/manage/projects/{project_id}", "/manage/year/2027"):
        client.post(f"{base}/targets", data={"registered-all": "900", "present-school": "400"})
        assert "of 900 aimed for (0%)" in client.get(base).text
        assert "0 of 400 aimed for (0%)" in client.get(base).text
    client.post("/manage/year/2027/targets?period=2027-02", data={"registered-all": "100"})
    year = client.get("/manage/year/2027").text
    assert "February 2027" in year
    assert "0 of 100 aimed for (0%)" in year
    assert TargetKey(Measure.REGISTERED) in list_targets(organiser_id, project_scope(project_id))


def test_only_those_who_manage_set_targets(
    log_in: Callable[[int, Role], FlaskClient], organiser_id: int, forum: EventRow, by: Actor
) -> None:
    viewer = log_in(organiser_id, Role.VIEWER)
    pages = (f"/manage/events/{forum.slug}/targets", "/manage/year/2027/targets")
    assert [viewer.get(page).status_code for page in pages] == [403, 403]
    assert [viewer.post(page, data={"registered-all": "5"}).status_code for page in pages] == [403, 403]
    assert "Set targets" not in viewer.get(f"/manage/events/{forum.slug}").text
    assert "Set targets" not in viewer.get("/manage/year/2027").text


def test_an_event_that_is_called_off_keeps_its_targets_as_they_are(
    client: FlaskClient, forum: EventRow, by: Actor
) -> None:
    with transaction():
        move_event(forum.id, EventMove.CANCEL, by=by, now=THEN)
    assert client.post(f"/manage/events/{forum.slug}/targets", data={"registered-all": "5"}).status_code == 409
    assert "Set targets" not in client.get(f"/manage/events/{forum.slug}").text


@pytest.mark.parametrize(
    ("reached", "target", "percent", "bar"),
    [
        (412, 600, 69, (412 / 6, 100.0)),
        (0, 600, 0, (0.0, 100.0)),
        (599, 600, 99, (599 / 6, 100.0)),
        (600, 600, 100, (100.0, 100.0)),
        (900, 600, 150, (100.0, 600 / 9)),
    ],
)
def test_progress_says_a_hundred_only_when_the_target_is_reached(
    reached: int, target: int, percent: int, bar: tuple[Any, Any]
) -> None:
    progress = Progress(reached, target)
    assert (progress.percent, progress.done) == (percent, reached >= target)
    assert progress.bar == pytest.approx(bar)


def test_a_share_of_nothing_is_none() -> None:
    assert (share(1, 0), share(1, 3), share(2, 3)) == (None, 33, 67)
