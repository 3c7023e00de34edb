"""What the scan store keeps of a registration's passages, and what undoing one of them gives back."""

import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import count
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.checkin.enums import Direction, Reason, ScanResult
from app.checkin.models import Presence, Scan
from app.checkin.operations import ScanAnswer, ScanInput, record_scans
from app.checkin.queries import get_occupancy, get_whereabouts
from app.core.actor import SYSTEM
from app.core.checks import run_checks
from app.core.db import db
from app.core.transaction import transaction
from app.events.drafts import WaveDraft
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.operations import Registered, cancel_registration, issue_route_cards
from app.registrations.queries import get_registration
from tests.conftest import counted_statements
from tests.factories import (
    DAY_ONE,
    NOW,
    class_draft,
    forum,
    make_event,
    make_organiser,
    make_registration,
    one_wave,
    person_draft,
)

IN, OUT = Direction.IN, Direction.OUT
NOBODY = Headcount(0, 0)
numbers = count(1)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    return make_event(make_organiser())


def item(
    event: EventRow, code: str, way: Direction = IN, people: Headcount | None = None, *, space: int | None = None,
    undoes: ScanInput | None = None, minutes: int = 0,
) -> ScanInput:  # fmt: skip
    door = next(c.id for c in event.checkpoints if c.space_id == space)
    at = DAY_ONE + timedelta(minutes=minutes)
    return ScanInput(str(UUID(int=next(numbers))), code, door, way, at, people, undoes.id if undoes else None)


def send(event: EventRow, *items: ScanInput) -> list[ScanAnswer]:
    with transaction():
        return record_scans(event, "door 1", items, now=max(DAY_ONE, *(i.scanned_at for i in items)))


def said(answers: list[ScanAnswer]) -> list[tuple[str, str | None, int]]:
    """(result, reason, people present) of each answer."""
    return [(a.result, a.reason, a.present.people) for a in answers]


def healthy() -> bool:
    return [r for r in run_checks(NOW) if not r.ok] == []


def test_a_route_card_taken_back_may_come_in_again(event: EventRow) -> None:
    made = make_registration(event)
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    card = get_registration(made.id).cards[0].code
    first = item(event, card)
    assert said(send(event, first)) == [("accepted", None, 1)]
    assert said(send(event, item(event, card))) == [("duplicate", "already_in", 1)]
    assert said(send(event, item(event, card, undoes=first))) == [("accepted", None, 0)]
    assert said(send(event, item(event, card))) == [("accepted", None, 1)]
    out = item(event, card, OUT)
    assert said(send(event, out)) == [("accepted", None, 0)]
    assert said(send(event, item(event, card, OUT))) == [("refused", "not_in", 0)]
    assert said(send(event, item(event, card, undoes=out), item(event, card))) == [
        ("accepted", None, 1), ("duplicate", "already_in", 1),
    ]  # fmt: skip
    assert healthy()


def test_cards_come_in_one_by_one_and_the_class_with_the_rest(event: EventRow) -> None:
    made = make_registration(event, class_draft(event, participants=3, companions=1))
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    cards = [c.code for c in get_registration(made.id).cards]
    answers = send(event, item(event, cards[0]), item(event, cards[1]), item(event, made.ticket_code))
    assert said(answers) == [("accepted", None, 1), ("accepted", None, 2), ("accepted", None, 4)]
    assert [a.label for a in answers] == [
        "3B-01 · 3e B · Collège des Trois-Rivières", "3B-02 · 3e B · Collège des Trois-Rivières",
        "3e B · Collège des Trois-Rivières",
    ]  # fmt: skip
    assert healthy()


def make_cards(event: EventRow, participants: int = 3, companions: int = 1) -> tuple[Registered, list[str]]:
    """A class with its numbered cards' codes."""
    made = make_registration(event, class_draft(event, participants=participants, companions=companions))
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    return made, [c.code for c in get_registration(made.id).cards]


