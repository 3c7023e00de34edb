"""The mails about loans, made when they go out: what is no longer so is told to nobody."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from app.boxes.enums import OutReason
from app.core.i18n import N_, Locale, format_date_by, translate
from app.core.urls import absolute
from app.loans.agreements import agreement_content, list_agreements
from app.loans.enums import LoanCancel, LoanRefusal, LoanState, ReminderKind
from app.loans.errors import LoanNotFound
from app.loans.findings import Findings, LostThing, fault_words, find_findings
from app.loans.happenings import Happening
from app.loans.links import loan_path, loan_token
from app.loans.notifications import (
    AGREED_MAIL,
    APPROVED_MAIL,
    ASKED_MAIL,
    BACK_MAIL,
    CANCELLED_MAIL,
    CHANGED_MAIL,
    FOUND_MAIL,
    GIVEN_UP_MAIL,
    NOT_COLLECTED_MAIL,
    REFUSED_MAIL,
    REMINDER_MAIL,
    TEAM_MAIL,
)
from app.loans.operations.waiting import is_trusted
from app.loans.queries import LoanRow, get_loan
from app.loans.standing import Standing, find_awaited_training, standings
from app.loans.things import lent_text, lent_words
from app.loans.wanted import is_wanted
from app.loans.words import half_day_words, period_words, reason_words
from app.messages.rendering import Attachment, Mail, RenderContext, render_mail_templates, renderer
from app.resources.calendars import lending_zone
from app.resources.settings import get_settings

_LOST_WORDS = "Box %(code)s: %(thing)s, %(number)s missing of %(given)s."
_TEAM_REACHES_YOU = N_("The team gets in touch with you about it.")
_FINISHED = N_("The loan is finished. Thank you.")
_STILL_NEEDED = N_("Do you still need it? Write to us or call: we look for other days with you.")
_REMINDER_TITLES = {
    ReminderKind.B3: N_("Your boxes come back on %(day)s"),
    ReminderKind.B1: N_("Your boxes come back on %(day)s"),
    ReminderKind.A1: N_("Your boxes were expected on %(day)s"),
    ReminderKind.A7: N_("We are still waiting for your boxes of %(day)s"),
}
_BY_ITSELF = N_("As soon as somebody of yours was trained, it is accepted automatically if boxes are free.")
Said = tuple[str, Sequence[str], str]
"""A title, the mail's paragraphs, and the words of its button."""


