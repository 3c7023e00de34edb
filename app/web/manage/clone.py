"""Copies of an event: one on another day, or several at once. Each shows what it would make before it makes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.i18n import format_span
from app.core.transaction import in_transaction
from app.events.cloning import CopyDraft, draft_from, first_day_of, next_title, shifted, slug_stems
from app.events.cloning_days import Rhythm, notes_of, same_weekday_in, series
from app.events.operations.cloning import clone_event
from app.events.queries import EventRow
from app.events.queries.templates import find_free_slug, list_copies, list_event_targets
from app.web.forms.base import choices, text_of
from app.web.forms.cloning import BY_HAND, CloneForm, RepeatForm
from app.web.guards import current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.copy_preview import CopyPreview, note_words, preview_of
from app.web.manage.event_page import event_context, get_own_event
from app.web.wording import message_for

blueprint = Blueprint("manage_clone", __name__, url_prefix="/manage/events")

Answer = str | tuple[str, int] | Response

WEEKS_SHOWN = 4
"""How many events a series proposes at first."""


@blueprint.get("/<slug>/clone")
@event_staff(Ability.EVENT_MOVE)
def ask_clone(slug: str) -> str:
    event = get_own_event(slug)
    day = _proposed_day(event, clock.now())
    before = first_day_of(event)
    form = CloneForm(
        formdata=None, first_day=day, shown=day.isoformat(), title_fr=next_title(event.title_fr, before, day),
        title_en=next_title(event.title_en, before, day),
    )  # fmt: skip
    return _clone_page(event, form)


@blueprint.post("/<slug>/clone")
@event_staff(Ability.EVENT_MOVE)
def clone(slug: str) -> Answer:
    """Make the copy. When another day is asked for than the page showed, show that one first."""
    event = get_own_event(slug)
    form: Any = CloneForm()
    valid = form.validate_on_submit()
    looking = "preview" in request.form
    if form.first_day.data and (shown := _shown_day(form)) not in {None, form.first_day.data}:
        _follow_titles(event, form, shown or form.first_day.data)
        return _clone_page(event, form, asking=not looking)
    if looking and form.first_day.data:
        return _clone_page(event, form)
    if not valid or looking:
        return _clone_page(event, form), 422
    wanted = CopyDraft(form.first_day.data, text_of(form.title_fr), text_of(form.title_en), text_of(form.slug))
    made = _make(event, form, [wanted])
    if made is None:
        return _clone_page(event, form), 422
    flash(_("The copy is made, as a draft. Look through its sections, then publish it."), "ok")
    return redirect(f"/manage/events/{made[0]}/edit")


@blueprint.get("/<slug>/repeat")
@event_staff(Ability.EVENT_MOVE)
def ask_repeat(slug: str) -> str:
    event = get_own_event(slug)
    form = RepeatForm(
        formdata=None, rhythm=Rhythm.WEEK.value, first_day=_next_week(event, clock.now()), number=WEEKS_SHOWN,
        title_fr=event.title_fr, title_en=event.title_en,
    )  # fmt: skip
    return _repeat_page(event, form)


@blueprint.post("/<slug>/repeat")
@event_staff(Ability.EVENT_MOVE)
def repeat(slug: str) -> Answer:
    """Show the days of the series, then make those that are ticked."""
    event = get_own_event(slug)
    form: Any = RepeatForm()
    if "add" in request.form:
        for _number in range(min(3, form.dates.max_entries - len(form.dates.entries))):
            form.dates.append_entry()
        return _repeat_page(event, form)
    valid = form.validate_on_submit()
    days = _asked_days(form)
    if not valid or not days:
        return _repeat_page(event, form), 422
    if form.offered.data != _series_name(days):
        form.offered.data = _series_name(days)
        held = _days_held(event)
        form.days.data = [day.isoformat() for day in days if _is_usual(event, day) and day not in held]
        return _repeat_page(event, form, days)
    chosen = [day for day in days if day.isoformat() in (form.days.data or ())]
    if not chosen:
        form.days.errors = [message_for("choice")]
        return _repeat_page(event, form, days), 422
    made = _make(event, form, [_repeated(event, form, day) for day in chosen])
    if made is None:
        return _repeat_page(event, form, days), 422
    flash(
        ngettext("%(num)d event is made, as a draft.", "%(num)d events are made, as drafts.", len(made)), "ok"
    )  # fmt: skip
    return redirect("/manage/events?state=draft")


def _make(event: EventRow, form: Any, copies: Sequence[CopyDraft]) -> list[str] | None:
    """The slugs of the copies, or what is wrong at its field."""
    by, now, with_partners = current_actor(), clock.now(), bool(form.partners.data)
    try:
        return in_transaction(lambda: clone_event(event.id, copies, with_partners=with_partners, by=by, now=now))
    except FieldError as error:
        said = {("slug", "taken"): "slug_taken", ("slug", "malformed"): "slug_malformed"}
        form.show_refusal(FieldError({p: said.get((p, code), code) for p, code in error.problems.items()}))
    return None


# --- One copy -----------------------------------------------------------------------------------------------------


def _proposed_day(event: EventRow, now: datetime) -> date:
    """The same day of the week a year later, or in the next year that still lies ahead."""
    before, today = first_day_of(event), now.astimezone(ZoneInfo(event.timezone)).date()
    year = max(before.year + 1, today.year)
    day = same_weekday_in(before, year)
    return day if day > today else same_weekday_in(before, year + 1)


def _shown_day(form: Any) -> date | None:
    try:
        return date.fromisoformat(form.shown.data or "")
    except ValueError:
        return None


def _follow_titles(event: EventRow, form: Any, shown: date) -> None:
    """Titles that were proposed for the day shown before become those of the day now asked for."""
    before, day = first_day_of(event), form.first_day.data
    for field, title in ((form.title_fr, event.title_fr), (form.title_en, event.title_en)):
        if field.data == next_title(title, before, shown):
            field.data = next_title(title, before, day)
    form.shown.data = day.isoformat()


def _copy_preview(event: EventRow, form: Any) -> CopyPreview | None:
    """None while no day can be read, or for one that no calendar has."""
    if form.first_day.data is None:
        return None
    draft = draft_from(event)
    before = first_day_of(draft)
    moved = shifted(draft, (form.first_day.data - before).days)
    preview = preview_of(moved, before=before.weekday(), now=clock.now())
    if form.first_day.data not in _days_held(event):
        return preview
    return replace(preview, warnings=(str(_("It is held on this day already.")), *preview.warnings))


def _clone_page(event: EventRow, form: Any, *, asking: bool = False) -> str:
    preview = _copy_preview(event, form)
    slug = ""
    if preview is not None and form.title_fr.data:
        slug = form.slug.data or find_free_slug(slug_stems(form.title_fr.data, preview.first_day, by_day=False))
    return render_template(
        "manage/clone/one.html",
        form=form,
        preview=preview,
        asking=asking,
        new_slug=slug,
        targets=len(list_event_targets(event.id, first_day_of(event))),
        copies=list_copies(event.id),
        **event_context(event, "edit"),
    )


# --- Several ------------------------------------------------------------------------------------------------------


def _next_week(event: EventRow, now: datetime) -> date:
    """The first day after the event, and after today, that is the same day of the week."""
    before, today = first_day_of(event), now.astimezone(ZoneInfo(event.timezone)).date()
    day = before + timedelta(days=7)
    return day if day > today else today + timedelta(days=(before.weekday() - today.weekday() - 1) % 7 + 1)


def _asked_days(form: Any) -> list[date]:
    """The first days of the series, in order; none when something is missing, which is said at its field."""
    if form.rhythm.data == BY_HAND:
        days = sorted({day for day in form.dates.data if day})
        if not days and not any(entry.errors for entry in form.dates.entries):
            form.dates.errors = [message_for("date")]
        return days
    for field, code in ((form.first_day, "date"), (form.number, "number")):
        if field.data is None and not field.errors:
            field.errors = [message_for(code)]
    if not form.first_day.data or not form.number.data or form.number.errors or form.rhythm.errors:
        return []
    days = series(form.first_day.data, Rhythm(form.rhythm.data), form.number.data)
    if days[-1].year > 2100:
        form.first_day.errors = [message_for("date")]
        return []
    return days


def _series_name(days: Sequence[date]) -> str:
    return ",".join(f"{day:%Y%m%d}" for day in days)


def _days_held(event: EventRow) -> set[date]:
    """The first days of the event and of the copies made of it: it is not made twice on the same day unasked."""
    zone = ZoneInfo(event.timezone)
    return {
        first_day_of(event),
        *(copy.starts_at.astimezone(zone).date() for copy in list_copies(event.id, limit=None)),
    }


def _offsets(event: EventRow) -> list[int]:
    """The days on which the event has waves, as so many after its first."""
    zone, first = ZoneInfo(event.timezone), first_day_of(event)
    return sorted({(wave.starts_at.astimezone(zone).date() - first).days for wave in event.waves} or {0})


def _is_usual(event: EventRow, first_day: date) -> bool:
    return all(note.is_usual for note in notes_of(first_day, _offsets(event)))


def _span_words(event: EventRow, first_day: date) -> str:
    """jeudi 4 février 2027; for several days, 4 et 5 février 2027."""
    noon = datetime.combine(first_day, time(12), UTC)
    return format_span(noon, noon + timedelta(days=_offsets(event)[-1]), "UTC", current_locale())


def _notes(event: EventRow, first_day: date, held: set[date]) -> list[str]:
    """What to think of on that day and those that follow it."""
    said = [note_words(note) for note in notes_of(first_day, _offsets(event)) if not note.is_usual]
    if first_day in held:
        said.append(str(_("It is held on this day already")))
    return said


def _repeated(event: EventRow, form: Any, day: date) -> CopyDraft:
    before = first_day_of(event)
    titles = (next_title(text_of(field), before, day) for field in (form.title_fr, form.title_en))
    return CopyDraft(day, *titles)


def _repeat_page(event: EventRow, form: Any, days: Sequence[date] = ()) -> str:
    held = _days_held(event) if days else set()
    form.days.choices = choices({day.isoformat(): _span_words(event, day) for day in days})
    return render_template(
        "manage/clone/series.html",
        form=form,
        days=days,
        notes={day.isoformat(): ", ".join(_notes(event, day, held)) for day in days},
        targets=len(list_event_targets(event.id, first_day_of(event))),
        by_hand=BY_HAND,
        **event_context(event, "edit"),
    )
