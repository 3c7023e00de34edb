"""Minutes to walk: the usual ones between two spaces, and the pairs of spaces that are nearer or farther."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.drafts import TransferDraft
from app.events.operations import edit_event, hold_event
from app.events.queries import EventRow, SpaceRow, get_places
from app.web.forms.flows import walks_form
from app.web.forms.timetable import RowsForm
from app.web.guards import current_actor, event_staff
from app.web.manage.event_merge import differences, mark_of
from app.web.manage.event_page import event_context, get_editable_event
from app.web.manage.event_sections import SECTIONS, draft_of

blueprint = Blueprint("manage_event_walks", __name__, url_prefix="/manage/events")

TITLE = _l("Minutes to walk")
FEWEST, MOST = 2, 12
"""With fewer spaces nobody walks; with more, pairs are too many to fill in: the usual minutes hold."""


@dataclass(frozen=True)
class WalkFrom:
    """The walks that begin in one space, each with its field."""

    space: SpaceRow
    walks: tuple[tuple[SpaceRow, Any], ...]


@blueprint.get("/<slug>/edit/walks")
@event_staff(Ability.PROGRAMME_CHANGE)
def show(slug: str) -> str:
    event = get_editable_event(slug)
    return _page(event, _filled(event))


@blueprint.post("/<slug>/edit/walks")
@event_staff(Ability.PROGRAMME_CHANGE)
def save(slug: str) -> str | tuple[str, int] | Response:
    event = get_editable_event(slug)
    form: Any = walks_form(_pairs(event))()
    if not form.validate_on_submit():
        return _page(event, form), 422
    try:
        with transaction():
            now_is = hold_event(event.id)
            if _changed_meanwhile(form, now_is):
                form.known.data = _known(now_is)  # saved again, it is meant
                return _page(now_is, form, meanwhile=True), 409
            draft = replace(
                draft_of(now_is),
                transfer_minutes=form.transfer_minutes.data,
                transfers=_transfers(form, now_is),
            )
            edit_event(event.id, draft, by=current_actor(), now=clock.now())
    except FieldError as error:
        form.show_refusal(error)
        return _page(event, form), 422
    flash(_("Saved: %(section)s.", section=TITLE), "ok")
    return redirect(f"/manage/events/{event.slug}/edit")


def _changed_meanwhile(form: Any, now_is: EventRow) -> bool:
    """Whether a colleague saved other minutes than those that stand in the form since its page was opened."""
    return form.known.data not in {None, "", _known(now_is)} and _typed(form, now_is) != _known(now_is)


def _pairs(event: EventRow) -> dict[tuple[int, int], str]:
    """The pairs of spaces that the page asks about, smaller id first, in words."""
    if not FEWEST <= len(event.spaces) <= MOST:
        return {}
    pairs = combinations(event.spaces, 2)
    return {(min(a.id, b.id), max(a.id, b.id)): f"{a.name} ↔ {b.name}" for a, b in pairs}


def _values(event: EventRow) -> dict[str, Any]:
    told = {(t.low_space_id, t.high_space_id): t.minutes for t in event.transfers}
    walks = {f"walk_{low}_{high}": told.get((low, high)) for low, high in _pairs(event)}
    return {"transfer_minutes": event.transfer_minutes, **walks}


def _known(event: EventRow) -> str:
    return mark_of(_values(event))


def _typed(form: RowsForm, event: EventRow) -> str:
    """The mark of what was typed; a pair that the page did not have is as it is stored."""
    stored = _values(event)
    return mark_of({name: form[name].data if name in form else stored[name] for name in stored})


def _filled(event: EventRow) -> RowsForm:
    return walks_form(_pairs(event))(formdata=None, known=_known(event), **_values(event))


def _transfers(form: RowsForm, event: EventRow) -> tuple[TransferDraft, ...]:
    """The walks that are not the usual ones; of pairs that the page did not have, those that are stored."""
    names, stored = {space.id: space.name for space in event.spaces}, _values(event)
    asked = _pairs(event)
    kept = [
        TransferDraft(names[t.low_space_id], names[t.high_space_id], t.minutes)
        for t in event.transfers
        if (t.low_space_id, t.high_space_id) not in asked
    ]
    for low, high in asked:
        name = f"walk_{low}_{high}"
        minutes = form[name].data if name in form else stored[name]
        if minutes is not None:
            kept.append(TransferDraft(names[low], names[high], minutes))
    return tuple(kept)


def _walks(event: EventRow, form: RowsForm) -> list[WalkFrom]:
    found = []
    for at, space in enumerate(event.spaces):
        rest = [
            (other, f"walk_{min(space.id, other.id)}_{max(space.id, other.id)}") for other in event.spaces[at + 1 :]
        ]
        walks = tuple((other, form[name]) for other, name in rest if name in form)
        if walks:
            found.append(WalkFrom(space, walks))
    return found


def _page(event: EventRow, form: Any, *, meanwhile: bool = False) -> str:
    return render_template(
        "manage/events/section_walks.html",
        sections=SECTIONS,
        section=None,
        address="walks",
        section_title=TITLE,
        form=form,
        walks=_walks(event, form),
        too_many=len(event.spaces) > MOST,
        meanwhile=meanwhile,
        theirs=differences(form, _filled(event)) if meanwhile else [],
        problems=form.list_problems(),
        places=get_places(event),
        **event_context(event, "edit"),
    )
