"""Where somebody is to be when: worked out, and as a plan says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.core.actor import SYSTEM
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.calendars import visit_end
from app.events.drafts import EventDraft, SpaceDraft, StopDraft, TransferDraft
from app.events.models import Wave
from app.events.operations import edit_event, hold_event
from app.events.queries import EventRow, get_event_by_id
from app.events.route import blocks_of, list_variants
from app.messages.queries import get_sequences
from app.registrations import itinerary as subject
from app.registrations.errors import ChangeClosed
from app.registrations.itinerary import (
    Passage,
    StopTime,
    itinerary,
    list_teams,
    next_stop,
    register_itinerary,
    visit_ends_at,
    whereabouts,
)
from app.registrations.models import Registration
from app.registrations.operations import choose_stop
from app.registrations.papers import route_lines
from app.registrations.queries import RegistrationRow, get_registration
from app.web.manage.event_sections import draft_of
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    person_draft,
)

SPACES = (SpaceDraft("Construire", 60), SpaceDraft("Stands", 90, stands=3), SpaceDraft("Offres", 40))
STOPS = (
    StopDraft("Accueil", 10),
    StopDraft("Construire", 20, space="Construire"),
    StopDraft("Stands", 40, space="Stands", audiences=("school",), largest_team=15),
    StopDraft("Conseil", 30, space="Stands", audiences=("job_seeker", "family")),
    StopDraft("Offres", 15, optional=True, space="Offres", any_order=True),
)


def route_draft(**changes: object) -> EventDraft:
    draft = forum(spaces=SPACES, stops=STOPS, transfer_minutes=5, transfers=(TransferDraft("Offres", "Stands", 2),))
    return replace(draft, **changes)  # type: ignore[arg-type]


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser(), route_draft())


@pytest.fixture
def school(event: EventRow) -> RegistrationRow:
    return get_registration(make_registration(event, class_draft(event)).id)


def planned(monkeypatch: pytest.MonkeyPatch, passages: Sequence[Passage] | None) -> None:
    monkeypatch.setattr(subject, "_sources", [lambda _event, _registration: passages])


def minutes(way: Sequence[StopTime]) -> list[tuple[str, int | None, int | None]]:
    """(name, minutes after nine of beginning and end)."""

    def after(moment: datetime | None) -> int | None:
        return None if moment is None else int((moment - DAY_ONE).total_seconds()) // 60

    return [(time.stop.name_fr, after(time.starts_at), after(time.ends_at)) for time in way]


def passage(
    event: EventRow, name: str, begins: int, *, team: int = 1, stand: int | None = None, wave: int = 0
) -> Passage:
    stop = next(s for s in event.stops if s.name_fr == name)
    starts = DAY_ONE + timedelta(minutes=begins)
    return Passage(event.waves[wave].id, team, 15, stop.id, stand, starts, starts + timedelta(minutes=stop.minutes))


def test_without_a_plan_hours_are_worked_out_for_ones_own_variant(event: EventRow, school: RegistrationRow) -> None:
    way = itinerary(event, school)
    assert minutes(way) == [
        ("Accueil", 0, 10), ("Construire", 10, 30), ("Stands", 35, 75), ("Offres", 77, 92),
    ]  # fmt: skip
    assert {(t.exact, t.stand, t.team, t.teams) for t in way} == {(False, None, 1, 1)}
    person = get_registration(make_registration(event, person_draft(event)).id)
    assert [name for name, *_ in minutes(itinerary(event, person))] == ["Accueil", "Construire", "Conseil", "Offres"]
    assert visit_ends_at(event, person, event.waves[0]) == DAY_ONE + timedelta(minutes=82)
    assert visit_end(event, event.waves[0]) == DAY_ONE + timedelta(minutes=92)
    assert [line.hour for line in route_lines(event, school, "fr")][2] == "vers 9\xa0h\xa035"


def test_the_public_sees_each_audiences_way(event: EventRow) -> None:
    assert [name for name, *_ in minutes(itinerary(event, None, audience="family"))] == [
        "Accueil", "Construire", "Conseil", "Offres",
    ]  # fmt: skip
    assert [v.audiences for v in list_variants(event)] == [("school",), ("job_seeker", "family")]
    assert all(t.starts_at is None for t in itinerary(event, None, audience="family"))
    assert minutes(itinerary(event, None, audience="family", wave=event.waves[1]))[0] == ("Accueil", 40, 50)
    assert [[s.name_fr for s in block] for block in blocks_of(list_variants(event)[0].stops)] == [
        ["Accueil"], ["Construire"], ["Stands", "Offres"],
    ]  # fmt: skip


def test_a_late_wave_moves_everything(event: EventRow, school: RegistrationRow) -> None:
    late = replace(event, waves=(replace(event.waves[0], late_minutes=15), *event.waves[1:]))
    assert minutes(itinerary(late, school))[0] == ("Accueil", 15, 25)
    assert visit_ends_at(late, school, late.waves[0]) == DAY_ONE + timedelta(minutes=107)


def test_while_the_date_is_to_come_no_hour_holds(
    event: EventRow, school: RegistrationRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(monkeypatch, [passage(event, "Construire", 20)])
    way = itinerary(replace(event, date_to_come=True), school)
    assert [(t.stop.name_fr, t.starts_at) for t in way][:2] == [("Accueil", None), ("Construire", None)]


def test_with_several_times_and_no_plan_no_hour_is_told(event: EventRow, school: RegistrationRow) -> None:
    both = replace(school, waves=tuple(w.id for w in event.waves))
    assert {t.starts_at for t in itinerary(event, both)} == {None}
    assert minutes(itinerary(event, both, wave=event.waves[1]))[0] == ("Accueil", 40, 50)


def test_a_plan_is_exact_and_what_it_leaves_out_keeps_its_place(
    event: EventRow, school: RegistrationRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = [
        passage(event, "Offres", 50), passage(event, "Construire", 20),
        passage(event, "Stands", 80, stand=2),
    ]  # fmt: skip
    planned(monkeypatch, plan)
    way = itinerary(event, school)
    assert minutes(way) == [
        ("Accueil", 10, 20), ("Construire", 20, 40), ("Offres", 50, 65), ("Stands", 80, 120),
    ]  # fmt: skip
    assert [t.exact for t in way] == [False, True, True, True]
    assert way[3].stand == 2
    assert visit_ends_at(event, school, event.waves[0]) == DAY_ONE + timedelta(minutes=120)
    assert [line.hour for line in route_lines(event, school, "fr")] == [
        "vers 9\xa0h\xa010", "9\xa0h\xa020", "9\xa0h\xa050", "10\xa0h\xa020",
    ]  # fmt: skip
    planned(monkeypatch, None)
    assert not any(t.exact for t in itinerary(event, school))


def test_teams_have_each_their_way(event: EventRow, school: RegistrationRow, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = [passage(event, "Construire", 20, team=t) for t in (1, 2)]
    plan += [passage(event, "Stands", 45, team=1, stand=1), passage(event, "Stands", 90, team=2, stand=1)]
    planned(monkeypatch, plan)
    teams = list_teams(event, school)
    assert [(t.number, t.people) for t in teams] == [(1, 15), (2, 15)]
    assert [minutes(t.stops)[2] for t in teams] == [("Stands", 45, 85), ("Stands", 90, 130)]
    assert itinerary(event, school, team=2) == teams[1].stops
    hours = {line.stop.name_fr: line.hour for line in route_lines(event, school, "fr")}
    assert hours["Construire"] == "9\xa0h\xa020"
    assert hours["Stands"] == "équipe 1\xa0: 9\xa0h\xa045, stand 1 · équipe 2\xa0: 10\xa0h\xa030, stand 1"


def test_passages_of_another_wave_or_of_a_stop_left_out_say_nothing(
    event: EventRow, school: RegistrationRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = event.stops[-1].id
    planned(monkeypatch, [passage(event, "Construire", 60, wave=1), passage(event, "Offres", 50)])
    declined = replace(school, declined_stops=[offers])
    assert minutes(itinerary(event, declined)) == [("Accueil", 0, 10), ("Construire", 10, 30), ("Stands", 35, 75)]


def test_there_is_one_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_sources", [])
    register_itinerary(lambda _event, _registration: None)
    with pytest.raises(ValueError, match="already"):
        register_itinerary(lambda _event, _registration: None)


def test_where_one_is_follows_the_clock_to_the_very_last_stop(event: EventRow, school: RegistrationRow) -> None:
    way = itinerary(event, school)

    def at(after: int, *seen: int) -> tuple[str, str, int]:
        where = whereabouts(way, DAY_ONE + timedelta(minutes=after), {way[i].stop.id for i in seen})
        return where.at.stop.name_fr if where.at else "", where.coming.stop.name_fr if where.coming else "", where.left

    assert at(-60) == ("", "Accueil", 4)
    assert at(5) == ("Accueil", "Construire", 3)
    assert at(32) == ("", "Stands", 2)
    assert at(76) == ("", "Offres", 1)
    assert at(80) == ("Offres", "", 0)
    assert at(92) == ("", "", 0)
    assert at(12, 2) == ("", "Offres", 1)
    assert at(40, 2) == ("Stands", "Offres", 1)
    found = next_stop(way, DAY_ONE + timedelta(minutes=40))
    assert found is not None
    assert found.stop.name_fr == "Offres"


def test_choosing_an_optional_stop(event: EventRow, school: RegistrationRow) -> None:
    offers = event.stops[-1].id

    def choose(goes: bool, stop: int = offers, now: datetime = NOW) -> bool:
        with transaction():
            return choose_stop(school.id, stop, goes=goes, by=SYSTEM, now=now)

    subjects = [f"registration:{school.id}"]
    before = get_sequences(subjects).get(subjects[0], (0, NOW))[0]
    assert choose(False)
    assert not choose(False)
    row = get_registration(school.id)
    assert (row.declined_stops, get_sequences(subjects)[subjects[0]][0]) == ([offers], before + 1)
    assert [name for name, *_ in minutes(itinerary(event, row))] == ["Accueil", "Construire", "Stands"]
    assert visit_ends_at(event, row, event.waves[0]) == DAY_ONE + timedelta(minutes=75)
    assert choose(True)
    assert get_registration(school.id).declined_stops == []
    for stop in (event.stops[1].id, 0):
        with pytest.raises(FieldError, match="unknown_stop"):
            choose(False, stop)
    assert db.session.get(Registration, school.id) is not None


def test_what_is_chosen_holds_once_the_wave_began(event: EventRow, school: RegistrationRow) -> None:
    visitor = replace(SYSTEM, kind=type(SYSTEM.kind).VISITOR)
    with pytest.raises(ChangeClosed), transaction():
        choose_stop(school.id, event.stops[-1].id, goes=False, by=visitor, now=DAY_ONE)


def test_a_delay_that_is_written_is_read(event: EventRow, school: RegistrationRow) -> None:
    with transaction():
        hold_event(event.id)
        db.session.execute(update(Wave).where(Wave.id == event.waves[0].id).values(late_minutes=10))
        edit_event(event.id, draft_of(get_event_by_id(event.id)), by=SYSTEM, now=NOW)
    assert minutes(itinerary(get_event_by_id(event.id), school))[0] == ("Accueil", 10, 20)
