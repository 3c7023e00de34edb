"""Settling: what somebody chose for promises of boxes that are away is done at once, or not at all. A swap can be taken back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.boxes.models import Box
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import Conflict, FieldError, NotFound
from app.core.tokens import new_token
from app.events.models import Event
from app.loans.enums import LoanMove
from app.loans.models import EventBoxes, Loan
from app.loans.operations import change_dates, give_back_box, move_loan, swap_box
from app.loans.operations.at_events import swap_event_box
from app.loans.operations.storing import lock_scenario
from app.recovery.drafts import Choice
from app.recovery.enums import Way
from app.recovery.errors import Refused, SettlingNotFound, TroubleChanged
from app.recovery.queries import SETTLED, get_settled, list_promises, settling
from app.recovery.rows import Promise
from app.resources.enums import Purpose
from app.resources.halfdays import Period

_ORDER = {Way.BOX: 0, Way.OFF: 1, Way.DATES: 2}
"""Boxes that were chosen first: other dates take what they find."""
GONE, CHANGED, DIFFERS, MAY_NOT = "gone", "changed", "differs", "may_not"


def settle(
    organiser_id: int,
    choices: Sequence[Choice],
    *,
    left: Collection[str] = (),
    note: str = "",
    by: Actor,
    now: datetime,
) -> str:
    """Do all that was chosen; the token of what was done (`get_settled`). Borrowers are told by the mails of those moves.

    `left`: keys of promises that were left as they are. `note` goes to those whose loan is called off. Raises TroubleChanged when
    a promise is no longer what the page showed, when two choices for one loan do not go together, or when a box or dates are not
    to be had any more; FieldError (note).
    """
    _hold(organiser_id, choices)
    _boxes, promises = list_promises(organiser_id, now=now)
    by_key = {promise.key: promise for promise in promises}
    problems = _stale(choices, left, by_key)
    lines = list[dict[str, Any]]()
    if not problems:
        for alike in _in_order(choices, by_key):
            code = _try(lambda c=alike[0]: _do(c, by_key[c.key], note, by, now))  # type: ignore[misc]
            if code:
                problems[alike[0].key] = code
            else:
                lines += [_line(choice, by_key[choice.key]) for choice in alike]
    if problems:
        raise TroubleChanged(_refused(organiser_id, problems))
    token = new_token()
    named = _named(organiser_id, lines)
    details = {"box": ", ".join(sorted({line["box"] for line in named})), "lines": named}
    record(by, SETTLED, settling(token), now=now, organiser_id=organiser_id, details=details)
    return token


def take_back(organiser_id: int, token: str, key: str, *, by: Actor, now: datetime) -> None:
    """Give a loan, or an event, the box back that it had before it was settled, though it is away.

    Raises SettlingNotFound; MoveNotAllowed, BoxAway, EventIsOff and EventBoxesNotFound when the loan or event went on; BoxNotFree
    when somebody else got the box; NoAccreditedFacilitator.
    """
    settled = get_settled(organiser_id, token)
    line = next((line for line in settled.lines if line["key"] == key and is_swap(line)), None)
    if line is None:
        raise SettlingNotFound(key)
    whose, old, new = (int(str(line[name])) for name in ("id", "box_id", "new_box_id"))
    if line["purpose"] == Purpose.EVENT.value:
        swap_event_box(whose, new, old, by=by, now=now, even_away=True)
    else:
        give_back_box(whose, new, old, by=by, now=now)


def is_swap(line: Mapping[str, object]) -> bool:
    """Whether a line of what was settled can be taken back at all."""
    return line["way"] == Way.BOX.value


def _hold(organiser_id: int, choices: Sequence[Choice]) -> None:
    """Events first, then scenarios, each by id: the order in which all lock them, so that nobody waits for each other."""
    parts = [_parts(choice.key) for choice in choices]
    loans = [found for kind, found, _box in parts if kind is Purpose.LOAN]
    rows = [found for kind, found, _box in parts if kind is Purpose.EVENT]
    of_events = db.session.execute(
        select(EventBoxes.event_id, EventBoxes.scenario_id).where(
            EventBoxes.id.in_(rows), EventBoxes.organiser_id == organiser_id
        )
    ).all()
    events = select(Event.id).where(Event.id.in_([row.event_id for row in of_events])).order_by(Event.id)
    db.session.execute(events.with_for_update(key_share=True)).all()
    own = select(Loan.scenario_id).where(Loan.id.in_(loans), Loan.organiser_id == organiser_id)
    scenarios = {*db.session.execute(own).scalars(), *(row.scenario_id for row in of_events)}
    for scenario_id in sorted(scenarios):
        lock_scenario(scenario_id)


def _stale(choices: Sequence[Choice], left: Collection[str], by_key: Mapping[str, Promise]) -> dict[str, str]:
    """What no longer stands as somebody read it, and what does not go together, by key."""
    problems = dict[str, str]()
    ways = dict[int, set[tuple[Way, Period | None]]]()
    for choice in choices:
        promise = by_key.get(choice.key)
        if promise is None:
            problems[choice.key] = GONE
        elif promise.seen != choice.seen:
            problems[choice.key] = CHANGED
        elif promise.purpose is Purpose.LOAN:
            of_loan = ways.setdefault(promise.purpose_id, set())
            of_loan.add((choice.way, choice.period if choice.way is Way.DATES else None))
        elif choice.way is not Way.BOX:
            problems[choice.key] = MAY_NOT
    # A loan is moved or called off as a whole: none of its boxes is left as it is then.
    as_wholes = {loan_id for loan_id, of_loan in ways.items() if any(way is not Way.BOX for way, _ in of_loan)}
    for promise in filter(None, map(by_key.get, left)):
        if promise.purpose is Purpose.LOAN and promise.purpose_id in as_wholes:
            problems[promise.key] = DIFFERS
    for choice in choices:
        promise = by_key.get(choice.key)
        if promise and promise.purpose is Purpose.LOAN and len(ways.get(promise.purpose_id, ())) > 1:
            problems.setdefault(choice.key, DIFFERS)
    return problems


def _in_order(choices: Sequence[Choice], by_key: Mapping[str, Promise]) -> list[list[Choice]]:
    """Other dates, or calling off, are of a loan as a whole: one thing to do, however many of its boxes are away."""
    found = dict[str, list[Choice]]()
    for choice in sorted(choices, key=lambda c: _ORDER[c.way]):
        whole = f"loan {by_key[choice.key].purpose_id}"
        found.setdefault(choice.key if choice.way is Way.BOX else whole, []).append(choice)
    return list(found.values())


def _try(do: Callable[[], None]) -> str:
    """The code of what stands in the way; empty when it is done."""
    try:
        do()
    except FieldError as error:
        if "note" in error.problems:
            raise
        return next(iter(error.problems.values()))
    except (Conflict, NotFound) as error:
        return error.code
    return ""


def _do(choice: Choice, promise: Promise, note: str, by: Actor, now: datetime) -> None:
    if choice.way is Way.BOX:
        box_id = choice.box_id or 0
        if promise.purpose is Purpose.EVENT:
            swap_event_box(promise.purpose_id, promise.box_id, box_id, by=by, now=now)
        else:
            swap_box(promise.purpose_id, promise.box_id, box_id, by=by, now=now, why=promise.why)
    elif choice.way is Way.DATES:
        assert choice.period is not None
        change_dates(promise.purpose_id, choice.period, by=by, now=now, why=promise.why)
    else:
        move_loan(promise.purpose_id, LoanMove.CANCEL, by=by, now=now, reason=promise.why, note=note)


def _line(choice: Choice, promise: Promise) -> dict[str, Any]:
    """What the history keeps of one promise: numbers and codes, nobody's name."""
    line: dict[str, Any] = {
        "key": promise.key, "way": choice.way.value, "purpose": promise.purpose.value, "id": promise.purpose_id,
        "box_id": promise.box_id, "reason": promise.why.value,
    }  # fmt: skip
    if choice.way is Way.BOX:
        line["new_box_id"] = choice.box_id
    if choice.way is Way.DATES and choice.period is not None:
        line["from_half"], line["to_half"] = choice.period.first.number, choice.period.last.number
    return line


