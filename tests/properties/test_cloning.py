"""A copy equals its source in everything but dates, identity, counters and people: whole rows, every column decided on."""

import json
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, insert, select, update

from app.boxes.drafts import ScenarioDraft
from app.boxes.operations.scenarios import create_scenario
from app.core.actor import SYSTEM
from app.core.db import Model, db
from app.core.errors import DomainError
from app.core.transaction import transaction
from app.events.cloning import copies_on, draft_from, first_day_of, transfers_of
from app.events.cloning_design import design_of, draft_on, from_json, to_json
from app.events.drafts import (
    AllotmentDraft,
    ApartDraft,
    EventDraft,
    SpaceDraft,
    StopDraft,
    TransferDraft,
    WaveDraft,
)
from app.events.enums import Enrolment, EventKind, Measure, QuestionKind, Span, WaitingPolicy
from app.events.models import (
    Allotment,
    Checkpoint,
    Event,
    EventAudience,
    Question,
    Space,
    Stop,
    Target,
    Transfer,
    Wave,
)
from app.events.operations.cloning import clone_event, create_from_design
from app.events.queries import EventRow, get_event
from app.events.questions import Choice, QuestionRow
from app.registrations.operations import register
from app.training.models import TrainingScenario
from app.training.operations import set_training_scenarios
from tests.factories import NOW, make_organiser, person_draft
from tests.properties.conftest import LONG

ZONES = ("Europe/Paris", "America/Martinique", "Pacific/Noumea")
AUDIENCES = ("school", "job_seeker", "family")

# How each column of a copy stands to its source's. A column that is in none of the three fails the test: decide on it.
EQUAL, HOURS, OWN = "equal", "same hour by the clocks", "its own"
PARTS: dict[type[Model], dict[str, str]] = {
    Event: {
        **dict.fromkeys(
            (
                "organiser_id", "kind", "summary_fr", "summary_en", "description_fr", "description_en", "entrance_fr",
                "entrance_en", "venue_id", "join_url", "project_id", "timezone", "enrolment", "capacity",
                "largest_group", "reference_prefix", "asks_statistics", "waiting_list", "keep_names_days",
                "waiting_policy", "offer_hours", "apart", "transfer_minutes", "absent_minutes",
            ),
            EQUAL,
        ),
        **dict.fromkeys(("starts_at", "ends_at", "registration_opens_at", "registration_closes_at"), HOURS),
        **dict.fromkeys(
            (
                "id", "slug", "calendar_uid", "state", "title_fr", "title_en", "taken", "cancel_code", "cancel_reason",
                "version", "revision", "created_at", "updated_at", "published_at", "cloned_from_id", "deleted_at",
                "date_to_come", "postponed_at",
            ),
            OWN,
        ),
    },
    EventAudience: {"event_id": OWN, "code": EQUAL, "position": EQUAL},
    Wave: {
        **dict.fromkeys(("id", "event_id", "taken", "waiting", "late_minutes"), OWN),
        **dict.fromkeys(("starts_at", "ends_at"), HOURS),
        **dict.fromkeys(("capacity", "place", "host", "forecast"), EQUAL),
    },
    Allotment: {
        **dict.fromkeys(("id", "wave_id", "people", "groups"), OWN),
        **dict.fromkeys(("audience", "max_people", "max_groups"), EQUAL),
    },
    Space: {
        **dict.fromkeys(("id", "event_id", "late_minutes", "stand_token"), OWN),
        **dict.fromkeys(("name", "capacity", "stands", "directions_fr", "directions_en", "position"), EQUAL),
    },
    Stop: {
        **dict.fromkeys(("id", "event_id", "space_id"), OWN),
        **dict.fromkeys(
            (
                "position", "name_fr", "name_en", "text_fr", "text_en", "minutes", "optional", "any_order", "audiences",
                "largest_team", "box",
            ),
            EQUAL,
        ),
    },
    Transfer: {"low_space_id": OWN, "high_space_id": OWN, "minutes": EQUAL},
    Checkpoint: {"id": OWN, "event_id": OWN, "space_id": OWN, "name": EQUAL},
    Question: {
        **dict.fromkeys(("id", "event_id", "created_at"), OWN),
        **dict.fromkeys(
            (
                "key", "kind", "label_fr", "label_en", "help_fr", "help_en", "required", "position", "audiences",
                "choices", "minimum", "maximum", "retired_at",
            ),
            EQUAL,
        ),
    },
    Target: {
        **dict.fromkeys(("id", "scope", "day"), OWN),
        **dict.fromkeys(("organiser_id", "measure", "audience", "value"), EQUAL),
    },
    TrainingScenario: {"event_id": OWN, "scenario_id": EQUAL},
}  # fmt: skip

