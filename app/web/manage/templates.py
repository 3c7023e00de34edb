"""The organiser's own templates: keeping an event's design, looking at it, naming it, beginning an event from it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import in_transaction, transaction
from app.events.cloning import first_day_of, next_title, slug_stems
from app.events.cloning_days import notes_of
from app.events.cloning_design import ANCHOR, Design, draft_on
from app.events.drafts import EventDraft
from app.events.operations.cloning import create_from_design
from app.events.operations.templates import delete_template, rename_template, save_template
from app.events.queries import list_audiences
from app.events.queries.templates import (
    TemplateRow,
    find_free_slug,
    get_template,
    list_event_targets,
    list_templates,
)
from app.web.forms.base import text_of
from app.web.forms.cloning import SaveTemplateForm, TemplateNameForm, TemplateUseForm
from app.web.forms.events import ENROLMENT_LABELS, KIND_ICONS, KIND_LABELS
from app.web.guards import current_actor, current_organiser_id, event_staff, staff
from app.web.i18n import current_locale
from app.web.manage.copy_preview import CopyPreview, preview_of, weekday_words
from app.web.manage.event_page import event_context, get_own_event

blueprint = Blueprint("manage_templates", __name__, url_prefix="/manage")

Answer = str | tuple[str, int] | Response


@blueprint.get("/templates")
@staff(MAY_MANAGE)
def index() -> str:
    text = request.args.get("q", "").strip()[:100]
    templates = list_templates(current_organiser_id())
    found = [t for t in templates if text.casefold() in t.name.casefold()]
    return render_template(
        "manage/templates/list.html",
        templates=found,
        some=bool(templates),
        text=text,
        kinds=KIND_LABELS,
        icons=KIND_ICONS,
    )


@blueprint.get("/templates/<int:template_id>")
@staff(MAY_MANAGE)
def show(template_id: int) -> str:
    template = get_template(template_id, current_organiser_id())
    names = {a.code: a.label(current_locale()) for a in list_audiences(current_organiser_id())}
    draft = template.design.draft
    return render_template(
        "manage/templates/show.html",
        template=template,
        draft=draft,
        kinds=KIND_LABELS,
        enrolments=ENROLMENT_LABELS,
        days=_days(template.design),
        weekday=weekday_words(template.design.weekday),
        audience_names=[names.get(code, code) for code in draft.audiences],
        names=names,
        opens=_distance(draft, draft.registration_opens_at),
        closes=_distance(draft, draft.registration_closes_at),
    )


@blueprint.get("/templates/<int:template_id>/name")
@staff(MAY_MANAGE)
def ask_name(template_id: int) -> str:
    template = get_template(template_id, current_organiser_id())
    return _name_page(template, TemplateNameForm(formdata=None, name=template.name))


@blueprint.post("/templates/<int:template_id>/name")
@staff(MAY_MANAGE)
def rename(template_id: int) -> Answer:
    template, form = get_template(template_id, current_organiser_id()), TemplateNameForm()
    if not form.validate_on_submit():
        return _name_page(template, form), 422
    try:
        with transaction():
            rename_template(
                template_id,
                text_of(form.name),
                organiser_id=current_organiser_id(),
                by=current_actor(),
                now=clock.now(),
            )
    except FieldError as error:
        form.show_refusal(error)
        return _name_page(template, form), 422
    flash(_("The template is now called “%(name)s”.", name=text_of(form.name)), "ok")
    return redirect(f"/manage/templates/{template_id}")


@blueprint.get("/templates/<int:template_id>/delete")
@staff(MAY_MANAGE)
def ask_delete(template_id: int) -> str:
    return render_template("manage/templates/delete.html", template=get_template(template_id, current_organiser_id()))


@blueprint.post("/templates/<int:template_id>/delete")
@staff(MAY_MANAGE)
def delete(template_id: int) -> Response:
    name = get_template(template_id, current_organiser_id()).name
    with transaction():
        delete_template(template_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    flash(_("The template “%(name)s” is deleted. Events made from it stay.", name=name), "ok")
    return redirect("/manage/templates")


@blueprint.get("/templates/<int:template_id>/use")
@staff(MAY_MANAGE)
def ask_use(template_id: int) -> str:
    template = get_template(template_id, current_organiser_id())
    draft, day = template.design.draft, _proposed_day(template.design)
    form = TemplateUseForm(
        formdata=None, first_day=day, shown=day.isoformat(), title_fr=next_title(draft.title_fr, ANCHOR, day),
        title_en=next_title(draft.title_en, ANCHOR, day), venue_name=draft.venue_name,
        venue_commune=draft.venue_commune, join_url=draft.join_url,
    )  # fmt: skip
    return _use_page(template, form)


@blueprint.post("/templates/<int:template_id>/use")
@staff(MAY_MANAGE)
def use(template_id: int) -> Answer:
    """Make the event. When another day is asked for than the page showed, show that one first."""
    template = get_template(template_id, current_organiser_id())
    form: Any = TemplateUseForm()
    valid = form.validate_on_submit()
    day, looking = form.first_day.data, "preview" in request.form
    if day and form.shown.data and form.shown.data != day.isoformat():
        _follow_titles(template.design, form)
        return _use_page(template, form, asking=not looking)
    if looking and day:
        return _use_page(template, form)
    if not valid or looking:
        return _use_page(template, form), 422
    slug = _make(template, form)
    if slug is None:
        return _use_page(template, form), 422
    flash(_("The draft is saved. Look through its sections, then publish it."), "ok")
    return redirect(f"/manage/events/{slug}/edit")


@blueprint.get("/events/<slug>/template")
@event_staff(Ability.EVENT_MOVE)
def ask_save(slug: str) -> str:
    event = get_own_event(slug)
    return _save_page(slug, SaveTemplateForm(formdata=None, name=event.title_fr))


@blueprint.post("/events/<slug>/template")
@event_staff(Ability.EVENT_MOVE)
def save(slug: str) -> Answer:
    event, form = get_own_event(slug), SaveTemplateForm()
    if not form.validate_on_submit():
        return _save_page(slug, form), 422
    name, replaces, by, now = text_of(form.name), bool(form.replaces.data), current_actor(), clock.now()
    try:
        template_id = in_transaction(lambda: save_template(event.id, name, replaces=replaces, by=by, now=now))
    except FieldError as error:
        said = {path: "template_taken" if code == "taken" else code for path, code in error.problems.items()}
        form.show_refusal(FieldError(said))
        return _save_page(slug, form, taken="template_taken" in said.values()), 422
    flash(_("The template “%(name)s” is kept.", name=text_of(form.name)), "ok")
    return redirect(f"/manage/templates/{template_id}")


def _save_page(slug: str, form: SaveTemplateForm, *, taken: bool = False) -> str:
    """`taken`: another template has the name, so that replacing it is offered."""
    event = get_own_event(slug)
    return render_template(
        "manage/templates/save.html",
        form=form,
        taken=taken,
        targets=len(list_event_targets(event.id, first_day_of(event))),
        **event_context(event, "edit"),
    )


def _name_page(template: TemplateRow, form: TemplateNameForm) -> str:
    return render_template("manage/templates/name.html", template=template, form=form)


# --- Using one ----------------------------------------------------------------------------------------------------


def _proposed_day(design: Design) -> date:
    """The first day from four weeks ahead on that is the same day of the week, no day of it being a holiday or a Sunday.

    When the event has Sundays itself, the first such day.
    """
    zone = ZoneInfo(design.draft.timezone)
    ahead = clock.now().astimezone(zone).date() + timedelta(weeks=4)
    first = ahead + timedelta(days=(design.weekday - ahead.weekday()) % 7)
    offsets = [number - 1 for number, _waves in _days(design)]
    weeks = (first + timedelta(weeks=n) for n in range(6))
    return next((day for day in weeks if all(note.is_usual for note in notes_of(day, offsets))), first)


def _follow_titles(design: Design, form: Any) -> None:
    """Titles that were proposed for the day shown before become those of the day now asked for."""
    day = form.first_day.data
    try:
        shown = date.fromisoformat(form.shown.data)
    except ValueError:
        shown = day
    for field, title in ((form.title_fr, design.draft.title_fr), (form.title_en, design.draft.title_en)):
        if field.data == next_title(title, ANCHOR, shown):
            field.data = next_title(title, ANCHOR, day)
    form.shown.data = day.isoformat()


def _draft(template: TemplateRow, form: Any) -> EventDraft:
    """The draft that the form asks for. Another venue takes the street and the way in of the template's with it."""
    draft = draft_on(template.design, form.first_day.data)
    there = (draft.venue_name, draft.venue_commune) == (form.venue_name.data or "", form.venue_commune.data or "")
    if not there:
        draft = replace(draft, venue_address="", entrance_fr="", entrance_en="")
    stems = slug_stems(text_of(form.title_fr), form.first_day.data, by_day=False)
    return replace(
        draft,
        title_fr=text_of(form.title_fr),
        title_en=text_of(form.title_en),
        venue_name=text_of(form.venue_name),
        venue_commune=text_of(form.venue_commune),
        join_url=text_of(form.join_url),
        slug=find_free_slug(stems),
    )


