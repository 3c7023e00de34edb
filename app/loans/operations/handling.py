"""Hand-over, return and check, box by box: contents are counted, both parties named."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select

from app.boxes.enums import BoxCondition
from app.boxes.operations.boxes import ThingKey, note_use, put_out_of_service, set_in_service, store_counts
from app.boxes.queries import get_box_by_id, list_contents
from app.boxes.rows import ContentRow
from app.core.actor import SYSTEM, Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, MoveNotAllowed
from app.loans.drafts import CheckDraft, CountDraft
from app.loans.enums import CountMoment, LoanMove, LoanState
from app.loans.errors import BoxAway, BoxOutOfService
from app.loans.happenings import Happened, Happening, tell_listeners
from app.loans.models import LoanBox, LoanCount
from app.loans.operations.moving import NAME_LENGTH, NOTE_LENGTH, move_loan
from app.loans.operations.storing import begin_use, calendar_of, let_go, lock_loan, say, today, write, write_box
from app.loans.players import check_players
from app.loans.queries import LoanBoxRow, LoanRow, get_loan
from app.loans.rules import Party, party_of, require_move
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose, ResourceKind
from app.resources.halfdays import Period, half_day_at
from app.resources.operations import shorten

MOST = 9999


def hand_over(
    loan_id: int, box_id: int, *, given_by: str, given_to: str, counts: Sequence[CountDraft] = (), note: str = "",
    by: Actor, now: datetime,
) -> LoanState:  # fmt: skip
    """Give a box of the loan to the borrower. With the first one the loan is handed over; others may follow.

    It is in use from now on. Raises LoanNotFound, MoveNotAllowed, BoxAway, BoxOutOfService, BoxNotFree when another loan comes
    first, FieldError (given_by, given_to, note, counts/n).
    """
    loan, _ = lock_loan(loan_id, by=by)
    following = _goes_on(loan, by) and any(b.handed_over_at is None for b in loan.loan_boxes)
    state = loan.state if following else require_move(loan.state, LoanMove.HAND_OVER, by)
    names = _names({"given_by": given_by, "given_to": given_to}, note)
    held = _box_of(loan, box_id)
    box = get_box_by_id(box_id, organiser_id=loan.organiser_id, lock=True)
    if held.handed_over_at is not None or _is_with_somebody(box_id):
        raise BoxAway(held.code)
    if box.condition is BoxCondition.OUT_OF_SERVICE:
        raise BoxOutOfService(held.code)
    _pass_on(loan, held, CountMoment.HAND_OVER, names, counts, now)
    note_use([box_id], today(now))
    begin_use(loan.id, box_id, held.code, now)
    write(loan.id, state=state, handed_over_at=loan.handed_over_at or now)
    say(Happening.HANDED_OVER, get_loan(loan.id), by=by, now=now, details={"box": held.code})
    return state


def take_back(
    loan_id: int, box_id: int, *, given_by: str, given_to: str, counts: Sequence[CountDraft] = (), note: str = "",
    players_counted: int | None = None, keep_rest: bool = False, by: Actor, now: datetime,
) -> LoanState:  # fmt: skip
    """Take a box back. When all that went out are back, the loan is returned; boxes that never went out are given up then,
    each with a line of history. With `keep_rest` they stay promised, and the loan goes on until they went out and came back,
    or are given up (`give_up_rest`).

    Before its date the rest is free again, the check's buffer kept from now on; late, the box stays in use up to now as far as
    it is free. `players_counted`: how many really played, None to leave it as it was said before. Raises LoanNotFound,
    MoveNotAllowed, BoxAway, FieldError (given_by, given_to, note, players_counted, counts/n).
    """
    loan, scenario = lock_loan(loan_id, by=by)
    state = require_move(loan.state, LoanMove.RETURN, by)
    names = _names({"given_by": given_by, "given_to": given_to}, note)
    check_players(players_counted)
    held = _box_of(loan, box_id)
    if not held.is_away:
        raise BoxAway(held.code)
    _pass_on(loan, held, CountMoment.RETURN, names, counts, now)
    zone = lending_zone()
    back = half_day_at(now, zone)
    period = Period(min(loan.period.first, back), back)
    buffered = calendar_of(loan).with_buffers(period, scenario.before_halves, scenario.after_halves)
    shorten(Purpose.LOAN, loan.id, ResourceKind.BOX, box_id, period, buffered, zone=zone)
    played = {} if players_counted is None else {"players_counted": players_counted}
    others = [b for b in loan.loan_boxes if b.id != held.id]
    kept = keep_rest and any(b.handed_over_at is None for b in others)
    if kept or any(b.is_away for b in others):
        state = loan.state
        write(loan.id, **played)
    else:
        _give_up(loan, by, now)
        write(loan.id, state=state, returned_at=now, **played)
    say(Happening.RETURNED, get_loan(loan.id), by=by, now=now, details={"box": held.code})
    return state


def give_up_rest(loan_id: int, *, by: Actor, now: datetime) -> LoanState:
    """Give up the boxes that nobody came for, when all others are back: the loan is returned, or checked where all are.

    Raises LoanNotFound, MoveNotAllowed when a box is still out or none is left to give up.
    """
    loan, _ = lock_loan(loan_id, by=by)
    state = require_move(loan.state, LoanMove.RETURN, by)
    if not loan.rest_may_be_given_up:
        raise MoveNotAllowed(LoanMove.RETURN.value, loan.state.value)
    _give_up(loan, by, now)
    write(loan.id, state=state, returned_at=now)
    after = get_loan(loan.id)
    return state if any(b.checked_at is None for b in after.loan_boxes) else _end_checks(after, by, now)


def check_box(loan_id: int, box_id: int, found: CheckDraft, *, by: Actor, now: datetime) -> LoanState:
    """Write down what the check of a returned box found. When all are checked, so is the loan; closed if nothing is missing.

    Raises LoanNotFound, MoveNotAllowed, BoxAway, FieldError (out_reason: required, out_until: past, note, counts/n).
    """
    loan, _ = lock_loan(loan_id, by=by)
    if not (_goes_on(loan, by) and any(b.returned_at is not None for b in loan.loan_boxes)):
        require_move(loan.state, LoanMove.CHECK, by)
    held = _box_of(loan, box_id)
    if held.returned_at is None or held.checked_at is not None:
        raise BoxAway(held.code)
    note = _names({}, found.note)["note"]
    if found.condition is BoxCondition.OUT_OF_SERVICE and found.out_reason is None:
        raise FieldError({"out_reason": "required"})
    _store_counts(loan, held, CountMoment.CHECK, found.counts, now)
    _set_condition(loan, held, found, by, now)
    write_box([held.id], checked_at=now, checked_by=by.label[:NAME_LENGTH], note=note or held.note)
    after = get_loan(loan.id)
    details = {"box": held.code, "condition": found.condition.value}
    if after.state is LoanState.HANDED_OVER or any(b.checked_at is None for b in after.loan_boxes):
        write(loan.id)
        say(Happening.CHECKED, after, by=by, now=now, details=details)
        return after.state
    return _end_checks(after, by, now, details)


def _end_checks(
    loan: LoanRow, by: Actor, now: datetime, details: dict[str, str] | None = None
) -> LoanState:  # fmt: skip
    """All boxes are checked, and so is the loan; closed if nothing is missing or broken."""
    write(loan.id, state=LoanState.CHECKED, checked_at=now)
    say(Happening.CHECKED, get_loan(loan.id), by=by, now=now, details=details)
    if all(b.condition is BoxCondition.READY for b in loan.loan_boxes):
        return move_loan(loan.id, LoanMove.CLOSE, by=SYSTEM, now=now)
    return LoanState.CHECKED


def _give_up(loan: LoanRow, by: Actor, now: datetime) -> None:
    """The boxes that were never handed over are free again; the history names each, the borrower is told of all together."""
    for box in loan.rest:
        details = {"reference": loan.reference, "box": box.code}
        record(by, "loan.box_given_up", f"loan:{loan.id}", now=now, organiser_id=loan.organiser_id, details=details)
    let_go(loan, now)
    if loan.rest:
        codes = ", ".join(box.code for box in loan.rest)
        tell_listeners(Happened(Happening.BOX_GIVEN_UP, loan.id, by, now, from_box=codes))


def _pass_on(
    loan: LoanRow,
    held: LoanBoxRow,
    moment: CountMoment,
    names: Mapping[str, str],
    counts: Sequence[CountDraft],
    now: datetime,
) -> None:
    """A box goes from one hand to another: what was counted, and who gave it to whom. Raises FieldError at counts/n."""
    _store_counts(loan, held, moment, counts, now)
    verb = "handed_over" if moment is CountMoment.HAND_OVER else "returned"
    write_box(
        [held.id],
        **{f"{verb}_at": now, f"{verb}_by": names["given_by"], f"{verb}_to": names["given_to"]},
        note=names["note"] or held.note,
    )


def _goes_on(loan: LoanRow, by: Actor) -> bool:
    """Of several boxes, one may go out after the others, or be back and checked before them: that is no move of the loan."""
    return loan.state is LoanState.HANDED_OVER and party_of(by) is not Party.BORROWER


def _box_of(loan: LoanRow, box_id: int) -> LoanBoxRow:
    found = next((box for box in loan.loan_boxes if box.box_id == box_id), None)
    if found is None:
        raise BoxAway(str(box_id))
    return found


def _is_with_somebody(box_id: int) -> bool:
    statement = select(LoanBox.id).where(
        LoanBox.box_id == box_id, LoanBox.handed_over_at.is_not(None), LoanBox.returned_at.is_(None)
    )
    return db.session.execute(statement).first() is not None


def _names(names: Mapping[str, str], note: str) -> dict[str, str]:
    """Both parties' names and the note, without needless spaces. Raises FieldError."""
    clean = {key: " ".join(name.split()) for key, name in names.items()}
    problems = {key: "required" for key, name in clean.items() if not name}
    problems |= {key: "too_long" for key, name in clean.items() if len(name) > NAME_LENGTH}
    if len(note.strip()) > NOTE_LENGTH:
        problems["note"] = "too_long"
    if problems:
        raise FieldError(problems)
    return {**clean, "note": note.strip()}


