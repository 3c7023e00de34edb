"""The scanning app's other screens: people without a ticket, corrections, spaces, a full memory, the kiosk, no scripts."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select

from app.checkin.drafts import ScanInput
from app.checkin.enums import DeviceMode, Direction
from app.checkin.operations import record_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.drafts import Headcount
from app.registrations.models import Registration
from app.registrations.operations import cancel_registration
from tests.browser.door_engine import Hall, running_hall
from tests.browser.test_door import film_of, with_camera
from tests.browser.test_door_app import (
    NARROW,
    at_the_entrance,
    enrolled,
    fits,
    let_in,
    next_ticket,
    send_now,
    type_number,
    verdict,
    view,
    watched,
)
from tests.factories import DAY_ONE, class_draft, make_registration

pytestmark = pytest.mark.browser

FULL_STORAGE = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...values) {
  if (window.fullNow) throw new DOMException("no room", "QuotaExceededError");
  return put.apply(this, values);
};
"""


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(minutes=5))
    with running_hall(sqlite_app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport=NARROW, locale="en-GB") as opened:
        yield opened


def walk_in(page: Page, audience: str, name: str = "") -> None:
    page.get_by_role("button", name="No ticket").click()
    page.get_by_label(audience).check()
    page.get_by_role("button", name=re.compile("^One more: people")).click()
    page.get_by_label("Name (optional)").fill(name)
    page.get_by_role("button", name="2 come in").click()


def test_without_a_ticket(hall: Hall, context: BrowserContext) -> None:
    with watched(at_the_entrance(hall, context)) as page:
        page.get_by_role("button", name="No ticket").click()
        fits(page)
        page.get_by_role("button", name="1 comes in").click()
        expect(page.locator("[data-walk-in-problem]")).to_have_text("Choose the audience first.")
        page.get_by_role("button", name="Another ticket").click()
        walk_in(page, "Families", "Famille Perrin")
        expect(verdict(page, "accepted")).to_contain_text("It is noted")
        expect(verdict(page, "accepted")).to_contain_text("Famille Perrin")
        number = page.locator("[data-walk-in-number]").inner_text()
        fits(page)
        next_ticket(page)
        with hall.app.app_context():
            made = db.session.execute(select(Registration).where(Registration.reference == number)).scalar_one()
            assert (made.participants, made.contact_name) == (2, "Famille Perrin")
        assert hall.present == 2


def test_without_a_ticket_and_without_network(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    walk_in(page, "Families")
    expect(verdict(page, "accepted")).to_contain_text("Noted, to confirm")
    expect(verdict(page, "accepted")).to_contain_text("2 people without a ticket")
    expect(page.locator("[data-sending]")).to_have_text("1 kept (2 people)")
    fits(page)
    next_ticket(page)
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 2 present")
    context.set_offline(False)
    send_now(page)
    assert hall.present == 2


def test_without_a_ticket_and_without_room(hall: Hall, context: BrowserContext) -> None:
    """Classes fill both waves: two more come in with a reason alone."""
    with hall.app.app_context():
        for wave, participants in zip(hall.event.waves, (18, 28), strict=True):
            make_registration(hall.event, class_draft(hall.event, participants=participants, waves=(wave.id,)))
    page = at_the_entrance(hall, context)
    walk_in(page, "Families")
    expect(verdict(page, "refused")).to_contain_text("No place left")
    fits(page)
    page.get_by_role("button", name="Let in all the same").click()
    page.get_by_label("For safety").check()
    page.get_by_role("button", name="Let in all the same").click()
    expect(verdict(page, "accepted")).to_contain_text("It is noted")
    expect(view(page, "notes")).to_contain_text("Let in with a reason.")
    next_ticket(page)
    assert hall.present == 2


def test_the_server_knew_better(hall: Hall, context: BrowserContext) -> None:
    """What was decided without network and counted otherwise stays on the screen until it is read."""
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    let_in(page, hall.visitors[0])
    with hall.app.app_context(), transaction():
        cancel_registration(hall.visitors[0].id, by=SYSTEM, now=clock.now())
    with page.expect_request(lambda asked: '"scans":[{' in (asked.post_data or "")) as sent:
        context.set_offline(False)  # it may send by itself before the button is pressed
        send_now(page)
    passages = json.loads(sent.value.post_data or "{}")["scans"]
    assert [scan["let_in"] for scan in passages] == [True]
    page.locator("[data-corrections-banner]").click()
    expect(view(page, "corrections")).to_contain_text("This ticket had just been cancelled.")
    expect(view(page, "corrections")).to_contain_text("Visiteuse 0")
    fits(page)
    page.reload()
    page.locator("[data-corrections-banner]").click()
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("[data-corrections-banner]")).to_be_hidden()


