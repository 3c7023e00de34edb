"""Limits of an audience, audiences kept apart, and those who wait: nobody gets by them, whichever way they come."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, ApartDraft, WaveDraft
from app.events.enums import Span, WaitingPolicy
from app.events.errors import AudienceApart, AudienceFull
from app.events.operations import delete_event, edit_event, restore_event
from app.events.queries import EventRow, get_event, get_places
from app.registrations.bulk.operations import prepare, set_params, start
from app.registrations.drafts import RegistrationDraft
from app.registrations.enums import BulkKind, RegistrationStatus, Source
from app.registrations.importing.plan import Entry
from app.registrations.importing.room import Room
from app.registrations.importing.writing import write_lines
from app.registrations.operations import (
    Registered,
    cancel_registration,
    change_registration,
    delete_registration,
    offer_places,
    offer_to,
    register,
    restore_registration,
)
from app.registrations.operations.reinstating import reinstate
from app.registrations.queries import get_registration
from app.web.public.availability import availability, fits
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_api_token,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)
from tests.integration.api.conftest import Program
from tests.integration.waiting.conftest import drain

HOUR = timedelta(hours=1)
LIMITS: dict[str, dict[str, Any]] = {
    "people": {"allotments": (AllotmentDraft("school", 30),)},
    "groups": {"allotments": (AllotmentDraft("school", None, 1),)},
    "apart": {},
    "waiting": {"capacity": 60},
}


def scene(limit: str) -> tuple[EventRow, Callable[[], Registered]]:
    """An event whose first wave is closed to one more class once `fill` was called, and whose second one is open."""
    first = replace(WaveDraft(DAY_ONE, DAY_ONE + HOUR, 90), **LIMITS[limit])
    apart = (ApartDraft("school", "job_seeker", Span.WAVE),) if limit == "apart" else ()
    draft = forum(waves=(first, WaveDraft(DAY_ONE + HOUR, DAY_ONE + 2 * HOUR, 90)), apart=apart)
    event = make_event(make_organiser(), draft)

    def fill() -> Registered:
        if limit == "apart":
            return make_registration(event, person_draft(event))
        if limit == "waiting":  # half of it is free, and a class of sixty waits for the whole
            made = make_registration(event)
            make_registration(event, class_draft(event, participants=58, waitlist=True))
            return made
        return make_registration(event)

    return event, fill


def second(event: EventRow) -> tuple[int, ...]:
    return (event.waves[1].id,)


def by_form(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    fill()
    make_registration(event, class_draft(event))


def by_team(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    fill()
    make_registration(event, class_draft(event, source=Source.STAFF))


def by_program(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    fill()
    said = class_draft(event)
    body = {
        "kind": "group", "audience": "school", "waves": [str(event.waves[0].id)],
        "contact": {"name": said.contact.name, "email": said.contact.email},
        "headcount": {"participants": 28, "companions": 2}, "organisation": {"name": "Collège", "class_label": "3e B"},
    }  # fmt: skip
    answer = Program(app, make_api_token(event.organiser_id)).post(f"/events/{event.slug}/registrations", body)
    assert (answer.status_code, answer.get_json()["code"]) in {(409, "audience_full"), (409, "wave_full")}


def by_file(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    fill()
    draft: RegistrationDraft = class_draft(event, source=Source.IMPORT)
    with transaction():
        tally = write_lines(event, [Entry(2, draft)], send_mails=False, by=SYSTEM, now=NOW)
    assert (tally.registrations, next(u.code for u in tally.unwritten) in {"audience_full", "wave_full"}) == (0, True)


def by_change(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    made = make_registration(event, class_draft(event, waves=second(event)))
    fill()
    with transaction():
        change_registration(made.id, waves=(event.waves[0].id,), by=SYSTEM, now=NOW)


def by_moving_many(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    made = make_registration(event, class_draft(event, waves=second(event)))
    fill()
    owner_id, _mail = make_member(event.organiser_id)
    by = Actor(ActorKind.STAFF, "Inès Roux", owner_id, event.organiser_id)
    with transaction():
        bulk_id = prepare(event, BulkKind.MOVE, [made.id], by=by, now=NOW)
        set_params(bulk_id, {"to": event.waves[0].id, "from": None, "tell": False})
        start(bulk_id, event, by=by, now=NOW)
    drain()
    assert get_registration(made.id).waves == second(event)


def by_taking_it_up_again(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    made = make_registration(event)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    fill()
    with transaction():
        reinstate(made.id, by=SYSTEM, now=NOW, notify=False)


def from_the_bin(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    made = make_registration(event)
    with transaction():
        delete_registration(made.id, by=SYSTEM, now=NOW)
    fill()
    with transaction():
        restore_registration(made.id, by=SYSTEM, now=NOW)


def from_the_list(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    fill()
    made = make_registration(event, class_draft(event, waitlist=True))
    with transaction():
        assert offer_places(event.id, now=NOW).count == 0
    assert made.status is RegistrationStatus.WAITLISTED


def by_the_teams_offer(app: Flask, event: EventRow, fill: Callable[[], Registered]) -> None:
    fill()
    made = make_registration(event, class_draft(event, waitlist=True))
    with transaction():
        offer_to(made.id, by=SYSTEM, now=NOW)


PATHS = (
    by_form, by_team, by_program, by_file, by_change, by_moving_many, by_taking_it_up_again, from_the_bin, from_the_list,
    by_the_teams_offer,
)  # fmt: skip
BEFORE_WHO_WAITS = {by_taking_it_up_again, from_the_bin}
"""Who was there before those who wait stands before them."""


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_nobody_gets_by(path: Callable[..., None], limit: str, whole_app: Flask) -> None:
    event, fill = scene(limit)
    refusal: Exception | None = None
    try:
        path(whole_app, event, fill)
    except Conflict as error:
        refusal = error
    assert refusal is None or path is not from_the_list  # the work goes on with the others
    places = get_places(event)
    passes = limit == "waiting" and path in BEFORE_WHO_WAITS
    taken = {"apart": 1, "waiting": 60 if passes else 30}.get(limit, 30)
    assert places.waves[event.waves[0].id] == taken
    if refusal is not None and limit != "waiting":
        assert isinstance(refusal, AudienceFull)
        assert isinstance(refusal, AudienceApart) == (limit == "apart")
    assert [r for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()


@pytest.mark.parametrize(
    ("span", "waves"),
    [(Span.WAVE, [True, True, True]), (Span.HALF_DAY, [False, True, True]), (Span.DAY, [False, False, True])],
)
def test_how_long_audiences_are_apart(span: Span, waves: list[bool], whole_app: Flask) -> None:
    """Somebody at 9 h; a class asks for 11 h, 13 h and 9 h of the next day. What they held is free for the others again."""
    hours = (0, 2, 4, 24)
    draft = forum(
        ends_at=DAY_ONE + timedelta(days=2), apart=(ApartDraft("job_seeker", "school", span),),
        waves=tuple(WaveDraft(DAY_ONE + h * HOUR, DAY_ONE + (h + 1) * HOUR, 60) for h in hours),
    )  # fmt: skip
    event = make_event(make_organiser(), draft)
    person = make_registration(event, person_draft(event))
    for wave, may in zip(event.waves[1:], waves, strict=True):
        asked = class_draft(event, waves=(wave.id,))
        if may:
            made = make_registration(event, asked)
            with transaction():
                cancel_registration(made.id, by=SYSTEM, now=NOW)
        else:
            with pytest.raises(AudienceApart) as refusal:
                make_registration(event, asked)
            assert (refusal.value.wave_id, refusal.value.audience) == (wave.id, "job_seeker")
            assert make_registration(event, replace(asked, waitlist=True)).status is RegistrationStatus.WAITLISTED
    with transaction():
        cancel_registration(person.id, by=SYSTEM, now=NOW)
    drain()
    assert make_registration(event, class_draft(event)).status is RegistrationStatus.CONFIRMED
    assert [r for r in run_checks(NOW) if not r.ok] == []


def test_who_is_together_already_cannot_be_kept_apart_by_a_later_rule(whole_app: Flask) -> None:
    draft = forum(spaces=(), stops=())
    event = make_event(make_organiser(), draft)
    make_registration(event)
    make_registration(event, person_draft(event))
    waves = tuple(replace(said, id=wave.id) for said, wave in zip(draft.waves, event.waves, strict=True))
    strict = replace(draft, waves=waves, apart=(ApartDraft("school", "job_seeker", Span.WAVE),))
    with pytest.raises(FieldError) as refusal, transaction():
        edit_event(event.id, strict, by=SYSTEM, now=NOW)
    assert refusal.value.problems == {"apart": "not_apart"}
    assert get_event(event.slug).apart == ()


def test_an_event_from_the_bin_keeps_its_audiences_apart_and_its_list(whole_app: Flask) -> None:
    event, fill = scene("apart")
    fill()
    make_registration(event, class_draft(event, waitlist=True))
    with transaction():
        delete_event(event.id, by=SYSTEM, now=NOW)
    with transaction():
        moved = restore_event(event.id, by=SYSTEM, now=NOW)
    assert (moved.registrations, moved.not_back) == (2, ())
    with suppress(AudienceApart):
        make_registration(event, class_draft(event))
    assert get_places(event).taken == 1
    assert [r for r in run_checks(NOW) if not r.ok] == []


@pytest.mark.parametrize("policy", WaitingPolicy)
def test_who_grows_takes_what_those_who_wait_leave(policy: WaitingPolicy, whole_app: Flask) -> None:
    event = make_event(make_organiser(), forum(waiting_policy=policy))
    made = make_registration(event)
    make_registration(event, class_draft(event, participants=40, waitlist=True))
    with suppress(Conflict), transaction():
        change_registration(
            made.id, headcount=replace(class_draft(event).headcount, participants=38), by=SYSTEM, now=NOW
        )  # fmt: skip
    assert get_places(event).taken == (30 if policy is WaitingPolicy.HOLD else 40)
    with transaction():
        register(event, person_draft(event, waves=second(event)), by=SYSTEM, now=NOW)


@pytest.mark.parametrize(("limit", "state"), [("apart", "none"), ("waiting", "waitlist")])
def test_pages_offer_no_time_that_newcomers_cannot_have(limit: str, state: str, whole_app: Flask) -> None:
    event, fill = scene(limit)
    fill()
    places, (first, other) = get_places(event), event.waves
    with whole_app.test_request_context("/"):
        states = [availability(event, places, wave, event.audience("school"), NOW).state for wave in (first, other)]
    assert states == [state, "open"]
    assert [fits(event, places, wave, "school", 30, group=True) for wave in (first, other)] == [False, True]
    plan = Room(event, places)
    assert [plan.take(class_draft(event, waves=(wave.id,))) is None for wave in (first, other)] == [False, True]
