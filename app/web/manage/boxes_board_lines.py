"""The lines of the planning board: a box with its half-days from left to right, and what cannot be kept, in words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.accounts.rules import Ability
from app.boxes.enums import BoxCondition
from app.boxes.rows import BoxRow
from app.core import clock
from app.core.text import fold
from app.recovery.rows import TroubleCount
from app.reports.queries.box_board import FOREVER, BoardBox, BoardUse
from app.resources.calendars import lending_zone
from app.resources.enums import Purpose
from app.resources.halfdays import HalfDay, Period, half_day_at
from app.web.filters import date_by
from app.web.forms.boxes import CONDITION_LABELS, OUT_LABELS
from app.web.guards import allows
from app.web.i18n import current_locale
from app.web.loan_labels import period_words, short_period
from app.web.manage.boxes_board_days import Axis

AWAY, FREE = "away", "free"
_EMPTY = Markup("<td></td>")


class Cell(NamedTuple):
    """Half-days side by side that look alike. `kind`: free, loan, event, buffer, repair, late, conflict."""

    kind: str
    halves: int
    use: BoardUse | None = None
    text: str = ""
    title: str = ""

    @property
    def blank(self) -> Markup:
        """What stands in the table where nothing does."""
        return _EMPTY * self.halves


@dataclass(frozen=True)
class Line:
    """A box with its cells. `uses`: for the script that moves bars, what stands where (see `boxes_board.js`)."""

    box: BoxRow
    cells: list[Cell]
    uses: list[list[object]]


class Group(NamedTuple):
    """The boxes of a scenario."""

    id: int
    code: str
    title: str
    lines: list[Line]


class Trouble(NamedTuple):
    """A promise that cannot be kept as it stands. `code`: the box that its loan has now; `waits`: Trouble leaves it for later."""

    words: str
    use: BoardUse
    code: str
    waits: bool


class Namer:
    """What a use is called for who looks: without the right to see people, a loan has its reference for a name.

    A board has thousands of cells: what they say is put together of parts that are translated once.
    """

    def __init__(self) -> None:
        self._locale, self._people = current_locale(), allows(Ability.PEOPLE_SEE)
        self._halves: dict[int, str] = {}
        self._around, _sign, self._behind = str(_("To prepare or check: %(name)s", name="\0")).partition("\0")

    def __call__(self, use: BoardUse) -> str:
        if use.reference and not self._people:
            return use.reference
        return use.name(self._locale) or str(_("Something else"))

    def when(self, use: BoardUse) -> str:
        """Its name with its first and last half-day."""
        first, last = self._half(use.from_half), self._half(use.to_half)
        return f"{self(use)}, {first}" if first == last else f"{self(use)}, {first} – {last}"

    def buffer(self, use: BoardUse) -> str:
        return f"{self._around}{self(use)}{self._behind}"

    def _half(self, number: int) -> str:
        if number not in self._halves:
            half_day = HalfDay.of_number(number)
            self._halves[number] = short_period(Period(half_day, half_day))
        return self._halves[number]


def narrowed(board: Sequence[BoardBox], asked: Mapping[str, str], first: int, last: int) -> list[BoardBox]:
    """What the filters leave: scenario, depot, state, trouble alone, and words of a box or of what uses it."""
    name_of, state = Namer(), FREE if asked.get("free") == "1" else asked.get("state", "")
    words = fold(asked.get("q", "")[:80]).split()

    def fits(found: BoardBox) -> bool:
        box = found.box
        if asked.get("scenario") and box.scenario_code != asked["scenario"]:
            return False
        if asked.get("depot") and box.depot != asked["depot"]:
            return False
        if asked.get("trouble") and not found.in_trouble:
            return False
        if state == FREE and not found.is_free(first, last):
            return False
        if state == AWAY and not found.out:
            return False
        if state in set(BoxCondition) and box.condition is not BoxCondition(state):
            return False
        return not words or all(word in _searched(found, name_of) for word in words)

    return [found for found in board if fits(found)]


def _searched(found: BoardBox, name_of: Namer) -> str:
    box = found.box
    uses = " ".join(f"{name_of(use)} {use.reference}" for use in found.uses)
    return fold(f"{box.code} {box.scenario_code} {box.scenario_title(current_locale())} {box.depot} {uses}")


def groups_of(board: Sequence[BoardBox], axis: Axis, *, movable: bool) -> list[Group]:
    """`movable`: bars are moved, so that the script is told what stands where."""
    groups: dict[int, Group] = {}
    name_of = Namer()
    for found in board:
        box = found.box
        group = groups.get(box.scenario_id)
        if group is None:
            title = box.scenario_title(current_locale())
            group = groups[box.scenario_id] = Group(box.scenario_id, box.scenario_code, title, [])
        cells = _cells(found, axis, name_of)
        group.lines.append(Line(box, cells, _told(found, name_of) if movable else []))
    return list(groups.values())


def _cells(found: BoardBox, axis: Axis, name_of: Namer) -> list[Cell]:
    """The half-days of one box from left to right; those that belong together in one. What is painted last lies on top."""
    keys: list[tuple[str, BoardUse | None] | None] = [None] * len(axis.numbers)

    def paint(kind: str, first: int, last: int, use: BoardUse | None = None) -> None:
        begin, end = axis.place(first, last)
        keys[begin:end] = [(kind, use)] * (end - begin)

    if found.late_from is not None:
        paint("late", found.late_from + 1, FOREVER)  # nobody knows until when: it is free on none of these days
    for use in found.uses:
        paint("buffer", use.first, use.last, use)
    if found.blocked is not None:
        paint("repair", *found.blocked)
    for use in found.uses:
        kind = "conflict" if use.conflict else "loan" if use.purpose is Purpose.LOAN else "event"
        since = use.from_half if use.out_since is None else min(use.from_half, use.out_since)
        paint(kind, since, use.to_half, use)
    cells, start = [], 0
    for at in range(1, len(keys) + 1):
        if at == len(keys) or keys[at] != keys[start]:
            cells.append(_cell(keys[start], at - start, found, name_of))
            start = at
    return cells


def _cell(key: tuple[str, BoardUse | None] | None, halves: int, found: BoardBox, name_of: Namer) -> Cell:
    if key is None:
        return Cell("free", halves)
    kind, use = key
    if kind == "repair":
        return Cell(kind, halves, None, repair_words(found.box))
    if kind == "late" or use is None:
        return Cell(kind, halves, None, _("Not back yet"))
    if kind == "buffer":
        return Cell(kind, halves, use, "", name_of.buffer(use))
    return Cell(kind, halves, use, name_of(use), name_of.when(use))


def _told(found: BoardBox, name_of: Namer) -> list[list[object]]:
    """Of each use: first and last half-day with buffers, the same without, its name, its loan's reference, whether it moves."""
    told: list[list[object]] = [
        [use.first, use.last, use.from_half, use.to_half, name_of(use), use.reference, int(use.movable)]
        for use in found.uses
    ]
    if found.blocked is not None:
        told.append([*found.blocked, *found.blocked, repair_words(found.box), "", 0])
    if found.late_from is not None:
        told.append([found.late_from, 9_999_999, found.late_from, 9_999_999, _("Not back yet"), "", 0])
    return told