def _store_counts(
    loan: LoanRow, held: LoanBoxRow, moment: CountMoment, counts: Sequence[CountDraft], now: datetime
) -> None:
    """Keep what was counted with what was expected, and make it the box's last count. Raises FieldError at counts/n."""
    if not counts:
        return
    box = get_box_by_id(held.box_id, organiser_id=loan.organiser_id)
    things = {_key(content): content for content in list_contents(box)}
    problems, rows, counted = dict[str, str](), [], list[ContentRow]()
    for n, count in enumerate(counts):
        content = things.get(ThingKey(count.item_id, None if count.item_id else count.box_item_id))
        if content is None:
            problems[f"counts/{n}"] = "unknown_id"
        elif not 0 <= count.counted <= MOST or len(count.note) > 200:
            problems[f"counts/{n}"] = "out_of_range"
        elif content in counted:
            problems[f"counts/{n}"] = "repeated"
        else:
            counted.append(content)
            rows.append(_count_columns(held.id, moment, content, count))
    if problems:
        raise FieldError(problems)
    db.session.execute(insert(LoanCount), rows)
    present = {ThingKey(c.item_id, None if c.item_id else c.box_item_id): c.counted for c in counts}
    store_counts(held.box_id, present, organiser_id=loan.organiser_id, now=now)


