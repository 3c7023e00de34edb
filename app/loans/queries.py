"""Loans as pages, mails and programs read them: with their boxes and facilitators, in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.boxes.enums import BoxCondition, LentKind
from app.boxes.models import Box, Facilitator, Scenario
from app.core.db import db
from app.core.i18n import Locale
from app.core.text import fold
from app.core.tokens import digest
from app.loans.enums import CountMoment, LoanCancel, LoanPurpose, LoanRefusal, LoanState
from app.loans.errors import LoanNotFound
from app.loans.models import Loan, LoanAgreement, LoanBox, LoanCount, LoanFacilitator
from app.loans.ready import is_ready
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.structures.models import Structure, StructureKind

PAGE = 50


@dataclass(frozen=True)
class LoanBoxRow:
    """A box that a loan has, or had before a swap (`released_at`)."""

    id: int
    box_id: int
    code: str
    condition: BoxCondition
    assigned_at: datetime
    released_at: datetime | None
    handed_over_at: datetime | None
    handed_over_by: str
    handed_over_to: str
    returned_at: datetime | None
    returned_by: str
    returned_to: str
    checked_at: datetime | None
    checked_by: str
    note: str

    @property
    def is_away(self) -> bool:
        """Whether the borrower has it."""
        return self.handed_over_at is not None and self.returned_at is None


@dataclass(frozen=True)
class FacilitatorName:
    id: int
    name: str


@dataclass(frozen=True)
class LoanRow:
    """A loan. `boxes` is how many it asks for; `loan_boxes` are those it has now, `former_boxes` those swapped away or given up."""

    id: int
    organiser_id: int
    reference: str
    scenario_id: int
    scenario_code: str
    scenario_slug: str
    scenario_title_fr: str
    scenario_title_en: str
    scenario_kind: LentKind
    asks_accreditation: bool
    boxes: int
    state: LoanState
    from_date: date
    from_half: Half
    to_date: date
    to_half: Half
    structure_id: int
    structure_name: str
    structure_kind: StructureKind
    structure_commune: str
    contact_id: int | None
    contact_name: str
    email: str
    phone: str
    locale: str
    purpose: LoanPurpose
    purpose_note: str
    players: int | None
    players_counted: int | None
    place: str
    notes: str
    refusal: LoanRefusal | None
    cancel_reason: LoanCancel | None
    reason_note: str
    waits_for_event_id: int | None
    promised_on: date | None
    outdated_agreements: int
    asked_at: datetime
    approved_at: datetime | None
    agreed_at: datetime | None
    handed_over_at: datetime | None
    returned_at: datetime | None
    checked_at: datetime | None
    ended_at: datetime | None
    names_removed_at: datetime | None
    revision: int
    loan_boxes: tuple[LoanBoxRow, ...] = field(default=())
    former_boxes: tuple[LoanBoxRow, ...] = field(default=())
    facilitators: tuple[FacilitatorName, ...] = field(default=())

    @property
    def period(self) -> Period:
        return Period(HalfDay(self.from_date, self.from_half), HalfDay(self.to_date, self.to_half))

    @property
    def is_game(self) -> bool:
        """Whether somebody runs it for players; visuals and signage are just lent."""
        return self.scenario_kind is LentKind.GAME

    @property
    def rest(self) -> tuple[LoanBoxRow, ...]:
        """The boxes that it has and that were never handed over."""
        return tuple(box for box in self.loan_boxes if box.handed_over_at is None)

    @property
    def rest_may_be_given_up(self) -> bool:
        """Whether it lasts only for boxes that nobody came for: all that went out are back."""
        return (
            self.state is LoanState.HANDED_OVER
            and bool(self.rest)
            and not any(box.is_away for box in self.loan_boxes)
        )  # fmt: skip

    @property
    def box_codes(self) -> tuple[str, ...]:
        return tuple(box.code for box in self.loan_boxes)

    def scenario_title(self, locale: Locale) -> str:
        return self.scenario_title_en if locale == "en" and self.scenario_title_en else self.scenario_title_fr


@dataclass(frozen=True)
class LoanFilter:
    """Which loans of an organiser. `text`: reference, borrower, town, contact, box, title; days: those whose period touches them.

    `ready_on`: requests that may be approved on that day. `people`: whether `text` is looked for in contacts, too.
    """

    states: frozenset[LoanState] = frozenset()
    text: str = ""
    scenario_id: int | None = None
    structure_id: int | None = None
    box_id: int | None = None
    from_day: date | None = None
    to_day: date | None = None
    newest_first: bool = False
    ready_on: date | None = None
    people: bool = True


@dataclass(frozen=True)
class LoanPage:
    loans: tuple[LoanRow, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class CountRow:
    """What was counted of a thing in a box at one moment of a loan."""

    loan_box_id: int
    moment: CountMoment
    item_id: int | None
    box_item_id: int | None
    name: str
    consumable: bool
    expected: int
    counted: int
    note: str

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.counted)


_LOAN = (
    Loan.id, Loan.organiser_id, Loan.reference, Loan.scenario_id, Scenario.code.label("scenario_code"),
    Scenario.slug.label("scenario_slug"), Scenario.title_fr.label("scenario_title_fr"),
    Scenario.title_en.label("scenario_title_en"), Scenario.kind.label("scenario_kind"), Scenario.asks_accreditation,
    Loan.boxes, Loan.state, Loan.from_date, Loan.from_half, Loan.to_date, Loan.to_half, Loan.structure_id,
    Structure.name.label("structure_name"),
    Structure.kind.label("structure_kind"), Structure.commune.label("structure_commune"), Loan.contact_id,
    Loan.contact_name, Loan.email, Loan.phone, Loan.locale, Loan.purpose, Loan.purpose_note, Loan.players,
    Loan.players_counted, Loan.place,
    Loan.notes, Loan.refusal, Loan.cancel_reason, Loan.reason_note, Loan.waits_for_event_id, Loan.promised_on,
    Loan.outdated_agreements,
    Loan.asked_at, Loan.approved_at, Loan.agreed_at, Loan.handed_over_at, Loan.returned_at, Loan.checked_at,
    Loan.ended_at, Loan.names_removed_at, Loan.revision,
)  # fmt: skip
_LOAN_BOX = (
    LoanBox.loan_id, LoanBox.id, LoanBox.box_id, Box.code, Box.condition, LoanBox.assigned_at, LoanBox.released_at,
    LoanBox.handed_over_at, LoanBox.handed_over_by, LoanBox.handed_over_to, LoanBox.returned_at, LoanBox.returned_by,
    LoanBox.returned_to, LoanBox.checked_at, LoanBox.checked_by, LoanBox.note,
)  # fmt: skip


def get_loan(loan_id: int, *, organiser_id: int | None = None, structure_id: int | None = None) -> LoanRow:
    """A loan; of that organiser, of that structure. Three statements. Raises LoanNotFound."""
    return _one([Loan.id == loan_id], organiser_id, structure_id)


def get_loan_by_reference(
    reference: str, *, organiser_id: int | None = None, structure_ids: Collection[int] | None = None
) -> LoanRow:
    """By its number in any case. Three statements. Raises LoanNotFound."""
    conditions: list[ColumnElement[bool]] = [Loan.reference == reference.strip().upper()]
    if structure_ids is not None:
        conditions.append(Loan.structure_id.in_(structure_ids))
    return _one(conditions, organiser_id, None)


def get_loan_by_token(token: str) -> LoanRow:
    """By the secret in its own link. Three statements. Raises LoanNotFound."""
    return _one([Loan.link_hash == digest(token)], None, None)


def list_loans(organiser_id: int, wanted: LoanFilter = LoanFilter(), page: int = 1) -> LoanPage:
    """A page of an organiser's loans, by their first half-day. Four statements, one more to look for a text."""
    conditions = [Loan.organiser_id == organiser_id, *_conditions(wanted, organiser_id)]
    total = db.session.execute(
        select(func.count()).select_from(Loan).join(Structure, Structure.id == Loan.structure_id).where(*conditions)
    ).scalar_one()
    statement = _select(*conditions).limit(PAGE).offset((max(page, 1) - 1) * PAGE)
    order = (Loan.from_date, Loan.from_half, Loan.id)
    statement = statement.order_by(*(column.desc() for column in order) if wanted.newest_first else order)
    return LoanPage(tuple(_filled(db.session.execute(statement).mappings().all())), total, max(page, 1))


