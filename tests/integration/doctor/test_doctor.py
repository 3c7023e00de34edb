"""Each of doctor's checks sees its invariant broken by SQL, and says nothing of a healthy database."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import checks
from app.core.checks import run_checks
from app.core.db import db
from app.features import register_features
from tests.factories import NOW
from tests.integration.doctor.conftest import World, direct_sql

register_features()
CHECKS = sorted(checks._checks)


@dataclass(frozen=True)
class Break:
    """Statements that break one invariant (rows are named as in World.rows), and what doctor says then."""

    statements: tuple[str, ...]
    problem: Callable[[World], str]


def broken(problem: Callable[[World], str], *statements: str) -> Break:
    return Break(statements, problem)


def wave(world: World) -> int:
    return world.event.waves[0].id


SCAN_OF_ANOTHER_EVENT = (
    "INSERT INTO scans (organiser_id, event_id, scan_id, device, code, registration_id, direction, scanned_at,"
    " received_at, result, delta_participants, delta_companions, expected_participants, expected_companions,"
    " present_participants, present_companions, over)"
    " SELECT organiser_id, :other, 'another', device, code, registration_id, direction, scanned_at, received_at,"
    " 'refused', 0, 0, 0, 0, 0, 0, over FROM scans"
)

GUARDS = {"checkin.append_only", "loans.agreements", "loans.triggers", "resources.guards", "resources.overlaps"}
"""What is broken in another way on each database: tests of their own."""

BREAKS: dict[str, Break] = {
    "accounts.owners": broken(
        lambda w: "organiser creativ has people but no owner who can log in",
        "UPDATE accounts SET disabled_at = created_at WHERE id = :owner",
    ),
    "accounts.door_tokens": broken(
        lambda w: "door token 1 lacks its person, event, epoch or end", "UPDATE api_tokens SET event_id = :event"
    ),
    "accounts.mails": broken(
        lambda w: f"account {w.owner} has a mail that is not in lower case",
        "UPDATE accounts SET email = upper(email) WHERE id = :owner",
    ),
    "boxes.outages": broken(
        lambda w: "is out of service and no outage is open",
        "UPDATE boxes SET condition = 'out_of_service', out_reason = 'broken', out_from = '2027-01-11' WHERE id = 1",
    ),
    "checkin.conflicts": broken(
        lambda w: "conflict 1 names a passage that there is not",
        "INSERT INTO door_conflicts (organiser_id, event_id, registration_id, kind, first_scan, second_scan, first_participants,"
        " first_companions, second_participants, second_companions, status, note, created_at)"
        " SELECT organiser_id, event_id, registration_id, 'twice', scan_id, 'gone', 28, 2, 28, 2, 'open', '', received_at"
        " FROM scans",
    ),
    "checkin.devices": broken(
        lambda w: "scan 2 names a phone that is none of its event",
        SCAN_OF_ANOTHER_EVENT.replace("over)", "over, device_id)", 1)
        .replace(":other", "event_id")
        .replace("over FROM", "over, 99 FROM"),
    ),
    "checkin.teams": broken(
        lambda w: f"registration {w.group.id} has more people in teams than ever came",
        "INSERT INTO team_presences (registration_id, team, event_id, participants, companions, last_scan_at)"
        " SELECT registration_id, 1, event_id, 29, 0, last_scan_at FROM presences",
    ),
    "checkin.walk_ins": broken(
        lambda w: "walk-in 1 was never let in",
        "INSERT INTO door_walk_ins (organiser_id, walk_in_id, event_id, registration_id, result, over, note, made_at,"
        " received_at, provisional) SELECT organiser_id, 'w', event_id, :person, 'taken', over, '', received_at, received_at, over"
        " FROM scans",
    ),
    "checkin.own_event": broken(lambda w: "scan 2 counts people of another event", SCAN_OF_ANOTHER_EVENT),
    "checkin.presences": broken(
        lambda w: f"registration {w.group.id}: stored (27, 2, 28, 2, None, ",
        "UPDATE presences SET participants = participants - 1",
    ),
    "events.allotments": broken(
        lambda w: f"wave {wave(w)} holds 30 people in 1 groups of school: too many",
        "UPDATE allotments SET max_people = 29 WHERE wave_id = :wave AND audience = 'school'",
    ),
    "events.apart": broken(
        lambda w: f"event {w.event.slug}: job_seeker in wave {wave(w)} and school in wave {wave(w)} are not kept apart",
        'UPDATE events SET revision = revision + 1, apart = \'[["school", "job_seeker", "wave"]]\' WHERE id = :event',
    ),
    "events.counters": broken(
        lambda w: f"wave {wave(w)} has no counter for family",
        "DELETE FROM allotments WHERE wave_id = :wave AND audience = 'family'",
    ),
    "events.doors": broken(
        lambda w: f"space {w.event.spaces[0].id} has 0 doors", "DELETE FROM checkpoints WHERE space_id = :space"
    ),
    "events.event_capacity": broken(
        lambda w: f"event {w.event.slug} holds 31 people for 30 places",
        "UPDATE events SET capacity = 30 WHERE id = :event",
    ),
    "events.stops": broken(
        lambda w: f"is in a space of event {w.other.id}",
        "UPDATE stops SET space_id = :other_space WHERE event_id = :event AND space_id = :space",
    ),
    "events.wave_capacity": broken(
        lambda w: f"wave {wave(w)} holds 31 people for 30 places", "UPDATE waves SET capacity = 30 WHERE id = :wave"
    ),
    "flows.in_force": broken(
        lambda w: f"event {w.event.id} has 2 plans in force",
        "DROP INDEX uq_flow_plans_in_force",
        "INSERT INTO flow_plans (event_id, organiser_id, number, state, origin, note, instance, summary, revision, made_by,"
        " created_at) SELECT event_id, organiser_id, 2, state, origin, note, instance, summary, revision, made_by, created_at"
        " FROM flow_plans",
    ),
    "flows.plans": broken(
        lambda w: f"plan 1 of event {w.event.id}: the teams of {w.group.id}-{wave(w)} are 29 people, not 30",
        "UPDATE flow_passages SET people = people - 1",
    ),
    "flows.slots": broken(
        lambda w: f"plan 1 of event {w.event.id} counts 29 people in space {w.event.spaces[0].id} at ",
        "UPDATE flow_slots SET people = people - 1 WHERE space_id = :space",
    ),
    "jobs.ended": broken(
        lambda w: "job 1 (messages.send) is done without the time of its end",
        "UPDATE jobs SET state = 'done' WHERE id = 1",
    ),
    "jobs.leases": broken(
        lambda w: "job 1 (messages.send) is running without a lease", "UPDATE jobs SET state = 'running' WHERE id = 1"
    ),
    "loans.accredited": broken(
        lambda w: f"{w.lent.reference} has boxes, but nobody on it was accredited", "DELETE FROM accreditations"
    ),
    "loans.boxes": broken(lambda w: f"{w.lent.reference} has box", "UPDATE boxes SET scenario_id = 999"),
    "loans.event_uses": broken(
        lambda w: f"of event {w.event.slug} are of another organiser",
        "UPDATE scenarios SET asks_accreditation = false",
        "INSERT INTO event_boxes (organiser_id, event_id, scenario_id, boxes, from_date, from_half, to_date, to_half, created_at)"
        " SELECT organiser_id, :event, scenario_id, 1, from_date, from_half, to_date, to_half, asked_at FROM loans",
        "UPDATE uses SET purpose = 'event', purpose_id = (SELECT id FROM event_boxes)",
    ),
    "loans.names": broken(
        lambda w: f"{w.lent.reference} names somebody again", "UPDATE loans SET names_removed_at = asked_at"
    ),
    "loans.uses": broken(lambda w: f"{w.lent.reference} has box", "DELETE FROM uses"),
    "loans.uses_of_nothing": broken(
        lambda w: "is for loan 999, which has no such box", "UPDATE uses SET purpose_id = 999"
    ),
    "loans.with_one_borrower": broken(
        lambda w: "is out with 2 borrowers",
        "DROP INDEX uq_loan_boxes_away",
        "UPDATE loan_boxes SET handed_over_at = assigned_at",
        "INSERT INTO loan_boxes (loan_id, box_id, assigned_at, handed_over_at)"
        " SELECT loan_id, box_id, assigned_at, handed_over_at FROM loan_boxes",
    ),
    "messages.jobs": broken(lambda w: "message 1 waits, but no job will send it", "DELETE FROM jobs WHERE id = 1"),
    "messages.sent": broken(
        lambda w: "message 1 is sent without a time of sending", "UPDATE messages SET state = 'sent' WHERE id = 1"
    ),
    "registrations.answer_files": broken(
        lambda w: f"{w.person.reference} has a file for “paper” that no answer leads to",
        "INSERT INTO answer_files (event_id, registration_id, question_key, token, name, media_type, size, content, created_at)"
        " SELECT :event, :person, 'paper', 'x', 'a.pdf', 'application/pdf', 5, 'x', created_at FROM events WHERE id = :event",
    ),
    "registrations.allotments": broken(
        lambda w: f"wave {wave(w)} counts 31 people in 1 groups of school, they are 30 in 1",
        "UPDATE allotments SET people = people + 1 WHERE wave_id = :wave AND audience = 'school'",
    ),
    "registrations.asked": broken(
        lambda w: f"{w.person.reference} answered what nobody asked, or was asked about dates that never moved",
        "UPDATE registrations SET stays_at = created_at WHERE id = :person",
    ),
    "registrations.bin": broken(
        lambda w: f"{w.person.reference} is half in the bin: it lacks the moment, or the status that it had",
        "UPDATE registrations SET deleted_status = 'confirmed' WHERE id = :person",
    ),
    "registrations.events": broken(
        lambda w: f"event {w.event.slug} counts 30 people, its registrations hold 31",
        "UPDATE events SET taken = taken - 1 WHERE id = :event",
    ),
    "registrations.bulk": broken(
        lambda w: "action 1 dealt with others than its registrations, or with one twice",
        "INSERT INTO bulk_actions (id, organiser_id, event_id, actor_label, kind, params, registration_ids, items, job_id,"
        " created_at) SELECT 1, organiser_id, id, '', 'cancel', '{}', '[7, 8]', '[{\"id\"\\: 7}, {\"id\"\\: 7}]', 1, created_at"
        " FROM events WHERE id = :event",
    ),
    "registrations.held": broken(
        lambda w: f"{w.group.reference} holds 29 places in wave {wave(w)} instead of 30",
        "UPDATE registration_waves SET people = people - 1 WHERE registration_id = :group",
    ),
    "registrations.offers": broken(
        lambda w: f"{w.person.reference} still holds places that were offered until more than an hour ago",
        "UPDATE registrations SET status = 'offered', offer_expires_at = '2026-01-01' WHERE id = :person",
    ),
    "registrations.own_event": broken(
        lambda w: f"{w.person.reference} has wave {w.other.waves[0].id} of another event",
        "UPDATE registration_waves SET wave_id = :other_wave WHERE registration_id = :person",
    ),
    "registrations.statistics": broken(
        lambda w: f"{w.person.reference} points to declared statistics that are gone", "DELETE FROM declared_statistics"
    ),
    "registrations.tickets": broken(
        lambda w: f"{w.person.reference} has 0 main tickets", "DELETE FROM tickets WHERE registration_id = :person"
    ),
    "registrations.versions": broken(
        lambda w: f"{w.person.reference} says it changed in a version that its event has not reached",
        "UPDATE registrations SET changed_in = 1000 WHERE id = :person",
    ),
    "registrations.waiting": broken(
        lambda w: f"wave {wave(w)} says that 1 registrations wait for it, they are 0",
        "UPDATE waves SET waiting = waiting + 1 WHERE id = :wave",
    ),
    "registrations.waves": broken(
        lambda w: f"wave {wave(w)} counts 30 people, its registrations hold 31",
        "UPDATE waves SET taken = taken - 1 WHERE id = :wave",
    ),
    "structures.merges": broken(
        lambda w: "structure 1 is merged into one that is gone or another organiser's",
        "UPDATE structures SET merged_into_id = 999 WHERE id = 1",
    ),
    "structures.names": broken(
        lambda w: "structure 1 is filed under another name", "UPDATE structures SET name_key = 'x' WHERE id = 1"
    ),
    "structures.numbers": broken(
        lambda w: "structure 1 has a SIRET with a wrong figure",
        "UPDATE structures SET siret = '12345678901234' WHERE id = 1",
    ),
}


def doctor(app: Flask) -> tuple[int, list[str]]:
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["doctor"])
    return result.exit_code, result.output.splitlines()


@pytest.mark.parametrize("name", [name for name in CHECKS if name not in GUARDS])
def test_a_check_sees_its_invariant_broken(name: str, doctor_app: Flask, world: World) -> None:
    code, lines = doctor(doctor_app)
    assert (code, lines[-1]) == (0, f"{len(CHECKS)} checks, all well.")
    assert name in BREAKS, f"write what breaks {name}"
    case = BREAKS[name]
    with direct_sql(guarded=False) as run:
        for statement in case.statements:
            named = {key: value for key, value in world.rows().items() if f":{key}" in statement}
            run(statement, **named)
    found = {result.name: result.problems for result in run_checks(NOW) if not result.ok}
    assert name in found
    assert [p for p in found[name] if case.problem(world) in p] != [], found[name]
    code, lines = doctor(doctor_app)
    assert code == 1
    start = next(n for n, line in enumerate(lines) if line.startswith(f"BROKEN  {name}: "))
    assert case.problem(world) in "\n".join(lines[start + 1 : start + 1 + len(found[name])])
    assert lines[-1] == f"{len(CHECKS)} checks, {len(found)} broken."


@pytest.mark.parametrize("way", ["dropped", "disabled"])
def test_the_scan_stores_guard_is_missed(way: str, doctor_app: Flask, world: World) -> None:
    sqlite = db.engine.dialect.name == "sqlite"
    assert doctor(doctor_app)[0] == 0
    with direct_sql() as run:
        if sqlite:
            run(f"DROP TRIGGER {'scans_no_update' if way == 'dropped' else 'scans_no_delete'}")
        else:
            run(
                "DROP TRIGGER scans_append_only ON scans"
                if way == "dropped"
                else "ALTER TABLE scans DISABLE TRIGGER USER"
            )
    code, lines = doctor(doctor_app)
    gone = "scans_append_only" if not sqlite else "scans_no_update" if way == "dropped" else "scans_no_delete"
    assert code == 1
    assert f"        - trigger {gone} is missing" in lines


def test_the_ledgers_guards_and_what_they_keep_out_are_missed(doctor_app: Flask, world: World) -> None:
    sqlite = db.engine.dialect.name == "sqlite"
    with direct_sql() as run:
        if sqlite:
            run("DROP TRIGGER uses_no_overlap_insert")
            run("DROP TRIGGER uses_accredited")
        else:
            run("ALTER TABLE uses DROP CONSTRAINT uses_no_overlap")
            run("ALTER TABLE uses DISABLE TRIGGER uses_accredited")
        run(
            "INSERT INTO uses (organiser_id, resource_kind, resource_id, purpose, purpose_id, starts_at, from_at, to_at, ends_at,"
            " created_at) SELECT organiser_id, resource_kind, resource_id, purpose, purpose_id, starts_at, from_at, to_at, to_at,"
            " created_at FROM uses"
        )
    found = {result.name: result.problems for result in run_checks(NOW) if not result.ok}
    assert set(found) == {"loans.triggers", "resources.guards", "resources.overlaps"}
    assert found["loans.triggers"] == ("uses_accredited is missing from the database",)
    gone = "uses_no_overlap_insert" if sqlite else "uses_no_overlap"
    assert found["resources.guards"] == (f"{gone} is missing from the database",)
    assert "uses 1 and 2 of box" in found["resources.overlaps"][0]


def test_an_agreement_that_is_not_what_was_made_is_seen(doctor_app: Flask, world: World) -> None:
    with direct_sql() as run:
        run(
            "INSERT INTO loan_agreements (loan_id, number, content, sha256, made_at, accepted_name)"
            " SELECT id, 99, :content, 'x', asked_at, '' FROM loans",
            content=b"%PDF",
        )
    found = {result.name: result.problems for result in run_checks(NOW) if not result.ok}
    assert found == {
        "loans.agreements": (f"agreement 99 of {world.lent.reference} is not what its digest says",),
    }


def test_a_healthy_database_is_said_to_be_so(doctor_app: Flask, world: World) -> None:
    code, lines = doctor(doctor_app)
    assert code == 0
    assert [line.split(":")[0] for line in lines] == [*(f"ok      {name}" for name in CHECKS), lines[-1]]


def test_people_without_a_counter_are_seen(doctor_app: Flask, world: World) -> None:
    with direct_sql() as run:
        run("DELETE FROM allotments WHERE audience = 'school' AND wave_id = :wave", wave=wave(world))
    found = {result.name: result.problems for result in run_checks(NOW) if not result.ok}
    assert found["registrations.allotments"] == (f"wave {wave(world)} has 30 people of school and no counter for them",)


def test_a_scanned_group_without_presence_is_seen(doctor_app: Flask, world: World) -> None:
    with direct_sql() as run:
        run("DELETE FROM presences")
    found = {result.name: result.problems for result in run_checks(NOW) if not result.ok}
    assert found == {"checkin.presences": (f"registration {world.group.id} was scanned in, but is not counted",)}


def test_checks_write_nothing(doctor_app: Flask, world: World) -> None:
    before = db.session.execute(text("SELECT count(*) FROM audit_entries")).scalar_one()
    run_checks(NOW)
    assert not db.session.new
    assert not db.session.dirty
    db.session.rollback()
    assert db.session.execute(text("SELECT count(*) FROM audit_entries")).scalar_one() == before
