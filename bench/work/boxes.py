"""Boxes: a year of a large pool's calendar, its planning board, the figures of what it lent, and a hundred programs at once
for the last box.
"""

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import insert, select

from app.boxes.drafts import BoxDraft, ScenarioDraft
from app.boxes.models import Box
from app.boxes.operations.boxes import create_box
from app.boxes.operations.scenarios import create_scenario
from app.boxes.queries import get_scenario_by_id
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.tokens import new_token
from app.core.transaction import transaction
from app.loans.availability import availability
from app.loans.enums import LoanPurpose, LoanState
from app.loans.models import Loan, LoanBox
from app.reports.lending import LendingYear, YearKind
from app.reports.queries.lending_figures import lending_figures
from app.resources.calendars import lending_zone
from app.resources.enums import Half, Purpose, ResourceKind
from app.resources.halfdays import HalfDay, Period
from app.resources.models import Use
from app.structures.drafts import StructureDraft
from app.structures.models import StructureKind
from app.structures.operations.directory import create_structure
from bench.client import Connection, NotMeasurable, json_request, request, run_load
from bench.figures import Figure, at_most, exactly, middle, spread_of
from bench.in_turn import Plan
from bench.lent_data import lend_for_a_year
from bench.stage import Stage
from bench.work.pages import log_in

BOXES, LOANS, DAYS = 100, 5_000, 365
MILLISECONDS, STATEMENTS = 100.0, 4
BOARD_DAYS, BOARD_MS = 90, 300.0
FIGURES_MS, FIGURES_STATEMENTS = 300.0, 8
CLIENTS = 100
ROUNDS = 15
LONGEST = 60.0

_numbers = count(1)


def boxes(stage: Stage, plan: Plan) -> list[Figure]:
    """100 boxes with 5,000 loans over 365 days, and their board; as many loans of the year that is over, and their figures;
    then the last box of a period, in several rounds.
    """
    rounds = 5 if plan.quick else ROUNDS
    with stage.app.app_context():
        pool = _pool(stage)
        times, statements = _calendar(pool, rounds)
    board = _board(stage, rounds)
    lent, lent_statements = _figures(stage, pool, rounds)
    last = [_last_box(stage) for _ in range(1 if plan.quick else 3)]
    page = f"board of {BOXES} boxes, {BOARD_DAYS} days, whole page, {stage.kind}"
    name = f"availability of {BOXES} boxes, {LOANS} loans, {DAYS} days, {stage.kind}"
    return [
        at_most(name, middle(times), "ms", MILLISECONDS, spread_of(times)),
        at_most(f"  statements of it, {stage.kind}", statements, "statements", STATEMENTS),
        at_most(page, middle(board), "ms", BOARD_MS, spread_of(board)),
        at_most(f"figures of {LOANS} loans, whole page, {stage.kind}", middle(lent), "ms", FIGURES_MS, spread_of(lent)),
        at_most(f"  statements of them, {stage.kind}", lent_statements, "statements", FIGURES_STATEMENTS),
        exactly(f"{CLIENTS} clients for the last box: who got it, {stage.kind}", middle(last), "clients", 1, spread_of(last)),
    ]  # fmt: skip


def _calendar(pool: ScenarioRow, rounds: int) -> tuple[list[float], int]:
    """Milliseconds of each round, and how many statements the first one ran."""
    times, now = list[float](), clock.now()
    first = now.date()
    statements = _statements(lambda: availability(pool, first, first + timedelta(days=DAYS - 1), now=now))
    for _ in range(rounds):
        began = time.perf_counter()
        found = availability(pool, first, first + timedelta(days=DAYS - 1), now=now)
        times.append((time.perf_counter() - began) * 1000)
        if found.total != BOXES or not any(half.free < BOXES for half in found.halves):
            raise NotMeasurable("the calendar shows no loans")
    return times, statements


def _statements(work: Callable[[], object]) -> int:
    """How many statements it runs."""
    seen = list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def _board(stage: Stage, rounds: int) -> list[float]:
    """Milliseconds in which the server answers with the whole page, bars that move included, to somebody who is signed in."""
    connection, headers = Connection(stage.ours.address), {"Cookie": log_in(stage)}
    with stage.app.app_context():
        first = clock.now().date().isoformat()
    times = []
    for number in range(rounds + 3):
        reply = connection.ask(request("GET", f"/manage/boxes?from={first}&days={BOARD_DAYS}", headers))
        if reply.status != 200 or reply.body.count(b"data-move=") < BOXES * BOARD_DAYS // 7 * 9 // 10:
            raise NotMeasurable(f"the board answered {reply.status} with {reply.body.count(b'data-move=')} loans")
        if number >= 3:
            times.append(reply.seconds * 1000)
    connection.close()
    return times


