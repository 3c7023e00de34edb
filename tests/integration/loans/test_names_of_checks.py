"""What is said at the check of a box may name people: it goes with their names, and viewers do not read it."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.accounts.enums import Role
from app.boxes.enums import BoxCondition, OutReason
from app.boxes.operations.boxes import set_in_service
from app.core.checks import run_checks
from app.core.clock import set_clock
from app.core.db import db
from app.core.transaction import transaction
from app.jobs.registry import JobContext
from app.loans.drafts import CheckDraft
from app.loans.enums import AcceptedHow, LoanMove
from app.loans.jobs import remove_names
from app.loans.operations import agree_loan, check_box, hand_over, move_loan, take_back
from app.loans.operations.forgetting import forget_names
from app.resources.settings import KEEP_NAMES_DAYS
from tests.factories import NOW, PARIS, make_member
from tests.integration.guards.walking import sign_in_as
from tests.integration.loans.world import STAFF, LoanWorld, make_world
from tests.integration.recovery.world import box_of, break_box

CHECKED = datetime(2027, 2, 3, 17, tzinfo=PARIS)
WORDS = "Zelda a marché dessus"


def broken_at_the_check(world: LoanWorld, **changes: Any) -> tuple[int, int]:
    """The ids of a loan that is over, and of its box, which is out of service since its check."""
    loan_id = world.enter(**changes).id
    box_id = box_of(loan_id)
    both: dict[str, Any] = {"given_by": "Inès Roux", "given_to": "Manon Lambert"}
    found = CheckDraft(BoxCondition.OUT_OF_SERVICE, (), note=WORDS, out_reason=OutReason.BROKEN)
    with transaction():
        agree_loan(loan_id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        hand_over(loan_id, box_id, **both, by=STAFF, now=CHECKED - timedelta(days=2))
        take_back(loan_id, box_id, **both, by=STAFF, now=CHECKED)
        check_box(loan_id, box_id, found, by=STAFF, now=CHECKED)
        move_loan(loan_id, LoanMove.CLOSE, by=STAFF, now=CHECKED)
    return loan_id, box_id


def repair(world: LoanWorld, box_id: int, days: float) -> None:
    with transaction():
        set_in_service(box_id, organiser_id=world.organiser_id, by=STAFF, now=CHECKED + timedelta(days=days))


def forget(loan_id: int, days: float) -> None:
    with transaction():
        forget_names(loan_id, now=CHECKED + timedelta(days=days))


def told() -> list[str]:
    """The tables in which the words of the check stand."""
    db.session.rollback()
    tables = ("boxes", "box_items", "box_outages", "loans", "loan_boxes", "loan_counts", "audit_entries", "messages")
    return [t for t in tables if "Zelda" in str(list(db.session.execute(text(f"SELECT * FROM {t}")).all()))]


def test_the_history_of_a_box_never_has_the_words_of_a_check(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id, box_id = broken_at_the_check(world)
    assert told() == ["boxes", "box_outages", "loan_boxes"]
    repair(world, box_id, 5)
    assert told() == ["box_outages", "loan_boxes"]
    forget(loan_id, 1200)
    assert told() == []


def test_a_box_that_is_out_for_longer_than_names_are_kept_is_told_of_until_it_is_back(whole_app: Flask) -> None:
    world = make_world(boxes=1)
    loan_id, box_id = broken_at_the_check(world)
    forget(loan_id, 1)
    assert told() == ["boxes", "box_outages"]
    repair(world, box_id, 2)
    assert told() == []


def test_notes_of_breakdowns_long_past_go_whoever_wrote_them(whole_app: Flask) -> None:
    world = make_world(boxes=2)
    for box_id, note in zip(world.box_ids, (WORDS, "Zelda encore"), strict=True):
        break_box(world, box_id, note=note)
    repair(world, world.box_ids[0], 0)
    last = CHECKED + timedelta(days=KEEP_NAMES_DAYS)

    def work(now: datetime) -> None:
        remove_names(JobContext(1, {}, None, 1, lambda: now, lambda _done, _total: None))

    work(last)
    assert WORDS in str(db.session.execute(text("SELECT note FROM box_outages")).scalars().all())
    late = next(check for check in run_checks(last + timedelta(days=2)) if check.name == "loans.names")
    assert late.problems == (f"{world.code(world.box_ids[0])} still has the note of a breakdown long past",)
    work(last + timedelta(days=1))
    notes = db.session.execute(text("SELECT note FROM box_outages ORDER BY id")).scalars().all()
    assert notes == ["", "Zelda encore"]  # the second one lasts


def test_a_viewer_reads_nothing_that_was_typed_freely(sqlite_app: Flask) -> None:
    world = make_world(boxes=2)
    set_clock(sqlite_app.extensions, NOW)
    words = {"purpose_note": "Les élèves de Zelda", "place": "Chez Zelda", "notes": "Zelda vient le soir"}
    loan_id, box_id = broken_at_the_check(world, **words)
    repair(world, box_id, 1)
    break_box(world, box_id, note="Zelda encore", now=CHECKED)
    reference = db.session.execute(text("SELECT reference FROM loans WHERE id = :id"), {"id": loan_id}).scalar_one()
    code = world.code(box_id)
    pages = (f"all/{code}", f"loans/{reference}", "trouble", f"trouble?box={code}", "all", "loans")
    for role, seen in ((Role.VIEWER, []), (Role.MANAGER, list(pages[:4]))):
        client = sign_in_as(sqlite_app, make_member(world.organiser_id, role)[0])
        answers = {page: client.get(f"/manage/boxes/{page}") for page in pages}
        assert {answer.status_code for answer in answers.values()} == {200}
        assert [page for page, answer in answers.items() if "Zelda" in answer.text] == seen, role
