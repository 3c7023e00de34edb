"""What staff say of somebody whom they let in goes when that person is erased."""

from datetime import timedelta

from sqlalchemy import inspect, text

from app.checkin.notes import list_notes
from app.checkin.queries import list_scans
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.operations import cancel_registration, erase_registration
from app.registrations.queries import get_by_reference
from app.reports.queries.live_door import get_door_news
from tests.factories import DAY_ONE, make_registration, person_draft
from tests.integration.devices.conftest import Doors, read
from tests.integration.devices.test_walk_ins import send, walk_in

SAID = "Brings the projector for Mrs Roux"
NOTE = {"reason": "other", "note": SAID}


def everywhere() -> list[str]:
    """Tables of which a row holds the words."""
    db.session.rollback()
    names = inspect(db.engine).get_table_names()
    return [
        name
        for name in sorted(names)
        if any(SAID in str(tuple(row)) for row in db.session.execute(text(f'SELECT * FROM "{name}"')))
    ]


def test_the_note_of_a_passage_goes_with_the_person(doors: Doors) -> None:
    made = make_registration(doors.event, person_draft(doors.event))
    with transaction():
        cancel_registration(made.id, by=SYSTEM, now=DAY_ONE)
    scan = doors.scan(made.ticket_code, override=NOTE)
    for _ in range(2):
        (told,) = read(doors.phone().sync(scan))["results"]
        assert told["over"] is True
    assert everywhere() == ["audit_entries"]
    assert [line.note for line in list_scans(made.id)] == [SAID]
    assert [line.note for line in get_door_news(doors.event, now=DAY_ONE).over] == [SAID]
    page = doors.staff().get(f"/manage/events/{doors.event.slug}/registrations/{made.reference}").get_data(as_text=True)
    assert page.count(SAID) == 1
    with transaction():
        erase_registration(made.id, by=SYSTEM, now=DAY_ONE + timedelta(hours=9))
    assert everywhere() == []
    assert list_notes([made.id]) == {}
    assert [line.override for line in list_scans(made.id)] == [NOTE["reason"]]


def test_so_does_that_of_a_walk_in(doors: Doors) -> None:
    (told,) = send(doors.phone(), walk_in(doors, participants=90, over=True, **NOTE))["walk_ins"]
    assert told["result"] == "over"
    made = get_by_reference(told["reference"], organiser_id=doors.organiser_id)
    assert everywhere() == ["audit_entries", "door_walk_ins"]
    with transaction():
        erase_registration(made.id, by=SYSTEM, now=DAY_ONE + timedelta(hours=9))
    assert everywhere() == []
