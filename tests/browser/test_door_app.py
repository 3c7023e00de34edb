"""The scanning app through its screens: a phone is enrolled, loses its network, counts a class and visitors, and loses none."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.checkin.enums import DeviceMode
from app.checkin.queries import list_scans
from app.core import clock
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.registrations.operations import Registered, cancel_registration
from tests.browser.chromium import EXECUTABLE, FLAGS, axe_report
from tests.browser.door_engine import Hall, running_hall
from tests.browser.test_door import film_of, with_camera
from tests.factories import DAY_ONE

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)
NARROW = ViewportSize(width=360, height=740)


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(minutes=5))
    with running_hall(sqlite_app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport=NARROW, locale="en-GB") as opened:
        yield opened


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """Fails when a script does, or when the page wants what its policy forbids."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert problems == []


def enrolled(hall: Hall, context: BrowserContext, mode: DeviceMode = DeviceMode.DOOR) -> Page:
    """A page that was opened by the code of staff, and stands where it says."""
    page = context.new_page()
    page.goto(f"{hall.url}/door#e={hall.code(mode)}")
    expect(view(page, "place")).to_be_visible()
    return page


def at_the_entrance(hall: Hall, context: BrowserContext) -> Page:
    page = enrolled(hall, context)
    page.get_by_role("button", name="Scan here").click()
    expect(view(page, "wait")).to_be_visible()
    return page


def view(page: Page, name: str) -> Locator:
    return page.locator(f"[data-view={name}]")


def verdict(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-verdict-kind={kind}]")


def type_number(page: Page, text: str) -> None:
    view(page, "wait").locator("#number").fill(text)
    view(page, "wait").get_by_role("button", name="Look for this ticket").click()