# Tables that point to an event and of which a copy has nothing: people, what they did, what was told or asked of them.
# Delegations are copied when asked for (tests/integration/cloning).
LEFT = {
    "answer_files", "bulk_actions", "declared_statistics", "delegations", "door_codes", "door_conflicts", "door_devices",
    "door_walk_ins", "event_boxes", "exports", "flow_delays", "flow_plans", "import_files", "invitations", "presences",
    "registrations", "scans", "team_presences",
}  # fmt: skip

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
names = words.map(lambda text: "x" + text.strip())
maybe = st.none() | st.integers(1, 500)
# not in the night, when clocks skip an hour: tests/unit/events/test_cloning_rules.py has that
hours = st.times(time(4), time(22)).map(lambda t: t.replace(second=0, microsecond=0))


@st.composite
def drafts(draw: st.DrawFn) -> EventDraft:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    first = draw(st.dates(date(2026, 1, 1), date(2029, 12, 31)))
    length = draw(st.integers(0, 9))

    def at(day: int, hour: time) -> datetime:
        return datetime.combine(first + timedelta(days=day), hour, tzinfo=zone)

    audiences = tuple(draw(st.lists(st.sampled_from(AUDIENCES), unique=True, min_size=1)))
    allotments = st.lists(
        st.builds(AllotmentDraft, st.sampled_from(audiences), maybe, maybe), unique_by=lambda a: a.audience, max_size=3
    ).map(tuple)
    waves = []
    for day, hour in draw(st.lists(st.tuples(st.integers(0, length), hours), min_size=1, max_size=6)):
        ends = at(day, hour.replace(hour=hour.hour + 1))
        waves.append(
            WaveDraft(
                at(day, hour),
                ends,
                draw(st.integers(1, 90)),
                draw(words),
                draw(words),
                draw(allotments),
                forecast=draw(maybe),
            )
        )
    spaces = tuple(
        SpaceDraft(
            name, draw(st.integers(1, 300)), draw(words), draw(words), stands=draw(st.none() | st.integers(1, 9))
        )
        for name in draw(st.lists(names, unique_by=str.strip, max_size=3))
    )
    places = st.sampled_from(["", *(s.name for s in spaces)])
    stops = st.builds(
        StopDraft,
        names,
        st.integers(0, 90),
        words,
        words,
        words,
        st.booleans(),
        places,
        any_order=st.booleans(),
        audiences=st.lists(st.sampled_from(audiences), unique=True, max_size=2).map(tuple),
        largest_team=maybe,
        box=words.map(str.strip),
    )
    pairs = [(a.name, b.name) for a, b in combinations(spaces, 2)]
    walks = tuple(TransferDraft(a, b, draw(st.integers(0, 30))) for a, b in pairs if draw(st.booleans()))
    apart = tuple(
        ApartDraft(a, b, draw(st.sampled_from(Span))) for a, b in combinations(audiences, 2) if draw(st.booleans())
    )
    opens = draw(st.none() | st.tuples(st.integers(-60, -20), hours))
    closes = draw(st.none() | st.tuples(st.integers(-10, 0), hours))
    venue = draw(words).strip()  # an address belongs to a place that has a name
    return EventDraft(
        title_fr=draw(names), title_en=draw(words), kind=draw(st.sampled_from(EventKind)), timezone=zone.key,
        starts_at=at(0, time(0)), ends_at=at(length, time(23, 30)), audiences=audiences, waves=tuple(waves), spaces=spaces,
        stops=tuple(draw(st.lists(stops, max_size=4))), enrolment=draw(st.sampled_from(Enrolment)),
        venue_name=venue, venue_address=venue and draw(words), venue_commune=venue and draw(words), summary_fr=draw(words),
        summary_en=draw(words), description_fr=draw(words), description_en=draw(words), entrance_fr=draw(words),
        entrance_en=draw(words), join_url=draw(st.sampled_from(["", "https://visio.example.org/1"])),
        capacity=draw(maybe), largest_group=draw(maybe), registration_opens_at=opens and at(*opens),
        registration_closes_at=closes and at(*closes),
        transfer_minutes=draw(st.integers(0, 30)), transfers=walks, apart=apart, offer_hours=draw(st.integers(1, 168)),
        waiting_policy=draw(st.sampled_from(WaitingPolicy)), absent_minutes=draw(maybe),
        asks_statistics=draw(st.booleans()), waiting_list=draw(st.booleans()), keep_names_days=draw(st.integers(1, 900)),
        reference_prefix=draw(st.sampled_from(["", "VT", "ABCD"])),
    )  # fmt: skip


