"""Whom the team telephones, section by section: each says what is asked and takes the answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.queries import EventRow
from app.registrations.operations.asking import stay
from app.reports.queries.unanswered import Answer, count_answers, list_asked, pick_asked
from app.web.guards import current_access, current_actor, event_staff
from app.web.manage.calls_hours import read_hours
from app.web.manage.calls_offers import read_offers
from app.web.manage.event_page import event_context, get_own_event

blueprint = Blueprint("manage_calls", __name__, url_prefix="/manage/events/<slug>/calls")


@dataclass(frozen=True)
class Section:
    """A part of the page. `read(event)` gives what `template` reads, by the section's own `name`, or None to leave it out."""

    name: str
    template: str
    read: Callable[[EventRow], dict[str, Any] | None]


def _moved(event: EventRow) -> dict[str, Any] | None:
    """Who was asked whether they come on the new date, those of one answer at a time."""
    if event.postponed_at is None:
        return None
    access = current_access()
    chosen = next((a for a in Answer if a.value == request.args.get("answer")), Answer.ASKED)
    seen = re.fullmatch(r"([01])\.(\d{1,9})", request.args.get("after", ""), re.ASCII)
    after = (seen[1] == "1", int(seen[2])) if seen else (False, 0)
    page = list_asked(event.id, event.postponed_at, access, chosen, after=after)
    here = f"/manage/events/{event.slug}/calls?answer={chosen.value}"
    return {
        "totals": count_answers(event.id, event.postponed_at, access),
        "chosen": chosen.value,
        "tabs": [
            (Answer.ASKED, _("No answer yet")), (Answer.YES, _("They come")), (Answer.NO, _("They do not come")),
        ],
        "lines": page.lines,
        "next_url": f"{here}&after={int(page.lines[-1].mailed)}.{page.lines[-1].id}" if page.more else None,
        "first_url": here if seen else None,
        "takes": not event.is_over(clock.now()),
    }  # fmt: skip


SECTIONS: tuple[Section, ...] = (
    Section("offers", "manage/calls/_offers.html", read_offers),
    Section("hours", "manage/calls/_hours.html", read_hours),
    Section("moved", "manage/calls/_moved.html", _moved),
)


@blueprint.get("")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def show(slug: str) -> str:
    event = get_own_event(slug)
    found = [(section, section.read(event)) for section in SECTIONS]
    shown = [(section, read) for section, read in found if read is not None]
    return render_template(
        "manage/calls/list.html",
        templates=[section.template for section, _read in shown],
        **{section.name: read for section, read in shown},
        **event_context(event, "calls"),
    )


@blueprint.post("/moved")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def note_stay(slug: str) -> Response:
    """They said on the telephone that they come. Who does not is cancelled on the page of the registration, with a reason."""
    event, sent = get_own_event(slug), request.form.get("registration", "")
    wanted = [int(sent)] if sent.isascii() and sent.isdecimal() and len(sent) < 10 else []
    ids = pick_asked(event.id, event.postponed_at, current_access(), wanted)
    try:
        for registration_id in ids:
            in_transaction(lambda one=registration_id: stay(one, by=current_actor(), now=clock.now()))  # type: ignore[misc]
    except MoveNotAllowed:
        ids = frozenset()
    if ids:
        flash(_("Noted: they come."), "ok")
    else:
        flash(_("Nothing to note: they answered already, or are no longer registered."), "info")
    return redirect(f"/manage/events/{event.slug}/calls", 303)
