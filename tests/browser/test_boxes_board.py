"""The planning board in a browser: a loan is moved with mouse, keys and a finger, exchanged, refused in words, printed."""

import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from app.accounts.enums import Role
from app.boxes.enums import OutReason
from app.boxes.operations.boxes import put_out_of_service
from app.core import clock
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.loans.queries import get_loan
from tests.browser.chromium import axe_report, follow
from tests.browser.test_door import serving
from tests.browser.test_structures import look
from tests.factories import NOW, PASSWORD, make_member
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.integration.recovery.world import break_box

pytestmark = pytest.mark.browser
WEEK = "from=2027-02-01"


def test_loans_move_on_the_board(sqlite_app: Flask, chromium: Browser) -> None:
    set_clock(sqlite_app.extensions, NOW)
    world = make_world(4, asks_accreditation=False)
    one, other = world.enter(), world.enter("2027-02-02 pm", "2027-02-04 am")
    codes = [get_loan(made.id).box_codes[0] for made in (one, other)]
    free, broken = [world.code(box) for box in world.box_ids if world.code(box) not in codes]
    with transaction():
        put_out_of_service(
            next(box for box in world.box_ids if world.code(box) == broken), OutReason.BROKEN, until=None, note="",
            organiser_id=world.organiser_id, today=(clock.now() - timedelta(days=1)).date(), by=STAFF, now=NOW,
        )  # fmt: skip
    _, owner = make_member(world.organiser_id, Role.OWNER)
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(locale="fr-FR") as context:
        page = board(context, url, owner)
        look(page)
        by_mouse(page, codes, free, broken)
        by_keys(page, codes, free)
        without_script(page, url, world, one.id)
        on_paper(page, url)


def test_a_finger_scrolls_and_moves_loans(sqlite_app: Flask, chromium: Browser) -> None:
    set_clock(sqlite_app.extensions, NOW)
    world = make_world(3, asks_accreditation=False)
    one, other = world.enter(), world.enter("2027-02-02 pm", "2027-02-04 am")
    codes = [get_loan(made.id).box_codes[0] for made in (one, other)]
    free, reference = world.code(world.box_ids[2]), get_loan(one.id).reference
    break_box(world, next(box for box in world.box_ids if world.code(box) == codes[1]))
    _, owner = make_member(world.organiser_id, Role.OWNER)
    db.session.remove()
    phone: dict[str, Any] = {"has_touch": True, "is_mobile": True, "viewport": ViewportSize(width=390, height=844)}
    with serving(sqlite_app) as url, chromium.new_context(locale="en-GB", **phone) as context:
        page = board(context, url, owner)
        assert page.get_by_text("1 loan or event cannot have its box").count() == 1
        for code in (*codes, free):  # in the first screen, though the notice stands above
            expect(page.locator(f'tr[data-code="{code}"] th')).to_be_in_viewport(ratio=1)
        filters = page.locator("#board-filters")
        expect(filters).to_be_hidden()
        page.get_by_role("button", name="Filters").tap()
        expect(filters).to_be_visible()
        assert axe_report(page) == ""
        page.get_by_role("button", name="Close").tap()
        expect(filters).to_be_hidden()
        by_finger(page, Finger(context, page), codes[0], free, reference)


