"""Where the registrations of one batch of scans are, day by day: each local day of the event begins with nobody inside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.checkin.rules import (
    NOBODY,
    Cards,
    Decision,
    PastScan,
    Whereabouts,
    first_in,
    follow_cards,
    replay_days,
    standing_by_day,
)
from app.registrations.drafts import Headcount


class Ledger:
    """What was read of presences and past scans, and what the batch makes of it. Days are those of the event's time zone.

    `in_space` counts people by (day, space): in a space on a day are those whose last day at the event that is.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.known: set[int] = set()
        self.touched: set[int] = set()
        self.in_space: dict[tuple[date, int], int] = {}
        self._at: dict[tuple[int, date], Whereabouts] = {}
        self._came: dict[int, Headcount] = {}
        self._last: dict[int, datetime] = {}
        self._first_in: dict[int, datetime | None] = {}
        self._cards: dict[int, dict[date, Cards]] = {}

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def know(self, row: Any) -> None:
        """A stored presence: where its registration was on the day of its last passage."""
        who = row.registration_id
        self.known.add(who)
        self._first_in[who], self._last[who] = row.first_in_at, row.last_scan_at
        self._came[who] = Headcount(row.came_participants, row.came_companions)
        inside = Headcount(row.participants, row.companions)
        self._at[who, self.day_of(row.last_scan_at)] = Whereabouts(inside, self._came[who], row.space_id)

    def seen_after(self, day: date) -> set[int]:
        """Registrations whose presence tells of a later day: of that one their scans tell."""
        return {who for who, last in self._last.items() if self.day_of(last) > day}

    def recall(self, who: int, past: Sequence[PastScan]) -> None:
        """Where a registration was on the days before its last one, from its accepted scans."""
        for day, at in replay_days(past, self.zone)[0].items():
            self._at.setdefault((who, day), at)

    def recall_cards(self, who: int, past: Sequence[PastScan]) -> None:
        self._cards[who] = {day: follow_cards(scans) for day, scans in standing_by_day(past, self.zone).items()}

    def at(self, who: int, day: date) -> Whereabouts:
        return replace(self._at.get((who, day), Whereabouts()), came=self._came.get(who, NOBODY))

    def cards(self, who: int, day: date) -> Cards:
        return self._cards[who].get(day, Cards())

    def has_cards(self, who: int) -> bool:
        return who in self._cards

    def set_cards(self, who: int, day: date, cards: Cards) -> None:
        self._cards[who][day] = cards

    def spaces(self) -> set[int]:
        """Those in which somebody known is."""
        return {at.space_id for at in self._at.values() if at.space_id is not None}

    def move(self, who: int, moment: datetime, decision: Decision) -> None:
        """Note an accepted passage."""
        self._count(who, -1)
        self._at[who, self.day_of(moment)] = decision.after
        self._came[who] = decision.after.came
        self._last[who] = max(moment, self._last.get(who, moment))
        self._count(who, 1)
        if decision.delta.people > 0 and self._first_in.get(who) is None:
            self._first_in[who] = moment
        self.touched.add(who)

    def rewrite(self, who: int, past: Sequence[PastScan]) -> None:
        """Begin again from what is left of a registration's scans after one was taken back."""
        self._count(who, -1)
        days, self._came[who] = replay_days(past, self.zone)
        for day in {day for other, day in self._at if other == who} | set(days):
            self._at[who, day] = days.get(day, Whereabouts())
        self._count(who, 1)
        self._first_in[who] = first_in(past)
        if who in self._cards:
            self.recall_cards(who, past)
        self.touched.add(who)

    def _count(self, who: int, sign: int) -> None:
        last = self._last.get(who)
        at = Whereabouts() if last is None else self._at.get((who, self.day_of(last)), Whereabouts())
        if last is not None and at.space_id is not None:
            key = self.day_of(last), at.space_id
            self.in_space[key] = self.in_space.get(key, 0) + sign * at.inside.people

    def row(self, who: int, event_id: int) -> dict[str, Any]:
        """The presence to write."""
        last = self._last[who]
        at, came = self.at(who, self.day_of(last)), self._came[who]
        return {
            "registration_id": who, "event_id": event_id,
            "participants": at.inside.participants, "companions": at.inside.companions,
            "came_participants": came.participants, "came_companions": came.companions,
            "space_id": at.space_id, "first_in_at": self._first_in.get(who), "last_scan_at": last,
        }  # fmt: skip