@renderer(ASKED_MAIL)
def asked(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state is not LoanState.ASKED:
            return None
        title = translate(locale, "We received your request %(reference)s", reference=loan.reference)
        return title, _next_steps(loan, context.now, locale), translate(locale, "See my request")

    return _mail(context, say)


def _next_steps(loan: LoanRow, now: datetime, locale: Locale) -> list[str]:
    """What happens to a request: whether it waits for a training, and is accepted by itself then."""
    event = find_awaited_training(loan) if standings([loan], now).get(loan.id) is Standing.WAITS else None
    if event is None:
        return [translate(locale, "We look at it and write to you.")]
    day = format_date_by(event.day, "EEEE d MMMM y", locale)
    lines = [translate(locale, "It waits for this training: %(title)s, %(day)s.", title=event.title(locale), day=day)]
    if is_trusted(loan):
        return [*lines, translate(locale, _BY_ITSELF)]
    return [*lines, translate(locale, "As soon as somebody of yours was trained, we look at it again.")]


@renderer(APPROVED_MAIL)
def approved(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state is not LoanState.APPROVED:
            return None
        title = translate(locale, "Your loan %(reference)s is accepted", reference=loan.reference)
        lines = [_of(loan, locale, "Read the agreement and accept it: the boxes are then kept ready for you.")]
        return title, lines, translate(locale, "Read and accept the agreement")

    return _mail(context, say)


@renderer(CHANGED_MAIL)
def changed(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state not in {LoanState.ASKED, LoanState.APPROVED, LoanState.AGREED, LoanState.HANDED_OVER}:
            return None
        if context.params["what"] == Happening.BOX_SWAPPED:
            boxes = {"old": context.params["from_box"], "new": context.params["to_box"]}
            if boxes["new"] not in loan.box_codes:
                return None
            lines = [_of(loan, locale, "You get box %(new)s in place of box %(old)s: it holds the same game.", **boxes)]
        elif context.params["what"] == Happening.PEOPLE_NAMED:
            names = ", ".join(person.name for person in loan.facilitators)
            lines = [_of(loan, locale, "Other people run the game now: %(names)s.", names=names)]
        else:
            days = period_words(loan.period, locale)
            lines = [translate(locale, "The dates of your loan changed. They are now: %(days)s.", days=days)]
        if context.params.get("why"):
            lines.append(_reason(LoanCancel(context.params["why"]), loan, locale))
        to_accept = loan.state is LoanState.APPROVED
        if to_accept:
            again = any(agreement.accepted_at for agreement in list_agreements(loan.id))
            lines.append(
                translate(locale, "The agreement was made anew. Read it and accept it again.")
                if again
                else translate(locale, "The agreement was made anew. Read it and accept it.")
            )
        title = translate(locale, "Your loan %(reference)s changes", reference=loan.reference)
        accept, see = translate(locale, "Read and accept the agreement"), translate(locale, "See my loan")
        return title, lines, accept if to_accept else see

    return _mail(context, say)


@renderer(REFUSED_MAIL)
def refused(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.refusal is None:
            return None
        title = _of(loan, locale, "We cannot lend you the boxes of request %(reference)s", reference=loan.reference)
        return title, _reasons(loan.refusal, loan, locale), translate(locale, "See my request")

    return _mail(context, say)


@renderer(CANCELLED_MAIL)
def cancelled(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.cancel_reason is None:
            return None
        title = translate(locale, "Your loan %(reference)s is called off", reference=loan.reference)
        return title, _reasons(loan.cancel_reason, loan, locale), translate(locale, "See my loan")

    return _mail(context, say)


@renderer(AGREED_MAIL)
def agreed(context: RenderContext) -> Mail | None:
    """With the agreement as it was accepted; without where it was signed before its file was made."""
    files: list[Attachment] = []

    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state not in {LoanState.AGREED, LoanState.HANDED_OVER}:
            return None
        title = translate(locale, "The agreement on your loan %(reference)s is accepted", reference=loan.reference)
        when = half_day_words(loan.period.first, locale)
        lines = [_of(loan, locale, "Next: fetch the boxes on %(day)s.", day=when), *_hours(loan, locale)]
        kept = next(
            (a for a in list_agreements(loan.id) if a.accepted_at and a.number > loan.outdated_agreements), None
        )
        if kept:
            content = agreement_content(loan.id, kept.number)
            files.append(Attachment(f"convention-{loan.reference}.pdf", "application/pdf", content))
            lines.append(translate(locale, "The agreement is attached to this mail."))
        return title, lines, translate(locale, "See my loan")

    mail = _mail(context, say)
    return replace(mail, attachments=tuple(files)) if mail else None


@renderer(NOT_COLLECTED_MAIL)
def not_collected(context: RenderContext) -> Mail | None:
    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state is not LoanState.NOT_COLLECTED:
            return None
        title = translate(locale, "Your loan %(reference)s is over: nobody came", reference=loan.reference)
        lines = [
            translate(locale, "Nobody came to fetch what was kept for you. Others may have it now."),
            translate(locale, _STILL_NEEDED),
        ]
        return title, lines, translate(locale, "See my loan")

    return _mail(context, say)


@renderer(GIVEN_UP_MAIL)
def given_up(context: RenderContext) -> Mail | None:
    """Of several boxes, those that nobody came for; the others are back by then."""

    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state not in {LoanState.RETURNED, LoanState.CHECKED, LoanState.CLOSED}:
            return None
        codes, back = str(context.params["boxes"]), ", ".join(loan.box_codes)
        title = translate(
            locale, "We no longer keep %(codes)s for you: loan %(reference)s", codes=codes, reference=loan.reference
        )
        nobody = N_("Nobody came to fetch what was still kept for you: %(codes)s. Others may have it now.")
        rest = N_("Back with us: %(codes)s. You have nothing of this loan any more.")
        lines = [translate(locale, nobody, codes=codes), translate(locale, rest, codes=back)]
        return title, [*lines, translate(locale, _STILL_NEEDED)], translate(locale, "See my loan")

    return _mail(context, say)


@renderer(FOUND_MAIL)
def found(context: RenderContext) -> Mail | None:
    """What the check found missing or damaged, box by box, and what comes next."""

    def say(loan: LoanRow, locale: Locale) -> Said | None:
        findings = find_findings(loan, locale)
        if loan.state not in {LoanState.CHECKED, LoanState.CLOSED} or findings.are_none:
            return None
        comes_next = _TEAM_REACHES_YOU if loan.state is LoanState.CHECKED else _FINISHED
        lines = [
            translate(locale, "We checked what you brought back. This is what we found:"),
            *(_of(loan, locale, _LOST_WORDS, **_lost_values(lost)) for lost in findings.lost),
            *(fault_words(one, locale, game=loan.is_game) for one in findings.faulty),
            *(
                [translate(locale, "Have you found what is missing? Bring it back, or write to us.")]
                * bool(findings.lost)
            ),
            translate(locale, comes_next),
        ]
        title = translate(locale, _found_title(findings), reference=loan.reference)
        return title, lines, translate(locale, "See my loan")

    return _mail(context, say)


def _found_title(findings: Findings) -> str:
    if findings.lost:
        return N_("Your loan %(reference)s: something is missing")
    if any(one.reason is OutReason.BROKEN for one in findings.faulty):
        return N_("Your loan %(reference)s: something is damaged")
    return N_("Your loan %(reference)s: what the check found")


def _lost_values(lost: LostThing) -> dict[str, object]:
    return {"code": lost.code, "thing": lost.name, "number": lost.number, "given": lost.given}


@renderer(BACK_MAIL)
def back(context: RenderContext) -> Mail | None:
    """That all is back and nothing is asked of the borrower any more."""

    def say(loan: LoanRow, locale: Locale) -> Said | None:
        if loan.state is not LoanState.CLOSED or not find_findings(loan).are_none:
            return None
        title = translate(locale, "All is back: your loan %(reference)s is finished", reference=loan.reference)
        lines = [translate(locale, "We checked what you brought back: nothing of it is missing. Thank you.")]
        return title, lines, translate(locale, "See my loan")

    return _mail(context, say)


@renderer(TEAM_MAIL)
def for_team(context: RenderContext) -> Mail | None:
    """A request that came in, for those who decide on it."""
    try:
        loan = get_loan(int(context.params["loan_id"]))
    except LoanNotFound:
        return None
    if loan.state not in {LoanState.ASKED, LoanState.APPROVED}:
        return None
    locale, waits = context.locale, loan.state is LoanState.ASKED
    title = N_("Request for a loan: %(borrower)s") if waits else N_("Loan accepted at once: %(borrower)s")
    title = translate(locale, title, borrower=loan.structure_name)
    kept = lent_text("This borrower is trusted: boxes are kept.", game=loan.is_game)
    todo = N_("Look at it, then accept or decline it.") if waits else kept
    title, text, html = render_mail_templates(
        "loans/team",
        locale,
        organiser_id=context.organiser_id,
        heading=title,
        lines=[translate(locale, todo)],
        game=loan.is_game,
        scenario=f"{loan.scenario_code} · {loan.scenario_title(locale)}",
        boxes=", ".join(loan.box_codes) or str(loan.boxes),
        days=period_words(loan.period, locale),
        structure=loan.structure_name,
        reference=loan.reference,
        who=", ".join(filter(None, (loan.contact_name, loan.email))),
        link=absolute(f"/manage/boxes/loans/{loan.reference}"),
        action=translate(locale, "See the request"),
    )
    return Mail(title, text, html, reply_to=loan.email or None)


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
        title = _of(loan, locale, _REMINDER_TITLES[ReminderKind(context.params["kind"])], day=day)
        codes = ", ".join(box.code for box in loan.loan_boxes if box.is_away)
        when = half_day_words(loan.period.last, locale)
        lines = [
            _of(loan, locale, "Boxes with you: %(codes)s. Agreed return: %(when)s.", codes=codes, when=when),
            *_hours(loan, locale),
            *([translate(locale, "Others count on them.")] if is_wanted(loan, today) else []),
            translate(locale, "Tell us on which day you bring them back."),
        ]
        return title, lines, translate(locale, "Say when I bring them back")

    return _mail(context, say)


def _hours(loan: LoanRow, locale: Locale) -> list[str]:
    settings = get_settings(loan.organiser_id)
    hours = settings.hours_en if locale == "en" and settings.hours_en else settings.hours_fr
    return [translate(locale, "When we are there: %(hours)s", hours=hours)] if hours else []


def _of(loan: LoanRow, locale: Locale, text: str, **values: object) -> str:
    """What is said of boxes, in the words of what this loan lends."""
    return lent_words(locale, text, game=loan.is_game, **values)


def _reason(coded: LoanRefusal | LoanCancel, loan: LoanRow, locale: Locale) -> str:
    return translate(locale, "The reason: %(reason)s.", reason=reason_words(coded, locale, game=loan.is_game))


def _reasons(coded: LoanRefusal | LoanCancel, loan: LoanRow, locale: Locale) -> list[str]:
    return list(filter(None, [_reason(coded, loan, locale), loan.reason_note]))


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
        game=loan.is_game,
        scenario=loan.scenario_title(context.locale),
        boxes=", ".join(loan.box_codes) or str(loan.boxes),
        days=period_words(loan.period, context.locale),
        structure=loan.structure_name,
        reference=loan.reference,
        link=absolute(loan_path(loan_token(loan.organiser_id, loan.reference))),
        action=action,
    )
    return Mail(title, text, html)
