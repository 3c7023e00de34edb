"""Many at once: each by the operation that one would have used, each once, and undone item by item."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.enums import EventFunction, Role
from app.core.actor import SYSTEM, Actor, ActorKind
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.enums import Enrolment, EventMove
from app.events.operations import move_event
from app.events.queries import EventRow, get_event_by_id, list_places
from app.jobs.models import Job, JobState
from app.jobs.operations import MAX_ATTEMPTS
from app.registrations.bulk import rules, working
from app.registrations.bulk.operations import give_up, prepare, purge_prepared, start_undo
from app.registrations.bulk.planning import make_plan
from app.registrations.bulk.queries import BulkNotFound, get_bulk, list_lines
from app.registrations.bulk.rules import Stage
from app.registrations.enums import BulkKind, RegistrationStatus
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration, change_registration
from app.registrations.queries import get_registration
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)
from tests.integration.bulk.conftest import (
    CANCEL,
    broken,
    done,
    end_functions,
    entrust,
    mailless,
    now_of,
    people,
    prepared,
    press,
    press_undo,
    results,
    taken,
    undo_results,
    undone,
    work,
)
from tests.integration.registrations.conftest import told


def move_to(event: EventRow, wave: int, left: int | None = None, *, tell: bool = True) -> dict[str, Any]:
    return {"to": event.waves[wave].id, "from": None if left is None else event.waves[left].id, "tell": tell}


def test_many_are_cancelled_with_their_reason_and_told(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = [*people(event, 30), mailless(event)]
    gone = people(event, 1)[0]
    with transaction():
        cancel_registration(gone.id, by=SYSTEM, now=NOW, quiet=True)
    row = done(whole_app, event, BulkKind.CANCEL, [*made, gone], CANCEL, manager)
    assert results(row) == ["done"] * 31 + ["cancelled"]
    assert (row.stage, taken(event)) == (Stage.DONE, [0, 0])
    first = get_registration(made[0].id)
    assert (first.cancel_code, first.cancel_reason) == ("transport", "Grève")
    assert told(made[0].id) == ["confirmed", "cancelled"]
    assert told(made[-1].id) == []
    assert broken() == []


def test_undoing_a_cancellation_gives_back_what_each_had(whole_app: Flask, manager: Actor, organiser_id: int) -> None:
    event = make_event(organiser_id, one_wave(3))
    made = [*people(event, 3), make_registration(event, person_draft(event, waitlist=True))]
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, manager)
    people(event, 1)  # takes one of the places that became free
    row = undone(whole_app, event, row, manager)
    assert row.stage is Stage.UNDONE
    assert undo_results(row) == ["done", "done", "wave_full", "done"]
    assert [r.status.value for r in now_of(made)] == ["confirmed", "confirmed", "cancelled", "waitlisted"]
    assert (taken(event), len(row.failures)) == ([3], 1)
    assert told(made[0].id) == ["confirmed", "cancelled", "confirmed"]
    assert broken() == []


def test_nobody_is_told_when_nobody_is_to_be(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = people(event, 2)
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL | {"tell": False}, manager)
    undone(whole_app, event, row, manager)
    assert [told(r.id) for r in made] == [["confirmed"]] * 2


def test_a_move_takes_as_many_as_there_is_room_for(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = [*people(event, 1), make_registration(event), *people(event, 1)]
    row = done(whole_app, event, BulkKind.MOVE, made, move_to(event, 1), manager)
    assert results(row) == ["done", "wave_full", "done"]  # the class of 30 does not fit beside one
    assert taken(event) == [30, 2]
    assert told(made[0].id) == ["confirmed", "changed"]
    row = undone(whole_app, event, row, manager)
    assert undo_results(row) == ["done", "", "done"]
    assert taken(event) == [32, 0]
    assert broken() == []


def test_the_plan_says_beforehand_what_comes_of_it(whole_app: Flask, organiser_id: int, manager: Actor) -> None:
    waves = (
        WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 200),
        WaveDraft(
            DAY_ONE + timedelta(minutes=40), DAY_ONE + timedelta(minutes=80), 70,
            allotments=(AllotmentDraft("school", None, 2), AllotmentDraft("job_seeker", 3)),
        ),
    )  # fmt: skip
    event = make_event(organiser_id, forum(waves=waves))
    made = [*(make_registration(event) for _ in range(3)), *people(event, 5)]
    params, ids = move_to(event, 1), [r.id for r in made]
    plan = make_plan(BulkKind.MOVE, params, list_lines(event.id, ids), event, list_places([event])[event.id])
    row = done(whole_app, event, BulkKind.MOVE, made, params, manager)
    foreseen = dict.fromkeys((line.id for line in plan.can), "done") | {x.id: r.value for x, r in plan.cannot}
    assert [foreseen[i] for i in ids] == results(row)
    assert results(row) == ["done"] * 2 + ["wave_full"] + ["done"] * 3 + ["audience_full"] * 2
    second = [(c.audience, c.before, c.after, c.limit) for c in plan.changes if c.wave_id == event.waves[1].id]
    assert second == [("", 0, 63, 70), ("school", 0, 60, None), ("job_seeker", 0, 3, 3)]
    first = [(c.audience, c.before, c.after) for c in plan.changes if c.wave_id == event.waves[0].id]
    assert first == [("", 95, 32), ("school", 90, 30), ("job_seeker", 5, 2)]
    assert taken(event) == [32, 63]


def test_who_waits_gets_a_place_by_moving_and_waits_again_when_it_is_undone(
    whole_app: Flask, organiser_id: int, manager: Actor
) -> None:
    waves = (
        WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 1),
        WaveDraft(DAY_ONE + timedelta(minutes=40), DAY_ONE + timedelta(minutes=80), 10),
    )
    event = make_event(organiser_id, forum(waves=waves))
    people(event, 1)
    waiting = make_registration(event, person_draft(event, waitlist=True))
    row = done(whole_app, event, BulkKind.MOVE, [waiting], move_to(event, 1), manager)
    assert (results(row), taken(event)) == (["done"], [1, 1])
    row = undone(whole_app, event, row, manager)
    back = get_registration(waiting.id)
    assert (undo_results(row), back.status, back.waves) == (
        ["done"], RegistrationStatus.WAITLISTED, (event.waves[0].id,),
    )  # fmt: skip
    assert taken(event) == [1, 0]
    assert told(waiting.id) == ["waitlisted", "confirmed", "waitlisted"]
    assert broken() == []


def test_of_several_waves_only_the_one_that_is_named_is_left(
    whole_app: Flask, organiser_id: int, manager: Actor
) -> None:
    hours = [DAY_ONE + n * timedelta(minutes=40) for n in range(4)]
    waves = tuple(WaveDraft(at, at + timedelta(minutes=40), 10) for at in hours)
    event = make_event(organiser_id, forum(waves=waves, enrolment=Enrolment.SEVERAL))
    ids = [w.id for w in event.waves]
    both = people(event, 1, waves=(ids[0], ids[1]))[0]
    other = people(event, 1, waves=(ids[2],))[0]
    row = done(whole_app, event, BulkKind.MOVE, [both, other], move_to(event, 3, left=0), manager)
    assert results(row) == ["done", "not_in_wave"]
    assert (get_registration(both.id).waves, taken(event)) == ((ids[1], ids[3]), [0, 1, 1, 1])
    row = undone(whole_app, event, row, manager)
    assert (get_registration(both.id).waves, taken(event)) == ((ids[0], ids[1]), [1, 1, 1, 0])


def test_what_was_changed_since_is_left_alone(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = people(event, 3)
    row = done(whole_app, event, BulkKind.MOVE, made, move_to(event, 1), manager)
    with transaction():
        change_registration(made[0].id, waves=(event.waves[0].id,), by=SYSTEM, now=NOW)
        cancel_registration(made[1].id, by=SYSTEM, now=NOW)
    row = undone(whole_app, event, row, manager)
    assert undo_results(row) == ["changed_since", "changed_since", "done"]
    cancelled = done(whole_app, event, BulkKind.CANCEL, made[2:], CANCEL, manager)
    later = NOW + timedelta(hours=1)
    with transaction():
        db.session.execute(Registration.__table__.update().values(cancelled_at=later))  # type: ignore[attr-defined]
    assert undo_results(undone(whole_app, event, cancelled, manager)) == ["changed_since"]


def test_mails_leave_again_for_who_can_be_reached(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = [*people(event, 1), mailless(event)]
    row = done(whole_app, event, BulkKind.MAIL, made, {}, manager)
    assert (results(row), told(made[0].id)) == (["done", "no_mail"], ["confirmed", "confirmed"])
    with pytest.raises(MoveNotAllowed):
        press_undo(event, row.id, manager)


def test_an_access_that_ended_stops_the_rest(
    whole_app: Flask, event: EventRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    account_id, _mail = make_member(make_organiser("Mission locale"), Role.VIEWER)
    entrust(event, account_id, EventFunction.REGISTRATIONS)
    partner = Actor(ActorKind.STAFF, "Awa (Mission locale)", account_id, event.organiser_id)
    made = people(event, 4)
    bulk_id = prepared(event, BulkKind.CANCEL, [r.id for r in made], CANCEL, partner)
    press(event, bulk_id, partner)
    with transaction():
        assert working.run_chunk(bulk_id, get_bulk(bulk_id).job_id or 0, now=NOW) == (2, 4)
    end_functions(account_id)
    work(whole_app)
    assert results(get_bulk(bulk_id)) == ["done", "done", "not_yours", "not_yours"]


def test_a_partner_for_schools_changes_no_other_rows(whole_app: Flask, event: EventRow) -> None:
    account_id, _mail = make_member(make_organiser("Mission locale"), Role.VIEWER)
    entrust(event, account_id, EventFunction.SCHOOLS)
    partner = Actor(ActorKind.STAFF, "Rectorat", account_id, event.organiser_id)
    made = [make_registration(event, class_draft(event)), *people(event, 1)]
    row = done(whole_app, event, BulkKind.CANCEL, made, CANCEL, partner)
    assert results(row) == ["done", "not_yours"]


def test_an_event_called_off_in_the_middle_is_told(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    made = people(event, 2)
    bulk_id = prepared(event, BulkKind.CANCEL, [r.id for r in made], CANCEL, manager)
    press(event, bulk_id, manager)
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="neige")
    work(whole_app)
    assert results(get_bulk(bulk_id)) == ["closed", "closed"]


def test_a_registration_that_is_gone_is_told(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    [made] = people(event, 1)
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW, quiet=True)
        db.session.execute(Registration.__table__.update().values(deleted_at=NOW))  # type: ignore[attr-defined]
    row = done(whole_app, event, BulkKind.CANCEL, [made], CANCEL, manager)
    assert results(row) == ["gone"]


def test_what_was_not_begun_can_be_given_up_and_goes_by_itself(event: EventRow, manager: Actor) -> None:
    [made] = people(event, 1)
    bulk_id = prepared(event, BulkKind.CANCEL, [made.id], CANCEL, manager)
    other = Actor(ActorKind.STAFF, "Jean", 999, event.organiser_id)
    with pytest.raises(MoveNotAllowed), transaction():
        give_up(bulk_id, event, by=other)
    with transaction():
        give_up(bulk_id, event, by=manager)
    with pytest.raises(BulkNotFound):
        get_bulk(bulk_id)
    kept = prepared(event, BulkKind.CANCEL, [made.id], CANCEL, manager)
    begun = prepared(event, BulkKind.CANCEL, [made.id], CANCEL, manager)
    press(event, begun, manager)
    with transaction():
        purge_prepared(now=NOW + timedelta(hours=23))
    assert get_bulk(kept).stage is Stage.PREPARED
    with transaction():
        purge_prepared(now=NOW + timedelta(hours=25))
    with pytest.raises(BulkNotFound):
        get_bulk(kept)
    assert get_bulk(begun).stage is Stage.AT_WORK


def test_nothing_or_too_many_is_refused_and_so_is_what_the_event_does_not_admit(
    event: EventRow, manager: Actor, organiser_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FieldError, match="required"), transaction():
        prepare(event, BulkKind.MAIL, [], by=manager, now=NOW)
    monkeypatch.setattr("app.registrations.bulk.operations.MOST", 2)
    with pytest.raises(FieldError, match="too_many"), transaction():
        prepare(event, BulkKind.MAIL, [1, 2, 3], by=manager, now=NOW)
    draft = make_event(organiser_id, forum(), publish=False)
    whole = make_event(organiser_id, forum(enrolment=Enrolment.ALL))
    for kind, where in ((BulkKind.MESSAGE, draft), (BulkKind.MAIL, draft), (BulkKind.MOVE, whole)):
        with pytest.raises(MoveNotAllowed), transaction():
            prepare(where, kind, [1], by=manager, now=NOW)


def test_undoing_ends_after_a_day(whole_app: Flask, event: EventRow, manager: Actor) -> None:
    row = done(whole_app, event, BulkKind.CANCEL, people(event, 1), CANCEL, manager)
    late = (row.finished_at or NOW) + rules.UNDO_FOR
    with pytest.raises(MoveNotAllowed), transaction():
        start_undo(row.id, event, by=manager, now=late)
    with transaction():
        start_undo(row.id, event, by=manager, now=late - timedelta(seconds=1))
    assert get_bulk(row.id).stage is Stage.UNDOING


def test_a_dead_job_is_gone_on_with_and_its_old_job_does_nothing(
    whole_app: Flask, event: EventRow, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 2)
    made = people(event, 5)
    bulk_id = prepared(event, BulkKind.MAIL, [r.id for r in made], {}, manager)
    press(event, bulk_id, manager)
    old = get_bulk(bulk_id).job_id
    assert old is not None
    with transaction():
        working.run_chunk(bulk_id, old, now=NOW)
        db.session.execute(
            Job.__table__.update().where(Job.id == old).values(state=JobState.DEAD, attempts=MAX_ATTEMPTS)  # type: ignore[attr-defined]
        )
    assert get_bulk(bulk_id).stage is Stage.STOPPED
    press(event, bulk_id, manager)
    with transaction():
        assert working.run_chunk(bulk_id, old, now=NOW) is None
    work(whole_app)
    assert results(get_bulk(bulk_id)) == ["done"] * 5
    assert [told(r.id) for r in made] == [["confirmed", "confirmed"]] * 5
    names = db.session.execute(select(Job.name).where(Job.subject == f"bulk:{bulk_id}")).scalars().all()
    assert names == ["registrations.run_bulk"] * 2
    assert get_event_by_id(event.id).state.value == "published"
