"""The desk with a box in its hands: where a label leads, what is asked before anything is dropped, photos, what waits."""

import io
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition
from app.boxes.queries import get_box, get_box_by_id, list_files
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, CountMoment, LoanState
from app.loans.operations import agree_loan, check_box, hand_over, take_back
from app.loans.photos import list_damage_photos
from app.loans.queries import LoanRow, get_loan
from app.reports.queries.box_board import box_board
from app.resources.calendars import lending_zone
from tests.factories import NOW, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.test_desk import counted
from tests.integration.loans.world import STAFF, LoanWorld, half, make_world

LOANS = "/manage/boxes/loans"
BOTH: dict[str, Any] = {"given_by": "Inès Roux", "given_to": "Manon Lambert"}


def at(app: Flask, text: str) -> datetime:
    """The beginning of a half-day, which it is from now on."""
    moment = half(text).starts_at(lending_zone())
    set_clock(app.extensions, moment)
    return moment


def desk(app: Flask, world: LoanWorld, role: Role = Role.MANAGER) -> FlaskClient:
    set_clock(app.extensions, NOW)
    return sign_in_as(app, make_member(world.organiser_id, role)[0])


def agreed(world: LoanWorld, *days: str, boxes: int = 1) -> LoanRow:
    made = world.enter(*days, boxes=boxes)
    with transaction():
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
    return get_loan(made.id)


def out(loan: LoanRow, now: datetime, which: int = 0) -> None:
    with transaction():
        hand_over(loan.id, loan.loan_boxes[which].box_id, **BOTH, by=STAFF, now=now)


def back(loan: LoanRow, now: datetime, *, keep_rest: bool = False) -> None:
    with transaction():
        take_back(loan.id, loan.loan_boxes[0].box_id, **BOTH, keep_rest=keep_rest, by=STAFF, now=now)


def picture(name: str, width: int = 8, height: int = 6) -> tuple[io.BytesIO, str]:
    content = io.BytesIO()
    Image.new("1", (width, height)).save(content, "PNG")
    content.seek(0)
    return content, name


