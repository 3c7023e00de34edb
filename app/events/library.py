"""The built-in library: what each kind of event usually has, beside the hours and places that its form asks for. Pure."""

import enum
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.events.cloning import first_day_of
from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft
from app.events.questions import QuestionRow

CLOSING_HOUR = time(18)
HOST = "{host}"
"""Stands in a text for the company that receives people."""


class Part(enum.StrEnum):
    """What of a kind's design a new event may start with. RULES: limits by audience, closing, statistics, keeping names."""

    TEXTS = "texts"
    SPACES = "spaces"
    RULES = "rules"
    QUESTIONS = "questions"


@dataclass(frozen=True)
class SpaceShare:
    """A space for so many times the people of one wave: several waves are there at once."""

    name: str
    share: float = 1.0
    directions_fr: str = ""
    directions_en: str = ""


@dataclass(frozen=True)
class KindDesign:
    """`closes_days`: registration closes at 18:00 so many days before the first; None: it stays open until the end."""

    summary_fr: str
    summary_en: str
    description_fr: str
    description_en: str
    spaces: tuple[SpaceShare, ...] = ()
    stops: tuple[StopDraft, ...] = ()
    limits: tuple[AllotmentDraft, ...] = ()
    questions: tuple[QuestionRow, ...] = ()
    closes_days: int | None = None
    asks_statistics: bool = False
    waiting_list: bool = True
    transfer_minutes: int = 0
    absent_minutes: int | None = None
    keep_names_days: int = 365

    @property
    def minutes(self) -> int:
        """How long its route takes, walks included."""
        walks = sum(bool(a.space and b.space) and a.space != b.space for a, b in pairwise(self.stops))
        return sum(stop.minutes for stop in self.stops) + walks * self.transfer_minutes

    def parts(self) -> tuple[Part, ...]:
        """What it has to bring."""
        there = {
            Part.TEXTS: True,
            Part.SPACES: bool(self.spaces or self.stops),
            Part.RULES: True,
            Part.QUESTIONS: bool(self.questions),
        }
        return tuple(part for part in Part if there[part])


def bring(
    draft: EventDraft, design: KindDesign, parts: Collection[Part], *, host: str = "", now: datetime
) -> EventDraft:
    """The draft with these parts of the design. A host is written on every wave, and is the venue where none is named."""
    waves = tuple(replace(wave, host=host or wave.host) for wave in draft.waves)
    draft = replace(draft, waves=waves, venue_name=draft.venue_name or host)
    if Part.TEXTS in parts:
        draft = _with_texts(draft, design, host)
    if Part.SPACES in parts:
        people = max((wave.capacity for wave in draft.waves), default=1)
        draft = replace(
            draft,
            spaces=tuple(_space(s, people) for s in design.spaces),
            stops=design.stops,
            transfer_minutes=design.transfer_minutes,
        )
    if Part.RULES in parts:
        draft = _with_rules(draft, design, now)
    return draft


def _with_texts(draft: EventDraft, design: KindDesign, host: str) -> EventDraft:
    """Texts that name a host, in the words for one not known yet when there is none."""
    fr, en = host or draft.venue_name or "une entreprise", host or draft.venue_name or "a company"
    return replace(
        draft,
        summary_fr=design.summary_fr.replace(HOST, fr)[:300],
        summary_en=design.summary_en.replace(HOST, en)[:300],
        description_fr=design.description_fr.replace(HOST, fr),
        description_en=design.description_en.replace(HOST, en),
    )


def _space(space: SpaceShare, people: int) -> SpaceDraft:
    """Its limit, in round tens once it is large."""
    limit = space.share * people
    rounded = round(limit, -1) if limit >= 50 else limit
    return SpaceDraft(space.name, max(1, round(rounded)), space.directions_fr, space.directions_en)


def _with_rules(draft: EventDraft, design: KindDesign, now: datetime) -> EventDraft:
    limits = tuple(limit for limit in design.limits if limit.audience in draft.audiences)
    closes_at = _closing(draft, design.closes_days)
    return replace(
        draft,
        waves=tuple(replace(wave, allotments=limits) for wave in draft.waves),
        # an event of tomorrow is not closed before it is published
        registration_closes_at=closes_at if closes_at and closes_at > now else None,
        asks_statistics=design.asks_statistics,
        waiting_list=design.waiting_list,
        absent_minutes=design.absent_minutes,
        keep_names_days=design.keep_names_days,
    )


def _closing(draft: EventDraft, days: int | None) -> datetime | None:
    if days is None:
        return None
    return datetime.combine(first_day_of(draft) - timedelta(days=days), CLOSING_HOUR, tzinfo=ZoneInfo(draft.timezone))
