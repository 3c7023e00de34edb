"""Keeping an organiser's lists of coded reasons. A reason that was used keeps its code for ever: it is retired, not removed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from app.accounts.models import Organiser
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import db
from app.core.errors import FieldError, NotFound
from app.events.enums import ReasonUse
from app.events.errors import LastReason
from app.events.models import Reason
from app.events.queries.reasons import list_reasons, lists_of_reasons
from app.events.reasons import BUILTIN, MOST_REASONS, ReasonRow, new_code, problems_of


def save_reason(
    organiser_id: int,
    use: ReasonUse,
    *,
    label_fr: str,
    label_en: str = "",
    code: str | None = None,
    by: Actor,
    now: datetime,
) -> str:
    """Add a reason at the end of its list (no code), or reword the one of that code; returns the code.

    Raises FieldError (label_fr, label_en), NotFound.
    """
    _hold(organiser_id)
    lists = lists_of_reasons(organiser_id)
    label_fr, label_en = " ".join(label_fr.split()), " ".join(label_en.split())
    before = None if code is None else _get(lists[use], code)
    problems = problems_of(label_fr, label_en, [row for row in lists[use] if row.code != code])
    if before is None and len(lists[use]) >= MOST_REASONS:
        problems = {"label_fr": "too_many_reasons"}
    if problems:
        raise FieldError(problems)
    if before is None:
        code = new_code(label_fr, {"new", *(row.code for rows in lists.values() for row in rows)})
        position = max(row.position for row in lists[use]) + 1
        row = ReasonRow(code, label_fr, label_en, position)
        reason_id = _insert(organiser_id, use, row)
        _say(by, "reason.added", organiser_id, reason_id, use, row, {}, now)
        return code
    if (before.label_fr, before.label_en) == (label_fr, label_en):
        return before.code
    reason_id = _keep(organiser_id, use, before)
    db.session.execute(update(Reason).where(Reason.id == reason_id).values(label_fr=label_fr, label_en=label_en))
    words = {"label_fr": [before.label_fr, label_fr], "label_en": [before.label_en, label_en]}
    changes = {name: pair for name, pair in words.items() if pair[0] != pair[1]}
    _say(by, "reason.reworded", organiser_id, reason_id, use, before, changes, now)
    return before.code


def retire_reason(organiser_id: int, use: ReasonUse, code: str, *, by: Actor, now: datetime) -> None:
    """Offer it no more; what was told with it keeps it. Raises NotFound, and LastReason: a list never runs empty."""
    _hold(organiser_id)
    rows = list_reasons(organiser_id, use, retired=True)
    before = _get(rows, code)
    if before.retired:
        return
    if sum(not row.retired for row in rows) == 1:
        raise LastReason
    reason_id = _keep(organiser_id, use, before)
    db.session.execute(update(Reason).where(Reason.id == reason_id).values(retired_at=now))
    _say(by, "reason.retired", organiser_id, reason_id, use, before, {}, now)


def bring_reason_back(organiser_id: int, use: ReasonUse, code: str, *, by: Actor, now: datetime) -> None:
    """Offer a retired one again. Raises NotFound."""
    _hold(organiser_id)
    before = _get(list_reasons(organiser_id, use, retired=True), code)
    if not before.retired:
        return
    reason_id = _keep(organiser_id, use, before)
    db.session.execute(update(Reason).where(Reason.id == reason_id).values(retired_at=None))
    _say(by, "reason.brought_back", organiser_id, reason_id, use, before, {}, now)


def order_reasons(organiser_id: int, use: ReasonUse, codes: Sequence[str], *, by: Actor, now: datetime) -> None:
    """Offer in this order; reasons not named follow, as they were (a colleague may have added one meanwhile)."""
    _hold(organiser_id)
    rows = list_reasons(organiser_id, use, retired=True)
    known = {row.code: row for row in rows}
    ordered = [code for code in dict.fromkeys(codes) if code in known]
    ordered += [row.code for row in rows if row.code not in ordered]
    if ordered == [row.code for row in rows]:
        return
    for position, code in enumerate(ordered):
        reason_id = _keep(organiser_id, use, known[code])
        db.session.execute(update(Reason).where(Reason.id == reason_id).values(position=position))
    details = {"use": use.value}
    record(by, "reason.ordered", f"organiser:{organiser_id}", now=now, organiser_id=organiser_id, details=details)


def _hold(organiser_id: int) -> None:
    """So that two who change its lists at once follow each other: a list never runs empty by both."""
    db.session.execute(select(Organiser.id).where(Organiser.id == organiser_id).with_for_update(key_share=True))


def _get(rows: Sequence[ReasonRow], code: str) -> ReasonRow:
    found = next((row for row in rows if row.code == code), None)
    if found is None:
        raise NotFound("reason")
    return found


def _keep(organiser_id: int, use: ReasonUse, row: ReasonRow) -> int:
    """The id of a reason's own row; a built-in one gets it when it is first changed, without words: they stay ours."""
    found = db.session.execute(
        select(Reason.id).where(Reason.organiser_id == organiser_id, Reason.used_for == use, Reason.code == row.code)
    ).scalar_one_or_none()
    if found is not None:
        return found
    builtin = next(r for r in BUILTIN[use] if r.code == row.code)
    return _insert(organiser_id, use, ReasonRow(row.code, "", "", builtin.position))


def _insert(organiser_id: int, use: ReasonUse, row: ReasonRow) -> int:
    values = {"code": row.code, "label_fr": row.label_fr, "label_en": row.label_en, "position": row.position}
    return db.session.execute(
        insert(Reason).values(organiser_id=organiser_id, used_for=use, **values).returning(Reason.id)
    ).scalar_one()


def _say(
    by: Actor,
    verb: str,
    organiser_id: int,
    reason_id: int,
    use: ReasonUse,
    row: ReasonRow,
    changes: dict[str, list[str]],
    now: datetime,
) -> None:
    details: dict[str, object] = {"use": use.value, "code": row.code, "name": row.label_fr, **changes}
    record(by, verb, f"reason:{reason_id}", now=now, organiser_id=organiser_id, details=details)
