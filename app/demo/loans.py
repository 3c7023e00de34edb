"""Loans of the demo: each state that a loan can be in, around today."""

from datetime import date, datetime, timedelta

from app.boxes.enums import BoxCondition, OutReason
from app.boxes.operations.boxes import put_out_of_service, set_in_service
from app.boxes.queries import get_box, get_scenario, list_contents, list_facilitators
from app.core.actor import SYSTEM
from app.documents.agreement_pdf import agreement_pdf
from app.loans.drafts import CheckDraft, CountDraft, LoanDraft
from app.loans.enums import AcceptedHow, LoanCancel, LoanMove, LoanPurpose, LoanRefusal, LoanState
from app.loans.happenings import unheard
from app.loans.operations import agree_loan, ask_loan, check_box, enter_loan, hand_over, move_loan, take_back
from app.loans.operations.agreements import store_agreement
from app.loans.papers import agreement_document
from app.loans.queries import LoanFilter, LoanRow, get_loan, list_loans
from app.resources.calendars import OpenDays, lending_zone, open_days
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, Period, half_day_at
from app.structures.queries import list_known

# Days from today to the first open day, half-days, scenario, the borrower's name, players, how far it went.
LOANS = (
    (-230, 4, "SANTE-2", "Centre social", 12, "closed"),
    (-212, 2, "SOFT", "Formation Val", 18, "closed"),
    (-190, 4, "SANTE-1", "Mission Locale", 11, "checked"),
    (-160, 6, "MAINT", "Formation Val", 15, "closed"),
    (-141, 2, "SOFT", "Moutarderie", 24, "closed"),
    (-118, 4, "SANTE-3", "Centre social", 9, "closed"),
    (-96, 2, "SANTE-1", "Mission Locale", 12, "not_collected"),
    (-75, 4, "SOFT", "Centre social", 14, "closed"),
    (-58, 4, "MAINT", "Moutarderie", 12, "closed"),
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
# Box, days ago that it was put out of service, days ago that it came back, why.
OUTAGES = (
    ("SOFT-C", 105, 91, OutReason.BROKEN, "Serrure du coffret forcée"),
    ("MAINT-C", 50, 44, OutReason.CLEANING, ""),
)
OUR_NAME = "Inès Roux"


def make_loans(organiser_id: int, *, now: datetime) -> None:
    """Loans through the operations that everybody uses, each at the moments at which it went on. Nobody is written to."""
    today = half_day_at(now, lending_zone()).date
    calendar = open_days(organiser_id, today, today)
    people = list_facilitators(organiser_id)
    known = list_known(organiser_id)
    for days, halves, code, name, players, state in LOANS:
        structure = next((s for s in known if s.name.startswith(name) and s.commune), None)  # its contact is known
        if structure is None:
            continue
        scenario = get_scenario(organiser_id, code)
        own = [p for p in people if p.structure_id in {structure.id, None} and code in p.valid_codes(today)]
        contact = next((p for p in people if p.structure_id == structure.id), None)
        draft = LoanDraft(
            scenario.id, 1, _period(calendar, today, days, halves), structure.id, LoanPurpose.JOB_SEEKERS, players,
            tuple(p.id for p in own[:2]), contact_name=contact.name if contact else "",
            email=contact.email if contact else "", place="Dijon",
        )  # fmt: skip
        asked = min(now, now + timedelta(days=days)) - timedelta(days=21)
        with unheard():
            _make(draft, state, asked, now)
    _make_outages(organiser_id, now)
    _break_one(organiser_id, now)


def _break_one(organiser_id: int, now: datetime) -> None:
    """A box that is promised was found broken this morning: somebody settles who gets which box now."""
    soft, today = get_scenario(organiser_id, "SOFT"), half_day_at(now, lending_zone()).date
    wanted = LoanFilter(states=frozenset({LoanState.APPROVED}), scenario_id=soft.id)
    for loan in list_loans(organiser_id, wanted).loans[:1]:
        put_out_of_service(
            loan.loan_boxes[0].box_id, OutReason.BROKEN, until=today + timedelta(days=20),
            note="Serrure du coffret faussée", organiser_id=organiser_id, today=today, by=SYSTEM, now=now,
        )  # fmt: skip


def _make_outages(organiser_id: int, now: datetime) -> None:
    """Boxes that were out of service once, and are in use again."""
    for code, days, back, reason, note in OUTAGES:
        box, began = get_box(organiser_id, code), now - timedelta(days=days)
        put_out_of_service(
            box.id, reason, until=None, note=note, organiser_id=organiser_id,
            today=began.astimezone(lending_zone()).date(), by=SYSTEM, now=began,
        )  # fmt: skip
        set_in_service(box.id, organiser_id=organiser_id, by=SYSTEM, now=now - timedelta(days=back))


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
    loan = get_loan(made.id)
    if state in {"approved", "agreed", "out"}:
        content = agreement_pdf(agreement_document(loan, 1, asked))
        store_agreement(loan.id, content, 1, revision=loan.revision, now=asked)
    if state in {"approved", "cancelled"}:
        return
    signed = asked + timedelta(days=3)
    agree_loan(made.id, name=loan.contact_name or OUR_NAME, how=AcceptedHow.PAPER, by=SYSTEM, now=signed)
    if state == "not_collected":
        move_loan(made.id, LoanMove.NOT_COLLECTED, by=SYSTEM, now=_at(draft.period.last.date, now))
    elif state != "agreed":
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
        note="Un objet manque au retour." if short else "", players_counted=_played(loan), by=SYSTEM, now=back_at,
    )  # fmt: skip
    if state == "returned":
        return
    condition = BoxCondition.INCOMPLETE if state == "checked" else BoxCondition.READY
    found = CheckDraft(condition, _counts(loan, short=short))
    check_box(loan.id, box.box_id, found, by=SYSTEM, now=min(now - timedelta(hours=1), back_at + timedelta(days=1)))


def _played(loan: LoanRow) -> int | None:
    """Somewhat fewer than announced; of every fourth loan nobody says."""
    return None if loan.id % 4 == 0 or loan.players is None else max(1, loan.players - loan.id % 3)


def _at(day: date, now: datetime) -> datetime:
    return now + timedelta(days=(day - half_day_at(now, lending_zone()).date).days)


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