def list_loans_of_structures(structure_ids: Collection[int]) -> list[LoanRow]:
    """All loans of these structures, the newest first. Three statements."""
    statement = _select(Loan.structure_id.in_(structure_ids)).order_by(Loan.from_date.desc(), Loan.id.desc())
    return _filled(db.session.execute(statement).mappings().all())


def list_loans_by_id(ids: Collection[int]) -> dict[int, LoanRow]:
    """By id. Three statements."""
    return {loan.id: loan for loan in _filled(db.session.execute(_select(Loan.id.in_(ids))).mappings().all())}


def count_by_state(organiser_id: int) -> dict[LoanState, int]:
    """How many loans are in each state that any is in."""
    rows = db.session.execute(
        select(Loan.state, func.count()).where(Loan.organiser_id == organiser_id).group_by(Loan.state)
    )
    return {row[0]: row[1] for row in rows}


def list_counts(loan_id: int) -> list[CountRow]:
    """What was counted in the boxes of a loan, in the order in which it was."""
    return _counts(LoanBox.loan_id == loan_id)


def list_counts_of(loan_box_ids: Collection[int]) -> list[CountRow]:
    """What was counted in these boxes of loans, in the order in which it was."""
    return _counts(LoanBox.id.in_(loan_box_ids))


def _counts(condition: ColumnElement[bool]) -> list[CountRow]:
    rows = db.session.execute(
        select(
            LoanCount.loan_box_id, LoanCount.moment, LoanCount.item_id, LoanCount.box_item_id, LoanCount.name,
            LoanCount.consumable, LoanCount.expected, LoanCount.counted, LoanCount.note,
        )
        .join(LoanBox, LoanBox.id == LoanCount.loan_box_id)
        .where(condition)
        .order_by(LoanCount.id)
    )  # fmt: skip
    return [CountRow(*row) for row in rows]


