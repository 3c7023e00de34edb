"""The page of one structure: who to reach, what was done together, what changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.accounts.rules import Ability
from app.core import clock
from app.core.actor import ActorKind
from app.core.audit import AuditRow, list_history
from app.core.text import shown_phone
from app.loans.queries import LoanRow, list_loans_of_structures
from app.loans.words import period_words
from app.reports.queries.structures import (
    MOST_REGISTRATIONS,
    RegistrationOf,
    get_figures,
    list_mails_of,
    list_registrations_of,
)
from app.structures.operations.directory import is_used
from app.structures.operations.merging import list_merges
from app.structures.queries import StructureRow, list_contacts, list_corrections, list_merged_into
from app.web.filters import number
from app.web.forms.structures import CONTACT_LABELS, FIELD_LABELS, KIND_ICONS, KIND_LABELS, LANGUAGES
from app.web.guards import allows
from app.web.i18n import current_locale
from app.web.loan_labels import STATE_BADGES
from app.web.manage.event_sections import local
from app.web.manage.history_words import verb_words
from app.web.manage.messages import MESSAGE_LABELS

MOST_CHANGES = 30
MOST_LOANS = 10


@dataclass(frozen=True)
class EventOf:
    """A structure's registrations at one event. `registered` and `present` are people."""

    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    state: str
    registrations: tuple[RegistrationOf, ...]

    @property
    def registered(self) -> int:
        return sum(r.people for r in self.registrations if r.alive)

    @property
    def present(self) -> int:
        return sum(r.came for r in self.registrations)


@dataclass(frozen=True)
class YearOf:
    """A year of the events, by their own clocks."""

    year: int
    events: tuple[EventOf, ...]

    @property
    def registered(self) -> int:
        return sum(e.registered for e in self.events)

    @property
    def present(self) -> int:
        return sum(e.present for e in self.events)


@dataclass(frozen=True)
class ChangeOf:
    """A line of the history: a sentence, who, and the fields from → to."""

    at: datetime
    icon: str
    text: str
    by: str
    fields: tuple[tuple[str, str, str], ...] = ()


def by_year(registrations: Sequence[RegistrationOf]) -> list[YearOf]:
    """Registrations (latest event first) by year and event."""
    events: dict[int, list[RegistrationOf]] = {}
    for row in registrations:
        events.setdefault(row.event_id, []).append(row)
    years: dict[int, list[EventOf]] = {}
    for rows in events.values():
        first = rows[0]
        event = EventOf(
            first.event_slug, first.title(current_locale()), first.starts_at, first.ends_at, first.timezone,
            first.event_state.value, tuple(rows),
        )  # fmt: skip
        years.setdefault(local(first.starts_at, first.timezone).year, []).append(event)
    return [YearOf(year, tuple(found)) for year, found in sorted(years.items(), reverse=True)]


def structure_page(structure: StructureRow, *, may_manage: bool, may_see_people: bool) -> str:
    """Everything about one structure; contacts, mails and names only for who may see people's data."""
    now = clock.now()
    registrations = list_registrations_of(structure.id)
    contacts = list_contacts(structure.id) if may_see_people else []
    mails, sent = (
        list_mails_of(structure.organiser_id, [r.id for r in registrations], [c.id for c in contacts])
        if may_see_people
        else ([], 0)
    )
    return render_template(
        "manage/structures/show.html",
        structure=structure,
        here=f"/manage/structures/{structure.id}",
        figures=get_figures(structure.id),
        years=by_year(registrations),
        cut=len(registrations) >= MOST_REGISTRATIONS,
        contacts=contacts,
        mails=mails,
        sent=sent,
        mail_labels=MESSAGE_LABELS,
        changes=[change_of(row) for row in list_history(f"structure:{structure.id}", limit=MOST_CHANGES)],
        merges=list_merges(list_merged_into(structure.id), now=now) if may_manage else [],
        moved_words=moved_words,
        corrections=list_corrections(structure.id) if may_manage else [],
        may_archive=may_manage and structure.archived_at is None and not is_used(structure.id),
        may_manage=may_manage,
        may_see_people=may_see_people,
        lends=allows(Ability.LENDING),
        loans=_loans_of(structure.id) if allows(Ability.LENDING_SEE) else None,
        loan_states=STATE_BADGES,
        kinds=KIND_LABELS,
        icons=KIND_ICONS,
        labels=FIELD_LABELS,
        languages=LANGUAGES,
        now=now,
    )


