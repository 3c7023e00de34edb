"""What an edit does to the flows of an event, and what it leaves alone."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.actor import SYSTEM
from app.core.audit import list_history
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.drafts import ApartDraft, EventDraft, TransferDraft
from app.events.enums import Span, WaitingPolicy
from app.events.models import Event, Space, Wave
from app.events.operations import edit_event
from app.events.queries import EventRow, get_event
from app.messages.queries import get_sequences
from app.web.manage.event_sections import draft_of
from tests.factories import NOW, make_event, make_organiser
from tests.integration.registrations.test_itinerary import route_draft


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser(), route_draft())


def edit(event: EventRow, draft: EventDraft) -> EventRow:
    with transaction():
        edit_event(event.id, draft, by=SYSTEM, now=NOW)
    return get_event(event.slug)


def sequence(event: EventRow) -> int:
    subject = f"event:{event.id}"
    return get_sequences([subject]).get(subject, (0, NOW))[0]


def test_flows_are_written_and_told_in_the_history(event: EventRow) -> None:
    draft = draft_of(event)
    changed = replace(
        draft,
        waves=tuple(replace(w, forecast=20) for w in draft.waves),
        spaces=tuple(replace(s, stands=2) for s in draft.spaces),
        transfers=(TransferDraft("Construire", "Offres", 9),),
        waiting_policy=WaitingPolicy.SKIP,
        offer_hours=6,
        absent_minutes=30,
        apart=(ApartDraft("school", "family", Span.DAY),),
    )
    after = edit(event, changed)
    assert draft_of(after) == changed
    details = list_history(f"event:{event.id}")[0].details
    assert details["waiting_policy"] == ["hold", "skip"]
    assert details["apart"] == [[], [["school", "family", "day"]]]
    told = {(p["part"], p["name"], p["change"]) for p in details["parts"]}
    assert ("transfer", "Construire ↔ Offres", "added") in told
    assert ("transfer", "Stands ↔ Offres", "removed") in told
    assert ("space", "Construire", "changed") in told


def test_what_happens_on_the_day_is_nobodys_to_edit(event: EventRow) -> None:
    with transaction():
        db.session.execute(update(Wave).where(Wave.event_id == event.id).values(late_minutes=7))
        db.session.execute(
            update(Space).where(Space.id == event.spaces[0].id).values(late_minutes=3, stand_token="x" * 20)
        )
        db.session.execute(update(Event).where(Event.id == event.id).values(postponed_at=NOW))
    edit(event, replace(draft_of(event), offer_hours=3))
    assert set(db.session.execute(select(Wave.late_minutes).where(Wave.event_id == event.id)).scalars()) == {7}
    space = db.session.execute(
        select(Space.late_minutes, Space.stand_token).where(Space.id == event.spaces[0].id)
    ).one()
    assert tuple(space) == (3, "x" * 20)
    assert get_event(event.slug).postponed_at == NOW


def test_calendars_follow_the_length_of_each_route(event: EventRow) -> None:
    draft = draft_of(event)
    quiet = replace(draft, offer_hours=3, waves=tuple(replace(w, forecast=9) for w in draft.waves))
    after = edit(event, quiet)
    assert sequence(event) == 0
    longer = replace(quiet, stops=tuple(replace(s, minutes=35) if s.name_fr == "Conseil" else s for s in quiet.stops))
    edit(after, longer)
    assert sequence(event) == 1
    edit(after, replace(longer, transfer_minutes=6))
    assert sequence(event) == 2


def test_a_space_that_goes_takes_its_walks_along(event: EventRow) -> None:
    draft = draft_of(event)
    stops = tuple(replace(s, space="" if s.space == "Offres" else s.space) for s in draft.stops)
    spaces = tuple(s for s in draft.spaces if s.name != "Offres")
    with pytest.raises(FieldError, match="unknown_space"):
        edit(event, replace(draft, spaces=spaces, stops=stops))
    after = edit(event, replace(draft, spaces=spaces, stops=stops, transfers=()))
    assert after.transfers == ()
    assert [s.id for s in after.stops] == [s.id for s in event.stops]


def test_two_spaces_that_swap_their_names_keep_their_own_walks(event: EventRow) -> None:
    draft = draft_of(event)
    swap = {"Stands": "Offres", "Offres": "Stands"}
    spaces = tuple(replace(s, name=swap.get(s.name, s.name)) for s in draft.spaces)
    after = edit(event, replace(draft, spaces=spaces))
    assert [(t.low_space_id, t.high_space_id, t.minutes) for t in after.transfers] == [
        (t.low_space_id, t.high_space_id, t.minutes) for t in event.transfers
    ]


def test_every_slip_is_named(event: EventRow) -> None:
    draft = draft_of(event)
    walk = draft.transfers[0]
    with pytest.raises(FieldError) as refused:
        edit(
            event,
            replace(
                draft,
                spaces=(replace(draft.spaces[0], stands=0), *draft.spaces[1:]),
                stops=(replace(draft.stops[0], audiences=("nobody",), largest_team=0, box="x" * 121), *draft.stops[1:]),
                waves=(
                    replace(draft.waves[0], forecast=-1),
                    replace(draft.waves[1], forecast=100_001),
                    *draft.waves[2:],
                ),
                transfers=(walk, replace(walk, space=walk.other, other=walk.space), replace(walk, minutes=241)),
                apart=(ApartDraft("school", "family", Span.DAY), ApartDraft("family", "school", Span.WAVE)),
                offer_hours=0,
                absent_minutes=0,
                transfer_minutes=-1,
            ),
        )
    assert refused.value.problems == {
        "spaces/0/stands": "out_of_range", "stops/0/audiences": "unknown_audience", "stops/0/largest_team": "out_of_range",
        "stops/0/box": "too_long", "waves/0/forecast": "out_of_range", "waves/1/forecast": "out_of_range",
        "transfers/1/spaces": "repeated",
        "transfers/2/spaces": "repeated", "transfers/2/minutes": "out_of_range", "apart/1/audiences": "repeated",
        "offer_hours": "out_of_range", "absent_minutes": "out_of_range", "transfer_minutes": "out_of_range",
    }  # fmt: skip
