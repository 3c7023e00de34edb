"""The scanning app's engine in a browser, without its screens: what tests of it share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import select

from app.checkin.devices.operations import make_code
from app.checkin.enums import DeviceMode
from app.checkin.models import Scan
from app.checkin.queries import get_occupancy
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.transaction import transaction
from app.events.queries import EventRow, get_event
from app.registrations.drafts import Contact
from app.registrations.operations import Registered
from tests.browser.test_door import serving
from tests.factories import make_event, make_organiser, make_registration, person_draft

OPEN = """async () => {
  const { DoorApp } = await import("/static/js/door/app/device.js");
  window.told = [];
  window.door = new DoorApp({ locale: "en" });
  for (const type of ["correction", "storage", "revoked", "over"]) {
    door.addEventListener(type, ({ detail }) => told.push(detail ? [type, detail] : [type]));
  }
  await door.open();
}"""
ENROL = """async ([code, checkpoint]) => {
  await door.enrol(code, "Phone of Yasmina");
  await door.choose(checkpoint || door.places[0].id, "in");
}"""
SCAN = """async (codes) => {
  const answers = [];
  for (const code of codes) answers.push((await door.scan(code)).answer);
  return answers;
}"""

WAIT = """() => new Promise((done, failed) => {
  const look = () => { if (CONDITION) done(); };
  door.addEventListener("change", look);
  window.setTimeout(() => failed(new Error(`still not: CONDITION (${door.state}, ${door.kept} kept)`)), 20000);
  look();
})"""
INSTALLED = """async () => {
  await door.shell;
  const { installing, waiting, active } = await navigator.serviceWorker.getRegistration("/door");
  const worker = installing || waiting || active;
  if (worker.state === "activated") return;
  await new Promise((done, failed) => worker.addEventListener("statechange", () => {
    if (worker.state === "activated") done();
    if (worker.state === "redundant") failed(new Error("not installed"));
  }));
}"""


@dataclass
class Hall:
    """A published forum with a class of 28 + 2 and ten visitors, and the address of the server that runs for it."""

    app: Flask
    url: str
    event: EventRow
    class_: Registered
    visitors: list[Registered]

    def code(self, mode: DeviceMode = DeviceMode.DOOR) -> str:
        with self.app.app_context(), transaction():
            return make_code(get_event(self.event.slug), [], mode, by=SYSTEM, now=clock.now())

    def scans(self) -> dict[str, Any]:
        """What the server stored, by the UUIDs of the phone."""
        with self.app.app_context():
            rows = db.session.execute(select(Scan).order_by(Scan.id)).scalars().all()
            assert len({row.scan_id for row in rows}) == len(rows)
            return {row.scan_id: row for row in rows}

    @property
    def present(self) -> int:
        with self.app.app_context():
            return get_occupancy(self.event, now=clock.now()).present

    def page(self, context: BrowserContext) -> Page:
        """A bare page of this origin in which the engine is open."""
        page = context.new_page()
        page.goto(f"{self.url}/healthz")
        page.evaluate(OPEN)
        return page

    def reopened(self, context: BrowserContext) -> Page:
        """The app's own page, as the phone keeps it, in which the engine is open."""
        page = context.new_page()
        page.goto(f"{self.url}/door")
        page.evaluate(OPEN)
        return page

    def enrolled(self, context: BrowserContext) -> Page:
        page = self.page(context)
        page.evaluate(ENROL, [self.code(), None])
        assert page.evaluate("door.tickets") == 11
        return page

    def everybody(self) -> list[str]:
        return [self.class_.ticket_code, *(visitor.ticket_code for visitor in self.visitors)]


@contextmanager
def running_hall(app: Flask) -> Iterator[Hall]:
    event = make_event(make_organiser())
    class_ = make_registration(event)
    visitors = [
        make_registration(event, person_draft(event, contact=Contact(f"Visiteuse {n}", f"v{n}@example.org")))
        for n in range(10)
    ]
    db.session.remove()
    with serving(app) as url:
        yield Hall(app, url, event, class_, visitors)


def wait_for(page: Page, condition: str) -> None:
    """Waits until it holds of the `door`, which says when anything of it changes."""
    page.evaluate(WAIT.replace("CONDITION", condition))


def sent(page: Page) -> None:
    """Waits until the server has acknowledged everything."""
    wait_for(page, "door.kept === 0 && door.online")


def installed(page: Page) -> None:
    """Waits until the phone keeps the app's files."""
    page.evaluate(INSTALLED)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
