"""Stands of a new plan: who stays at their hour stays at their stand, as far as that can be. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.flows.instance import Instance, Passage

_Key = tuple[str, int, str]


def keep_stands(instance: Instance, passages: Sequence[Passage], told: Iterable[Passage]) -> tuple[Passage, ...]:
    """These passages in their order, at the stands that people were `told` where their hour and space are the same.

    Each stand has one team at a time. A space for which no such order is found is left as it is.
    """
    before = {_key(p): p for p in told}
    by_space: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_space[passage.space].append(passage)
    given: dict[_Key, int | None] = {_key(p): p.stand for p in passages}
    for name, own in by_space.items():
        stands = instance.spaces[name].stands
        if stands is not None:
            given |= _assign(own, stands, before) or {}
    return tuple(replace(p, stand=given[_key(p)]) for p in passages)


def _assign(own: Sequence[Passage], stands: int, before: dict[_Key, Passage]) -> dict[_Key, int | None] | None:
    """Those who stay first, then the others by their hours, at their own stand where it is free; None: somebody finds none."""
    there: dict[int, list[Passage]] = {number: [] for number in range(1, stands + 1)}
    given: dict[_Key, int | None] = {}
    staying = [p for p in own if _stays(p, before.get(_key(p)), stands)]
    for passage in sorted(staying, key=lambda p: (p.start, p.group, p.team)):
        number = before[_key(passage)].stand
        if number is not None and _is_free(there[number], passage):
            there[number].append(passage)
            given[_key(passage)] = number
    for passage in sorted(own, key=lambda p: (p.start, p.group, p.team)):
        if _key(passage) in given:
            continue
        free = [number for number, guests in there.items() if _is_free(guests, passage)]
        if not free:
            return None
        number = passage.stand if passage.stand in free else min(free, key=lambda one: (len(there[one]), one))
        there[number].append(passage)
        given[_key(passage)] = number
    return given


def _stays(passage: Passage, before: Passage | None, stands: int) -> bool:
    if before is None or before.stand is None or before.stand > stands:
        return False
    return (before.space, before.start) == (passage.space, passage.start)


def _is_free(guests: Iterable[Passage], passage: Passage) -> bool:
    return all(p.end <= passage.start or passage.end <= p.start for p in guests)


def _key(passage: Passage) -> _Key:
    return passage.group, passage.team, passage.stop
