"""What the desk is asked or told once: more than a box should hold, an agreement not accepted, a closure over promised loans."""

from datetime import date

from flask import Flask

from app.boxes.queries import get_box, list_contents
from app.core.transaction import transaction
from app.loans.enums import CountMoment, LoanMove, LoanState
from app.loans.operations import change_dates, move_loan
from app.loans.queries import LoanRow, get_loan, list_counts
from app.resources.settings import list_closures
from tests.factories import NOW
from tests.integration.loans.test_desk import counted
from tests.integration.loans.test_desk_counts import BOTH, LOANS, agreed, at, desk, out
from tests.integration.loans.test_desk_twice import english, told
from tests.integration.loans.world import STAFF, make_world, period

CLOSURES = "/manage/boxes/closures"


def padlocks(loan: LoanRow, moment: CountMoment) -> list[int]:
    return [count.counted for count in list_counts(loan.id) if count.moment is moment and count.name == "Cadenas"]


def test_more_than_a_box_should_hold_is_asked_about_once(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    client, loan = english(desk(whole_app, world)), agreed(world)
    lock = list_contents(get_box(world.organiser_id, loan.box_codes[0]))[0]
    page = f"{LOANS}/{loan.reference}/boxes/{loan.box_codes[0]}"
    sure, asked = f"sure-i{lock.item_id}", "{} of 4: is that right?"
    at(whole_app, "2027-02-01 am")
    sent = BOTH | counted(loan, Cadenas="99") | {"note": "Neuf."}
    for more in ({}, {sure: "9"}):  # another number was agreed to
        answer = client.post(f"{page}/hand-over", data=sent | more)
        assert answer.status_code == 422
        assert asked.format(99) in answer.text
        assert "Of 1 thing there are more than expected" in answer.text
        assert f'name="{sure}" value="99"' in answer.text
        assert "Neuf." in answer.text
        assert get_loan(loan.id).state is LoanState.AGREED
    assert "is handed over." in told(client, f"{page}/hand-over", sent | {sure: "99"})
    at(whole_app, "2027-02-03 pm")
    assert asked.format(5) in client.post(f"{page}/return", data=BOTH | counted(loan, Cadenas="5")).text
    assert "is back." in told(client, f"{page}/return", BOTH | counted(loan, Cadenas="99"))  # as the last count says
    check = {"condition": "ready"} | counted(loan, Cadenas="7")
    assert asked.format(7) in client.post(f"{page}/check", data=check).text
    assert "is checked." in told(client, f"{page}/check", check | {sure: "7"})
    assert [padlocks(loan, moment) for moment in CountMoment] == [[99], [99], [7]]


def test_a_hand_over_that_may_not_be_says_so_before_anything_is_counted_and_keeps_what_was(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    client, made = english(desk(whole_app, world)), world.ask()
    with transaction():
        move_loan(made.id, LoanMove.APPROVE, by=STAFF, now=NOW)
    loan = get_loan(made.id)
    page = f"{LOANS}/{loan.reference}/boxes/{loan.box_codes[0]}/hand-over"
    shown = client.get(page).text
    assert "The agreement is to be accepted first" in shown
    assert f'href="{LOANS}/{loan.reference}#agreement"' in shown
    assert "box-count" not in shown
    signed = agreed(world, "2027-02-08 am", "2027-02-10 pm")
    page = f"{LOANS}/{signed.reference}/boxes/{signed.box_codes[0]}/hand-over"
    assert "box-count" in client.get(page).text
    with transaction():
        change_dates(signed.id, period("2027-02-09 am", "2027-02-11 pm"), by=STAFF, now=NOW)
    answer = client.post(page, data=BOTH | counted(signed, Cadenas="3") | {"note": "Mallette rayée."})
    assert answer.status_code == 422
    for kept in (
        "The agreement is to be accepted first", "What you counted stays here", 'value="3"', "Mallette rayée.",
        "Manon Lambert",
    ):  # fmt: skip
        assert kept in answer.text
    assert get_loan(signed.id).state is LoanState.APPROVED
    assert list_counts(signed.id) == []


def test_a_closure_over_promised_loans_names_them_and_is_kept_all_the_same(whole_app: Flask) -> None:
    world = make_world(boxes=3)
    client, goes, comes = (
        english(desk(whole_app, world)),
        agreed(world),
        agreed(world, "2027-01-27 am", "2027-02-01 pm"),
    )
    over, away = agreed(world, "2027-01-20 am", "2027-02-08 pm"), "2027-02-01"  # neither end lies in it
    closure = {"starts_on": away, "ends_on": "2027-02-02", "label": "Inventaire"}
    answer = client.post(CLOSURES, data=closure)
    assert answer.status_code == 422
    assert "2 promised loans go out or come back on these days" in answer.text
    assert all(f"{LOANS}/{loan.reference}/dates" in answer.text for loan in (goes, comes))
    assert over.reference not in answer.text
    assert list_closures(world.organiser_id) == []
    sure = {"even_promised": "y", "asked": "2027-02-01/2027-02-02"}
    other_days = {**closure, **sure, "ends_on": "2027-02-03"}
    assert client.post(CLOSURES, data=other_days).status_code == 422  # other days than those that were asked about
    kept = told(client, CLOSURES, closure | sure)
    assert f"({goes.reference})" in kept
    assert [(c.starts_on, c.ends_on) for c in list_closures(world.organiser_id)] == [
        (date(2027, 2, 1), date(2027, 2, 2))
    ]
    for loan, is_met in ((goes, True), (comes, True), (over, False)):
        for path in ("", "/dates"):
            shown = client.get(f"{LOANS}/{loan.reference}{path}").text
            assert ("Monday 1 February: Inventaire" in shown) is is_met
    out(comes, at(whole_app, "2027-01-27 am"))
    returns = client.get("/manage/boxes/returns").text
    assert returns.count("closed by now: Inventaire") == 2
    inside = client.post(
        CLOSURES, data={**closure, **sure, "starts_on": "2027-02-02", "asked": "2027-02-02/2027-02-02"}
    )
    assert "Another closure has all these days already." in inside.text
    row = list_closures(world.organiser_id)[0]
    assert "The closure is removed." in told(client, f"{CLOSURES}/{row.id}/removal", {})
    assert "This closure was removed already." in told(client, f"{CLOSURES}/{row.id}/removal", {})
    assert "Inventaire" not in client.get(f"{LOANS}/{goes.reference}").text
