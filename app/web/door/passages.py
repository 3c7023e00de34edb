"""Passages and walk-ins as phones at the doors send them: what the API reads, and what only an enrolled phone may say."""

from dataclasses import replace
from typing import Any

from app.checkin.drafts import Override, ScanInput
from app.checkin.enums import OverrideReason
from app.checkin.walk_in_drafts import MOST_PEOPLE, WalkInAnswer, WalkInInput, WalkInUndo, invalid_walk_in
from app.registrations.drafts import Headcount
from app.web.api.fields import LARGEST_ID, UNUSABLE, as_id, as_instant
from app.web.api.scans import read_headcount, read_scan, read_uuid

LONGEST_REFERENCE = 40
LONGEST_NOTE = 300
LONGEST_NAME = 120
MOST_TEAMS = 1_000


def read_passage(item: Any) -> ScanInput | None:
    """One passage with `code` or `reference` in its place, and device_at, offset_ms, known, team, override, let_in. None for none.

    Whatever the clock said, `scanned_at` is what counts: a `device_at` that is no time is left out, not refused.
    """
    if not isinstance(item, dict):
        return None
    reference = item.get("reference")
    if reference is not None and not _is_text(reference, LONGEST_REFERENCE):
        return None
    read = read_scan({"code": "", **item} if reference else item)
    if read is None:
        return None
    try:
        known = read_headcount(item.get("known"))
        team, override = _read_team(item.get("team")), read_override(item.get("override"))
        let_in = _is_true(item.get("let_in"))
    except (KeyError, TypeError, ValueError):
        return None
    return replace(
        read, reference=reference or "", device_at=as_instant(item.get("device_at")), offset_ms=_read_offset(item.get("offset_ms")),
        known=known, team=team, override=override, let_in=let_in,
    )  # fmt: skip


def read_override(sent: Any) -> Override | None:
    """Why staff let somebody in; None when they did not. Another reason says which one. Raises KeyError, TypeError, ValueError."""
    if sent is None:
        return None
    note = sent.get("note") or ""
    if not isinstance(note, str) or UNUSABLE.search(note):
        raise ValueError("note")
    reason, said = OverrideReason(sent["reason"]), note.strip()[:LONGEST_NOTE]
    if reason is OverrideReason.OTHER and not said:
        raise ValueError("note")
    return Override(reason, said)


def read_walk_in(item: Any) -> WalkInInput | WalkInUndo | None:
    """Somebody who came without being registered, as docs/door.md says it; None for what is none.

    `over` true asks for a `reason`: staff let them in whether there is room or not. With `undoes` an earlier one is taken back.
    """
    if not isinstance(item, dict):
        return None
    if item.get("undoes") is not None:
        return _read_walk_in_undo(item)
    try:
        moment, checkpoint = as_instant(item["at"]), as_id(item["checkpoint"])
        audience, name = item["audience"], item.get("name") or ""
        people = read_headcount({part: item.get(part, 0) for part in ("participants", "companions")})
        over = read_override(item) if _is_true(item.get("over")) else None
        walk_in_id, provisional = read_uuid(item["id"]), _is_true(item.get("provisional"))
    except (KeyError, TypeError, ValueError):
        return None
    if moment is None or checkpoint is None or not _is_text(audience, LONGEST_NAME) or people is None:
        return None
    if people.people > MOST_PEOPLE:
        return None
    if not isinstance(name, str) or UNUSABLE.search(name):
        return None
    return WalkInInput(
        id=walk_in_id, audience=audience, headcount=Headcount(people.participants, people.companions), at=moment,
        checkpoint_id=checkpoint, name=" ".join(name.split())[:LONGEST_NAME], over=over, provisional=provisional,
        device_at=as_instant(item.get("device_at")), offset_ms=_read_offset(item.get("offset_ms")),
        locale="en" if item.get("locale") == "en" else "fr",
    )  # fmt: skip


def _read_walk_in_undo(item: dict[str, Any]) -> WalkInUndo | None:
    try:
        moment, checkpoint = as_instant(item["at"]), as_id(item["checkpoint"])
        undo_id, walk_in_id = read_uuid(item["id"]), read_uuid(item["undoes"])
    except (KeyError, TypeError, ValueError):
        return None
    if moment is None or checkpoint is None:
        return None
    shown, offset = as_instant(item.get("device_at")), _read_offset(item.get("offset_ms"))
    return WalkInUndo(undo_id, walk_in_id, moment, checkpoint, shown, offset)


def told_walk_in(answer: WalkInAnswer | None, sent: Any) -> dict[str, Any]:
    """The answer to one of them, under the id that the phone sent."""
    raw_id = sent.get("id") if isinstance(sent, dict) else None
    scan_id = UNUSABLE.sub("", raw_id)[:100] if isinstance(raw_id, str) else ""
    found = answer or invalid_walk_in(scan_id)
    return {
        "id": scan_id, "result": found.result.value, "reference": found.reference, "code": found.code, "label": found.label,
    }  # fmt: skip


def _read_offset(sent: Any) -> int | None:
    return sent if type(sent) is int and abs(sent) <= LARGEST_ID else None


def _is_true(sent: Any) -> bool:
    """Raises ValueError for what is neither true, false nor nothing."""
    if sent is None or isinstance(sent, bool):
        return bool(sent)
    raise ValueError(sent)


def _read_team(sent: Any) -> int | None:
    if sent is None or (type(sent) is int and 0 < sent <= MOST_TEAMS):
        return sent
    raise ValueError("team")


def _is_text(sent: Any, longest: int) -> bool:
    return isinstance(sent, str) and 0 < len(sent) <= longest and UNUSABLE.search(sent) is None
