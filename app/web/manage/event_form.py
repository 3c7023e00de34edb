"""Editing an event, a section at a time. Buttons add and remove rows, and keep what was typed."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.events.enums import EventMove, EventState
from app.events.errors import HasRegistrations
from app.events.operations import add_audience, edit_event, hold_event
from app.events.operations.apart import AudiencesMeet
from app.events.queries import EventRow, get_places, list_audiences
from app.events.queries.templates import find_origin
from app.events.rules import allowed_moves, places_together
from app.web.forms.base import choices
from app.web.forms.events import (
    ENROLMENT_LABELS,
    KIND_LABELS,
    AudienceForm,
    GeneratorForm,
)
from app.web.forms.timetable import RowsForm
from app.web.guards import current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.apart_words import meetings_of
from app.web.manage.event_merge import ChangedMeanwhile, Merged, differences, known_of, merge_section, note_words
from app.web.manage.event_page import event_context, get_editable_event, get_own_event
from app.web.manage.event_rows import press, proposed_generator
from app.web.manage.event_sections import SECTIONS, Section, audience_choices, draft_of, zone_choices
from app.web.manage.events import closed_words, missing_word
from app.web.manage.new_room import offer_new_room
from app.web.manage.projects import project_choices
from app.web.manage.reopening import reopens
from app.web.manage.route_preview import RoutePreview, preview_routes

blueprint = Blueprint("manage_event_form", __name__, url_prefix="/manage/events")

Answer = str | tuple[str, int] | Response


@blueprint.get("/<slug>/edit")
@event_staff(Ability.PROGRAMME_SEE)
def overview(slug: str) -> str:
    event = get_own_event(slug)
    moves, now = allowed_moves(event.state), clock.now()
    return render_template(
        "manage/events/edit.html",
        sections=SECTIONS,
        missing=[(name, missing_word(name)) for name in event.missing],
        past=event.ends_at <= now,
        closed_at=closed_words(event, now),
        may_archive=get_places(event).may_archive(event, now),
        places_of_waves=places_together(event.enrolment, [wave.capacity for wave in event.waves]),
        audience_names=[a.label(current_locale()) for a in event.audiences],
        stop_names=[stop.name(current_locale()) for stop in event.stops],
        moves={move.value for move in moves},
        again=event.state is EventState.CLOSED and EventMove.PUBLISH in moves,
        kinds=KIND_LABELS,
        enrolments=ENROLMENT_LABELS,
        origin=find_origin(event.id),
        reopens=reopens(event, now) is not None,
        **event_context(event, "edit"),
    )


@blueprint.get("/<slug>/edit/<section>")
@event_staff(Ability.PROGRAMME_CHANGE)
def show_section(slug: str, section: str) -> str:
    event = get_editable_event(slug)
    found = _section(section)
    return _section_page(event, found, _filled(found, event))


@blueprint.post("/<slug>/edit/<section>")
@event_staff(Ability.PROGRAMME_CHANGE)
def save_section(slug: str, section: str) -> Answer:
    event = get_editable_event(slug)
    found = _section(section)
    form = found.form()
    _offer_choices(form, event)
    if found.rows and (pressed := press(found, form, event, request.form)) is not None:
        page = _section_page(event, found, form, unsaved=not pressed.refused, generator=pressed.generator)
        return (page, 422) if pressed.refused else page
    if not form.validate_on_submit():
        return _section_page(event, found, form), 422
    try:
        merged = _save(event, found, form)
    except ChangedMeanwhile as meanwhile:
        return _section_page(get_own_event(slug), found, form, meanwhile=meanwhile), 409
    except AudiencesMeet as meeting:
        form.show_refusal(meeting)
        return _section_page(event, found, form, meeting=meeting), 422
    if merged is None:
        return _section_page(event, found, form), 422
    flash(_("Saved: %(section)s.", section=found.title), "ok")
    for words in _told(merged):
        flash(words, "info")
    if merged.wanted and (offered := offer_new_room(get_own_event(slug))):
        flash(offered, "ok")
    return redirect(f"/manage/events/{slug}/edit")


def _told(merged: Merged) -> list[str]:
    """What colleagues did meanwhile, so that nobody wonders."""
    told = []
    if merged.added:
        told.append(
            ngettext(
                "A colleague added %(num)d row meanwhile: it stays.",
                "A colleague added %(num)d rows meanwhile: they stay.", merged.added,
            )
        )  # fmt: skip
    if merged.removed:
        told.append(
            ngettext(
                "A colleague removed %(num)d row meanwhile: it is gone.",
                "A colleague removed %(num)d rows meanwhile: they are gone.", merged.removed,
            )
        )  # fmt: skip
    if not merged.wanted:
        told.append(_("You changed nothing here. What a colleague saved meanwhile stands."))
    return told


@blueprint.post("/<slug>/edit/audiences/new")
@event_staff(Ability.PROGRAMME_CHANGE)
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
            form.show_refusal(error)
    found = SECTIONS["audiences"]
    return _section_page(event, found, _filled(found, event), added=form), 422


def _section(key: str) -> Section:
    if key not in SECTIONS:
        raise NotFound(key)
    return SECTIONS[key]


def _filled(section: Section, event: EventRow) -> RowsForm:
    """The section's form as the event is."""
    return section.form(formdata=None, known=known_of(section, event), **section.fill(event))


