"""Boxes: made, changed, out of service and back, counted, taken out of the inventory."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.boxes.drafts import BoxDraft, ExceptionDraft
from app.boxes.enums import BoxCondition, OutReason
from app.boxes.errors import BoxPromised, EntryChanged, ItemNotFound, ScenarioNotFound
from app.boxes.models import Box, BoxItem
from app.boxes.operations.entries import require_free_code, what_changes
from app.boxes.operations.outages import follow_condition
from app.boxes.queries import (
    get_box_by_id,
    get_scenario_by_id,
    list_boxes,
    list_contents,
    list_contents_of,
    list_items,
)
from app.boxes.rows import BoxRow, ContentRow, ScenarioRow
from app.boxes.rules import NOTE_LENGTH, clean_box, clean_exceptions
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError
from app.core.tokens import new_token
from app.resources.calendars import lending_zone
from app.resources.enums import ResourceKind
from app.resources.halfdays import half_day_at
from app.resources.models import Use

OUT_NOTE_LENGTH = 300


class ThingKey(NamedTuple):
    """A thing in a box: of its scenario (`item_id`), or of the box alone (`box_item_id`)."""

    item_id: int | None = None
    box_item_id: int | None = None


def create_box(scenario_id: int, draft: BoxDraft, *, organiser_id: int, by: Actor, now: datetime) -> int:
    """A new box with a random label; its id. Raises ScenarioNotFound, FieldError (also code: code_taken)."""
    scenario = get_scenario_by_id(scenario_id, lock=True)
    if scenario.organiser_id != organiser_id or scenario.archived_at is not None:
        raise ScenarioNotFound(str(scenario_id))
    draft = clean_box(draft)
    require_free_code(Box, draft.code, organiser_id, None)
    try:
        with db.session.begin_nested():
            box_id = db.session.execute(
                insert(Box)
                .values(
                    organiser_id=organiser_id, scenario_id=scenario_id, label=new_token(), created_at=now, **_values(draft)
                )
                .returning(Box.id)
            ).scalar_one()  # fmt: skip
    except IntegrityError as error:
        raise FieldError({"code": "code_taken"}) from error
    _record(by, "box.created", box_id, organiser_id, now, {"code": draft.code, "scenario": scenario.code})
    return box_id


def change_box(box_id: int, draft: BoxDraft, *, organiser_id: int, revision: int, by: Actor, now: datetime) -> bool:
    """Write what differs; whether anything did. Raises BoxNotFound, EntryChanged, FieldError as create_box."""
    before = get_box_by_id(box_id, organiser_id=organiser_id, lock=True)
    draft = clean_box(draft)
    values = _values(draft)
    changed = what_changes(before, values, revision)
    if not changed:
        return False
    require_free_code(Box, draft.code, organiser_id, box_id)
    _write(box_id, now, **values)
    _record(by, "box.changed", box_id, organiser_id, now, {"changed": changed})
    return True


def put_out_of_service(
    box_id: int,
    reason: OutReason,
    *,
    until: date | None,
    note: str = "",
    organiser_id: int,
    today: date,
    by: Actor,
    now: datetime,
) -> None:
    """From today on, expected back in use on `until` (None: nobody knows). What it is promised to stays until somebody decides.

    Raises BoxNotFound, FieldError (until: past; note: too_long).
    """
    before = get_box_by_id(box_id, organiser_id=organiser_id, lock=True)
    problems = {"until": "past"} if until is not None and until <= today else {}
    if len(note.strip()) > OUT_NOTE_LENGTH:
        problems["note"] = "too_long"
    if problems:
        raise FieldError(problems)
    since = before.out_from or today
    values = {
        "condition": BoxCondition.OUT_OF_SERVICE, "out_reason": reason, "out_note": note.strip(), "out_from": since,
        "out_until": until,
    }  # fmt: skip
    _write(box_id, now, **values)
    follow_condition(
        before, BoxCondition.OUT_OF_SERVICE, reason=reason, note=note.strip(), since=since, until=until, today=today, now=now
    )  # fmt: skip
    # The note may name people: the outage alone says it, as long as names are kept.
    details = {"reason": reason.value, "until": until.isoformat() if until else None}
    _record(by, "box.out_of_service", box_id, organiser_id, now, details)


def set_in_service(
    box_id: int, *, organiser_id: int, by: Actor, now: datetime, incomplete: bool = False
) -> BoxCondition:
    """Ready, or incomplete when the last count says that something other than consumables is missing, or somebody says so.

    Raises BoxNotFound.
    """
    before = get_box_by_id(box_id, organiser_id=organiser_id, lock=True)
    condition = BoxCondition.INCOMPLETE if incomplete else condition_by_count(before)
    if condition is before.condition:
        return condition
    _write(box_id, now, condition=condition, out_reason=None, out_note="", out_from=None, out_until=None)
    follow_condition(before, condition, today=half_day_at(now, lending_zone()).date, now=now)
    verb = "box.found_ready" if condition is BoxCondition.READY else "box.found_incomplete"
    if before.condition is BoxCondition.OUT_OF_SERVICE:
        verb = "box.in_service"
    _record(by, verb, box_id, organiser_id, now, {"condition": condition.value})
    return condition


def condition_by_count(box: BoxRow) -> BoxCondition:
    """What the last count says of a box that is not out of service."""
    return _by_count(list_contents(box))


def hold_boxes_of(scenario: ScenarioRow) -> list[BoxRow]:
    """The boxes of a scenario whose row is held, theirs held too; those out of the inventory as well."""
    ids = select(Box.id).where(Box.scenario_id == scenario.id).order_by(Box.id)
    db.session.execute(ids.with_for_update(key_share=True)).all()
    return [box for gone in (False, True) for box in list_boxes(scenario.organiser_id, scenario.id, archived=gone)]


def counts_say(boxes: Sequence[BoxRow]) -> dict[int, BoxCondition]:
    """What the last count of each says of it, were it not out of service. Two statements."""
    return {box_id: _by_count(contents) for box_id, contents in list_contents_of(boxes).items()}


def follow_contents(boxes: Sequence[BoxRow], said: Mapping[int, BoxCondition], *, by: Actor, now: datetime) -> None:
    """What these boxes, held, should hold has changed: each is ready or incomplete as its last count says now, with its history.

    `said`: what the counts said before (`counts_say`). Somebody who said that a box lacks something, though its count did not, is
    not gainsaid; a box out of service stays it. A page of any of them that was read before is not fresh any more.
    """
    for box_id, condition in counts_say(boxes).items():
        box = next(row for row in boxes if row.id == box_id)
        agrees = condition is box.condition or (condition is BoxCondition.READY and said[box_id] is condition)
        if agrees or box.condition is BoxCondition.OUT_OF_SERVICE:
            _write(box_id, now)
            continue
        _write(box_id, now, condition=condition)
        verb = "box.found_ready" if condition is BoxCondition.READY else "box.found_incomplete"
        _record(by, verb, box_id, box.organiser_id, now, {"condition": condition.value})


def set_exceptions(
    box_id: int,
    drafts: Sequence[ExceptionDraft],
    *,
    organiser_id: int,
    revision: int | None,
    by: Actor,
    now: datetime,
) -> bool:
    """Make these what differs in the box; whether anything changed. Things of its own that are left out go.

    `revision` is the box's that was read: it rises with each count and when its scenario's contents change; None to write
    whatever it is. Raises BoxNotFound, ItemNotFound, EntryChanged, FieldError.
    """
    box = get_box_by_id(box_id, organiser_id=organiser_id, lock=True)
    of_scenario = list_items(box.scenario_id)
    if revision is not None and box.revision != revision:
        raise EntryChanged(box.code)
    cleaned = clean_exceptions(drafts, [name for i in of_scenario for name in (i.name_fr, i.name_en)])
    items = {item.id: item.quantity for item in of_scenario}
    before = list_contents(box)
    own = {c.box_item_id for c in before if c.item_id is None}
    for draft in cleaned:
        known = draft.item_id in items if draft.item_id is not None else draft.box_item_id in own | {None}
        if not known:
            raise ItemNotFound(str(draft.item_id or draft.box_item_id))
    for draft in cleaned:
        if draft.item_id is not None:
            expected = None if draft.expected == items[draft.item_id] else draft.expected
            _put(box_id, ThingKey(draft.item_id), {"expected": expected, "note": draft.note})
        else:
            values = {
                "name": draft.name, "consumable": draft.consumable, "expected": draft.expected, "note": draft.note
            }  # fmt: skip
            _put(box_id, ThingKey(None, draft.box_item_id), values)
    left_out = own - {d.box_item_id for d in cleaned if d.item_id is None}
    db.session.execute(delete(BoxItem).where(BoxItem.box_id == box_id, BoxItem.id.in_(left_out)))
    after = list_contents(box)
    was, now_is = [_key(c) for c in before], [_key(c) for c in after]
    if was == now_is:
        return False
    follow_contents([box], {box.id: _by_count(before)}, by=by, now=now)
    details = {"before": [_said(c) for c in before if c.differs], "after": [_said(c) for c in after if c.differs]}
    _record(by, "box.contents_set", box_id, organiser_id, now, details)
    return True


def store_counts(
    box_id: int,
    counts: Mapping[ThingKey, int],
    *,
    organiser_id: int,
    now: datetime,
    notes: Mapping[ThingKey, str] | None = None,
) -> None:
    """Keep how many are there now. The caller records why. Raises BoxNotFound, ItemNotFound."""
    box = get_box_by_id(box_id, organiser_id=organiser_id, lock=True)
    own = {c.box_item_id for c in list_contents(box) if c.item_id is None}
    items = {item.id for item in list_items(box.scenario_id)}
    for key, present in counts.items():
        if key.item_id is None and key.box_item_id not in own:
            raise ItemNotFound(str(key.box_item_id))
        if key.item_id is not None and key.item_id not in items:
            continue  # it was taken out of the scenario since: the loan's own count keeps it
        values: dict[str, Any] = {"present": present}
        if notes is not None and key in notes:
            values["note"] = notes[key][:NOTE_LENGTH]
        _put(box_id, key, values)
    _write(box_id, now)


def count_box(
    box_id: int, counts: Mapping[ThingKey, int], *, organiser_id: int, by: Actor, now: datetime
) -> BoxCondition:
    """A count in the depot, outside of any loan: what is there now, and the condition that follows unless out of service.

    Raises BoxNotFound, ItemNotFound, FieldError (counts: number_too_low).
    """
    if any(present < 0 for present in counts.values()):
        raise FieldError({"counts": "number_too_low"})
    store_counts(box_id, counts, organiser_id=organiser_id, now=now)
    box = get_box_by_id(box_id, organiser_id=organiser_id)
    condition = box.condition if box.condition is BoxCondition.OUT_OF_SERVICE else condition_by_count(box)
    _write(box_id, now, condition=condition)
    missing = [f"{c.missing} × {c.name_fr}" for c in list_contents(box) if c.missing]
    _record(by, "box.counted", box_id, organiser_id, now, {"condition": condition.value, "missing": missing})
    return condition


def note_use(box_ids: Sequence[int], day: date) -> None:
    """They went out once more: even wear is counted so."""
    db.session.execute(update(Box).where(Box.id.in_(box_ids)).values(uses_count=Box.uses_count + 1, last_used_on=day))


def archive_box(box_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Take it out of the inventory; its history stays. Raises BoxNotFound, BoxPromised."""
    before = _lock_with_scenario(box_id, organiser_id)
    if before.archived_at is not None:
        return
    promised = select(Use.id).where(Use.resource_kind == ResourceKind.BOX, Use.resource_id == box_id, Use.ends_at > now)
    if db.session.execute(promised.limit(1)).first() is not None or _is_on_a_loan(box_id):
        raise BoxPromised(before.code)
    _write(box_id, now, archived_at=now)
    _record(by, "box.archived", box_id, organiser_id, now, {"code": before.code})


