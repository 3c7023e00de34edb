"""What people read of a time that others wait for, or where an audience kept apart from theirs is: public pages, team, API."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.events.drafts import ApartDraft, WaveDraft
from app.events.enums import Span
from app.events.queries import EventRow, get_event_by_id, get_places
from app.registrations.bulk.planning import make_plan
from app.registrations.bulk.queries import list_lines
from app.registrations.bulk.rules import Outcome
from app.registrations.enums import BulkKind
from tests.factories import DAY_ONE, forum, make_event, make_organiser, make_registration, person_draft
from tests.integration.public.conftest import fields_of
from tests.integration.waiting.conftest import OFFERED, WAITS, full, statuses, waits
from tests.integration.waiting.test_team_pages import base, staff, words

pytestmark = pytest.mark.usefixtures("whole_app")
HOUR = timedelta(hours=1)


@pytest.fixture
def client(whole_app: Flask) -> FlaskClient:
    found = whole_app.test_client()
    found.set_cookie("lang", "en")
    return found


def apart_event() -> EventRow:
    """Classes and people looking for work are not there in the same wave; a class is in the first."""
    waves = (WaveDraft(DAY_ONE, DAY_ONE + HOUR, 90), WaveDraft(DAY_ONE + HOUR, DAY_ONE + 2 * HOUR, 90))
    event = make_event(
        make_organiser(),
        forum(waves=waves, stops=(), spaces=(), apart=(ApartDraft("school", "job_seeker", Span.WAVE),)),
    )
    make_registration(event)
    return event


def test_a_time_where_another_audience_is_says_whose_it_is(client: FlaskClient, whole_app: Flask) -> None:
    event = apart_event()
    page = words(client.get(f"/events/{event.slug}?audience=job_seeker"))
    assert "Reserved" in page
    form = client.post(
        f"/events/{event.slug}/register",
        data={"step": "2", "kind": "individual", "audience": "job_seeker", "is_15_or_older": "yes"},
    )
    assert "This time is reserved for classes" in form.text
    team = words(staff(whole_app, event).get(f"{base(event)}/registrations/new?audience=job_seeker&kind=individual"))
    assert "Kept for: Schools" in team


def test_a_time_that_others_wait_for_says_so(client: FlaskClient, whole_app: Flask) -> None:
    event, _holder = full(30)
    waits(event, 4)
    form = client.post(
        f"/events/{event.slug}/register",
        data={"step": "2", "kind": "individual", "audience": "family", "is_15_or_older": "yes"},
    )
    assert "1 registration waits already" in form.text
    team = words(staff(whole_app, event).get(f"{base(event)}/registrations/new"))
    assert "Waiting list: 1 registration" in team


def test_a_bulk_move_says_why(whole_app: Flask) -> None:
    event = apart_event()
    person = make_registration(event, person_draft(event, audience="job_seeker", waves=(event.waves[1].id,)))
    params = {"to": event.waves[0].id, "from": None}
    plan = make_plan(BulkKind.MOVE, params, list_lines(event.id, [person.id]), event, get_places(event))
    assert [why for _line, why in plan.cannot] == [Outcome.AUDIENCE_APART]


def test_raising_a_capacity_says_to_how_many_places_are_offered(whole_app: Flask) -> None:
    event, _holder = full(10)
    first, second, third = waits(event, 4), waits(event, 4), waits(event, 9)
    client = staff(whole_app, event)
    url = f"{base(event)}/edit/waves"
    fields = {**fields_of(client.get(url)), "waves.0.capacity": ["18"]}
    fields.pop("csrf_token", None)
    saved = client.post(url, data=fields, follow_redirects=True)
    assert "8 people of the waiting list are offered places." in words(saved)
    assert statuses(first, second, third) == [OFFERED, OFFERED, WAITS]
    assert get_event_by_id(event.id).waves[0].capacity == 18
