"""What is said of an event's boxes: on the pages that ask before it moves or is called off, and when something is refused."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.boxes.queries import get_scenario_by_id
from app.core import clock
from app.events.queries import EventRow
from app.loans.event_clashes import InTheWay, look_for_boxes
from app.loans.event_days import Dated, rest_of
from app.loans.event_foresight import Foreseen, count_kept, foresee_boxes, foresee_restored
from app.loans.queries_events import EventBoxesRow
from app.web.loan_labels import refusal_words, short_period

REFUSALS: Mapping[str, object] = {
    "move_not_allowed": _l("These half-days are over: which boxes were there no longer changes."),
    "no_accredited_facilitator": _l("Nobody who is to run these boxes is accredited on all these days."),
    "event_boxes_not_found": _l("These boxes are given back already."),
    "exchange_off": _l("This exchange is no longer possible: something changed meanwhile. Choose again."),
    "event_boxes_changed": _l("Somebody changed these boxes since you opened the page. Here is how they stand now."),
}
"""Where boxes of events say it otherwise than loans do."""

Line = tuple[InTheWay, str]
"""What has a box, and when in words."""


def event_refusal_words(code: str) -> str:
    return str(REFUSALS[code]) if code in REFUSALS else refusal_words(code)


def lines_in_the_way(found: Iterable[InTheWay]) -> list[Line]:
    return [(one, short_period(one.period) if one.period else "") for one in found]


def who_has_them(row: EventBoxesRow) -> list[Line]:
    """What stands in the way of the boxes that are missing."""
    now, held = clock.now(), [box.box_id for box in row.held]
    look = look_for_boxes(
        get_scenario_by_id(row.scenario_id), rest_of(row.period, now), now=now, but_ids=held, but_row_id=row.id
    )
    return lines_in_the_way(look.in_the_way)


def boxes_called_off(event: EventRow) -> str:
    """What becomes of its boxes when it does not take place; empty where it has none."""
    kept = count_kept(event.id, now=clock.now())
    if not kept:
        return ""
    return str(
        ngettext(
            "Its %(num)d box is given back and free for others.", "Its %(num)d boxes are given back and free for others.",
            kept,
        )
    )  # fmt: skip


def boxes_deleted(event: EventRow) -> str:
    """What becomes of its boxes in the bin; empty where it has none."""
    kept = count_kept(event.id, now=clock.now())
    if not kept:
        return ""
    return str(
        ngettext(
            "Its %(num)d box is given back and free for others. If the event comes back, it is booked again if still free.",
            "Its %(num)d boxes are given back and free for others. If the event comes back, those still free are booked again.",
            kept,
        )
    )  # fmt: skip


def boxes_restored(event_id: int) -> str:
    """How many it finds when it comes out of the bin; empty where it wants none."""
    return _found_again(foresee_restored(event_id, now=clock.now()))


def boxes_without_date(event: EventRow) -> str:
    """What becomes of them until it has a date; empty where it wants none."""
    seen = foresee_boxes(event.id, event, event, now=clock.now())
    if not seen.wanted:
        return ""
    return str(
        ngettext(
            "Its %(num)d box is free for others until there is a date, and is booked again then if it is still free.",
            "Its %(num)d boxes are free for others until there is a date, and are booked again then as far as they are free.",
            seen.wanted,
        )
    )


def boxes_moved(event: EventRow, after: Dated) -> str:
    """How many it finds on other days; empty where it wants none."""
    seen = foresee_boxes(event.id, event, after, now=clock.now())
    if not seen.wanted:
        return ""
    if not seen.missing:
        return str(
            ngettext("Its %(num)d box goes along.", "Its %(num)d boxes go along.", seen.wanted)
        )  # fmt: skip
    return str(
        ngettext(
            "%(num)d box of %(whole)s will be missing on the new days: it is not free, or nobody may run it then.",
            "%(num)d boxes of %(whole)s will be missing on the new days: they are not free, or nobody may run them then.",
            seen.missing, whole=seen.wanted,
        )
    )  # fmt: skip


def boxes_on_again(event: EventRow) -> str:
    """How many it finds when it takes place after all; empty where it wants none."""
    return _found_again(foresee_boxes(event.id, event, event, now=clock.now()))


def _found_again(seen: Foreseen) -> str:
    if not seen.wanted:
        return ""
    if not seen.missing:
        return str(_("Its boxes are booked again: all of them are free."))
    return str(
        ngettext(
            "Its boxes are booked again, but %(num)d of %(whole)s is missing: it is no longer free.",
            "Its boxes are booked again, but %(num)d of %(whole)s are missing: they are no longer free.",
            seen.missing, whole=seen.wanted,
        )
    )  # fmt: skip
