"""Instances made from a seed: easy, tight and impossible ones."""

from random import Random
from typing import Any

DAY = 1440


def make_instance(
    seed: int, *, groups: int = 12, spaces: int = 6, days: int = 2, room: float = 1.0, step: int = 5
) -> dict[str, Any]:
    """`room` scales what the spaces hold: below 1 it gets tight."""
    random = Random(seed)
    names = [f"S{number}" for number in range(spaces)]
    return {
        "format": "parcours-plan-instance/1",
        "step": step,
        "days": [{"name": f"day {n}", "from": n * DAY + 540, "until": n * DAY + 1020} for n in range(days)],
        "spaces": [
            {
                "id": name,
                "capacity": max(1, int(random.choice((45, 60, 90)) * room)),
                "stands": random.choice((None, None, 3)),
            }
            for name in names
        ],
        "stops": [
            {
                "id": name.lower(),
                "space": name,
                "minutes": random.choice((15, 20, 25, 30, 40)),
                "largest_team": random.choice((None, None, None, 16)),
            }
            for name in names
        ],
        "groups": [_group(random, number, names, days) for number in range(groups)],
        "default_transfer": random.choice((0, 3, 5)),
        "transfers": [{"from": names[0], "to": names[-1], "minutes": 10}] if spaces > 1 else [],
        "flow": [{"space": names[0], "from": 600, "until": 660, "people": 10}],
    }


def _group(random: Random, number: int, names: list[str], days: int) -> dict[str, Any]:
    stops = [name.lower() for name in random.sample(names, min(len(names), random.randint(2, 5)))]
    free = random.randint(1, min(3, len(stops)))
    begins = [random.randrange(days) * DAY + 540 + 40 * random.randrange(7)]
    wide = random.random() < 0.3
    return {
        "id": f"G{number}",
        "people": random.choice((1, 12, 15, 24, 28, 30)),
        "stops": [stops[:free], *([stop] for stop in stops[free:])],
        "windows": [
            {"from": day * DAY + 540, "until": day * DAY + 780} for day in range(days)
        ] if wide else [{"from": at, "until": at + 10} for at in begins],
        "leave_by": random.choice((None, None, None, 960)),
    }  # fmt: skip


def make_impossible(seed: int) -> dict[str, Any]:
    """An instance for which no plan exists, each for another reason than the one before: `seed` modulo five says which."""
    random = Random(seed)
    instance = make_instance(seed, groups=4 + seed % 8, spaces=3 + seed % 3, days=1 + seed % 2)
    group = instance["groups"][random.randrange(len(instance["groups"]))]
    stops = {stop["id"]: stop for stop in instance["stops"]}
    first = stops[group["stops"][0][0]]
    reason = seed % 5
    if reason == 0:
        group["windows"] = [{"from": instance["days"][0]["until"] - 5, "until": instance["days"][0]["until"]}]
    elif reason == 1:
        group["people"], first["largest_team"] = 95, None
        for block in group["stops"]:
            for stop in block:
                stops[stop]["largest_team"] = None
    elif reason == 2:
        window = [{"from": 900, "until": 900}]
        extra = {"people": 40, "stops": [[first["id"]]], "windows": window, "leave_by": 960}
        instance["groups"] += [{**extra, "id": f"E{number}"} for number in range(20)]
    elif reason == 3:
        extra = {"people": 40, "stops": [[first["id"]]], "leave_by": 960}
        begins = range(880, 900)
        instance["groups"] += [
            {**extra, "id": f"E{number}", "windows": [{"from": at, "until": at}]} for number, at in enumerate(begins)
        ]
    else:
        day = group["windows"][0]["from"] // DAY * DAY
        others = [stop for block in group["stops"] for stop in block][:2]
        instance["pins"] = [{"group": group["id"], "team": 1, "stop": stop, "start": day + 720} for stop in others]
    return instance
