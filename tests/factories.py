"""Builds the state that tests start from, through the features' own operations, each in a transaction of its own."""

from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from app.accounts.enums import Role, Scope
from app.accounts.operations.people import add_member, create_account, create_organiser
from app.accounts.operations.tokens import make_token
from app.accounts.passwords import NewPassword, choose_password
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import EventKind, EventMove
from app.events.operations import create_event, move_event
from app.events.queries import EventRow, get_event
from app.flows.operations import publish_plan, start_plan
from app.flows.queries import get_plan_by_id
from app.jobs.models import Job
from app.jobs.registry import JobContext, find_handler
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind, Source
from app.registrations.operations import Registered, register

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2027, 1, 11, 10, 0, tzinfo=PARIS)
DAY_ONE = datetime(2027, 2, 4, 9, 0, tzinfo=PARIS)
PASSWORD = "chouette-tuile-dorée"

_numbers = count(1)


@cache
def hashed(password: str = PASSWORD) -> NewPassword:
    """A password, hashed once for the accounts of all tests: hashing takes long on purpose."""
    return choose_password(password)


def make_organiser(name: str = "Creativ’", *, now: datetime = NOW) -> int:
    """An organiser; its id."""
    with transaction():
        return create_organiser(name, by=SYSTEM, now=now)


def make_member(organiser_id: int, role: Role = Role.OWNER, *, email: str = "", now: datetime = NOW) -> tuple[int, str]:
    """A person of that role: (account id, mail address); the password is PASSWORD."""
    address = email or f"{role}{next(_numbers)}@example.org"
    with transaction():
        account_id = create_account(address, f"Inès Roux {role}", hashed(), by=SYSTEM, now=now)
        add_member(account_id, organiser_id, role, by=SYSTEM, now=now)
    return account_id, address


def make_api_token(organiser_id: int, *scopes: Scope, now: datetime = NOW) -> str:
    """A token; all scopes when none is named."""
    with transaction():
        return make_token(organiser_id, f"program {next(_numbers)}", frozenset(scopes or Scope), by=SYSTEM, now=now)


def forum(**changes: Any) -> EventDraft:
    """Two waves of 60 and 30 people on one day, two spaces, three stops; classes and job seekers."""
    values: dict[str, Any] = {
        "title_fr": "La Voie des Talents",
        "title_en": "The Path of Talents",
        "kind": EventKind.FORUM,
        "starts_at": DAY_ONE,
        "ends_at": DAY_ONE + timedelta(hours=8),
        "audiences": ("school", "job_seeker", "family"),
        "waves": (
            WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 60),
            WaveDraft(DAY_ONE + timedelta(minutes=40), DAY_ONE + timedelta(minutes=80), 30),
        ),
        "spaces": (SpaceDraft("Grande salle", 70), SpaceDraft("Orientation", 20)),
        "stops": (
            StopDraft("Construire", 20),
            StopDraft("Stands métiers", 50, space="Grande salle"),
            StopDraft("Offres", 15, optional=True, space="Orientation"),
        ),
        "venue_name": "Le Consortium",
        "venue_commune": "Dijon",
    }
    return EventDraft(**(values | changes))


def make_event(
    organiser_id: int, draft: EventDraft | None = None, *, publish: bool = True, now: datetime = NOW
) -> EventRow:
    """An event, published unless told otherwise."""
    with transaction():
        slug = create_event(draft or forum(), organiser_id=organiser_id, by=SYSTEM, now=now)
    event = get_event(slug)
    if publish:
        with transaction():
            move_event(event.id, EventMove.PUBLISH, by=SYSTEM, now=now)
    return get_event(slug)


def one_wave(capacity: int, *allotments: AllotmentDraft, **changes: Any) -> EventDraft:
    """A forum with one wave of that capacity."""
    wave = WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), capacity, allotments=allotments)
    return forum(waves=(wave,), **changes)


def class_draft(event: EventRow, *, participants: int = 28, companions: int = 2, **changes: Any) -> RegistrationDraft:
    """A class of 28 + 2 for the first wave; a mail address of its own each time."""
    values: dict[str, Any] = {
        "kind": RegistrationKind.GROUP,
        "audience": "school",
        "waves": (event.waves[0].id,),
        "contact": Contact("Manon Lambert", f"manon.lambert{next(_numbers)}@example.org", "+33639980102"),
        "headcount": Headcount(participants, companions),
        "organisation": Organisation("Collège des Trois-Rivières", "0219100C", "3e B", "Dijon"),
    }
    return RegistrationDraft(**(values | changes))


def person_draft(event: EventRow, **changes: Any) -> RegistrationDraft:
    """One job seeker for the first wave; a mail address of their own each time."""
    values: dict[str, Any] = {
        "kind": RegistrationKind.INDIVIDUAL,
        "audience": "job_seeker",
        "waves": (event.waves[0].id,),
        "contact": Contact("Hugo Dupont", f"hugo.dupont{next(_numbers)}@example.org"),
        "source": Source.WEB,
    }
    return RegistrationDraft(**(values | changes))


def make_registration(event: EventRow, draft: RegistrationDraft | None = None, *, now: datetime = NOW) -> Registered:
    """A registration; a class of 28 + 2 when no draft is given."""
    with transaction():
        return register(event, draft or class_draft(event), by=SYSTEM, now=now)


def make_plan(event: EventRow, *, publish: bool = True, now: datetime = NOW) -> int:
    """A plan of an event's groups, made here and now, put in force unless told otherwise; its id."""
    with transaction():
        plan_id = start_plan(event.id, by=SYSTEM, now=now)
    job_id = get_plan_by_id(plan_id).job_id
    payload = db.session.execute(db.select(Job.payload).where(Job.id == job_id)).scalar_one()
    context = JobContext(job_id or 0, payload, event.organiser_id, 1, lambda: now, lambda _done, _total: None)
    find_handler("flows.plan").work(context)
    if publish:
        with transaction():
            publish_plan(plan_id, by=SYSTEM, now=now, revision=get_plan_by_id(plan_id).revision)
    return plan_id
