"""Making an event and editing it, a section at a time. Buttons add and remove rows, and keep what was typed."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import format_date
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.core.urls import settings
from app.events.enums import EventKind, EventMove, EventState
from app.events.errors import HasRegistrations
from app.events.operations import add_audience, create_event, edit_event, hold_event
from app.events.queries import EventRow, get_places, list_audiences
from app.events.rules import allowed_moves
from app.web.forms.base import choices
from app.web.forms.events import (
    ENROLMENT_LABELS,
    KIND_ICONS,
    KIND_LABELS,
    KIND_TEXTS,
    AudienceForm,
    GeneratorForm,
    NewEventForm,
)
from app.web.forms.timetable import RowsForm
from app.web.guards import current_actor, current_organiser_id, event_staff, staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_editable_event, get_own_event
from app.web.manage.event_sections import (
    SECTIONS,
    Section,
    audience_choices,
    days_of,
    draft_of,
    wave_values,
    zone_choices,
)
from app.web.manage.events import missing_word
from app.web.manage.new_event import DEFAULTS, Shape, make_draft, slot_rows, slots
from app.web.manage.projects import project_choices

blueprint = Blueprint("manage_event_form", __name__, url_prefix="/manage/events")

Answer = str | tuple[str, int] | Response


@blueprint.get("/new")
@staff(MAY_MANAGE)
def new() -> str:
    kind = next((k for k in EventKind if k.value == request.args.get("kind")), None)
    if kind is None:
        return render_template("manage/events/kinds.html", kinds=KIND_LABELS, texts=KIND_TEXTS, icons=KIND_ICONS)
    defaults = DEFAULTS[kind]
    form = NewEventForm(
        formdata=None, kind=kind.value, starts_hour=defaults.starts, ends_hour=defaults.ends,
        capacity=defaults.capacity, every=defaults.every, audiences=list(defaults.audiences),
    )  # fmt: skip
    return _new_page(form, kind)


@blueprint.post("/new")
@staff(MAY_MANAGE)
def create() -> Answer:
    form = NewEventForm()
    kind = next((k for k in EventKind if k.value == form.kind.data), None)
    if kind is None:
        return redirect("/manage/events/new")
    form.audiences.choices = audience_choices(list_audiences(current_organiser_id()), None, current_locale())
    if not form.validate_on_submit():
        return _new_page(form, kind), 422
    try:
        with transaction():
            slug = create_event(
                make_draft(form, kind, settings().default_timezone),
                organiser_id=current_organiser_id(), by=current_actor(), now=clock.now(),
            )  # fmt: skip
    except FieldError as error:
        form.show_problems(error)
        return _new_page(form, kind), 422
    flash(_("The draft is saved. Look through its sections, then publish it."), "ok")
    return redirect(f"/manage/events/{slug}/edit")


def _new_page(form: NewEventForm, kind: EventKind) -> str:
    form.audiences.choices = audience_choices(list_audiences(current_organiser_id()), None, current_locale())
    defaults = DEFAULTS[kind]
    return render_template(
        "manage/events/new.html", form=form, kind=KIND_LABELS[kind], icon=KIND_ICONS[kind], online=defaults.online,
        waves=defaults.shape is Shape.WAVES, days=defaults.shape is Shape.DAYS,
    )  # fmt: skip


@blueprint.get("/<slug>/edit")
@event_staff(MAY_MANAGE)
def overview(slug: str) -> str:
    event = get_own_event(slug)
    moves = allowed_moves(event.state)
    return render_template(
        "manage/events/edit.html",
        sections=SECTIONS,
        missing=[missing_word(name) for name in _missing(event)],
        audience_names=[a.label(current_locale()) for a in event.audiences],
        stop_names=[stop.name(current_locale()) for stop in event.stops],
        moves={move.value for move in moves},
        may_delete=event.state is EventState.DRAFT,
        again=event.state is EventState.CLOSED and EventMove.PUBLISH in moves,
        kinds=KIND_LABELS,
        enrolments=ENROLMENT_LABELS,
        **event_context(event, "edit"),
    )


def _missing(event: EventRow) -> list[str]:
    """What publishing would refuse, known before it is asked for."""
    has_place = bool(event.venue_name or event.join_url or (event.waves and all(w.place for w in event.waves)))
    there = {"waves": bool(event.waves), "audiences": bool(event.audiences), "place": has_place}
    return [name for name, found in there.items() if not found]


@blueprint.get("/<slug>/edit/<section>")
@event_staff(MAY_MANAGE)
def show_section(slug: str, section: str) -> str:
    event = get_editable_event(slug)
    found = _section(section)
    form = found.form(formdata=None, **found.fill(event))
    _offer_choices(form, event)
    return _section_page(event, found, form)


@blueprint.post("/<slug>/edit/<section>")
@event_staff(MAY_MANAGE)
def save_section(slug: str, section: str) -> Answer:
    event = get_editable_event(slug)
    found = _section(section)
    form = found.form()
    _offer_choices(form, event)
    if found.rows and (changed := _change_rows(found, form, event)) is not None:
        return changed
    if not form.validate_on_submit() or not _save(event, found, form):
        return _section_page(event, found, form), 422
    flash(_("Saved: %(section)s.", section=found.title), "ok")
    return redirect(f"/manage/events/{slug}/edit")


@blueprint.post("/<slug>/edit/audiences/new")
@event_staff(MAY_MANAGE)
def new_audience(slug: str) -> Answer:
    event = get_editable_event(slug)
    form: Any = AudienceForm()
    if form.validate_on_submit():
        try:
            with transaction():
                by, now = current_actor(), clock.now()
                code = add_audience(
                    organiser_id=event.organiser_id, label_fr=form.label_fr.data, label_en=form.label_en.data or "",
                    groups=form.groups.data, by=by, now=now,
                )  # fmt: skip
                draft = draft_of(hold_event(event.id))
                edit_event(event.id, replace(draft, audiences=(*draft.audiences, code)), by=by, now=now)
            flash(_("“%(name)s” is added, and accepted here.", name=form.label_fr.data), "ok")
            return redirect(f"/manage/events/{slug}/edit/audiences")
        except FieldError as error:
            form.show_problems(error)
    found = SECTIONS["audiences"]
    choice = found.form(formdata=None, **found.fill(event))
    _offer_choices(choice, event)
    return _section_page(event, found, choice, added=form), 422


def _section(key: str) -> Section:
    if key not in SECTIONS:
        raise NotFound(key)
    return SECTIONS[key]


def _offer_choices(form: RowsForm, event: EventRow) -> None:
    """Choices that depend on the event or its organiser."""
    if "audiences" in form:
        form["audiences"].choices = audience_choices(list_audiences(event.organiser_id), event, current_locale())
    if "timezone" in form:
        form["timezone"].choices = zone_choices(event.timezone)
    if "project" in form:
        form["project"].choices = project_choices(event.organiser_id)
    if "stops" in form:
        for entry in form["stops"].entries:
            _offer_spaces(entry, event)


def _offer_spaces(entry: Any, event: EventRow) -> None:
    entry.form.space.choices = choices({"": "–", **{s.name: s.name for s in event.spaces}})


def _change_rows(section: Section, form: RowsForm, event: EventRow) -> Answer | None:
    """Add, remove, move or generate rows when such a button was pressed; nothing is saved, everything typed stays."""
    rows = form[section.rows]
    pressed = request.form
    place = next((pressed[name] for name in ("remove", "up", "down") if name in pressed), "")
    at = int(place) if place.isdecimal() and int(place) < len(rows.entries) else None
    generator = GeneratorForm(formdata=request.form if "generate" in pressed else None)
    if "add" in pressed:
        _append(rows, _next_row(section, rows, event))
    elif "remove" in pressed and at is not None:
        rows.pop_entry(at)
    elif ("up" in pressed or "down" in pressed) and at is not None:
        _swap(rows, at, at - 1 if "up" in pressed else at + 1)
    elif "generate" in pressed:
        return _generate(section, form, event, generator)
    elif not {"remove", "up", "down"} & set(pressed):
        return None
    _offer_choices(form, event)
    return _section_page(event, section, form, unsaved=True)


def _append(rows: Any, values: dict[str, Any]) -> None:
    if rows.max_entries is None or len(rows.entries) < rows.max_entries:
        rows.append_entry(values)


def _swap(rows: Any, one: int, other: int) -> None:
    if 0 <= other < len(rows.entries):
        rows.entries[one], rows.entries[other] = rows.entries[other], rows.entries[one]
        rows._compact_indices()


def _next_row(section: Section, rows: Any, event: EventRow) -> dict[str, Any]:
    """What a new row most likely holds: a wave goes on where the last one ended."""
    if section.rows != "waves":
        return {"minutes": 20} if section.rows == "stops" else {}
    last = rows.entries[-1].form if rows.entries else None
    if last is None or not (last.day.data and last.starts_at.data and last.ends_at.data):
        return wave_values(event.starts_at, event.ends_at, event.timezone) | {"day": days_of(event)[0]}
    return {"day": last.day.data, "starts_at": last.ends_at.data, "capacity": last.capacity.data}


def _generate(section: Section, form: RowsForm, event: EventRow, generator: Any) -> Answer:
    generator.days.choices = _day_choices(event)
    if not generator.validate():
        return _section_page(event, section, form, generator=generator), 422
    pause = (generator.pause_from.data, generator.pause_until.data) if generator.pause_from.data else None
    if pause is not None and pause[1] is None:
        generator.pause_until.errors = [_("Say until when.")]
        return _section_page(event, section, form, generator=generator), 422
    spans = slots(generator.first.data, generator.last.data, generator.every.data, pause)
    if not spans:
        generator.every.errors = [_("No wave fits between these times.")]
        return _section_page(event, section, form, generator=generator), 422
    chosen = [day for day in days_of(event) if day.isoformat() in generator.days.data]
    for values in slot_rows(chosen, spans, generator.capacity.data):
        _append(form["waves"], values)
    return _section_page(event, section, form, unsaved=True)


def _day_choices(event: EventRow) -> Any:
    return choices({day.isoformat(): format_date(day, "EEEE d MMMM") for day in days_of(event)})


def _generator(event: EventRow) -> GeneratorForm:
    """What the generator proposes at first: the whole of each day of the event."""
    values = wave_values(event.starts_at, event.ends_at, event.timezone)
    form = GeneratorForm(
        formdata=None, days=[day.isoformat() for day in days_of(event)], first=values["starts_at"],
        last=values["ends_at"], every=DEFAULTS[event.kind].every, capacity=DEFAULTS[event.kind].capacity,
    )  # fmt: skip
    form.days.choices = _day_choices(event)
    return form


def _save(event: EventRow, section: Section, form: RowsForm) -> bool:
    """Save one section or put each problem at its field."""
    try:
        with transaction():
            now_is = hold_event(event.id)  # what colleagues saved in other sections meanwhile stays
            edit_event(event.id, section.apply(form, draft_of(now_is)), by=current_actor(), now=clock.now())
    except FieldError as error:
        form.show_problems(_in_words(error, section))
        return False
    except HasRegistrations:
        form.form_errors.append(_taken_words(section))
        return False
    return True


def _taken_words(section: Section) -> str:
    if section.key == "spaces":
        return str(_("A space where people were scanned cannot be removed. Rename it instead."))
    return str(_("A wave that people are registered for cannot be removed. Move them to another wave first."))


def _in_words(error: FieldError, section: Section) -> FieldError:
    """A new date may leave waves behind: said once, not once a wave."""
    left = [path for path, code in error.problems.items() if code == "outside_event" and section.key == "basics"]
    if not left:
        return error
    kept = {path: code for path, code in error.problems.items() if path not in left}
    return FieldError(kept | {"move_waves": "waves_left_behind"})


def _section_page(
    event: EventRow, section: Section, form: RowsForm, *, unsaved: bool = False,
    generator: GeneratorForm | None = None, added: AudienceForm | None = None,
) -> str:  # fmt: skip
    extra: dict[str, Any] = {}
    if section.key == "waves":
        extra["generator"] = generator or _generator(event)
    if section.key == "audiences":
        extra["added"] = added or AudienceForm(formdata=None)
    return render_template(
        f"manage/events/section_{section.key}.html",
        section=section,
        sections=SECTIONS,
        form=form,
        unsaved=unsaved,
        problems=form.list_problems() + (added.list_problems() if added else []),
        places=get_places(event),
        **extra,
        **event_context(event, "edit"),
    )