def _key(content: ContentRow) -> ThingKey:
    return ThingKey(content.item_id, None if content.item_id else content.box_item_id)


def _count_columns(loan_box_id: int, moment: CountMoment, content: ContentRow, count: CountDraft) -> dict[str, object]:
    return {
        "loan_box_id": loan_box_id, "moment": moment, "item_id": content.item_id,
        "box_item_id": None if content.item_id else content.box_item_id, "name": content.name_fr,
        "consumable": content.consumable, "expected": content.expected, "counted": count.counted,
        "note": count.note.strip(),
    }  # fmt: skip


def _set_condition(loan: LoanRow, held: LoanBoxRow, found: CheckDraft, by: Actor, now: datetime) -> None:
    if found.condition is BoxCondition.OUT_OF_SERVICE:
        assert found.out_reason is not None
        try:
            put_out_of_service(
                held.box_id,
                found.out_reason,
                until=found.out_until,
                note=found.note,
                organiser_id=loan.organiser_id,
                today=today(now),
                by=by,
                now=now,
            )
        except FieldError as error:
            raise FieldError(
                {"out_until" if k == "until" else k: code for k, code in error.problems.items()}
            ) from error
        return
    incomplete = found.condition is BoxCondition.INCOMPLETE
    set_in_service(held.box_id, organiser_id=loan.organiser_id, by=by, now=now, incomplete=incomplete)
