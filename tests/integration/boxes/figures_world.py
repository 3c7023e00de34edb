"""A small world of loans around the ends of school years and calendar years: what it adds up to is counted on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, update

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.models import ScenarioItem
from app.boxes.operations.boxes import put_out_of_service, set_in_service
from app.boxes.queries import list_items
from app.core.db import db
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft, CountDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanPurpose, LoanRefusal
from app.loans.models import EventBoxes
from app.loans.operations import agree_loan, check_box, hand_over, move_loan, swap_box, take_back
from app.loans.queries import get_loan
from app.resources.calendars import lending_zone
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.operations import take
from app.resources.settings import add_closure
from app.structures.models import StructureKind
from tests.factories import NOW, PARIS, make_event
from tests.integration.loans.world import STAFF, LoanWorld, make_structure, make_world, period, set_structure

NAMES: dict[str, Any] = {"given_by": "Inès Roux", "given_to": "Manon Lambert"}


def at(text: str) -> datetime:
    """« 2027-08-31 23:30 » on clocks in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@dataclass(frozen=True)
class FiguresWorld:
    """`swapped` is the code of a box that was swapped away before its only loan, `instead` of the one that went out."""

    world: LoanWorld
    swapped: str
    instead: str

    @property
    def organiser_id(self) -> int:
        return self.world.organiser_id


def make_figures_world() -> FiguresWorld:
    """Three boxes A, B, C since Monday 11 January 2027; what happens to them is told line by line below."""
    world = make_world(boxes=3, asks_accreditation=False, value_cents=25_000)
    a, b, c = world.box_ids
    school = _school(world)
    with transaction():
        db.session.execute(update(ScenarioItem).where(ScenarioItem.name_fr == "Cadenas").values(value_cents=450))
        add_closure(world.organiser_id, date(2027, 12, 31), date(2027, 12, 31), "Inventaire", by=STAFF, now=NOW)
    # Requests that come to nothing, on either side of 31 August.
    _come_to_nothing(world)
    # Monday to Wednesday, six half-days; two of four padlocks are missing at the check, twenty answer sheets are used up.
    first = lend(world, "2027-02-01 am", "2027-02-03 pm", out="2027-02-01 08:00", back="2027-02-03 16:00", counted=10, keep=[a],
                 there=(4, 30), found=(2, 10))  # fmt: skip
    assert get_loan(first).players == 12
    # At an event from Saturday morning to Monday morning: one open half-day; and at one that is still to come.
    _use_at_event(world, c, "2027-03-06 am", "2027-03-08 am")
    _use_at_event(world, c, "2028-02-01 am", "2028-02-01 pm")
    # C is cleaned for seven days.
    out_of_service(world, c, OutReason.CLEANING, "2027-06-01 09:00", back="2027-06-08 09:00")
    # Two boxes, handed over half an hour before midnight of 31 August; back late, on Thursday morning. The locks are still missing.
    lend(world, "2027-08-31 am", "2027-09-01 pm", out="2027-08-31 23:30", back="2027-09-02 10:00", keep=[a, b], boxes=2, players=20,
         there=(2, 10), found=(2, 10))  # fmt: skip
    # C, ten minutes after that midnight, for a school; nobody announced how many would play.
    lend(world, "2027-09-01 am", "2027-09-01 pm", out="2027-09-01 00:10", back="2027-09-01 18:00", counted=7, keep=[c],
         structure_id=school, purpose=LoanPurpose.JOB_SEEKERS, players=None)  # fmt: skip
    # B is promised, C goes out instead.
    swapped = lend(world, "2027-10-04 am", "2027-10-04 pm", out="2027-10-04 09:00", back="2027-10-04 17:00", keep=[b], instead=c,
                   players=5)  # fmt: skip
    # A, over a closure, a holiday and a weekend, handed over in the last minute of 2027, late on 5 January.
    lend(world, "2027-12-30 pm", "2028-01-03 am", out="2027-12-31 23:59", back="", keep=[a], players=8)
    # C is lost on 20 December and found on 4 January.
    out_of_service(world, c, OutReason.LOST, "2027-12-20 09:00", back="2028-01-04 09:00")
    loan = get_loan(swapped)
    return FiguresWorld(world, loan.former_boxes[0].code, loan.loan_boxes[0].code)


