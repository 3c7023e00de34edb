"""Asking for boxes: by a borrower, or by the organiser for somebody who telephoned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from app.boxes.errors import ScenarioNotFound
from app.boxes.models import Facilitator
from app.boxes.rows import ScenarioRow
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.core.tokens import digest
from app.events.models import Event
from app.loans.availability import count_free
from app.loans.drafts import LoanDraft
from app.loans.enums import LoanState
from app.loans.errors import NoAccreditedFacilitator, NoBoxFree
from app.loans.happenings import Happening
from app.loans.links import loan_token
from app.loans.models import Loan, LoanFacilitator
from app.loans.operations.approving import approve
from app.loans.operations.sendings import find_sent, free_reference
from app.loans.operations.storing import lock_scenario, require_accredited, say
from app.loans.queries import get_loan, get_loan_by_reference
from app.loans.rules import Borrowing, Party, clean_loan, party_of, warnings_of
from app.loans.trainings import is_training_for
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import SchoolZone
from app.resources.halfdays import half_day_at
from app.resources.holidays import zone_of_uai
from app.structures.models import Structure, StructureContact, StructureKind
from app.structures.queries import find_root


@dataclass(frozen=True)
class LoanMade:
    """What asking gives back. `token` opens `/l/<token>`; `warnings` are codes (`app.loans.rules.warnings_of`).

    `again`: the form was sent before, this is the loan that it made then, and nothing was written.
    """

    id: int
    reference: str
    state: LoanState
    token: str
    warnings: tuple[str, ...]
    again: bool = False


@dataclass(frozen=True)
class _Borrower:
    id: int
    trusted: bool
    zone: SchoolZone | None


def ask_loan(draft: LoanDraft, *, by: Actor, now: datetime, form: str = "") -> LoanMade:
    """Write a request; a trusted borrower's is approved at once where a facilitator is accredited.

    `form` is the key that the form was shown with: sent again by the same person it gives back the loan that it made.
    Raises FieldError, ScenarioNotFound, NoBoxFree.
    """
    scenario = _hold(draft)
    if sent := _sent(scenario.organiser_id, form, by):
        return sent
    draft, borrower, warnings = _prepare(scenario, draft, by, now)
    made = _write(scenario, draft, warnings, by=by, now=now, form=form)
    if borrower.trusted and party_of(by) is Party.BORROWER:
        try:
            require_accredited(scenario, draft.facilitator_ids, draft.period)
        except NoAccreditedFacilitator:
            return made
        approve(made.id, by=SYSTEM, now=now)
        return replace(made, state=LoanState.APPROVED)
    return made


def enter_loan(draft: LoanDraft, *, by: Actor, now: datetime, form: str = "") -> LoanMade:
    """Ask and approve in one: staff and programs. `form` as in `ask_loan`.

    Raises FieldError, ScenarioNotFound, NoBoxFree, NoAccreditedFacilitator, MoveNotAllowed for a borrower.
    """
    scenario = _hold(draft)
    if sent := _sent(scenario.organiser_id, form, by):
        return sent
    draft, _borrower, warnings = _prepare(scenario, draft, by, now)
    require_accredited(scenario, draft.facilitator_ids, draft.period)
    made = _write(scenario, draft, warnings, by=by, now=now, form=form)
    approve(made.id, by=by, now=now)
    return replace(made, state=LoanState.APPROVED)


def look_at_draft(draft: LoanDraft, *, by: Actor, now: datetime) -> tuple[str, ...]:
    """Read a request as asking would, and write nothing: its warnings. Raises FieldError, ScenarioNotFound."""
    return _prepare(_hold(draft), draft, by, now)[2]


def _hold(draft: LoanDraft) -> ScenarioRow:
    """Hold the contact and the scenario. Erasing a contact takes them in the same order."""
    _hold_contact(draft.contact_id)
    return lock_scenario(draft.scenario_id)


def _sent(organiser_id: int, form: str, by: Actor) -> LoanMade | None:
    """The loan that this form made when it was sent before."""
    reference = find_sent(organiser_id, form, by)
    if reference is None:
        return None
    loan = get_loan_by_reference(reference, organiser_id=organiser_id)
    return LoanMade(loan.id, reference, loan.state, loan_token(organiser_id, reference), (), again=True)


def _prepare(
    scenario: ScenarioRow, draft: LoanDraft, by: Actor, now: datetime
) -> tuple[LoanDraft, _Borrower, tuple[str, ...]]:
    """Judge a request for boxes of a scenario that is held."""
    party = party_of(by)
    if scenario.archived_at is not None or (party is Party.BORROWER and not scenario.listed):
        raise ScenarioNotFound("scenario")
    if by.organiser_id is not None and by.organiser_id != scenario.organiser_id:
        raise ScenarioNotFound("scenario")
    period = draft.period
    days = open_days(scenario.organiser_id, period.first.date, period.last.date)
    borrower = _borrower(scenario.organiser_id, draft.structure_id, days)
    problems = {} if borrower else {"borrower/structure": "unknown_id"}
    structure_id = borrower.id if borrower and party is Party.BORROWER else None
    problems |= unknown_people(scenario.organiser_id, draft.facilitator_ids, structure_id)
    problems |= _unknown_ties(draft, scenario, borrower, now)
    here = half_day_at(now, lending_zone())
    who = Borrowing(party, here.date, borrower.zone if borrower else None, here.half)
    try:
        draft = clean_loan(draft, scenario, days, who)
    except FieldError as error:
        problems |= error.problems
    if problems or borrower is None:
        raise FieldError(problems)
    return replace(draft, structure_id=borrower.id), borrower, warnings_of(draft, scenario, who)


def _write(
    scenario: ScenarioRow, draft: LoanDraft, warnings: tuple[str, ...], *, by: Actor, now: datetime, form: str
) -> LoanMade:
    if count_free(scenario, draft.period, now=now) < draft.boxes:
        raise NoBoxFree(f"fewer than {draft.boxes} boxes are free")
    reference = free_reference(scenario.organiser_id, form, by)
    token = loan_token(scenario.organiser_id, reference)
    loan_id = db.session.execute(
        insert(Loan).values(
            organiser_id=scenario.organiser_id, reference=reference, link_hash=digest(token), asked_at=now, **_columns(draft)
        ).returning(Loan.id)
    ).scalar_one()  # fmt: skip
    store_people(loan_id, draft.facilitator_ids)
    details = {"scenario": scenario.code, "boxes": draft.boxes}
    say(Happening.ASKED, get_loan(loan_id), by=by, now=now, details=details)
    return LoanMade(loan_id, reference, LoanState.ASKED, token, warnings)


def _columns(draft: LoanDraft) -> dict[str, Any]:
    return {
        "scenario_id": draft.scenario_id, "boxes": draft.boxes, "state": LoanState.ASKED,
        "from_date": draft.period.first.date, "from_half": draft.period.first.half,
        "to_date": draft.period.last.date, "to_half": draft.period.last.half,
        "structure_id": draft.structure_id, "contact_id": draft.contact_id, "contact_name": draft.contact_name,
        "email": draft.email, "phone": draft.phone, "locale": draft.locale, "purpose": draft.purpose,
        "purpose_note": draft.purpose_note, "players": draft.players, "place": draft.place, "notes": draft.notes,
        "waits_for_event_id": draft.waits_for_event_id,
    }  # fmt: skip


def store_people(loan_id: int, facilitator_ids: Sequence[int]) -> None:
    rows = [{"loan_id": loan_id, "facilitator_id": facilitator_id} for facilitator_id in facilitator_ids]
    if rows:
        db.session.execute(insert(LoanFacilitator), rows)


def _borrower(organiser_id: int, structure_id: int, days: OpenDays) -> _Borrower | None:
    """The structure that borrows (the one that is kept, where it was merged); None where the organiser has none of that id."""
    own = select(Structure.id).where(Structure.id == structure_id, Structure.organiser_id == organiser_id)
    if db.session.execute(own).first() is None:
        return None
    try:
        root = find_root(structure_id)
    except NotFound:
        return None
    row = db.session.execute(
        select(Structure.id, Structure.kind, Structure.uai, Structure.trusted_borrower).where(Structure.id == root)
    ).one()
    zone = zone_of_uai(row.uai or "", days.school_zone) if row.kind is StructureKind.SCHOOL else None
    return _Borrower(row.id, row.trusted_borrower, zone)


def _hold_contact(contact_id: int | None) -> None:
    """Nobody erases the contact before the request is written."""
    if contact_id is not None:
        held = select(StructureContact.id).where(StructureContact.id == contact_id)
        db.session.execute(held.with_for_update(read=True))


def _unknown_ties(draft: LoanDraft, scenario: ScenarioRow, borrower: _Borrower | None, now: datetime) -> dict[str, str]:
    """Problems of a training of somebody else, of another scenario or over already, and of a contact who is erased or of another
    structure.
    """
    problems = {}
    if draft.waits_for_event_id is not None:
        to_come = select(Event.ends_at, Event.timezone).where(
            Event.id == draft.waits_for_event_id, Event.organiser_id == scenario.organiser_id,
            Event.deleted_at.is_(None), Event.ends_at > now,
        )  # fmt: skip
        event = db.session.execute(to_come).first()
        if event is None or not is_training_for(draft.waits_for_event_id, scenario.id):
            problems["waits_for"] = "unknown_id"
        elif event.ends_at.astimezone(ZoneInfo(event.timezone)).date() > draft.period.first.date:
            problems["waits_for"] = "training_too_late"
    if draft.contact_id is not None and borrower is not None:
        statement = select(StructureContact.structure_id).where(
            StructureContact.id == draft.contact_id, StructureContact.organiser_id == scenario.organiser_id,
            StructureContact.name != "",
        )  # fmt: skip
        structure_id = db.session.execute(statement).scalar_one_or_none()
        if structure_id is None or find_root(structure_id) != borrower.id:
            problems["contact"] = "unknown_id"
    return problems


def unknown_people(organiser_id: int, ids: Sequence[int], structure_id: int | None) -> dict[str, str]:
    """Problems of facilitators that are not the organiser's, or not of the borrower's own structure.

    They are held: nobody is made anonymous before what names them is written.
    """
    rows = db.session.execute(
        select(Facilitator.id, Facilitator.structure_id)
        .where(Facilitator.organiser_id == organiser_id, Facilitator.id.in_(list(ids)), Facilitator.ended_at.is_(None))
        .order_by(Facilitator.id)
        .with_for_update(read=True)
    )
    known = {row.id for row in rows if structure_id is None or row.structure_id == structure_id}
    return {f"facilitators/{n}": "unknown_id" for n, found in enumerate(ids) if found not in known}
