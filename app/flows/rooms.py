"""How full each space is, as bits: where a team fits is asked a hundred thousand times for one plan.

A day is cut in steps. Bit u of a mask stands for step u; a Python integer holds all days at once, and where a stay of n steps
can begin is that mask and itself shifted n times.
"""

from collections.abc import Sequence

from app.flows.instance import DAY, Instance, Load, Space


class Room:
    """One space over all days."""

    def __init__(self, space: Space, opened: int, steps: int) -> None:
        self._capacity, self._stands = space.capacity, space.stands
        self._people, self._teams = [0] * steps, [0] * steps
        self._opened = opened
        self._starts: dict[tuple[int, int], int] = {}

    def add(self, people: int, teams: int, begin: int, end: int) -> None:
        """People and teams from step `begin` until before `end`; negative ones leave."""
        for step in range(begin, end):
            self._people[step] += people
            self._teams[step] += teams
        self._starts.clear()

    def starts(self, people: int, length: int) -> int:
        """Where a team of `people` can begin a stay of `length` steps."""
        known = self._starts.get((people, length))
        if known is None:
            known = self._starts[people, length] = _runs(self._fits(people), length)
        return known

    def fullest(self, begin: int, end: int) -> int:
        return max(self._people[begin:end], default=0)

    def _fits(self, people: int) -> int:
        room = self._capacity - people
        if self._stands is None:
            free = "".join(["1" if there <= room else "0" for there in reversed(self._people)])
        else:
            most = self._stands - 1
            pairs = zip(reversed(self._people), reversed(self._teams), strict=True)
            free = "".join(["1" if there <= room and teams <= most else "0" for there, teams in pairs])
        return int(free or "0", 2) & self._opened


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
    steps = steps_of(instance)
    opened = 0
    for day in instance.days:
        opened |= span(-(-day.start // instance.step), day.end // instance.step)
    rooms = {space.id: Room(space, opened, steps) for space in instance.spaces.values()}
    add_loads(rooms, instance.loads, instance.step, steps)
    return rooms


def add_loads(rooms: dict[str, Room], loads: Sequence[Load], step: int, steps: int) -> None:
    for load in loads:
        rooms[load.space].add(load.people, 0, max(0, load.start // step), min(steps, -(-load.end // step)))


def steps_of(instance: Instance) -> int:
    last = max((day.end for day in instance.days), default=0)
    return -(-last // instance.step) + DAY // instance.step