def _figures(stage: Stage, pool: ScenarioRow, rounds: int) -> tuple[list[float], int]:
    """Milliseconds in which the server answers with the whole page, and the statements of its figures. A year and the one
    before it hold all loans that are over; in the first days of a school year nearly all.
    """
    with stage.app.app_context():
        now = clock.now()
        with transaction():
            boxes = select(Box.id).where(Box.scenario_id == pool.id).order_by(Box.id)
            lend_for_a_year(pool, list(db.session.execute(boxes).scalars()), LOANS // BOXES, now=now)
        year = LendingYear.of(now.date() - timedelta(days=14), YearKind.SCHOOL)
        organiser_id, figures = stage.ground.organiser_id, list[Any]()
        statements = _statements(lambda: figures.extend(lending_figures(organiser_id, year, now=now)))
        db.session.remove()
    found = sum(of_year.total.loans for of_year in figures)
    path = f"/manage/boxes/figures?year={year.code}"
    connection, headers = Connection(stage.ours.address), {"Cookie": log_in(stage)}
    times = []
    for number in range(rounds + 3):
        reply = connection.ask(request("GET", path, headers))
        if reply.status != 200 or found < LOANS * 9 // 10 or b"months-chart" not in reply.body:
            raise NotMeasurable(f"the figures of {found} loans answered {reply.status}")
        if number >= 3:
            times.append(reply.seconds * 1000)
    connection.close()
    return times, statements


def _pool(stage: Stage) -> ScenarioRow:
    """A scenario whose boxes are all lent again and again for a year, written at once."""
    organiser_id, now = stage.ground.organiser_id, clock.now()
    with transaction():
        scenario_id = _scenario(stage)
        structure_id = _structure(stage)
        alike: dict[str, Any] = {"organiser_id": organiser_id, "scenario_id": scenario_id, "created_at": now}
        rows = [{**alike, "code": f"P{scenario_id}-{n}", "label": new_token()} for n in range(BOXES)]
        ids = list(db.session.execute(insert(Box).returning(Box.id), rows).scalars())
        each = LOANS // BOXES
        loans = [_loan(stage, scenario_id, structure_id, n // each, n % each) for n in range(LOANS)]
        found = list(db.session.execute(insert(Loan).returning(Loan.id, sort_by_parameter_order=True), loans).scalars())
        held = [(loan_id, ids[n // each], loans[n]) for n, loan_id in enumerate(found)]
        assigned = [{"loan_id": loan_id, "box_id": box_id, "assigned_at": now} for loan_id, box_id, _ in held]
        db.session.execute(insert(LoanBox), assigned)
        db.session.execute(insert(Use), [_use(stage, *each_held) for each_held in held])
    return get_scenario_by_id(scenario_id)


def _scenario(stage: Stage) -> int:
    draft = ScenarioDraft(code=f"BANC-{next(_numbers)}", title_fr="Mesure", asks_accreditation=False)
    return create_scenario(draft, organiser_id=stage.ground.organiser_id, by=SYSTEM, now=clock.now())


def _structure(stage: Stage) -> int:
    draft = StructureDraft(StructureKind.COMPANY, name=f"Atelier {next(_numbers)}", commune="Dijon")
    return create_structure(draft, organiser_id=stage.ground.organiser_id, by=SYSTEM, now=clock.now())


def _day(box: int, number: int) -> date:
    """The first day of a box's loan: one a week, boxes on different weekdays."""
    return clock.now().date() + timedelta(days=7 * number + box % 3)


def _loan(stage: Stage, scenario_id: int, structure_id: int, box: int, number: int) -> dict[str, Any]:
    first = _day(box, number)
    return {
        "organiser_id": stage.ground.organiser_id, "reference": f"PR-B{scenario_id}-{box}-{number}"[:16],
        "scenario_id": scenario_id, "boxes": 1, "state": LoanState.APPROVED, "from_date": first, "from_half": Half.AM,
        "to_date": first + timedelta(days=2), "to_half": Half.PM, "structure_id": structure_id,
        "purpose": LoanPurpose.CLASS, "asked_at": clock.now(), "approved_at": clock.now(),
    }  # fmt: skip


def _use(stage: Stage, loan_id: int, box_id: int, loan: dict[str, Any]) -> dict[str, Any]:
    zone = lending_zone()
    period = Period(HalfDay(loan["from_date"], Half.AM), HalfDay(loan["to_date"], Half.PM))
    around = Period(period.first.plus(-1), period.last.plus(1))
    return {
        "organiser_id": stage.ground.organiser_id, "resource_kind": ResourceKind.BOX, "resource_id": box_id,
        "purpose": Purpose.LOAN, "purpose_id": loan_id, "starts_at": around.starts_at(zone),
        "from_at": period.starts_at(zone), "to_at": period.ends_at(zone), "ends_at": around.ends_at(zone),
        "created_at": clock.now(),
    }  # fmt: skip


def _last_box(stage: Stage) -> float:
    """How many of a hundred programs that ask at once get the only box. Any answer but 201 and 409 is a failure."""
    with stage.app.app_context():
        with transaction():
            scenario_id, structure_id = _scenario(stage), _structure(stage)
            organiser_id = stage.ground.organiser_id
            draft = BoxDraft(f"B{scenario_id}")
            create_box(scenario_id, draft, organiser_id=organiser_id, by=SYSTEM, now=clock.now())
        slug, day = get_scenario_by_id(scenario_id).slug, (clock.now().date() + timedelta(days=30)).isoformat()
        db.session.remove()
    body = {
        "scenario": slug, "boxes": 1, "from": {"date": day, "half": "am"}, "to": {"date": day, "half": "pm"},
        "borrower": {"structure": str(structure_id)}, "purpose": "class",
    }  # fmt: skip
    asked = iter([json_request("/api/v1/loans", body, stage.ground.token)] * CLIENTS)
    got = list[str]()

    def expected(reply: Any) -> bool:
        if reply.status == 201:
            got.append(json.loads(reply.body)["reference"])
        return reply.status == 201 or (reply.status == 409 and b"no_box_free" in reply.body)

    run_load(stage.ours.address, asked, expected=expected, clients=CLIENTS, seconds=LONGEST)
    return float(len(got))