def lend(
    world: LoanWorld, first: str, last: str, *, out: str, back: str, keep: Sequence[int], counted: int | None = None,
    instead: int = 0, there: tuple[int, int] | None = None, found: tuple[int, int] | None = None, **draft: Any,
) -> int:  # fmt: skip
    """A loan of these very boxes that goes out, comes back and is checked at these moments; its id."""
    made = world.enter(first, last, **draft)
    with transaction():
        held = [box.box_id for box in get_loan(made.id).loan_boxes]
        for had, wanted in zip(sorted(set(held) - set(keep)), sorted(set(keep) - set(held)), strict=True):
            swap_box(made.id, had, wanted, by=STAFF, now=NOW)
        if instead:
            swap_box(made.id, keep[0], instead, by=STAFF, now=NOW)
        agree_loan(made.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        boxes = [box.box_id for box in get_loan(made.id).loan_boxes]
        for box_id in boxes:
            hand_over(made.id, box_id, **NAMES, counts=_counts(world, there), by=STAFF, now=at(out))
        for box_id in boxes if back else ():
            take_back(made.id, box_id, **NAMES, players_counted=counted, by=STAFF, now=at(back))
            result = CheckDraft(BoxCondition.READY, _counts(world, found))
            check_box(made.id, box_id, result, by=STAFF, now=at(back))
    return made.id


def out_of_service(world: LoanWorld, box_id: int, reason: OutReason, since: str, *, back: str = "") -> None:
    with transaction():
        put_out_of_service(
            box_id, reason, until=None, organiser_id=world.organiser_id, today=at(since).astimezone(PARIS).date(), by=STAFF,
            now=at(since),
        )  # fmt: skip
        if back:
            set_in_service(box_id, organiser_id=world.organiser_id, by=STAFF, now=at(back))


def _counts(world: LoanWorld, numbers: tuple[int, int] | None) -> tuple[CountDraft, ...]:
    items = list_items(world.scenario_id)
    return tuple(CountDraft(n, item_id=item.id) for n, item in zip(numbers or (), items, strict=False))


def _school(world: LoanWorld) -> int:
    with transaction():
        found = make_structure(world.organiser_id, StructureKind.TRAINING_BODY)
    set_structure(found, commune="Chenôve")
    return found


def _use_at_event(world: LoanWorld, box_id: int, first: str, last: str) -> None:
    span, event = period(first, last), make_event(world.organiser_id)
    with transaction():
        row_id = db.session.execute(
            insert(EventBoxes)
            .values(
                organiser_id=world.organiser_id, event_id=event.id, scenario_id=world.scenario_id, boxes=1,
                from_date=span.first.date, from_half=Half(span.first.half), to_date=span.last.date,
                to_half=Half(span.last.half), created_at=NOW,
            )
            .returning(EventBoxes.id)
        ).scalar_one()  # fmt: skip
        take(
            ResourceKind.BOX, box_id, Purpose.EVENT, row_id, span, span, organiser_id=world.organiser_id,
            zone=lending_zone(), now=NOW,
        )  # fmt: skip


def _come_to_nothing(world: LoanWorld) -> None:
    refused, cancelled = world.ask("2027-09-01 am", "2027-09-01 am"), world.ask("2027-08-31 pm", "2027-08-31 pm")
    asked, forgotten = world.ask("2027-09-13 am", "2027-09-13 am"), world.enter("2027-12-15 am", "2027-12-15 am")
    with transaction():
        for made in (refused, asked):
            move_loan(made.id, LoanMove.REFUSE, by=STAFF, now=NOW, refusal=LoanRefusal.TOO_SOON)
        move_loan(cancelled.id, LoanMove.CANCEL, by=STAFF, now=NOW, reason=LoanCancel.BOX_BROKEN)
        agree_loan(forgotten.id, name="Manon Lambert", how=AcceptedHow.PAPER, by=STAFF, now=NOW)
        move_loan(forgotten.id, LoanMove.NOT_COLLECTED, by=STAFF, now=at("2027-12-16 09:00"))
