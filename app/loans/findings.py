"""What the check of a loan found: things that did not come back, boxes that came back so that they are out of service."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.boxes.enums import OutReason
from app.boxes.models import BoxOutage
from app.boxes.queries import get_box_by_id, list_contents
from app.core.db import db
from app.core.i18n import Locale
from app.loans.enums import CountMoment
from app.loans.queries import CountRow, LoanBoxRow, LoanRow, list_counts
from app.loans.things import lent_words
from app.resources.calendars import lending_zone
from app.resources.halfdays import half_day_at

NOT_THEIRS = frozenset({OutReason.UPDATE})
"""For these reasons a box goes out of service by the organiser's own plans."""

_FAULTS = {
    OutReason.BROKEN: "Box %(code)s came back damaged: it is out of service.",
    OutReason.CLEANING: "Box %(code)s has to be cleaned before it is lent again.",
}
_OTHER_FAULT = "Box %(code)s cannot be lent for now."


@dataclass(frozen=True)
class LostThing:
    """A thing that is missing in a box since it was handed over: `number` of `given`."""

    code: str
    name: str
    number: int
    given: int


@dataclass(frozen=True)
class FaultyBox:
    """A box that its check put out of service, or left there."""

    code: str
    reason: OutReason


@dataclass(frozen=True)
class Findings:
    """Empty when all came back as it went out; what is used up counts for nothing."""

    lost: tuple[LostThing, ...] = ()
    faulty: tuple[FaultyBox, ...] = ()

    @property
    def are_none(self) -> bool:
        return not self.lost and not self.faulty


def find_findings(loan: LoanRow, locale: Locale = "fr") -> Findings:
    """What the checks of the loan's boxes found, as they are counted against the hand-over. Two statements, and two more for
    each box that lacks a thing whose English name is wanted.
    """
    return Findings(tuple(_lost(loan, locale)), tuple(_faulty(loan)))


def fault_words(faulty: FaultyBox, locale: Locale, *, game: bool) -> str:
    """What is said of it to the borrower."""
    return lent_words(locale, _FAULTS.get(faulty.reason, _OTHER_FAULT), game=game, code=faulty.code)


def _lost(loan: LoanRow, locale: Locale) -> list[LostThing]:
    counts = list_counts(loan.id)
    given = {(c.loan_box_id, *_thing(c)): c.counted for c in counts if c.moment is CountMoment.HAND_OVER}
    boxes, names = {box.id: box for box in loan.loan_boxes}, dict[tuple[int, int | None, int | None], str]()
    found = []
    for count in counts:
        box = boxes.get(count.loan_box_id)
        if box is None or count.moment is not CountMoment.CHECK or count.consumable:
            continue
        before = given.get((box.id, *_thing(count)), 0)  # what nobody counted then was not given, as far as is known
        if before <= count.counted:
            continue
        if locale == "en" and not any(key[0] == box.id for key in names):
            names |= _names_of(loan, box, locale)
        name = names.get((box.id, *_thing(count)), count.name)
        found.append(LostThing(box.code, name, before - count.counted, before))
    return found


def _thing(count: CountRow) -> tuple[int | None, int | None]:
    return count.item_id, count.box_item_id


def _names_of(loan: LoanRow, box: LoanBoxRow, locale: Locale) -> dict[tuple[int, int | None, int | None], str]:
    """What the things of a box are called now; one that is gone keeps the name that it was counted under."""
    contents = list_contents(get_box_by_id(box.box_id, organiser_id=loan.organiser_id))
    return {(box.id, c.item_id, None if c.item_id else c.box_item_id): c.name(locale) for c in contents}


def _faulty(loan: LoanRow) -> list[FaultyBox]:
    """Of each box the time out of service that its check began; or that began while it was out, and goes on after the check."""
    checked = {box.box_id: box for box in loan.loan_boxes if box.handed_over_at and box.checked_at}
    columns = BoxOutage.box_id, BoxOutage.reason, BoxOutage.created_at, BoxOutage.ended_on
    statement = select(*columns).where(BoxOutage.box_id.in_(checked)).order_by(BoxOutage.id)
    found = dict[str, OutReason]()
    for box_id, reason, began, ended_on in db.session.execute(statement):
        box = checked[box_id]
        assert box.handed_over_at is not None
        assert box.checked_at is not None
        goes_on = ended_on is None or ended_on > _day(box.checked_at)
        if began == box.checked_at or (box.handed_over_at <= began <= box.checked_at and goes_on):
            found[box.code] = reason
    return [FaultyBox(code, reason) for code, reason in sorted(found.items()) if reason not in NOT_THEIRS]


def _day(moment: datetime) -> date:
    return half_day_at(moment, lending_zone()).date