def test_a_label_leads_to_what_is_to_be_done_now(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    client, viewer = desk(whole_app, world), desk(whole_app, world, Role.VIEWER)
    door = desk(whole_app, world, Role.DOOR)
    loan = agreed(world)
    code, box = loan.box_codes[0], loan.loan_boxes[0]
    label, page = f"/b/{get_box(world.organiser_id, code).label}", f"{LOANS}/{loan.reference}/boxes/{code}"

    def led(who: FlaskClient = client) -> str:
        return who.get(label).headers["Location"]

    assert led() == f"/manage/boxes/all/{code}"  # three weeks ahead: nothing is due
    now = at(whole_app, "2027-01-29 am")
    assert led() == f"{page}/hand-over"
    assert client.get(f"/manage/boxes/scan?code={code.lower()}").headers["Location"] == f"{page}/hand-over"
    assert client.get(f"/manage/boxes/scan?code=http://localhost{label}").headers["Location"] == f"{page}/hand-over"
    assert client.get("/manage/boxes/scan?code=NONE").headers["Location"] == "/manage/boxes/returns"
    assert led(viewer) == f"/manage/boxes/all/{code}"
    assert led(door).startswith("/boxes/")
    assert viewer.get("/manage/boxes/scan?code=X").status_code == 403
    out(loan, now)
    assert led() == f"{page}/return"
    back(loan, at(whole_app, "2027-02-03 pm"))
    assert led() == f"{page}/check"
    assert "hand-over" not in client.get(f"/manage/boxes/all/{code}").text
    with transaction():
        found = CheckDraft(BoxCondition.INCOMPLETE)
        check_box(loan.id, box.box_id, found, by=STAFF, now=at(whole_app, "2027-02-04 am"))
    assert led() == f"/manage/boxes/all/{code}"
    verbs = [line.verb for line in list_history(f"box:{box.box_id}", limit=5)]
    assert "box.found_incomplete" in verbs  # it was never out of service: nothing is back
    assert "box.in_service" not in verbs


@pytest.mark.parametrize("choice", ["free", "keep"])
def test_a_box_nobody_came_for_is_asked_about_before_it_is_dropped(whole_app: Flask, choice: str) -> None:
    world = make_world(boxes=2)
    client, loan = desk(whole_app, world), agreed(world, boxes=2)
    first, second = loan.box_codes
    out(loan, at(whole_app, "2027-02-01 am"))
    at(whole_app, "2027-02-03 am")
    page = f"{LOANS}/{loan.reference}/boxes/{first}/return"
    data = BOTH | counted(loan)
    asked = client.post(page, data=data)
    assert asked.status_code == 422
    assert f"{second} n’a pas été remise" in asked.text
    assert get_loan(loan.id).loan_boxes[0].returned_at is None
    assert client.post(page, data=data | {"rest": choice}).status_code == 302
    found, history = get_loan(loan.id), f"loan:{loan.id}"
    if choice == "free":
        assert found.state is LoanState.RETURNED
        assert found.box_codes == (first,)
        assert ("loan.box_given_up", second) in [(n.verb, n.details.get("box")) for n in list_history(history, limit=9)]
        return
    assert found.state is LoanState.HANDED_OVER
    assert found.box_codes == (first, second)
    assert client.get(f"{LOANS}/{loan.reference}/boxes/{second}/hand-over").status_code == 200
    check = {"condition": "ready", **counted(loan)}
    assert client.post(f"{LOANS}/{loan.reference}/boxes/{first}/check", data=check).status_code == 302
    assert get_loan(loan.id).state is LoanState.HANDED_OVER  # the other one is still waited for
    at(whole_app, "2027-02-08 am")
    assert "Personne n’est venu" in client.get("/manage/boxes/returns").text
    assert f"{LOANS}/{loan.reference}/rest" in client.get(f"{LOANS}/{loan.reference}").text
    client.post(f"{LOANS}/{loan.reference}/rest")
    assert get_loan(loan.id).state is LoanState.CLOSED
    assert get_loan(loan.id).box_codes == (first,)
    client.post(f"{LOANS}/{loan.reference}/rest")  # a second press changes nothing
    assert get_loan(loan.id).state is LoanState.CLOSED


def test_nothing_is_given_up_while_a_box_is_out(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    client, loan = desk(sqlite_app, world), agreed(world, boxes=2)
    out(loan, at(sqlite_app, "2027-02-01 am"))
    client.post(f"{LOANS}/{loan.reference}/rest")
    assert get_loan(loan.id).box_codes == loan.box_codes


def test_what_stands_in_the_way_of_a_hand_over_is_said_before_anything_is_counted(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    client = desk(sqlite_app, world)
    now, later = agreed(world), agreed(world, "2027-02-08 am", "2027-02-09 pm")
    code = now.box_codes[0]
    page = f"{LOANS}/{later.reference}/boxes/{code}/hand-over"
    at(sqlite_app, "2027-02-01 am")
    first = client.get(page).text
    assert f"{code} va d’abord chez" in first
    assert "data-count-line" not in first
    out(now, at(sqlite_app, "2027-02-01 am"))
    with_somebody = client.get(page).text
    assert f"{code} est encore chez" in with_somebody
    assert f"{LOANS}/{now.reference}/boxes/{code}/return" in with_somebody
    back(now, at(sqlite_app, "2027-02-03 pm"))
    early = client.get(page).text
    assert "Ce prêt commence plus tard" in early
    assert "data-count-line" in early


def test_a_box_handed_over_early_is_out_on_the_board_from_then_on(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    client, loan = desk(sqlite_app, world), agreed(world, "2027-02-08 am", "2027-02-09 pm")
    now = at(sqlite_app, "2027-02-03 pm")
    out(loan, now)
    days = half("2027-02-01 am").date, half("2027-02-12 am").date
    (line,) = box_board(world.organiser_id, *days, now=now)
    (use,) = line.uses
    assert use.out_since == half("2027-02-03 pm").number
    board = client.get("/manage/boxes?from=2027-02-01").text
    assert board.count("bar-use bar-loan") == 1
    assert board.count("bar-buffer") <= 2  # in the legend, and after the return: none before the loan


def test_all_photos_are_kept_or_each_is_refused_by_its_name(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    client, loan = desk(whole_app, world), agreed(world)
    at(whole_app, "2027-02-01 am")
    page = f"{LOANS}/{loan.reference}/boxes/{loan.box_codes[0]}/hand-over"
    data = BOTH | counted(loan, Cadenas="3")
    many = client.post(page, data=data | {"photos": [picture(f"{n}.png") for n in range(5)]})
    assert many.status_code == 422
    assert "Vous avez choisi 5 photos" in many.text
    assert 'value="3"' in many.text
    assert "Manon Lambert" in many.text
    bad = [picture("bord.png"), (io.BytesIO(b"%PDF-"), "devis.pdf"), (io.BytesIO(b""), "vide.png")]
    told = client.post(page, data=data | {"photos": bad})
    assert told.status_code == 422
    assert "devis.pdf : Choisissez une photo" in told.text.replace("\u00a0", " ")
    assert "vide.png : Ce fichier est vide" in told.text.replace("\u00a0", " ")
    assert "bord.png" not in told.text
    assert "Choisissez de nouveau les photos" in told.text
    huge = picture("immense.png", 10_000, 6_001)
    heavy = [FileStorage(io.BytesIO(bytes(11 * 1024 * 1024)), "lourde.png"), FileStorage(*huge)]
    boundary, body = encode_multipart(data | {"photos": heavy})
    answer = client.post(page, data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 422
    for name in ("lourde", "immense"):
        assert f"{name}.png : Cette photo est trop grande" in answer.text.replace("\u00a0", " ")
    assert get_loan(loan.id).state is LoanState.AGREED
    kept = client.post(page, data=data | {"photos": [picture(f"{n}.png") for n in range(4)]})
    assert kept.status_code == 302
    files = list_files(box_id=world.box_ids[0])
    assert len(files) == 4
    damage = list_damage_photos(world.box_ids[0])
    assert {damage[file.token].moment for file in files} == {CountMoment.HAND_OVER}
    shown = client.get(f"/manage/boxes/all/{loan.box_codes[0]}").text
    assert f'href="/manage/boxes/files/{files[0].token}"' in shown
    assert loan.reference in shown


def test_everything_is_there_ticks_what_has_no_number_and_saves_nothing(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    client, loan = desk(sqlite_app, world), agreed(world)
    at(sqlite_app, "2027-02-01 am")
    page = f"{LOANS}/{loan.reference}/boxes/{loan.box_codes[0]}/hand-over"
    only_number = {k: v for k, v in counted(loan, Cadenas="3").items() if k.startswith("count-")}
    answer = client.post(page, data=BOTH | only_number | {"all_there": "1"})
    assert answer.status_code == 200
    assert answer.text.count(" checked") == 1
    assert 'value="3"' in answer.text
    assert get_loan(loan.id).state is LoanState.AGREED


def test_the_desk_lists_the_second_box_of_a_loan_and_says_that_nobody_came(sqlite_app: Flask) -> None:
    world = make_world(boxes=3)
    client = desk(sqlite_app, world)
    two, one = agreed(world, boxes=2), agreed(world)
    out(two, at(sqlite_app, "2027-02-01 am"))
    listed = client.get("/manage/boxes/returns").text
    assert f"{LOANS}/{two.reference}/boxes/{two.box_codes[1]}/hand-over" in listed
    assert "Pas encore retirée" in listed
    assert "Personne n’est venu" not in listed
    at(sqlite_app, "2027-02-15 am")
    over = client.get("/manage/boxes/returns").text
    assert f"{LOANS}/{one.reference}#moves" in over
    assert "Personne n’est venu" in over


def test_the_check_shows_what_the_return_counted(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    client, loan = desk(sqlite_app, world), agreed(world)
    out(loan, at(sqlite_app, "2027-02-01 am"))
    at(sqlite_app, "2027-02-03 pm")
    page = f"{LOANS}/{loan.reference}/boxes/{loan.box_codes[0]}"
    client.post(f"{page}/return", data=BOTH | counted(loan, Cadenas="3"))
    check = client.get(f"{page}/check").text
    assert "3 sur 4 au retour" in check
    assert "Il en manque 1" in check
    assert 'value="3"' in check
    assert get_box_by_id(world.box_ids[0], organiser_id=world.organiser_id).condition is BoxCondition.READY
