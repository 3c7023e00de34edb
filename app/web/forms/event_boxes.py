"""Boxes at an event: which, how many, on which half-days, at which stop, run by whom."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField

from app.boxes.rows import FacilitatorRow, ScenarioRow
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.loans.drafts import EventBoxesDraft
from app.loans.queries_events import EventBoxesRow
from app.web.forms.base import Required, text_of
from app.web.forms.events import checks
from app.web.forms.loan_desk import DatesForm, SwapForm
from app.web.forms.timetable import Whole
from app.web.wording import register_messages

register_messages(
    {
        "not_of_the_event": _l("These half-days are not those of the event. Choose at least one of its own."),
        "booking_too_long": _l("This is longer than boxes may be kept at once. Choose an earlier end."),
    }
)


class EventBoxesForm(DatesForm):
    """`fill` gives its choices. `over_requests` is asked only when requests that wait ask for the boxes.

    `seen` is what the page showed of boxes that are booked (`EventBoxesRow.seen`).
    """

    revision = None  # type: ignore[assignment]  # how WTForms leaves a field of its base out
    seen = HiddenField()

    scenario = SelectField(_l("What is wanted"), [Required("choice")], coerce=int)
    boxes = Whole(_l("Boxes"), [Required()], default=1)
    stop = SelectField(_l("Where at the event"), default="")
    facilitators = checks(_l("Who runs them"), coerce=int)
    over_requests = BooleanField(_l("Take them all the same"))

    def fill(
        self,
        event: EventRow,
        scenarios: Sequence[ScenarioRow],
        people: Sequence[FacilitatorRow],
        day: date,
        locale: Locale,
    ) -> "EventBoxesForm":
        """Its choices; people are told with what they may run on the first day."""
        self.scenario.choices = [(s.id, f"{s.code} · {s.title(locale)}") for s in scenarios]
        self.stop.choices = [("", _("The whole event")), *((str(s.id), s.name(locale)) for s in event.stops)]
        self.facilitators.choices = [(p.id, " · ".join([p.name, *map(_whole, p.valid_codes(day))])) for p in people]
        return self

    def draft(self, event: EventRow) -> EventBoxesDraft:
        """Raises FieldError (to)."""
        stop = text_of(self.stop)
        return EventBoxesDraft(
            event_id=event.id,
            scenario_id=self.scenario.data,
            boxes=self.boxes.data or 0,
            period=self.period(),
            stop_id=int(stop) if stop else None,
            facilitator_ids=tuple(self.facilitators.data or ()),
            over_requests=bool(self.over_requests.data),
        )


class EventSwapForm(SwapForm):
    """`seen` as in `EventBoxesForm`."""

    revision = None  # type: ignore[assignment]  # how WTForms leaves a field of its base out
    seen = HiddenField()


def seen_of(form: Any) -> str | None:
    """What the page showed; None where nothing is said of it."""
    return text_of(form.seen) or None


def _whole(code: str) -> str:
    """A code that no end of a line breaks."""
    return code.replace("-", "\N{NON-BREAKING HYPHEN}")


def values_of(row: EventBoxesRow) -> dict[str, object]:
    """What the form shows of boxes that are booked."""
    first, last = row.period.first, row.period.last
    return {
        "scenario": row.scenario_id, "boxes": row.boxes, "stop": str(row.stop_id or ""), "first_day": first.date,
        "first_half": first.half.value, "last_day": last.date, "last_half": last.half.value,
        "facilitators": [person.id for person in row.people], "seen": row.seen,
    }  # fmt: skip