def _offer_choices(form: RowsForm, event: EventRow) -> None:
    """Choices that depend on the event or its organiser."""
    if "audiences" in form:
        form["audiences"].choices = audience_choices(list_audiences(event.organiser_id), event, current_locale())
    if "timezone" in form:
        form["timezone"].choices = zone_choices(event.timezone)
    if "project" in form:
        form["project"].choices = project_choices(event.organiser_id)
    audiences = {a.code: a.label(current_locale()) for a in event.audiences}
    for entry in form["stops"].entries if "stops" in form else ():
        entry.form.space.choices = choices({"": "–", **{s.name: s.name for s in event.spaces}})
        entry.form.audiences.choices = choices(audiences)
    for entry in form["pairs"].entries if "pairs" in form else ():
        entry.form.audience.choices = entry.form.other.choices = choices({"": "–", **audiences})


def _save(event: EventRow, section: Section, form: RowsForm) -> Merged | None:
    """Save one section, or put each problem at its field and return None. Raises ChangedMeanwhile, AudiencesMeet."""
    try:
        with transaction():
            now_is = hold_event(event.id)  # what colleagues saved in other sections meanwhile stays
            merged = merge_section(section, form, now_is)
            if merged.wanted:
                edit_event(event.id, section.apply(form, draft_of(now_is)), by=current_actor(), now=clock.now())
            return merged
    except AudiencesMeet:
        raise
    except FieldError as error:
        form.show_refusal(_in_words(error, section))
    except HasRegistrations:
        form.form_errors.append(_taken_words(section))
    return None


def _taken_words(section: Section) -> str:
    if section.key == "spaces":
        return str(_("A space where people were scanned cannot be removed. Rename it instead."))
    return str(_("A wave that people are registered for cannot be removed. Move them to another wave first."))


def _in_words(error: FieldError, section: Section) -> FieldError:
    """A new date may leave waves behind: said once, not once a wave. So may an audience with stops of its own."""
    if section.key == "audiences" and any(path.startswith("stops/") for path in error.problems):
        return FieldError({"audiences": "audience_has_stops"})
    left = [path for path, code in error.problems.items() if code == "outside_event" and section.key == "basics"]
    if not left:
        return error
    kept = {path: code for path, code in error.problems.items() if path not in left}
    return FieldError(kept | {"move_waves": "waves_left_behind"})


def _previews(event: EventRow, section: Section, form: RowsForm) -> tuple[RoutePreview, ...]:
    """The route as it stands in the form; as it is stored where the form cannot be read."""
    draft = draft_of(event)
    if all(entry.form.minutes.data is not None for entry in form["stops"].entries):
        draft = section.apply(form, draft)
    return preview_routes(draft, event.audiences, current_locale())


def _section_page(
    event: EventRow, section: Section, form: RowsForm, *, unsaved: bool = False, generator: GeneratorForm | None = None,
    added: AudienceForm | None = None, meanwhile: ChangedMeanwhile | None = None,
    meeting: AudiencesMeet | None = None,
) -> str:  # fmt: skip
    _offer_choices(form, event)
    extra: dict[str, Any] = {}
    if meeting is not None:
        extra["meetings"], extra["more_meetings"] = meetings_of(event, meeting)
    if section.key == "waves":
        extra["generator"] = generator or proposed_generator(event)
    if section.key == "route":
        extra["previews"] = _previews(event, section, form)
    if section.key == "audiences":
        extra["added"] = added or AudienceForm(formdata=None)
    if meanwhile is not None:
        stored = None if section.rows else _filled(section, event)
        if stored is not None:
            _offer_choices(stored, event)
        extra["theirs"] = [] if stored is None else differences(form, stored)
        extra["notes"] = note_words(form[section.rows], meanwhile.notes) if section.rows else {}
    return render_template(
        f"manage/events/section_{section.key}.html",
        section=section,
        sections=SECTIONS,
        form=form,
        unsaved=unsaved,
        meanwhile=meanwhile is not None,
        problems=form.list_problems() + (added.list_problems() if added else []),
        places=get_places(event),
        **extra,
        **event_context(event, "edit"),
    )