def test_who_left_with_the_class_may_come_back_with_a_card(event: EventRow) -> None:
    made, cards = make_cards(event)
    main = made.ticket_code
    answers = send(
        event,
        item(event, cards[0]),
        item(event, cards[1]),
        item(event, main),  # the third pupil and the teacher
        item(event, cards[2]),  # who came in with them
        item(event, main, OUT),
        item(event, cards[0], OUT),
        item(event, cards[0]),
        item(event, cards[0]),
        item(event, main),
    )
    assert said(answers) == [
        ("accepted", None, 1), ("accepted", None, 2), ("accepted", None, 4), ("duplicate", "already_in", 4),
        ("accepted", None, 0), ("refused", "not_in", 0), ("accepted", None, 1), ("duplicate", "already_in", 1),
        ("accepted", None, 4),
    ]  # fmt: skip
    assert healthy()


def test_who_came_in_with_the_class_may_go_out_with_a_card(event: EventRow) -> None:
    made, cards = make_cards(event)
    answers = [
        *send(event, item(event, made.ticket_code)),
        *send(event, item(event, cards[0], OUT)),
        *send(event, item(event, cards[0], OUT)),
        *send(event, item(event, cards[1])),
        *send(event, item(event, made.ticket_code)),  # the one who went out came back with the class's ticket
        *send(event, item(event, cards[0])),
        *send(event, item(event, made.ticket_code, OUT)),
        *send(event, item(event, cards[0], OUT)),
    ]
    assert said(answers) == [
        ("accepted", None, 4), ("accepted", None, 3), ("refused", "not_in", 3), ("duplicate", "already_in", 3),
        ("accepted", None, 4), ("duplicate", "already_in", 4), ("accepted", None, 0), ("refused", "not_in", 0),
    ]  # fmt: skip
    assert healthy()


def test_a_card_at_a_space_is_one_pupil_and_leaves_the_class_where_it_is(event: EventRow) -> None:
    hall, desk = (s.id for s in event.spaces)
    made, cards = make_cards(event, 28, 2)
    first = send(event, item(event, cards[0], space=desk))
    assert said(first) == [("accepted", None, 1)]  # not the class of 30, and not refused for a space of 20
    send(event, item(event, made.ticket_code), item(event, made.ticket_code, space=hall))
    assert said(send(event, item(event, cards[1], space=desk), item(event, cards[1], space=desk))) == [
        ("accepted", None, 30), ("duplicate", "already_in", 30),
    ]  # fmt: skip
    assert [s.present for s in get_occupancy(event, now=DAY_ONE).spaces] == [30, 0]
    assert said(send(event, item(event, cards[1], OUT, space=desk), item(event, cards[1], OUT, space=desk))) == [
        ("accepted", None, 30), ("refused", "not_in", 30),
    ]  # fmt: skip
    full = make_registration(event, class_draft(event, participants=19, companions=1, waves=(event.waves[1].id,)))
    send(event, item(event, full.ticket_code, space=desk))
    assert said(send(event, item(event, cards[2], space=desk))) == [("refused", "space_full", 30)]
    assert healthy()


def test_who_comes_late_joins_the_class_and_is_marked_where_its_space_is_full(event: EventRow) -> None:
    desk = event.spaces[1].id  # holds 20
    made = make_registration(event, class_draft(event, participants=20, companions=1))
    send(event, item(event, made.ticket_code, people=Headcount(18, 1)), item(event, made.ticket_code, space=desk))
    assert said(send(event, item(event, made.ticket_code, people=Headcount(1, 0)))) == [("accepted", None, 20)]
    assert said(send(event, item(event, made.ticket_code))) == [("accepted", None, 21)]
    assert [s.present for s in get_occupancy(event, now=DAY_ONE).spaces] == [0, 21]
    over = db.session.execute(select(Scan.over).order_by(Scan.id)).scalars().all()
    assert over == [False, False, False, True]
    other = make_registration(event, person_draft(event))
    assert said(send(event, item(event, other.ticket_code, space=desk))) == [("refused", "space_full", 0)]
    assert healthy()


