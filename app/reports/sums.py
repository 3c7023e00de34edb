"""Sums of people over events: from counted registrations to the figures of a dashboard. Pure.

One way of counting for the dashboard of an event, of a project and of a year: so their figures add up.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from app.events.enums import Measure
from app.registrations.enums import HOLDING, RegistrationStatus

Key = TypeVar("Key")


@dataclass(frozen=True)
class Counted:
    """Registrations of one event that are alike: how many, their people, of those how many came and are present now.

    `scanned`: somebody of them came. `gave_back`: they did not come in time, and their places went to others. `deleted` ones
    are in the bin: they count only where they came.
    """

    event_id: int
    audience: str
    status: RegistrationStatus
    group: bool
    oriented: bool
    scanned: bool
    deleted: bool
    cancel_code: str
    no_show_code: str
    registrations: int
    people: int
    came: int
    present: int
    gave_back: bool = False


@dataclass(frozen=True)
class Amount:
    """So many registrations with so many people."""

    registrations: int = 0
    people: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.registrations + other.registrations, self.people + other.people)


Reasons = dict[str, Amount]


@dataclass(frozen=True)
class Sums:
    """The figures of an event, or of several together.

    `registered` have a place; `groups` of them are registrations of groups, `offered` those who have not said yet whether
    they take it, `given_back` those who had theirs until they did not come in time. `oriented` were sent by somebody,
    whatever became of their registration; `oriented_registered` and `oriented_came` are those of them who have a place, and
    who came.
    `cancelled` and `no_shows` are told by the code of their reason, "" for none.
    """

    registered: Amount = Amount()
    waiting: Amount = Amount()
    groups: int = 0
    came: int = 0
    present: int = 0
    oriented: int = 0
    oriented_registered: int = 0
    oriented_came: int = 0
    cancelled: Reasons = field(default_factory=dict)
    no_shows: Reasons = field(default_factory=dict)
    offered: Amount = Amount()
    given_back: Amount = Amount()

    def reached(self, measure: Measure) -> int:
        """What a target of that measure is compared with."""
        return {Measure.REGISTERED: self.registered.people, Measure.PRESENT: self.came, Measure.GROUPS: self.groups}[
            measure
        ]

    @property
    def anything(self) -> bool:
        return bool(self.registered.registrations or self.waiting.registrations or self.came or self.cancelled)

    @property
    def cancellations(self) -> Amount:
        return total(self.cancelled)

    @property
    def absent(self) -> Amount:
        """The no-shows together."""
        return total(self.no_shows)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.registered + other.registered,
            self.waiting + other.waiting,
            self.groups + other.groups,
            self.came + other.came,
            self.present + other.present,
            self.oriented + other.oriented,
            self.oriented_registered + other.oriented_registered,
            self.oriented_came + other.oriented_came,
            _joined(self.cancelled, other.cancelled),
            _joined(self.no_shows, other.no_shows),
            self.offered + other.offered,
            self.given_back + other.given_back,
        )


NOTHING = Sums()


def sum_up(counted: Iterable[Counted], *, ended: Collection[int]) -> Sums:
    """The figures of these registrations; people count as no-shows only in events that have `ended` (ids)."""
    sums = _Adding()
    for line in counted:
        sums.add(line, over=line.event_id in ended)
    return sums.done()


def sums_by(counted: Iterable[Counted], key: Callable[[Counted], Key], *, ended: Collection[int]) -> dict[Key, Sums]:
    """`sum_up` of the lines of each key."""
    parts: dict[Key, _Adding] = {}
    for line in counted:
        parts.setdefault(key(line), _Adding()).add(line, over=line.event_id in ended)
    return {which: sums.done() for which, sums in parts.items()}


def total(reasons: Reasons) -> Amount:
    return sum(reasons.values(), Amount())


def by_weight(reasons: Reasons) -> list[tuple[str, Amount]]:
    """Reasons with the most people first; those without a code last."""
    return sorted(reasons.items(), key=lambda item: (not item[0], -item[1].people, item[0]))


class _Adding:
    """A sum in the making: plain numbers, for pages add up thousands of lines."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = dict.fromkeys(
            ("groups", "came", "present", "oriented", "oriented_registered", "oriented_came"), 0
        )
        self._registered, self._waiting, self._offered, self._given_back = Amount(), Amount(), Amount(), Amount()
        self._cancelled: Reasons = {}
        self._no_shows: Reasons = {}

    def add(self, line: Counted, *, over: bool) -> None:
        numbers, amount = self._numbers, Amount(line.registrations, line.people)
        numbers["came"] += line.came
        numbers["present"] += line.present
        numbers["oriented_came"] += line.came if line.oriented else 0
        if line.deleted:
            return
        numbers["oriented"] += line.people if line.oriented else 0
        if line.status is RegistrationStatus.WAITLISTED:
            self._waiting += amount
        elif line.status is RegistrationStatus.CANCELLED:
            _put(self._cancelled, line.cancel_code, amount)
        elif line.status in HOLDING:
            self._registered += amount
            self._offered += amount if line.status is RegistrationStatus.OFFERED else Amount()
            self._given_back += amount if line.gave_back else Amount()
            numbers["groups"] += line.registrations if line.group else 0
            numbers["oriented_registered"] += line.people if line.oriented else 0
            if over and not line.scanned and line.status is RegistrationStatus.CONFIRMED:
                _put(self._no_shows, line.no_show_code, amount)

    def done(self) -> Sums:
        return Sums(
            self._registered, self._waiting, **self._numbers, cancelled=self._cancelled, no_shows=self._no_shows,
            offered=self._offered, given_back=self._given_back,
        )  # fmt: skip


def _put(reasons: Reasons, code: str, amount: Amount) -> None:
    reasons[code] = reasons.get(code, Amount()) + amount


def _joined(one: Reasons, other: Reasons) -> Reasons:
    return {code: one.get(code, Amount()) + other.get(code, Amount()) for code in [*one, *(set(other) - set(one))]}
