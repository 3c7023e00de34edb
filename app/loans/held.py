"""What is held about whoever borrowed, for their own eyes: loans that they asked for, are reached for or are to run.

One may be reached for what a colleague asked for: each is told what is theirs, and nobody else's name, words or secrets.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select

from app.boxes.models import Facilitator
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.text import fold
from app.core.urls import absolute
from app.events.models import Event
from app.loans.links import loan_path, loan_token
from app.loans.models import Loan, LoanAgreement, LoanFacilitator, LoanReminder
from app.loans.queries import LoanBoxRow, LoanRow, list_loans_by_id
from app.resources.halfdays import HalfDay
from app.structures.held import mails_of
from app.structures.models import StructureContact
from app.structures.queries import ContactRow

TIMES = ("asked_at", "approved_at", "agreed_at", "handed_over_at", "returned_at", "checked_at", "ended_at")


@dataclass(frozen=True)
class Reader:
    """To whom it is told. `files` is the path of agreements, with `%(reference)s` and `%(number)d` in it."""

    contact_id: int | None
    name: str
    email: str
    files: str
    facilitator_ids: frozenset[int] = frozenset()

    def asked(self, loan: LoanRow) -> bool:
        """Whether what was typed freely with the request is theirs."""
        return loan.contact_id is None or loan.contact_id == self.contact_id

    def is_reached(self, loan: LoanRow) -> bool:
        """Whether the loan's name, mail and telephone are theirs: also under the address that they had when they asked."""
        if not loan.email:
            return self.asked(loan)
        same = loan.contact_id is not None and loan.contact_id == self.contact_id
        return loan.email.lower() == self.email.lower() or (same and fold(loan.contact_name) == fold(self.name))


@dataclass(frozen=True)
class _Beside:
    """What stands beside the loans, by the loan's id."""

    agreements: dict[int, list[Any]]
    reminders: dict[int, list[Any]]
    history: dict[int, list[dict[str, str]]]
    trainings: dict[int, dict[str, Any]]


def of_contact(contact_id: int, structure_id: int, email: str) -> ColumnElement[bool]:
    """Loans that a contact asked for: as a contact, or by the same mail address for the same structure.

    Where several contacts share one address, what each asked for is theirs alone.
    """
    if not email:
        return Loan.contact_id == contact_id
    by_mail = (Loan.structure_id == structure_id) & (func.lower(Loan.email) == email.lower())
    sharing = exists().where(
        StructureContact.id == Loan.contact_id,
        StructureContact.id != contact_id,
        StructureContact.mail_key == email.lower(),
    )
    return or_(Loan.contact_id == contact_id, by_mail & ~sharing)


def tell_loans(contact: ContactRow) -> dict[str, Any]:
    """`loans` they asked for or are reached for; `loans_to_run`: those of others that they are named on as facilitator."""
    people = _facilitators(contact.organiser_id, contact.email.lower())
    mine = _ids(of_contact(contact.id, contact.structure_id, contact.email), Loan.organiser_id == contact.organiser_id)
    running = _ids(Loan.id.in_(select(LoanFacilitator.loan_id).where(LoanFacilitator.facilitator_id.in_(people))))
    found = list_loans_by_id({*mine, *running})
    return {
        "loans": _records([found[i] for i in mine], _reader(contact, people)),
        "loans_to_run": [_outline(found[i]) for i in running if i not in set(mine)],
    }


def tell_loan(loan: LoanRow) -> dict[str, Any]:
    """One loan, to whoever has its link; with the mails about it that went to its borrower."""
    link = loan_path(loan_token(loan.organiser_id, loan.reference))
    people = _facilitators(loan.organiser_id, loan.email.lower())
    reader = Reader(loan.contact_id, loan.contact_name, loan.email, f"{link}/agreement.pdf?number=%(number)d", people)
    (told,) = _records([loan], reader)
    return {
        **told,
        "structure": {"name": loan.structure_name, "commune": loan.structure_commune},
        "mails": mails_of(loan.email, loan.organiser_id, f"loan:{loan.id}"),
    }


def may_read_agreements(contact: ContactRow, loan: LoanRow) -> bool:
    """Whether a loan is among the contact's own, and it is they whom its agreements name."""
    mine = of_contact(contact.id, contact.structure_id, contact.email)
    reached = _reader(contact, frozenset()).is_reached(loan)
    return reached and bool(_ids(mine, Loan.id == loan.id, Loan.organiser_id == contact.organiser_id))


def _reader(contact: ContactRow, people: frozenset[int]) -> Reader:
    files = "/my/data/loans/%(reference)s/agreement-%(number)d.pdf"
    return Reader(contact.id, contact.name, contact.email, files, people)


def _records(loans: Sequence[LoanRow], reader: Reader) -> list[dict[str, Any]]:
    """What each loan holds of the reader. Four statements."""
    beside = _beside(loans)
    return [_record(loan, reader, beside) for loan in loans]