def test_a_space_says_what_room_it_has(hall: Hall, context: BrowserContext) -> None:
    """« Orientation » holds 20 people."""
    page = enrolled(hall, context)
    page.get_by_label("Orientation").check()
    page.get_by_role("button", name="Scan here").click()
    strip = page.locator("[data-strip]")
    expect(strip).to_have_text("20 places left here (just now)")
    fits(page)
    let_in(page, hall.visitors[0])
    expect(strip).to_have_text("19 places left here (just now)")
    type_number(page, hall.class_.reference)
    page.get_by_role("button", name="30 come in").click()
    expect(verdict(page, "refused")).to_contain_text("Not enough room")
    fits(page)
    page.get_by_role("button", name="Next ticket").click()
    type_number(page, hall.class_.reference)
    page.locator("[data-view=counts] input[name=participants]").fill("19")
    page.locator("[data-view=counts] input[name=companions]").fill("0")
    page.get_by_role("button", name="19 come in").click()
    expect(strip).to_have_text("Full: wait (just now)")
    fits(page)


def test_a_full_memory_cannot_be_missed(hall: Hall, context: BrowserContext) -> None:
    context.add_init_script(FULL_STORAGE)
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    page.evaluate("window.fullNow = true")
    let_in(page, hall.visitors[0])
    alarm = page.locator("[data-storage]")
    expect(alarm).to_contain_text("Memory full: 1 passage is in this page alone. Do not close it.")
    fits(page)
    expect(alarm.get_by_role("button", name="Send now")).to_be_visible()
    page.evaluate("window.fullNow = false")
    context.set_offline(False)
    expect(alarm).to_be_hidden(timeout=15_000)
    expect(page.locator("[data-sending]")).to_have_text("All sent")
    assert hall.present == 1


def test_a_kiosk_comes_back_by_itself_and_lets_only_staff_out(hall: Hall, chromium: Browser, tmp_path: Path) -> None:
    film = film_of([f"{hall.url}/t/{hall.visitors[0].ticket_code}"], tmp_path / "visitor.y4m")
    with with_camera(chromium, film) as browser, browser.new_context(viewport=NARROW, locale="en-GB") as opened:
        page = enrolled(hall, opened, DeviceMode.KIOSK)
        page.get_by_role("button", name="Scan here").click()
        expect(page.locator("[data-kiosk-problem]")).to_have_text("The code has four figures.")
        fits(page)
        page.get_by_label("Code to leave the kiosk").fill("2468")
        page.get_by_role("button", name="Scan here").click()
        expect(verdict(page, "accepted")).to_contain_text("Welcome")
        expect(page.get_by_role("button", name="Take this passage back")).to_have_count(0)
        expect(page.locator("[data-place]")).to_be_hidden()
        expect(page.locator("[data-sending]")).to_be_hidden()
        fits(page)
        expect(view(page, "kiosk-wait")).to_be_visible(timeout=10_000)
        expect(verdict(page, "already")).to_contain_text("You are counted already")
        page.reload()
        expect(view(page, "kiosk-wait")).to_be_visible(timeout=10_000)
        page.get_by_role("button", name="For staff: hold for three seconds").dispatch_event("pointerdown")
        expect(view(page, "kiosk-leave")).to_be_visible(timeout=10_000)
        page.get_by_label("Code of four figures").fill("1357")
        page.get_by_role("button", name="Leave the kiosk").click()
        expect(page.locator("[data-kiosk-code-problem]")).to_have_text("This is not the code.")
        fits(page)
        page.get_by_label("Code of four figures").fill("2468")
        page.get_by_role("button", name="Leave the kiosk").click()
        expect(view(page, "place")).to_be_visible()
        expect(page.locator("[data-sending]")).to_be_visible()


