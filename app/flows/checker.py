"""Checks a plan against its instance, both as JSON. It shares no code with the planner: one finds the other's faults."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import ceil
from typing import Any

Json = dict[str, Any]


def check_plan(instance: Json, plan: Json) -> list[str]:
    """What is wrong with a plan, in words; an empty list when it keeps every promise and costs what it says."""
    return list(_problems(instance, plan))


def _problems(instance: Json, plan: Json) -> Iterator[str]:
    groups = {group["id"]: group for group in instance["groups"]}
    arrivals = {arrival["group"]: arrival["at"] for arrival in plan["arrivals"]}
    left_out = set(plan["left_out"])
    if set(arrivals) | left_out != set(groups) or set(arrivals) & left_out:
        yield "not every group is either planned or left out"
        return
    if plan["found"] != (not left_out):
        yield "`found` and the groups left out contradict each other"
    for passage in plan["passages"]:
        if passage["group"] not in arrivals:
            yield f"{passage['group']} has a passage and no arrival"
            return
    by_team: dict[tuple[str, int], list[Json]] = defaultdict(list)
    for passage in plan["passages"]:
        by_team[passage["group"], passage["team"]].append(passage)
    for name, at in arrivals.items():
        yield from _check_arrival(groups[name], at)
        yield from _check_teams(instance, groups[name], by_team)
    yield from _check_spaces(instance, plan["passages"])
    yield from _check_stands(instance, plan["passages"])
    yield from _check_pins(instance, plan, arrivals)
    yield from _check_cost(instance, plan, arrivals, by_team)


def _check_arrival(group: Json, at: int) -> Iterator[str]:
    if not any(window["from"] <= at <= window["until"] for window in group["windows"]):
        yield f"{group['id']} arrives at {at}, in none of its windows"


def _team_count(instance: Json, group: Json) -> int:
    stops = {stop["id"]: stop for stop in instance["stops"]}
    limits: list[int] = [stops[name].get("largest_team") or 0 for block in group["stops"] for name in block]
    return max(1, *(ceil(int(group["people"]) / limit) for limit in limits if limit), 1)


def _check_teams(instance: Json, group: Json, by_team: dict[tuple[str, int], list[Json]]) -> Iterator[str]:
    name, count = group["id"], _team_count(instance, group)
    if (name, count + 1) in by_team:
        yield f"{name} has more than {count} teams"
    people = 0
    for team in range(1, count + 1):
        own = sorted(by_team.get((name, team), []), key=lambda passage: int(passage["start"]))
        if sorted(p["stop"] for p in own) != sorted(stop for block in group["stops"] for stop in block):
            yield f"{name}, team {team}, does not go to each of its stops once"
            return
        if len({p["people"] for p in own}) != 1:
            yield f"{name}, team {team}, changes its number of people on the way"
        people += own[0]["people"]
        yield from _check_way(instance, group, own)
    if people != group["people"]:
        yield f"the teams of {name} are {people} people, not {group['people']}"


def _check_way(instance: Json, group: Json, own: list[Json]) -> Iterator[str]:
    stops = {stop["id"]: stop for stop in instance["stops"]}
    who = f"{group['id']}, team {own[0]['team']},"
    block_of = {stop: number for number, block in enumerate(group["stops"]) for stop in block}
    day = next((d for d in instance["days"] if d["from"] <= own[0]["start"] <= d["until"]), None)
    if day is None:
        yield f"{who} begins outside the days"
        return
    end = day["until"]
    if group.get("leave_by") is not None:
        end = min(end, day["from"] // 1440 * 1440 + group["leave_by"])
    for passage in own:
        stop = stops[passage["stop"]]
        if passage["space"] != stop["space"] or passage["end"] - passage["start"] != stop["minutes"]:
            yield f"{who} is not in the space of {stop['id']} for its {stop['minutes']} minutes"
        if stop.get("largest_team") and passage["people"] > stop["largest_team"]:
            yield f"{who} is larger than {stop['id']} takes"
        if passage["start"] % instance.get("step", 5):
            yield f"{who} begins {stop['id']} between two steps"
        if passage["end"] > end:
            yield f"{who} is at {stop['id']} until {passage['end']}, after {end}"
    for before, after in pairwise(own):
        if block_of[before["stop"]] > block_of[after["stop"]]:
            yield f"{who} goes to {after['stop']} after {before['stop']}, against the order"
        walk = _walk(instance, before["space"], after["space"])
        if after["start"] < before["end"] + walk:
            yield f"{who} has {after['start'] - before['end']} minutes to {after['stop']} and needs {walk}"


def _walk(instance: Json, origin: str, to: str) -> int:
    back = None
    for walk in instance.get("transfers", []):
        if (walk["from"], walk["to"]) == (origin, to):
            return int(walk["minutes"])
        if (walk["to"], walk["from"]) == (origin, to) and walk.get("both_ways", True):
            back = int(walk["minutes"])
    if back is not None:
        return back
    return 0 if origin == to else int(instance.get("default_transfer", 0))


def _check_spaces(instance: Json, passages: list[Json]) -> Iterator[str]:
    for space in instance["spaces"]:
        changes: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        stays = [(p["start"], p["end"], p["people"], 1) for p in passages if p["space"] == space["id"]]
        flow = [f for f in instance.get("flow", []) if f["space"] == space["id"]]
        for begin, end, people, teams in stays + [(f["from"], f["until"], f["people"], 0) for f in flow]:
            changes[begin][0] += people
            changes[begin][1] += teams
            changes[end][0] -= people
            changes[end][1] -= teams
        present = teams = 0
        for minute in sorted(changes):
            present, teams = present + changes[minute][0], teams + changes[minute][1]
            guests = any(begin <= minute < end for begin, end, _, _ in stays)  # individuals alone are nobody's plan
            if present > space["capacity"] and guests:
                yield f"{space['id']} holds {present} of {space['capacity']} people at {minute}"
            if space.get("stands") and teams > space["stands"]:
                yield f"{space['id']} has {teams} teams for {space['stands']} stands at {minute}"


def _check_stands(instance: Json, passages: list[Json]) -> Iterator[str]:
    for space in instance["spaces"]:
        if not space.get("stands"):
            continue
        at: dict[int, list[Json]] = defaultdict(list)
        for passage in passages:
            if passage["space"] == space["id"]:
                if not 1 <= (passage.get("stand") or 0) <= space["stands"]:
                    yield f"{passage['group']} has no stand in {space['id']}"
                else:
                    at[passage["stand"]].append(passage)
        for stand, guests in at.items():
            for one, other in pairwise(sorted(guests, key=lambda p: int(p["start"]))):
                if other["start"] < one["end"]:
                    yield f"{one['group']} and {other['group']} are at stand {stand} of {space['id']} at once"


def _check_pins(instance: Json, plan: Json, arrivals: dict[str, int]) -> Iterator[str]:
    starts = {(p["group"], p["team"], p["stop"]): p["start"] for p in plan["passages"]}
    pinned = {(pin["group"], pin["team"], pin["stop"]) for pin in instance.get("pins", [])}
    for (group, team, stop), start in starts.items():
        if start < instance.get("not_before", 0) and (group, team, stop) not in pinned:
            yield f"{group}, team {team}, is at {stop} at {start}, before {instance['not_before']}"
    for pin in instance.get("pins", []):
        if pin["group"] in arrivals and starts.get((pin["group"], pin["team"], pin["stop"])) != pin["start"]:
            yield f"{pin['group']}, team {pin['team']}, is not at {pin['stop']} at {pin['start']}, where it is pinned"


def _check_cost(
    instance: Json, plan: Json, arrivals: dict[str, int], by_team: dict[tuple[str, int], list[Json]]
) -> Iterator[str]:
    stops = {stop["id"]: stop for stop in instance["stops"]}
    waiting, known = 0, Ways()
    days = {day["from"]: 0 for day in instance["days"]}
    for group in instance["groups"]:
        if group["id"] not in arrivals:
            continue
        at = arrivals[group["id"]]
        stay = sum(stops[stop]["minutes"] for block in group["stops"] for stop in block)
        walk = _least_walk(instance, group, known)
        for team in range(1, _team_count(instance, group) + 1):
            if not by_team[group["id"], team]:
                return  # that it goes nowhere was said before: such a plan costs nothing that could be compared
            waiting += max(p["end"] for p in by_team[group["id"], team]) - at - stay - walk
            if min(p["start"] for p in by_team[group["id"], team]) < at:
                yield f"{group['id']}, team {team}, begins before it arrives"
        day = next((d["from"] for d in instance["days"] if d["from"] <= at <= d["until"]), None)
        if day is not None:
            days[day] += group["people"]
    starts = {(p["group"], p["team"], p["stop"]): p["start"] for p in plan["passages"]}
    told = {(s["group"], s["team"], s["stop"]): s["start"] for s in instance.get("previous", [])}
    moved = sum(key in starts and starts[key] != start for key, start in told.items())
    uneven = max(days.values()) - min(days.values())
    weights = {"moved": 10, "uneven": 0.2, **instance.get("weights", {})}
    total = waiting + weights["moved"] * moved + weights["uneven"] * uneven
    said = plan["objective"]
    if (said["waiting"], said["moved"], said["uneven"]) != (waiting, moved, uneven) or abs(
        said["total"] - total
    ) > 0.01:
        yield f"the plan says that it costs {said}, and costs {waiting}, {moved} moved, {uneven} uneven, {total} in all"


Ways = dict[tuple[tuple[str, ...], ...], int]


def _least_walk(instance: Json, group: Json, known: Ways | None = None) -> int:
    """The walking of the shortest order that the blocks allow. `known` keeps it by spaces: many groups go the same way."""
    spaces = {stop["id"]: stop["space"] for stop in instance["stops"]}
    blocks = tuple(tuple(spaces[stop] for stop in block) for block in group["stops"])
    known = {} if known is None else known
    if blocks not in known:
        best: dict[str, int] = {}
        for block in blocks:
            best = _shortest(instance, block, best)
        known[blocks] = min(best.values())
    return known[blocks]


def _shortest(instance: Json, block: tuple[str, ...], before: dict[str, int]) -> dict[str, int]:
    """By the space in which a block ends, the least walking to there, from the spaces where the block before may end.

    Of all orders in which the same stops are done and the same one is last, the shortest is enough (Bellman 1962, Held and
    Karp 1962): 2^12 sets instead of 12! orders. Walks are looked up once for each pair.
    """
    count = range(len(block))
    walk = [[_walk(instance, one, other) for other in block] for one in block]
    least: dict[tuple[int, int], int] = {
        (1 << at, at): min((w + _walk(instance, end, block[at]) for end, w in before.items()), default=0)
        for at in count
    }
    for _ in block[1:]:
        longer: dict[tuple[int, int], int] = {}
        for (done, last), walked in least.items():
            for at in count:
                if not done >> at & 1:
                    key, there = (done | 1 << at, at), walked + walk[last][at]
                    if there < longer.get(key, there + 1):
                        longer[key] = there
        least = longer
    ends: dict[str, int] = {}
    for (_done, last), walked in least.items():
        ends[block[last]] = min(walked, ends.get(block[last], walked))
    return ends


def check_cause(instance: Json, cause: Json) -> list[str]:
    """What is wrong with what is said to be in the way (docs/planning.md), counted anew; empty when it holds for every plan."""
    groups = [group for group in instance["groups"] if group["id"] in cause["groups"]]
    if len(groups) < len(set(cause["groups"])) or not groups:
        return ["it names groups that are not there"]
    if cause["wanted"] <= cause["there"]:
        return ["it says that what is wanted is there"]
    counted = {
        ("too_long", "minutes"): _count_long,
        ("wave_too_large", "people"): _count_large,
        ("wave_too_large", "people_minutes"): _count_wave,
        ("wave_too_large", "team_minutes"): _count_wave,
        ("space_short", "people_minutes"): _count_space,
        ("space_short", "team_minutes"): _count_space,
        ("pins_conflict", "people"): _count_pinned,
        ("pins_conflict", "minutes"): _count_pin_gap,
    }.get((cause["kind"], cause["unit"]))
    if counted is None:
        return [f"there is no cause {cause['kind']} in {cause['unit']}"]
    found = set(counted(instance, cause, groups))
    said = (cause["wanted"], cause["there"])
    return [] if said in found else [f"it says {said[0]} for {said[1]}, and what is counted is {sorted(found)}"]


Counted = Iterator[tuple[int, int]]


def _ends(instance: Json, group: Json) -> Iterator[tuple[int, int]]:
    """For each window: when the group may begin, and by when it is done."""
    for window in group["windows"]:
        day = next(d for d in instance["days"] if d["from"] <= window["from"] <= d["until"])
        leaves = group.get("leave_by")
        midnight = day["from"] // 1440 * 1440
        yield window["from"], day["until"] if leaves is None else min(day["until"], midnight + leaves)


def _stay(instance: Json, names: list[str]) -> int:
    minutes = {stop["id"]: stop["minutes"] for stop in instance["stops"]}
    return sum(minutes[name] for name in names)


def _count_long(instance: Json, _cause: Json, groups: list[Json]) -> Counted:
    known = Ways()
    for group in groups:
        whole = _stay(instance, [s for block in group["stops"] for s in block]) + _least_walk(instance, group, known)
        yield whole, max(0, *(end - begin for begin, end in _ends(instance, group)))


def _sizes(instance: Json, group: Json) -> list[int]:
    count = _team_count(instance, group)
    return [int(group["people"]) // count + (n < int(group["people"]) % count) for n in range(count)]


def _count_large(instance: Json, cause: Json, groups: list[Json]) -> Counted:
    space = next(s for s in instance["spaces"] if s["id"] == cause["space"])
    inside = {stop["id"] for stop in instance["stops"] if stop["space"] == cause["space"]}
    for group in groups:
        if inside & {stop for block in group["stops"] for stop in block}:
            yield max(_sizes(instance, group)), space["capacity"]


def _count_wave(instance: Json, cause: Json, groups: list[Json]) -> Counted:
    if len({str(group["windows"]) for group in groups}) == 1:
        yield from _count_space(instance, cause, groups)


def _count_space(instance: Json, cause: Json, groups: list[Json]) -> Counted:
    """Of these groups, what has to be in the space between the two times, whichever window they come in."""
    space = next(s for s in instance["spaces"] if s["id"] == cause["space"])
    inside = {stop["id"]: stop["minutes"] for stop in instance["stops"] if stop["space"] == cause["space"]}
    people = teams = 0
    for group in groups:
        for number, block in enumerate(group["stops"]):
            before = _stay(instance, [s for b in group["stops"][:number] for s in b])
            after = _stay(instance, [s for b in group["stops"][number + 1 :] for s in b])
            must = all(
                begin + before >= cause["from"] and end - after <= cause["until"]
                for begin, end in _ends(instance, group)
            )
            for stop in block:
                if must and stop in inside:
                    people += group["people"] * inside[stop]
                    teams += _team_count(instance, group) * inside[stop]
    free = opened = 0
    flow = [load for load in instance.get("flow", []) if load["space"] == cause["space"]]
    for minute in range(cause["from"], cause["until"]):
        if any(day["from"] <= minute < day["until"] for day in instance["days"]):
            opened += 1
            free += max(0, space["capacity"] - sum(f["people"] for f in flow if f["from"] <= minute < f["until"]))
    if cause["unit"] == "people_minutes":
        yield people, free
    elif space.get("stands"):
        yield teams, space["stands"] * opened


def _pins_of(instance: Json, groups: list[Json]) -> Iterator[tuple[Json, Json]]:
    by_id = {group["id"]: group for group in groups}
    for pin in instance.get("pins", []):
        if pin["group"] in by_id:
            yield by_id[pin["group"]], pin


def _count_pinned(instance: Json, cause: Json, groups: list[Json]) -> Counted:
    """A pin of a team that the group does not have, or the people pinned in a space at one time."""
    if cause["space"] is None:
        for group, pin in _pins_of(instance, groups):
            yield pin["team"], _team_count(instance, group)
        return
    space = next(s for s in instance["spaces"] if s["id"] == cause["space"])
    inside = {stop["id"]: stop["minutes"] for stop in instance["stops"] if stop["space"] == cause["space"]}
    flow = [load for load in instance.get("flow", []) if load["space"] == cause["space"]]
    at, people = cause["from"], 0
    for group, pin in _pins_of(instance, groups):
        sizes = _sizes(instance, group)
        there = pin["stop"] in inside and pin["start"] <= at < pin["start"] + inside[pin["stop"]]
        if there and pin["team"] <= len(sizes):
            people += sizes[pin["team"] - 1]
    yield people, max(0, space["capacity"] - sum(f["people"] for f in flow if f["from"] <= at < f["until"]))


def _count_pin_gap(instance: Json, cause: Json, groups: list[Json]) -> Counted:
    """Two pins of a team that are too near each other or against its order, or a pin at an hour that no window allows."""
    stops = {stop["id"]: stop for stop in instance["stops"]}
    for group, pin in _pins_of(instance, groups):
        if pin["start"] != cause["from"]:
            continue
        stop, block_of = stops[pin["stop"]], {s: n for n, block in enumerate(group["stops"]) for s in block}
        for _, other in _pins_of(instance, [group]):
            if other["team"] != pin["team"] or other["stop"] == pin["stop"] or other["start"] != cause["until"]:
                continue
            needed = stop["minutes"] + _walk(instance, stop["space"], stops[other["stop"]]["space"])
            if other["start"] - pin["start"] < needed:
                yield needed, other["start"] - pin["start"]
            elif block_of[pin["stop"]] > block_of[other["stop"]]:
                yield needed, 0
        number = block_of[pin["stop"]]
        before = _stay(instance, [s for b in group["stops"][:number] for s in b])
        after = _stay(instance, [s for b in group["stops"][number + 1 :] for s in b])
        if not any(
            begin + before <= pin["start"] and pin["start"] + stop["minutes"] + after <= end
            for begin, end in _ends(instance, group)
        ):
            yield stop["minutes"], 0
