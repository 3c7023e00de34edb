"""Waves to choose from, with what is left in each for an audience."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from app.core import clock
from app.core.i18n import format_day
from app.events.errors import AudienceApart, AudienceFull, QueueFirst, WaveFull
from app.events.queries import EventRow, Places, WaveRow
from app.registrations.queue import get_open_places
from app.registrations.waiting import is_shut, rival_of
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.public.words import wave_name

ALTERNATIVES = 3


def wave_rows(
    event: EventRow,
    places: Places,
    audience: str,
    *,
    group: bool,
    people: int = 1,
    held: Mapping[int, int] | None = None,
) -> list[dict[str, object]]:
    """What templates/manage/_waves.html reads. `people` come together; `held` are places they have already, by wave.

    `state`: open, short (not enough for so many), full, none (this audience, or its groups, do not come then).
    """
    rows: list[dict[str, object]] = []
    zone = ZoneInfo(event.timezone)
    for wave in event.waves:
        own = (held or {}).get(wave.id, 0)
        left = left_for(event, places, wave, audience, group=group) + own
        rival = "" if own else rival_of(event, places, wave.id, audience)
        closed = (is_closed_to(wave, audience, group=group) or bool(rival)) and not own
        state = "none" if closed else "full" if left <= 0 else "short" if left < people else "open"
        rows.append(
            {
                "id": wave.id,
                "day_key": wave.starts_at.astimezone(zone).date().isoformat(),
                "day": format_day(wave.starts_at, event.timezone, current_locale()),
                "hour": hour(wave.starts_at, event.timezone),
                "left_text": ngettext("%(num)d place", "%(num)d places", left),
                "none_text": _("Kept for: %(audience)s", audience=event.audience(rival).label(current_locale()))
                if rival
                else closed_words(event, audience, group=group),
                "full_text": waits_words(places, wave) or pgettext("wave", "Full"),
                "state": state,
                "place": wave.place,
                "host": wave.host,
            }
        )
    return rows


def waits_words(places: Places, wave: WaveRow) -> str:
    """« Liste d’attente : 3 inscriptions », when somebody waits for a wave."""
    waiting = places.waiting.get(wave.id, 0)
    if not waiting:
        return ""
    return str(ngettext("Waiting list: %(num)d registration", "Waiting list: %(num)d registrations", waiting))


def is_closed_to(wave: WaveRow, audience: str, *, group: bool) -> bool:
    """Whether the organiser keeps an audience, or its groups, out of a wave: then nobody took the places away."""
    limit = wave.allotment(audience)
    return limit is not None and (limit.max_people == 0 or (group and limit.max_groups == 0))


def closed_words(event: EventRow, audience: str, *, group: bool) -> str:
    """What a wave says to an audience that does not come then, as the public page does: « Sans classes », « Pas ouvert »."""
    if event.audience(audience).school:
        return str(_("No classes"))
    return str(_("No groups") if group else pgettext("wave", "Not open"))


def party_words(event: EventRow, audience: str, *, group: bool, people: int) -> str:
    """Whom the places shown are for: « Scolaires, un groupe de 30 »."""
    label = event.audience(audience).label(current_locale())
    if not group:
        return str(_("%(audience)s, one person", audience=label))
    return str(ngettext("%(audience)s, a group of %(num)d", "%(audience)s, a group of %(num)d", people, audience=label))


def left_for(event: EventRow, places: Places, wave: WaveRow, audience: str, *, group: bool) -> int:
    """People of an audience who can still come in a wave, nobody when no further group may."""
    if group and places.groups_left_for(wave, audience) == 0:
        return 0
    return 0 if is_shut(event, places, wave.id, audience) else max(0, places.left_for(event, wave, audience))


def full_words(
    event: EventRow, error: WaveFull | AudienceFull, audience: str, people: int = 1, *, group: bool = False
) -> str:
    """What is full or not open, and the nearest waves that still have room."""
    if error.wave_id is None:
        return str(_("The event as a whole is full. Your answers are kept."))
    wave = event.wave(error.wave_id)
    if wave is None:
        return str(_("This time is no longer offered."))
    places = get_open_places(event, now=clock.now())
    open_waves = [
        w for w in event.waves if w.id != wave.id and left_for(event, places, w, audience, group=group) >= people
    ]
    open_waves.sort(key=lambda w: abs(w.starts_at - wave.starts_at))
    if is_closed_to(wave, audience, group=group):
        school = event.audience(audience).school
        words = _("%(wave)s takes no classes.", wave=wave_name(event, wave)) if school else _(
            "%(wave)s is not open to this audience.", wave=wave_name(event, wave)
        )  # fmt: skip
    elif isinstance(error, AudienceApart):
        other = event.audience(error.audience).label(current_locale())
        words = _(
            "%(wave)s: %(audience)s hold places then, and are kept apart.", wave=wave_name(event, wave), audience=other
        )
    elif isinstance(error, QueueFirst):
        words = _("%(wave)s: what is free is for those on the waiting list.", wave=wave_name(event, wave))
    elif isinstance(error, AudienceFull):
        words = _("%(wave)s has no more places for this audience.", wave=wave_name(event, wave))
    else:
        words = _("%(wave)s does not have enough places left.", wave=wave_name(event, wave))
    names = " · ".join(wave_name(event, w) for w in open_waves[:ALTERNATIVES])
    others = _("There is still room: %(waves)s.", waves=names) if names else _("No other time has enough places.")
    return f"{words} {others}"
