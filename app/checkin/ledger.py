"""Where the registrations of one batch of scans are, day by day: each local day of the event begins with nobody inside."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.checkin.replaying import PastScan, first_in, follow_cards, replay_days, standing_by_day
from app.checkin.rules import NOBODY, Cards, Decision, TeamAt, Whereabouts
from app.registrations.drafts import Headcount

NOWHERE = Whereabouts()


class Ledger:
    """What was read of presences and past scans, and what the batch makes of it. Days are those of the event's time zone.

    `in_space` counts people by (day, space): in a space on a day are those whose last day at the event that is.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.known: set[int] = set()
        self.touched: set[int] = set()
        self.split: set[int] = set()
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

    def know_teams(self, rows: Iterable[Any]) -> None:
        """Stored teams, in the order of their numbers: they are of the day of their group's last passage."""
        for row in rows:
            key = row.registration_id, self.day_of(self._last[row.registration_id])
            one, at = TeamAt(row.team, Headcount(row.participants, row.companions), row.space_id), self._at[key]
            self._at[key] = replace(at, teams=(*at.teams, one))
            self.split.add(row.registration_id)

    def last(self, who: int) -> datetime | None:
        """The time of its latest passage."""
        return self._last.get(who)

    def recall(self, who: int, past: Sequence[PastScan]) -> None:
        """Where a registration was on the days before its last one, from its accepted scans."""
        for day, at in replay_days(past, self.zone)[0].items():
            self._at.setdefault((who, day), at)

    def recall_cards(self, who: int, past: Sequence[PastScan]) -> None:
        self._cards[who] = {day: follow_cards(scans) for day, scans in standing_by_day(past, self.zone).items()}

    def at(self, who: int, day: date) -> Whereabouts:
        at, came = self._at.get((who, day), NOWHERE), self._came.get(who, NOBODY)
        return at if at.came == came else replace(at, came=came)

    def cards(self, who: int, day: date) -> Cards:
        return self._cards[who].get(day, Cards())

    def has_cards(self, who: int) -> bool:
        return who in self._cards

    def set_cards(self, who: int, day: date, cards: Cards) -> None:
        self._cards[who][day] = cards

    def spaces(self) -> set[int]:
        """Those in which somebody known is."""
        return {space for at in self._at.values() for space in (at.space_id, *(t.space_id for t in at.teams)) if space}

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

    def note(self, who: int, moment: datetime) -> None:
        """An attempt that a later comer may make a passage of: it was the latest that happened."""
        if who not in self._last or moment > self._last[who]:
            day = self.day_of(moment)
            self._count(who, -1)
            self._at.setdefault((who, day), Whereabouts())
            self._last[who] = moment
            self._came.setdefault(who, NOBODY)
            self._count(who, 1)
        self.touched.add(who)

    def rewrite(self, who: int, past: Sequence[PastScan]) -> None:
        """Begin again from a registration's passages, after one was taken back or one came late."""
        self._count(who, -1)
        moments = [scan.scanned_at for scan in past if not scan.undoes]
        self._last[who] = max([*moments, *filter(None, [self._last.get(who)])])
        days, self._came[who] = replay_days(past, self.zone)
        for day in {day for other, day in self._at if other == who} | set(days):
            self._at[who, day] = days.get(day, Whereabouts())
        self._count(who, 1)
        self._first_in[who] = first_in(past, self.zone)
        if who in self._cards:
            self.recall_cards(who, past)
        self.touched.add(who)

    def _count(self, who: int, sign: int) -> None:
        last = self._last.get(who)
        if last is None:
            return
        day = self.day_of(last)
        for space_id, people in self._at.get((who, day), Whereabouts()).by_space().items():
            key = day, space_id
            self.in_space[key] = self.in_space.get(key, 0) + sign * people

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

    def teams(self, who: int, event_id: int) -> list[dict[str, Any]]:
        """The teams to write."""
        last = self._last[who]
        return [
            {
                "registration_id": who, "team": one.team, "event_id": event_id, "participants": one.people.participants,
                "companions": one.people.companions, "space_id": one.space_id, "last_scan_at": last,
            }
            for one in self.at(who, self.day_of(last)).teams
        ]  # fmt: skip