def restore_box(box_id: int, *, organiser_id: int, by: Actor, now: datetime) -> None:
    """Raises BoxNotFound, ScenarioNotFound while its scenario is archived."""
    before = _lock_with_scenario(box_id, organiser_id)
    if before.archived_at is None:
        return
    if get_scenario_by_id(before.scenario_id).archived_at is not None:
        raise ScenarioNotFound(before.scenario_code)
    _write(box_id, now, archived_at=None)
    _record(by, "box.restored", box_id, organiser_id, now, {"code": before.code})


def _lock_with_scenario(box_id: int, organiser_id: int) -> BoxRow:
    """Hold a box, its scenario's row first as loans do: nobody promises it meanwhile. Raises BoxNotFound."""
    get_scenario_by_id(get_box_by_id(box_id, organiser_id=organiser_id).scenario_id, lock=True)
    return get_box_by_id(box_id, organiser_id=organiser_id, lock=True)


def _is_on_a_loan(box_id: int) -> bool:
    """Whether a borrower has it or may still come for it, be its use long over. Loans are above: their table is named here."""
    held = "SELECT 1 FROM loan_boxes WHERE box_id = :box_id AND released_at IS NULL AND returned_at IS NULL"
    return db.session.execute(text(held), {"box_id": box_id}).first() is not None