def board(context: BrowserContext, url: str, mail: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/login?next=/manage/boxes?{WEEK}")
    page.locator("[name=email]").fill(mail)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/manage/boxes*")
    page.goto(f"{url}/manage/boxes?{WEEK}")
    return page


class Finger:
    """One finger on a page. Places are pixels of what is seen."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._browser, self._at = context.new_cdp_session(page), (0.0, 0.0)

    def down(self, x: float, y: float) -> None:
        self._at = x, y
        self._send("touchStart", self._at)

    def to(self, x: float, y: float) -> None:
        (left, top), steps = self._at, 5
        for n in range(1, steps + 1):
            self._send("touchMove", (left + (x - left) * n / steps, top + (y - top) * n / steps))
        self._at = x, y

    def up(self) -> None:
        self._send("touchEnd")

    def _send(self, kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        self._browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def middle(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def by_finger(page: Page, finger: Finger, code: str, free: str, reference: str) -> None:
    """It scrolls at once; having rested it drags; lifted, the next touch puts the loan there, or leaves it."""
    says, question = page.locator("[data-board-says]"), page.locator("[data-board-ask]")
    lifted, row = page.locator(".bar-lifted"), page.locator(f'tr[data-code="{free}"]')
    scroll, (x, y) = page.locator("[data-board]"), middle(bar(page, code))
    scroll.evaluate("(found) => { found.onscrollend = () => { found.dataset.scrolled = found.scrollLeft > 50; }; }")
    finger.down(x, y)
    finger.to(x - 150, y)
    finger.up()
    expect(scroll).to_have_attribute("data-scrolled", "true")
    expect(lifted).to_have_count(0)
    scroll.evaluate("(found) => found.scrollTo(0, 0)")

    finger.down(x, y)
    expect(says).to_contain_text("In hand: touch where it is to go, or drag it there.")
    finger.to(x, middle(row)[1])
    expect(says).to_have_text(f"{free}, free.")
    finger.up()
    expect(question).to_contain_text(f"gets {free} instead of {code}")
    assert axe_report(page) == ""
    question.get_by_role("link", name="Change nothing").tap()
    expect(question).to_be_hidden()
    expect(lifted).to_have_count(0)

    finger.down(x, y)
    expect(lifted).to_have_count(1)
    finger.up()
    expect(says).to_contain_text("In hand:")
    page.get_by_role("button", name="Let go of it").tap()
    expect(lifted).to_have_count(0)
    finger.down(x, y)
    expect(lifted).to_have_count(1)
    finger.up()
    scroll.evaluate("(found) => found.scrollTo(200, 0)")
    page.touchscreen.tap(x, y)  # behind its own end now: other dates
    expect(question).to_contain_text("Instead of: from Monday 1 February")
    question.get_by_role("link", name="Change nothing").tap()
    expect(lifted).to_have_count(0)
    scroll.evaluate("(found) => found.scrollTo(0, 0)")
    finger.down(x, y)
    expect(lifted).to_have_count(1)
    finger.up()
    page.touchscreen.tap(*middle(row.locator("th")))
    question.get_by_role("button", name="Give this box").tap()
    expect(bar(page, free)).to_have_attribute("data-move", reference)
    bar(page, free).tap()  # a touch that does not rest opens the loan
    page.wait_for_url(f"**/manage/boxes/loans/{reference}")


def bar(page: Page, code: str) -> Locator:
    return page.locator(f'tr[data-code="{code}"] [data-move]')


def drag(page: Page, code: str, onto: Locator, *, days: int = 0) -> None:
    """A loan's bar onto a row, or so many days along its own."""
    begin, end = bar(page, code).bounding_box(), onto.bounding_box()
    assert begin is not None
    assert end is not None
    column = page.locator("th[data-n]").first.bounding_box()
    assert column is not None
    x, y = begin["x"] + 12, begin["y"] + begin["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2 * days * column["width"] + 8, end["y"] + end["height"] / 2, steps=4)
    page.mouse.move(x + 2 * days * column["width"], end["y"] + end["height"] / 2)


def by_mouse(page: Page, codes: list[str], free: str, broken: str) -> None:
    """Onto a free box, then undone; onto the other loan's; onto a broken one; along the days."""
    says, question = page.locator("[data-board-says]"), page.locator("[data-board-ask]")
    drag(page, codes[0], page.locator(f'tr[data-code="{free}"]'))
    expect(says).to_have_text(f"{free}, libre.")
    page.mouse.up()
    expect(question).to_contain_text(f"reçoit {free} au lieu de {codes[0]}")
    look(page)
    question.get_by_role("button", name="Donner cette boîte").click()
    expect(bar(page, free)).to_be_visible()
    page.get_by_role("button", name="Annuler").click()
    expect(bar(page, codes[0])).to_be_visible()
    expect(page.get_by_text("Tout est comme avant.")).to_be_visible()
    was = bar(page, codes[1]).get_attribute("data-move")
    drag(page, codes[0], page.locator(f'tr[data-code="{codes[1]}"]'))
    page.mouse.up()
    expect(question).to_contain_text(f"Échanger {codes[0]} et {codes[1]}")
    question.get_by_role("button", name="Échanger").click()
    expect(bar(page, codes[0])).to_have_attribute("data-move", was or "")
    drag(page, codes[0], page.locator(f'tr[data-code="{broken}"]'))
    page.mouse.up()
    expect(question).to_contain_text("Ce n’est pas possible")
    expect(question).to_contain_text(f"{broken} est hors service")
    question.get_by_role("link", name="Ne rien changer").click()
    expect(question).to_be_hidden()
    drag(page, codes[0], page.locator(f'tr[data-code="{codes[0]}"]'), days=1)
    page.mouse.up()
    expect(question).to_contain_text(
        re.compile("du mercredi 3 février, .*après-midi,? au vendredi 5 février 2027, .*matin")
    )
    page.keyboard.press("Escape")
    expect(bar(page, codes[0])).to_be_focused()


def by_keys(page: Page, codes: list[str], free: str) -> None:
    says, question = page.locator("[data-board-says]"), page.locator("[data-board-ask]")
    bar(page, codes[0]).press("Space")
    expect(says).to_contain_text("les flèches le déplacent")
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text(re.compile("^À partir de.*mercredi 3 février, .*matin\\."))
    page.keyboard.press("Escape")
    expect(says).to_have_text("Laissé où il était.")
    page.keyboard.press("Space")
    rows = [row.get_attribute("data-code") for row in page.locator("tr[data-code]").all()]
    for _ in range(rows.index(free) - rows.index(codes[0])):
        page.keyboard.press("ArrowDown")
    expect(says).to_have_text(f"{free}, libre.")
    page.keyboard.press("Enter")
    expect(question).to_contain_text(f"reçoit {free} au lieu de {codes[0]}")
    question.get_by_role("button", name="Donner cette boîte").press("Enter")
    expect(bar(page, free)).to_be_visible()


def without_script(page: Page, url: str, world: LoanWorld, loan_id: int) -> None:
    """From the loan's page, with nothing but links and forms."""
    loan = get_loan(loan_id)
    db.session.remove()
    page.goto(f"{url}/manage/boxes/loans/{loan.reference}")
    page.get_by_role("link", name="Déplacer sur le planning").click()
    expect(page.get_by_text("Rien ne change avant que vous ayez lu")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Celle-ci").first.click()
    expect(page.get_by_role("heading", name="au lieu de")).to_be_visible()
    look(page)
    page.get_by_role("link", name="Ne rien changer").click()
    expect(page.locator(f"[data-move='{loan.reference}']")).to_be_visible()


def on_paper(page: Page, url: str) -> None:
    page.goto(f"{url}/manage/boxes?{WEEK}")
    follow(page, page.get_by_role("link", name="Imprimer le mois"))
    look(page)
    page.emulate_media(media="print")
    expect(page.locator(".day-number")).to_have_count(28)
    expect(page.get_by_text("Fermé : week-end")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator("header, nav, .page-head-actions").filter(visible=True)).to_have_count(0)
    paper = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    assert [[round(side / 72 * 25.4) for side in sheet.get_size()] for sheet in paper] == [[297, 210]]
    page.evaluate(MANY_BOXES)
    assert len(pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))) == 1


# As many boxes as fill a sheet, every third with a badge below its code, and the days that are closed named above.
MANY_BOXES = """() => {
  const [table, head] = [document.querySelector(".board"), document.querySelector(".board-paper-head")];
  const [group, line] = ["tr.board-group", "tr:not(.board-group)"].map((rows) => table.tBodies[0].querySelector(rows));
  line.querySelector(".board-box a").textContent = "SANTE-1-A";
  line.querySelector(".board-box").insertAdjacentHTML("beforeend", "<span class=badge>Out of service</span>");
  const plain = line.cloneNode(true);
  plain.querySelector(".badge").remove();
  [...table.tBodies].forEach((body) => body.remove());
  for (let n = 0; n < 6; n += 1) {
    const body = table.createTBody();
    body.append(...[group, line, plain, plain].map((row) => row.cloneNode(true)));
  }
  if (!head.querySelector(".board-closed-days")) {
    head.insertAdjacentHTML("beforeend", "<p class=board-closed-days>Sun 1: All Saints’ Day</p>");
  }
}"""