def _record(loan: LoanRow, reader: Reader, beside: _Beside) -> dict[str, Any]:
    asked, reached = reader.asked(loan), reader.is_reached(loan)
    contact = {"name": loan.contact_name, "email": loan.email, "phone": loan.phone}
    return {
        **_outline(loan),
        "boxes": loan.boxes,
        "contact": contact if reached else None,
        "locale": loan.locale,
        "purpose": loan.purpose.value,
        "purpose_note": loan.purpose_note if asked else None,
        "players": loan.players,
        "players_counted": loan.players_counted,
        "place": loan.place,
        "notes": loan.notes if asked else None,
        "runs_it": any(person.id in reader.facilitator_ids for person in loan.facilitators),
        "waits_for": beside.trainings.get(loan.waits_for_event_id or 0),
        "promised_on": loan.promised_on.isoformat() if loan.promised_on else None,
        "refusal": loan.refusal.value if loan.refusal else None,
        "cancel_reason": loan.cancel_reason.value if loan.cancel_reason else None,
        "reason_note": loan.reason_note,
        **{name: _time(getattr(loan, name)) for name in TIMES},
        "names_removed_at": _time(loan.names_removed_at),
        "handed_over": [_box(box, reader) for box in (*loan.loan_boxes, *loan.former_boxes)],
        "agreements": [_agreement(loan, row, reader) for row in beside.agreements.get(loan.id, ())],
        "reminders": [_reminder(row) for row in beside.reminders.get(loan.id, ())] if reached else [],
        "history": beside.history.get(loan.id, []),
    }


def _outline(loan: LoanRow) -> dict[str, Any]:
    """Which loan it is."""
    return {
        "reference": loan.reference,
        "scenario": {
            "code": loan.scenario_code,
            "title": {"fr": loan.scenario_title_fr, "en": loan.scenario_title_en},
        },
        "state": loan.state.value,
        "from": _half(loan.period.first),
        "to": _half(loan.period.last),
    }


def _half(day: HalfDay) -> dict[str, str]:
    return {"date": day.date.isoformat(), "half": day.half.value}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _box(box: LoanBoxRow, reader: Reader) -> dict[str, str | None]:
    """A box of the loan; whoever fetched it and brought it back is named where it was the reader."""

    return {
        "box": box.code,
        "handed_over_at": _time(box.handed_over_at),
        "handed_over_to": _own(box.handed_over_to, reader),
        "returned_at": _time(box.returned_at),
        "returned_by": _own(box.returned_by, reader),
    }


def _own(name: str, reader: Reader) -> str | None:
    """A name that somebody wrote, where it is the reader's."""
    return name if name and fold(name) == fold(reader.name) else None


def _agreement(loan: LoanRow, row: Any, reader: Reader) -> dict[str, Any]:
    """Who accepted it is told to whom the loan reaches, and to themselves. The file itself says whom the loan reaches, its
    use, place and facilitators as they were then: it is for that reader alone.
    """
    reached = reader.is_reached(loan)
    url = absolute(reader.files % {"reference": loan.reference, "number": row.number})
    return {
        "number": row.number,
        "made_at": row.made_at.isoformat(),
        "in_force": row.number > loan.outdated_agreements,
        "accepted_at": _time(row.accepted_at),
        "accepted_by": (row.accepted_name or None) if reached else _own(row.accepted_name, reader),
        "accepted_how": row.accepted_how.value if row.accepted_how else None,
        "sha256": row.sha256,
        "url": url if reached else None,
    }


def _reminder(row: Any) -> dict[str, str | None]:
    return {
        "kind": row.kind.value,
        "for_date": row.for_date.isoformat(),
        "sent_at": row.sent_at.isoformat(),
        "answered_at": _time(row.answered_at),
    }


def _beside(loans: Sequence[LoanRow]) -> _Beside:
    ids = [loan.id for loan in loans]
    agreements = select(
        LoanAgreement.loan_id, LoanAgreement.number, LoanAgreement.made_at, LoanAgreement.sha256,
        LoanAgreement.accepted_at, LoanAgreement.accepted_name, LoanAgreement.accepted_how,
    ).where(LoanAgreement.loan_id.in_(ids)).order_by(LoanAgreement.number)  # fmt: skip
    reminders = select(
        LoanReminder.loan_id, LoanReminder.kind, LoanReminder.for_date, LoanReminder.sent_at, LoanReminder.answered_at
    ).where(LoanReminder.loan_id.in_(ids)).order_by(LoanReminder.id)  # fmt: skip
    wanted = {loan.waits_for_event_id for loan in loans if loan.waits_for_event_id is not None}
    events = db.session.execute(
        select(Event.id, Event.slug, Event.title_fr, Event.title_en).where(
            Event.id.in_(wanted), Event.deleted_at.is_(None)
        )
    )
    trainings = {row.id: {"slug": row.slug, "title": {"fr": row.title_fr, "en": row.title_en}} for row in events}
    return _Beside(_by_loan(agreements), _by_loan(reminders), _history(ids), trainings)


def _by_loan(statement: Any) -> dict[int, list[Any]]:
    found = defaultdict[int, list[Any]](list)
    for row in db.session.execute(statement):
        found[row.loan_id].append(row)
    return found


def _history(ids: Collection[int]) -> dict[int, list[dict[str, str]]]:
    """What happened to each, oldest first; who did it is not told."""
    subjects = {f"loan:{i}": i for i in ids}
    found = defaultdict[int, list[dict[str, str]]](list)
    rows = db.session.execute(
        select(AuditEntry.subject, AuditEntry.at, AuditEntry.verb)
        .where(AuditEntry.subject.in_(subjects))
        .order_by(AuditEntry.id)
    )
    for row in rows:
        found[subjects[row.subject]].append({"at": row.at.isoformat(), "what": row.verb})
    return found


def _facilitators(organiser_id: int, mail_key: str) -> frozenset[int]:
    known = select(Facilitator.id).where(Facilitator.organiser_id == organiser_id, Facilitator.mail_key == mail_key)
    return frozenset(db.session.execute(known).scalars()) if mail_key else frozenset()


def _ids(*conditions: ColumnElement[bool]) -> list[int]:
    statement = select(Loan.id).where(*conditions).order_by(Loan.from_date, Loan.id)
    return list(db.session.execute(statement).scalars())
