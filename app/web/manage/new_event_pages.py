"""Making an event: from a kind of the library, a template of one's own, or as a copy of an earlier one."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import settings
from app.events.drafts import AllotmentDraft
from app.events.enums import EventKind
from app.events.library import KindDesign, Part, bring
from app.events.library_kinds import DESIGNS, SMALL_MEETING, kind_design
from app.events.operations.cloning import create_from_design
from app.events.queries import list_audiences, list_events
from app.events.queries.templates import list_templates
from app.web.forms.base import choices
from app.web.forms.events import KIND_ICONS, KIND_LABELS, KIND_TEXTS
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.manage.event_sections import audience_choices
from app.web.manage.new_event import (
    DEFAULTS,
    asked_days,
    form_of,
    make_draft,
    offer_days,
    proposed,
    settled_design,
)
from app.web.manage.projects import project_choices
from app.web.wording import message_for

blueprint = Blueprint("manage_new_event", __name__, url_prefix="/manage/events")

Answer = str | tuple[str, int] | Response

LATEST_SHOWN = 6
FOUND_SHOWN = 20
TEMPLATES_SHOWN = 12


class BroughtPart(NamedTuple):
    """A part of a kind's design: what it is, and what of it there is, in a line each."""

    part: Part
    title: str
    lines: list[str]


@blueprint.get("/new")
@staff(MAY_MANAGE)
def new() -> str:
    kind = next((k for k in EventKind if k.value == request.args.get("kind")), None)
    if kind is not None:
        project = request.args.get("project", "")
        return _new_page(form_of(kind)(formdata=None, project=project, **proposed(kind)), kind)
    text = request.args.get("q", "").strip()[:100]
    templates = list_templates(current_organiser_id())
    return render_template(
        "manage/events/kinds.html",
        kinds=KIND_LABELS,
        texts=KIND_TEXTS,
        icons=KIND_ICONS,
        brings={kind: _in_short(design) for kind, design in DESIGNS.items()},
        templates=templates[:TEMPLATES_SHOWN],
        more_templates=len(templates) > TEMPLATES_SHOWN,
        events=list_events(current_organiser_id(), text=text, limit=FOUND_SHOWN if text else LATEST_SHOWN),
        text=text,
    )


@blueprint.post("/new")
@staff(MAY_MANAGE)
def create() -> Answer:
    kind = next((k for k in EventKind if k.value == request.form.get("kind")), None)
    if kind is None:
        return redirect("/manage/events/new")
    form: Any = form_of(kind)()
    if "add" in request.form and "dates" in form:
        if len(form.dates.entries) < form.dates.max_entries:
            form.dates.append_entry()
        return _new_page(form, kind)
    form.audiences.choices = audience_choices(list_audiences(current_organiser_id()), None, current_locale())
    projects = project_choices(current_organiser_id())
    right = form.validate_on_submit()
    if all(str(choice.value) != (form.project.data or "") for choice in projects):
        form.project.errors = [message_for("unknown_project")]
        right = False
    if not right:
        return _new_page(form, kind), 422
    typed = {name: form[name].data for name in ("ends_hour", "capacity")}
    design = settled_design(form, kind)
    days = asked_days(form, kind) if design else None
    slug = _create(form, kind, days, design) if days and design else None
    if slug is None:
        for name, value in typed.items():  # what its kind filled in is not what was typed
            form[name].data = value
        return (_new_page(form, kind), 422) if form.list_problems() else _new_page(form, kind, asking=True)
    flash(_("The draft is saved. Look through its sections, then publish it."), "ok")
    return redirect(f"/manage/events/{slug}/edit")


def _create(form: Any, kind: EventKind, days: Sequence[date], design: KindDesign) -> str | None:
    """Make the event and return its slug, or put each problem at its field."""
    parts = {part for part in Part if part.value in (form.brings.data or ())}
    host = (form.host.data or "") if "host" in form else ""
    now = clock.now()
    try:
        draft = make_draft(form, kind, days, settings().default_timezone)
        draft = bring(draft, design, parts, host=host, now=now)
        if not draft.waves:
            raise FieldError({"every": "no_wave_fits"})
        with transaction():
            return create_from_design(
                draft,
                questions=design.questions if Part.QUESTIONS in parts else (),
                organiser_id=current_organiser_id(),
                by=current_actor(),
                now=now,
            )
    except FieldError as error:
        form.show_refusal(_said_once(error))
    return None


