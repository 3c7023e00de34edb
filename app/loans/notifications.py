"""What borrowers are told of their loans, beside each change and in its transaction; agreements are made after it."""

from datetime import datetime
from typing import Any

from app.accounts.queries import get_organiser, list_members
from app.accounts.rules import Ability, roles_with
from app.core.actor import ActorKind
from app.jobs.operations import enqueue
from app.loans.enums import LoanState, ReminderKind
from app.loans.findings import find_findings
from app.loans.happenings import Happened, Happening, on_happening
from app.loans.queries import LoanRow, get_loan, latest_agreement_number
from app.messages.operations import NewMail, queue_message, queue_messages
from app.messages.queries import list_messages

AGREEMENT_JOB = "loans.make_agreement"
ASKED_MAIL = "loans.asked"
APPROVED_MAIL = "loans.approved"
CHANGED_MAIL = "loans.changed"
REFUSED_MAIL = "loans.refused"
CANCELLED_MAIL = "loans.cancelled"
AGREED_MAIL = "loans.agreed"
NOT_COLLECTED_MAIL = "loans.not_collected"
FOUND_MAIL = "loans.found"
BACK_MAIL = "loans.back"
GIVEN_UP_MAIL = "loans.given_up"
REMINDER_MAIL = "loans.reminder"
TEAM_MAIL = "loans.for_team"
_MAILS = {
    Happening.APPROVED: APPROVED_MAIL,
    Happening.REFUSED: REFUSED_MAIL,
    Happening.CANCELLED: CANCELLED_MAIL,
    Happening.AGREED: AGREED_MAIL,
    Happening.NOT_COLLECTED: NOT_COLLECTED_MAIL,
}
_CHANGES = frozenset({Happening.DATES_CHANGED, Happening.BOX_SWAPPED})


@on_happening
def follow(happened: Happened) -> None:
    """Queue what follows. The agreement is typeset by a job, so its mail leaves with a link at which it is a moment later."""
    loan = get_loan(happened.loan_id)
    if happened.new_agreement:
        payload = {"loan_id": loan.id, "after": latest_agreement_number(loan.id) or 0}
        enqueue(AGREEMENT_JOB, payload, now=happened.now, subject=f"loan:{loan.id}", organiser_id=loan.organiser_id)
    if happened.what in _CHANGES or (happened.what is Happening.PEOPLE_NAMED and happened.new_agreement):
        swapped = {"from_box": happened.from_box, "to_box": happened.to_box}
        why = happened.why.value if happened.why else ""
        tell(loan, CHANGED_MAIL, now=happened.now, what=happened.what.value, why=why, **swapped)
    elif happened.what in _MAILS:
        tell(loan, _MAILS[happened.what], now=happened.now)
    elif happened.what is Happening.ASKED and happened.by.kind is ActorKind.VISITOR:
        tell(loan, ASKED_MAIL, now=happened.now)
        _tell_team(loan, happened.now)
    elif happened.what is Happening.BOX_GIVEN_UP:
        tell(loan, GIVEN_UP_MAIL, now=happened.now, boxes=happened.from_box)
    elif (happened.what is Happening.CHECKED and loan.state is LoanState.CHECKED) or happened.what is Happening.CLOSED:
        _tell_checked(loan, happened)


def _tell_checked(loan: LoanRow, happened: Happened) -> None:
    """One mail on each loan: what is missing or damaged once all its boxes are checked, else, when it ends, that all is back."""
    are_none = find_findings(loan).are_none
    if happened.what is Happening.CHECKED:
        if not are_none:
            tell(loan, FOUND_MAIL, now=happened.now)
    elif are_none and all(mail.template != FOUND_MAIL for mail in list_messages(subject=f"loan:{loan.id}")):
        tell(loan, BACK_MAIL, now=happened.now)


def tell(loan: LoanRow, template: str, *, now: datetime, **params: Any) -> None:
    """Queue a mail to the borrower; without an address there is nobody to write to."""
    if loan.email:
        queue_message(
            template=template,
            subject=f"loan:{loan.id}",
            recipient=loan.email,
            locale=loan.locale,
            params={"loan_id": loan.id, **params},
            organiser_id=loan.organiser_id,
            now=now,
        )


def _tell_team(loan: LoanRow, now: datetime) -> None:
    """A request came in: to the organiser's address; without one, to its members who lend."""
    address = get_organiser(loan.organiser_id).email
    lending = roles_with(Ability.LENDING)
    members = [] if address else list_members(loan.organiser_id)
    to = [m.email for m in members if m.role in lending and (m.ends_at is None or m.ends_at > now)]
    mails = [NewMail(f"loan:{loan.id}", one, "fr", {"loan_id": loan.id}) for one in filter(None, [address, *to])]
    queue_messages(TEAM_MAIL, mails, organiser_id=loan.organiser_id, now=now)


def queue_reminder(loan: LoanRow, kind: ReminderKind, *, now: datetime) -> None:
    tell(loan, REMINDER_MAIL, now=now, kind=kind.value, for_date=loan.to_date.isoformat())
