"""Limits by audience: what each may take of each wave, and one row that is copied to all."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.operations import edit_event, hold_event
from app.events.queries import EventRow, get_places
from app.web.forms.events import limits_form
from app.web.forms.timetable import RowsForm
from app.web.guards import current_actor, event_staff
from app.web.manage.event_page import event_context, get_editable_event
from app.web.manage.event_sections import SECTIONS, draft_of

blueprint = Blueprint("manage_event_limits", __name__, url_prefix="/manage/events")


@blueprint.get("/<slug>/edit/limits")
@event_staff(MAY_MANAGE)
def show(slug: str) -> str:
    event = get_editable_event(slug)
    return _limits_page(event, _limits(event, filled=True))


@blueprint.post("/<slug>/edit/limits")
@event_staff(MAY_MANAGE)
def save(slug: str) -> str | tuple[str, int] | Response:
    event = get_editable_event(slug)
    form = _limits(event, filled=False)
    if "everywhere" in request.form:
        _copy_limits(form, event)
        return _limits_page(event, form, unsaved=True)
    if not form.validate_on_submit():
        return _limits_page(event, form), 422
    waves: tuple[WaveDraft, ...] = ()
    try:
        with transaction():
            draft = draft_of(hold_event(event.id))  # what colleagues saved in other sections meanwhile stays
            waves = tuple(_limited(w, form, draft.audiences) for w in draft.waves)
            edit_event(event.id, replace(draft, waves=waves), by=current_actor(), now=clock.now())
    except FieldError as error:
        form.show_problems(_at_cells(error, waves))
        return _limits_page(event, form), 422
    flash(_("Saved: %(section)s.", section=_("Limits by audience")), "ok")
    return redirect(f"/manage/events/{event.slug}/edit")


def _limits(event: EventRow, *, filled: bool) -> RowsForm:
    made = limits_form([w.id for w in event.waves], [a.code for a in event.audiences])
    if not filled:
        return made()
    values = {
        f"limit_{wave.id}_{a.audience}": {"people": a.max_people, "groups": a.max_groups}
        for wave in event.waves
        for a in wave.allotments
    }
    return made(formdata=None, **values)


def _limited(wave: WaveDraft, form: RowsForm, audiences: Sequence[str]) -> WaveDraft:
    cells = [(code, form[f"limit_{wave.id}_{code}"].form) for code in audiences]
    allotments = tuple(
        AllotmentDraft(code, cell.people.data, cell.groups.data)
        for code, cell in cells
        if cell.people.data is not None or cell.groups.data is not None
    )
    return replace(wave, allotments=allotments)


def _copy_limits(form: RowsForm, event: EventRow) -> None:
    """Write the row « all waves » into every wave."""
    for audience in event.audiences:
        model = form[f"limit_all_{audience.code}"].form
        for wave in event.waves:
            cell = form[f"limit_{wave.id}_{audience.code}"].form
            for name in ("people", "groups"):
                cell[name].raw_data, cell[name].data = model[name].raw_data, model[name].data


def _at_cells(error: FieldError, waves: Sequence[WaveDraft]) -> FieldError:
    """waves/0/allotments/1/max_people is the cell of that wave and audience."""
    problems: dict[str, str] = {}
    for path, code in error.problems.items():
        parts = path.split("/")
        if len(parts) >= 4 and parts[2] == "allotments":
            wave = waves[int(parts[1])]
            name = "groups" if path.endswith("max_groups") else "people"
            path = f"limit_{wave.id}_{wave.allotments[int(parts[3])].audience}/{name}"
        problems[path] = code
    return FieldError(problems)


def _limits_page(event: EventRow, form: RowsForm, *, unsaved: bool = False) -> str:
    return render_template(
        "manage/events/section_limits.html", sections=SECTIONS, section=None, form=form, unsaved=unsaved,
        problems=form.list_problems(), places=get_places(event), **event_context(event, "edit"),
    )  # fmt: skip