def _said_once(error: FieldError) -> FieldError:
    """Every day has the same hours: what is wrong with them is said of the first one."""
    problems = {re.sub(r"^waves/\d+/", "waves/0/", path): code for path, code in error.problems.items()}
    if "waves/0/ends_at" in problems:
        problems.pop("waves/0/starts_at", None)
    return FieldError(problems)


def _new_page(form: Any, kind: EventKind, *, asking: bool = False) -> str:
    """`asking`: nothing is wrong, but of many days the organiser is to say which."""
    form.audiences.choices = audience_choices(list_audiences(current_organiser_id()), None, current_locale())
    form.project.choices = project_choices(current_organiser_id())
    brought = _brought(kind)
    form.brings.choices = choices({b.part.value: b.title for b in brought})
    offer_days(form)
    return render_template(
        "manage/events/new.html",
        form=form,
        kind=KIND_LABELS[kind],
        kind_value=kind.value,
        icon=KIND_ICONS[kind],
        defaults=DEFAULTS[kind],
        brought={b.part.value: b.lines for b in brought},
        small_meeting=SMALL_MEETING,
        asks_project=len(form.project.choices) > 1,
        asking=asking,
    )


# --- What a kind brings, in words ---------------------------------------------------------------------------------


def _in_short(design: KindDesign) -> str:
    """« textes, 5 espaces, 5 étapes, 2 questions »."""
    spaces, stops, questions = len(design.spaces), len(design.stops), len(design.questions)
    counted = [
        _("texts"),
        ngettext("%(num)d space", "%(num)d spaces", spaces) if spaces else "",
        ngettext("%(num)d stop", "%(num)d stops", stops) if stops else "",
        ngettext("%(num)d question", "%(num)d questions", questions) if questions else "",
    ]
    return ", ".join(str(words) for words in counted if words)


def _brought(kind: EventKind) -> list[BroughtPart]:
    """Each part with what there is of it; for an information meeting, both ways in which it may go."""
    ways = [kind_design(kind)]
    if kind is EventKind.INFORMATION_MEETING:
        ways.insert(0, kind_design(kind, SMALL_MEETING))
    titles = {
        Part.TEXTS: _("Texts"),
        Part.SPACES: _("Spaces and route"),
        Part.RULES: _("Rules of registration"),
        Part.QUESTIONS: _("Questions"),
    }
    found = []
    for part in ways[-1].parts():
        lines = [_line(part, way) for way in ways]
        if len(ways) > 1 and lines[0] != lines[1]:
            lines = [
                _("Up to %(people)s people: %(what)s", people=SMALL_MEETING, what=lines[0]),
                _("More: %(what)s", what=lines[1]),
            ]
        found.append(BroughtPart(part, str(titles[part]), list(dict.fromkeys(lines))))
    return found


def _line(part: Part, design: KindDesign) -> str:
    locale = current_locale()
    if part is Part.TEXTS:
        summary = design.summary_fr if locale == "fr" else design.summary_en
        return summary.replace("{host}", "…")
    if part is Part.SPACES:
        stops = " → ".join((s.name_fr if locale == "fr" else s.name_en or s.name_fr) for s in design.stops)
        return stops or ", ".join(space.name for space in design.spaces)
    if part is Part.QUESTIONS:
        return " ".join(question.label(locale) for question in design.questions)
    return _rules(design)


def _rules(design: KindDesign) -> str:
    said = [_limit_words(limit) for limit in design.limits]
    if design.closes_days is not None:
        said.append(
            ngettext(
                "registration until the day before at 18:00",
                "registration until %(num)d days before at 18:00",
                design.closes_days,
            )
        )
    said.append(_("waiting list") if design.waiting_list else _("no waiting list"))
    if design.asks_statistics:
        said.append(_("statistics for funders"))
    said.append(ngettext("names kept %(num)d day", "names kept %(num)d days", design.keep_names_days))
    words = ", ".join(str(text) for text in said)
    return words[:1].upper() + words[1:]


def _limit_words(limit: AllotmentDraft) -> str:
    name = next(a.label(current_locale()) for a in list_audiences(current_organiser_id()) if a.code == limit.audience)
    return str(
        ngettext(
            "%(audience)s: %(num)d group in a wave", "%(audience)s: %(num)d groups in a wave", limit.max_groups or 0,
            audience=name,
        )
    )  # fmt: skip
