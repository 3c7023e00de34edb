"""What adds up: the figures of a project are those of its events' dashboards together, and what the rows say by hand."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.checkin.enums import Direction
from app.checkin.models import Presence
from app.checkin.operations import ScanInput, record_scans
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import Axis
from app.events.models import Event
from app.events.operations import save_project
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import HOLDING, RegistrationKind, RegistrationStatus
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, register
from app.reports.queries.dashboard import get_dashboard
from app.reports.queries.figures import get_project_figures, get_year_figures
from app.reports.sums import NOTHING, Amount, Sums
from tests.factories import DAY_ONE, NOW, PARIS, make_event, make_organiser, one_wave
from tests.properties.conftest import LONG

AUDIENCES = ("school", "job_seeker", "family")
DURING, AFTER = DAY_ONE + timedelta(hours=2), DAY_ONE + timedelta(days=400)

people = st.fixed_dictionaries(
    {
        "event": st.integers(0, 2),
        "audience": st.sampled_from(AUDIENCES),
        "heads": st.none() | st.tuples(st.integers(1, 9), st.integers(0, 2)),
        "oriented": st.booleans(),
        "came": st.integers(0, 9),
        "leaves": st.booleans(),
        "end": st.sampled_from(["stays", "stays", "stays", "cancels", "cancels for illness", "in the bin", "forgot"]),
    }
)


def draft(event: EventRow, said: dict[str, Any], number: int) -> RegistrationDraft:
    group = said["heads"] is not None
    return RegistrationDraft(
        kind=RegistrationKind.GROUP if group else RegistrationKind.INDIVIDUAL,
        audience=said["audience"],
        waves=(event.waves[0].id,),
        contact=Contact(f"Hugo Nom{number}", f"hugo{number}-{uuid4().hex[:8]}@example.org"),
        headcount=Headcount(*said["heads"]) if group else Headcount(1, 0),
        organisation=Organisation("Mission locale", class_label=f"Groupe {number}") if group else Organisation(),
        oriented_by="Mission locale" if said["oriented"] else "",
        waitlist=True,
    )


def play(event: EventRow, said: dict[str, Any], number: int) -> None:
    """Somebody registers, comes or not, and cancels, is put in the bin or is said to have forgotten."""
    with transaction():
        made = register(event, draft(event, said, number), by=SYSTEM, now=NOW)
    heads = said["heads"] or (1, 0)
    came = Headcount(min(said["came"], heads[0]), 0)
    if came.people and made.status is RegistrationStatus.CONFIRMED:
        scans = [(Direction.IN, came), *([(Direction.OUT, came)] if said["leaves"] else [])]
        items = [
            ScanInput(str(uuid4()), made.ticket_code, event.checkpoints[0].id, way, DAY_ONE + timedelta(minutes=n), who)
            for n, (way, who) in enumerate(scans)
        ]
        with transaction():
            record_scans(event, "Porte A", items, now=DAY_ONE + timedelta(minutes=5))
    with transaction():
        if said["end"].startswith("cancels") or said["end"] == "in the bin":
            code = "illness" if "illness" in said["end"] else ""
            cancel_registration(made.id, by=SYSTEM, now=NOW, code=code)
        values: dict[str, Any] = {}
        if said["end"] == "in the bin":
            values = {"deleted_at": NOW, "deleted_status": made.status}
        elif said["end"] == "forgot":
            values = {"no_show_code": "forgot"}
        if values:
            db.session.execute(update(Registration).where(Registration.id == made.id).values(**values))


def by_hand(event_ids: Iterable[int], now: datetime) -> Sums:
    """The same figures, from the rows, one after the other."""
    ends = {row.id: row.ends_at for row in db.session.execute(select(Event.id, Event.ends_at))}
    presences = {p.registration_id: p for p in db.session.execute(select(Presence)).scalars()}
    total: dict[str, Any] = {f.name: 0 for f in fields(Sums)}
    total |= {name: Amount() for name in ("registered", "waiting", "offered", "given_back")}
    total |= {"cancelled": {}, "no_shows": {}}
    for row in db.session.execute(select(Registration)).scalars():
        if row.event_id not in event_ids:
            continue
        presence = presences.get(row.id)
        came = presence.came_participants + presence.came_companions if presence else 0
        amount = Amount(1, row.participants + row.companions)
        total["came"] += came
        if presence and presence.last_scan_at.astimezone(PARIS).date() == now.astimezone(PARIS).date():
            total["present"] += presence.participants + presence.companions
        total["oriented_came"] += came if row.oriented_by else 0
        if row.deleted_at is not None:
            continue
        total["oriented"] += amount.people if row.oriented_by else 0
        if row.status is RegistrationStatus.WAITLISTED:
            total["waiting"] += amount
        if row.status is RegistrationStatus.CANCELLED:
            total["cancelled"][row.cancel_code] = total["cancelled"].get(row.cancel_code, Amount()) + amount
        if row.status not in HOLDING:
            continue
        total["registered"] += amount
        total["offered"] += amount if row.status is RegistrationStatus.OFFERED else Amount()
        total["given_back"] += amount if row.absent_at is not None else Amount()
        total["groups"] += row.kind is RegistrationKind.GROUP
        total["oriented_registered"] += amount.people if row.oriented_by else 0
        if not came and ends[row.event_id] <= now and row.status is RegistrationStatus.CONFIRMED:
            total["no_shows"][row.no_show_code] = total["no_shows"].get(row.no_show_code, Amount()) + amount
    return Sums(**total)


def test_a_projects_figures_are_those_of_its_events_together_and_of_the_rows(whole_app: Flask) -> None:
    @settings(max_examples=200 if LONG else 12)
    @given(st.lists(people, max_size=9), st.sampled_from([NOW, DURING, AFTER]))
    def compare(said: list[dict[str, Any]], now: datetime) -> None:
        organiser_id = make_organiser(f"Creativ’ {uuid4().hex[:8]}")
        with transaction():
            project_id = save_project(
                organiser_id=organiser_id, name="Attractivité", axis=Axis.SCHOOL_COMPANY, by=SYSTEM, now=NOW
            )
        events = [make_event(organiser_id, one_wave(12, audiences=AUDIENCES, project_id=project_id)) for _ in range(3)]
        binned = make_event(organiser_id, one_wave(12, project_id=project_id))
        with transaction():
            register(
                binned, draft(binned, {"audience": "school", "heads": None, "oriented": True}, 0), by=SYSTEM, now=NOW
            )
            db.session.execute(update(Event).where(Event.id == binned.id).values(deleted_at=NOW))
        for number, one in enumerate(said):
            play(events[one["event"]], one, number)
        db.session.expire_all()

        figures = get_project_figures(organiser_id, project_id, now=now)
        dashboards = [get_dashboard(event, now=now).sums for event in events]
        expected = by_hand([event.id for event in events], now)
        assert figures.sums == sum(dashboards, NOTHING) == expected
        assert [event.sums for event in figures.events] == dashboards
        for parts in (figures.audiences, figures.months, figures.parts):
            assert sum(parts.values(), NOTHING) == expected
        assert get_year_figures(organiser_id, DAY_ONE.year, now=now).sums == expected
        assert get_year_figures(organiser_id, DAY_ONE.year + 1, now=now).sums == NOTHING

    compare()
