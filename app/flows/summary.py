"""What is kept of a plan beside its passages, as JSON and as values. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.flows.building import Built, NotPlanned, Omission, registration_and_wave
from app.flows.causes import Cause, CauseKind, Unit
from app.flows.instance import Instance, Passage, Plan
from app.flows.reading import PLAN, CauseSchema
from app.flows.spread import Expected, Spread

Json = dict[str, Any]
LATE_SPACES = "late_spaces"
"""In a summary: the minutes by which spaces were late, by their ids, in hours that the plan keeps."""


@dataclass(frozen=True)
class PlanSummary:
    """What came of a plan. `left_out` are (registration, wave) for which nothing was found, `causes` what is in the way.

    `waiting` in minutes of all teams, `moved` passages, `uneven` people (docs/planning.md). `groups` and `people` are planned.
    """

    found: bool = False
    waiting: int = 0
    moved: int = 0
    uneven: int = 0
    total: float = 0
    groups: int = 0
    people: int = 0
    passages: int = 0
    left_out: tuple[tuple[int, int], ...] = ()
    causes: tuple[Cause, ...] = ()
    not_planned: tuple[NotPlanned, ...] = ()


def write_summary(built: Built, instance: Instance, plan: Plan, causes: Iterable[Cause]) -> Json:
    """Everything of a plan that was just made."""
    return {
        **figures(instance, plan),
        "causes": [CauseSchema().dump(cause) for cause in causes],
        "not_planned": [asdict(left) for left in built.not_planned],
        "days": built.hours.kept(),
        LATE_SPACES: {str(space): minutes for space, minutes in built.late.items()},
        "spread": {
            space: [[minute, found.median, found.high] for minute, found in people.items()]
            for space, people in built.expected.items()
        },
    }


def figures(instance: Instance, plan: Plan) -> Json:
    """The part of a summary that a move by hand changes."""
    people = {group.id: group.people for group in instance.groups}
    return {
        "found": plan.found,
        **asdict(plan.cost),
        "left_out": list(plan.left_out),
        "arrivals": {arrival.group: arrival.at for arrival in plan.arrivals},
        "groups": len(plan.arrivals),
        "people": sum(people[arrival.group] for arrival in plan.arrivals),
        "passages": len(plan.passages),
    }


def read_summary(kept: Mapping[str, Any]) -> PlanSummary:
    """What `write_summary` wrote; of a plan that is being made, nothing."""
    if "found" not in kept:
        return PlanSummary()
    causes = tuple(
        Cause(
            CauseKind(c["kind"]), tuple(c["groups"]), Unit(c["unit"]), c["wanted"], c["there"], c["space"], c["from"],
            c["until"],
        )
        for c in kept.get("causes", ())
    )  # fmt: skip
    left = tuple(NotPlanned(**{**n, "why": Omission(n["why"])}) for n in kept.get("not_planned", ()))
    return PlanSummary(
        kept["found"], kept["waiting"], kept["moved"], kept["uneven"], kept["total"], kept["groups"], kept["people"],
        kept["passages"], tuple(registration_and_wave(group) for group in kept["left_out"]), causes, left,
    )  # fmt: skip


def read_spread(kept: Mapping[str, Any]) -> Spread:
    """The individuals that were expected when the plan was made."""
    return {
        space: {minute: Expected(median, high) for minute, median, high in people}
        for space, people in kept.get("spread", {}).items()
    }


def plan_json(kept: Mapping[str, Any], passages: Iterable[Passage]) -> Json:
    """A stored plan as the checker reads it: its passages beside what its summary says of them."""
    arrivals = [{"group": group, "at": at} for group, at in kept["arrivals"].items()]
    cost = {name: kept[name] for name in ("waiting", "moved", "uneven", "total")}
    return {
        "format": PLAN,
        "found": kept["found"],
        "arrivals": arrivals,
        "passages": [asdict(passage) for passage in passages],
        "objective": cost,
        "left_out": kept["left_out"],
        "causes": kept.get("causes", []),
    }
