"""What happened to a registration, in sentences: changes, mails and passages in one line of time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.checkin.devices.queries import name_devices
from app.checkin.enums import OverrideReason
from app.checkin.notes import LET_IN
from app.checkin.queries import ScanLine, list_scans
from app.core.actor import ActorKind
from app.core.audit import AuditRow, list_history
from app.events.enums import ReasonUse
from app.events.queries import EventRow
from app.events.queries.reasons import OF_REGISTRATIONS, lists_of_reasons
from app.messages.queries import MessageRow, list_messages
from app.registrations.queries import RegistrationRow
from app.web.i18n import current_locale
from app.web.manage.history_words import verb_words
from app.web.manage.history_words_doors import SETTLED, settled_words
from app.web.manage.history_words_fields import SOURCES, field_label
from app.web.manage.messages import MESSAGE_LABELS
from app.web.public.words import wave_name

REASONS = {
    "already_in": _l("already in"),
    "not_in": _l("not in"),
    "unknown": _l("unknown ticket"),
    "wrong_event": _l("ticket of another event"),
    "cancelled": _l("cancelled"),
    "waitlisted": _l("on the waiting list"),
    "wrong_wave": _l("not the right day"),
    "space_full": _l("space full"),
    "invalid": _l("could not be read"),
}


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened: a sentence, who did it or more about it, and the state of a mail."""

    at: datetime
    icon: str
    text: str
    detail: str = ""
    message_state: str = ""


def list_timeline(event: EventRow, registration: RegistrationRow) -> list[TimelineEntry]:
    """Everything that happened, latest first."""
    subject = f"registration:{registration.id}"
    entries = [_change(row, event) for row in list_history(subject) if row.verb != LET_IN]  # their passages tell it
    entries += [_mail(row) for row in list_messages(subject=subject, organiser_id=event.organiser_id)]
    scans = list_scans(registration.id)
    phones = name_devices(event.id) if scans else {}
    entries += [_scan(replace(line, device=phones.get(line.device, line.device)), event) for line in scans]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _change(row: AuditRow, event: EventRow) -> TimelineEntry:
    icon, words = verb_words(row.verb)
    icon, say = _SENTENCES.get(row.verb, (icon, lambda _details, _event: words))
    who = {ActorKind.VISITOR: _("by the person"), ActorKind.SYSTEM: _("by Parcours")}.get(
        row.actor_kind, row.actor_label
    )
    return TimelineEntry(row.at, icon, say(row.details, event), who)


def _made(details: dict[str, Any], event: EventRow) -> str:
    people = _people(details.get("people", 0))
    how = str(SOURCES.get(details.get("source", ""), ""))
    if details.get("status") == "waitlisted":
        return str(_("Put on the waiting list %(how)s: %(people)s", how=how, people=people))
    return str(_("Registered %(how)s: %(people)s", how=how, people=people))


def _changed(details: dict[str, Any], event: EventRow) -> str:
    said = []
    people = details.get("people", [])
    if len(people) == 2 and people[0] != people[1]:
        said.append(_("%(before)s people become %(after)s", before=people[0], after=people[1]))
    waves = details.get("waves", [])
    if len(waves) == 2 and waves[0] != waves[1]:
        times = {"waves": _waves(waves[1], event), "before": _waves(waves[0], event)}
        said.append(_("new time: %(waves)s (before: %(before)s)", **times))
    status = details.get("status", [])
    if len(status) == 2 and status[0] != status[1]:
        said.append(_("place confirmed"))
    return str(_("Changed: %(what)s", what=", ".join(said)))


def _waves(ids: list[int], event: EventRow) -> str:
    names = [wave_name(event, wave) for wave_id in ids if (wave := event.wave(wave_id)) is not None]
    return ", ".join(names) or _("a time that is no longer offered")


def _cancelled(details: dict[str, Any], event: EventRow) -> str:
    told = [_reason(details.get("code", ""), OF_REGISTRATIONS, event), str(details.get("reason", ""))]
    reason = " · ".join(text for text in told if text)
    return str(_("Cancelled: %(reason)s", reason=reason) if reason else _("Cancelled"))


def _absent(details: dict[str, Any], event: EventRow) -> str:
    pair = details.get("no_show_code", ["", ""])
    reason = _reason(pair[1], (ReasonUse.NO_SHOW,), event)
    return str(_("Did not come: %(reason)s", reason=reason) if reason else _("Reason for not coming taken back"))


