"""Counts that cannot both be, people let in after a no, teams: what is stored, and what staff make of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.checkin.conflict_queries import ConflictRow, list_conflicts
from app.checkin.conflict_words import conflict_words
from app.checkin.drafts import Override
from app.checkin.enums import Direction, OverrideReason
from app.checkin.errors import ConflictNotFound, ConflictSettled
from app.checkin.models import Presence, Scan
from app.checkin.operations import ScanAnswer, ScanInput, record_scans, settle_conflict
from app.checkin.queries import get_occupancy, get_whereabouts, list_scans
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import Registered, cancel_registration
from tests.factories import DAY_ONE, NOW, make_event, make_organiser, make_registration, person_draft

NOON = DAY_ONE + timedelta(hours=3)
NOBODY = Headcount(0, 0)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def passage(
    event: EventRow, made: Registered, minutes: int, people: Headcount | None = None, door: int = 0
) -> ScanInput:
    at = DAY_ONE + timedelta(minutes=minutes)
    return ScanInput(
        str(uuid4()), made.ticket_code, event.checkpoints[door].id, Direction.IN, at, people, known=NOBODY
    )  # fmt: skip


def send(event: EventRow, phone: str, *items: ScanInput) -> list[ScanAnswer]:
    with transaction():
        return record_scans(event, phone, items, now=NOON)


def counted_twice(event: EventRow) -> tuple[Registered, ConflictRow, list[ScanInput]]:
    made = make_registration(event)
    items = [passage(event, made, 65, Headcount(27, 2)), passage(event, made, 80, Headcount(24, 2))]
    send(event, "A", items[0])
    send(event, "B", items[1])
    (row,) = list_conflicts(event)
    return made, row, items


def inside(event: EventRow, made: Registered) -> tuple[Headcount, Headcount]:
    assert [r for r in run_checks(NOW) if not r.ok] == []
    db.session.rollback()
    return get_whereabouts(event, made.id, now=NOON)


def settle(row: ConflictRow, outcome: Headcount | None) -> None:
    with transaction():
        settle_conflict(row.id, outcome, by=SYSTEM, now=NOON)


@pytest.mark.parametrize(
    ("outcome", "people"),
    [
        (Headcount(27, 2), Headcount(27, 2)), (Headcount(24, 2), Headcount(24, 2)), (Headcount(25, 3), Headcount(25, 3)),
        (None, Headcount(51, 4)),
    ],
)  # fmt: skip
def test_what_staff_find_is_who_was_in(event: EventRow, outcome: Headcount | None, people: Headcount) -> None:
    made, row, _ = counted_twice(event)
    assert inside(event, made) == (Headcount(27, 2), Headcount(27, 2))
    settle(row, outcome)
    assert inside(event, made) == (people, people)
    (settled,) = list_conflicts(event)
    assert (settled.status, settled.settled, list_conflicts(event, open_only=True)) == ("settled", outcome, [])
    assert [line.settles for line in list_scans(made.id)] == [
        False,
        False,
        *([True] if people.participants != 27 else []),
    ]
    with pytest.raises(ConflictSettled), transaction():
        settle_conflict(row.id, outcome, by=SYSTEM, now=NOON)


def test_who_left_meanwhile_stays_out_when_a_count_is_corrected(event: EventRow) -> None:
    made, row, _ = counted_twice(event)
    out = replace(passage(event, made, 100, Headcount(27, 2)), direction=Direction.OUT, known=Headcount(27, 2))
    send(event, "A", out)
    settle(row, Headcount(24, 2))
    assert inside(event, made) == (NOBODY, Headcount(24, 2))


def test_taking_one_of_two_counts_back_settles_them(event: EventRow) -> None:
    made, _, items = counted_twice(event)
    send(event, "A", replace(passage(event, made, 90), undoes=items[0].id))
    (settled,) = list_conflicts(event)
    assert (settled.status, settled.settled) == ("settled", Headcount(24, 2))
    assert inside(event, made) == (Headcount(24, 2), Headcount(24, 2))


def test_taking_a_count_back_takes_what_settled_it_along(event: EventRow) -> None:
    made, row, items = counted_twice(event)
    settle(row, None)
    send(event, "B", replace(passage(event, made, 90), undoes=items[1].id))
    assert inside(event, made) == (Headcount(27, 2), Headcount(27, 2))


def test_absurd_findings_are_refused(event: EventRow) -> None:
    made, row, _ = counted_twice(event)
    with pytest.raises(FieldError), transaction():
        settle_conflict(row.id, Headcount(-1, 0), by=SYSTEM, now=NOON)
    with pytest.raises(ConflictNotFound), transaction():
        settle_conflict(row.id + 99, Headcount(1, 0), by=SYSTEM, now=NOON)
    assert inside(event, made)[0] == Headcount(27, 2)


def test_a_space_that_counts_others_than_the_entrance_asks(event: EventRow) -> None:
    made = make_registration(event)
    send(event, "A", passage(event, made, 65, Headcount(27, 2)))
    send(event, "B", replace(passage(event, made, 80, Headcount(24, 2), door=1), known=Headcount(27, 2)))
    (row,) = list_conflicts(event)
    assert (row.kind, row.first.people, row.second.people) == ("differs", Headcount(27, 2), Headcount(24, 2))
    french = conflict_words(row, event, "fr").replace("\N{NO-BREAK SPACE}", " ")
    assert "27 + 2 comptés à « Entrée » à 10 h 05 et 24 + 2 à « Grande salle » à 10 h 20 : à confirmer" in french
    assert "27 + 2 counted at “Entrance” at 10:05" in conflict_words(row, event, "en").replace(
        "\N{NO-BREAK SPACE}", " "
    )
    with pytest.raises(FieldError), transaction():
        settle_conflict(row.id, None, by=SYSTEM, now=NOON)
    settle(row, Headcount(24, 2))
    assert inside(event, made) == (Headcount(24, 2), Headcount(24, 2))
    assert get_occupancy(event, now=NOON).spaces[0].present == 26


def test_staff_let_somebody_in_with_a_reason(event: EventRow) -> None:
    made = make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=NOW)
    (refused,) = send(event, "A", passage(event, made, 5))
    assert (refused.result, refused.reason) == ("refused", "cancelled")
    told = Override(OverrideReason.OTHER, "La proviseure l’accompagne")
    (let_in,) = send(event, "A", replace(passage(event, made, 6), override=told))
    assert (let_in.result, let_in.over, let_in.present) == ("accepted", True, Headcount(1, 0))
    assert [(line.override, line.note) for line in list_scans(made.id)] == [(None, ""), (told.reason, told.note)]
    unknown = replace(passage(event, made, 7), code="Z" * 26, override=told)
    assert [a.reason for a in send(event, "A", unknown)] == ["unknown"]
    assert inside(event, made)[0] == Headcount(1, 0)


def test_a_full_space_takes_whom_staff_let_in_and_whom_a_phone_let_in_without_network(event: EventRow) -> None:
    group = make_registration(event)
    (full,) = send(event, "A", replace(passage(event, group, 179, Headcount(28, 2), door=2), known=None))
    assert (full.result, full.reason) == ("refused", "space_full") or full.over
    assert inside(event, group)[0].people in {0, 30}
    safety = Override(OverrideReason.SAFETY)
    (let_in,) = send(event, "A", replace(passage(event, group, 180, Headcount(28, 2), door=2), override=safety))
    assert (let_in.result, let_in.over) == ("accepted", True)
    assert get_occupancy(event, now=NOON).spaces[1].present == 30
    assert inside(event, group)[0] == Headcount(28, 2)


def test_teams_are_where_they_went_and_the_class_gathers_them(event: EventRow) -> None:
    made = make_registration(event)
    all_in = Headcount(28, 2)
    send(event, "A", passage(event, made, 1, all_in))
    team = replace(passage(event, made, 2, Headcount(14, 1), door=1), known=all_in, team=1)
    other = replace(passage(event, made, 3, Headcount(14, 1), door=2), known=all_in, team=2)
    assert [a.result for a in send(event, "B", team, other)] == ["accepted"] * 2
    assert [s.present for s in get_occupancy(event, now=NOON).spaces] == [15, 15]
    assert [a.result for a in send(event, "B", replace(team, id=str(uuid4()), headcount=None))] == ["duplicate"]
    moved = replace(passage(event, made, 9, door=2), known=all_in, team=1, direction=Direction.OUT)
    assert [a.reason for a in send(event, "B", moved)] == ["not_in"]
    send(event, "A", replace(passage(event, made, 20, door=1), known=all_in))
    assert [s.present for s in get_occupancy(event, now=NOON).spaces] == [30, 0]
    assert inside(event, made) == (all_in, all_in)
    assert list_conflicts(event) == []


def test_a_number_that_was_typed_opens_as_its_code_does(event: EventRow) -> None:
    made = make_registration(event)
    typed = replace(passage(event, made, 1), code="", reference=made.reference.lower())
    unknown = replace(passage(event, made, 2), code="", reference="VT-0000-00")
    assert [(a.result, a.reason) for a in send(event, "A", typed, unknown)] == [
        ("accepted", None), ("refused", "unknown"),
    ]  # fmt: skip
    assert inside(event, made)[0] == Headcount(28, 2)


def test_times_are_the_corrected_ones_and_the_clocks_own_is_kept(event: EventRow) -> None:
    """A phone two hours ahead that says so, and one whose clock was never set."""
    made = make_registration(event, person_draft(event))
    at, ahead = DAY_ONE + timedelta(minutes=5), DAY_ONE + timedelta(minutes=125)
    right = replace(passage(event, made, 5), device_at=ahead, offset_ms=-7_200_000)
    never_set = replace(passage(event, made, 0), scanned_at=NOW - timedelta(days=700))
    send(event, "A", right, never_set)
    rows = db.session.execute(select(Scan.scanned_at, Scan.device_at, Scan.offset_ms).order_by(Scan.id)).all()
    assert tuple(rows[0]) == (at, ahead, -7_200_000)
    assert rows[1].scanned_at == rows[1].device_at == NOW - timedelta(days=700)
    assert db.session.execute(select(Presence.last_scan_at)).scalar_one() == at
