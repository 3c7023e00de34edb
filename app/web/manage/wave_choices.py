"""Waves to choose from, with what is left in each for an audience."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.i18n import format_day
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow, Places, WaveRow, get_places
from app.web.filters import hour
from app.web.i18n import current_locale

ALTERNATIVES = 3


def wave_rows(
    event: EventRow, places: Places, audience: str, *, group: bool, held: Mapping[int, int] | None = None
) -> list[dict[str, object]]:
    """What templates/manage/_waves.html reads. `held` are places that the registration has already, by wave."""
    rows: list[dict[str, object]] = []
    zone = ZoneInfo(event.timezone)
    for wave in event.waves:
        own = (held or {}).get(wave.id, 0)
        left = left_for(event, places, wave, audience, group=group) + own
        rows.append(
            {
                "id": wave.id,
                "day_key": wave.starts_at.astimezone(zone).date().isoformat(),
                "day": format_day(wave.starts_at, event.timezone, current_locale()),
                "hour": hour(wave.starts_at, event.timezone),
                "left_text": ngettext("%(num)d place", "%(num)d places", left),
                "full": left <= 0,
                "place": wave.place,
                "host": wave.host,
            }
        )
    return rows


def left_for(event: EventRow, places: Places, wave: WaveRow, audience: str, *, group: bool) -> int:
    """People of an audience who can still come in a wave, nobody when no further group may."""
    if group and places.groups_left_for(wave, audience) == 0:
        return 0
    return max(0, places.left_for(event, wave, audience))


def wave_name(event: EventRow, wave: WaveRow) -> str:
    """« jeudi 4 février à 9 h 40 »."""
    day = format_day(wave.starts_at, event.timezone, current_locale())
    return str(_("%(day)s at %(hour)s", day=day, hour=hour(wave.starts_at, event.timezone)))


def full_words(event: EventRow, error: WaveFull | AudienceFull, audience: str, people: int = 1) -> str:
    """What is full, and the nearest waves that still have room."""
    if error.wave_id is None:
        return str(_("The event as a whole is full. Your answers are kept."))
    wave = event.wave(error.wave_id)
    if wave is None:
        return str(_("This time is no longer offered."))
    places = get_places(event)
    open_waves = [
        w for w in event.waves if w.id != wave.id and left_for(event, places, w, audience, group=False) >= people
    ]
    open_waves.sort(key=lambda w: abs(w.starts_at - wave.starts_at))
    words = {
        False: _("%(wave)s does not have enough places left.", wave=wave_name(event, wave)),
        True: _("%(wave)s has no more places for this audience.", wave=wave_name(event, wave)),
    }[isinstance(error, AudienceFull)]
    if not open_waves:
        return f"{words} {_('No other time has enough places.')}"
    names = " · ".join(wave_name(event, w) for w in open_waves[:ALTERNATIVES])
    return f"{words} {_('There is still room: %(waves)s.', waves=names)}"
