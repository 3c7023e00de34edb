"""What passages cost and when their groups arrive, worked out from the passages: for plans that were changed by hand. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from app.flows.instance import Arrival, Cost, Group, Instance, Passage, Plan
from app.flows.routes import Walked, least_walking


def arrive(instance: Instance, group: Group, first: int) -> int:
    """When a group whose first passage begins then arrives: as late as its windows let it, on a step where there is one.

    A first passage before all windows: the beginning of the nearest one.
    """
    step = instance.step
    fitting = [min(window.end, first) for window in group.windows if window.start <= first]
    if not fitting:
        return min(window.start for window in group.windows)
    latest = max(fitting)
    begins = max(window.start for window in group.windows if window.start <= latest)
    return max(begins, latest - latest % step) if latest != first else latest


def make_plan(instance: Instance, passages: Sequence[Passage], known: Mapping[str, int] | None = None) -> Plan:
    """The plan that these passages are, with its cost. `known` arrivals hold where a group still begins after them."""
    by_group: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_group[passage.group].append(passage)
    arrivals = []
    for group in instance.groups:
        if own := by_group.get(group.id):
            first = min(passage.start for passage in own)
            said = (known or {}).get(group.id)
            arrivals.append(Arrival(group.id, arrive(instance, group, first) if said is None or said > first else said))
    left_out = tuple(group.id for group in instance.groups if group.id not in by_group)
    return Plan(tuple(arrivals), tuple(passages), cost_of(instance, arrivals, passages), left_out)


def cost_of(instance: Instance, arrivals: Iterable[Arrival], passages: Iterable[Passage]) -> Cost:
    """Waiting, moved and uneven as docs/planning.md counts them."""
    at = {arrival.group: arrival.at for arrival in arrivals}
    ends: dict[tuple[str, int], int] = defaultdict(int)
    told = {(slot.group, slot.team, slot.stop): slot.start for slot in instance.previous}
    moved = 0
    for passage in passages:
        key = (passage.group, passage.team)
        ends[key] = max(ends[key], passage.end)
        moved += told.get((*key, passage.stop), passage.start) != passage.start
    groups = {group.id: group for group in instance.groups}
    least, walked = {}, Walked()
    for name in at:
        group = groups[name]
        stay = sum(instance.stops[stop].minutes for stop in group.stops)
        least[name] = stay + least_walking(instance, group, walked)
    waiting = sum(end - at[name] - least[name] for (name, _team), end in ends.items())
    people = {day.start: 0 for day in instance.days}
    for name, arrival in at.items():
        day = instance.day_of(arrival)
        if day is not None:
            people[day.start] += groups[name].people
    uneven = max(people.values(), default=0) - min(people.values(), default=0)
    weights = instance.weights
    return Cost(waiting, moved, uneven, round(waiting + weights.moved * moved + weights.uneven * uneven, 3))
