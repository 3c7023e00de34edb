"""After 30 days what is in the bin goes for good, in small steps that a stop leaves whole."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.checkin.enums import Direction
from app.checkin.operations import ScanInput, record_scans
from app.core.audit import AuditEntry
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import Model, db
from app.core.transaction import transaction
from app.events.models import Event, Target
from app.events.operations.deleting import remove_some
from app.events.queries import EventRow
from app.messages.models import Message
from app.registrations import bin_jobs
from app.registrations.models import BulkAction, Registration
from app.registrations.queries import FORGOTTEN
from app.reports.models import ListPreference
from app.reports.queries.views import page_of
from tests.conftest import StatementCount, counted_statements
from tests.factories import DAY_ONE, NOW, make_event, make_member, make_registration, person_draft
from tests.integration.bin.conftest import delete, delete_whole
from tests.integration.bin.dump import whole_rows

LATER = NOW + timedelta(days=30, hours=1)


def empty(app: Flask, when: Any = LATER) -> None:
    class Context:
        @staticmethod
        def now() -> Any:
            return when

    bin_jobs.empty_bin(Context())  # type: ignore[arg-type]
    db.session.rollback()


def rows_of(table: str) -> int:
    found = db.session.execute(select(func.count()).select_from(Model.metadata.tables[table])).scalar_one()
    db.session.rollback()
    return found


def scan(event: EventRow, code: str) -> None:
    item = ScanInput(str(uuid4()), code, event.checkpoints[0].id, Direction.IN, DAY_ONE)
    with transaction():
        record_scans(event, "door", [item], now=DAY_ONE)


def test_what_is_younger_than_thirty_days_stays(event: EventRow, whole_app: Flask) -> None:
    delete(make_registration(event).id)
    other = make_event(event.organiser_id)
    make_registration(other)
    delete_whole(other.id)
    before = whole_rows()
    empty(whole_app, NOW + timedelta(days=30))
    assert whole_rows() == before


def test_a_registration_goes_with_every_trace(event: EventRow, whole_app: Flask) -> None:
    before, logs = whole_rows(), rows_of("messages")
    made = make_registration(event)
    with transaction():
        db.session.add(
            BulkAction(
                organiser_id=event.organiser_id, event_id=event.id, actor_label="Inès", kind="cancel",
                registration_ids=[made.id], items=[{"id": made.id, "result": "done"}], created_at=NOW,
            )
        )  # fmt: skip
    delete(made.id, notify=True)
    empty(whole_app)
    assert {**whole_rows(), "structures": [], "bulk_actions": []} == {**before, "structures": [], "bulk_actions": []}
    assert rows_of("messages") == logs
    about = select(func.count()).select_from(AuditEntry).where(AuditEntry.subject == f"registration:{made.id}")
    assert db.session.execute(about).scalar_one() == 0
    action = db.session.execute(select(BulkAction.registration_ids, BulkAction.items)).one()
    assert (action.registration_ids, action.items) == ([], [])


def test_somebody_who_was_scanned_stays_without_a_name(event: EventRow, whole_app: Flask) -> None:
    made = make_registration(event)
    scan(event, made.ticket_code)
    delete(made.id)
    came = rows_of("presences")
    for _ in range(2):
        empty(whole_app)
        row = db.session.execute(select(Registration).where(Registration.id == made.id)).scalar_one()
        assert (row.contact_name, row.contact_email, row.search_text) == (FORGOTTEN, "", "")
        assert rows_of("presences") == came == 1


def test_an_event_goes_with_all_that_hangs_on_it(event: EventRow, whole_app: Flask) -> None:
    account_id, _mail = make_member(event.organiser_id)
    before = whole_rows()
    other = make_event(event.organiser_id)
    for _ in range(3):
        make_registration(other, person_draft(other))
    with transaction():
        db.session.add(
            Target(organiser_id=event.organiser_id, scope=f"event:{other.id}", measure="registered", value=9)
        )
        db.session.add(ListPreference(account_id=account_id, page=page_of(other.id), columns=["name"]))
    delete_whole(other.id)
    empty(whole_app)
    assert {**whole_rows(), "venues": []} == {**before, "venues": []}


def test_an_event_whose_door_kept_something_stays_an_empty_shell(event: EventRow, whole_app: Flask) -> None:
    make_registration(event)
    scan(event, "Z" * 26)
    delete_whole(event.id)
    empty(whole_app)
    assert (rows_of("events"), rows_of("registrations")) == (1, 0)
    assert [found for found in run_checks(LATER) if not found.ok] == []
    empty(whole_app)


class Stopped(Exception):
    """As if the process had been killed there."""


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_stopped_at_any_moment_it_goes_on(
    chunks: int, event: EventRow, whole_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_event(event.organiser_id)
    for _ in range(4):
        delete(make_registration(event, person_draft(event)).id)
        make_registration(other, person_draft(other))
    delete_whole(other.id)
    monkeypatch.setattr(bin_jobs, "CHUNK", 2)
    whole: Callable[..., int] = remove_some
    done = 0

    def stops(event_id: int, **rest: Any) -> int:
        nonlocal done
        count = whole(event_id, **rest)
        if done == chunks:
            raise Stopped
        done += 1
        return count

    with monkeypatch.context() as patched:
        patched.setattr(bin_jobs, "remove_some", stops)
        with pytest.raises(Stopped):
            empty(whole_app)
    db.session.rollback()
    assert [found for found in run_checks(LATER) if not found.ok] == []
    assert db.session.execute(select(func.count()).select_from(Event)).scalar_one() == 2
    empty(whole_app)
    assert (rows_of("events"), rows_of("registrations"), rows_of("tickets")) == (1, 0, 0)


def test_the_worker_does_it_by_itself(event: EventRow, whole_app: Flask, drain: Callable[[], None]) -> None:
    delete(make_registration(event).id)
    set_clock(whole_app.extensions, LATER)
    drain()
    assert rows_of("registrations") == 0
    assert db.session.execute(select(func.count()).select_from(Message)).scalar_one() == 0


def act(event: EventRow, ids: list[int]) -> None:
    items = [{"id": number, "result": "done", "before": {}} for number in ids]
    with transaction():
        db.session.add(
            BulkAction(
                organiser_id=event.organiser_id, event_id=event.id, actor_label="Inès", kind="cancel",
                registration_ids=ids, items=items, total=len(ids), done=len(ids), created_at=NOW,
            )
        )  # fmt: skip


def on_actions(counted: StatementCount) -> list[str]:
    """What was asked of actions on many, in order: the verbs, those that read what came of each as ITEMS."""
    found = [text.lower() for text in counted.statements if "bulk_actions" in text.lower()]
    return ["items" if text.startswith("select bulk_actions.items") else text.split()[0] for text in found]


def test_an_action_on_many_is_written_once_whoever_goes_with_it(event: EventRow, whole_app: Flask) -> None:
    made = [make_registration(event, person_draft(event)).id for _ in range(4)]
    act(event, made)
    act(event, made[3:])
    for number in made[:3]:
        delete(number)
    with counted_statements() as counted:
        empty(whole_app)
    assert on_actions(counted) == ["select", "items", "update"]
    rows = db.session.execute(select(BulkAction.registration_ids, BulkAction.total, BulkAction.done)).all()
    assert [tuple(row) for row in rows] == [(made[3:], 1, 1)] * 2


def test_actions_on_many_go_first_with_their_event(event: EventRow, whole_app: Flask) -> None:
    act(event, [make_registration(event, person_draft(event)).id for _ in range(3)])
    delete_whole(event.id)
    with counted_statements() as counted:
        empty(whole_app)
    assert {"items", "update"}.isdisjoint(on_actions(counted))
    assert rows_of("bulk_actions") == rows_of("events") == 0
