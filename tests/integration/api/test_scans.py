"""Scans, the door's list and occupancy through the API."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow
from app.registrations.operations import cancel_registration, issue_route_cards
from app.registrations.operations.absence import give_back_places
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, class_draft, make_event, make_registration, person_draft
from tests.integration.api.conftest import World, errors_of, problem_of

PEOPLE = {"participants": 28, "companions": 2}
NOBODY = {"participants": 0, "companions": 0}


def scan(event: EventRow, ticket: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "code": ticket,
        "checkpoint": str(event.checkpoints[0].id),
        "direction": "in",
        "scanned_at": (DAY_ONE + timedelta(minutes=42)).isoformat(),
    } | changes


def send(world: World, *scans: Any, event: EventRow | None = None) -> list[dict[str, Any]]:
    slug = (event or world.event).slug
    answer = world.program.post(f"/events/{slug}/scans", {"device": "door-1", "scans": list(scans)})
    assert answer.status_code == 200, answer.get_json(force=True)
    found: list[dict[str, Any]] = answer.get_json()["results"]
    return found


def verdict(result: dict[str, Any]) -> tuple[str, str | None]:
    return result["result"], result["reason"]


def occupancy(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.program.get(f"/events/{world.event.slug}/occupancy").get_json()
    return found


def test_a_class_comes_in(world: World) -> None:
    made = make_registration(world.event)
    first = scan(world.event, made.ticket_code, headcount={"participants": 27, "companions": 2})
    assert send(world, first) == [
        {
            "id": first["id"], "result": "accepted", "reason": None, "label": "3e B · Collège des Trois-Rivières",
            "expected": PEOPLE, "present": {"participants": 27, "companions": 2},
        }
    ]  # fmt: skip
    late = send(world, scan(world.event, f"http://127.0.0.1:8000/t/{made.ticket_code}"))[0]
    assert (verdict(late), late["present"]) == (("accepted", None), PEOPLE)
    again = send(world, scan(world.event, made.ticket_code))[0]
    assert (verdict(again), again["present"]) == (("duplicate", "already_in"), PEOPLE)
    assert occupancy(world)["present"] == 30
    assert send(world, first)[0]["present"] == {"participants": 27, "companions": 2}
    assert occupancy(world)["present"] == 30


def test_undoing_is_another_scan(world: World) -> None:
    made = make_registration(world.event)
    first = scan(world.event, made.ticket_code)
    undo = scan(world.event, made.ticket_code, undoes=first["id"].upper())
    results = send(world, first, undo, scan(world.event, made.ticket_code, undoes=first["id"]))
    assert [verdict(r) for r in results] == [("accepted", None), ("accepted", None), ("refused", "invalid")]
    assert results[1]["present"] == NOBODY
    assert occupancy(world)["present"] == 0


def test_every_reason(world: World) -> None:
    event = world.event
    class_ = make_registration(event)
    cancelled = make_registration(event, person_draft(event))
    waiting = make_registration(event, class_draft(event, participants=40, waitlist=True))
    elsewhere = make_registration(make_event(world.organiser_id))
    small = str(event.checkpoints[2].id)
    with transaction():
        cancel_registration(cancelled.id, by=SYSTEM, now=NOW)
    results = send(
        world,
        scan(event, "0" * 26),
        scan(event, "bonjour"),
        scan(event, elsewhere.ticket_code),
        scan(event, cancelled.ticket_code),
        scan(event, waiting.ticket_code),
        scan(event, class_.ticket_code, direction="out"),
        scan(event, class_.ticket_code, checkpoint=small),
        scan(event, class_.ticket_code, checkpoint="999999"),
        scan(event, class_.ticket_code, headcount=NOBODY),
    )
    assert [verdict(r) for r in results] == [
        ("refused", reason)
        for reason in (
            "unknown", "unknown", "wrong_event", "cancelled", "waitlisted", "not_in", "space_full", "invalid", "invalid"
        )
    ]  # fmt: skip
    assert results[0]["label"] == results[2]["label"] == ""


def test_another_organisers_ticket_is_unknown(world: World) -> None:
    made = make_registration(world.event)
    theirs = world.foreign.post(
        "/events",
        {
            "title": {"fr": "Ailleurs"}, "kind": "forum", "starts_at": DAY_ONE.isoformat(),
            "ends_at": (DAY_ONE + timedelta(hours=1)).isoformat(), "audiences": [], "waves": [],
        },
    ).get_json()  # fmt: skip
    sent = scan(world.event, made.ticket_code, checkpoint=theirs["checkpoints"][0]["id"])
    answer = world.foreign.post(f"/events/{theirs['slug']}/scans", {"device": "d", "scans": [sent]}).get_json()
    assert verdict(answer["results"][0]) == ("refused", "unknown")


BAD_ITEMS: list[Any] = [
    None, 7, "scan", [], {},
    {"id": None}, {"id": 5}, {"id": "not-a-uuid"}, {"id": "\x00"},
    {"code": None}, {"code": 3}, {"code": "x" * 2001}, {"code": "a\x00b"}, {"code": "\ud800"},
    {"checkpoint": 1}, {"checkpoint": "one"}, {"checkpoint": "-1"}, {"checkpoint": "9" * 30},
    {"direction": "sideways"}, {"direction": ["in"]}, {"direction": None},
    {"scanned_at": "2027-02-04T09:42:00"}, {"scanned_at": "1999-02-04T09:42:00Z"}, {"scanned_at": "2101-02-04T09:42:00Z"},
    {"scanned_at": 1801731600}, {"scanned_at": "yesterday"},
    {"headcount": 3}, {"headcount": {"participants": -1}}, {"headcount": {"participants": "3"}},
    {"headcount": {"participants": True}}, {"headcount": {"participants": 10**9}}, {"headcount": {"people": 3}},
    {"undoes": "not-a-uuid"}, {"undoes": 4},
]  # fmt: skip


def test_a_bad_item_is_refused_alone(world: World) -> None:
    made = make_registration(world.event)
    bad = [
        scan(world.event, made.ticket_code, **item) if isinstance(item, dict) and item else item for item in BAD_ITEMS
    ]
    good = scan(world.event, made.ticket_code)
    results = send(world, *bad, good)
    assert [verdict(r) for r in results] == [("refused", "invalid")] * len(bad) + [("accepted", None)]
    assert results[-1]["id"] == good["id"]
    assert occupancy(world)["present"] == 30


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"/device": "required", "/scans": "required"}),
        ({"device": "", "scans": []}, {"/device": "required"}),
        ({"device": "d" * 81, "scans": []}, {"/device": "too_long"}),
        ({"device": 4, "scans": {}}, {"/device": "text_expected", "/scans": "list_expected"}),
        ({"device": "d", "scans": [], "more": 1}, {"/more": "unknown_field"}),
    ],
)
def test_a_batch_that_is_none(sqlite_world: World, body: Any, expected: dict[str, str]) -> None:
    assert errors_of(sqlite_world.program.post(f"/events/{sqlite_world.event.slug}/scans", body)) == expected


def test_not_more_than_500_at_once(sqlite_world: World) -> None:
    made = make_registration(sqlite_world.event)
    scans = [scan(sqlite_world.event, made.ticket_code) for _ in range(501)]
    path = f"/events/{sqlite_world.event.slug}/scans"
    refused = sqlite_world.program.post(path, {"device": "d", "scans": scans})
    assert problem_of(refused) == (413, "too_large")
    assert occupancy(sqlite_world)["present"] == 0
    results = send(sqlite_world, *scans[:500])
    assert [r["result"] for r in results] == ["accepted"] + ["duplicate"] * 499


@pytest.mark.parametrize("n", [1, 200])
def test_a_batch_takes_a_fixed_number_of_statements(world: World, n: int) -> None:
    made = [make_registration(world.event, person_draft(world.event)) for _ in range(2)]
    send(world, scan(world.event, made[0].ticket_code))
    scans = [scan(world.event, made[1].ticket_code) for _ in range(n)]
    with counted_statements() as count:
        send(world, *scans)
    assert int(count) == 6


def test_an_archived_event_has_no_doors(sqlite_world: World) -> None:
    path = f"/events/{sqlite_world.event.slug}/scans"
    batch = {"device": "d", "scans": []}
    with transaction():
        move_event(sqlite_world.event.id, EventMove.CLOSE, by=SYSTEM, now=NOW)
    assert sqlite_world.program.post(path, batch).status_code == 200
    with transaction():
        move_event(sqlite_world.event.id, EventMove.ARCHIVE, by=SYSTEM, now=NOW)
    assert problem_of(sqlite_world.program.post(path, batch)) == (409, "event_read_only")


def test_people_present_by_audience_and_space(world: World) -> None:
    event = world.event
    class_, alone = make_registration(event), make_registration(event, person_draft(event))
    send(
        world,
        scan(event, class_.ticket_code),
        scan(event, class_.ticket_code, checkpoint=str(event.checkpoints[1].id)),
        scan(event, alone.ticket_code),
    )
    found = occupancy(world)
    assert found["present"] == 31
    assert found["by_audience"] == {"school": 30, "job_seeker": 1}
    assert found["spaces"] == [
        {"id": str(event.spaces[0].id), "present": 30, "capacity": 70},
        {"id": str(event.spaces[1].id), "present": 0, "capacity": 20},
    ]
    assert found["as_of"].startswith("2027-01-11T10:00:")
    assert found["as_of"].endswith("+01:00")


def test_the_doors_list_is_the_least_that_decides(world: World) -> None:
    made = make_registration(world.event)
    with transaction():
        issue_route_cards(made.id, by=SYSTEM, now=NOW)
    answer = world.program.get(f"/events/{world.event.slug}/door-list")
    assert answer.status_code == 200
    tickets = answer.get_json()["tickets"]
    assert len(tickets) == 29
    assert tickets[0] == {
        "code_hash": sha256(made.ticket_code.encode()).hexdigest()[:32], "reference": made.reference,
        "label": "3e B · Collège des Trois-Rivières", "audience": "school", "status": "confirmed", "kind": "main",
        "participants": 28, "companions": 2, "waves": [str(world.event.waves[0].id)],
        "absent": False,
    }  # fmt: skip
    assert (tickets[7]["kind"], tickets[7]["label"], tickets[7]["participants"]) == ("route_card", "3B-07", 1)
    text = answer.get_data(as_text=True)
    assert made.ticket_code not in text
    assert "example.org" not in text
    assert "+336" not in text


def test_the_doors_list_goes_on_from_its_cursor(world: World) -> None:
    path = f"/events/{world.event.slug}/door-list"
    first = make_registration(world.event)
    whole = world.program.get(path)
    cursor = whole.get_json()["cursor"]
    assert world.program.get(f"{path}?since={cursor}").get_json() == {"cursor": cursor, "tickets": []}
    assert world.program.get(path, If_None_Match=whole.headers["ETag"]).status_code == 304
    second = make_registration(world.event, person_draft(world.event))
    with transaction():
        cancel_registration(first.id, by=SYSTEM, now=NOW)
    changed = world.program.get(f"{path}?since={cursor}", If_None_Match=whole.headers["ETag"])
    found = {t["reference"]: t["status"] for t in changed.get_json()["tickets"]}
    assert found == {first.reference: "cancelled", second.reference: "confirmed"}
    after = world.program.get(path, If_None_Match=whole.headers["ETag"])
    assert after.status_code == 200
    assert [t["reference"] for t in after.get_json()["tickets"]] == [second.reference]


def test_the_doors_list_tells_of_a_group_that_gave_its_places_back(world: World) -> None:
    path = f"/events/{world.event.slug}/door-list"
    made = make_registration(world.event)
    cursor = world.program.get(path).get_json()["cursor"]
    with transaction():
        give_back_places(made.id, by=SYSTEM, now=DAY_ONE + timedelta(minutes=30))
    for address in (path, f"{path}?since={cursor}"):
        (ticket,) = world.program.get(address).get_json()["tickets"]
        assert (ticket["reference"], ticket["status"], ticket["absent"]) == (made.reference, "confirmed", True)


@pytest.mark.parametrize("since", ["0", "yesterday", "1", "{event}:999999", "{other}:1", "{event}:-1", "%00", "9" * 40])
def test_a_cursor_that_is_gone(sqlite_world: World, since: str) -> None:
    event = sqlite_world.event
    cursor = since.format(event=event.id, other=event.id + 1)
    answer = sqlite_world.program.get(f"/events/{event.slug}/door-list?since={cursor}")
    assert problem_of(answer) == (410, "cursor_gone")


def test_a_revoked_clock_changes_nothing_stored(sqlite_app: Flask, sqlite_world: World) -> None:
    """The device says when it scanned; the server's clock is not what counts."""
    made = make_registration(sqlite_world.event)
    set_clock(sqlite_app.extensions, NOW + timedelta(days=3))
    assert verdict(send(sqlite_world, scan(sqlite_world.event, made.ticket_code))[0]) == ("accepted", None)
