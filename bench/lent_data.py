"""A year of loans that are over: each box went out every week, came back and was checked, with what its counts lacked."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import insert, update

from app.boxes.enums import OutReason
from app.boxes.models import Box, BoxOutage, ScenarioItem
from app.boxes.rows import ScenarioRow
from app.core.actor import SYSTEM
from app.core.db import db
from app.loans.enums import CountMoment, LoanPurpose, LoanRefusal, LoanState
from app.loans.models import Loan, LoanBox, LoanCount
from app.resources.calendars import lending_zone
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.halfdays import whole_days
from app.resources.models import Use
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import create_structure

BORROWERS, COMMUNES = 60, 24
KINDS = (StructureKind.SCHOOL, StructureKind.COMPANY, StructureKind.TRAINING_BODY, StructureKind.ASSOCIATION)
LOST_EVERY, REFUSED_EVERY = 20, 25
"""Of so many loans one lacks something at its check; to so many one request is refused."""


def lend_for_a_year(pool: ScenarioRow, box_ids: Sequence[int], weeks: int, *, now: datetime) -> None:
    """One loan a box and week, up to last week: handed over on its first day, checked on its third. Inside of a transaction."""
    db.session.execute(update(Box).where(Box.id.in_(box_ids)).values(created_at=now - timedelta(days=800)))
    item_ids = _items(pool)
    borrowers = [_borrower(pool.organiser_id, number, now) for number in range(BORROWERS)]
    each = [(box, week) for box in range(len(box_ids)) for week in range(weeks)]
    loans = [_loan(pool, borrowers[n % BORROWERS], n, _day(now, *each[n])) for n in range(len(each))]
    loan_ids = _insert(Loan, loans)
    held = [
        {
            "loan_id": loan_id, "box_id": box_ids[box], "assigned_at": loan["asked_at"],
            **{name: loan[name] for name in ("handed_over_at", "returned_at", "checked_at")},
        }
        for loan_id, loan, (box, _week) in zip(loan_ids, loans, each, strict=True)
    ]  # fmt: skip
    held_ids = _insert(LoanBox, held)
    counts = [_count(held_id, n, *of) for n, held_id in enumerate(held_ids) for of in item_ids]
    db.session.execute(
        insert(LoanCount), [{**row, "moment": m, "counted": c} for row in counts for m, c in row.pop("at").items()]
    )
    db.session.execute(insert(Use), [_use(pool, row, loan) for row, loan in zip(held, loans, strict=True)])
    db.session.execute(insert(Loan), [_refused(pool, loans[n], n) for n in range(0, len(loans), REFUSED_EVERY)])
    db.session.execute(insert(BoxOutage), [_outage(pool, box_id, n, now) for n, box_id in enumerate(box_ids)])


def _insert(table: type[Any], rows: list[dict[str, Any]]) -> list[int]:
    """Their ids, in the order of the rows."""
    statement = insert(table).returning(cast(Any, table).id, sort_by_parameter_order=True)
    return list(db.session.execute(statement, rows).scalars())


def _day(now: datetime, box: int, week: int) -> date:
    """One a week, boxes on different weekdays; the last ones ended last week."""
    return now.date() - timedelta(days=7 * (week + 1) - box % 3)


def _items(pool: ScenarioRow) -> list[tuple[int, str, bool, int]]:
    """Id, name, whether it is used up, and how many there are of it."""
    things = [("Cadenas", False, 4), ("Lampe", False, 1), ("Feuille de réponse", True, 30)]
    rows = [
        {"scenario_id": pool.id, "position": n, "name_fr": name, "quantity": number, "consumable": used_up, "value_cents": 450}
        for n, (name, used_up, number) in enumerate(things)
    ]  # fmt: skip
    return [(item_id, *thing) for item_id, thing in zip(_insert(ScenarioItem, rows), things, strict=True)]


def _borrower(organiser_id: int, number: int, now: datetime) -> int:
    draft = StructureDraft(
        KINDS[number % len(KINDS)], name=f"Emprunteur {number}", commune=f"Commune {number % COMMUNES}"
    )
    return create_structure(draft, organiser_id=organiser_id, by=SYSTEM, now=now)


def _loan(pool: ScenarioRow, structure_id: int, number: int, first: date) -> dict[str, Any]:
    span, zone = whole_days(first, first + timedelta(days=2)), lending_zone()
    out, back = span.starts_at(zone) + timedelta(hours=9), span.ends_at(zone) - timedelta(hours=7)
    purposes = list(LoanPurpose)
    return {
        "organiser_id": pool.organiser_id, "reference": f"PR-A{pool.id}-{number}"[:16], "scenario_id": pool.id,
        "boxes": 1, "state": LoanState.CLOSED, "from_date": first, "from_half": Half.AM,
        "to_date": first + timedelta(days=2), "to_half": Half.PM, "structure_id": structure_id,
        "purpose": purposes[number % len(purposes)], "players": 24, "players_counted": 22 if number % 4 else None,
        "asked_at": out - timedelta(days=20), "approved_at": out - timedelta(days=19), "handed_over_at": out,
        "returned_at": back, "checked_at": back, "ended_at": back, "names_removed_at": back,
    }  # fmt: skip


def _refused(pool: ScenarioRow, like: dict[str, Any], number: int) -> dict[str, Any]:
    reasons = list(LoanRefusal)
    moments = ("approved_at", "handed_over_at", "returned_at", "checked_at")
    return {
        **{name: value for name, value in like.items() if name not in moments},
        "reference": f"PR-R{pool.id}-{number}"[:16], "state": LoanState.REFUSED, "players_counted": None,
        "refusal": reasons[number // REFUSED_EVERY % len(reasons)],
    }  # fmt: skip


def _count(loan_box_id: int, number: int, item_id: int, name: str, used_up: bool, there: int) -> dict[str, Any]:
    """What one thing's counts have alike; `at`: how many there were at the hand-over and at the check."""
    lost = used_up or number % LOST_EVERY == 0
    return {
        "loan_box_id": loan_box_id, "item_id": item_id, "name": name, "consumable": used_up, "expected": there,
        "at": {CountMoment.HAND_OVER: there, CountMoment.CHECK: there - lost},
    }  # fmt: skip


def _use(pool: ScenarioRow, held: dict[str, Any], loan: dict[str, Any]) -> dict[str, Any]:
    span, zone = whole_days(loan["from_date"], loan["to_date"]), lending_zone()
    starts_at, ends_at = span.starts_at(zone), span.ends_at(zone)
    return {
        "organiser_id": pool.organiser_id, "resource_kind": ResourceKind.BOX, "resource_id": held["box_id"],
        "purpose": Purpose.LOAN, "purpose_id": held["loan_id"], "starts_at": starts_at, "from_at": starts_at,
        "to_at": ends_at, "ends_at": ends_at, "created_at": loan["approved_at"],
    }  # fmt: skip


def _outage(pool: ScenarioRow, box_id: int, number: int, now: datetime) -> dict[str, Any]:
    reasons, since = list(OutReason), now.date() - timedelta(days=3 * number + 10)
    return {
        "organiser_id": pool.organiser_id, "box_id": box_id, "reason": reasons[number % len(reasons)],
        "started_on": since, "ended_on": since + timedelta(days=3), "created_at": now - timedelta(days=3 * number + 10),
    }  # fmt: skip