def _reason(code: str, uses: tuple[ReasonUse, ...], event: EventRow) -> str:
    """The words of a coded reason; the code itself for one that no list has."""
    lists = lists_of_reasons(event.organiser_id, uses) if code else {}
    rows = (row for use in uses for row in lists.get(use, ()))
    return next((row.label(current_locale()) for row in rows if row.code == code), code)


def _cards(details: dict[str, Any], event: EventRow) -> str:
    return str(ngettext("%(num)d route card made", "%(num)d route cards made", int(details.get("cards", 0))))


def _answered(details: dict[str, Any], event: EventRow) -> str:
    """Which questions, not what was said to them."""
    changed, locale = set(details.get("changed", [])), current_locale()
    labels = ", ".join(q.label(locale) for q in event.questions if q.key in changed)
    return str(_("Answers changed: %(questions)s", questions=labels) if labels else _("Answers changed"))


def _corrected(details: dict[str, Any], event: EventRow) -> str:
    """Which details, not what stands there."""
    names = ", ".join(field_label(name, "registration.corrected") for name in details.get("fields", []))
    return str(_("Contact corrected: %(fields)s", fields=names))


_SENTENCES: dict[str, tuple[str, Callable[[dict[str, Any], EventRow], str]]] = {
    "registration.made": ("user-plus", _made),
    "registration.changed": ("edit", _changed),
    "registration.cancelled": ("ban", _cancelled),
    "registration.answered": ("forms", _answered),
    "registration.corrected": ("edit", _corrected),
    "registration.no_show_told": ("user-question", _absent),
    "registration.cards_made": ("id", _cards),
    SETTLED: ("check", lambda details, _event: settled_words(details)),
    "registration.erased": ("trash", lambda _details, _event: _("Names erased")),
}


def _mail(row: MessageRow) -> TimelineEntry:
    title = row.title or str(MESSAGE_LABELS.get(row.template, _("Mail")))
    detail = row.error or row.recipient
    return TimelineEntry(row.sent_at or row.queued_at, "mail", title, detail, row.state.value)


def _scan(line: ScanLine, event: EventRow) -> TimelineEntry:
    door = next((c.label(current_locale()) for c in event.checkpoints if c.id == line.checkpoint_id), "")
    people = abs(line.delta.people)
    if line.result != "accepted":
        text = _("%(door)s: ticket read, %(reason)s", door=door, reason=str(REASONS.get(line.reason or "", "")))
        return TimelineEntry(line.scanned_at, "scan", text, line.device)
    if line.settles:
        return TimelineEntry(line.scanned_at, "scale", _("Count corrected by the team"), "")
    if line.undoing:
        text = _("%(door)s: a passage is taken back", door=door)
        return TimelineEntry(line.scanned_at, "arrow-back-up", text, _scan_detail(line))
    if line.direction == "out":
        leave = ngettext("%(door)s: %(num)d person goes out", "%(door)s: %(num)d people go out", people, door=door)
        text = leave if people else _("%(door)s: exit noted", door=door)
        return TimelineEntry(line.scanned_at, "door-exit", text, _scan_detail(line))
    enter = ngettext("%(door)s: %(num)d person comes in", "%(door)s: %(num)d people come in", people, door=door)
    text = enter if people else _("%(door)s: passage noted", door=door)
    return TimelineEntry(line.scanned_at, "door-enter", text, _scan_detail(line))


OVERRIDES = {
    OverrideReason.TOLD: _l("an organiser said so"),
    OverrideReason.TICKET_WRONG: _l("an error on the ticket"),
    OverrideReason.WITH_GROUP: _l("with their group"),
    OverrideReason.SAFETY: _l("for safety"),
}
"""Why staff let somebody in after a no; another reason is told by its note."""


def _scan_detail(line: ScanLine) -> str:
    notes = [line.device]
    if line.team is not None:
        notes.append(_("team %(number)s", number=line.team))
    if line.override is not None:
        told = [str(OVERRIDES.get(line.override, "")), line.note]
        notes.append(_("let in all the same: %(reason)s", reason=", ".join(text for text in told if text)))
    if line.over:
        notes.append(_("more than expected"))
    if line.undone:
        notes.append(_("undone since"))
    return " · ".join(note for note in notes if note)


def _people(count: int) -> str:
    return str(ngettext("%(num)d person", "%(num)d people", count))
