"""What is left in a wave, said in the unit of an audience: classes for schools where their number is limited, else places."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.events.audiences import AudienceRow
from app.events.queries import EventRow, Places, WaveRow
from app.registrations.waiting import is_shut, queued_waves, rival_of
from app.web.i18n import current_locale
from app.web.public.words import INVITED

USUAL_GROUP = 30
"""People of a class, companions included, where the organiser's limits do not say."""

WaveState = Literal["open", "waitlist", "full", "none", "past"]


@dataclass(frozen=True)
class Availability:
    """What one wave has for one audience; `left` counts people. `note` says more: who is there, how many wait already."""

    state: WaveState
    text: str
    left: int = 0
    note: str = ""


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
    if rival := rival_of(event, places, wave.id, audience.code):
        return _reserved(event.audience(rival))
    left = max(0, places.left_for(event, wave, audience.code))
    groups = places.groups_left_for(wave, audience.code)
    if left == 0 or wave.id in queued_waves(event, places) or (audience.school and groups == 0):
        return _full(event, places.waiting.get(wave.id, 0))
    if groups and audience.groups:
        groups = min(groups, left // class_size(event, audience.code))
        if groups:
            return Availability("open", _group_words(audience, groups), left)
    return Availability("open", ngettext("%(num)d place", "%(num)d places", left), left)


def _full(event: EventRow, waiting: int) -> Availability:
    """Full, or what is free is for those who wait already."""
    note = ""
    if waiting:
        note = str(ngettext("%(num)d registration waits already", "%(num)d registrations wait already", waiting))
    if event.waiting_list:
        return Availability("waitlist", pgettext("wave", "Waiting list"), note=note)
    return Availability("full", pgettext("wave", "Full"), note=note)


def _reserved(other: AudienceRow) -> Availability:
    """Kept for an audience that does not come together with the one that asks."""
    whom = INVITED.get(other.code) or other.label(current_locale())
    words = str(_("This time is reserved for %(audience)s", audience=whom))
    return Availability("none", str(pgettext("wave", "Reserved")), note=words)


def _group_words(audience: AudienceRow, groups: int) -> str:
    if audience.school:
        return str(ngettext("%(num)d class", "%(num)d classes", groups))
    return str(ngettext("%(num)d group", "%(num)d groups", groups))


def fits(event: EventRow, places: Places, wave: WaveRow, audience: str, people: int, *, group: bool) -> bool:
    """Whether so many people of an audience can come in a wave now, as the operation that takes places would say."""
    if group and places.groups_left_for(wave, audience) == 0:
        return False
    return places.left_for(event, wave, audience) >= people and not is_shut(event, places, wave.id, audience)


def has_room(event: EventRow, places: Places, now: datetime) -> bool:
    """Whether somebody of some audience can still come in some wave."""
    return any(
        availability(event, places, wave, audience, now).state == "open"
        for wave in event.waves
        for audience in event.audiences
    )
