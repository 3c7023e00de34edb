"""The mails about loans, made when they go out: what is no longer so is told to nobody."""

from collections.abc import Callable, Sequence
from datetime import date

from app.core.i18n import N_, Locale, format_date_by, translate
from app.core.urls import absolute
from app.loans.enums import LoanState, ReminderKind
from app.loans.errors import LoanNotFound
from app.loans.happenings import Happening
from app.loans.links import loan_path, loan_token
from app.loans.notifications import (
    APPROVED_MAIL,
    ASKED_MAIL,
    CANCELLED_MAIL,
    CHANGED_MAIL,
    REFUSED_MAIL,
    REMINDER_MAIL,
)
from app.loans.queries import LoanRow, get_loan
from app.loans.words import CANCEL_WORDS, REFUSAL_WORDS, half_day_words, period_words
from app.messages.rendering import Mail, RenderContext, render_mail_templates, renderer
from app.resources.calendars import lending_zone

_REMINDER_TITLES = {
    ReminderKind.B3: N_("Your boxes come back on %(day)s"),
    ReminderKind.B1: N_("Your boxes come back on %(day)s"),
    ReminderKind.A1: N_("Your boxes were expected on %(day)s"),
    ReminderKind.A7: N_("We are still waiting for your boxes of %(day)s"),
}
Said = tuple[str, Sequence[str], str]
"""A title, the mail's paragraphs, and the words of its button."""


@renderer(ASKED_MAIL)
def asked(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state is not LoanState.ASKED:
            return None
        title = translate(locale, "We received your request %(reference)s", reference=loan.reference)
        return title, [translate(locale, "We look at it and write to you.")], translate(locale, "See my request")

    return _mail(context, say)


@renderer(APPROVED_MAIL)
def approved(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state is not LoanState.APPROVED:
            return None
        title = translate(locale, "Your loan %(reference)s is accepted", reference=loan.reference)
        lines = [translate(locale, "Read the agreement and accept it: the boxes are then kept ready for you.")]
        return title, lines, translate(locale, "Read and accept the agreement")

    return _mail(context, say)


@renderer(CHANGED_MAIL)
def changed(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state not in {LoanState.ASKED, LoanState.APPROVED, LoanState.AGREED, LoanState.HANDED_OVER}:
            return None
        if context.params["what"] == Happening.BOX_SWAPPED:
            boxes = {"old": context.params["from_box"], "new": context.params["to_box"]}
            lines = [translate(locale, "You get box %(new)s in place of box %(old)s: it holds the same game.", **boxes)]
        else:
            days = period_words(loan.period, locale)
            lines = [translate(locale, "The dates of your loan changed. They are now: %(days)s.", days=days)]
        to_accept = loan.state is LoanState.APPROVED
        if to_accept:
            lines.append(translate(locale, "The agreement was made anew. Read it and accept it again."))
        title = translate(locale, "Your loan %(reference)s changes", reference=loan.reference)
        accept, see = translate(locale, "Read and accept the agreement"), translate(locale, "See my loan")
        return title, lines, accept if to_accept else see

    return _mail(context, say)


@renderer(REFUSED_MAIL)
def refused(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.refusal is None:
            return None
        title = translate(locale, "We cannot lend you the boxes of request %(reference)s", reference=loan.reference)
        return title, _reason(REFUSAL_WORDS[loan.refusal], loan, locale), translate(locale, "See my request")

    return _mail(context, say)


@renderer(CANCELLED_MAIL)
def cancelled(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.cancel_reason is None:
            return None
        title = translate(locale, "Your loan %(reference)s is called off", reference=loan.reference)
        return title, _reason(CANCEL_WORDS[loan.cancel_reason], loan, locale), translate(locale, "See my loan")

    return _mail(context, say)


@renderer(REMINDER_MAIL)
def reminder(context: RenderContext) -> Mail | None:
    """None when the boxes are back, the date changed, or the borrower answered meanwhile."""
    today = context.now.astimezone(lending_zone()).date()

    def say(loan: LoanRow, locale: Locale) -> Said | None:
        answered = loan.promised_on is not None and today <= loan.promised_on
        stale = loan.to_date != date.fromisoformat(context.params["for_date"])
        if loan.state is not LoanState.HANDED_OVER or answered or stale:
            return None
        day = format_date_by(loan.to_date, "EEEE d MMMM", locale)
        title = translate(locale, _REMINDER_TITLES[ReminderKind(context.params["kind"])], day=day)
        codes = ", ".join(box.code for box in loan.loan_boxes if box.is_away)
        when = half_day_words(loan.period.last, locale)
        lines = [
            translate(locale, "Boxes with you: %(codes)s. Agreed return: %(when)s.", codes=codes, when=when),
            translate(locale, "Others count on them. Tell us on which day you bring them back."),
        ]
        return title, lines, translate(locale, "Say when I bring them back")

    return _mail(context, say)


def _reason(words: str, loan: LoanRow, locale: Locale) -> list[str]:
    lines = [translate(locale, "The reason: %(reason)s.", reason=translate(locale, words))]
    return [*lines, loan.reason_note] if loan.reason_note else lines


def _mail(context: RenderContext, say: Callable[[LoanRow, Locale], Said | None]) -> Mail | None:
    try:
        loan = get_loan(int(context.params["loan_id"]))
    except LoanNotFound:
        return None
    said = say(loan, context.locale)
    if said is None:
        return None
    heading, lines, action = said
    title, text, html = render_mail_templates(
        "loans/loan",
        context.locale,
        organiser_id=context.organiser_id,
        heading=heading,
        name=loan.contact_name,
        lines=lines,
        scenario=loan.scenario_title(context.locale),
        boxes=", ".join(loan.box_codes) or str(loan.boxes),
        days=period_words(loan.period, context.locale),
        structure=loan.structure_name,
        reference=loan.reference,
        link=absolute(loan_path(loan_token(loan.organiser_id, loan.reference))),
        action=action,
    )
    return Mail(title, text, html)
