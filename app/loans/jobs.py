"""Work of loans: agreements are made, reminders leave, names go. Importing this registers their mails."""

from contextlib import suppress
from datetime import timedelta

from app.core.errors import MoveNotAllowed
from app.core.transaction import end_reading, transaction
from app.documents.agreement_pdf import agreement_pdf
from app.jobs.errors import TryLater
from app.jobs.registry import JobContext, handler, periodic
from app.loans import mails
from app.loans.enums import LoanState
from app.loans.errors import LoanChanged, LoanNotFound
from app.loans.notifications import AGREEMENT_JOB
from app.loans.operations.agreements import store_agreement
from app.loans.operations.forgetting import forget_names, forget_outages, list_to_forget
from app.loans.operations.forgetting_people import forget_facilitator, list_facilitators_to_forget
from app.loans.operations.reminding import list_to_remind, remind
from app.loans.papers import agreement_document
from app.loans.queries import get_loan, latest_agreement_number
from app.resources.calendars import lending_zone

MAILS = mails.__name__
FIRST_HOUR, LAST_HOUR = 8, 20
"""Between these hours of the organiser's day reminders leave."""


@handler(AGREEMENT_JOB)
def make_agreement(context: JobContext) -> None:
    """Typeset the agreement outside of any transaction and keep it. Done twice, it makes one.

    `after` is the number of the agreement that was there when the loan changed: a later one was made of the loan as it is now,
    for it is kept only of a loan that did not change since it was read.
    """
    now, after = context.now(), int(context.payload["after"])
    try:
        loan = get_loan(int(context.payload["loan_id"]))
    except LoanNotFound:
        return
    if loan.state is not LoanState.APPROVED or (latest_agreement_number(loan.id) or 0) != after:
        return
    document = agreement_document(loan, after + 1, now)
    end_reading()
    content = agreement_pdf(document)
    try:
        with transaction():
            store_agreement(loan.id, content, after + 1, revision=loan.revision, now=now)
    except LoanChanged as error:
        raise TryLater(str(error)) from error


@periodic("loans.remove_names", every=timedelta(days=1))
def remove_names(context: JobContext) -> None:
    """Names of loans and facilitators go when their organiser’s time is over, each in a transaction of its own.

    So do the notes of outages, all in one.
    """
    now = context.now()
    for loan_id in list_to_forget(now):
        with suppress(MoveNotAllowed), transaction():  # fetched meanwhile, or put off to other days
            forget_names(loan_id, now=now)
    for organiser_id, facilitator_id in list_facilitators_to_forget(now):
        with transaction():
            forget_facilitator(facilitator_id, organiser_id=organiser_id, now=now)
    with transaction():
        forget_outages(now)


@periodic("loans.remind", every=timedelta(hours=1))
def send_reminders(context: JobContext) -> None:
    """By day, each loan in a transaction of its own."""
    now = context.now()
    if not FIRST_HOUR <= now.astimezone(lending_zone()).hour < LAST_HOUR:
        return
    for loan_id in list_to_remind(now):
        with transaction():
            remind(loan_id, now=now)
