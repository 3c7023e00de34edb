"""What is left in a wave, said in the unit of an audience: classes for schools where their number is limited, else places."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.events.audiences import AudienceRow
from app.events.queries import EventRow, Places, WaveRow

USUAL_GROUP = 30
"""People of a class, companions included, where the organiser's limits do not say."""

WaveState = Literal["open", "waitlist", "full", "none", "past"]


@dataclass(frozen=True)
class Availability:
    """What one wave has for one audience; `left` counts people."""

    state: WaveState
    text: str
    left: int = 0


def class_size(event: EventRow, audience: str) -> int:
    """How many people a group counts for: what the limits of its waves say alike, else USUAL_GROUP."""
    sizes = {
        allotment.max_people // allotment.max_groups
        for wave in event.waves
        if (allotment := wave.allotment(audience)) is not None and allotment.max_people and allotment.max_groups
    }
    return sizes.pop() if len(sizes) == 1 else USUAL_GROUP


def counts_groups(event: EventRow, audience: str) -> bool:
    """Whether what is left for an audience is told in groups: somewhere their number is limited."""
    return any(a.max_groups for wave in event.waves if (a := wave.allotment(audience)) is not None)


def availability(event: EventRow, places: Places, wave: WaveRow, audience: AudienceRow, now: datetime) -> Availability:
    """What a visitor of that audience finds in a wave now."""
    if wave.ends_at <= now:
        return Availability("past", _("Over"))
    allotment = wave.allotment(audience.code)
    if allotment is not None and (allotment.max_people == 0 or (audience.school and allotment.max_groups == 0)):
        return Availability("none", _("No classes") if audience.school else pgettext("wave", "Not open"))
    left = max(0, places.left_for(event, wave, audience.code))
    groups = places.groups_left_for(wave, audience.code)
    if left == 0 or (audience.school and groups == 0):
        return _full(event)
    if groups and audience.groups:
        groups = min(groups, left // class_size(event, audience.code))
        if groups:
            return Availability("open", _group_words(audience, groups), left)
    return Availability("open", ngettext("%(num)d place", "%(num)d places", left), left)


def _full(event: EventRow) -> Availability:
    if event.waiting_list:
        return Availability("waitlist", pgettext("wave", "Waiting list"))
    return Availability("full", pgettext("wave", "Full"))


def _group_words(audience: AudienceRow, groups: int) -> str:
    if audience.school:
        return str(ngettext("%(num)d class", "%(num)d classes", groups))
    return str(ngettext("%(num)d group", "%(num)d groups", groups))


def fits(event: EventRow, places: Places, wave: WaveRow, audience: str, people: int, *, group: bool) -> bool:
    """Whether so many people of an audience can come in a wave now, as the operation that takes places would say."""
    if group and places.groups_left_for(wave, audience) == 0:
        return False
    return places.left_for(event, wave, audience) >= people


def has_room(event: EventRow, places: Places, now: datetime) -> bool:
    """Whether somebody of some audience can still come in some wave."""
    return any(
        availability(event, places, wave, audience, now).state == "open"
        for wave in event.waves
        for audience in event.audiences
    )
