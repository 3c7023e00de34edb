"""Places taken of places: right where people hold one place, several, or one in every wave."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.events.drafts import WaveDraft
from app.events.enums import Enrolment, EventKind
from app.events.queries import EventRow, get_places, list_events, list_public_events
from app.events.rules import Occupancy, occupancy, places_together
from app.registrations.drafts import Headcount, RegistrationDraft
from app.registrations.operations import Registered
from app.reports.queries.figures import get_year_figures
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_organiser, make_registration
from tests.integration.manage.conftest import class_draft as desk_class
from tests.integration.manage.conftest import paris

Enrol = Callable[[EventRow, RegistrationDraft], Registered]
MakeEvent = Callable[..., EventRow]


@pytest.mark.parametrize(
    ("enrolment", "people", "limit", "capacities", "wave_places", "expected"),
    [
        (Enrolment.ONE, 31, None, (20, 20), 31, Occupancy(31, 40)),
        (Enrolment.ONE, 31, 35, (20, 20), 31, Occupancy(31, 35)),
        (Enrolment.ONE, 31, 90, (20, 20), 31, Occupancy(31, 40)),
        (Enrolment.ONE, 0, None, (), 0, Occupancy(0, None)),
        (Enrolment.ALL, 16, None, (16, 16), 32, Occupancy(16, 16)),
        (Enrolment.ALL, 7, None, (16, 12), 14, Occupancy(7, 12)),
        (Enrolment.ALL, 7, 10, (16, 12), 14, Occupancy(7, 10)),
        (Enrolment.SEVERAL, 14, None, (16, 16), 25, Occupancy(25, 32, several=True)),
        (Enrolment.SEVERAL, 14, 15, (16, 16), 25, Occupancy(14, 15)),
        (Enrolment.SEVERAL, 16, 20, (16, 16), 32, Occupancy(32, 32, several=True)),
        (Enrolment.SEVERAL, 0, 20, (16, 16), 0, Occupancy(0, 20)),
        (Enrolment.SEVERAL, 3, None, (), 0, Occupancy(3, None)),
    ],
)
def test_what_is_compared_with_what(
    enrolment: Enrolment,
    people: int,
    limit: int | None,
    capacities: tuple[int, ...],
    wave_places: int,
    expected: Occupancy,
) -> None:
    found = occupancy(enrolment, people=people, limit=limit, capacities=capacities, wave_places=wave_places)
    assert found == expected
    assert found.left == (None if expected.places is None else expected.places - expected.taken)


def test_waves_together_hold_what_the_smallest_holds_where_people_come_to_all() -> None:
    assert [places_together(e, (16, 12)) for e in Enrolment] == [28, 28, 12]
    assert [places_together(e, ()) for e in Enrolment] == [0, 0, 0]


def two_dates(organiser: int, enrolment: Enrolment) -> EventRow:
    waves = tuple(WaveDraft(DAY_ONE + timedelta(days=n), DAY_ONE + timedelta(days=n, hours=1), 16) for n in range(2))
    draft = forum(waves=waves, ends_at=DAY_ONE + timedelta(days=2), enrolment=enrolment, spaces=(), stops=())
    return make_event(organiser, draft)


@pytest.mark.parametrize(
    ("enrolment", "waves", "expected"),
    [
        (Enrolment.ONE, [0, 1], Occupancy(32, 32)),
        (Enrolment.SEVERAL, [0, slice(None)], Occupancy(24, 32, several=True)),
        (Enrolment.ALL, [slice(None)], Occupancy(16, 16)),
    ],
    ids=["one", "several", "all"],
)
def test_the_list_the_dashboard_and_the_year_say_the_same(
    whole_app: Flask, enrolment: Enrolment, waves: list[int | slice], expected: Occupancy
) -> None:
    organiser = make_organiser()
    event = two_dates(organiser, enrolment)
    ids = [wave.id for wave in event.waves]
    for wanted in waves:
        chosen = tuple(ids[wanted]) if isinstance(wanted, slice) else (ids[wanted],)
        people = 8 if enrolment is Enrolment.SEVERAL else 16
        made = class_draft(event, participants=people - 1, companions=1, waves=chosen)
        make_registration(event, made)
    (line,) = list_events(organiser)
    (public,) = list_public_events(NOW)
    figures = get_year_figures(organiser, DAY_ONE.year, now=NOW)
    assert line.occupancy == public.occupancy == expected
    assert get_places(event).occupancy(event) == expected
    assert figures.occupancy == expected
    assert figures.events[0].places == expected.places


def full_training(make_event: MakeEvent, enrol: Enrol, enrolment: Enrolment) -> EventRow:
    """Two dates of 16 places; one group of 16 on both, or of 8."""
    waves = (WaveDraft(paris(11, 9), paris(11, 17), 16), WaveDraft(paris(18, 9), paris(18, 17), 16))
    event = make_event(
        kind=EventKind.TRAINING, starts_at=paris(11, 9), ends_at=paris(18, 17), waves=waves, spaces=(), stops=(),
        enrolment=enrolment,
    )  # fmt: skip
    people = 16 if enrolment is Enrolment.ALL else 8
    enrol(
        event,
        desk_class(
            event, 0, "Manon Lambert", headcount=Headcount(people - 1, 1), waves=tuple(w.id for w in event.waves)
        ),
    )
    return event


def test_a_full_training_on_two_dates_reads_full(client: FlaskClient, make_event: MakeEvent, enrol: Enrol) -> None:
    event = full_training(make_event, enrol, Enrolment.ALL)
    base = f"/manage/events/{event.slug}"
    assert "<span>16 of 16</span></td>" in client.get("/manage/events").text
    assert "of 16 places" in client.get(base).text
    assert "2 waves, 16 places" in client.get(f"{base}/edit").text
    assert "of 16 places" in client.get("/manage/year/2027").text
    table = client.get(f"{base}/figures.csv").text.splitlines()
    assert table[1].split(";")[:4] == ["Total", "", "16", "16"]
    agenda = client.get("/").text
    assert "Waiting list" in agenda


def test_where_people_choose_several_places_are_compared_with_places(
    client: FlaskClient, make_event: MakeEvent, enrol: Enrol
) -> None:
    event = full_training(make_event, enrol, Enrolment.SEVERAL)
    listed = client.get("/manage/events").text
    assert '<span>16 of 32</span><span class="sub">by 8 people</span>' in listed
    for page in (f"/manage/events/{event.slug}", "/manage/year/2027"):
        text = client.get(page).text
        assert "16 of 32 places taken" in text, page
        assert "of 32 places<" not in text, page
    assert "Registration is open" in client.get("/").text
