"""The scanning app with 20,000 tickets, in Chromium: how long a verdict takes on the device, and how long the app takes to open."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from app import ROOT
from app.checkin.devices.operations import make_code
from app.checkin.enums import DeviceMode
from app.core import clock
from app.core.actor import SYSTEM
from app.core.transaction import transaction
from bench.client import NotMeasurable
from bench.data import MANY, make_event, register_many
from bench.figures import Figure, at_most, middle, spread_of
from bench.in_turn import Plan
from bench.stage import Stage

VERDICT_MS, OPEN_SECONDS = 50.0, 1.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)

ENGINE = """async () => {
  const { DoorApp } = await import("/static/js/door/app/device.js");
  window.door = new DoorApp({ locale: "fr" });
  await door.open();
}"""
ENROL = """async (code) => {
  await door.enrol(code, "Téléphone de la mesure");
  await door.choose(door.places[0].id, "in");
  return door.tickets;
}"""
KEPT = "() => navigator.serviceWorker.ready.then(() => caches.keys()).then((names) => names.length)"
TIMED = """async (codes) => {
  const times = [];
  for (const code of codes) {
    const begun = performance.now();
    await door.look(code);
    const { answer } = await door.scan(code);
    times.push(performance.now() - begun);
    if (answer.result !== "accepted") throw new Error(JSON.stringify(answer));
  }
  return times;
}"""
LIVE = """new MutationObserver((_changes, watch) => {
  if (document.documentElement.dataset.door !== "live") return;
  window.live = performance.now();
  watch.disconnect();
}).observe(document, { attributes: true, subtree: true });"""


def verdict(stage: Stage, plan: Plan) -> list[Figure]:
    """Without network. A verdict: from the code that was read to the answer, once the passage is on the disk. Opening: from the
    start of the page to the moment at which it takes tickets, service worker and list read from the disk.
    """
    with stage.app.app_context():
        now = clock.now()
        event = make_event(stage.ground.organiser_id, "Forum au téléphone", now=now)
        codes = register_many(event, MANY, now=now)
        with transaction():
            secret = make_code(event, (), DeviceMode.DOOR, by=SYSTEM, now=now)
    url = "http://{}:{}".format(*stage.ours.address)
    with _phone() as phone:
        page = _enrolled(phone, url, secret)
        phone.set_offline(True)
        page.evaluate(TIMED, codes[:5])
        times = [float(each) for each in page.evaluate(TIMED, codes[5 : 55 if plan.quick else 255])]
        page.close()
        opened = [_opens(phone, url) for _ in range(4 if plan.quick else 8)][1:]
    late = sorted(times)[int(len(times) * 0.95)]
    name = f"verdict on the device, {MANY} tickets"
    return [
        at_most(f"{name}, median", middle(times), "ms", VERDICT_MS, spread_of(times)),
        at_most(f"{name}, 95 of 100", late, "ms", VERDICT_MS),
        at_most(f"app with {MANY} tickets opens offline", middle(opened), "s", OPEN_SECONDS, spread_of(opened)),
    ]


@contextmanager
def _phone() -> Iterator[BrowserContext]:
    """A browser that keeps what it is given on the disk."""
    with sync_playwright() as playwright, TemporaryDirectory(prefix="parcours-bench-phone-") as folder:
        try:
            phone = playwright.chromium.launch_persistent_context(
                folder, executable_path=_chromium(), args=list(FLAGS), locale="fr-FR"
            )
        except Error as error:
            raise NotMeasurable(f"Chromium does not start: {error.message}") from error
        try:
            yield phone
        except Error as error:
            raise NotMeasurable(error.message) from error
        finally:
            phone.close()


def _chromium() -> str:
    """Where Chromium is, as the browser tests find it."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    asked: Sequence[str] = (str(Path(ROOT) / "scripts/ensure-chromium"), "--path")
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise NotMeasurable(f"there is no Chromium: {found.stderr.strip()}")
    return found.stdout.strip()


def _enrolled(phone: BrowserContext, url: str, secret: str) -> Page:
    """A bare page in which the engine is open; the app's files and the list are on the disk."""
    page = phone.new_page()
    page.goto(f"{url}/door")
    page.evaluate(KEPT)
    page.goto(f"{url}/healthz")
    page.evaluate(ENGINE)
    tickets = page.evaluate(ENROL, secret)
    if tickets != MANY:
        raise NotMeasurable(f"the phone holds {tickets} tickets")
    return page


def _opens(phone: BrowserContext, url: str) -> float:
    page = phone.new_page()
    page.add_init_script(LIVE)
    page.goto(f"{url}/door")
    page.wait_for_selector("html[data-door=live]")
    seconds = float(page.evaluate("window.live")) / 1000
    page.close()
    return seconds
