"""Closed lists of flows, and the one table of a plan's moves."""

import enum


class PlanState(enum.StrEnum):
    """MAKING: a job works on it. DRAFT: to look at, compare, pin. IN_FORCE: what people are told; REPLACED: it was."""

    MAKING = "making"
    DRAFT = "draft"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    DROPPED = "dropped"


class PlanMove(enum.StrEnum):
    PUBLISH = "publish"
    DROP = "drop"
    REPLAN = "replan"


class PlanOrigin(enum.StrEnum):
    """What a plan was made for. DELAY: the day drifts. DATES: the event moved. HAND: passages were moved by hand."""

    PLANNED = "planned"
    HAND = "hand"
    DELAY = "delay"
    DATES = "dates"


class DelayKind(enum.StrEnum):
    WAVE = "wave"
    SPACE = "space"


PLAN_MOVES: dict[tuple[PlanState, PlanMove], PlanState] = {
    (PlanState.DRAFT, PlanMove.PUBLISH): PlanState.IN_FORCE,
    (PlanState.DRAFT, PlanMove.DROP): PlanState.DROPPED,
    (PlanState.MAKING, PlanMove.DROP): PlanState.DROPPED,
    (PlanState.DRAFT, PlanMove.REPLAN): PlanState.DRAFT,
    (PlanState.IN_FORCE, PlanMove.REPLAN): PlanState.IN_FORCE,
    (PlanState.IN_FORCE, PlanMove.DROP): PlanState.REPLACED,
}
