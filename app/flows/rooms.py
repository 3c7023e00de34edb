"""How full each space is, as bits: where a team fits is asked a hundred thousand times for one plan.

A day is cut in steps. Bit u of a mask stands for step u; a Python integer holds all days at once, and where a stay of n steps
can begin is that mask and itself shifted n times.
"""

from app.flows.instance import Instance, Space


class Count:
    """A number for each step, written across integers: `_planes[k]` holds bit k of every step's number.

    Adding to an hour and comparing all steps at once take a few operations on integers, whatever the number of steps.
    """

    def __init__(self) -> None:
        self._planes: list[int] = []

    def add(self, number: int, mask: int) -> None:
        """`number` more, or fewer when it is negative, at the steps of `mask`; never below nothing."""
        for place in range(abs(number).bit_length()):
            if not abs(number) >> place & 1:
                continue
            carry, at = mask, place
            while carry:
                while at >= len(self._planes):
                    self._planes.append(0)
                plane = self._planes[at]
                self._planes[at] = plane ^ carry
                carry = carry & plane if number > 0 else carry & ~plane
                at += 1

    def at_most(self, limit: int) -> int:
        """The steps whose number is `limit` or less; of a negative limit none. All steps that there could be count."""
        if limit < 0:
            return 0
        if limit >> len(self._planes):
            return -1
        below, same = 0, -1
        for place in range(len(self._planes) - 1, -1, -1):
            plane = self._planes[place]
            if limit >> place & 1:
                below |= same & ~plane
                same &= plane
            else:
                same &= ~plane
        return below | same


class Room:
    """One space over all days."""

    def __init__(self, space: Space, opened: int) -> None:
        self._capacity, self._stands = space.capacity, space.stands
        self._people, self._teams = Count(), Count()
        self._opened = opened
        self._starts: dict[tuple[int, int], int] = {}

    def add(self, people: int, teams: int, begin: int, end: int) -> None:
        """People and teams from step `begin` until before `end`; negative ones leave."""
        there = span(begin, end)
        self._people.add(people, there)
        if self._stands is not None:
            self._teams.add(teams, there)
        self._starts.clear()

    def starts(self, people: int, length: int) -> int:
        """Where a team of `people` can begin a stay of `length` steps."""
        known = self._starts.get((people, length))
        if known is None:
            free = self._opened & self._people.at_most(self._capacity - people)
            if self._stands is not None:
                free &= self._teams.at_most(self._stands - 1)
            known = self._starts[people, length] = _runs(free, length)
        return known


def _runs(mask: int, length: int) -> int:
    """The bits from which on `length` bits are set in one go."""
    done = 1
    while done < length:
        more = min(done, length - done)
        mask &= mask >> more
        done += more
    return mask


def first_at(mask: int, step: int) -> int | None:
    """The first set bit not before `step`."""
    rest = mask >> step
    return None if rest == 0 else step + (rest & -rest).bit_length() - 1


def span(begin: int, end: int) -> int:
    """The bits from `begin` until before `end`."""
    return ((1 << max(0, end - begin)) - 1) << begin


def make_rooms(instance: Instance) -> dict[str, Room]:
    """Every space, with the individuals that are expected in it. A step that they only touch counts as theirs."""
    opened = 0
    for day in instance.days:
        opened |= span(-(-day.start // instance.step), day.end // instance.step)
    rooms = {space.id: Room(space, opened) for space in instance.spaces.values()}
    for load in instance.loads:
        rooms[load.space].add(load.people, 0, load.start // instance.step, -(-load.end // instance.step))
    return rooms
