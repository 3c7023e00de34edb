"""The door on a phone: a fake camera shows a ticket, somebody counts a class, everybody is told."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect
from werkzeug.serving import BaseWSGIServer, make_server

from app.accounts.enums import Role
from app.checkin.queries import get_occupancy
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.documents.qr import qr_png
from app.events.queries import EventRow
from app.registrations.operations import Registered, cancel_registration
from tests.browser.chromium import EXECUTABLE, FLAGS, axe_report
from tests.factories import (
    NOW,
    PASSWORD,
    class_draft,
    make_event,
    make_member,
    make_organiser,
    make_registration,
    person_draft,
)

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)
SIDE = 480


@dataclass
class Door:
    """A published forum with a class of 28 + 2, a door volunteer, the address of a running server, and who looks at it."""

    app: Flask
    chromium: Browser
    url: str
    event: EventRow
    class_: Registered
    email: str

    @property
    def present(self) -> int:
        with self.app.app_context():
            return get_occupancy(self.event, now=clock.now()).present


@pytest.fixture
def door(sqlite_app: Flask, chromium: Browser) -> Iterator[Door]:
    organiser_id = make_organiser()
    event = make_event(organiser_id)
    _, email = make_member(organiser_id, Role.DOOR)
    class_ = make_registration(event)
    db.session.remove()
    with serving(sqlite_app) as url:
        yield Door(sqlite_app, chromium, url, event, class_, email)


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a free port of this machine."""

    def answered(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        # The development server forgets to close a file that it sends when the browser hangs up meanwhile.
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            getattr(parts, "close", lambda: None)()

    server: BaseWSGIServer = make_server("127.0.0.1", 0, answered, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def film_of(codes: list[str], path: Path) -> Path:
    """A film for the fake camera: each text's QR code for half a second, then nothing for a while (YUV4MPEG2, 4:2:0)."""
    blank = Image.new("L", (SIDE, SIDE), 128)
    frames = []
    for code in codes:
        symbol = Image.open(io.BytesIO(qr_png(code))).convert("L")
        picture = blank.copy()
        picture.paste(symbol.resize((400, 400), Image.Resampling.NEAREST), (40, 40))
        frames += [picture] * 5 + [blank] * 15
    grey = bytes([128]) * (SIDE * SIDE // 2)
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{SIDE} H{SIDE} F10:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            film.write(b"FRAME\n" + frame.tobytes() + grey)
    return path


@contextmanager
def with_camera(chromium: Browser, film: Path) -> Iterator[Browser]:
    """Another Chromium, whose camera shows the film."""
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = chromium.browser_type.launch(executable_path=EXECUTABLE, args=[*FLAGS, *camera])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def phone(door: Door, film: Path | None = None, **options: Any) -> Iterator[Page]:
    """A phone's browser whose camera shows the film, logged in as the volunteer, at the door's page."""
    with (
        with_camera(door.chromium, film) if film else nullcontext(door.chromium) as browser,
        browser.new_context(viewport=PHONE, locale="en-GB", **options) as context,
    ):
        log_in(context, door)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
        page.goto(f"{door.url}/door/{door.event.slug}")
        if options.get("java_script_enabled", True):
            live(page)
        yield page
        assert problems == []


def live(page: Page) -> None:
    """Waits until the door's script listens: a number sent before opens the page that works without it."""
    page.wait_for_selector("html[data-door=live]")


def log_in(context: BrowserContext, door: Door) -> None:
    page = context.new_page()
    page.goto(f"{door.url}/login")
    page.locator("[name=email]").fill(door.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) [type=submit]").first.click()
    page.wait_for_url(lambda address: "/login" not in address)
    page.close()


def axe(page: Page) -> None:
    """No violation of WCAG 2.2 AA on the page as it stands."""
    assert axe_report(page) == ""


def verdict(page: Page, kind: str) -> Any:
    return page.locator(f"[data-verdict-kind={kind}]")


def count(page: Page, part: str) -> Any:
    return page.locator(f"[data-view=counts] input[name={part}]")


def test_a_class_is_scanned_counted_and_found_inside(door: Door, tmp_path: Path) -> None:
    film = film_of([f"http://127.0.0.1:8000/t/{door.class_.ticket_code}"], tmp_path / "class.y4m")
    with phone(door, film) as page:
        expect(verdict(page, "accepted")).to_contain_text("Come in")
        expect(verdict(page, "accepted")).to_contain_text("3e B · Collège des Trois-Rivières")
        expect(verdict(page, "accepted")).to_contain_text(
            "Expected 28 pupils + 2 adults, Thursday 4 February, 9:00\N{NO-BREAK SPACE}am"
        )
        expect(count(page, "participants")).to_have_value("28")
        page.get_by_role("button", name="One less").first.click()
        expect(count(page, "participants")).to_have_value("27")
        expect(page.locator("[data-missing]")).to_have_text(
            "Missing: 1 pupil. They may come in later with the same code."
        )
        axe(page)
        assert door.present == 0
        expect(page.get_by_role("button", name="Take this passage back")).to_have_count(0)
        page.get_by_role("button", name="29 come in").click()
        expect(page.get_by_role("button", name="Take this passage back")).to_be_visible()
        expect(page.locator("[data-figure=participants]")).to_have_text("27")
        expect(page.locator("[data-present]")).to_have_text("29 present")
        expect(page.locator("[data-sending]")).to_have_text("Sent")
        assert door.present == 29
        axe(page)
        page.get_by_role("button", name="Next ticket").click()
        expect(count(page, "participants")).to_have_value("1")
        expect(verdict(page, "accepted")).to_contain_text("29 of 30 present. Expected 28 pupils + 2 adults")
        expect(page.locator("[data-view=counts] label").first).to_have_text("more pupil")
        expect(page.locator("[data-missing]")).to_have_text("That makes 30 of 30 present.")
        expect(page.get_by_role("button", name="Take this passage back")).to_have_count(0)
        axe(page)
        page.get_by_role("button", name="1 comes in").click()
        expect(page.locator("[data-present]")).to_have_text("30 present")
        expect(page.locator("[data-lead]")).to_have_text("30 of 30 present, +1 now")
        page.get_by_role("button", name="Next ticket").click()
        expect(verdict(page, "already")).to_contain_text("Already in")
        expect(verdict(page, "already")).to_contain_text("Entrance")
        expect(page.locator("[data-lead]")).to_have_text("The whole group is counted already.")
        expect(page.get_by_role("button", name="Take this passage back")).to_have_count(0)
        axe(page)
        assert door.present == 30


def test_a_person_passes_at_once_and_the_passage_can_be_taken_back(door: Door, tmp_path: Path) -> None:
    with door.app.app_context():
        person = make_registration(door.event, person_draft(door.event))
        db.session.remove()
    with phone(door, film_of([person.ticket_code], tmp_path / "person.y4m")) as page:
        expect(verdict(page, "accepted")).to_contain_text("Hugo Dupont")
        expect(page.locator("[data-present]")).to_have_text("1 present")
        page.get_by_role("button", name="Take this passage back").click()
        expect(verdict(page, "already")).to_contain_text("Taken back")
        expect(page.locator("[data-present]")).to_have_text("0 present")
        assert door.present == 0


def test_a_code_that_is_no_ticket(door: Door, tmp_path: Path) -> None:
    with phone(door, film_of(["https://example.org/menu"], tmp_path / "menu.y4m")) as page:
        expect(verdict(page, "refused")).to_contain_text("Unknown ticket")
        expect(verdict(page, "refused")).to_contain_text("It may belong to another event.")
        expect(page.locator("[data-note]")).to_have_text("Welcome the person, then look for them.")
        expect(page.get_by_role("link", name="Register on the spot")).to_have_count(0)
        axe(page)
        page.locator("#number-again").fill(door.class_.reference.lower().replace("-", " "))
        page.locator("#number-again").press("Enter")
        expect(count(page, "participants")).to_have_value("28")


def test_a_typed_number_that_nobody_has_is_an_unknown_ticket(door: Door) -> None:
    with phone(door) as page:
        page.locator("#number").fill("vt-2222-22")
        page.locator("#number").press("Enter")
        expect(verdict(page, "refused")).to_contain_text("Unknown ticket")
        expect(verdict(page, "refused")).to_contain_text("“vt-2222-22” is not a ticket of this event")
        expect(page.locator("html")).to_have_attribute("data-signal", "refused")
        expect(page.locator("[data-said]")).to_have_text(
            "Unknown ticket. “vt-2222-22” is not a ticket of this event. "
            "Check each letter and each figure. It may belong to another event. "
            "Welcome the person, then look for them."
        )
        expect(page.get_by_role("button", name="Take this passage back")).to_have_count(0)
        axe(page)
        expect(page.locator("#number-again")).to_have_value("vt-2222-22")
        page.get_by_role("link", name="Search by name or by school").click()
        expect(page.locator("#words")).to_have_value("vt-2222-22")
        page.locator("#words").fill("rivieres")
        page.locator("#words").press("Enter")
        expect(page.locator("[data-found] button")).to_contain_text("28 pupils + 2 adults · Thursday 4 February, 9:00")
        page.locator("[data-found] button").click()
        page.get_by_role("button", name="Another ticket").click()
        expect(page.locator("#number")).to_have_value("")
        assert door.present == 0


def test_without_scripts_an_unknown_number_is_the_same_screen(door: Door) -> None:
    with phone(door, java_script_enabled=False) as page:
        page.locator("#number").fill("VT-2222-22")
        page.locator("#number").press("Enter")
        expect(page.locator(".verdict-refused")).to_contain_text("“VT-2222-22” is not a ticket of this event")
        expect(page.locator("[name=number]")).to_have_value("VT-2222-22")
        page.get_by_role("link", name="Search by name or by school").click()
        expect(page.locator("[name=q]")).to_have_value("VT-2222-22")
        expect(page.get_by_role("status").last).to_contain_text("Nobody matches “VT-2222-22”.")


def test_what_is_read_aloud_ends_each_sentence_once(door: Door) -> None:
    with door.app.app_context():
        gone = make_registration(door.event, person_draft(door.event))
        with transaction():
            cancel_registration(gone.id, by=SYSTEM, now=NOW)
        db.session.remove()
    with phone(door) as page:
        for reference, words in (
            (gone.reference, "Cancelled. Hugo Dupont. This registration was cancelled. Welcome the person. If there is room"),
            (door.class_.reference, "Come in. 3e B · Collège des Trois-Rivières. Expected 28 pupils + 2 adults"),
        ):  # fmt: skip
            page.locator("#number").fill(reference)
            page.locator("#number").press("Enter")
            said = page.locator("[data-said]")
            expect(said).to_contain_text(words)
            expect(said).not_to_contain_text("..")
            page.get_by_role("button", name=re.compile("Next ticket|Another ticket")).click()


def test_without_a_camera_a_name_is_looked_for(door: Door) -> None:
    with door.app.app_context():
        gone = make_registration(door.event, person_draft(door.event))
        with transaction():
            cancel_registration(gone.id, by=SYSTEM, now=NOW)
        db.session.remove()
    with phone(door) as page:
        expect(page.locator("[data-notice]")).to_have_text(
            "The camera is not available here. Type the ticket’s number."
        )
        axe(page)
        page.get_by_role("link", name="Search by name or by school").click()
        page.locator("#words").fill("nobody of that name")
        page.locator("#words").press("Enter")
        expect(page.locator("[data-search-said]")).to_contain_text("Nobody matches “nobody of that name”.")
        page.locator("#words").fill("dupont")
        page.locator("#words").press("Enter")
        expect(page.locator("[data-found] button")).to_contain_text("Hugo Dupont")
        expect(page.locator("[data-found] button")).to_contain_text("Cancelled")
        axe(page)
        page.locator("[data-found] button").click()
        expect(verdict(page, "refused")).to_contain_text("This registration was cancelled.")
        assert door.present == 0


def test_what_cannot_be_sent_is_kept_and_sent_later(door: Door) -> None:
    with phone(door) as page:
        scans = "**/api/v1/events/*/scans"
        page.route(scans, lambda route: route.abort("internetdisconnected"))
        page.locator("#number").fill(door.class_.reference)
        page.locator("#number").press("Enter")
        page.get_by_role("button", name="30 come in").click()
        expect(page.locator("[data-sending]")).to_have_text("1 kept")
        expect(page.locator("[data-note]")).to_have_text(
            "No network: the passage is kept here and sent as soon as possible."
        )
        axe(page)
        assert door.present == 0
        page.reload()
        expect(page.locator("[data-sending]")).to_have_text("1 kept")
        page.unroute(scans)
        page.reload()
        expect(page.locator("[data-sending]")).to_have_text("Sent")
        assert door.present == 30


def test_an_answer_that_got_lost_counts_once(door: Door) -> None:
    """The server recorded the scan, its answer never came: sent again, it is the same scan."""
    with phone(door) as page:
        scans = "**/api/v1/events/*/scans"

        def lose(route: Route) -> None:
            route.fetch()
            route.abort("connectionreset")

        page.route(scans, lose, times=1)
        page.locator("#number").fill(door.class_.reference)
        page.locator("#number").press("Enter")
        page.get_by_role("button", name="30 come in").click()
        expect(page.locator("[data-sending]")).to_have_text("1 kept")
        expect(page.locator("[data-sending]")).to_have_text("Sent", timeout=20_000)
        assert door.present == 30


def test_without_scripts_a_number_lets_a_class_in(door: Door) -> None:
    with phone(door, java_script_enabled=False) as page:
        page.locator("#number").fill(door.class_.reference)
        page.locator("#number").press("Enter")
        page.locator("[name=participants]").fill("27")
        page.get_by_role("button", name="Let in").click()
        expect(page.locator(".verdict-accepted")).to_contain_text("Come in")
        expect(page.locator(".door-hand")).to_contain_text("Missing: 1 pupil.")
        assert door.present == 29
        page.get_by_role("button", name="Take this passage back").click()
        expect(page.locator(".verdict-already")).to_contain_text("Taken back")
        assert door.present == 0


def test_the_door_fits_a_narrow_phone(door: Door) -> None:
    with door.app.app_context():
        make_registration(door.event, class_draft(door.event, participants=20))
        db.session.remove()
    with phone(door) as page:
        page.set_viewport_size({"width": 360, "height": 640})
        for path in ("", "/place", "/search?q=coll%C3%A8ge", f"/tickets/{door.class_.reference}"):
            page.goto(f"{door.url}/door/{door.event.slug}{path}")
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.goto(f"{door.url}/door/events")
        axe(page)
        page.get_by_role("link", name="The Path of Talents").click()
        live(page)
        page.locator("#number").fill(door.class_.reference)
        page.locator("#number").press("Enter")
        button = page.get_by_role("button", name="30 come in")
        expect(button).to_be_in_viewport()
