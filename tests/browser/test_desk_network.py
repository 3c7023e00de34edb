"""A desk without network: what was counted and photographed stays, and is sent when somebody sends it again."""

from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from app.accounts.enums import Role
from app.boxes.queries import list_files
from app.core.db import db
from app.loans.enums import LoanState
from app.loans.queries import get_loan
from tests.browser.chromium import axe_report
from tests.browser.test_door import PHONE, serving
from tests.factories import PASSWORD, make_member
from tests.integration.loans.test_desk_counts import LOANS, agreed, at
from tests.integration.loans.world import make_world

pytestmark = pytest.mark.browser


def test_a_count_stays_on_the_page_until_it_is_sent(sqlite_app: Flask, chromium: Browser, tmp_path: Path) -> None:
    world = make_world(boxes=1)
    loan = agreed(world)
    _account, email = make_member(world.organiser_id, Role.OWNER)
    here, code = f"{LOANS}/{loan.reference}", loan.box_codes[0]
    db.session.remove()
    with serving(sqlite_app) as url, chromium.new_context(base_url=url, locale="en-GB", viewport=PHONE) as context:
        page = context.new_page()
        page.goto("/login")
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(lambda address: "/login" not in address)
        for moment, days, said in (
            ("hand-over", "2027-02-01 am", "is handed over."),
            ("return", "2027-02-03 pm", "is back."),
            ("check", "2027-02-04 am", "is checked."),
        ):
            at(sqlite_app, days)
            page.goto(f"{here}/boxes/{code}/{moment}")
            page.get_by_role("button", name="Everything is there").click()
            if moment == "hand-over":
                chosen(page, tmp_path)
            kept = filled(page)
            context.set_offline(True)
            for _press in range(2):  # the button works again
                sent(page)
                expect(page.get_by_text("No network: nothing is lost")).to_be_visible()
            assert filled(page) == kept
            if moment == "hand-over":
                assert axe_report(page) == ""
            context.set_offline(False)
            if moment == "hand-over":
                troubled(page, kept)
                corrected(page, tmp_path)
            sent(page)
            expect(page.get_by_text(f"{code} {said}")).to_be_visible()
    assert get_loan(loan.id).state is LoanState.CLOSED
    assert [file.name for file in list_files(box_id=loan.loan_boxes[0].box_id)] == ["lid.jpg"]


def sent(page: Page) -> None:
    page.locator(".box-count .actions button").click()


def filled(page: Page) -> object:
    """All that would be sent, photos by name and size."""
    return page.evaluate(
        """() => [...new FormData(document.querySelector(".box-count"))].map(([name, value]) =>
            [name, value instanceof File ? `${value.name} ${value.size}` : value])"""
    )


def chosen(page: Page, folder: Path) -> None:
    """What is no photo in a format that is taken is refused at once, by name; the others stay."""
    lid, small = folder / "lid.png", folder / "dot.gif"
    Image.effect_noise((400, 300), 80).save(lid)
    Image.new("P", (2, 2)).save(small)
    (folder / "lock.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(400))
    (folder / "bill.jpg").write_bytes(b"%PDF-1.7\n" + bytes(400))
    names = page.locator("[data-photos-list] li > span")
    page.locator("#photos").set_input_files([lid, folder / "lock.heic"])
    expect(page.get_by_text("lock.heic is not taken")).to_be_visible()
    expect(names).to_have_text(["lid.png"])
    page.locator("#photos").set_input_files([folder / "bill.jpg", small])
    expect(page.get_by_text("bill.jpg is not taken")).to_be_visible()
    expect(page.get_by_text("lock.heic is not taken")).to_have_count(0)
    expect(names).to_have_text(["lid.png", "dot.gif"])
    types = page.locator("#photos").evaluate("input => [...input.files].map((file) => file.type)")
    assert types == ["image/jpeg", "image/jpeg"]  # a GIF is drawn anew, however small: the server takes none
    page.get_by_role("button", name="Take away dot.gif").click()
    expect(names).to_have_text(["lid.png"])


def troubled(page: Page, kept: object) -> None:
    """The server stumbles: as without network."""
    page.route("**/hand-over", lambda route: route.fulfill(status=503, body="busy"))
    sent(page)
    expect(page.get_by_text("The server does not answer as it should")).to_be_visible()
    page.unroute("**/hand-over")
    assert filled(page) == kept


def corrected(page: Page, folder: Path) -> None:
    """What the server refuses stands at its field, as on a page that was sent without a script."""
    name = page.locator("[name=given_to]")
    name.fill("")
    sent(page)
    expect(page.locator(".error-summary")).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Choose the photos again").last).to_be_visible()
    expect(page.locator("[data-count-line] :checked")).to_have_count(2)
    name.fill("Manon Lambert")
    page.locator("#photos").set_input_files(folder / "lid.png")
    expect(page.locator("[data-photos-list] li")).to_have_count(1)