def latest_agreement_number(loan_id: int) -> int | None:
    """The number of the agreement that counts, None while there is none."""
    number: int | None = db.session.execute(
        select(func.max(LoanAgreement.number)).where(LoanAgreement.loan_id == loan_id)
    ).scalar_one()
    return number


def list_waiting_for(event_id: int) -> list[int]:
    """Ids of the requests that wait for a training."""
    statement = select(Loan.id).where(Loan.waits_for_event_id == event_id, Loan.state == LoanState.ASKED)
    return list(db.session.execute(statement.order_by(Loan.id)).scalars())


def _one(conditions: list[ColumnElement[bool]], organiser_id: int | None, structure_id: int | None) -> LoanRow:
    if organiser_id is not None:
        conditions.append(Loan.organiser_id == organiser_id)
    if structure_id is not None:
        conditions.append(Loan.structure_id == structure_id)
    found = _filled(db.session.execute(_select(*conditions)).mappings().all())
    if len(found) != 1:
        raise LoanNotFound("loan")
    return found[0]


def _select(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(*_LOAN)
        .join(Scenario, Scenario.id == Loan.scenario_id)
        .join(Structure, Structure.id == Loan.structure_id)
        .where(*conditions)
    )


def _conditions(wanted: LoanFilter, organiser_id: int) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(Loan.state.in_(sorted(wanted.states)))
    if wanted.scenario_id is not None:
        found.append(Loan.scenario_id == wanted.scenario_id)
    if wanted.structure_id is not None:
        found.append(Loan.structure_id == wanted.structure_id)
    if wanted.box_id is not None:
        found.append(_has_box(LoanBox.box_id == wanted.box_id))
    if wanted.from_day is not None:
        found.append(Loan.to_date >= wanted.from_day)
    if wanted.to_day is not None:
        found.append(Loan.from_date <= wanted.to_day)
    if wanted.ready_on is not None:
        found.append(is_ready(wanted.ready_on))
    titles = _titles(organiser_id) if wanted.text.split() else {}
    for word in wanted.text.split():
        lent = [scenario_id for scenario_id, title in titles.items() if fold(word) and fold(word) in title]
        found.append(or_(_says(word, wanted.people), Loan.scenario_id.in_(lent)))
    return found


def _titles(organiser_id: int) -> dict[int, str]:
    """What each scenario is called in both languages, without capitals and accents; few, and no database folds alike."""
    columns = Scenario.id, Scenario.title_fr, Scenario.title_en
    rows = db.session.execute(select(*columns).where(Scenario.organiser_id == organiser_id))
    return {scenario_id: fold(f"{french} {english}") for scenario_id, french, english in rows}


def _has_box(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(and_(LoanBox.loan_id == Loan.id, LoanBox.released_at.is_(None), condition))


def _says(word: str, people: bool) -> ColumnElement[bool]:
    """Whether a word stands in what a loan is known by; capitals and accents do not matter for structures."""
    typed = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    plain = f"%{typed}%"
    box = exists().where(LoanBox.loan_id == Loan.id, LoanBox.box_id == Box.id, Box.code.ilike(plain, escape="\\"))
    persons = [Loan.contact_name.ilike(plain, escape="\\"), Loan.email.ilike(plain, escape="\\")] if people else []
    return or_(
        Loan.reference.ilike(plain, escape="\\"),
        *persons,
        Structure.search_text.like(f"%{fold(typed)}%", escape="\\"),
        box,
    )


def _filled(rows: Sequence[Any]) -> list[LoanRow]:
    """Rows with their boxes and facilitators: two more statements, whatever their number."""
    ids = [row["id"] for row in rows]
    boxes, people = defaultdict[int, list[LoanBoxRow]](list), defaultdict[int, list[FacilitatorName]](list)
    if ids:
        statement = select(*_LOAN_BOX).join(Box, Box.id == LoanBox.box_id).where(LoanBox.loan_id.in_(ids))
        for loan_id, *values in db.session.execute(statement.order_by(Box.code, LoanBox.id)):
            boxes[loan_id].append(LoanBoxRow(*values))
        names = (
            select(LoanFacilitator.loan_id, Facilitator.id, Facilitator.name)
            .join(Facilitator, Facilitator.id == LoanFacilitator.facilitator_id)
            .where(LoanFacilitator.loan_id.in_(ids))
            .order_by(Facilitator.name_key, Facilitator.id)
        )
        for loan_id, facilitator_id, name in db.session.execute(names):
            people[loan_id].append(FacilitatorName(facilitator_id, name))
    return [
        LoanRow(
            **row,
            loan_boxes=tuple(b for b in boxes[row["id"]] if b.released_at is None),
            former_boxes=tuple(b for b in boxes[row["id"]] if b.released_at is not None),
            facilitators=tuple(people[row["id"]]),
        )
        for row in rows
    ]