def test_undoing_gives_back_what_was_added_and_when_they_first_came(event: EventRow) -> None:
    made = make_registration(event)
    first = item(event, made.ticket_code, people=Headcount(10, 1), minutes=1)
    second = item(event, made.ticket_code, minutes=5)
    send(event, first, second)
    assert said(send(event, item(event, made.ticket_code, undoes=first, minutes=6))) == [("accepted", None, 19)]
    row = db.session.execute(select(Presence.__table__)).one()
    assert (row.participants, row.companions, row.came_participants, row.first_in_at) == (18, 1, 18, second.scanned_at)
    send(event, item(event, made.ticket_code, undoes=second, minutes=7))
    row = db.session.execute(select(Presence.__table__)).one()
    assert (row.participants, row.came_participants, row.first_in_at, row.space_id) == (0, 0, None, None)
    assert healthy()


def test_what_scans_added_is_what_is_present(event: EventRow) -> None:
    made = make_registration(event)
    came, left = item(event, made.ticket_code), item(event, made.ticket_code, OUT)
    send(event, came, left, item(event, made.ticket_code, undoes=came))  # they left already: nothing to take back
    assert get_whereabouts(event, made.id, now=DAY_ONE) == (NOBODY, NOBODY)
    send(event, item(event, made.ticket_code, OUT, undoes=left), item(event, made.ticket_code, people=Headcount(2, 0)))
    deltas = db.session.execute(
        select(Scan.delta_participants, Scan.delta_companions)
        .where(Scan.result == ScanResult.ACCEPTED)
        .order_by(Scan.id)
    ).all()
    assert deltas == [(28, 2), (-28, -2), (0, 0), (0, 0), (2, 0)]
    assert get_whereabouts(event, made.id, now=DAY_ONE)[0] == Headcount(2, 0)
    assert healthy()


def test_undoing_leads_back_to_the_space_before(event: EventRow) -> None:
    hall, desk = (s.id for s in event.spaces)
    made = make_registration(event, class_draft(event, participants=9, companions=1))
    into_hall, into_desk = (item(event, made.ticket_code, space=s) for s in (hall, desk))
    send(event, into_hall, into_desk)
    assert [s.present for s in get_occupancy(event, now=DAY_ONE).spaces] == [0, 10]
    send(event, item(event, made.ticket_code, undoes=into_desk))
    assert [s.present for s in get_occupancy(event, now=DAY_ONE).spaces] == [10, 0]
    assert healthy()


def test_only_accepted_scans_are_undone_and_once(event: EventRow) -> None:
    made = make_registration(event)
    first, repeated, lost = (item(event, made.ticket_code) for _ in range(3))
    send(event, first, repeated)
    undo = item(event, made.ticket_code, undoes=first)
    assert said(send(event, item(event, made.ticket_code, undoes=repeated), undo)) == [
        ("refused", "invalid", 30), ("accepted", None, 0),
    ]  # fmt: skip
    others = [item(event, made.ticket_code, undoes=x) for x in (first, undo, lost)]
    assert said(send(event, *others)) == [("refused", "invalid", 0)] * 3
    assert healthy()


def test_a_repeated_id_gets_its_stored_answer_whatever_came_since(event: EventRow) -> None:
    made = make_registration(event)
    first = item(event, made.ticket_code, people=Headcount(10, 1))
    (answer,) = send(event, first)
    send(event, item(event, made.ticket_code))
    assert send(event, first, replace(first, direction=OUT, headcount=None)) == [answer, answer]
    assert get_whereabouts(event, made.id, now=DAY_ONE)[0] == Headcount(28, 2)


def test_refusals_are_stored_with_their_reason_and_count_nobody(event: EventRow) -> None:
    cancelled, person = make_registration(event), make_registration(event, person_draft(event))
    with transaction():
        cancel_registration(cancelled.id, by=SYSTEM, now=NOW)
    full = make_event(event.organiser_id, replace(one_wave(1), slug="plein"))
    make_registration(full, person_draft(full))
    waiting = make_registration(full, person_draft(full, waitlist=True))
    answers = send(
        event,
        item(event, cancelled.ticket_code),
        item(event, waiting.ticket_code),
        item(event, "Z" * 26),
        item(event, "n’importe quoi" * 30),
        item(event, person.ticket_code, OUT),
    )
    reasons = [Reason.CANCELLED, Reason.WRONG_EVENT, Reason.UNKNOWN, Reason.UNKNOWN, Reason.NOT_IN]
    assert [(a.result, a.reason) for a in answers] == [(ScanResult.REFUSED, reason) for reason in reasons]
    assert [(a.result, a.reason) for a in send(full, item(full, waiting.ticket_code))] == [
        (ScanResult.REFUSED, Reason.WAITLISTED)
    ]
    stored = db.session.execute(select(Scan.reason, Scan.code, Scan.delta_participants).order_by(Scan.id)).all()
    assert [row.reason for row in stored] == [*reasons, Reason.WAITLISTED]
    assert [len(row.code) for row in stored] == [0, 16, 16, 16, 0, 0]
    assert {row.delta_participants for row in stored} == {0}
    assert db.session.execute(select(Presence.registration_id)).all() == []


