"""The list of a phone: whole, and what changed since."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft, StopDraft
from app.registrations.operations import cancel_registration, issue_route_cards
from app.registrations.operations.deleting import delete_registration
from app.registrations.queries import get_registration
from tests.factories import DAY_ONE, class_draft, forum, make_event, make_plan, make_registration, person_draft
from tests.integration.devices.conftest import Doors, problem, read

NAMES = (
    "hash", "reference", "label", "audience", "status", "kind", "owner", "participants", "companions", "waves", "inside", "came",
    "space", "last_in", "absent", "teams", "planned",
)  # fmt: skip


def rows(body: Any) -> dict[str, dict[str, Any]]:
    """Rows by label, named."""
    return {row[2]: dict(zip(NAMES, row, strict=True)) for row in body["tickets"]}


@pytest.fixture
def later(doors: Doors) -> datetime:
    """Long enough after the first passages for them to be told once."""
    return DAY_ONE + timedelta(minutes=5)


def test_a_row_says_what_decides_and_nothing_more(doors: Doors) -> None:
    draft = class_draft(doors.event)
    group = make_registration(doors.event, draft)
    answer = doors.phone().list()
    row = rows(read(answer))["3e B · Collège des Trois-Rivières"]
    found = get_registration(group.id)
    assert row == {
        "hash": sha256(group.ticket_code.encode()).hexdigest()[:32], "reference": found.reference,
        "label": "3e B · Collège des Trois-Rivières", "audience": "school", "status": "confirmed", "kind": "main",
        "owner": row["owner"], "participants": 28, "companions": 2, "waves": [doors.event.waves[0].id], "inside": [0, 0],
        "came": [0, 0], "space": 0, "last_in": 0, "absent": 0, "teams": [], "planned": 0,
    }  # fmt: skip
    said = answer.get_data(as_text=True)
    for secret in (draft.contact.email, draft.contact.phone, group.ticket_code, found.token):
        assert secret
        assert secret not in said


def test_the_list_is_packed_for_who_takes_that(sqlite_doors: Doors) -> None:
    for _ in range(20):
        make_registration(sqlite_doors.event, person_draft(sqlite_doors.event))
    phone = sqlite_doors.phone()
    packed, plain = phone.list(**{"Accept-Encoding": "gzip"}), phone.list()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert read(packed)["tickets"] == read(plain)["tickets"]
    assert len(packed.get_data()) < len(plain.get_data()) / 2


def test_changes_alone_are_told(doors: Doors) -> None:
    phone = doors.phone()
    group = make_registration(doors.event)
    person = make_registration(doors.event, person_draft(doors.event))
    whole = read(phone.list())
    assert whole["full"]
    assert len(whole["tickets"]) == 2
    again = read(phone.list(whole["cursor"]))
    assert again == {**whole, "now": again["now"], "full": False, "tickets": []}
    with transaction():
        cancel_registration(person.id, by=SYSTEM, now=DAY_ONE)
    changed = read(phone.list(whole["cursor"]))
    assert [row[4] for row in changed["tickets"]] == ["cancelled"]
    assert [row[6] for row in changed["tickets"]] == [rows(whole)[get_registration(person.id).contact_name]["owner"]]
    assert read(phone.list(changed["cursor"]))["tickets"] == []
    assert group


def test_a_deleted_registration_has_no_name(doors: Doors) -> None:
    phone = doors.phone()
    person = make_registration(doors.event, person_draft(doors.event))
    before = read(phone.list())
    name = get_registration(person.id).contact_name
    with transaction():
        delete_registration(person.id, by=SYSTEM, now=DAY_ONE)
    answer = phone.list(before["cursor"])
    assert [(row[1], row[2], row[4]) for row in read(answer)["tickets"]] == [("", "", "cancelled")]
    assert name not in answer.get_data(as_text=True)
    assert read(phone.list())["tickets"] == []


def test_a_first_list_tells_who_cancelled(doors: Doors) -> None:
    group, person = make_registration(doors.event), make_registration(doors.event, person_draft(doors.event))
    with transaction():
        cancel_registration(person.id, by=SYSTEM, now=DAY_ONE)
    told = read(doors.phone().list())
    assert told["full"]
    name = get_registration(person.id).contact_name
    assert {(row[1], row[2], row[4]) for row in told["tickets"]} == {
        (group.reference, "3e B · Collège des Trois-Rivières", "confirmed"),
        (person.reference, name, "cancelled"),
    }


def test_who_moved_is_told_to_the_other_phones(doors: Doors, later: datetime) -> None:
    one, other = doors.phone(), doors.phone(name="Phone of Paul")
    group, _person = make_registration(doors.event), make_registration(doors.event, person_draft(doors.event))
    before = read(other.list())
    assert (
        read(one.sync(doors.scan(group.ticket_code, headcount={"participants": 20, "companions": 2}))).get("present")
        == 22
    )
    changed = read(other.list(before["cursor"]))
    row = rows(changed)["3e B · Collège des Trois-Rivières"]
    assert (row["inside"], row["came"], row["last_in"]) == ([20, 2], [20, 2], int(DAY_ONE.timestamp()))
    assert len(changed["tickets"]) == 1
    assert changed["present"] == 22
    set_clock(doors.app.extensions, later)
    settled = read(other.list(changed["cursor"]))
    assert len(settled["tickets"]) == 1, "a passage of the last minute is told again"
    assert read(other.list(settled["cursor"]))["tickets"] == []


def test_spaces_and_where_people_are(doors: Doors) -> None:
    space = next(c for c in doors.event.checkpoints if c.space_id is not None)
    phone, group = doors.phone(), make_registration(doors.event)
    phone.sync(doors.scan(group.ticket_code), doors.scan(group.ticket_code, checkpoint=str(space.id)))
    told = read(phone.list())
    assert rows(told)["3e B · Collège des Trois-Rivières"]["space"] == space.space_id
    assert dict(told["spaces"])[space.space_id] == 30


def test_nothing_changed_is_told_as_such(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    first = phone.list()
    mark = first.headers["ETag"]
    assert phone.list(**{"If-None-Match": mark}).status_code == 304
    assert phone.list(read(first)["cursor"], **{"If-None-Match": mark}).status_code == 304
    phone.sync(doors.scan(group.ticket_code))
    assert phone.list(read(first)["cursor"], **{"If-None-Match": mark}).status_code == 200


def test_each_day_begins_with_a_whole_list(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event)
    phone.sync(doors.scan(group.ticket_code))
    first = phone.list()
    set_clock(doors.app.extensions, DAY_ONE + timedelta(hours=16))
    told = read(phone.list(read(first)["cursor"], **{"If-None-Match": first.headers["ETag"]}))
    assert told["full"]
    row = rows(told)["3e B · Collège des Trois-Rivières"]
    assert (row["inside"], row["space"], row["last_in"]) == ([0, 0], 0, 0)
    assert told["present"] == 0


def test_cards_tell_of_their_pupils(doors: Doors) -> None:
    phone, group = doors.phone(), make_registration(doors.event, class_draft(doors.event, participants=3))
    with transaction():
        issue_route_cards(group.id, by=SYSTEM, now=DAY_ONE)
    cards = get_registration(group.id).cards
    phone.sync(
        doors.scan(cards[0].code), doors.scan(cards[1].code),
        doors.scan(cards[1].code, direction="out"),
    )  # fmt: skip
    told = {row[0]: (row[10], row[11]) for row in read(phone.list())["tickets"]}
    known = [told[sha256(card.code.encode()).hexdigest()[:32]] for card in cards]
    assert known == [([1, 0], [1, 0]), ([0, 0], [1, 0]), ([0, 0], [0, 0])]


def test_teams_of_the_plan_that_is_in_force(sqlite_doors: Doors) -> None:
    small = forum(
        spaces=(SpaceDraft("Orientation", 20),), stops=(StopDraft("Offres", 20, space="Orientation", largest_team=15),)
    )
    doors = replace(sqlite_doors, event=make_event(sqlite_doors.organiser_id, small))
    phone = doors.phone()
    make_registration(doors.event)
    before = read(phone.list())
    assert rows(before)["3e B · Collège des Trois-Rivières"]["teams"] == []
    make_plan(doors.event)
    told = read(phone.list(before["cursor"]))
    assert told["full"], "other teams: the whole list is told anew"
    assert rows(told)["3e B · Collège des Trois-Rivières"]["teams"] == [15, 15]


@pytest.mark.parametrize("cursor", ["nonsense", "1:2", "{other}:1:0:1:0", "{own}:999999:0:1:0", "{own}:1:999999:1:0"])
def test_a_cursor_of_elsewhere_is_gone(sqlite_doors: Doors, cursor: str) -> None:
    text = cursor.format(own=sqlite_doors.event.id, other=sqlite_doors.event.id + 1)
    assert problem(sqlite_doors.phone().list(text)) == (410, "cursor_gone")
