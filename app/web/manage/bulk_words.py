"""What pages say of actions on many registrations."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.events.queries import EventRow
from app.events.queries.reasons import OF_REGISTRATIONS, lists_of_reasons
from app.registrations.bulk.planning import BulkPlan
from app.registrations.bulk.queries import BulkRow
from app.registrations.bulk.rules import BulkLine, Outcome
from app.registrations.enums import BulkKind, RegistrationStatus
from app.web.filters import number
from app.web.i18n import current_locale
from app.web.public.words import wave_name

KIND_TITLES = {
    BulkKind.MAIL: _l("Send the mail with the ticket again"),
    BulkKind.MESSAGE: _l("Write a message"),
    BulkKind.MOVE: _l("Move to another time"),
    BulkKind.CANCEL: _l("Cancel registrations"),
}
KIND_ICONS = {
    BulkKind.MAIL: "mail-forward",
    BulkKind.MESSAGE: "mail",
    BulkKind.MOVE: "clock",
    BulkKind.CANCEL: "ban",
}
REASONS = {
    Outcome.GONE: _l("This registration was deleted."),
    Outcome.NOT_YOURS: _l("The person who asked for it may not change this registration, or no longer."),
    Outcome.CANCELLED: _l("Cancelled already."),
    Outcome.LAPSED: _l("Lapsed: the place was not taken in time."),
    Outcome.OFFERED: _l("A place is offered to them and not taken yet."),
    Outcome.CAME: _l("They came: left as it is, so that your figures stay true."),
    Outcome.NO_MAIL: _l("No mail address."),
    Outcome.SAME_WAVE: _l("They have this time already."),
    Outcome.NOT_IN_WAVE: _l("They do not have the time that was to be left."),
    Outcome.NO_WAVE: _l("This time is no longer offered."),
    Outcome.WAVE_FULL: _l("Not enough places left at this time."),
    Outcome.AUDIENCE_FULL: _l("No more places for their audience at this time."),
    Outcome.QUEUE_FIRST: _l("What is free at this time is for those on the waiting list."),
    Outcome.AUDIENCE_APART: _l("At this time there is an audience that theirs is kept apart from."),
    Outcome.EVENT_FULL: _l("The event as a whole is full."),
    Outcome.CLOSED: _l("The event no longer takes changes."),
    Outcome.FORGOTTEN: _l("Their name was erased."),
    Outcome.REGISTERED_AGAIN: _l("They registered again meanwhile."),
    Outcome.CHANGED_SINCE: _l("Changed since then: left as it is."),
    Outcome.REFUSED: _l("It could not be changed."),
}


def registrations_words(count: int) -> str:
    """« 143 inscriptions »."""
    return str(ngettext("%(count)s registration", "%(count)s registrations", count, count=number(count)))


def people_words(count: int) -> str:
    """« 507 personnes »."""
    return str(ngettext("%(count)s person", "%(count)s people", count, count=number(count)))


def done_words(kind: BulkKind, count: int) -> str:
    """What was done: « 12 inscriptions annulées »."""
    n = number(count)
    if kind is BulkKind.CANCEL:
        return str(ngettext("%(n)s registration cancelled", "%(n)s registrations cancelled", count, n=n))
    if kind is BulkKind.MOVE:
        return str(ngettext("%(n)s registration moved", "%(n)s registrations moved", count, n=n))
    return str(ngettext("%(n)s mail on its way", "%(n)s mails on their way", count, n=n))


def undone_words(count: int) -> str:
    """« 12 inscriptions remises comme avant »."""
    return str(ngettext("%(n)s registration put back", "%(n)s registrations put back", count, n=number(count)))


def failed_words(count: int) -> str:
    """« 3 n’ont pas pu l’être »."""
    return str(ngettext("%(n)s could not be dealt with", "%(n)s could not be dealt with", count, n=number(count)))


def line_title(line: BulkLine, *, named: bool) -> str:
    """Who it is, or the number for who may not see names."""
    return line.contact_name if named else line.reference


def line_detail(line: BulkLine) -> str:
    """The class and the school of a group, the structure of a person."""
    return " · ".join(part for part in (line.class_label, line.organisation_name) if part)


def question_words(kind: BulkKind, plan: BulkPlan) -> tuple[str, str]:
    """What is asked before it begins, and what the button says: both with the figures."""
    n, people = registrations_words(len(plan.can)), people_words(plan.people)
    if kind is BulkKind.CANCEL:
        return _("Cancel %(n)s, %(people)s?", n=n, people=people), _("Cancel %(n)s", n=n)
    if kind is BulkKind.MOVE:
        return _("Move %(n)s, %(people)s?", n=n, people=people), _("Move %(n)s", n=n)
    mails = ngettext("%(n)s mail", "%(n)s mails", len(plan.can), n=number(len(plan.can)))
    return _("Send %(mails)s?", mails=mails), _("Send %(mails)s", mails=mails)


def consequences(row: BulkRow, plan: BulkPlan, event: EventRow) -> list[str]:
    """What happens when it begins, in short sentences."""
    if row.kind is BulkKind.MESSAGE:
        return _of_message(row, plan)
    if row.kind is BulkKind.MAIL:
        waiting = ngettext("%(num)d waits: their mail says so.", "%(num)d wait: their mail says so.", plan.waiting)
        return [_("Each person gets their ticket and their link once more."), *([waiting] if plan.waiting else [])]
    said = _of_move(row, plan, event) if row.kind is BulkKind.MOVE else _of_cancel(row, plan, event)
    said += _told(plan) if row.params["tell"] else [_("Nobody is told by mail.")]
    return [*said, _("You can undo it for 24 hours.")]


def _of_message(row: BulkRow, plan: BulkPlan) -> list[str]:
    if not plan.in_english:
        return [_("Everybody reads it in French.")]
    if row.params["text_en"]:
        french = plan.reached - plan.in_english
        return [
            _("%(french)s in French, %(english)s in English.", french=number(french), english=number(plan.in_english))
        ]
    return [
        ngettext(
            "%(num)d person who reads English gets it in French: there is no English text.",
            "%(num)d people who read English get it in French: there is no English text.",
            plan.in_english,
        )
    ]


def _of_move(row: BulkRow, plan: BulkPlan, event: EventRow) -> list[str]:
    wave = event.wave(row.params["to"])
    said = [_("New time: %(wave)s.", wave=wave_name(event, wave))] if wave is not None else []
    left = event.wave(row.params["from"]) if row.params["from"] else None
    said += [_("In place of: %(wave)s.", wave=wave_name(event, left))] if left is not None else []
    if plan.waiting:
        said.append(
            ngettext(
                "%(num)d of them is on the waiting list and gets a place.",
                "%(num)d of them are on the waiting list and get a place.",
                plan.waiting,
            )
        )
    return said


def _of_cancel(row: BulkRow, plan: BulkPlan, event: EventRow) -> list[str]:
    freed = sum(line.people for line in plan.can if line.status is not RegistrationStatus.WAITLISTED)
    said = [
        _("Reason: %(reason)s.", reason=reason_words(row, event)),
        ngettext("%(n)s place becomes free again.", "%(n)s places become free again.", freed, n=number(freed)),
    ]
    return [*said, _("Their tickets no longer open the door.")]


def _told(plan: BulkPlan) -> list[str]:
    said = [ngettext("%(n)s mail tells it.", "%(n)s mails tell it.", plan.reached, n=number(plan.reached))]
    silent = len(plan.can) - plan.reached
    if silent:
        said.append(
            ngettext(
                "%(n)s has no mail address: telephone them.",
                "%(n)s have no mail address: telephone them.",
                silent, n=number(silent),
            )
        )  # fmt: skip
    return said


def reason_words(row: BulkRow, event: EventRow) -> str:
    """Why they are cancelled: the coded reason."""
    lists, code = lists_of_reasons(event.organiser_id, OF_REGISTRATIONS), row.params.get("code", "")
    found = (r for use in OF_REGISTRATIONS for r in lists[use] if r.code == code)
    return next((r.label(current_locale()) for r in found), code)
