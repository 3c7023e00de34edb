"""Boxes at an event: which, how many, on which half-days, at which stop, run by whom."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField

from app.boxes.rows import FacilitatorRow, ScenarioRow
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.loans.drafts import EventBoxesDraft, OtherEvent, OtherLoan
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


def other_text(other: OtherLoan | OtherEvent | None) -> str:
    """« loan.7.3 », « event.7.2f… » for a form: whose box it is, as its page showed it; empty for a free one."""
    if other is None:
        return ""
    return f"loan.{other.id}.{other.revision}" if isinstance(other, OtherLoan) else f"event.{other.id}.{other.seen}"


def _box_choice(text: Any) -> str:
    """A box, « 12 », or one that another has, « 12.loan.7.3 ». Raises ValueError for what is neither."""
    if not _CHOICE.fullmatch(str(text)):
        raise ValueError(text)
    return str(text)


_CHOICE = re.compile(r"(\d{1,9})(?:\.(?:loan\.(\d{1,9})\.(\d{1,9})|event\.(\d{1,9})\.([0-9a-f]{1,16})))?", re.ASCII)


class EventSwapForm(SwapForm):
    """A free box, or one that a loan or another event gives for this one's (`chosen`). `seen` as in `EventBoxesForm`."""

    revision = None  # type: ignore[assignment]  # how WTForms leaves a field of its base out
    seen = HiddenField()
    box = SelectField(
        _l("Box to use instead"), [Required("choice")], coerce=_box_choice, choices=(), validate_choice=False
    )

    @property
    def chosen(self) -> tuple[int, OtherLoan | OtherEvent | None]:
        """The box, and who gets this one's in exchange. Only of a form that is valid."""
        found = _CHOICE.fullmatch(str(self.box.data))
        assert found is not None
        box, loan_id, revision, event_id, seen = found.groups()
        if loan_id:
            return int(box), OtherLoan(int(loan_id), int(revision))
        return int(box), OtherEvent(int(event_id), seen) if event_id else None


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
