"""The organiser's pages of plans: what is missing, pictures, moves by hand, publishing; who may do what."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.flows.enums import PlanState
from app.flows.queries import PassageRow, WholePlan, find_plan_in_force, get_plan_by_id, list_passages, list_plans
from app.registrations.operations import cancel_registration
from tests.conftest import counted_statements
from tests.factories import NOW, forum, make_event, make_member, make_organiser, make_plan
from tests.integration.flows.conftest import add_class, led_forum, plan_now
from tests.integration.guards.walking import sign_in_as
from tests.integration.mails.conftest import drain


def page(answer: TestResponse) -> str:
    return answer.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def enter(app: Flask, event: EventRow, role: Role = Role.MANAGER) -> FlaskClient:
    client = sign_in_as(app, make_member(event.organiser_id, role)[0])
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def client(whole_app: Flask, event: EventRow) -> FlaskClient:
    return enter(whole_app, event)


def url(event: EventRow, rest: str = "") -> str:
    return f"/manage/events/{event.slug}/plan{rest}"


def fresh(plan: WholePlan) -> WholePlan:
    db.session.rollback()
    return get_plan_by_id(plan.id)


def of(plan: WholePlan, holder: str) -> list[PassageRow]:
    db.session.rollback()
    return [row for row in list_passages(plan.id) if row.holder == holder]


def send_move(client: FlaskClient, event: EventRow, plan: WholePlan, row: PassageRow, **fields: object) -> TestResponse:
    data = {"revision": str(fresh(plan).revision), **{name: str(value) for name, value in fields.items()}}
    return client.post(url(event, f"/{plan.number}/passages/{row.id}"), data=data)


def test_what_is_missing_is_said_with_its_links(whole_app: Flask) -> None:
    bare = make_event(make_organiser(), forum(spaces=(), stops=()))
    client = enter(whole_app, bare)
    text = page(client.get(url(bare)))
    for words in ("no space with its capacity", "No stop has a space and minutes", "No confirmed group holds places"):
        assert words in text
    assert "/edit/spaces" in text
    assert "Propose a plan" not in text
    assert client.post(url(bare)).status_code == 303
    assert list_plans(bare.id) == []


def test_from_the_button_to_the_plan_in_force(client: FlaskClient, event: EventRow) -> None:
    assert "Propose a plan" in client.get(url(event)).text
    assert client.post(url(event), data={"note": "For Thursday"}).location == url(event)
    assert "Plan 1 is being made" in page(client.get(url(event)))
    assert "A plan is being made already" in page(client.post(url(event), follow_redirects=True))
    drain()
    text = page(client.get(url(event)))
    assert "For Thursday" in text
    assert "Compare and publish" in text
    compared = page(client.get(url(event, "/1/compare")))
    for words in ("No other plan is in force", "9 are new", "3 groups have other hours", "3 mails go out"):
        assert words in compared
    revision = re.search(r'name="revision" value="(\d+)"', compared)
    assert revision is not None
    done = client.post(url(event, "/1/publish"), data={"revision": revision[1]}, follow_redirects=True)
    assert "The plan is in force. 3 mails go out." in page(done)
    assert f"/manage/events/{event.slug}/papers" in done.text
    db.session.rollback()
    found = find_plan_in_force(event.id)
    assert found is not None
    assert found.number == 1


def test_every_picture_of_a_plan(client: FlaskClient, event: EventRow) -> None:
    make_plan(event)
    groups = page(client.get(url(event, "/1")))
    for words in ("3e A", "3e B", "3e C", "Stands métiers", "9:00 am", "30 people"):
        assert words in groups
    assert groups.count('class="plan-bar ') == 9
    spaces = page(client.get(url(event, "/1/spaces")))
    assert "Grande salle" in spaces
    assert "40 at most" in spaces
    assert spaces.count('class="plan-bar ') == 9
    occupancy = page(client.get(url(event, "/1/occupancy?of=groups")))
    assert re.search(r'<td class="heat-\d">30</td>', occupancy)
    assert client.get(url(event, "/1/real")).status_code == 200
    assert client.get(url(event, "/2")).status_code == 404


def test_a_move_that_breaks_nothing_is_kept_and_undone(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    *_, last = of(plan, "3e C")
    moved = send_move(client, event, plan, last, shift=30, along=1)
    assert moved.status_code == 303
    assert of(plan, "3e C")[-1].starts_at == last.starts_at + timedelta(minutes=30)
    shown = page(client.get(moved.location))
    assert "3e C goes to" in shown
    assert "Undo the last move" in shown
    undone = client.post(url(event, "/1/undo"), follow_redirects=True)
    assert "the passages are where they were" in page(undone)
    assert of(plan, "3e C")[-1].starts_at == last.starts_at
    assert "Undo the last move" not in undone.text


def test_what_goes_along_comes_back_with_an_undo(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    before = [(row.id, row.starts_at, row.stand) for row in of(plan, "3e C")]
    send_move(client, event, plan, of(plan, "3e C")[0], shift=10, along=1)
    assert [row.starts_at - was for row, (_, was, _) in zip(of(plan, "3e C"), before, strict=True)] == [
        timedelta(minutes=10)
    ] * 3
    client.post(url(event, "/1/undo"))
    assert [(row.id, row.starts_at, row.stand) for row in of(plan, "3e C")] == before


def test_what_a_move_breaks_is_said_before_it_is_kept(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    (one,) = [row for row in of(plan, "3e A") if row.space_name == "Orientation"]
    (other,) = [row for row in of(plan, "3e B") if row.space_name == "Orientation"]
    at = one.starts_at.astimezone(NOW.tzinfo).strftime("%H:%M")
    asked = send_move(client, event, plan, other, time=at)
    assert asked.status_code == 200
    words = "Orientation is too full"
    assert words in page(asked)
    assert "60 people for 40 places" in page(asked)
    assert "Keep it all the same" in asked.text
    assert other.starts_at in {row.starts_at for row in of(plan, "3e B")}
    kept = send_move(client, event, plan, other, time=at, step="keep")
    assert kept.status_code == 303
    assert words in page(client.get(kept.location))
    refused = client.post(url(event, "/1/publish"), data={"revision": fresh(plan).revision})
    assert refused.status_code == 409
    assert words in page(refused)
    assert fresh(plan).state is PlanState.DRAFT


def test_hours_that_are_none_are_refused_and_kept_as_typed(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    row = of(plan, "3e A")[0]
    for typed, words in (("9h", "Write the hour"), ("09:03", "every 5 minutes")):
        answer = send_move(client, event, plan, row, time=typed)
        assert answer.status_code == 422
        assert words in page(answer)
        assert f'value="{typed}"' in answer.text


def test_two_who_change_a_plan_at_once(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    row = of(plan, "3e C")[-1]
    stale = plan.revision
    send_move(client, event, plan, row, shift=5)
    late = client.post(url(event, f"/1/passages/{row.id}"), data={"revision": stale, "shift": "10"})
    assert late.status_code == 409
    assert "Somebody changed this plan meanwhile" in page(late)
    assert client.post(url(event, "/1/publish"), data={"revision": stale}).status_code == 409
    assert "Nothing was pinned" in page(
        client.post(url(event, f"/1/pin/{row.id}"), data={"revision": stale, "pinned": "1"}, follow_redirects=True)
    )
    client.post(url(event, "/1/drop"), data={"revision": stale})
    assert fresh(plan).state is PlanState.DRAFT


@pytest.mark.parametrize(("which", "count"), [("passage", 1), ("group", 3)])
def test_pins(client: FlaskClient, event: EventRow, which: str, count: int) -> None:
    plan = plan_now(event)
    row = of(plan, "3e C")[0]
    pin = url(event, f"/1/pin/{row.id}")
    shown = client.post(pin, data={"revision": plan.revision, "pinned": "1", "which": which}, follow_redirects=True)
    assert "a new plan keeps it where it is" in page(shown)
    assert sum(row.pinned for row in of(plan, "3e C")) == count
    client.post(pin, data={"revision": fresh(plan).revision, "pinned": "0", "which": which})
    assert not any(row.pinned for row in of(plan, "3e C"))


def test_out_of_date_says_what_changed_and_a_new_plan_is_compared(client: FlaskClient, event: EventRow) -> None:
    make_plan(event)
    assert "out of date" not in client.get(url(event)).text
    registered = add_class(event, "3e D", wave=1)
    text = page(client.get(url(event)))
    assert "This plan is out of date" in text
    assert "3e D is new." in text
    client.post(url(event, "/1/again"))
    drain()
    compared = page(client.get(url(event, "/2/compare")))
    assert "It is compared with plan 1" in compared
    assert "3 are new" in compared
    assert "3e D" in compared
    with transaction():
        cancel_registration(registered.id, by=SYSTEM, now=NOW)
    assert "no longer comes" in page(client.get(url(event, "/2")))


def test_groups_without_a_place_and_why(whole_app: Flask) -> None:
    event = make_event(make_organiser(), led_forum())
    add_class(event, "3e A", participants=50)
    client = enter(whole_app, event)
    plan = plan_now(event)
    text = page(client.get(url(event, "/1")))
    assert "1 group has no place in this plan" in text
    assert "Orientation is too small for 3e A: 52 people for 40 places." in text
    assert "Enlarge it" in text
    refused = client.post(url(event, "/1/publish"), data={"revision": plan.revision})
    assert refused.status_code == 422
    assert "say that you know" in page(refused)
    assert client.post(url(event, "/1/publish"), data={"revision": plan.revision, "incomplete": "1"}).status_code == 303
    assert fresh(plan).state is PlanState.IN_FORCE


def test_dropping_asks_first(client: FlaskClient, event: EventRow) -> None:
    make_plan(event)
    asked = page(client.get(url(event, "/1/drop")))
    assert "Withdraw plan 1, which is in force?" in asked
    assert "3 groups have no planned hours any more" in asked
    assert "3 mails go out" in asked
    plan = find_plan_in_force(event.id)
    assert plan is not None
    done = client.post(url(event, "/1/drop"), data={"revision": plan.revision}, follow_redirects=True)
    assert "Plan 1 is withdrawn" in page(done)
    assert fresh(plan).state is PlanState.REPLACED


def test_who_looks_on_changes_nothing(whole_app: Flask, event: EventRow) -> None:
    plan = plan_now(event)
    viewer = enter(whole_app, event, Role.VIEWER)
    row = of(plan, "3e A")[0]
    for path in ("", "/1", "/1/spaces", "/1/occupancy", "/1/compare", f"/1/passages/{row.id}"):
        text = viewer.get(url(event, path)).text
        assert "3e A" in text or path in {"", "/1/occupancy", "/1/compare"}
        assert '<form method="post" action="/manage/events' not in text
        assert "Manon Lambert" not in text
    for path in ("", "/1/again", "/1/undo", "/1/publish", "/1/drop", f"/1/pin/{row.id}", f"/1/passages/{row.id}"):
        assert viewer.post(url(event, path)).status_code == 403, path


def test_another_organisers_plan_is_nowhere(whole_app: Flask, event: EventRow) -> None:
    plan_now(event)
    stranger = sign_in_as(whole_app, make_member(make_organiser("Ailleurs"), Role.OWNER)[0])
    for path in ("", "/1", "/1/spaces", "/1/occupancy", "/1/real", "/1/compare", "/1/drop", "/1/passages/1"):
        assert stranger.get(url(event, path)).status_code == 404, path


@pytest.mark.parametrize("path", ["", "/1", "/1/spaces", "/1/occupancy", "/1/compare"])
def test_pages_take_as_many_statements_for_one_group_as_for_several(whole_app: Flask, path: str) -> None:
    counts = []
    for classes in (1, 3):
        event = make_event(make_organiser(f"Creativ’ {classes}"), led_forum())
        for number in range(classes):
            add_class(event, f"3e {number}", wave=number % 2)
        plan_now(event)
        client = enter(whole_app, event)
        client.get(url(event, path))
        with counted_statements() as counted:
            assert client.get(url(event, path)).status_code == 200
        counts.append(int(counted))
    assert counts[0] == counts[1]


def test_what_is_advised_against_a_collision_would_help(client: FlaskClient, event: EventRow) -> None:
    plan = plan_now(event)
    first, second, _ = of(plan, "3e C")
    at = first.starts_at.astimezone(NOW.tzinfo).strftime("%H:%M")
    for ticked in ({}, {"along": 1}):
        asked = page(send_move(client, event, plan, second, time=at, **ticked))
        assert f"Choose a later hour, or move {first.stop_name('en')} earlier first." in asked
        assert "Move what follows too." not in asked
    onto = second.starts_at.astimezone(NOW.tzinfo).strftime("%H:%M")
    left = page(send_move(client, event, plan, first, time=onto))
    assert "Move what follows too." in left
    client.post(url(event, f"/1/pin/{second.id}"), data={"revision": plan.revision, "pinned": "1"})
    pinned = page(send_move(client, event, plan, first, time=onto, along=1))
    assert f"Choose an earlier hour, or move {second.stop_name('en')} later first." in pinned
    assert "Move what follows too." not in pinned
