"""Loans of the demo: each state that a loan can be in, around today."""

from datetime import date, datetime, timedelta

from app.boxes.enums import BoxCondition
from app.boxes.queries import get_box, get_scenario, list_contents, list_facilitators
from app.core.actor import SYSTEM
from app.loans.drafts import CheckDraft, CountDraft, LoanDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanPurpose, LoanRefusal
from app.loans.happenings import unheard
from app.loans.operations import agree_loan, ask_loan, check_box, enter_loan, hand_over, move_loan, take_back
from app.loans.queries import LoanRow, get_loan
from app.resources.calendars import OpenDays, open_days
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period
from app.structures.queries import list_known

# Days from today to the first open day, half-days, scenario, the borrower's name, players, how far it went.
LOANS = (
    (-40, 4, "SANTE-1", "Mission Locale", 12, "closed"),
    (-26, 6, "SOFT", "Formation Val", 16, "closed"),
    (-9, 4, "MAINT", "Formation Val", 14, "checked"),
    (-7, 3, "SOFT", "Centre social", 10, "returned"),
    (-4, 12, "SANTE-1", "Mission Locale", 8, "out"),
    (-3, 8, "MAINT", "Formation Val", 12, "out"),
    (4, 4, "SANTE-1", "Mission Locale", 10, "agreed"),
    (5, 2, "SOFT", "Centre social", 12, "approved"),
    (8, 4, "SANTE-2", "Centre social", 9, "approved"),
    (9, 2, "MAINT", "Formation Val", 15, "asked"),
    (16, 4, "SOFT", "Moutarderie", 20, "asked"),
    (12, 2, "MAINT", "Formation Val", 40, "refused"),
    (6, 2, "SANTE-2", "Centre social", 10, "cancelled"),
)
OUR_NAME = "Inès Roux"


def make_loans(organiser_id: int, *, now: datetime) -> None:
    """Loans through the operations that everybody uses, each at the moments at which it went on. Nobody is written to."""
    today = now.date()
    calendar = open_days(organiser_id, today, today)
    people = list_facilitators(organiser_id)
    known = list_known(organiser_id)
    for days, halves, code, name, players, state in LOANS:
        structure = next((s for s in known if s.name.startswith(name)), None)
        if structure is None:
            continue
        scenario = get_scenario(organiser_id, code)
        own = [p for p in people if p.structure_id in {structure.id, None} and code in p.valid_codes(today)]
        contact = next((p for p in own if p.structure_id), own[0] if own else None)
        draft = LoanDraft(
            scenario.id, 1, _period(calendar, today, days, halves), structure.id, LoanPurpose.JOB_SEEKERS, players,
            tuple(p.id for p in own[:2]), contact_name=contact.name if contact else "",
            email=contact.email if contact else "", place="Dijon",
        )  # fmt: skip
        asked = min(now, now + timedelta(days=days)) - timedelta(days=21)
        with unheard():
            _make(draft, state, asked, now)


def _period(calendar: OpenDays, today: date, days: int, halves: int) -> Period:
    """So many half-days, from the first open day on or after that one."""
    day = today + timedelta(days=days)
    while not calendar.is_open(day):
        day += timedelta(days=1)
    first = HalfDay(day, Half.AM)
    last = first.plus(halves - 1)
    while not calendar.is_open(last.date):
        last = last.plus(2)
    return Period(first, last)


def _make(draft: LoanDraft, state: str, asked: datetime, now: datetime) -> None:
    if state in {"asked", "refused"}:
        made = ask_loan(draft, by=SYSTEM, now=asked)
        if state == "refused":
            move_loan(
                made.id, LoanMove.REFUSE, by=SYSTEM, now=asked + timedelta(days=1), refusal=LoanRefusal.TOO_SOON,
                note="Toutes nos boîtes partent au forum cette semaine-là.",
            )  # fmt: skip
        return
    made = enter_loan(draft, by=SYSTEM, now=asked)
    if state == "cancelled":
        move_loan(
            made.id, LoanMove.CANCEL, by=SYSTEM, now=asked + timedelta(days=2), reason=LoanCancel.BORROWER_CHANGED
        )
    if state in {"approved", "cancelled"}:
        return
    loan = get_loan(made.id)
    signed = asked + timedelta(days=3)
    agree_loan(made.id, name=loan.contact_name or OUR_NAME, how=AcceptedHow.PAPER, by=SYSTEM, now=signed)
    if state != "agreed":
        _lend(loan, state, now)


def _lend(loan: LoanRow, state: str, now: datetime) -> None:
    """Out, back with a locker less, checked, closed."""
    box, theirs = loan.loan_boxes[0], loan.contact_name or "Accueil"
    out_at = min(now - timedelta(hours=3), _at(loan.from_date, now))
    full = _counts(loan, short=False)
    hand_over(loan.id, box.box_id, given_by=OUR_NAME, given_to=theirs, counts=full, by=SYSTEM, now=out_at)
    if state == "out":
        return
    back_at = min(now - timedelta(hours=2), _at(loan.to_date, now))
    short = state in {"returned", "checked"}
    take_back(
        loan.id, box.box_id, given_by=theirs, given_to=OUR_NAME, counts=_counts(loan, short=short),
        note="Un objet manque au retour." if short else "", by=SYSTEM, now=back_at,
    )  # fmt: skip
    if state == "returned":
        return
    condition = BoxCondition.INCOMPLETE if state == "checked" else BoxCondition.READY
    found = CheckDraft(condition, _counts(loan, short=short))
    check_box(loan.id, box.box_id, found, by=SYSTEM, now=min(now - timedelta(hours=1), back_at + timedelta(days=1)))


def _at(day: date, now: datetime) -> datetime:
    return now + timedelta(days=(day - now.date()).days)


def _counts(loan: LoanRow, *, short: bool) -> tuple[CountDraft, ...]:
    """All there; `short`: of the first thing one is missing."""
    contents = list_contents(get_box(loan.organiser_id, loan.loan_boxes[0].code))
    return tuple(
        CountDraft(
            max(0, content.expected - (short and at == 0)), item_id=content.item_id,
            box_item_id=None if content.item_id else content.box_item_id,
        )
        for at, content in enumerate(contents)
    )  # fmt: skip