QUESTIONS = (
    QuestionRow("looking_for", QuestionKind.SEVERAL, "Que cherchez-vous ?", "What?", audiences=("family",),
                choices=(Choice("a", "Un stage", "One"), Choice("b", "Un emploi")), maximum=2),
    QuestionRow("note", QuestionKind.TEXT, "Une question ?", help_fr="Courte.", required=True, minimum=2),
)  # fmt: skip


def rows_of(model: type[Model], event_id: int) -> list[dict[str, Any]]:
    """The whole rows of an event, in an order that does not depend on ids across events."""
    table = model.__table__
    assert isinstance(table, Table)
    found = select(table)
    if model is Event:
        found = found.where(Event.id == event_id)
    elif model is Target:
        found = found.where(Target.scope == f"event:{event_id}").order_by(Target.id)
    elif model is Transfer:
        found = found.join(Space, Space.id == Transfer.low_space_id).where(Space.event_id == event_id)
        found = found.order_by(Transfer.low_space_id, Transfer.high_space_id)
    elif model is Allotment:
        found = found.join(Wave, Wave.id == Allotment.wave_id).where(Wave.event_id == event_id)
        found = found.order_by(Wave.starts_at, Allotment.wave_id, Allotment.audience)
    else:
        order = [table.c[name] for name in ("position", "starts_at", "id", "scenario_id") if name in table.c]
        found = found.where(table.c.event_id == event_id).order_by(*order)
    return [dict(row) for row in db.session.execute(found).mappings()]


def wall(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)


def with_targets(event: EventRow) -> None:
    zone = ZoneInfo(event.timezone)
    last = event.ends_at.astimezone(zone).date()
    values = (("", "", 900), ("school", "", 600), ("", last.isoformat(), 450))
    with transaction():
        for audience, day, value in values:
            db.session.execute(
                insert(Target).values(
                    organiser_id=event.organiser_id, scope=f"event:{event.id}", measure=Measure.REGISTERED,
                    audience=audience, day=day, value=value,
                )
            )  # fmt: skip


def compare(source: EventRow, copy: EventRow, days: int) -> None:
    zone = ZoneInfo(source.timezone)
    for model, decisions in PARTS.items():
        before, after = rows_of(model, source.id), rows_of(model, copy.id)
        assert len(before) == len(after), model
        for old, new in zip(before, after, strict=True):
            assert set(old) == set(decisions), f"decide how a copy's {model.__name__} stands to its source's"
            for column, decision in decisions.items():
                if decision == EQUAL:
                    assert new[column] == old[column], (model, column)
                elif decision == HOURS and old[column] is not None:
                    local = wall(old[column], zone)
                    assert local is not None
                    assert wall(new[column], zone) == local + timedelta(days=days), (model, column)
                elif decision == HOURS:
                    assert new[column] is None