def repair_words(box: BoxRow) -> str:
    """Why a box is out of service, and until when."""
    why = str(OUT_LABELS[box.out_reason]) if box.out_reason else str(CONDITION_LABELS[BoxCondition.OUT_OF_SERVICE])
    if box.out_until is None:
        return why
    day = date_by(box.out_until, "d MMMM")
    if box.out_until <= half_day_at(clock.now(), lending_zone()).date:
        return str(_("%(why)s, was expected back on %(day)s", why=why, day=day))
    return str(_("%(why)s, back on %(day)s", why=why, day=day))


def troubles_of(board: Sequence[BoardBox], shown: Collection[int], counted: TroubleCount) -> list[Trouble]:
    """Each promise of these days that cannot be kept as it stands, of the boxes shown. Those that can wait come last."""
    name_of = Namer()
    can_wait = {(promise.box_id, promise.from_half) for promise in counted.promises if promise.can_wait}
    found = []
    for line in board:
        for use in line.uses if line.box.id in shown else ():
            if not use.conflict:
                continue
            code = line.box.code
            why = (
                _("%(code)s is out of service: %(why)s.", code=code, why=repair_words(line.box))
                if use.broken
                else _("%(code)s has not come back from its last loan (%(loan)s).", code=code, loan=use.waits_for)
            )
            period, waits = period_words(use.period), (line.box.id, use.from_half) in can_wait
            words = _("%(why)s %(name)s has it: %(period)s.", why=why, name=name_of(use), period=period)
            later = _("This can wait.")
            found.append(Trouble(f"{words} {later}" if waits else words, use, code, waits))
    return sorted(found, key=lambda trouble: trouble.waits)


def whose(troubles: Iterable[Trouble], *, waits: bool) -> int:
    """How many loans and events these promises are of: several boxes of one may be away."""
    return len({(one.use.reference, one.use.slug) for one in troubles if one.waits is waits})


def use_words(code: str, use: BoardUse) -> str:
    """Who has a box, and when."""
    name = Namer()(use)
    if use.out:
        return str(_("%(code)s is with %(name)s: %(period)s.", code=code, name=name, period=period_words(use.period)))
    if use.purpose is Purpose.EVENT:
        said = _("%(code)s is used at %(name)s: %(period)s.", code=code, name=name, period=period_words(use.period))
        return f"{said} {_moved_elsewhere()}"
    return str(
        _("%(code)s is promised to %(name)s: %(period)s.", code=code, name=name, period=period_words(use.period))
    )


def _moved_elsewhere() -> str:
    return str(_("An event’s boxes change on the event’s page."))


def first_up(text: str) -> str:
    """The same with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def boxes_words(boxes: int, scenarios: int) -> str:
    """15 boxes, 5 scenarios."""
    counted = ngettext("%(num)d box", "%(num)d boxes", boxes)
    of = ngettext("%(num)d scenario", "%(num)d scenarios", scenarios)
    return f"{counted}, {of}"
