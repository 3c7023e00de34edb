"""At a door: who was deleted is not let in, a telephone forgets them, and a passage from before can still be taken back."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from app.checkin.enums import Direction
from app.checkin.models import Scan
from app.checkin.operations import ScanAnswer, ScanInput, record_scans
from app.checkin.queries import find_at_door, find_ticket_at_door, get_occupancy, list_door_tickets
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow, get_version
from tests.factories import DAY_ONE, make_registration, person_draft
from tests.integration.bin.conftest import delete, restore


def scan(event: EventRow, code: str, *, undoes: str | None = None, number: str = "") -> ScanAnswer:
    item = ScanInput(
        number or str(uuid4()),
        code,
        event.checkpoints[0].id,
        Direction.IN,
        DAY_ONE + timedelta(minutes=1),
        undoes=undoes,
    )
    with transaction():
        return record_scans(event, "door", [item], now=DAY_ONE)[0]


def test_the_ticket_of_who_was_deleted_is_one_that_nobody_knows(event: EventRow) -> None:
    made = make_registration(event)
    delete(made.id)
    answer = scan(event, made.ticket_code)
    assert (answer.result, answer.reason, answer.label) == ("refused", "unknown", "")
    assert db.session.execute(select(Scan.registration_id)).scalars().all() == [None]
    assert find_at_door(event, "rivières", now=DAY_ONE) == []
    assert find_ticket_at_door(event, made.ticket_code, now=DAY_ONE) is None
    restore(made.id)
    assert scan(event, made.ticket_code).result == "accepted"


def test_a_telephone_hears_that_the_ticket_is_off_and_nothing_more(event: EventRow) -> None:
    made, other = make_registration(event), make_registration(event, person_draft(event))
    before = get_version(event.id)
    delete(made.id)
    assert [ticket.code for ticket in list_door_tickets(event).tickets] == [other.ticket_code]
    (news,) = list_door_tickets(event, since=before).tickets
    assert (news.code, news.status, news.label, news.reference) == (made.ticket_code, "cancelled", "", "")
    later = get_version(event.id)
    restore(made.id)
    (back,) = list_door_tickets(event, since=later).tickets
    assert (back.status, back.label) == ("confirmed", "3e B · Collège des Trois-Rivières")


def test_who_is_inside_stays_counted_and_their_passage_can_be_taken_back(event: EventRow) -> None:
    made, number = make_registration(event), str(uuid4())
    assert scan(event, made.ticket_code, number=number).result == "accepted"
    delete(made.id)
    assert get_occupancy(event, now=DAY_ONE).present == 30
    again = scan(event, made.ticket_code, number=number)
    assert (again.result, again.label) == ("accepted", "")
    undone = scan(event, made.ticket_code, undoes=number)
    assert (undone.result, undone.label) == ("accepted", "")
    assert get_occupancy(event, now=DAY_ONE).present == 0
    restore(made.id)
