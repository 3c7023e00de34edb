"""Another box for an event: the free ones, and those that loans and other events would give for its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template

from app.boxes.queries import get_scenario_by_id, list_boxes, list_contents_of
from app.boxes.rows import BoxRow, ContentRow
from app.core import clock
from app.core.transaction import transaction
from app.events.queries import EventRow
from app.loans.drafts import OtherEvent, OtherLoan
from app.loans.event_days import rest_of
from app.loans.exchanges import list_event_exchanges
from app.loans.operations.at_events import swap_event_box
from app.loans.operations.event_exchanging import exchange_event_box
from app.loans.operations.event_taking import free_for_event
from app.loans.queries import LoanRow
from app.loans.queries_events import EventBox, EventBoxesRow
from app.web.forms.boxes import CONDITION_BADGES, CONDITION_LABELS, WEAR_LABELS
from app.web.forms.event_boxes import EventSwapForm, other_text, seen_of
from app.web.guards import current_actor
from app.web.i18n import current_locale
from app.web.loan_labels import period_words
from app.web.manage.event_page import event_context


@dataclass(frozen=True)
class Candidate:
    """A box that may take another's place. `loan` or `event` has it, and gets that one in exchange; neither of a free box."""

    box: BoxRow
    missing: Sequence[ContentRow]
    loan: LoanRow | None = None
    event: EventBoxesRow | None = None

    @property
    def value(self) -> str:
        """What the form sends for it."""
        other: OtherLoan | OtherEvent | None = None
        if self.loan is not None:
            other = OtherLoan(self.loan.id, self.loan.revision)
        elif self.event is not None:
            other = OtherEvent(self.event.id, self.event.seen)
        return f"{self.box.id}.{other_text(other)}" if other else str(self.box.id)

    @property
    def days(self) -> str:
        """Those of whoever has it."""
        holder = self.loan or self.event
        return period_words(holder.period) if holder else ""

    @property
    def lacks(self) -> str:
        """« Cadenas (1), Lampe (2) »: what is missing in it, and how many."""
        return ", ".join(f"{content.name(current_locale())} ({content.missing})" for content in self.missing)


def swap(row: EventBoxesRow, held: EventBox, form: EventSwapForm) -> None:
    """What was chosen. Raises what `swap_event_box` and `exchange_event_box` raise."""
    box_id, other = form.chosen
    by, now, seen = current_actor(), clock.now(), seen_of(form)
    with transaction():
        if other is None:
            swap_event_box(row.id, held.box_id, box_id, by=by, now=now, seen=seen)
        else:
            exchange_event_box(row.id, held.box_id, box_id, other, by=by, now=now, seen=seen)


def swap_page(form: EventSwapForm, event: EventRow, row: EventBoxesRow, code: str) -> str:
    return render_template(
        "manage/event_boxes/swap.html",
        form=form, row=row, code=code, period=period_words(row.period), candidates=_candidates(row, code),
        conditions=CONDITION_LABELS, badges=CONDITION_BADGES, wears=WEAR_LABELS, **event_context(event, "boxes"),
    )  # fmt: skip


def _candidates(row: EventBoxesRow, code: str) -> list[Candidate]:
    """The free boxes of the scenario, the one whose turn it is first, then those of loans and of other events."""
    scenario, now = get_scenario_by_id(row.scenario_id), clock.now()
    free = [box.id for box in free_for_event(row, scenario, rest_of(row.period, now), now)]
    held = next((box for box in row.held if box.code == code), None)
    exchanges = list_event_exchanges(row, held, scenario, now=now) if held else ()
    rows = {box.id: box for box in list_boxes(row.organiser_id, scenario.id)}
    chosen = [rows[box_id] for box_id in (*free, *(one.box_id for one in exchanges)) if box_id in rows]
    contents = list_contents_of(chosen) if chosen else {}
    lacking = {box_id: [c for c in found if c.missing] for box_id, found in contents.items()}
    return [
        *(Candidate(rows[box_id], lacking[box_id]) for box_id in free if box_id in rows),
        *(
            Candidate(rows[one.box_id], lacking[one.box_id], one.loan, one.event)
            for one in exchanges
            if one.box_id in rows
        ),
    ]
