"""Buttons of the tables of waves, spaces and stops: they add, remove, move and make rows, and save nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.events.queries import EventRow
from app.web.forms.events import GeneratorForm
from app.web.forms.timetable import RowsForm
from app.web.manage.event_sections import Section, days_of, wave_values
from app.web.manage.new_event import DEFAULTS, day_choices, last_end, slot_rows, slots, usual_days

PLACED = ("remove", "up", "down", "theirs")


@dataclass(frozen=True)
class Pressed:
    """A button was pressed. `generator` is the form of the rule when that was wrong, or is to be seen again."""

    generator: GeneratorForm | None = None
    refused: bool = False


def press(section: Section, form: RowsForm, event: EventRow, sent: Mapping[str, str]) -> Pressed | None:
    """Do what the pressed button says; None when the form is to be saved. Everything typed stays."""
    rows = form[section.rows]
    if "add" in sent:
        _append(rows, _next_row(section, rows, event))
        return Pressed()
    if "preview" in sent:
        return Pressed()
    if "generate" in sent:
        return _generate(rows, event, GeneratorForm(formdata=sent))
    button = next((name for name in PLACED if name in sent), "")
    if not button:
        return None
    place = sent[button]
    if place.isdecimal() and int(place) < len(rows.entries):
        _change(section, rows, event, button, int(place))
    return Pressed()


def _change(section: Section, rows: Any, event: EventRow, button: str, at: int) -> None:
    if button == "remove":
        rows.pop_entry(at)
    elif button == "theirs":
        stored = {str(row["id"]): row for row in section.fill(event)[section.rows]}
        if (theirs := stored.get(rows.entries[at].form.id.data or "")) is not None:
            rows.entries[at].process(None, dict(theirs))
    else:
        _swap(rows, at, at - 1 if button == "up" else at + 1)


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


def _generate(rows: Any, event: EventRow, generator: Any) -> Pressed:
    generator.days.choices = day_choices(days_of(event))
    if not generator.validate():
        return Pressed(generator, refused=True)
    pause = (generator.pause_from.data, generator.pause_until.data) if generator.pause_from.data else None
    if pause is not None and pause[1] is None:
        generator.pause_until.errors = [_("Say until when.")]
        return Pressed(generator, refused=True)
    spans = slots(generator.first.data, generator.last.data, generator.every.data, pause)
    if not spans:
        generator.every.errors = [_("No wave fits between these times.")]
        return Pressed(generator, refused=True)
    chosen = [day for day in days_of(event) if day.isoformat() in generator.days.data]
    for values in slot_rows(chosen, spans, generator.capacity.data):
        _append(rows, values)
    return Pressed()


def proposed_generator(event: EventRow) -> GeneratorForm:
    """What the generator proposes at first: the hours usual for the kind, on each day of the event but weekends."""
    values, defaults = wave_values(event.starts_at, event.ends_at, event.timezone), DEFAULTS[event.kind]
    pause = defaults.pause or (None, None)
    days = days_of(event)
    usual = {*usual_days(days), days[0], days[-1]}
    form = GeneratorForm(
        formdata=None, days=[day.isoformat() for day in days if day in usual], first=values["starts_at"],
        last=last_end(defaults.last_arrival, defaults.every, values["ends_at"]), every=defaults.every,
        capacity=defaults.capacity, pause_from=pause[0], pause_until=pause[1],
    )  # fmt: skip
    form.days.choices = day_choices(days)
    return form
