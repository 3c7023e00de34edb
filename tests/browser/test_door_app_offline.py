"""After one visit the scanning app starts without network, and a list of 20,000 tickets answers at once."""

import json
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from app.core import clock
from app.core.clock import set_clock
from tests.browser.door_engine import ENROL, OPEN, SCAN, Hall, installed, running_hall, sent
from tests.factories import DAY_ONE

pytestmark = pytest.mark.browser

TICKETS = 20_000
TIMED = """async (codes) => {
  const times = [];
  for (const code of codes) {
    const begun = performance.now();
    await door.look(code);
    const { answer } = await door.scan(code);
    times.push(performance.now() - begun);
    if (answer.result !== "accepted") throw new Error(JSON.stringify(answer));
  }
  return times.sort((a, b) => a - b);
}"""


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    with running_hall(sqlite_app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(locale="en-GB") as opened:
        yield opened


def test_after_one_visit_it_starts_and_scans_without_network(hall: Hall, context: BrowserContext) -> None:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(f"{hall.url}/door?lang=en")
    page.wait_for_selector("html[data-door=live]")
    page.evaluate(OPEN)
    page.evaluate(ENROL, [hall.code(), None])
    installed(page)
    context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-door=live]")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.evaluate(OPEN)
    answers = page.evaluate(SCAN, hall.everybody())
    assert {answer["result"] for answer in answers} == {"accepted"}
    other = context.new_page()
    other.goto(f"{hall.url}/door?lang=fr")
    assert other.evaluate("document.documentElement.lang") == "fr"
    other.close()
    page.reload()
    page.evaluate(OPEN)
    assert page.evaluate("[door.kept, door.present]") == [11, 40]
    context.set_offline(False)
    sent(page)
    assert hall.present == 40
    assert len(hall.scans()) == 11
    assert problems == []


def test_only_the_app_is_kept_never_what_the_server_says_of_people(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    installed(page)
    kept = page.evaluate(
        """async () => {
          const found = [];
          for (const name of await caches.keys()) {
            for (const request of await (await caches.open(name)).keys()) {
              const { pathname } = new URL(request.url);
              found.push(pathname);
            }
          }
          return [...new Set(found)];
        }"""
    )
    assert "/door" in kept
    assert {path for path in kept if not path.startswith(("/static/", "/look/"))} == {"/door", "/door/language"}
    context.set_offline(True)
    app = context.new_page()
    app.goto(f"{hall.url}/door")
    assert app.evaluate("fetch('/door/api/setup').then(() => 'answered', () => 'no network')") == "no network"
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        app.goto(f"{hall.url}/door/events")


def test_a_newer_app_replaces_what_was_kept(
    hall: Hall, context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = hall.enrolled(context)
    installed(page)
    names = "caches.keys().then((names) => names.filter((name) => !name.endsWith('choice')))"
    (before,) = page.evaluate(names)

    module = import_module("app.web.door.shell")  # whose name its blueprint's hides
    monkeypatch.setattr(module, "_state", lambda address: f"newer {address}")
    page.evaluate(
        """async () => {
          const found = await navigator.serviceWorker.getRegistration("/door");
          const next = new Promise((done) => found.addEventListener("updatefound", () => done(found.installing)));
          await found.update();
          const worker = await next;
          await new Promise((done) => {
            const look = () => { if (worker.state === "activated") done(); };
            worker.addEventListener("statechange", look);
            look();
          });
        }"""
    )
    (after,) = page.evaluate(names)
    assert after != before


def a_code(n: int) -> str:
    return f"{n:026d}"


def long_list(hall: Hall) -> dict[str, Any]:
    """A list of 20,000 tickets of the hall's event, as the server would tell it."""
    wave = hall.event.waves[0].id
    rows = [
        [
            sha256(a_code(n).encode()).hexdigest()[:32], f"VT-{n:04d}-{n % 97:02d}", f"Visiteuse {n} Lambœuf · Lycée {n % 400}",
            "school", "confirmed", "main", n, 1 + n % 3, n % 2, [wave], [0, 0], [0, 0], 0, 0, 0, [],
        ]
        for n in range(1, TICKETS + 1)
    ]  # fmt: skip
    spaces = [[space.id, 0] for space in hall.event.spaces]
    now = clock.now().isoformat()
    return {"cursor": "1:1:1:1:0", "now": now, "full": True, "tickets": rows, "present": 0, "spaces": spaces}


def test_twenty_thousand_tickets_answer_at_once(hall: Hall, context: BrowserContext) -> None:
    set_clock(hall.app.extensions, DAY_ONE)
    with hall.app.app_context():
        body = json.dumps(long_list(hall))
    context.route("**/door/api/list*", lambda route: route.fulfill(content_type="application/json", body=body))
    page = hall.page(context)
    page.evaluate(ENROL, [hall.code(), None])
    assert page.evaluate("door.tickets") == TICKETS
    context.set_offline(True)
    times = page.evaluate(TIMED, [a_code(n) for n in range(100, 150)])
    assert times[len(times) // 2] < 50
    assert (
        page.evaluate("{ const begun = performance.now(); door.search('lycee 17'); performance.now() - begun }") < 500
    )
    assert len(page.evaluate("door.search('lamboeuf 1234')")) >= 1
    page.close()
    context.set_offline(False)
    context.unroute("**/door/api/list*")
    context.route("**/door/api/**", lambda route: route.abort())
    again = context.new_page()
    again.goto(f"{hall.url}/healthz")
    begun = "(async () => { const begun = performance.now(); await opened(); return performance.now() - begun; })()"
    again.evaluate(f"window.opened = {OPEN}")
    assert again.evaluate(begun) < 2_000
    assert again.evaluate("[door.tickets, door.kept]") == [TICKETS, 50]
    assert again.evaluate(SCAN, [a_code(100)])[0]["result"] == "duplicate"