def next_ticket(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Next ticket|Read again")).click()
    expect(view(page, "wait")).to_be_visible()


def let_in(page: Page, visitor: Registered) -> None:
    type_number(page, visitor.reference)
    expect(verdict(page, "accepted")).to_contain_text("Come in")
    next_ticket(page)


def fits(page: Page) -> None:
    """Nothing is cut at the sides, and axe finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    assert axe_report(page) == ""


def send_now(page: Page) -> None:
    page.locator("[data-sending]").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("[data-settings-said]")).to_have_text("Everything is sent.")


def test_a_class_and_ten_visitors_pass_without_network(hall: Hall, chromium: Browser, tmp_path: Path) -> None:
    """Enrolled, offline, loaded again, counted, the browser closed and opened: the server gets each once, at its own time."""
    film = film_of([f"{hall.url}/t/{hall.class_.ticket_code}"], tmp_path / "class.y4m")
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    options: dict[str, Any] = {"viewport": NARROW, "locale": "en-GB", "executable_path": EXECUTABLE}
    phone = chromium.browser_type.launch_persistent_context(tmp_path / "phone", args=[*FLAGS, *camera], **options)
    page = enrolled(hall, phone)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller && true")
    phone.set_offline(True)
    page.reload()
    page.get_by_role("button", name="Scan here").click()
    expect(view(page, "counts")).to_be_visible()  # the camera read the class
    expect(verdict(page, "accepted")).to_contain_text("3e B · Collège des Trois-Rivières")
    page.get_by_role("button", name=re.compile("^One less")).first.click()
    page.get_by_role("button", name="29 come in").click()
    expect(page.locator("[data-figure=participants]")).to_have_text("27")
    expect(page.locator("[data-sending]")).to_have_text("1 kept (29 people)")
    page.get_by_role("button", name="Next ticket").click()
    for visitor in hall.visitors:
        page.wait_for_function("() => ['wait', 'counts'].includes(document.body.dataset.at)")
        if page.evaluate("document.body.dataset.at") == "counts":
            page.get_by_role("button", name="Another ticket").click()
        look_for(page, visitor)
    expect(page.locator("[data-sending]")).to_have_text("11 kept (39 people)")
    expect(page.locator("[data-place-text]")).to_have_text("Entrance · 39 present")
    assert hall.scans() == {}
    counted = hall_now(hall)
    phone.close()

    phone = chromium.browser_type.launch_persistent_context(tmp_path / "phone", args=FLAGS, **options)
    page = phone.new_page()
    page.goto(f"{hall.url}/door")
    expect(page.locator("[data-sending]")).to_have_text("All sent")
    scans = hall.scans()
    assert len(scans) == 11
    assert hall.present == 39
    assert all(scan.scanned_at <= counted for scan in scans.values())
    phone.close()


def look_for(page: Page, visitor: Registered) -> None:
    """By the search, which no camera disturbs."""
    page.get_by_role("button", name="Last passages").or_(
        page.get_by_role("button", name="Scan a ticket")
    ).first.wait_for()
    page.locator(".door-app-tools [data-open=search]").click()
    page.locator("#words").fill(visitor.reference)
    page.locator("[data-found] button").click()
    expect(verdict(page, "accepted")).to_contain_text("Come in")
    page.get_by_role("button", name="Next ticket").click()


def hall_now(hall: Hall) -> Any:
    with hall.app.app_context():
        return clock.now()


def test_wrong_codes_say_what_to_do(hall: Hall, context: BrowserContext) -> None:
    with watched(context.new_page()) as page:
        page.goto(f"{hall.url}/door#e=nobody-made-this-code")
        expect(page.locator("[data-enrol-problem]")).to_have_text(
            "This code is not known here. Ask staff to show a new one."
        )
        assert "#" not in page.url
        fits(page)
        page.get_by_label("Or the address under the code").fill("https://example.org/")
        page.get_by_role("button", name="Begin").click()
        expect(page.locator("[data-enrol-problem]")).to_contain_text("This is not the address that staff show.")
        page.locator("#enrol-name").fill("Phone of Yasmina")
        page.get_by_label("Or the address under the code").fill(f"http://127.0.0.1:8000/door#e={hall.code()}")
        page.get_by_role("button", name="Begin").click()
        expect(view(page, "place")).to_contain_text("The Path of Talents")
        with hall.app.app_context():
            assert [device.name for device in list_devices(hall.event.id)] == ["Phone of Yasmina"]
        fits(page)


def test_a_ticket_is_no_code_of_staff(hall: Hall, chromium: Browser, tmp_path: Path) -> None:
    film = film_of([f"{hall.url}/t/{hall.class_.ticket_code}"], tmp_path / "ticket.y4m")
    with with_camera(chromium, film) as browser, browser.new_context(viewport=NARROW, locale="en-GB") as opened:
        page = opened.new_page()
        page.goto(f"{hall.url}/door")
        expect(page.locator("[data-enrol-problem]")).to_contain_text("This is a ticket.")
        fits(page)


def test_a_phone_is_enrolled_by_its_camera(hall: Hall, chromium: Browser, tmp_path: Path) -> None:
    film = film_of([f"http://127.0.0.1:8000/door#e={hall.code()}"], tmp_path / "code.y4m")
    with with_camera(chromium, film) as browser, browser.new_context(viewport=NARROW, locale="en-GB") as opened:
        page = opened.new_page()
        page.goto(f"{hall.url}/door")
        expect(view(page, "place")).to_be_visible()


def test_verdicts_and_taking_back(hall: Hall, context: BrowserContext) -> None:
    with watched(at_the_entrance(hall, context)) as page:
        fits(page)
        type_number(page, hall.visitors[0].reference)
        expect(verdict(page, "accepted")).to_contain_text("Visiteuse 0")
        expect(page.locator("[data-place-text]")).to_have_text("Entrance · 1 present")
        fits(page)
        page.get_by_role("button", name="Take this passage back").click()
        expect(verdict(page, "already")).to_contain_text("Taken back")
        expect(page.locator("[data-place-text]")).to_have_text("Entrance · 0 present")
        next_ticket(page)
        let_in(page, hall.visitors[1])
        type_number(page, hall.visitors[1].reference)
        expect(verdict(page, "already")).to_contain_text("Already counted")
        fits(page)
        next_ticket(page)
        page.get_by_role("button", name="Last passages").click()
        expect(view(page, "recent").get_by_role("listitem")).to_have_count(3)
        fits(page)
        expect(view(page, "recent").get_by_role("listitem").first).to_contain_text("already counted")
        view(page, "recent").get_by_role("button", name="Take back").click()
        expect(view(page, "recent").get_by_role("button", name="Take back")).to_have_count(0)
        expect(page.locator("[data-place-text]")).to_have_text("Entrance · 0 present")
        page.get_by_role("button", name="Scan a ticket").click()
        type_number(page, "no number at all")
        expect(verdict(page, "refused")).to_contain_text("“no number at all” is not a ticket of this event")
        fits(page)
        next_ticket(page)
        send_now(page)
        assert hall.present == 0


def test_no_is_overruled_with_a_reason(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    with hall.app.app_context(), transaction():
        cancel_registration(hall.visitors[0].id, by=SYSTEM, now=clock.now())
    send_now(page)
    page.get_by_role("button", name="Scan a ticket").click()
    type_number(page, hall.visitors[0].reference)
    expect(verdict(page, "refused")).to_contain_text("Cancelled")
    fits(page)
    page.get_by_role("button", name="Let in all the same").click()
    page.get_by_role("button", name="Let in all the same").click()
    expect(page.locator("[data-override-problem]")).to_have_text("Choose the reason.")
    page.get_by_label("Another reason").check()
    page.get_by_role("button", name="Let in all the same").click()
    expect(page.locator("[data-override-problem]")).to_have_text("Say the reason in a few words.")
    fits(page)
    page.get_by_label("Note (optional)").fill("Her sister is inside")
    page.get_by_role("button", name="Let in all the same").click()
    expect(verdict(page, "accepted")).to_be_visible()
    expect(page.locator("[data-lead]")).to_have_text("Let in with a reason. It is noted.")
    fits(page)
    next_ticket(page)
    send_now(page)
    with hall.app.app_context():
        kept = [scan for scan in list_scans(hall.visitors[0].id) if scan.result == "accepted"]
    assert [(scan.override, scan.note, scan.over) for scan in kept] == [("other", "Her sister is inside", True)]


def test_a_phone_that_is_taken_off_says_so(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    let_in(page, hall.visitors[0])
    send_now(page)
    with hall.app.app_context(), transaction():
        [device] = list_devices(hall.event.id)
        revoke_device(device, by=SYSTEM, now=clock.now())
    page.get_by_role("button", name="Send now").click()
    expect(verdict(page, "refused")).to_contain_text("This phone is not allowed any more")
    expect(view(page, "stopped")).to_contain_text("All its passages were sent.")
    fits(page)
    page.get_by_role("button", name="Read a new code").click()
    expect(view(page, "enrol")).to_be_visible()


def test_logging_out_asks_about_what_is_unsent(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    let_in(page, hall.visitors[0])
    page.get_by_role("button", name="This phone").click()
    expect(view(page, "settings")).to_contain_text("1 passage kept here")
    page.get_by_role("button", name="Sound is on").click()
    expect(page.get_by_role("button", name="Sound is off")).to_have_attribute("aria-pressed", "false")
    fits(page)
    page.get_by_role("button", name="Log this phone out").click()
    fits(page)
    page.get_by_role("button", name="Log out").click()
    lose = page.get_by_role("button", name="Leave and lose 1 passage (1 person)")
    expect(lose).to_be_disabled()
    fits(page)
    page.get_by_label("Yes, 1 passage is lost: nobody counts 1 person.").check()
    expect(lose).to_be_enabled()
    page.get_by_role("button", name="Back").click()
    context.set_offline(False)
    page.get_by_role("button", name="This phone").click()
    page.get_by_role("button", name="Log this phone out").click()
    page.get_by_role("button", name="Log out").click()
    expect(view(page, "enrol")).to_be_visible()
    assert hall.present == 1