def _make(template: TemplateRow, form: Any) -> str | None:
    """The slug of the new event, or what is wrong at its field."""
    by, now, organiser_id = current_actor(), clock.now(), current_organiser_id()

    def make() -> str:
        return create_from_design(
            _draft(template, form), questions=template.design.questions, targets=template.design.targets,
            template=template.name, organiser_id=organiser_id, by=by, now=now,
        )  # fmt: skip

    try:
        return in_transaction(make)
    except FieldError as error:
        form.show_refusal(error)
    return None


def _use_page(template: TemplateRow, form: Any, *, asking: bool = False) -> str:
    preview: CopyPreview | None = None
    slug = ""
    if form.first_day.data is not None:
        draft = draft_on(template.design, form.first_day.data)
        preview = preview_of(draft, before=template.design.weekday, now=clock.now())
        stems = slug_stems(form.title_fr.data or template.name, form.first_day.data, by_day=False)
        slug = find_free_slug(stems)
    return render_template(
        "manage/templates/use.html", template=template, form=form, preview=preview, new_slug=slug, asking=asking,
        draft=template.design.draft, kinds=KIND_LABELS,
    )  # fmt: skip


# --- Looking at one -----------------------------------------------------------------------------------------------


def _days(design: Design) -> list[tuple[int, list[Any]]]:
    """(which day: 1 for the first, its waves), in order."""
    zone = ZoneInfo(design.draft.timezone)
    found: dict[int, list[Any]] = {}
    for wave in design.draft.waves:
        found.setdefault((wave.starts_at.astimezone(zone).date() - ANCHOR).days + 1, []).append(wave)
    return sorted(found.items())


def _distance(draft: EventDraft, moment: Any) -> tuple[int, Any] | None:
    """How many days before the first one (negative: after it), and the moment for its hour."""
    if moment is None:
        return None
    return (ANCHOR - moment.astimezone(ZoneInfo(draft.timezone)).date()).days, moment