def _values(draft: BoxDraft) -> dict[str, Any]:
    return {
        "code": draft.code, "depot": draft.depot, "wear": draft.wear, "notes": draft.notes,
        "value_cents": draft.value_cents,
    }  # fmt: skip


def _write(box_id: int, now: datetime, **values: Any) -> None:
    db.session.execute(update(Box).where(Box.id == box_id).values(**values, revision=Box.revision + 1, updated_at=now))


def _put(box_id: int, key: ThingKey, values: dict[str, Any]) -> None:
    """Write into the row of a thing, making it where it is not; nothing is made to say nothing."""
    where = [BoxItem.item_id == key.item_id] if key.item_id is not None else [BoxItem.id == key.box_item_id]
    found = db.session.execute(select(BoxItem.id).where(BoxItem.box_id == box_id, *where)).scalar_one_or_none()
    if found is not None:
        db.session.execute(update(BoxItem).where(BoxItem.id == found).values(**values))
    elif any(value not in (None, "") for value in values.values()):
        db.session.execute(insert(BoxItem).values(box_id=box_id, item_id=key.item_id, **values))


def _by_count(contents: Sequence[ContentRow]) -> BoxCondition:
    missing = any(c.missing and not c.consumable for c in contents)
    return BoxCondition.INCOMPLETE if missing else BoxCondition.READY


def _key(content: Any) -> tuple[object, ...]:
    return (content.item_id, content.name_fr, content.consumable, content.expected, content.note)


def _said(content: Any) -> str:
    return f"{content.expected} × {content.name_fr}"


def _record(
    by: Actor, verb: str, box_id: int, organiser_id: int, now: datetime, details: dict[str, Any] | None = None
) -> None:
    record(by, verb, f"box:{box_id}", now=now, organiser_id=organiser_id, details=details)
