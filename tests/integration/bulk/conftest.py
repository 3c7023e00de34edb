"""What the tests of actions on many look at: a forum, people, a team, and the work done at once."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.enums import EventFunction, Role
from app.accounts.models import Delegation
from app.core.actor import Actor, ActorKind
from app.core.checks import CheckResult, run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow, get_places
from app.jobs.models import Job
from app.jobs.worker import run_worker
from app.registrations.bulk import jobs
from app.registrations.bulk.operations import prepare, set_params, start, start_undo
from app.registrations.bulk.queries import BulkRow, get_bulk
from app.registrations.bulk.rules import RUN_JOB, UNDO_JOB
from app.registrations.drafts import Contact
from app.registrations.enums import BulkKind
from app.registrations.operations import Registered
from app.registrations.queries import RegistrationRow, get_registration
from tests.factories import NOW, forum, make_event, make_member, make_organiser, make_registration, person_draft

CANCEL = {"code": "transport", "reason": "Grève", "tell": True}


@pytest.fixture(autouse=True)
def breathless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BREATH", 0)


@pytest.fixture
def organiser_id(whole_app: Flask) -> int:
    made = make_organiser()
    make_member(made, Role.OWNER)
    return made


@pytest.fixture
def event(organiser_id: int) -> EventRow:
    return make_event(organiser_id, forum())


@pytest.fixture
def manager(organiser_id: int) -> Actor:
    account_id, _mail = make_member(organiser_id, Role.MANAGER)
    return Actor(ActorKind.STAFF, "Inès Roux", account_id, organiser_id)


def people(event: EventRow, count: int, **changes: Any) -> list[Registered]:
    """So many job seekers, each with a mail address of their own."""
    return [make_registration(event, person_draft(event, **changes)) for _ in range(count)]


def mailless(event: EventRow, name: str = "Awa Diallo") -> Registered:
    return make_registration(event, person_draft(event, contact=Contact(name, phone="+33639980745")))


def prepared(event: EventRow, kind: BulkKind, ids: Sequence[int], params: dict[str, Any], by: Actor) -> int:
    with transaction():
        bulk_id = prepare(event, kind, ids, by=by, now=NOW)
        set_params(bulk_id, params)
    return bulk_id


def press(event: EventRow, bulk_id: int, by: Actor) -> None:
    with transaction():
        start(bulk_id, event, by=by, now=NOW)


def press_undo(event: EventRow, bulk_id: int, by: Actor) -> None:
    with transaction():
        start_undo(bulk_id, event, by=by, now=NOW)


def work(app: Flask) -> None:
    """Do the work of actions on many; mails and everything else waits."""
    only = Job.__table__.update().where(Job.name.not_in([RUN_JOB, UNDO_JOB]))  # type: ignore[attr-defined]
    with transaction():
        db.session.execute(only.values(run_at=NOW + timedelta(days=1)))
    run_worker(app, drain=True, stop=threading.Event(), concurrency=1)
    db.session.rollback()


def done(
    app: Flask, event: EventRow, kind: BulkKind, made: Sequence[Registered], params: dict[str, Any], by: Actor
) -> BulkRow:
    """The action, begun and worked to its end."""
    bulk_id = prepared(event, kind, [r.id for r in made], params, by)
    press(event, bulk_id, by)
    work(app)
    return get_bulk(bulk_id)


def undone(app: Flask, event: EventRow, row: BulkRow, by: Actor) -> BulkRow:
    press_undo(event, row.id, by)
    work(app)
    return get_bulk(row.id)


def results(row: BulkRow) -> list[str]:
    return [item.result.value for item in row.items]


def undo_results(row: BulkRow) -> list[str]:
    return [item.undo.value if item.undo else "" for item in row.items]


def now_of(made: Sequence[Registered]) -> list[RegistrationRow]:
    return [get_registration(r.id) for r in made]


def taken(event: EventRow) -> list[int]:
    places = get_places(event)
    return [places.waves[w.id] for w in event.waves]


def entrust(event: EventRow, account_id: int, function: EventFunction) -> None:
    """Give somebody a function of the event."""
    with transaction():
        db.session.add(
            Delegation(
                organiser_id=event.organiser_id,
                event_id=event.id,
                account_id=account_id,
                function=function,
                organisation="Mission locale",
                created_at=NOW,
            )
        )
        db.session.flush()


def end_functions(account_id: int) -> None:
    with transaction():
        db.session.execute(update(Delegation).where(Delegation.account_id == account_id).values(revoked_at=NOW))


def broken() -> list[CheckResult]:
    """What doctor finds broken: nothing is to be."""
    return [result for result in run_checks(NOW) if not result.ok]
