"""Checks a plan against its instance, both as JSON. It shares no code with the planner: one finds the other's faults."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise, permutations
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
    for pin in instance.get("pins", []):
        if pin["group"] in arrivals and starts.get((pin["group"], pin["team"], pin["stop"])) != pin["start"]:
            yield f"{pin['group']}, team {pin['team']}, is not at {pin['stop']} at {pin['start']}, where it is pinned"


def _check_cost(
    instance: Json, plan: Json, arrivals: dict[str, int], by_team: dict[tuple[str, int], list[Json]]
) -> Iterator[str]:
    stops = {stop["id"]: stop for stop in instance["stops"]}
    waiting = 0
    days = {day["from"]: 0 for day in instance["days"]}
    for group in instance["groups"]:
        if group["id"] not in arrivals:
            continue
        at = arrivals[group["id"]]
        stay = sum(stops[stop]["minutes"] for block in group["stops"] for stop in block)
        walk = _least_walk(instance, group)
        for team in range(1, _team_count(instance, group) + 1):
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


def _least_walk(instance: Json, group: Json) -> int:
    """By trying every order of every block: blocks are short."""
    spaces = {stop["id"]: stop["space"] for stop in instance["stops"]}
    best: dict[str, int] = {}
    for number, block in enumerate(group["stops"]):
        ends: dict[str, int] = {}
        for order in permutations(block):
            inside = sum(_walk(instance, spaces[a], spaces[b]) for a, b in pairwise(order))
            before = (
                0 if number == 0 else min(w + _walk(instance, spaces[e], spaces[order[0]]) for e, w in best.items())
            )
            ends[order[-1]] = min(ends.get(order[-1], before + inside), before + inside)
        best = ends
    return min(best.values())
