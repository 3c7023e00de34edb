"""What a move of an event is sent with; new dates read into what postponing takes."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext

from app.core.errors import FieldError
from app.events.enums import EventMove, ReasonUse
from app.events.operations import move_event
from app.events.queries import EventRow
from app.events.queries.reasons import read_reason
from app.events.rules import next_state
from app.flows.date_mapping import DATE_TO_COME, FARTHEST_DAYS, ByWave, NewDates, Shift
from app.flows.postponing import postpone_event
from app.registrations.operations import cancel_event_registrations
from app.web.api.fields import Body, Choice, Count, Flag, Id, Instant, Many, One, Text
from app.web.guards import current_actor
from app.web.wording import register_messages

register_messages(
    {
        "waves_missing": lazy_gettext("Say the new hours of every wave."),
        "one_of_dates": lazy_gettext("Say one of these: shift_days, waves or date_to_come."),
        "same_dates": lazy_gettext("These are the dates that hold already."),
        "dates_past": lazy_gettext("These dates are over."),
    }
)

WAYS = ("shift_days", "waves", "date_to_come")


class MovedWaveIn(Body):
    id = Id(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class EventMoveIn(Body):
    move = Choice(EventMove, required=True)
    reason = Text(
        300,
        metadata={
            "description": "For `cancel`: words, told to everyone registered, or the code of one of the organiser's "
            "reasons, which is counted and told to nobody. For `postpone`: the same, but the reason's words are told."
        },
    )
    shift_days = Count(
        least=-FARTHEST_DAYS,
        most=FARTHEST_DAYS,
        metadata={"description": "For `postpone`: everything by so many days, at the same hours."},
    )
    waves = Many(
        One(MovedWaveIn),
        most=2000,
        metadata={"description": "For `postpone`: the new hours of each wave of the event."},
    )
    date_to_come = Flag(metadata={"description": "For `postpone`: true when no new date is known yet."})


def do_move(event: EventRow, sent: dict[str, Any], now: datetime) -> None:
    """Make the move that a body asks for. Raises what the operations raise, FieldError for a postponing without dates."""
    move, reason = EventMove(sent["move"]), sent.get("reason") or ""
    if move is EventMove.CANCEL:
        code, words = read_reason(event.organiser_id, (ReasonUse.EVENT_CANCELLED,), reason)
        cancel_event_registrations(event.id, reason=words, code=code, by=current_actor(), now=now)
    elif move is EventMove.POSTPONE:
        next_state(event.state, move)  # what its state does not admit is said before its dates are judged
        code, words = read_reason(event.organiser_id, (ReasonUse.EVENT_POSTPONED,), reason)
        _postpone(event, sent, code, words, now)
    else:
        move_event(event.id, move, by=current_actor(), now=now, reason=reason)


def _postpone(event: EventRow, sent: dict[str, Any], code: str, words: str, now: datetime) -> None:
    dates = new_dates(sent)
    try:
        postpone_event(event.id, dates, by=current_actor(), now=now, code=code, reason=words)
    except FieldError as error:
        raise FieldError(_as_sent(error.problems, sent)) from error


def new_dates(sent: dict[str, Any]) -> NewDates:
    """The new dates of a body. Raises FieldError unless it says just one kind of them, each wave once."""
    said = [way for way in WAYS if sent.get(way) is not None and sent[way] is not False and sent[way] != []]
    if len(said) != 1:
        raise FieldError({"shift_days": "one_of_dates"})
    if said == ["date_to_come"]:
        return DATE_TO_COME
    if said == ["shift_days"]:
        return Shift(sent["shift_days"])
    ids = [wave["id"] for wave in sent["waves"]]
    repeated = {f"waves/{i}/id": "repeated" for i, wave_id in enumerate(ids) if wave_id in ids[:i]}
    if repeated:
        raise FieldError(repeated)
    return ByWave({wave["id"]: (wave["starts_at"], wave["ends_at"]) for wave in sent["waves"]})


def _as_sent(problems: dict[str, str], sent: dict[str, Any]) -> dict[str, str]:
    """Paths by the place in the list that was sent, in the stead of a wave's id."""
    places = {str(wave["id"]): index for index, wave in enumerate(sent.get("waves") or ())}
    found: dict[str, str] = {}
    for path, code in problems.items():
        head, _, rest = path.partition("/")
        wave_id, _, field = rest.partition("/")
        if head != "waves" or not rest:
            found[path] = code
        elif wave_id in places:
            found[f"waves/{places[wave_id]}/{field}"] = code
        else:
            found["waves"] = "waves_missing"
    return found
