"""The hour at which the plan in force has a group come, beside its wave's: on the door's page of its ticket, in the list."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.checkin.devices.operations import make_code
from app.checkin.enums import DeviceMode
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.i18n import format_hour
from app.core.transaction import transaction
from app.flows.models import FlowPassage
from app.flows.queries import list_planned_arrivals
from app.registrations.operations import cancel_registration
from tests.conftest import counted_statements
from tests.factories import DAY_ONE, make_plan
from tests.integration.devices.conftest import Phone, read
from tests.integration.flows.conftest import add_class
from tests.integration.live.conftest import Day


@pytest.fixture
def later(day: Day) -> str:
    """The hour of the class that the plan has come after its wave began; it is put under « L »."""
    make_plan(day.event)
    found = list_planned_arrivals(day.event, [who.id for who in day.people.values()])
    (key, at) = max(((key, at) for key, at in found.items() if key[1] == day.event.waves[0].id), key=lambda one: one[1])
    day.people["L"] = next(who for who in day.people.values() if who.id == key[0])
    assert at > DAY_ONE
    return format_hour(at, day.event.timezone, "en")


def test_only_hours_other_than_the_waves_are_told_and_of_places_that_are_held(day: Day, later: str) -> None:
    everybody = [who.id for who in day.people.values()]
    wave = day.event.waves[0]
    found = list_planned_arrivals(day.event, everybody)
    assert set(found) <= {(day.people[name].id, w.id) for name in "ABC" for w in day.event.waves}
    assert DAY_ONE not in [at for (_who, of), at in found.items() if of == wave.id]
    mine = select(FlowPassage.starts_at).where(FlowPassage.registration_id == day.people["L"].id)
    assert found[day.people["L"].id, wave.id] == min(db.session.execute(mine).scalars())
    with transaction():
        cancel_registration(day.people["L"].id, by=SYSTEM, now=DAY_ONE - timedelta(hours=1))
    assert (day.people["L"].id, wave.id) not in list_planned_arrivals(day.event, everybody)
    assert list_planned_arrivals(day.event, []) == {}


def test_the_door_reads_it_on_the_ticket(day: Day, later: str) -> None:
    client, base = day.browser(), f"/door/{day.event.slug}/tickets"
    assert f"Planned arrival: {later}" in client.get(f"{base}/{day.people['L'].reference}").text
    assert "Planned arrival" not in client.get(f"{base}/{day.people['Hugo'].reference}").text


def test_the_list_shows_it_with_one_statement_however_many_rows(day: Day, later: str) -> None:
    client, path = day.browser(), f"/manage/events/{day.event.slug}/registrations"
    page = client.get(path).text
    assert f"planned arrival {later}" in page
    first = list_planned_arrivals(day.event, [who.id for who in day.people.values()])
    assert page.count("planned arrival") == len(first)

    def statements() -> int:
        client.get(path)
        with counted_statements() as counted:
            client.get(path)
        return int(counted)

    before = statements()
    for number in range(6):
        add_class(day.event, f"5e {number}", participants=4)
    assert statements() == before


def test_without_a_plan_nothing_is_told(day: Day) -> None:
    set_clock(day.app.extensions, DAY_ONE)
    assert list_planned_arrivals(day.event, [who.id for who in day.people.values()]) == {}
    assert "planned arrival" not in day.browser().get(f"/manage/events/{day.event.slug}/registrations").text


def test_phones_are_told_it(day: Day, later: str) -> None:
    set_clock(day.app.extensions, DAY_ONE)
    with transaction():
        secret = make_code(day.event, [], DeviceMode.DOOR, by=SYSTEM, now=DAY_ONE)
    phone = Phone(day.app)
    assert phone.enrol(secret).status_code == 201
    body = read(phone.list())
    told = {row[1]: row[16] for row in body["tickets"]}
    hour = format_hour(datetime.fromtimestamp(told[day.people["L"].reference], UTC), day.event.timezone, "en")
    assert (hour, told[day.people["Hugo"].reference]) == (later, 0)
    phone.sync({
        "id": str(uuid4()), "code": day.people["L"].ticket_code, "checkpoint": str(day.event.checkpoints[0].id),
        "direction": "in", "scanned_at": DAY_ONE.isoformat(),
    })  # fmt: skip
    changed = {row[1]: row[16] for row in read(phone.list(body["cursor"]))["tickets"]}
    assert changed == {day.people["L"].reference: told[day.people["L"].reference]}
