"""Pure decisions about how people flow through an event: stands, teams, minutes to walk, waiting list, audiences kept apart."""

from collections.abc import Iterator

from app.events.drafts import EventDraft, SpaceDraft, StopDraft

MOST_STANDS = 200
LARGEST_TEAM = 5_000
LONGEST_WALK = 240
OFFER_HOURS = (1, 168)
MOST_ABSENT = 1_440
LONGEST_BOX = 120


def flow_problems(draft: EventDraft) -> dict[str, str]:
    """What is wrong with a draft's flows, by path of the API."""
    problems: dict[str, str] = {}
    for index, space in enumerate(draft.spaces):
        problems |= {f"spaces/{index}/{path}": code for path, code in _space_problems(space)}
    for index, stop in enumerate(draft.stops):
        problems |= {f"stops/{index}/{path}": code for path, code in _stop_problems(stop, draft)}
    return problems | dict(_walk_problems(draft)) | dict(_waiting_problems(draft)) | dict(_apart_problems(draft))


def _space_problems(space: SpaceDraft) -> Iterator[tuple[str, str]]:
    if space.stands is not None and not 1 <= space.stands <= MOST_STANDS:
        yield "stands", "out_of_range"


def _stop_problems(stop: StopDraft, draft: EventDraft) -> Iterator[tuple[str, str]]:
    if set(stop.audiences) - set(draft.audiences):
        yield "audiences", "unknown_audience"
    elif len(set(stop.audiences)) < len(stop.audiences):
        yield "audiences", "repeated"
    if stop.largest_team is not None and not 1 <= stop.largest_team <= LARGEST_TEAM:
        yield "largest_team", "out_of_range"
    if len(stop.box) > LONGEST_BOX:
        yield "box", "too_long"


def _walk_problems(draft: EventDraft) -> Iterator[tuple[str, str]]:
    if not 0 <= draft.transfer_minutes <= LONGEST_WALK:
        yield "transfer_minutes", "out_of_range"
    names, seen = {space.name.strip() for space in draft.spaces}, set()
    for index, walk in enumerate(draft.transfers):
        pair = frozenset({walk.space.strip(), walk.other.strip()})
        if pair - names:
            yield f"transfers/{index}/spaces", "unknown_space"
        elif len(pair) < 2 or pair in seen:
            yield f"transfers/{index}/spaces", "repeated"
        seen.add(pair)
        if not 0 <= walk.minutes <= LONGEST_WALK:
            yield f"transfers/{index}/minutes", "out_of_range"


def _waiting_problems(draft: EventDraft) -> Iterator[tuple[str, str]]:
    if not OFFER_HOURS[0] <= draft.offer_hours <= OFFER_HOURS[1]:
        yield "offer_hours", "out_of_range"
    if draft.absent_minutes is not None and not 1 <= draft.absent_minutes <= MOST_ABSENT:
        yield "absent_minutes", "out_of_range"


def _apart_problems(draft: EventDraft) -> Iterator[tuple[str, str]]:
    seen = set()
    for index, apart in enumerate(draft.apart):
        pair = frozenset({apart.audience, apart.other})
        if pair - set(draft.audiences):
            yield f"apart/{index}/audiences", "unknown_audience"
        elif len(pair) < 2 or pair in seen:
            yield f"apart/{index}/audiences", "repeated"
        seen.add(pair)