def test_without_scripts_it_leads_to_the_account(hall: Hall, chromium: Browser) -> None:
    with chromium.new_context(viewport=NARROW, locale="en-GB", java_script_enabled=False) as opened:
        page = opened.new_page()
        page.goto(f"{hall.url}/door")
        expect(page.get_by_role("link", name="Open with my account")).to_be_visible()


def test_a_team_of_a_split_group_passes_alone(hall: Hall, context: BrowserContext) -> None:
    """The list says that the plan made two teams of 15 people of the class; one adult goes with each, to « Grande salle »."""

    def split(route: Route) -> None:
        answer = route.fetch()
        body = answer.json() if answer.status == 200 else {}
        for row in body.get("tickets", []):
            row[15] = [15, 15] if row[5] == "main" and row[7] == 28 else []
        route.fulfill(response=answer, json=body) if body else route.fulfill(response=answer)

    context.route("**/door/api/list*", split)
    sent: list[dict[str, object]] = []
    context.on(
        "request",
        lambda request: sent.extend((request.post_data_json or {}).get("scans", [])) if "sync" in request.url else None,
    )
    page = enrolled(hall, context)
    page.get_by_label("Grande salle").check()
    page.get_by_role("button", name="Scan here").click()
    type_number(page, hall.class_.reference)
    expect(view(page, "teams").get_by_role("heading")).to_have_text("Which team is coming in?")
    fits(page)
    page.get_by_role("button", name="Team 2: 14 pupils + 1 adult").click()
    expect(verdict(page, "accepted")).to_contain_text("Team 2 · 3e B")
    expect(verdict(page, "accepted")).to_contain_text("Expected 14 pupils + 1 adult")
    fits(page)
    page.get_by_role("button", name="15 come in").click()
    expect(page.get_by_role("button", name="Next ticket")).to_be_visible()
    expect(verdict(page, "accepted")).to_contain_text("Team 2 · 3e B")
    expect(verdict(page, "accepted")).to_contain_text("Expected 14 pupils + 1 adult")
    expect(view(page, "figures")).to_contain_text("pupils of 14")
    expect(view(page, "figures")).to_contain_text("adult of 1")
    expect(page.locator("[data-sending]")).to_have_text("All sent")
    assert [(scan["team"], scan["headcount"]) for scan in sent] == [(2, {"participants": 14, "companions": 1})]
    context.unroute_all(behavior="ignoreErrors")


def test_teams_of_a_group_are_the_whole_group(hall: Hall, context: BrowserContext) -> None:
    """Also where the group is another size than when the plan was made; adults are shared, and never counted as pupils."""
    page = context.new_page()
    page.goto(f"{hall.url}/healthz")
    split = """async ([sizes, participants, companions]) => {
      const { splitTeams } = await import("/static/js/door/app/ticket.js");
      return splitTeams(sizes, { participants, companions }).map((one) => [one.participants, one.companions]);
    }"""
    for sizes, participants, companions, told in (
        ([12, 12], 22, 2, [[11, 1], [11, 1]]),
        ([8, 8, 8], 22, 2, [[7, 1], [7, 1], [8, 0]]),
        ([12, 12], 19, 2, [[10, 1], [9, 1]]),
        ([11, 11], 22, 2, [[11, 1], [11, 1]]),
        ([], 22, 2, []),
    ):
        assert page.evaluate(split, [sizes, participants, companions]) == told


def test_an_exit_that_knows_nobody_asks_how_many_leave(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    page.locator("[data-place]").click()
    page.get_by_label("go out").check()
    page.get_by_role("button", name="Scan here").click()
    type_number(page, hall.class_.reference)
    page.locator('[data-view="counts"] input[name="participants"]').fill("4")
    page.locator('[data-view="counts"] input[name="companions"]').fill("0")
    page.get_by_role("button", name="4 go out").click()
    expect(verdict(page, "accepted")).to_contain_text("Exit noted")
    expect(verdict(page, "accepted")).to_contain_text("4 pupils")
    fits(page)
    context.set_offline(False)
    with hall.app.app_context(), transaction():
        door = next(c.id for c in hall.event.checkpoints if c.space_id is None)
        said = ScanInput(str(uuid4()), hall.class_.ticket_code, door, Direction.IN, DAY_ONE, Headcount(10))
        record_scans(hall.event, "a phone at the entrance", [said], now=DAY_ONE)
    send_now(page)
    assert hall.present == 6
