"""New dates for an event: days later, wave by wave, or to come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, TextAreaField

from app.core.errors import FieldError
from app.events.queries import EventRow
from app.flows.date_mapping import DATE_TO_COME, ByWave, NewDates, Shift, to_local
from app.flows.postponing import LONGEST_REASON
from app.web.forms.base import Length, Part, Required, choices
from app.web.forms.timetable import Day, Hour, Rows, RowsForm
from app.web.wording import message_for, register_messages

SHIFT, WAVES, TO_COME = "shift", "waves", "to_come"
WAY_LABELS = {
    SHIFT: _l("All days move, at the same hours"),
    WAVES: _l("New days or hours, wave by wave"),
    TO_COME: _l("The date is to come"),
}
register_messages(
    {
        "same_dates": _l("These are the dates that hold already."),
        "dates_past": _l("These dates are over."),
        "ends_before_wave": _l("The end must come after the beginning."),
    }
)


class WaveHoursPart(Part):
    """One wave: its day, when it begins and ends."""

    id = HiddenField()
    day = Day(_l("Day"))
    starts = Hour(_l("From"))
    ends = Hour(_l("To"))


class PostponeForm(RowsForm):
    """`revision` is the event's, as the page showed it."""

    way = RadioField(_l("What changes?"), [Required("choice")], choices=choices(WAY_LABELS))
    first_day = Day(_l("New first day"))
    waves = Rows(WaveHoursPart, _l("Wave"))
    code = RadioField(_l("Reason for postponing"), [Required("choice")], validate_choice=False)
    reason = TextAreaField(
        _l("A word to the people"),
        [Length(LONGEST_REASON)],
        description=_l("They read it in the mail and on their own page, under the reason."),
    )
    revision = HiddenField()

    def offer(self, event: EventRow, reasons: dict[str, str]) -> None:
        """What can be chosen; each wave that has no row yet gets one, with the hours that hold."""
        self._fields["code"].choices = choices(reasons)
        rows: Any = self._fields["waves"]
        there = {str(row.form.id.data) for row in rows}
        zone = ZoneInfo(event.timezone)
        for wave in event.waves:
            if str(wave.id) not in there:
                starts, ends = to_local(wave.starts_at, zone), to_local(wave.ends_at, zone)
                row = {"id": str(wave.id), "day": starts.date(), "starts": starts.time(), "ends": ends.time()}
                rows.append_entry(row)

    def check(self, reasons: Sequence[str]) -> bool:
        """Whether what was sent can be read. Fields of the ways that were not chosen are not looked at."""
        fields: Any = self._fields
        wanted = [fields["way"], fields["code"], fields["reason"]]
        way = fields["way"].data
        right = [field.validate(self) for field in wanted]
        if fields["code"].data not in reasons and right[1]:
            fields["code"].errors = [message_for("choice")]
            right[1] = False
        if way == SHIFT:
            right.append(_needed(fields["first_day"], self))
        if way == WAVES:
            right += [
                _needed(f, self) for row in fields["waves"] for f in (row.form.day, row.form.starts, row.form.ends)
            ]
        return all(right)

    def dates(self, event: EventRow) -> NewDates:
        """The new dates that were chosen, once `check` is content."""
        fields: Any = self._fields
        if fields["way"].data == TO_COME:
            return DATE_TO_COME
        if fields["way"].data == SHIFT:
            first = to_local(event.starts_at, ZoneInfo(event.timezone)).date()
            return Shift((fields["first_day"].data - first).days)
        found, known = {}, {str(wave.id) for wave in event.waves}
        for row in fields["waves"]:
            part = row.form
            if part.id.data in known:  # one that is gone meanwhile needs no new hours
                found[int(part.id.data)] = (
                    datetime.combine(part.day.data, part.starts.data), datetime.combine(part.day.data, part.ends.data),
                )  # fmt: skip
        return ByWave(found)

    def show_dates_refusal(self, error: FieldError) -> None:
        """Put what the new dates are refused for at the fields that said them."""
        rows: Any = self._fields["waves"]
        places = {str(row.form.id.data): row.form for row in rows}
        for path, code in error.problems.items():
            head, _sep, rest = path.partition("/")
            wave_id, _sep, name = rest.partition("/")
            if head == "waves" and wave_id in places:
                field = places[wave_id].ends if name == "ends_at" else places[wave_id].day
                field.errors = [*field.errors, message_for("ends_before_wave" if name == "ends_at" else code)]
            elif head == "shift_days" or (head == "waves" and not rest):
                name = "first_day" if head == "shift_days" else ""
                self._say(name, code)
            else:
                self._say(head if head in self._fields else "way", code)

    def _say(self, name: str, code: str) -> None:
        field: Any = self._fields.get(name)
        if field is None:
            self.form_errors.append(message_for(code))
        else:
            field.errors = [*field.errors, message_for(code)]


def _needed(field: Any, form: PostponeForm) -> bool:
    if not field.validate(form):
        return False
    if field.data is None:
        field.errors = [message_for("time" if isinstance(field, Hour) else "date")]
        return False
    return True
