"""Where requests and promises stand with regard to trained people: computed from what is so now, kept nowhere."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from app.boxes.models import Accreditation, Facilitator, Scenario
from app.core.db import db
from app.core.i18n import Locale
from app.events.enums import EventState
from app.events.models import Event
from app.loans.enums import LoanState
from app.loans.models import Loan, LoanFacilitator
from app.loans.queries import LoanRow
from app.loans.ready import NAMED_AND_VALID, is_ready
from app.loans.rules import HOLDS_BOXES
from app.resources.calendars import lending_zone
from app.structures.models import Structure


class Standing(enum.StrEnum):
    """Of a request: READY to be approved, or why not. NOBODY_LEFT: boxes are promised, and nobody may run them any more."""

    READY = "ready"
    WAITS = "waits"
    TRAINING_OVER = "training_over"
    TRAINING_OFF = "training_off"
    TRAINING_LATE = "training_late"
    NOBODY = "nobody"
    NOBODY_LEFT = "nobody_left"


TRAINING_FAILED = frozenset({Standing.TRAINING_OVER, Standing.TRAINING_OFF, Standing.TRAINING_LATE})
"""The training that a request waited for has trained nobody of it, or will not in time."""


def count_ready(organiser_id: int, today: date) -> int:
    """How many requests may be approved now."""
    statement = select(func.count()).select_from(Loan).where(Loan.organiser_id == organiser_id, is_ready(today))
    return int(db.session.execute(statement).scalar_one())


def standings(loans: Iterable[LoanRow], now: datetime) -> dict[int, Standing]:
    """By the loan's id; loans that need nobody's word, or name nobody any more, are left out. Two statements at most."""
    named = [loan for loan in loans if loan.names_removed_at is None]
    judged = [loan for loan in named if loan.state is LoanState.ASKED or loan.state in HOLDS_BOXES]
    asking = [loan.id for loan in judged if loan.asks_accreditation]
    valid = frozenset[int]()
    if asking:
        statement = select(Loan.id).where(Loan.id.in_(asking), exists().where(NAMED_AND_VALID))
        valid = frozenset(db.session.execute(statement).scalars())
    trainings = _trainings([loan for loan in judged if loan.state is LoanState.ASKED and loan.id not in valid])
    found: dict[int, Standing] = {}
    today = now.astimezone(lending_zone()).date()
    for loan in judged:
        if not loan.asks_accreditation or loan.id in valid:
            if loan.state is LoanState.ASKED and loan.to_date >= today:
                found[loan.id] = Standing.READY
        elif loan.state is not LoanState.ASKED:
            found[loan.id] = Standing.NOBODY_LEFT
        elif loan.waits_for_event_id is None:
            found[loan.id] = Standing.NOBODY
        else:
            found[loan.id] = _of_training(loan, trainings.get(loan.waits_for_event_id), now)
    return found


@dataclass(frozen=True)
class AwaitedTraining:
    """The training that a request waits for, and the local day on which it begins."""

    title_fr: str
    title_en: str
    day: date

    def title(self, locale: Locale) -> str:
        return self.title_en if locale == "en" and self.title_en else self.title_fr


def find_awaited_training(loan: LoanRow) -> AwaitedTraining | None:
    columns = (Event.title_fr, Event.title_en, Event.starts_at, Event.timezone)
    row = db.session.execute(select(*columns).where(Event.id == loan.waits_for_event_id)).first()
    if row is None:
        return None
    return AwaitedTraining(row.title_fr, row.title_en, row.starts_at.astimezone(ZoneInfo(row.timezone)).date())


@dataclass(frozen=True)
class AtStake:
    """A loan with boxes for which one person alone is accredited, by these accreditations."""

    reference: str
    structure_name: str
    from_date: date
    to_date: date
    accreditation_ids: frozenset[int]


def list_at_stake(organiser_id: int, facilitator_id: int) -> list[AtStake]:
    """The loans that would have nobody without this person, by their first day. One statement."""
    named = aliased(LoanFacilitator)
    own = exists().where(named.loan_id == Loan.id, named.facilitator_id == facilitator_id)
    rows = db.session.execute(
        select(
            Loan.id, Loan.reference, Structure.name, Loan.from_date, Loan.to_date, Accreditation.id.label("accreditation_id"),
            Accreditation.facilitator_id,
        )
        .join(Structure, Structure.id == Loan.structure_id)
        .join(Scenario, Scenario.id == Loan.scenario_id)
        .join(LoanFacilitator, LoanFacilitator.loan_id == Loan.id)
        .join(Facilitator, Facilitator.id == LoanFacilitator.facilitator_id)
        .join(Accreditation, Accreditation.facilitator_id == Facilitator.id)
        .where(
            Loan.organiser_id == organiser_id, Loan.state.in_(HOLDS_BOXES), Scenario.asks_accreditation, own,
            NAMED_AND_VALID,
        )
        .order_by(Loan.from_date, Loan.id)
    ).all()  # fmt: skip
    found = []
    for _, pairs in groupby(rows, key=lambda row: row.id):
        held = list(pairs)
        if all(row.facilitator_id == facilitator_id for row in held):
            first, ids = held[0], frozenset(row.accreditation_id for row in held)
            found.append(AtStake(first.reference, first.name, first.from_date, first.to_date, ids))
    return found


def _trainings(loans: Sequence[LoanRow]) -> dict[int, Any]:
    ids = {loan.waits_for_event_id for loan in loans if loan.waits_for_event_id is not None}
    if not ids:
        return {}
    columns = (Event.id, Event.state, Event.deleted_at, Event.ends_at, Event.timezone, Event.date_to_come)
    return {row.id: row for row in db.session.execute(select(*columns).where(Event.id.in_(ids)))}


def _of_training(loan: LoanRow, event: Any | None, now: datetime) -> Standing:
    """How it is with a request that waits for a training: it counts from the local day on which the training ends."""
    if event is None or event.deleted_at is not None or event.state in {EventState.CANCELLED, EventState.DRAFT}:
        return Standing.TRAINING_OFF
    if event.date_to_come:
        return Standing.TRAINING_LATE
    if event.ends_at <= now:
        return Standing.TRAINING_OVER
    late = event.ends_at.astimezone(ZoneInfo(event.timezone)).date() > loan.from_date
    return Standing.TRAINING_LATE if late else Standing.WAITS