def in_utc(value: Any) -> Any:
    """A draft with its moments as instants: across zones two equal ones may be told apart."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, tuple):
        return tuple(in_utc(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: in_utc(getattr(value, field.name)) for field in fields(value)}
    return value


def compare_own(source: EventRow, copy: EventRow) -> None:
    """What a copy has of its own: a fresh draft, nobody in it, its parts pointing to each other and not to the source's."""
    (event,) = rows_of(Event, copy.id)
    expected = {
        "state": "draft", "taken": 0, "cancel_code": "", "cancel_reason": "", "version": 1, "revision": 1,
        "created_at": NOW, "updated_at": NOW, "published_at": None, "cloned_from_id": source.id, "deleted_at": None,
        "date_to_come": False, "postponed_at": None,
    }  # fmt: skip
    assert {name: event[name] for name in expected} == expected
    assert copy.slug != source.slug
    assert copy.calendar_uid != source.calendar_uid
    assert all((row["taken"], row["waiting"], row["late_minutes"]) == (0, 0, 0) for row in rows_of(Wave, copy.id))
    assert all((row["late_minutes"], row["stand_token"]) == (0, None) for row in rows_of(Space, copy.id))
    assert transfers_of(copy) == transfers_of(source)
    assert all((row["people"], row["groups"]) == (0, 0) for row in rows_of(Allotment, copy.id))
    assert [s.space_name for s in copy.stops] == [s.space_name for s in source.stops]
    assert {s.space_id for s in copy.stops if s.space_id} <= {s.id for s in copy.spaces}
    assert {c.space_id for c in copy.checkpoints} == {None, *(s.id for s in copy.spaces)}
    targets = [(t["day"], t["scope"]) for t in rows_of(Target, copy.id)]
    last = copy.ends_at.astimezone(ZoneInfo(copy.timezone)).date().isoformat()
    assert targets == [("", f"event:{copy.id}"), ("", f"event:{copy.id}"), (last, f"event:{copy.id}")]


def fill(event: EventRow) -> None:
    """Take the source's places where somebody can come, so that its counters are not those of a new event."""
    with transaction():
        db.session.execute(update(Wave).where(Wave.event_id == event.id).values(late_minutes=5))
        for space in event.spaces:
            tokened = {"late_minutes": 5, "stand_token": f"stand-{space.id}"}
            db.session.execute(update(Space).where(Space.id == space.id).values(**tokened))
    for audience in event.audiences:
        draft = person_draft(event, audience=audience.code, waves=tuple(w.id for w in event.waves))
        with suppress(DomainError), transaction():
            register(event, draft, by=SYSTEM, now=NOW, quiet=True)


def test_a_copy_is_its_source_on_other_days(whole_app: Flask) -> None:
    organiser_id = make_organiser()
    for code in ("S1", "S2"):
        with transaction():
            create_scenario(ScenarioDraft(code=code, title_fr=code), organiser_id=organiser_id, by=SYSTEM, now=NOW)

    @settings(max_examples=150 if LONG else 10)
    @given(draft=drafts(), days=st.integers(-400, 800))
    def copied(draft: EventDraft, days: int) -> None:
        with transaction():
            slug = create_from_design(draft, questions=QUESTIONS, organiser_id=organiser_id, by=SYSTEM, now=NOW)
        with_targets(get_event(slug))
        with transaction():
            set_training_scenarios(get_event(slug), ("S1", "S2"), by=SYSTEM, now=NOW)
        fill(get_event(slug))
        source = get_event(slug)
        day = first_day_of(source) + timedelta(days=days)
        with transaction():
            (made,) = clone_event(source.id, copies_on(source, [day]), by=SYSTEM, now=NOW)
        copy = get_event(made)
        compare(source, copy, days)
        compare_own(source, copy)
        design = from_json(json.loads(json.dumps(to_json(design_of(source)))))
        alike = replace(draft_on(design, day), title_fr=copy.title_fr, title_en=copy.title_en)
        assert in_utc(alike) == in_utc(draft_from(copy))

    copied()


def test_every_table_that_points_to_an_event_is_copied_or_left_on_purpose() -> None:
    """A table added later must be decided on."""
    events = Event.__table__
    pointing = {
        table.name
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table is events and table is not events
    }
    copied = {model.__table__.name for model in PARTS if isinstance(model.__table__, Table)}
    assert pointing - copied == LEFT
