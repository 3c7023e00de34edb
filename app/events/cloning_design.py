"""An event's design without its dates: what a template keeps, and how it is written as JSON.

The draft of a design stands on ANCHOR, a Monday, and so does the year in its title; days are told as so many after the first,
hours by the clocks of the place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.events.cloning import SAME, draft_from, first_day_of, next_title, shifted
from app.events.drafts import (
    AllotmentDraft,
    ApartDraft,
    EventDraft,
    SpaceDraft,
    StopDraft,
    TransferDraft,
    WaveDraft,
)
from app.events.enums import Enrolment, EventKind, Measure, QuestionKind, Span, WaitingPolicy
from app.events.queries import EventRow
from app.events.questions import Choice, QuestionRow

ANCHOR = date(2001, 1, 1)
VERSION = 1
_DEFAULTS = {field.name: field.default for field in fields(EventDraft)}


@dataclass(frozen=True)
class TargetDraft:
    """A number to reach, of the whole event or of a day: so many after the first."""

    measure: Measure
    value: int
    audience: str = ""
    day: int | None = None


@dataclass(frozen=True)
class Design:
    """Everything of an event but people and dates. `weekday` is that of the first day of the event it was taken from."""

    draft: EventDraft
    questions: tuple[QuestionRow, ...] = ()
    targets: tuple[TargetDraft, ...] = ()
    weekday: int = 0


def design_of(event: EventRow, targets: Iterable[TargetDraft] = ()) -> Design:
    """The design of an event as it stands; its slug and its retired questions and choices stay behind."""
    draft = draft_from(event)
    first = first_day_of(draft)
    asked = tuple(replace(q, choices=q.offered()) for q in event.questions if not q.retired)
    moved = replace(
        shifted(draft, (ANCHOR - first).days),
        title_fr=next_title(draft.title_fr, first, ANCHOR),
        title_en=next_title(draft.title_en, first, ANCHOR),
    )
    return Design(moved, asked, tuple(targets), first.weekday())


def draft_on(design: Design, first_day: date) -> EventDraft:
    """The draft of an event of this design that begins on that day."""
    return shifted(design.draft, (first_day - ANCHOR).days)


def target_day(text: str, first_day: date) -> int | None:
    """The day of a target (2027-02-04) as so many days after the first; None for the whole event."""
    return (date.fromisoformat(text) - first_day).days if text else None


def target_text(day: int | None, first_day: date) -> str:
    """The other way round."""
    return "" if day is None else (first_day + timedelta(days=day)).isoformat()


# --- JSON ---------------------------------------------------------------------------------------------------------


def to_json(design: Design) -> dict[str, Any]:
    """A design as it is kept."""
    draft, zone = design.draft, ZoneInfo(design.draft.timezone)

    def moment(at: datetime | None) -> list[Any] | None:
        if at is None:
            return None
        local = at.astimezone(zone)
        return [(local.date() - ANCHOR).days, local.time().isoformat("auto")]

    return {
        "version": VERSION,
        "weekday": design.weekday,
        **{name: getattr(draft, name) for name in SAME},
        "reference_prefix": draft.reference_prefix,
        "starts": moment(draft.starts_at),
        "ends": moment(draft.ends_at),
        "registration_opens": moment(draft.registration_opens_at),
        "registration_closes": moment(draft.registration_closes_at),
        "audiences": list(draft.audiences),
        "waves": [
            {
                "starts": moment(w.starts_at), "ends": moment(w.ends_at), "capacity": w.capacity, "place": w.place,
                "host": w.host, "allotments": [asdict(a) for a in w.allotments], "forecast": w.forecast,
            }
            for w in draft.waves
        ],
        "spaces": [_without_id(s) for s in draft.spaces],
        "stops": [_without_id(s) for s in draft.stops],
        "transfers": [asdict(t) for t in draft.transfers],
        "apart": [asdict(a) for a in draft.apart],
        "questions": [asdict(q) for q in design.questions],
        "targets": [asdict(t) for t in design.targets],
    }  # fmt: skip


def _without_id(row: SpaceDraft | StopDraft) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in fields(row) if f.name != "id"}


def from_json(kept: Mapping[str, Any]) -> Design:
    """A design as it was kept. What events have only had since then is as in a new one."""
    zone = ZoneInfo(kept["timezone"])

    def instant(moment: list[Any] | None) -> datetime | None:
        if moment is None:
            return None
        return datetime.combine(ANCHOR + timedelta(days=moment[0]), time.fromisoformat(moment[1]), tzinfo=zone)

    def known(moment: list[Any]) -> datetime:
        found = instant(moment)
        assert found is not None
        return found

    same = {name: kept.get(name, _DEFAULTS[name]) for name in SAME}
    draft = EventDraft(
        **same
        | {
            "kind": EventKind(kept["kind"]),
            "enrolment": Enrolment(kept["enrolment"]),
            "waiting_policy": WaitingPolicy(same["waiting_policy"]),
        },
        reference_prefix=kept["reference_prefix"],
        starts_at=known(kept["starts"]),
        ends_at=known(kept["ends"]),
        registration_opens_at=instant(kept["registration_opens"]),
        registration_closes_at=instant(kept["registration_closes"]),
        audiences=tuple(kept["audiences"]),
        waves=tuple(
            WaveDraft(
                known(w["starts"]), known(w["ends"]), w["capacity"], w["place"], w["host"],
                tuple(AllotmentDraft(**a) for a in w["allotments"]), forecast=w.get("forecast"),
            )
            for w in kept["waves"]
        ),
        spaces=tuple(SpaceDraft(**s) for s in kept["spaces"]),
        stops=tuple(StopDraft(**s | {"audiences": tuple(s.get("audiences", ()))}) for s in kept["stops"]),
        transfers=tuple(TransferDraft(**t) for t in kept.get("transfers", ())),
        apart=tuple(ApartDraft(**a | {"span": Span(a["span"])}) for a in kept.get("apart", ())),
    )  # fmt: skip
    questions = tuple(_question(q) for q in kept["questions"])
    targets = tuple(TargetDraft(**t | {"measure": Measure(t["measure"])}) for t in kept["targets"])
    return Design(draft, questions, targets, kept["weekday"])


def _question(kept: Mapping[str, Any]) -> QuestionRow:
    values = dict(kept) | {
        "kind": QuestionKind(kept["kind"]),
        "audiences": tuple(kept["audiences"]),
        "choices": tuple(Choice(**choice) for choice in kept["choices"]),
    }
    return QuestionRow(**values)
