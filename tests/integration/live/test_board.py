"""Who is here, who is still to come and who is late, as the live board says it; who may read what of it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Update, update

from app.accounts.enums import Role
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.enums import EventMove
from app.events.models import Event, Space, Wave
from app.events.operations import move_event
from app.events.queries import get_event
from app.registrations.drafts import Contact, Headcount
from app.registrations.operations.absence import give_back_places
from app.reports.queries.live_board import Heads, get_arrivals, get_expected
from app.reports.queries.live_standing import follow
from app.web.manage.live_board import forget_boards
from tests.factories import DAY_ONE, make_plan
from tests.integration.flows.conftest import add_class
from tests.integration.live.conftest import MINUTE, Day


def change(day: Day, *statements: Update) -> None:
    raised = {"revision": Event.revision + 1, "version": Event.version + 1}
    with transaction():
        for statement in (*statements, update(Event).where(Event.id == day.event.id).values(raised)):
            db.session.execute(statement)
    db.session.remove()
    forget_boards()


def test_it_says_who_is_here_in_all_by_audience_and_in_each_space(day: Day) -> None:
    client = day.browser()
    assert "Present now 0 people Nobody has come in yet." in day.read(client)
    day.scan("A", Headcount(27, 2))
    day.scan("B", space=1, at=1)
    day.scan("Hugo", at=1)
    page = day.read(client)
    assert "Present now 60 people" in page
    assert re.search(r"59 School groups|59 [^0-9]+ 1 [^0-9]+", page)
    assert "Grande salle 0 / 60 60 places free Orientation 30 / 40 10 places free" in page


def test_a_space_beyond_its_limit_is_hatched_and_says_by_how_many(day: Day) -> None:
    client = day.browser()
    day.scan("A", space=1)
    change(day, update(Space).where(Space.id == day.event.spaces[1].id).values(capacity=24))
    answer = client.get(f"/manage/events/{day.event.slug}/live")
    assert answer.text.count("url(#too-many)") == 1
    assert "Orientation 30 / 24 6 too many" in day.read(client)


def test_arrivals_against_the_plan_wave_by_wave(day: Day) -> None:
    day.scan("A", Headcount(27, 2))
    day.at(4)
    client = day.browser()
    page = day.read(client)
    assert re.search(r"9:00 am Now 61 2 groups 29 1 group 31 1 group – ", page)
    assert re.search(r"9:40 am 30 1 group – 30 1 group –", page)
    day.at(6)
    assert re.search(r"9:00 am Now 61 2 groups 29 1 group – 31 1 group", day.read(client))
    day.at(41)
    page = day.read(client)
    assert "9:00 am Over 61 2 groups 29 1 group – 31 did not come 1 group" in page
    assert re.search(r"9:40 am Now 30 1 group – 30 1 group –", page)


def test_groups_that_are_not_here_with_whom_to_call(day: Day) -> None:
    day.scan("A")
    day.at(12)
    late = add_class(day.event, "3e D", contact=Contact("Yanis Perrin", "yanis@example.org", "+33639980177"))
    day.at(12)
    client = day.browser()
    page = day.read(client)
    assert "Groups not here yet 2 late" in page
    assert "3e B Collège des Trois-Rivières · 30 people Expected at 9:00 am: 12 min late." in page
    assert re.search(r"3e D .* Expected at 9:00 am: 12 min late\. Call 06 39 98 01 77 Yanis Perrin", page)
    assert 'href="tel:+33639980177"' in client.get(f"/manage/events/{day.event.slug}/live").text
    assert page.index("3e B") < page.index("3e C") if "3e C" in page else True
    assert "3e A" not in page
    with transaction():
        give_back_places(late.id, by=SYSTEM, now=DAY_ONE + 12 * MINUTE)
    day.at(13)
    page = day.read(client)
    assert "Groups not here yet 1 late" in page
    assert "Expected at 9:00 am. Noted as absent." in page


def test_the_next_wave_stands_there_half_an_hour_before(day: Day) -> None:
    client = day.browser()
    day.at(9)
    assert "3e C" not in day.read(client)
    day.at(11)
    assert "3e C Collège des Trois-Rivières · 30 people Expected at 9:40 am." in day.read(client)


def test_a_published_plan_says_when_each_group_is_late(day: Day) -> None:
    make_plan(day.event)
    expected = get_expected(day.event, now=DAY_ONE)
    later = max(group.due_at for group in expected.groups if group.wave_id == day.event.waves[0].id)
    assert later > DAY_ONE + 5 * MINUTE
    event = get_event(day.event.slug)
    now = DAY_ONE + 6 * MINUTE
    found = get_arrivals(event, expected, follow(event, None, version=0, now=now), now=now)
    due = {group.class_label: group.due_at for group in found.awaited if group.class_label in {"3e A", "3e B"}}
    late = [name for name, at in due.items() if at + 5 * MINUTE <= DAY_ONE + 6 * MINUTE]
    assert found.waves[0].late.groups == len(late)
    assert found.waves[0].coming.groups == 2 - len(late)


def test_a_delay_moves_the_wave(day: Day) -> None:
    change(day, update(Wave).where(Wave.id == day.event.waves[0].id).values(late_minutes=15))
    event = get_event(day.event.slug)
    now = DAY_ONE + 10 * MINUTE
    standing = follow(event, None, version=0, now=now)
    wave = get_arrivals(event, get_expected(event, now=DAY_ONE), standing, now=now).waves[0]
    assert (wave.begins_at, wave.late) == (DAY_ONE + 15 * MINUTE, Heads())


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_names_and_numbers(day: Day, role: Role) -> None:
    day.at(12)
    page = day.read(day.browser(role))
    assert "3e A" in page
    assert ("Manon Lambert" in page) == (role in {Role.OWNER, Role.MANAGER})
    assert ("Phones at the doors" in page) == (role in {Role.OWNER, Role.MANAGER, Role.DOOR})


def test_before_the_day_after_it_and_called_off(day: Day) -> None:
    client = day.browser()
    day.at(-60 * 24)
    page = day.read(client)
    assert "It has not begun yet" in page
    assert "Nothing has to be switched on." in page
    assert "Present now" not in page
    day.at(60 * 24)
    page = day.read(client)
    assert "The event is over" in page
    assert "Arrivals by wave" not in page
    day.at(-60)
    with transaction():
        move_event(day.event.id, EventMove.CANCEL, by=SYSTEM, now=DAY_ONE - timedelta(hours=1), reason="Neige")
    day.at(-50)
    page = day.read(client)
    assert "This event is called off" in page
    assert "Neige" in page


def test_the_tab_stands_there_while_the_day_is_near(day: Day) -> None:
    client, tab = day.browser(), f'href="/manage/events/{day.event.slug}/live"'
    for minutes, there in ((-60 * 24, False), (-60 * 11, True), (30, True), (60 * 24, False)):
        day.at(minutes)
        assert (tab in client.get(f"/manage/events/{day.event.slug}").text) is there, minutes
