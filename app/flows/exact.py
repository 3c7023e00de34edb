"""The same task for OR-tools' CP-SAT, where it is installed (`pip install parcours[exact]`): a yardstick for the planner.

It proves how good a plan can be, given time; the planner needs none of it.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from ortools.sat.python import cp_model

from app.flows.instance import Arrival, Cost, Group, Instance, Passage, Plan
from app.flows.routes import least_walking

SCALE = 100
"""CP-SAT counts in integers: weights are kept to a hundredth of a minute."""


def solve_exactly(instance: Instance, *, seconds: float, workers: int = 2) -> tuple[Plan | None, float]:
    """The best plan found in `seconds` and a cost that no plan goes below; None where none was found (or there is none)."""
    model = cp_model.CpModel()
    parts = _Parts(instance, model)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    status = solver.Solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None, 0.0
    return parts.read(solver), solver.BestObjectiveBound() / SCALE


class _Parts:
    """The variables: steps at which groups arrive and teams begin."""

    def __init__(self, instance: Instance, model: Any) -> None:
        self.instance, self.model = instance, model
        self.starts: dict[tuple[str, int, str], Any] = {}
        self.arrivals: dict[str, Any] = {}
        self.stays: dict[str, list[tuple[Any, int]]] = defaultdict(list)
        self.costs: list[Any] = []
        self._pins = {(p.group, p.team, p.stop): p.start for p in instance.pins}
        self._told = {(p.group, p.team, p.stop): p.start for p in instance.previous}
        self._days: dict[int, list[Any]] = {day.start: [] for day in instance.days}
        for group in instance.groups:
            self._group(group)
        self._spaces()
        self._uneven()
        model.Minimize(sum(self.costs))

    def _group(self, group: Group) -> None:
        model, instance = self.model, self.instance
        arrival = model.NewIntVar(0, 31 * 1440, f"at {group.id}")
        end = model.NewIntVar(0, 31 * 1440, f"end {group.id}")
        chosen = []
        for number, window in enumerate(group.windows):
            here = model.NewBoolVar(f"window {group.id} {number}")
            step = instance.step
            low, high = -(-window.start // step), window.end // step
            if window.start == window.end:
                model.Add(arrival == window.start).OnlyEnforceIf(here)
            else:
                at = model.NewIntVar(low, max(low, high), f"step {group.id} {number}")
                model.Add(arrival == step * at).OnlyEnforceIf(here)
            model.Add(end <= instance.done_by(group, window.start)).OnlyEnforceIf(here)
            day = instance.day_of(window.start)
            assert day is not None
            self._days[day.start].append(group.people * here)
            chosen.append(here)
        model.AddExactlyOne(chosen)
        self.arrivals[group.id] = arrival
        for team, size in enumerate(instance.teams(group), start=1):
            self._team(group, team, size, arrival, end)

    def _team(self, group: Group, team: int, size: int, arrival: Any, end: Any) -> None:
        model, instance = self.model, self.instance
        done = model.NewIntVar(0, 31 * 1440, "")
        for stop in group.stops:
            step = model.NewIntVar(0, 31 * 1440 // instance.step, "")
            start = model.NewIntVar(0, 31 * 1440, "")
            model.Add(start == step * instance.step)
            model.Add(start >= arrival)
            minutes = instance.stops[stop].minutes
            model.Add(done >= start + minutes)
            self.starts[group.id, team, stop] = start
            length = -(-minutes // instance.step) * instance.step
            self.stays[instance.stops[stop].space].append((model.NewFixedSizeIntervalVar(start, length, ""), size))
            if (group.id, team, stop) in self._pins:
                model.Add(start == self._pins[group.id, team, stop])
            else:
                model.Add(start >= instance.not_before)
            if (group.id, team, stop) in self._told:
                stayed = model.NewBoolVar("")
                model.Add(start == self._told[group.id, team, stop]).OnlyEnforceIf(stayed)
                self.costs.append(round(SCALE * instance.weights.moved) * (1 - stayed))
        model.Add(done <= end)
        for before, after in pairwise(group.blocks):
            for one in before:
                for other in after:
                    self._then(group.id, team, one, other)
        for block in group.blocks:
            for number, one in enumerate(block):
                for other in block[number + 1 :]:
                    first = model.NewBoolVar("")
                    self._then(group.id, team, one, other, first)
                    self._then(group.id, team, other, one, first.Not())
        stay = sum(instance.stops[stop].minutes for stop in group.stops) + least_walking(instance, group)
        self.costs.append(SCALE * (done - arrival - stay))

    def _then(self, group: str, team: int, one: str, other: str, when: Any = None) -> None:
        gap = self.instance.stops[one].minutes + self.instance.transfer(one, other)
        held = self.model.Add(self.starts[group, team, other] >= self.starts[group, team, one] + gap)
        if when is not None:
            held.OnlyEnforceIf(when)

    def _spaces(self) -> None:
        for space in self.instance.spaces.values():
            stays = self.stays[space.id]
            intervals, people = [stay for stay, _ in stays], [size for _, size in stays]
            for load in self.instance.loads:
                if load.space == space.id and load.people <= space.capacity:
                    intervals.append(self.model.NewFixedSizeIntervalVar(load.start, load.end - load.start, ""))
                    people.append(load.people)
            self.model.AddCumulative(intervals, people, space.capacity)
            if space.stands is not None:
                self.model.AddCumulative([stay for stay, _ in stays], [1] * len(stays), space.stands)

    def _uneven(self) -> None:
        total = sum(group.people for group in self.instance.groups)
        fullest, emptiest = self.model.NewIntVar(0, total, ""), self.model.NewIntVar(0, total, "")
        for people in self._days.values():
            self.model.Add(fullest >= sum(people))
            self.model.Add(emptiest <= sum(people))
        self.costs.append(round(SCALE * self.instance.weights.uneven) * (fullest - emptiest))

    def read(self, solver: Any) -> Plan:
        instance = self.instance
        arrivals = tuple(Arrival(name, solver.Value(at)) for name, at in self.arrivals.items())
        passages = []
        for (group, team, stop), start in self.starts.items():
            found = instance.stops[stop]
            size = instance.teams(next(g for g in instance.groups if g.id == group))[team - 1]
            begin = solver.Value(start)
            passages.append(Passage(group, team, size, stop, found.space, begin, begin + found.minutes))
        total = solver.ObjectiveValue() / SCALE
        return Plan(arrivals, tuple(passages), Cost(0, 0, 0, total))
