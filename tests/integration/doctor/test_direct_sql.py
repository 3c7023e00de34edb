"""What the database itself refuses, whoever writes."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from tests.integration.doctor.conftest import World, direct_sql

REFUSED = {
    "more in a wave than it holds": "UPDATE waves SET taken = capacity + 1 WHERE id = :wave",
    "a wave smaller than its people": "UPDATE waves SET capacity = taken - 1 WHERE id = :wave",
    "fewer than nobody in a wave": "UPDATE waves SET taken = -1 WHERE id = :wave",
    "more at an event than it holds": "UPDATE events SET taken = capacity + 1 WHERE id = :event",
    "an event smaller than its people": "UPDATE events SET capacity = taken - 1 WHERE id = :event",
    "fewer than nobody at an event": "UPDATE events SET taken = -1 WHERE id = :event",
    "more people than allotted": "UPDATE allotments SET people = 41 WHERE wave_id = :wave AND audience = 'school'",
    "more groups than allotted": "UPDATE allotments SET groups = 3 WHERE wave_id = :wave AND audience = 'school'",
    "fewer than nobody allotted": "UPDATE allotments SET people = -1 WHERE wave_id = :wave",
    "fewer than no group": "UPDATE allotments SET groups = -1 WHERE wave_id = :wave",
    "a negative holding": "UPDATE registration_waves SET people = -1 WHERE registration_id = :group",
    "a registration of nobody": "UPDATE registrations SET participants = 0, companions = 0 WHERE id = :group",
    "an individual who is two": "UPDATE registrations SET participants = 2 WHERE id = :person",
    "the same person twice": "UPDATE registrations SET same_key = (SELECT same_key FROM registrations WHERE id = :person)"
    " WHERE id = :group",
    "the same number twice": "UPDATE registrations SET reference = (SELECT reference FROM registrations WHERE id = :person)"
    " WHERE id = :group",
    "fewer than nobody present": "UPDATE presences SET participants = -1",
    "more present than ever came": "UPDATE presences SET participants = 29",
    "a space for nobody": "UPDATE spaces SET capacity = 0 WHERE id = :space",
    "a wave that ends before it starts": "UPDATE waves SET ends_at = starts_at WHERE id = :wave",
    "a wave that people registered for goes": "DELETE FROM waves WHERE id = :wave",
    "an event that people registered for goes": "DELETE FROM events WHERE id = :event",
    "more planned in a space than it holds": "UPDATE flow_slots SET people = capacity + 1 WHERE space_id = :space",
    "two plans in force": "INSERT INTO flow_plans (event_id, organiser_id, number, state, origin, note, instance, summary,"
    " revision, made_by, created_at) SELECT event_id, organiser_id, 2, state, origin, note, instance, summary, revision,"
    " made_by, created_at FROM flow_plans",
    "a changed scan": "UPDATE scans SET delta_participants = 1",
    "a scan changed to itself": "UPDATE scans SET device = device",
    "a deleted scan": "DELETE FROM scans",
    "the same scan twice": "INSERT INTO scans (organiser_id, event_id, scan_id, device, code, direction, scanned_at,"
    " received_at, result, delta_participants, delta_companions, expected_participants, expected_companions,"
    " present_participants, present_companions, over)"
    " SELECT organiser_id, event_id, scan_id, device, code, direction, scanned_at, received_at, result, 0, 0, 0, 0, 0, 0,"
    " over FROM scans",
}


def dump() -> list[object]:
    tables = ("events", "waves", "allotments", "registrations", "registration_waves", "presences", "spaces", "scans")
    found = [list(db.session.execute(text(f"SELECT * FROM {table}"))) for table in tables]
    db.session.rollback()
    return list(found)


def test_the_database_refuses_what_breaks_a_promise(doctor_app: Flask, world: World) -> None:
    before = dump()
    let_through = []
    for what, statement in REFUSED.items():
        named = {key: value for key, value in world.rows().items() if f":{key}" in statement}
        try:
            with direct_sql() as run:
                run(statement, **named)
            let_through.append(what)
        except IntegrityError:
            pass
    assert let_through == []
    assert dump() == before


def test_a_refused_scan_change_says_why(doctor_app: Flask, world: World) -> None:
    with pytest.raises(IntegrityError, match="scans are append-only"), direct_sql() as run:
        run("DELETE FROM scans")