def _named(organiser_id: int, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with the codes of their boxes."""
    ids = {line[name] for line in lines for name in ("box_id", "new_box_id") if name in line}
    codes = _codes(organiser_id, ids)
    names = {"box_id": "box", "new_box_id": "new_box"}
    return [{**line, **{names[name]: codes[line[name]] for name in names if name in line}} for line in lines]


def _codes(organiser_id: int, box_ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(select(Box.id, Box.code).where(Box.id.in_(box_ids), Box.organiser_id == organiser_id))
    return {row[0]: row[1] for row in rows}


def _refused(organiser_id: int, problems: Mapping[str, str]) -> list[Refused]:
    """Each with the number of its loan, or its event's title, and the box."""
    parts = {key: _parts(key) for key in problems}
    loans = [found for kind, found, _box in parts.values() if kind is Purpose.LOAN]
    rows = [found for kind, found, _box in parts.values() if kind is Purpose.EVENT]
    names = {
        (Purpose.LOAN, row[0]): row[1]
        for row in db.session.execute(
            select(Loan.id, Loan.reference).where(Loan.id.in_(loans), Loan.organiser_id == organiser_id)
        )
    } | {
        (Purpose.EVENT, row[0]): row[1]
        for row in db.session.execute(
            select(EventBoxes.id, Event.title_fr)
            .join(Event, Event.id == EventBoxes.event_id)
            .where(EventBoxes.id.in_(rows), EventBoxes.organiser_id == organiser_id)
        )
    }
    codes = _codes(organiser_id, {box_id for _kind, _found, box_id in parts.values()})
    return [
        Refused(key, names.get((kind, found), ""), codes.get(box_id, ""), problems[key])
        for key, (kind, found, box_id) in parts.items()
        if (kind, found) in names
    ] or [Refused("", "", "", GONE)]


def _parts(key: str) -> tuple[Purpose, int, int]:
    """What a promise's key says. What no page ever sent is nobody's loan."""
    kind, _dash, rest = key.partition("-")
    found, _dash, box_id = rest.partition("-")
    known = kind in {Purpose.LOAN.value, Purpose.EVENT.value} and found.isdecimal() and box_id.isdecimal()
    if not known or len(found) > 9 or len(box_id) > 9:
        return Purpose.LOAN, 0, 0
    return Purpose(kind), int(found), int(box_id)
