"""How many really played: said at the return, mended until a year after the end."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition, LentKind
from app.boxes.models import Scenario
from app.core.audit import list_history
from app.core.clock import set_clock
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft
from app.loans.enums import LoanMove, LoanState
from app.loans.errors import LoanChanged
from app.loans.operations import check_box, hand_over, move_loan, take_back
from app.loans.operations.playing import count_players
from app.loans.queries import get_loan
from tests.factories import NOW, PARIS
from tests.integration.loans.test_changing import BACK, NAMES, OUT, agreed
from tests.integration.loans.test_desk import BASE, counted, desk
from tests.integration.loans.world import STAFF, make_world

AFTER_A_YEAR = datetime(2028, 2, 3, 16, 0, tzinfo=PARIS)


def out_with(world_boxes: int) -> tuple[int, list[int]]:
    """A loan of so many boxes, all handed over; its id and theirs."""
    world = make_world(boxes=world_boxes)
    loan_id = agreed(world, boxes=world_boxes)
    ids = [box.box_id for box in get_loan(loan_id).loan_boxes]
    with transaction():
        for box_id in ids:
            hand_over(loan_id, box_id, **NAMES, by=STAFF, now=OUT)
    return loan_id, ids


def back(loan_id: int, box_id: int, players: int | None) -> None:
    with transaction():
        take_back(loan_id, box_id, **NAMES, players_counted=players, by=STAFF, now=BACK)


def count(loan_id: int, players: int | None, now: datetime = BACK, revision: int | None = None) -> bool:
    with transaction():
        return count_players(loan_id, players, by=STAFF, now=now, revision=revision)


def test_players_are_counted_once_for_all_boxes_and_mended_for_a_year(whole_app: Flask) -> None:
    loan_id, (first, second) = out_with(2)
    for wrong in (-1, 10_001):
        with pytest.raises(FieldError) as caught:
            back(loan_id, first, wrong)
        assert list(caught.value.problems) == ["players_counted"]
    with pytest.raises(MoveNotAllowed):
        count(loan_id, 3)
    back(loan_id, first, 0)
    assert get_loan(loan_id).players_counted == 0
    back(loan_id, second, None)  # nothing said leaves it
    loan = get_loan(loan_id)
    assert (loan.state, loan.players_counted) == (LoanState.RETURNED, 0)
    assert count(loan_id, 10_000, revision=loan.revision)
    with pytest.raises(LoanChanged):
        count(loan_id, 7, revision=loan.revision)
    assert not count(loan_id, 10_000)
    assert list_history(f"loan:{loan_id}", limit=1)[0].details == {
        "reference": loan.reference, "before": 0, "after": 10_000
    }  # fmt: skip
    with pytest.raises(FieldError):
        count(loan_id, 10_001)


def test_the_year_after_the_end_is_the_last_in_which_it_is_mended(sqlite_app: Flask) -> None:
    loan_id, (box_id,) = out_with(1)
    back(loan_id, box_id, 9)
    with transaction():
        check_box(loan_id, box_id, CheckDraft(BoxCondition.INCOMPLETE), by=STAFF, now=BACK)
        move_loan(loan_id, LoanMove.CLOSE, by=STAFF, now=AFTER_A_YEAR.replace(year=2027))
    assert count(loan_id, None, AFTER_A_YEAR)
    assert get_loan(loan_id).players_counted is None
    with pytest.raises(MoveNotAllowed):
        count(loan_id, 9, AFTER_A_YEAR.replace(minute=1))


def test_the_desk_asks_at_the_return_and_lets_it_be_mended(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = agreed(world)
    loan = get_loan(loan_id)
    client, here, box = desk(sqlite_app, world), f"{BASE}/{loan.reference}", loan.box_codes[0]
    both = {"given_by": "Inès Roux", "given_to": "Manon Lambert"} | counted(loan)
    assert 'name="players_counted"' not in client.get(f"{here}/boxes/{box}/hand-over").text
    client.post(f"{here}/boxes/{box}/hand-over", data=both)
    assert client.get(f"{here}/players").status_code == 302
    assert 'name="players_counted"' in client.get(f"{here}/boxes/{box}/return").text
    for wrong in ("beaucoup", "10001", "-1"):
        answer = client.post(f"{here}/boxes/{box}/return", data=both | {"players_counted": wrong})
        assert (answer.status_code, f'value="{wrong}"' in answer.text) == (422, True)
    assert client.post(f"{here}/boxes/{box}/return", data=both | {"players_counted": "1 200"}).status_code == 302
    assert get_loan(loan_id).players_counted == 1200
    assert f'href="{here}/players"' in client.get(here).text
    page = client.get(f"{here}/players").text
    assert 'value="1200"' in page
    assert client.post(f"{here}/players", data={"players_counted": "-4"}).status_code == 422
    assert client.post(f"{here}/players", data={"players_counted": "11"}).status_code == 302
    assert get_loan(loan_id).players_counted == 11
    viewer = desk(sqlite_app, world, Role.VIEWER)
    assert viewer.get(f"{here}/players").status_code == 403
    assert f'href="{here}/players"' not in viewer.get(here).text


def test_nobody_plays_with_signage(sqlite_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id = agreed(world)
    loan = get_loan(loan_id)
    client, here = desk(sqlite_app, world), f"{BASE}/{loan.reference}/boxes/{loan.box_codes[0]}"
    client.post(f"{here}/hand-over", data={"given_by": "A", "given_to": "B"} | counted(loan))
    with transaction():
        db.session.execute(update(Scenario).values(kind=LentKind.OTHER))
    set_clock(sqlite_app.extensions, NOW)
    assert 'name="players_counted"' not in client.get(f"{here}/return").text
