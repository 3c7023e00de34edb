"""Printing for many registrations: badges, tickets, route cards and lists of arrivals, made beside the page."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability, row_limit
from app.core import clock
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.registrations.enums import RegistrationStatus
from app.reports.enums import PaperKind
from app.reports.exports import KEPT, ExportFilters
from app.reports.operations.prints import ask_for_papers
from app.reports.printing import MOST_ITEMS, Print, parts_of, print_draft, read_print
from app.reports.queries.exports import ExportState, find_same_at_work, list_prints
from app.reports.queries.printing import find_last_print, find_printed
from app.web.filters import number
from app.web.guards import current_access, current_account, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.exports_words import print_names
from app.web.manage.list_words import filter_choices

blueprint = Blueprint("manage_prints", __name__, url_prefix="/manage/events/<slug>/prints")

PRINTABLE = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED, RegistrationStatus.CANCELLED)


@blueprint.get("")
@event_staff(Ability.PEOPLE_SEE)
def index(slug: str) -> str:
    """What would be printed, in figures, as the choices stand; and what was printed before."""
    event, access, locale = get_own_event(slug), current_access(), current_locale()
    wanted = _asked(request.args, event)
    last = find_last_print(event.id, wanted.kind, _filters(wanted))
    rows = find_printed(event, wanted, access, since=last if wanted.changed_only else None)
    items = sum(row.items(wanted.kind) for row in rows)
    everybody = access.role in MAY_MANAGE
    return render_template(
        "manage/papers/prints.html",
        kinds=_kind_choices(),
        wanted=wanted,
        last=last,
        items=items,
        items_text=_items_words(wanted.kind, items),
        rows_text=ngettext("%(count)s registration", "%(count)s registrations", len(rows), count=number(len(rows))),
        files=len(parts_of(wanted.kind, rows)),
        most=MOST_ITEMS,
        choices={name: filter_choices(name, event, locale) for name in ("wave", "audience")},
        statuses=[(v, t) for v, t in filter_choices("status", event, locale) if v in PRINTABLE],
        by_status=wanted.kind in {PaperKind.TICKETS, PaperKind.WAVE_LISTS},
        args=[("paper", wanted.kind.value), *wanted.to_args()],
        prints=list_prints(event.id, None if everybody else current_account().account_id),
        names=print_names(),
        states=ExportState,
        days_kept=KEPT.days,
        here=_here(event),
        **event_context(event, "papers"),
    )


@blueprint.post("")
@event_staff(Ability.PEOPLE_SEE)
def ask(slug: str) -> Response:
    """Have the papers made. Asked twice while they are being made, they are made once."""
    event, access, locale, now = get_own_event(slug), current_access(), current_locale(), clock.now()
    wanted = _asked(request.form, event)
    last = find_last_print(event.id, wanted.kind, _filters(wanted)) if wanted.changed_only else None
    items = sum(row.items(wanted.kind) for row in find_printed(event, wanted, access, since=last))
    if not 0 < items <= MOST_ITEMS:
        words = (
            _("There is nothing to print.") if not items else _("That is too many for one print: choose an arrival.")
        )
        flash(words, "waiting")
        return redirect(f"{_here(event)}?{urlencode([('paper', wanted.kind.value), *wanted.to_args()])}", 303)
    changed = _("only what changed since the last print")
    draft = print_draft(event, wanted, access, items=items, locale=locale, changed_words=changed, now=now)
    export_id = find_same_at_work(current_account().account_id, event.id, (), draft.filters, what=draft.what)
    if export_id is None:
        with transaction():
            export_id = ask_for_papers(draft, by=current_actor(), now=now)
    return redirect(f"/manage/events/{slug}/exports/{export_id}", 303)


def _asked(args: Any, event: EventRow) -> Print:
    """Badges where no kind, or none that there is, is said."""
    said = args.get("paper", "")
    kind = PaperKind(said) if said in set(PaperKind) else PaperKind.BADGES
    return read_print(kind, args, event, current_access())


def _filters(wanted: Print) -> ExportFilters:
    return ExportFilters(args=tuple(wanted.to_args()), rows=row_limit(current_access()))


def _here(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/prints"


def _kind_choices() -> list[tuple[PaperKind, str, str, str]]:
    """(kind, name, what it is, icon)."""
    names = print_names()
    texts = {
        PaperKind.BADGES: (_("To wear: name, audience, hour. One for each person and companion, none for pupils."), "id-badge-2"),
        PaperKind.TICKETS: (_("One page for each registration, with its code and its route."), "ticket"),
        PaperKind.CARDS: (_("One numbered card for each pupil, without any name."), "id"),
        PaperKind.WAVE_LISTS: (_("Who is expected when, to tick by hand if no phone works."), "list-check"),
    }  # fmt: skip
    return [(kind, names[kind.value], *texts[kind]) for kind in PaperKind]


def _items_words(kind: PaperKind, items: int) -> str:
    count = number(items)
    words: dict[PaperKind, str] = {
        PaperKind.BADGES: ngettext("%(count)s badge", "%(count)s badges", items, count=count),
        PaperKind.TICKETS: ngettext("%(count)s ticket", "%(count)s tickets", items, count=count),
        PaperKind.CARDS: ngettext("%(count)s card", "%(count)s cards", items, count=count),
        PaperKind.WAVE_LISTS: ngettext("%(count)s line", "%(count)s lines", items, count=count),
    }
    return words[kind]
