"""Limits by audience: what each may take of each wave; those of one wave, or of a row for all, are copied to all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.i18n import format_short_day
from app.core.transaction import transaction
from app.events.drafts import AllotmentDraft, WaveDraft
from app.events.operations import edit_event, hold_event
from app.events.queries import EventRow, WaveRow, get_places
from app.web.filters import hour, number
from app.web.forms.events import limits_form
from app.web.forms.timetable import RowsForm
from app.web.guards import current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_merge import ChangedMeanwhile, Note, known_marks, mark_of, marks_of
from app.web.manage.event_page import event_context, get_editable_event, get_own_event
from app.web.manage.event_sections import SECTIONS, draft_of
from app.web.manage.new_room import offer_new_room

blueprint = Blueprint("manage_event_limits", __name__, url_prefix="/manage/events")

MOST_OPEN = 3
"""So many waves with limits stand open when the page does; where more have some, each says its own in a line."""


@dataclass(frozen=True)
class LimitRow:
    """A wave, or all of them (`key` "all"), with its limits in words; `is_open` where they are to be seen at once."""

    key: str
    name: str
    words: str
    is_open: bool


@blueprint.get("/<slug>/edit/limits")
@event_staff(Ability.PROGRAMME_CHANGE)
def show(slug: str) -> str:
    event = get_editable_event(slug)
    return _limits_page(event, _limits(event, filled=True))


@blueprint.post("/<slug>/edit/limits")
@event_staff(Ability.PROGRAMME_CHANGE)
def save(slug: str) -> str | tuple[str, int] | Response:
    event = get_editable_event(slug)
    form = _limits(event, filled=False)
    if "everywhere" in request.form:
        _copy_limits(form, event, request.form["everywhere"])
        return _limits_page(event, form, unsaved=True)
    if not form.validate_on_submit():
        return _limits_page(event, form), 422
    waves: tuple[WaveDraft, ...] = ()
    try:
        with transaction():
            now_is = hold_event(event.id)  # what colleagues saved in other sections meanwhile stays
            draft = draft_of(now_is)
            kept = _merge(form, now_is)
            waves = tuple(w if w.id in kept else _limited(w, form, draft.audiences) for w in draft.waves)
            edit_event(event.id, replace(draft, waves=waves), by=current_actor(), now=clock.now())
    except ChangedMeanwhile as meanwhile:
        event = get_own_event(slug)
        form = _limits(event, filled=False)
        form["known"].data = _known(event)  # saved again, it is meant
        return _limits_page(event, form, notes=meanwhile.notes), 409
    except FieldError as error:
        form.show_refusal(_at_cells(error, waves))
        return _limits_page(event, form), 422
    flash(_("Saved: %(section)s.", section=_("Limits by audience")), "ok")
    if offered := offer_new_room(get_own_event(event.slug)):
        flash(offered, "ok")
    return redirect(f"/manage/events/{event.slug}/edit")


def _limits(event: EventRow, *, filled: bool) -> RowsForm:
    """The form as the event is, or as it was sent; then cells that it did not have are as the event is."""
    made = limits_form([w.id for w in event.waves], [a.code for a in event.audiences])
    values: dict[str, Any] = {
        f"limit_{wave.id}_{a.audience}": {"people": a.max_people, "groups": a.max_groups}
        for wave in event.waves
        for a in wave.allotments
    }
    if filled:
        return made(formdata=None, known=_known(event), **values)
    form = made()
    for wave in event.waves:
        for audience in event.audiences:
            name = f"limit_{wave.id}_{audience.code}"
            if not _was_shown(name):
                form[name].process(None, values.get(name, {}))
    return form


def _was_shown(cell: str) -> bool:
    """Whether the page that was sent had this cell: not of a wave or an audience that a colleague added since."""
    return f"{cell}.people" in request.form or f"{cell}.groups" in request.form


def _known(event: EventRow) -> str:
    return marks_of({"id": wave.id, **_stored(wave)} for wave in event.waves)


def _stored(wave: WaveRow) -> dict[str, Any]:
    """The limits of a wave, by cell."""
    pairs = ((a.audience, a.max_people, a.max_groups) for a in wave.allotments)
    return {
        key: n for code, *limits in pairs for key, n in zip((f"{code} people", f"{code} groups"), limits, strict=True)
    }


def _typed(wave_id: int, form: RowsForm, event: EventRow) -> dict[str, Any]:
    """The limits of a wave as the form says them; those it did not show are as they are stored."""
    wave = event.wave(wave_id)
    said = _stored(wave) if wave else {}
    for audience in event.audiences:
        for unit in ("people", "groups"):
            cell = f"limit_{wave_id}_{audience.code}"
            if f"{cell}.{unit}" in request.form and cell in form:
                said[f"{audience.code} {unit}"] = form[cell].form[unit].data
    return said


def _merge(form: RowsForm, event: EventRow) -> set[int]:
    """The waves whose limits stay as they are: those that only colleagues changed. Raises ChangedMeanwhile."""
    marks, kept, notes = known_marks(form["known"].data), set(), {}
    for wave in event.waves:
        now, was, mine = mark_of(_stored(wave)), marks.get(str(wave.id)), mark_of(_typed(wave.id, form, event))
        if was in {None, now} or mine == now:
            continue
        kept.add(wave.id)
        if mine != was:
            notes[wave.id] = Note("changed", _stored(wave))
    if notes:
        raise ChangedMeanwhile(notes)
    return kept


def _limited(wave: WaveDraft, form: RowsForm, audiences: Sequence[str]) -> WaveDraft:
    """A wave with the limits that the form says; an audience, or a wave, that it did not show keeps its own."""
    before = {a.audience: a for a in wave.allotments}
    allotments = []
    for code in audiences:
        name = f"limit_{wave.id}_{code}"
        if name in form and _was_shown(name):
            cell = form[name].form
            if cell.people.data is not None or cell.groups.data is not None:
                allotments.append(AllotmentDraft(code, cell.people.data, cell.groups.data))
        elif code in before:
            allotments.append(before[code])
    return replace(wave, allotments=tuple(allotments))


def _copy_limits(form: RowsForm, event: EventRow, source: str) -> None:
    """Write one wave's limits, or those of the row « all waves », into every wave."""
    row = source if source in {f"wave-{wave.id}" for wave in event.waves} else "wave-all"
    for audience in event.audiences:
        model = form[f"limit_{row.removeprefix('wave-')}_{audience.code}"].form
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


