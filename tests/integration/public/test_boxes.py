"""The catalogue of boxes: what is listed, what is free on some days, and which days are left where nothing is."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.boxes.operations.boxes import archive_box, restore_box
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.loans.nearest import nearest_free
from app.resources.calendars import open_days
from app.resources.settings import add_closure
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.test_borrowers_pages import visitor_of
from tests.integration.loans.world import LoanWorld, make_world, period, set_scenario

TUESDAY = "from=2027-02-02&from_half=am&to=2027-02-02&to_half=pm"


@pytest.fixture
def visitor(whole_app: Flask) -> FlaskClient:
    client = whole_app.test_client()
    client.set_cookie("lang", "en")
    return client


def text_of(client: FlaskClient, path: str) -> str:
    db.session.remove()
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(answer.get_data(as_text=True).split())


def slug_of(world: LoanWorld) -> str:
    return world.scenario.slug


def test_nothing_to_borrow(visitor: FlaskClient) -> None:
    assert "No box to borrow at the moment" in text_of(visitor, "/boxes")


def test_only_what_is_listed_stands_there(visitor: FlaskClient) -> None:
    world = make_world()
    assert "4 to 15 players" in text_of(visitor, "/boxes")
    slug = slug_of(world)
    assert "La molécule perdue" in text_of(visitor, f"/boxes/{slug}")
    set_scenario(world.scenario_id, listed=False)
    db.session.remove()
    assert "La molécule perdue" not in text_of(visitor, "/boxes")
    for path in (slug, "nothing", "UPPER", "a" * 100):
        assert visitor.get(f"/boxes/{path}").status_code == 404


def test_what_has_no_box_yet_is_left_out_and_its_own_page_says_so(visitor: FlaskClient) -> None:
    world = make_world(1)
    slug = slug_of(world)
    borrower = visitor_of(visitor.application, world)
    with transaction():
        archive_box(world.box_ids[0], organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    for query in ("", f"?{TUESDAY}", "?q=molecule"):
        page = text_of(visitor, f"/boxes{query}")
        assert "La molécule perdue" not in page
        assert "No box to borrow at the moment" in page
    for query in ("", f"?{TUESDAY}", "?month=2027-02"):
        page = text_of(visitor, f"/boxes/{slug}{query}")
        assert "No box of it can be borrowed at the moment" in page
        assert 'class="month"' not in page
        assert "See whether" not in page
        assert "0 box" not in page
        assert "Cadenas" in page
    assert borrower.get(f"/my/loans/new?scenario={slug}").location == f"/boxes/{slug}"
    desk = sign_in_as(visitor.application, make_member(world.organiser_id, Role.VIEWER)[0])
    desk.set_cookie("lang", "en")
    here, code = "/manage/boxes/scenarios", world.scenario.code
    assert "the public catalogue leaves it out until it has a box" in text_of(desk, f"{here}/{code}")
    set_scenario(world.scenario_id, listed=False)
    unlisted = text_of(desk, f"{here}/{code}")
    assert "Nobody can borrow it yet." in unlisted
    assert "catalogue leaves it out" not in unlisted
    with transaction():
        restore_box(world.box_ids[0], organiser_id=world.organiser_id, by=SYSTEM, now=NOW)
    set_scenario(world.scenario_id, listed=True)
    assert "La molécule perdue" in text_of(visitor, "/boxes")
    assert "Nobody can borrow it yet" not in text_of(desk, f"{here}/{code}")


def test_dates_first_say_what_is_free(visitor: FlaskClient) -> None:
    world = make_world(2)
    slug = slug_of(world)
    assert "2 free boxes" in text_of(visitor, f"/boxes?{TUESDAY}")
    world.enter()
    assert "1 free box" in text_of(visitor, f"/boxes?{TUESDAY}")
    world.ask()
    assert "No box free on these days" in text_of(visitor, f"/boxes?{TUESDAY}")
    shown = text_of(visitor, f"/boxes/{slug}?{TUESDAY}")
    assert "The nearest free days:" in shown
    assert "Thursday 28 January 2027, the whole day" in shown
    assert "/my/loans/new" not in shown


def test_the_nearest_days_are_open_and_free_with_their_buffers(whole_app: Flask) -> None:
    world = make_world(1)
    with transaction():
        add_closure(world.organiser_id, date(2027, 2, 8), date(2027, 2, 9), "Travaux", by=SYSTEM, now=NOW)
    world.enter()  # Monday 1 to Wednesday 3; with buffers from Friday 29 in the afternoon to Thursday 4 in the morning
    asked = period("2027-02-02 am", "2027-02-02 pm")
    calendar = open_days(world.organiser_id, NOW.date(), NOW.date())
    days = nearest_free(
        world.scenario, asked, 1, today=NOW.date(), now=NOW, allowed=lambda p: calendar.is_open(p.first.date)
    )  # fmt: skip
    assert [d.first.date for d in days] == [date(2027, 1, 27), date(2027, 1, 28), date(2027, 2, 5)]


def test_days_that_cannot_be_asked_for_say_why(visitor: FlaskClient) -> None:
    world = make_world(longest_halves=4)
    slug = slug_of(world)
    for query, said in (
        ("from=2027-02-06&to=2027-02-08", "We are closed on this day."),
        ("from=2027-05-05&to=2027-05-06", "This day is a public holiday."),
        ("from=2027-02-01&to=2027-02-05", "This is longer than a loan may last."),
        ("from=2026-12-01&to=2026-12-01", "This day is over."),
        ("from=2027-02-02&to=2027-02-01", "The end is before the beginning."),
    ):
        assert said in text_of(visitor, f"/boxes/{slug}?{query}"), query
    for query in ("from=x&to=y", "from=9999-99-99&to=2027-02-01", "month=2027-99", "month=0001-01", "day=zzz"):
        assert visitor.get(f"/boxes/{slug}?{query}").status_code in {200, 302}, query


def test_the_calendar_tells_each_half_day_and_why_a_day_is_closed(visitor: FlaskClient) -> None:
    world = make_world(1)
    with transaction():
        add_closure(world.organiser_id, date(2027, 2, 10), date(2027, 2, 10), "Inventaire", by=SYSTEM, now=NOW)
    world.enter("2027-02-02 pm", "2027-02-02 pm")
    slug = slug_of(world)
    shown = text_of(visitor, f"/boxes/{slug}?month=2027-02")
    assert "Inventaire" in shown
    assert shown.count("Afternoon: no box free") == 1
    assert shown.count("Morning: no box free") == 2  # the buffers before and after
    chosen = visitor.get(f"/boxes/{slug}?month=2027-02&day=2027-02-15")
    assert "from=2027-02-15" in chosen.headers["Location"]
    chosen = visitor.get(f"/boxes/{slug}?from=2027-02-15&from_half=am&month=2027-02&day=2027-02-16")
    assert "to=2027-02-16" in chosen.headers["Location"]
    assert visitor.get(f"/boxes/{slug}/files/nothing").status_code == 404
