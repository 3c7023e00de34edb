"""Pure decisions about actions on many registrations: how far one is, and who can be dealt with."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.accounts.rules import Ability, Access, is_within, may, row_limit
from app.core.errors import DomainError
from app.events.enums import Enrolment, EventState
from app.events.errors import AudienceApart, AudienceFull, EventReadOnly, QueueFirst, WaveFull
from app.events.queries import EventRow
from app.jobs.models import JobState
from app.registrations.enums import (
    REGISTRATION_MOVES,
    BulkKind,
    RegistrationKind,
    RegistrationMove,
    RegistrationStatus,
)
from app.registrations.errors import AlreadyRegistered, ChangeClosed, RegistrationForgotten, RegistrationNotFound

MOST = 10_000
"""Registrations of one action: beyond it somebody narrows the list."""
UNDO_FOR = timedelta(hours=24)
KEPT = timedelta(days=1)
"""How long an action that was prepared waits for its last word."""
RUN_JOB = "registrations.run_bulk"
UNDO_JOB = "registrations.undo_bulk"
UNDOABLE = frozenset({BulkKind.MOVE, BulkKind.CANCEL})


class Outcome(enum.StrEnum):
    """What came of one registration; all but DONE say why nothing did."""

    DONE = "done"
    GONE = "gone"
    NOT_YOURS = "not_yours"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    OFFERED = "offered"
    CAME = "came"
    NO_MAIL = "no_mail"
    SAME_WAVE = "same_wave"
    NOT_IN_WAVE = "not_in_wave"
    NO_WAVE = "no_wave"
    WAVE_FULL = "wave_full"
    AUDIENCE_FULL = "audience_full"
    EVENT_FULL = "event_full"
    QUEUE_FIRST = "queue_first"
    AUDIENCE_APART = "audience_apart"
    CLOSED = "closed"
    FORGOTTEN = "forgotten"
    REGISTERED_AGAIN = "registered_again"
    CHANGED_SINCE = "changed_since"
    REFUSED = "refused"


class Stage(enum.StrEnum):
    PREPARED = "prepared"
    AT_WORK = "at_work"
    STOPPED = "stopped"
    DONE = "done"
    UNDOING = "undoing"
    UNDO_STOPPED = "undo_stopped"
    UNDONE = "undone"


@dataclass(frozen=True)
class BulkLine:
    """What an action needs of one registration."""

    id: int
    event_id: int
    reference: str
    contact_name: str
    organisation_name: str
    class_label: str
    contact_email: str = field(repr=False)
    contact_phone: str = field(repr=False)
    kind: RegistrationKind
    audience: str
    participants: int
    companions: int
    status: RegistrationStatus
    locale: str
    cancelled_at: datetime | None
    waves: tuple[int, ...]
    came: bool = False
    absent_at: datetime | None = None
    beyond: bool = False

    @property
    def people(self) -> int:
        return self.participants + self.companions

    @property
    def has_mail(self) -> bool:
        return bool(self.contact_email)

    @property
    def group(self) -> bool:
        return self.kind is RegistrationKind.GROUP


@dataclass(frozen=True)
class BulkItem:
    """One registration that was dealt with. `before` is what undoing needs; `undo` is empty until it was undone."""

    id: int
    result: Outcome
    before: Mapping[str, Any]
    undo: Outcome | None = None

    @property
    def failed(self) -> bool:
        """Whether the last thing that was to be done with it was not."""
        return (self.undo or self.result) is not Outcome.DONE

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        kept: dict[str, Any] = {"id": self.id, "result": self.result.value, "before": dict(self.before)}
        return kept if self.undo is None else {**kept, "undo": self.undo.value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "BulkItem":
        undo = kept.get("undo")
        return cls(kept["id"], Outcome(kept["result"]), kept.get("before", {}), Outcome(undo) if undo else None)


@dataclass(frozen=True)
class BulkCounts:
    """Registrations of an action: chosen, dealt with, of these not, and put back by its undoing."""

    total: int
    done: int
    failed: int
    put_back: int


def count_items(total: int, items: Iterable[BulkItem]) -> BulkCounts:
    """The figures of an action of `total` registrations with these results."""
    found = list(items)
    done = sum(item.result is Outcome.DONE for item in found)
    return BulkCounts(total, done, len(found) - done, sum(item.undo is Outcome.DONE for item in found))


def stage_of(
    params: Mapping[str, Any],
    *,
    finished: bool,
    undone: bool,
    job_id: int | None,
    job_state: JobState | None,
) -> Stage:
    """How far it is, from what is kept of it and from the job that was last begun for it."""
    alive = job_state in {JobState.QUEUED, JobState.RUNNING}
    if undone:
        return Stage.UNDONE
    if "undo" in params:
        return Stage.UNDOING if alive else Stage.UNDO_STOPPED
    if finished:
        return Stage.DONE
    if job_id is None:
        return Stage.PREPARED
    return Stage.AT_WORK if alive else Stage.STOPPED


def may_undo(kind: BulkKind, stage: Stage, finished_at: datetime | None, now: datetime, *, left: bool = False) -> bool:
    """Moves and cancellations, for a day after they ended.

    `left`: an undoing passed over registrations that were not, or no longer, those of who undid it: they can still be.
    """
    open_to = stage is Stage.DONE or (left and stage is Stage.UNDONE)
    return kind in UNDOABLE and open_to and finished_at is not None and now < finished_at + UNDO_FOR


def is_ready(kind: BulkKind, params: Mapping[str, Any]) -> bool:
    """Whether all that the action needs to know was said."""
    needed = {BulkKind.MAIL: "", BulkKind.MESSAGE: "text_fr", BulkKind.MOVE: "to", BulkKind.CANCEL: "tell"}[kind]
    return not needed or needed in params


def may_begin(kind: BulkKind, event: EventRow) -> bool:
    """Whether the event admits the action: moving needs a choice of waves, telling needs more than a draft."""
    if kind is BulkKind.MESSAGE:
        return event.state is not EventState.DRAFT
    if event.state not in {EventState.PUBLISHED, EventState.CLOSED}:
        return False
    return kind is not BulkKind.MOVE or (event.enrolment is not Enrolment.ALL and len(event.waves) > 1)


def moved_waves(waves: tuple[int, ...], params: Mapping[str, Any], event: EventRow) -> tuple[int, ...]:
    """The waves that a registration has after the move, in the event's order: one is left, or all, for another."""
    left = params.get("from")
    wanted = {params["to"], *(() if left is None else set(waves) - {left})}
    return tuple(wave.id for wave in event.waves if wave.id in wanted)


