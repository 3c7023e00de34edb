"""What an organiser's edit does to an event that people registered for."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, WaveDraft
from app.events.enums import Axis, EventMove
from app.events.errors import EventNotFound, EventReadOnly, HasRegistrations
from app.events.models import Allotment
from app.events.operations import edit_event, move_event, save_project
from app.events.queries import EventRow, get_event, get_places
from app.messages.queries import get_sequences
from app.registrations.operations import cancel_registration, change_registration
from tests.factories import NOW, class_draft, forum, make_event, make_organiser, make_registration, person_draft

pytestmark = pytest.mark.usefixtures("whole_app")


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def as_draft(event: EventRow, **changes: Any) -> EventDraft:
    """The event as its form would send it back unchanged, but for `changes`."""
    waves = tuple(
        WaveDraft(
            w.starts_at, w.ends_at, w.capacity, w.place, w.host,
            tuple(AllotmentDraft(a.audience, a.max_people, a.max_groups) for a in w.allotments), w.id,
        )
        for w in event.waves
    )  # fmt: skip
    spaces = tuple(SpaceDraft(s.name, s.capacity, id=s.id) for s in event.spaces)
    return replace(forum(audiences=tuple(a.code for a in event.audiences), waves=waves, spaces=spaces), **changes)


def edit(event: EventRow, **changes: Any) -> EventRow:
    with transaction():
        edit_event(event.id, as_draft(event, **changes), by=SYSTEM, now=NOW)
    return get_event(event.slug)


def sequence(event: EventRow) -> int:
    subject = f"event:{event.id}"
    return get_sequences([subject]).get(subject, (0, NOW))[0]


def test_an_edit_that_changes_nothing_keeps_every_id(event: EventRow) -> None:
    after = edit(event)
    assert replace(after, revision=event.revision, updated_at=event.updated_at) == event
    assert (after.revision, sequence(event)) == (event.revision + 1, 0)


def test_spaces_may_swap_their_names_and_keep_their_doors(event: EventRow) -> None:
    a, b = event.spaces
    swapped = (SpaceDraft(b.name, 30, id=a.id), SpaceDraft(a.name, 40, id=b.id))
    after = edit(event, spaces=swapped)
    assert [(s.id, s.name, s.capacity) for s in after.spaces] == [(a.id, b.name, 30), (b.id, a.name, 40)]
    assert {(c.name, c.space_id) for c in after.checkpoints} == {("Entrée", None), (b.name, a.id), (a.name, b.id)}
    assert {stop.space_name for stop in after.stops if stop.space_id} == {"Grande salle", "Orientation"}
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_names_of_spaces_are_compared_without_their_spaces(event: EventRow) -> None:
    with pytest.raises(FieldError) as caught:
        edit(event, spaces=(SpaceDraft("Salle", 10), SpaceDraft(" Salle ", 10)), stops=())
    assert caught.value.problems == {"spaces/1/name": "repeated"}


def test_a_wave_never_becomes_smaller_than_its_people(event: EventRow) -> None:
    make_registration(event)
    waves = as_draft(event).waves
    with pytest.raises(FieldError) as caught:
        edit(event, waves=(replace(waves[0], capacity=29), waves[1]))
    assert caught.value.problems == {"waves/0/capacity": "below_taken"}
    assert edit(event, waves=(replace(waves[0], capacity=30), waves[1])).waves[0].capacity == 30
    with pytest.raises(FieldError) as caught:
        edit(event, capacity=29)
    assert caught.value.problems == {"capacity": "below_taken"}
    shut = AllotmentDraft("school", 29), AllotmentDraft("family", 5)
    with pytest.raises(FieldError) as caught:
        edit(event, waves=(replace(waves[0], allotments=shut[::-1]), waves[1]))
    assert caught.value.problems == {"waves/0/allotments/1": "below_taken"}


def test_a_limit_set_later_counts_who_is_there_already(event: EventRow) -> None:
    make_registration(event)
    waves = as_draft(event).waves
    limited = edit(event, waves=(replace(waves[0], allotments=(AllotmentDraft("school", 40, 2),)), waves[1]))
    places = get_places(limited)
    assert places.left_for(limited, limited.waves[0], "school") == 10
    assert places.groups_left_for(limited.waves[0], "school") == 1


def test_a_wave_with_people_stays_and_an_empty_one_goes(event: EventRow) -> None:
    made = make_registration(event)
    first, second = as_draft(event).waves
    with pytest.raises(HasRegistrations):
        edit(event, waves=(second,))
    assert [w.id for w in edit(event, waves=(first,)).waves] == [first.id]
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    with pytest.raises(HasRegistrations):  # who cancelled still says which wave it was
        edit(event, waves=(replace(first, id=None),))


def test_ids_of_another_event_are_unknown(event: EventRow) -> None:
    other = make_event(event.organiser_id, forum(slug="autre"))
    waves = as_draft(event).waves
    with pytest.raises(NotFound):
        edit(event, waves=(replace(waves[0], id=other.waves[0].id),))
    with pytest.raises(NotFound):
        edit(event, spaces=(SpaceDraft("Salle", 5, id=other.spaces[0].id),), stops=())
    with pytest.raises(EventNotFound), transaction():
        edit_event(999, as_draft(event), by=SYSTEM, now=NOW)


def test_an_audience_no_longer_accepted_is_still_counted(event: EventRow) -> None:
    made = make_registration(event)
    make_registration(event, person_draft(event, audience="family"))
    edit(event, audiences=("job_seeker",))
    with transaction():
        change_registration(made.id, waves=(event.waves[1].id,), by=SYSTEM, now=NOW)
    edit(get_event(event.slug), audiences=("job_seeker", "school", "family"))
    counted = {(a.wave_id, a.audience): (a.people, a.groups) for a in db.session.execute(select(Allotment.__table__))}
    first, second = (w.id for w in event.waves)
    assert counted[second, "school"] == (30, 1)
    assert counted[first, "school"] == (0, 0)
    assert counted[first, "family"] == (1, 0)
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_what_calendars_show_raises_the_sequence(event: EventRow) -> None:
    assert sequence(edit(event, summary_fr="Nouveau")) == 0
    assert sequence(edit(event, entrance_fr="Porte B")) == 1
    waves = as_draft(event).waves
    assert sequence(edit(event, entrance_fr="Porte B", waves=(replace(waves[0], place="Salle 2"), waves[1]))) == 2


def test_a_new_address_shows_in_every_event_of_that_venue(event: EventRow) -> None:
    other = make_event(event.organiser_id, forum(slug="autre", venue_address="1 rue Basse"))
    assert get_event(event.slug).venue_address == "1 rue Basse"
    assert sequence(event) == 1
    assert edit(other, venue_address="2 rue Haute").venue_address == "2 rue Haute"
    assert get_event(event.slug).venue_address == "2 rue Haute"
    assert (sequence(event), sequence(other)) == (2, 1)


def test_a_renamed_project_shows_in_its_events(event: EventRow) -> None:
    def save(name: str, project_id: int | None = None) -> int:
        with transaction():
            return save_project(
                organiser_id=event.organiser_id,
                name=name,
                axis=Axis.SCHOOL_COMPANY,
                project_id=project_id,
                by=SYSTEM,
                now=NOW,
            )

    project = save("Talents 2026")
    assert edit(event, project_id=project).project_name == "Talents 2026"
    save("Talents 2027", project)
    assert get_event(event.slug).project_name == "Talents 2027"


def test_what_is_over_is_read_only(event: EventRow) -> None:
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW)
    with pytest.raises(EventReadOnly):
        edit(event)


def test_a_class_of_a_dropped_audience_cannot_be_new(event: EventRow) -> None:
    after = edit(event, audiences=("job_seeker",))
    with pytest.raises(FieldError) as caught:
        make_registration(after, class_draft(event))
    assert caught.value.problems == {"audience": "unknown_audience"}
