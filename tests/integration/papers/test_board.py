"""The wall board: which arrival is on, who is where and who comes next; pages that turn by themselves; public data alone."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.checkin.drafts import ScanInput
from app.checkin.enums import Direction
from app.checkin.operations import record_scans
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft, StopDraft, WaveDraft
from app.events.enums import EventMove
from app.events.operations import move_event
from app.events.queries import EventRow
from app.flows.queries import passages_of_space
from app.registrations.drafts import Contact, Organisation
from app.registrations.queries import list_registrations_by_id
from app.web import live
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, NOW, class_draft, make_event, make_organiser, make_plan, make_registration
from tests.integration.flows.conftest import add_class, led_forum
from tests.integration.papers.conftest import TEACHER, At, be_late, words_of

UUID = "0b9f0c1e-2f54-4b0e-9b60-2f2a4cf0a9d1"


def board(visitor: FlaskClient, event: EventRow, query: str = "") -> str:
    answer = visitor.get(f"/events/{event.slug}/board{query}")
    assert answer.status_code == 200
    return words_of(answer)


def many_spaces(count: int) -> EventRow:
    """An event with one class and that many spaces, a stop in each."""
    spaces = tuple(SpaceDraft(f"Salle {number}", 40) for number in range(1, count + 1))
    stops = tuple(StopDraft(f"Étape {space.name}", 10, space=space.name) for space in spaces)
    made = make_event(make_organiser(), led_forum(spaces=spaces, stops=stops))
    add_class(made, "3e A")
    return made


def test_it_says_who_is_where_and_who_comes_next(event: EventRow, visitor: FlaskClient, at: At) -> None:
    make_plan(event)
    first, second, _third = passages_of_space(event.id, event.spaces[1].id, DAY_ONE.date())
    at(1, moment=first.starts_at)
    page = board(visitor, event)
    assert "Arriving now 9:" in page
    assert re.search(rf"Orientation 30 / 40 Nearly full as planned Now until [^ ]+ am {first.holder}", page)
    assert re.search(rf"Then [^ ]+ am {second.holder} Collège des Trois-Rivières", page)
    assert TEACHER not in page
    assert "example.org" not in visitor.get(f"/events/{event.slug}/board").text


def test_it_names_arrivals_and_delays(event: EventRow, visitor: FlaskClient, at: At) -> None:
    make_plan(event)
    at(5)
    assert "Arriving now 9:00 am – 9:40 am Next arrival 9:40 am" in board(visitor, event)
    be_late(event, wave=10, space=15)
    page = board(visitor, event)
    assert "Next arrival 9:10 am" in page
    assert "The arrival at 9:00 am is 10 min late." in page
    assert "Grande salle: 15 min late." in page


def test_people_whom_doors_counted_go_before_those_planned(event: EventRow, visitor: FlaskClient, at: At) -> None:
    make_plan(event)
    at(1)
    code = list_registrations_by_id([3])[0].ticket.code
    door = next(c.id for c in event.checkpoints if c.space_id == event.spaces[2].id)
    with transaction():
        record_scans(event, "a phone", [ScanInput(UUID, code, door, Direction.IN, DAY_ONE)], now=DAY_ONE)
    page = board(visitor, event)
    assert "Offres 30 / 60 There is room Now" in page
    assert page.count("as planned") == 2


def test_teams_that_come_together_are_one_line(event: EventRow, visitor: FlaskClient, at: At) -> None:
    spaces = (SpaceDraft("Orientation", 40, stands=2),)
    stops = (StopDraft("Orientation", 20, space="Orientation", largest_team=15),)
    made = make_event(event.organiser_id, led_forum(spaces=spaces, stops=stops))
    add_class(made, "3e Z")
    make_plan(made)
    at(1, moment=passages_of_space(made.id, made.spaces[0].id, DAY_ONE.date())[0].starts_at)
    page = board(visitor, made)
    assert page.count("3e Z") == 1
    assert "stands 1 and 2" in page


def test_a_group_without_class_or_school_is_told_by_its_audience(event: EventRow, visitor: FlaskClient, at: At) -> None:
    draft = class_draft(
        event, audience="family", contact=Contact("Zoé Secret", "zoe@example.org"), organisation=Organisation(),
        waves=(event.waves[1].id,),
    )  # fmt: skip
    make_registration(event, draft)
    make_plan(event)
    said = ""
    for minutes in range(0, 180, 15):
        at(minutes)
        said += board(visitor, event, "?all=1")
    assert "Families" in said
    assert "Secret" not in said
    assert "Zoé" not in said


def test_pages_turn_by_themselves_and_can_be_frozen(visitor: FlaskClient, whole_app: object, at: At) -> None:
    event = many_spaces(9)
    make_plan(event)
    at(0)
    here, seen = f"/events/{event.slug}/board", set()
    address = here
    for number in (1, 2, 3):
        page = visitor.get(address).text
        assert f"Page {number} of 3" in page
        seen |= set(re.findall(r"<h2>(Salle \d)</h2>", page))
        (address,) = re.findall(r'hx-get="([^"]+)" hx-trigger="every 20s"', page)
        assert f'content="20; url={address}"' in page
    assert address == here
    assert len(seen) == 9
    still = visitor.get(f"{here}?page=2&still=1").text
    assert "hx-get" not in still
    assert "http-equiv" not in still
    assert f'href="{here}?page=2"' in still
    whole = visitor.get(f"{here}?all=1").text
    assert len(re.findall(r"<h2>Salle \d</h2>", whole)) == 9
    assert f'hx-get="{here}?all=1"' in whole


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=x", "?page=99", "?page=99999999999", "?page=%C2%B2"])
def test_a_page_that_is_none_is_the_first(event: EventRow, visitor: FlaskClient, at: At, query: str) -> None:
    at(0)
    assert "Grande salle" in board(visitor, event, query)


def test_before_between_and_after_it_says_so(visitor: FlaskClient, whole_app: object, at: At) -> None:
    next_day = DAY_ONE + timedelta(days=1)
    waves = tuple(WaveDraft(day, day + timedelta(minutes=40), 60) for day in (DAY_ONE, next_day))
    event = make_event(make_organiser(), led_forum(waves=waves, ends_at=next_day + timedelta(hours=8)))
    at(-60 * 24)
    assert "It has not begun yet It begins on Thursday 4 February at 9:00 am." in board(visitor, event)
    at(-30)
    assert "Next arrival 9:00 am" in board(visitor, event)
    at(60 * 7)
    assert "Grande salle" in board(visitor, event)
    at(60 * 12)
    assert "It is over for today It goes on on Friday 5 February at 9:00 am." in board(visitor, event)
    at(60 * 24 + 10)
    assert "Arriving now" in board(visitor, event)
    at(60 * 40)
    assert "This event is over Thank you for your visit." in board(visitor, event)


def test_a_draft_and_unknown_events_have_none(event: EventRow, visitor: FlaskClient) -> None:
    draft = make_event(event.organiser_id, led_forum(), publish=False)
    assert visitor.get(f"/events/{draft.slug}/board").status_code == 404
    assert visitor.get("/events/unknown/board").status_code == 404
    assert visitor.get("/events/Ünknown%00/board").status_code == 404
    with transaction():
        move_event(event.id, EventMove.CANCEL, by=SYSTEM, now=NOW, reason="Neige")
    assert "This event is called off Neige" in board(visitor, event)


def test_a_look_costs_one_statement(
    event: EventRow, visitor: FlaskClient, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "COUNTED_SECONDS", 1000.0)
    make_plan(event)
    at(5)
    board(visitor, event)
    with counted_statements() as counted:
        board(visitor, event)
    assert int(counted) == 1, counted.statements
    at(100)  # the day is nearly over: who comes now is the only one
    assert "3e D" not in board(visitor, event)
    add_class(event, "3e D", wave=1)
    assert "3e D" in board(visitor, event)


def test_an_event_without_spaces_welcomes(visitor: FlaskClient, whole_app: object, at: At) -> None:
    event = make_event(make_organiser(), led_forum(spaces=(), stops=()))
    at(5)
    assert "Welcome" in board(visitor, event)