def _loans_of(structure_id: int) -> tuple[int, list[tuple[LoanRow, str]]]:
    """How many loans it asked for, and the newest with their days in words."""
    loans = list_loans_of_structures({structure_id})
    return len(loans), [(loan, period_words(loan.period, current_locale())) for loan in loans[:MOST_LOANS]]


def moved_words(moved: dict[str, int]) -> list[str]:
    """« 12 inscriptions », « 2 contacts »: what goes, or went, with a structure."""
    return [_count(name, count) for name, count in moved.items() if count]


def _count(name: str, count: int) -> str:
    said = number(count)
    if name == "registrations":
        return str(ngettext("%(count)s registration", "%(count)s registrations", count, count=said))
    if name == "contacts":
        return str(ngettext("%(count)s contact", "%(count)s contacts", count, count=said))
    if name == "corrections":
        return str(ngettext("%(count)s proposed correction", "%(count)s proposed corrections", count, count=said))
    if name == "loans":
        return str(ngettext("%(count)s loan", "%(count)s loans", count, count=said))
    if name == "facilitators":
        return str(ngettext("%(count)s facilitator", "%(count)s facilitators", count, count=said))
    return str(ngettext("%(count)s other thing", "%(count)s other things", count, count=said))


def change_of(row: AuditRow) -> ChangeOf:
    """A line of the history in words."""
    icon, words = verb_words(row.verb)
    icon, say = _SENTENCES.get(row.verb, (icon, lambda _details: words))
    by = _("by Parcours") if row.actor_kind is ActorKind.SYSTEM else row.actor_label
    return ChangeOf(row.at, icon, str(say(row.details)), by, _fields(row.details))


def _fields(details: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    changed = details.get("changed", {})
    return tuple((str(FIELD_LABELS.get(n, n)), _value(n, pair[0]), _value(n, pair[1])) for n, pair in changed.items())


def _value(name: str, value: str) -> str:
    if name == "kind":
        return str(next((label for kind, label in KIND_LABELS.items() if kind.value == value), value))
    return shown_phone(value) if name == "phone" and value else value


def _contact_changed(details: dict[str, Any]) -> str:
    names = ", ".join(str(CONTACT_LABELS.get(name, name)) for name in details.get("fields", ()))
    return str(_("Contact changed: %(what)s", what=names))


def _proposed(details: dict[str, Any]) -> str:
    names = ", ".join(str(FIELD_LABELS.get(name, name)) for name in details.get("fields", ()))
    return str(_("Correction proposed: %(what)s", what=names) if names else _("A message from a contact"))


def _merged(details: dict[str, Any]) -> str:
    moved = ", ".join(moved_words(details.get("moved", {}))) or _("nothing to move")
    return str(_("Merged with “%(name)s”: %(what)s", name=details.get("name", ""), what=moved))


def _unmerged(details: dict[str, Any]) -> str:
    moved = ", ".join(moved_words(details.get("moved", {}))) or _("nothing to move")
    return str(_("“%(name)s” stands alone again: %(what)s", name=details.get("name", ""), what=moved))


_SENTENCES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "structure.created": ("plus", lambda _d: _("Added to the directory")),
    "structure.changed": ("edit", lambda _d: pgettext("structure", "Changed")),
    "structure.archived": ("archive", lambda _d: pgettext("structure", "Archived")),
    "structure.restored": ("archive-off", lambda _d: _("Back in the directory")),
    "structure.trusted": ("package", lambda _d: _("Its loans are approved at once")),
    "structure.trusted_no_more": ("package", lambda _d: _("Its loans are approved one by one again")),
    "structure.contact_added": ("user-plus", lambda _d: _("Contact added")),
    "structure.contact_changed": ("user-check", _contact_changed),
    "structure.contact_ended": ("user-off", lambda _d: _("A contact has left")),
    "structure.contact_returned": ("user-plus", lambda _d: _("A contact is back")),
    "structure.link_sent": ("mail-forward", lambda _d: _("Link sent to a contact")),
    "structure.contact_entered": ("login", lambda _d: _("A contact came in by their link")),
    "structure.contact_left_everywhere": ("logout", lambda _d: _("A contact logged out everywhere")),
    "structure.correction_proposed": ("message", _proposed),
    "structure.correction_taken": ("check", lambda _d: _("Correction taken over")),
    "structure.correction_left": ("x", lambda _d: _("Correction left aside")),
    "structure.merged": ("arrow-merge", _merged),
    "structure.merged_away": ("arrow-merge", lambda d: _("Merged into “%(name)s”", name=d.get("into_name", ""))),
    "structure.unmerged": ("arrow-fork", _unmerged),
    "structure.kept_apart": ("arrows-left-right", lambda _d: _("Said to be another than one that looks like it")),
}
