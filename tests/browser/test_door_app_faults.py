"""What goes wrong with a phone at a door: its storage, its other tabs, its server, and what ends it. No passage is lost by that."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from app.accounts.enums import Role
from app.checkin.devices.operations import revoke_device
from app.checkin.devices.queries import list_devices
from app.checkin.devices.rules import list_ends_at
from app.checkin.enums import DeviceMode
from app.core.actor import SYSTEM
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.registrations.operations import cancel_registration
from tests.browser.door_engine import OPEN, SCAN, Hall, running_hall, sent, wait_for
from tests.browser.test_door import film_of, with_camera
from tests.browser.test_door_app import NARROW, at_the_entrance, enrolled, fits, type_number, verdict, view
from tests.browser.test_door_app_engine import FULL
from tests.factories import DAY_ONE, PASSWORD, make_member

pytestmark = pytest.mark.browser

WALK_IN = """() => {
  window.walkedIn = door.walkIn({ audience: door.setup.audiences[0].code, participants: 2, name: "Famille Perrin" });
}"""
AT_THE_TOP = """() => new Promise((done) => {
  const look = () => (history.state && history.state.kiosk === 8 ? done() : requestAnimationFrame(look));
  look();
})"""
LAST = "door.queue.all[door.queue.all.length - 1]"


@pytest.fixture
def hall(sqlite_app: Flask) -> Iterator[Hall]:
    set_clock(sqlite_app.extensions, DAY_ONE + timedelta(minutes=5))
    with running_hall(sqlite_app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    with chromium.new_context(viewport=NARROW, locale="en-GB") as opened:
        yield opened


def cancel(hall: Hall, number: int) -> None:
    with hall.app.app_context():
        with transaction():
            cancel_registration(hall.visitors[number].id, by=SYSTEM, now=DAY_ONE)
        db.session.remove()


def test_changes_that_the_storage_did_not_take_are_written_with_the_next(hall: Hall, context: BrowserContext) -> None:
    context.add_init_script(FULL)
    page = hall.enrolled(context)
    page.evaluate("window.full = true")
    cancel(hall, 0)
    page.evaluate("door.send()")
    assert page.evaluate("(code) => door.look(code)", hall.visitors[0].ticket_code)["ticket"]["status"] == "cancelled"
    page.evaluate("window.full = false")
    cancel(hall, 1)
    page.evaluate("door.send()")
    page.close()
    context.set_offline(True)
    again = hall_page_offline(hall, context)
    seen = [again.evaluate("(code) => door.look(code)", visitor.ticket_code) for visitor in hall.visitors[:3]]
    assert [one["ticket"]["status"] for one in seen] == ["cancelled", "cancelled", "confirmed"]


def hall_page_offline(hall: Hall, context: BrowserContext) -> Page:
    """The engine opened anew by a phone that only gets its files."""
    context.route("**/door/api/**", lambda route: route.abort())
    context.set_offline(False)
    return hall.page(context)


def test_a_passage_that_the_server_fails_at_holds_up_no_other(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    bad = hall.visitors[3].ticket_code

    def answer(route: Route) -> None:
        if bad in (route.request.post_data or ""):
            route.fulfill(status=500, content_type="application/problem+json", body=json.dumps({"code": "failed"}))
        else:
            route.continue_()

    context.set_offline(True)
    page.evaluate(SCAN, hall.everybody())
    context.route("**/door/api/sync", answer)
    context.set_offline(False)
    wait_for(page, "door.kept === 1 && door.stuck === 1")
    assert len(hall.scans()) == 10
    context.unroute("**/door/api/sync")
    assert page.evaluate("door.send()") is True
    assert len(hall.scans()) == 11


def test_a_list_that_comes_after_the_phone_logged_out_is_not_kept(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    held: list[Route] = []
    context.route("**/door/api/list*", lambda route: held.append(route))
    cancel(hall, 0)
    with page.expect_request("**/door/api/list*"):
        page.evaluate("() => { door.sync.wake(); }")
    assert page.evaluate("door.leave()") == {"left": True}
    held[0].continue_()
    page.evaluate("door.sync.running")
    assert page.evaluate("Promise.all(['rows', 'queue'].map((name) => door.shelf.all(name)))") == [[], []]
    assert (
        page.evaluate(
            "Promise.all(['setup', 'figures', 'device', 'tokens'].map((name) => door.shelf.get('kept', name)))"
        )
        == [None] * 4
    )
    assert page.evaluate("[door.state, door.tickets]") == ["none", 0]


def test_a_walk_in_that_another_tab_sends_is_answered_where_somebody_waits(hall: Hall, context: BrowserContext) -> None:
    first, second = hall.enrolled(context), hall.page(context)
    first.evaluate("() => { door.sync.run = () => Promise.resolve(true); }")  # it is the other tab's turn
    first.evaluate(WALK_IN)
    wait_for(second, "door.kept === 1")
    second.evaluate("door.send()")
    answer = first.evaluate("walkedIn")
    assert answer["result"] == "taken"
    assert answer["label"] == "Famille Perrin"
    assert first.evaluate(f"{LAST}.item.provisional") is False


def test_two_tabs_know_how_many_are_in(hall: Hall, context: BrowserContext) -> None:
    first, second = hall.enrolled(context), hall.page(context)
    second.evaluate("() => { door.sync.stop(); door.sync.run = () => Promise.resolve(true); }")
    second.evaluate(
        "() => { window.most = 0; door.addEventListener('change', () => { most = Math.max(most, door.present); }); }"
    )
    first.evaluate(SCAN, hall.everybody())
    sent(first)
    wait_for(second, "door.kept === 0 && door.present === 40")
    assert second.evaluate("most") == 40, "what the list tells is not counted on top of it"


def test_taken_back_is_written_at_once_with_the_passage_that_it_takes_back(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate(SCAN, hall.everybody()[:1])
    writes = page.evaluate("""async () => {
      const found = [];
      const write = door.shelf.write.bind(door.shelf);
      door.shelf.write = (changes, options) => { found.push(changes.map(([, store]) => store)); return write(changes, options); };
      await door.undo(door.recent[0].id);
      return found;
    }""")
    assert [stores for stores in writes if "queue" in stores] == [["queue", "queue"]]
    again = hall_page_offline(hall, context)
    assert again.evaluate("[door.present, door.kept, door.recent.map(({ undone }) => undone)]") == [0, 2, [True]]


def test_a_connection_to_the_storage_that_was_lost_is_made_anew(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    context.set_offline(True)
    page.evaluate("door.shelf.base.close()")  # as a browser does to a phone that slept
    assert page.evaluate(SCAN, hall.everybody()[:1])[0]["result"] == "accepted"
    assert page.evaluate("[door.storage.held, door.storage.full]") == [0, False]
    assert len(page.evaluate("door.shelf.all('queue')")) == 1


def test_a_new_day_begins_with_nobody_inside_without_network_too(hall: Hall, context: BrowserContext) -> None:
    page = hall.enrolled(context)
    page.evaluate(SCAN, hall.everybody()[:2])
    sent(page)
    wait_for(page, "door.present === 31")
    context.set_offline(True)
    page.evaluate("() => { door.clock.offset += 24 * 3600 * 1000; }")
    assert page.evaluate("door.present") == 0


def test_passages_after_the_phone_was_taken_off_are_said_to_be_missing(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    context.set_offline(True)
    with hall.app.app_context():
        with transaction():
            revoke_device(list_devices(hall.event.id)[0], by=SYSTEM, now=DAY_ONE)
        db.session.remove()
    type_number(page, hall.visitors[0].reference)
    expect(verdict(page, "accepted")).to_be_visible()
    context.set_offline(False)
    expect(view(page, "stopped")).to_be_visible(timeout=20_000)
    told = page.locator("[data-stopped-uncounted]")
    expect(told).to_contain_text("1 passage does not count")
    fits(page)
    page.reload()
    expect(told).to_contain_text("Tell staff.")
    assert hall.present == 0


def test_the_event_is_over(hall: Hall, context: BrowserContext) -> None:
    page = at_the_entrance(hall, context)
    set_clock(hall.app.extensions, list_ends_at(hall.event.last_ends_at))
    page.locator("[data-sending]").click()
    page.get_by_role("button", name="Send now").click()
    expect(verdict(page, "already")).to_contain_text("The event is over")
    expect(view(page, "stopped")).to_contain_text("All its passages were sent.")
    expect(page.locator("[data-place]")).to_be_hidden()
    fits(page)
    page.evaluate(OPEN)
    assert page.evaluate("[door.state, door.tickets]") == ["over", 0]


def test_an_address_that_is_not_secure_says_so(hall: Hall, context: BrowserContext) -> None:
    context.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false });")
    page = context.new_page()
    page.goto(f"{hall.url}/door#e={hall.code()}")
    expect(view(page, "insecure")).to_contain_text("This address is not secure")
    expect(page.get_by_role("link", name="Open with my account")).to_be_visible()
    assert page.url == f"{hall.url}/door", "the secret does not stay in the address"
    fits(page)


def types_at_the_corner(page: Page, *codes: str) -> None:
    page.get_by_role("button", name="For staff: hold for three seconds").dispatch_event("pointerdown")
    expect(view(page, "kiosk-leave")).to_be_visible(timeout=10_000)
    for code in codes:
        page.get_by_label("Code of four figures").fill(code)
        page.get_by_role("button", name="Leave the kiosk").click()


def test_a_visitor_at_a_kiosk_counts_no_more_than_are_expected_and_gets_not_out(
    hall: Hall, context: BrowserContext
) -> None:
    page = enrolled(hall, context, DeviceMode.KIOSK)
    page.get_by_label("Code to leave the kiosk").fill("2468")
    page.get_by_role("button", name="Scan here").click()
    expect(view(page, "kiosk-wait")).to_be_visible()
    for step in (-1, -3):
        page.evaluate("step => history.go(step)", step)
        page.evaluate(AT_THE_TOP)
    expect(view(page, "kiosk-wait")).to_be_visible()
    assert page.url == f"{hall.url}/door"
    problem = page.locator("[data-kiosk-code-problem]")
    types_at_the_corner(page, *(f"000{code}" for code in range(5)), "2468")
    expect(problem).to_have_text("Too many wrong codes. Try again in 1 minute.")
    page.reload()  # does not help
    types_at_the_corner(page, "2468")
    expect(problem).to_have_text("Too many wrong codes. Try again in 1 minute.")
    page.evaluate("localStorage.setItem('parcours-door-kiosk-tries', '5 0')")  # the minute is over
    page.reload()
    types_at_the_corner(page, "0000")
    expect(problem).to_have_text("Too many wrong codes. Try again in 2 minutes.")


def test_a_visitor_types_more_than_their_group(hall: Hall, chromium: Browser, tmp_path: Path) -> None:
    film = film_of([f"{hall.url}/t/{hall.class_.ticket_code}"], tmp_path / "class.y4m")
    with with_camera(chromium, film) as browser, browser.new_context(viewport=NARROW, locale="en-GB") as opened:
        page = enrolled(hall, opened, DeviceMode.KIOSK)
        page.get_by_label("Code to leave the kiosk").fill("2468")
        page.get_by_role("button", name="Scan here").click()
        counts = view(page, "counts")
        expect(counts).to_be_visible()
        expect(verdict(page, "accepted")).to_contain_text("More of you? Ask at the welcome desk.")
        fits(page)
        counts.locator("input[name=participants]").fill("500")
        expect(counts.locator("input[name=participants]")).to_have_value("28")
        expect(page.get_by_role("button", name="One more: pupils of 28")).to_be_visible()
        page.get_by_role("button", name="30 come in").click()
        expect(verdict(page, "accepted")).to_contain_text("Welcome")


def test_the_page_of_phones_with_one_of_each(hall: Hall, context: BrowserContext) -> None:
    enrolled(hall, context).close()
    with hall.app.app_context():
        _, email = make_member(hall.event.organiser_id, Role.OWNER)
        db.session.remove()
    page = context.new_page()
    page.goto(f"{hall.url}/login")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)
    page.goto(f"{hall.url}/manage/events/{hall.event.slug}/devices")
    page.get_by_role("button", name="Show the code").click()
    expect(page.get_by_role("img", name="QR code that makes a phone one of this event")).to_be_visible()
    expect(page.locator(".phone-line")).to_contain_text("Computer")
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    fits(page)


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (1280, 800)])
def test_nothing_lies_under_the_buttons(hall: Hall, chromium: Browser, size: tuple[int, int]) -> None:
    with chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="fr-FR") as opened:
        page = enrolled(hall, opened)
        fits(page)
        page.get_by_role("button", name="Scanner ici").click()
        for name in ("search", "walk-in", "settings", "recent"):
            page.locator(f'[data-view="wait"] [data-open="{name}"]').click()
            expect(view(page, name)).to_be_visible()
            if name == "search":
                page.locator("#words").fill("visiteuse")
                expect(page.locator("[data-found] li")).to_have_count(10)
            fits(page)
            page.locator('[data-action="close"]:visible, [data-action="aside"]:visible').click()
        view(page, "wait").locator("#number").fill("VT7K3Q9F")
        view(page, "wait").locator("form button").click()
        expect(view(page, "unknown")).to_be_visible()
        fits(page)