def _limits_page(
    event: EventRow, form: RowsForm, *, unsaved: bool = False, notes: Mapping[int, Note] | None = None
) -> str:
    return render_template(
        "manage/events/section_limits.html",
        sections=SECTIONS,
        section=None,
        form=form,
        unsaved=unsaved,
        meanwhile=bool(notes),
        notes=_notes(event, form, notes or {}),
        rows=_rows(event, form, {str(wave_id) for wave_id in notes or {}}),
        problems=form.list_problems(),
        places=get_places(event),
        **event_context(event, "edit"),
    )


def _notes(event: EventRow, form: RowsForm, notes: Mapping[int, Note]) -> dict[int, str]:
    """What a colleague saved for a wave, in words, where it differs from what was typed."""
    units = {"people": _("people"), "groups": _("groups")}
    found = {}
    for wave_id, note in notes.items():
        typed = _typed(wave_id, form, event)
        keys = [key for key in {**typed, **note.stored} if typed.get(key) != note.stored.get(key)]
        parts = []
        for code, _space, unit in (key.rpartition(" ") for key in keys):
            limit = note.stored.get(f"{code} {unit}")
            who = event.audience(code).label(current_locale())
            said = _("no limit") if limit is None else str(limit)
            parts.append(_("%(audience)s, %(unit)s: %(limit)s", audience=who, unit=units[unit], limit=said))
        found[wave_id] = " · ".join(parts)
    return found


def _rows(event: EventRow, form: RowsForm, noted: Collection[str]) -> list[LimitRow]:
    """All waves in one, then each. What was refused, or changed by a colleague, stands open, and so do a few with limits."""
    words = {
        str(wave.id): _limit_words(event, form, str(wave.id)) for wave in event.waves if _has_row(event, form, wave)
    }
    few = sum(bool(text) for text in words.values()) <= MOST_OPEN
    zone, locale = event.timezone, current_locale()
    rows = [
        LimitRow(
            "all", str(_("All waves")), str(_("Write limits once, then copy them.")), _is_refused(event, form, "all")
        )
    ]
    for wave in event.waves:
        key = str(wave.id)
        if key in words:
            where = ", ".join(part for part in (wave.host, wave.place) if part)
            name = f"{format_short_day(wave.starts_at, zone, locale)} {hour(wave.starts_at, zone)}"
            shown = key in noted or _is_refused(event, form, key) or (few and bool(words[key]))
            places = ngettext("%(count)s place", "%(count)s places", wave.capacity, count=number(wave.capacity))
            said = words[key] or str(_("no limit"))
            rows.append(LimitRow(key, name, " · ".join(part for part in (where, places, said) if part), shown))
    return rows


def _has_row(event: EventRow, form: RowsForm, wave: WaveRow) -> bool:
    return any(f"limit_{wave.id}_{audience.code}" in form for audience in event.audiences)


def _is_refused(event: EventRow, form: RowsForm, row: str) -> bool:
    cells = (form[f"limit_{row}_{audience.code}"].form for audience in event.audiences)
    return any(cell.people.errors or cell.groups.errors for cell in cells)


def _limit_words(event: EventRow, form: RowsForm, row: str) -> str:
    """« Scolaires 30 personnes, 1 groupe · Familles non admises »: as the form stands; empty without a limit."""
    found = []
    for audience in event.audiences:
        cell = form[f"limit_{row}_{audience.code}"].form
        parts = []
        if cell.people.data == 0:
            parts.append(str(_("not admitted")))
        elif cell.people.data is not None:
            parts.append(ngettext("%(num)d person", "%(num)d people", cell.people.data))
        if cell.groups.data is not None:
            parts.append(ngettext("%(num)d group", "%(num)d groups", cell.groups.data))
        if parts:
            who = audience.label(current_locale())
            found.append(str(_("%(audience)s: %(limits)s", audience=who, limits=", ".join(parts))))
    return " · ".join(found)