def why_not(kind: BulkKind, params: Mapping[str, Any], line: BulkLine, event: EventRow) -> Outcome | None:
    """Why nothing can be done with a registration as it is, before places are asked for; None when something can."""
    off = {RegistrationStatus.CANCELLED: Outcome.CANCELLED, RegistrationStatus.LAPSED: Outcome.LAPSED}.get(line.status)
    if kind in {BulkKind.MAIL, BulkKind.MESSAGE}:
        if off is not None and not (kind is BulkKind.MESSAGE and params.get("with_cancelled")):
            return off
        return None if line.has_mail else Outcome.NO_MAIL
    move = RegistrationMove.CANCEL if kind is BulkKind.CANCEL else RegistrationMove.CHANGE
    if move not in REGISTRATION_MOVES[line.status]:
        return off or Outcome.OFFERED
    if line.came and (kind is BulkKind.CANCEL or event.enrolment is Enrolment.ONE):
        return Outcome.CAME  # of many at once nobody can mean that; one by one it can be done
    return _why_not_moved(params, line, event) if kind is BulkKind.MOVE else None


def _why_not_moved(params: Mapping[str, Any], line: BulkLine, event: EventRow) -> Outcome | None:
    if "to" not in params:
        return None
    if event.wave(params["to"]) is None:
        return Outcome.NO_WAVE
    if params.get("from") is not None and params["from"] not in line.waves:
        return Outcome.NOT_IN_WAVE
    return Outcome.SAME_WAVE if set(moved_waves(line.waves, params, event)) == set(line.waves) else None


def is_theirs(access: Access | None, line: BulkLine) -> bool:
    """Whether somebody who holds that access may do it to this registration."""
    if access is None or not may(access, Ability.REGISTRATIONS_CHANGE):
        return False
    return is_within(row_limit(access), group=line.group, audience=line.audience)


_REFUSALS: tuple[tuple[type[DomainError], Outcome], ...] = (
    (QueueFirst, Outcome.QUEUE_FIRST),
    (AudienceApart, Outcome.AUDIENCE_APART),
    (AudienceFull, Outcome.AUDIENCE_FULL),
    (AlreadyRegistered, Outcome.REGISTERED_AGAIN),
    (ChangeClosed, Outcome.CLOSED),
    (EventReadOnly, Outcome.CLOSED),
    (RegistrationForgotten, Outcome.FORGOTTEN),
    (RegistrationNotFound, Outcome.GONE),
)


def outcome_of(error: DomainError) -> Outcome:
    """What an operation's refusal means for one registration."""
    if isinstance(error, WaveFull) and not isinstance(error, QueueFirst):
        return Outcome.EVENT_FULL if error.wave_id is None else Outcome.WAVE_FULL
    return next((outcome for kind, outcome in _REFUSALS if isinstance(error, kind)), Outcome.REFUSED)
