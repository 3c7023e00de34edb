"""Instances and plans as JSON: what they hold is said once, here; the published schemas are made from it (docs/planning.md)."""

from collections.abc import Iterable, Iterator
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from app.flows.causes import Cause
from app.flows.instance import DAY, Day, Group, Instance, Load, Plan, Slot, Space, Stop, Weights, Window

INSTANCE, PLAN = "parcours-plan-instance/1", "parcours-plan/1"
MOST_DAYS = 31


class InstanceInvalid(ValueError):
    """The file is no instance. `problems` are (JSON pointer, what is wrong), RFC 6901."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer}: {message}" for pointer, message in problems))
        self.problems = problems


def _minutes(least: int = 0, *, required: bool = True, **rest: Any) -> fields.Integer:
    return fields.Integer(
        required=required, strict=True, validate=validate.Range(min=least, max=MOST_DAYS * DAY), **rest
    )


def _count(least: int = 1, *, required: bool = True, **rest: Any) -> fields.Integer:
    return fields.Integer(required=required, strict=True, validate=validate.Range(min=least, max=1_000_000), **rest)


def _id(*, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate.Length(min=1, max=80))


class DaySchema(Schema):
    name = _id()
    start = _minutes(data_key="from")
    end = _minutes(data_key="until")


class SpaceSchema(Schema):
    id = _id()
    capacity = _count()
    stands = _count(required=False, allow_none=True, load_default=None)


class StopSchema(Schema):
    id = _id()
    space = _id()
    minutes = _minutes(1)
    largest_team = _count(required=False, allow_none=True, load_default=None)


class WindowSchema(Schema):
    start = _minutes(data_key="from")
    end = _minutes(data_key="until")


class GroupSchema(Schema):
    id = _id()
    people = _count()
    stops = fields.List(
        fields.List(_id(), validate=validate.Length(min=1, max=12)),
        required=True,
        validate=validate.Length(min=1, max=40),
        metadata={"description": "Blocks in order; the stops inside a block in any order."},
    )
    windows = fields.List(fields.Nested(WindowSchema), required=True, validate=validate.Length(min=1, max=40))
    leave_by = _minutes(required=False, allow_none=True, load_default=None)


class LoadSchema(Schema):
    space = _id()
    start = _minutes(data_key="from")
    end = _minutes(data_key="until")
    people = _count()


class TransferSchema(Schema):
    origin = _id()
    origin.data_key = "from"
    to = _id()
    minutes = _minutes()
    both_ways = fields.Boolean(load_default=True)


class SlotSchema(Schema):
    class Meta:
        unknown = EXCLUDE  # a passage of a plan may be given as it is

    group = _id()
    team = _count()
    stop = _id()
    start = _minutes()


class WeightsSchema(Schema):
    moved = fields.Float(load_default=Weights.moved, validate=validate.Range(min=0))
    uneven = fields.Float(load_default=Weights.uneven, validate=validate.Range(min=0))


class InstanceSchema(Schema):
    format = fields.String(required=True, validate=validate.Equal(INSTANCE))
    step = fields.Integer(load_default=5, strict=True, validate=validate.OneOf([1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30]))
    days = fields.List(fields.Nested(DaySchema), required=True, validate=validate.Length(min=1, max=MOST_DAYS))
    spaces = fields.List(fields.Nested(SpaceSchema), required=True, validate=validate.Length(min=1, max=500))
    stops = fields.List(fields.Nested(StopSchema), required=True, validate=validate.Length(min=1, max=500))
    groups = fields.List(fields.Nested(GroupSchema), required=True, validate=validate.Length(max=5_000))
    default_transfer = _minutes(required=False, load_default=0)
    transfers = fields.List(fields.Nested(TransferSchema), load_default=list)
    flow = fields.List(fields.Nested(LoadSchema), load_default=list)
    pins = fields.List(fields.Nested(SlotSchema), load_default=list)
    previous = fields.List(fields.Nested(SlotSchema), load_default=list)
    not_before = _minutes(required=False, load_default=0)
    weights = fields.Nested(WeightsSchema, load_default=lambda: {"moved": Weights.moved, "uneven": Weights.uneven})


class ArrivalSchema(Schema):
    group = _id()
    at = _minutes()


class PassageSchema(Schema):
    group = _id()
    team = _count()
    people = _count()
    stop = _id()
    space = _id()
    start = _minutes()
    end = _minutes()
    stand = _count(required=False, allow_none=True)


class CostSchema(Schema):
    waiting = fields.Integer(required=True, metadata={"description": "Minutes of all teams."})
    moved = fields.Integer(required=True, metadata={"description": "Passages that start at another time than told."})
    uneven = fields.Integer(required=True, metadata={"description": "People: fullest day less emptiest day."})
    total = fields.Float(required=True)


class CauseSchema(Schema):
    kind = fields.String(
        required=True, validate=validate.OneOf(["too_long", "wave_too_large", "space_short", "pins_conflict"])
    )
    groups = fields.List(_id(), required=True)
    unit = fields.String(
        required=True, validate=validate.OneOf(["minutes", "people", "people_minutes", "team_minutes"])
    )
    space = fields.String(allow_none=True)
    start = fields.Integer(data_key="from", allow_none=True)
    end = fields.Integer(data_key="until", allow_none=True)
    wanted = fields.Integer(required=True)
    there = fields.Integer(required=True)


class PlanSchema(Schema):
    format = fields.String(required=True, validate=validate.Equal(PLAN))
    found = fields.Boolean(required=True)
    arrivals = fields.List(fields.Nested(ArrivalSchema), required=True)
    passages = fields.List(fields.Nested(PassageSchema), required=True)
    objective = fields.Nested(CostSchema, required=True)
    left_out = fields.List(_id(), required=True)
    causes = fields.List(fields.Nested(CauseSchema), required=True)


def read_instance(data: object) -> Instance:
    """The instance that JSON holds. Raises InstanceInvalid with every problem found."""
    if not isinstance(data, dict):
        raise InstanceInvalid([("", "an object is expected")])
    try:
        read: dict[str, Any] = InstanceSchema().load(data)
    except ValidationError as error:
        raise InstanceInvalid(sorted(_flatten(error.messages, ""))) from None
    problems = list(_contradictions(read))
    if problems:
        raise InstanceInvalid(problems)
    transfers = {}
    for walk in read["transfers"]:
        transfers[walk["origin"], walk["to"]] = walk["minutes"]
        if walk["both_ways"]:
            transfers.setdefault((walk["to"], walk["origin"]), walk["minutes"])
    return Instance(
        days=tuple(sorted((Day(**day) for day in read["days"]), key=lambda day: day.start)),
        spaces={space["id"]: Space(**space) for space in read["spaces"]},
        stops={stop["id"]: Stop(**stop) for stop in read["stops"]},
        groups=tuple(_group(group) for group in read["groups"]),
        step=read["step"],
        default_transfer=read["default_transfer"],
        transfers=transfers,
        loads=tuple(Load(**load) for load in read["flow"]),
        pins=tuple(Slot(**slot) for slot in read["pins"]),
        previous=tuple(Slot(**slot) for slot in read["previous"]),
        weights=Weights(**read["weights"]),
        not_before=read["not_before"],
    )


def as_json(plan: Plan, causes: Iterable[Cause] = ()) -> dict[str, Any]:
    """A plan as PlanSchema says."""
    return {
        "format": PLAN,
        "found": plan.found,
        "arrivals": [dict(a.__dict__) for a in plan.arrivals],
        "passages": [dict(p.__dict__) for p in plan.passages],
        "objective": dict(plan.cost.__dict__),
        "left_out": list(plan.left_out),
        "causes": [CauseSchema().dump(cause) for cause in causes],
    }


def json_schema(schema: type[Schema]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of instances or plans."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _schema: None)  # type: ignore[arg-type, return-value]
    APISpec("Plans", "1", "3.1.0", plugins=[plugin])
    assert plugin.converter is not None
    made: dict[str, Any] = plugin.converter.schema2jsonschema(schema())  # type: ignore[no-untyped-call]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _group(read: dict[str, Any]) -> Group:
    blocks = tuple(tuple(block) for block in read["stops"])
    windows = tuple(Window(**window) for window in read["windows"])
    return Group(read["id"], read["people"], blocks, windows, read["leave_by"])


def _flatten(messages: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _flatten(inner, pointer if key == "_schema" else f"{pointer}/{key}")
    else:
        yield pointer, " ".join(str(message) for message in messages)


def _contradictions(read: dict[str, Any]) -> Iterator[tuple[str, str]]:
    spaces, stops, groups = (
        {row["id"]: row for row in read[name]} for name in ("spaces", "stops", "groups")
    )  # fmt: skip
    for name, found in (("spaces", spaces), ("stops", stops), ("groups", groups)):
        if len(found) < len(read[name]):
            yield f"/{name}", "an id stands twice"
    yield from _day_contradictions(read["days"])
    for name, key, known in (("stops", "space", spaces), ("flow", "space", spaces)):
        for number, row in enumerate(read[name]):
            if row[key] not in known:
                yield f"/{name}/{number}/{key}", f"there is no {key} {row[key]!r}"
    for number, walk in enumerate(read["transfers"]):
        for key, label in (("origin", "from"), ("to", "to")):
            if walk[key] not in spaces:
                yield f"/transfers/{number}/{label}", f"there is no space {walk[key]!r}"
    yield from _group_contradictions(read, stops)
    for name in ("pins", "previous"):
        yield from _slot_contradictions(name, read, groups)


def _day_contradictions(days: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for number, day in enumerate(days):
        if day["end"] <= day["start"] or day["start"] // DAY != day["end"] // DAY:
            yield f"/days/{number}", "a day ends after it begins, on the same day"
    if len({day["start"] // DAY for day in days}) < len(days):
        yield "/days", "one day stands twice"


def _group_contradictions(read: dict[str, Any], stops: dict[str, Any]) -> Iterator[tuple[str, str]]:
    days = [(day["start"], day["end"]) for day in read["days"]]
    for number, group in enumerate(read["groups"]):
        wanted = [stop for block in group["stops"] for stop in block]
        for stop in wanted:
            if stop not in stops:
                yield f"/groups/{number}/stops", f"there is no stop {stop!r}"
        if len(set(wanted)) < len(wanted):
            yield f"/groups/{number}/stops", "a stop stands twice"
        for place, window in enumerate(group["windows"]):
            if not any(start <= window["start"] <= window["end"] <= end for start, end in days):
                yield f"/groups/{number}/windows/{place}", "a window lies inside one day"


def _slot_contradictions(name: str, read: dict[str, Any], groups: dict[str, Any]) -> Iterator[tuple[str, str]]:
    seen = set()
    for number, slot in enumerate(read[name]):
        group = groups.get(slot["group"])
        if name == "pins":
            if group is None or not any(slot["stop"] in block for block in group["stops"]):
                yield f"/pins/{number}", "it names no group and stop of this instance"
            if slot["start"] % read["step"]:
                yield f"/pins/{number}/start", "it is no multiple of the step"
        key = (slot["group"], slot["team"], slot["stop"])
        if key in seen:
            yield f"/{name}/{number}", "the same team and stop stand twice"
        seen.add(key)