VCARD = "BEGIN:VCARD\nFN:Ana Petit\nTEL:+33639980177\nEND:VCARD"


def test_of_what_is_no_ticket_here_only_a_mark_is_kept(event: EventRow) -> None:
    elsewhere = make_registration(make_event(event.organiser_id, forum(slug="autre")))
    shown = [VCARD, f" {VCARD}\n", "Z" * 26, f"https://example.org/t/{'z' * 26}", elsewhere.ticket_code]
    send(event, *(item(event, text) for text in shown))
    marks = db.session.execute(select(Scan.code).order_by(Scan.id)).scalars().all()
    assert [marks.index(mark) for mark in marks] == [0, 0, 2, 2, 4]  # shown again, it is known as the same
    for mark, text in zip(marks, shown, strict=True):
        assert re.fullmatch("[0-9a-f]{16}", mark)
        assert (
            mark not in sha256(text.encode()).hexdigest()
        )  # without the installation's key nobody can try numbers out


@pytest.mark.parametrize("text", ["bonjour", VCARD, "Z" * 26, "x" * 2000, "", "foreign"])
def test_unknown_and_forged_codes_are_answered_alike(event: EventRow, text: str) -> None:
    """The same answer after the same work: nobody learns from a door which codes exist elsewhere."""
    foreign = make_registration(make_event(make_organiser("Autre Cap"), forum(slug="ailleurs")))
    forged, other = item(event, "0" * 26), item(event, foreign.ticket_code if text == "foreign" else text)
    said, work = [], []
    for sent in (forged, other):
        with counted_statements() as count:
            said += send(event, sent)
        work.append([re.sub(r"\s+", " ", statement) for statement in count.statements])
    assert replace(said[0], id="") == replace(said[1], id="")
    assert (said[0].reason, said[0].label) == (Reason.UNKNOWN, "")
    assert work[0] == work[1]


def test_another_organisers_ticket_is_unknown(event: EventRow) -> None:
    foreign = make_event(make_organiser("Autre Cap"))
    made = make_registration(foreign)
    (answer,) = send(event, item(event, made.ticket_code))
    assert (answer.reason, answer.label, answer.expected) == (Reason.UNKNOWN, "", NOBODY)


def test_a_ticket_for_another_day_is_refused_on_a_day_of_the_event(whole_app: Flask) -> None:
    days = tuple(WaveDraft(DAY_ONE + timedelta(days=n), DAY_ONE + timedelta(days=n, minutes=40), 60) for n in range(2))
    event = make_event(make_organiser(), forum(waves=days, ends_at=DAY_ONE + timedelta(days=1, hours=8)))
    friday = make_registration(event, class_draft(event, waves=(event.waves[1].id,)))
    early, right = item(event, friday.ticket_code), item(event, friday.ticket_code, minutes=24 * 60)
    practice = item(event, friday.ticket_code, minutes=-24 * 60)
    assert [(a.result, a.reason) for a in send(event, early, right, practice)] == [
        (ScanResult.REFUSED, Reason.WRONG_WAVE), (ScanResult.ACCEPTED, None), (ScanResult.ACCEPTED, None),
    ]  # fmt: skip


def test_a_door_of_another_event_is_invalid_and_not_stored(event: EventRow) -> None:
    other = make_event(event.organiser_id, forum(slug="autre"))
    made = make_registration(event)
    wrong = replace(item(event, made.ticket_code), checkpoint_id=other.checkpoints[0].id)
    assert [(a.result, a.reason) for a in send(event, wrong)] == [(ScanResult.REFUSED, Reason.INVALID)]
    assert db.session.execute(select(Scan.id)).all() == []
