"""The route as a ticket and one's own page show it, to the very end: what is now, what comes next, how much is left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.checkin.enums import Direction, ScanResult
from app.checkin.queries import list_scans
from app.events.audiences import AudienceRow
from app.events.calendars import visit_end
from app.events.queries import EventRow, StopRow, WaveRow
from app.events.route import Variant, list_variants
from app.registrations.itinerary import StopTime, Team, Whereabouts, list_teams, whereabouts
from app.registrations.papers import hour_words, place_words
from app.registrations.queries import RegistrationRow
from app.web.i18n import current_locale
from app.web.public.words import first_capital, invited


@dataclass(frozen=True)
class Signpost:
    """A stop said big: « Maintenant », « Ensuite : Orientation, 10 h 20 »."""

    number: int
    name: str
    hour: str
    text: str


@dataclass(frozen=True)
class RouteView:
    """The way of one team. `stops` is what components/route.html reads; `team` is empty where there is only one.

    `at` is where they should be now, `coming` what is next; `left` says how many steps are still to go after that.
    """

    team: str
    stops: tuple[dict[str, Any], ...]
    at: Signpost | None
    coming: Signpost | None
    left: str


def route_views(
    event: EventRow, registration: RegistrationRow, waves: Sequence[WaveRow], now: datetime
) -> tuple[RouteView, ...]:
    """One view for each team; of the first of these waves, which is the one under way or to come."""
    if not event.stops:
        return ()
    seen = _stops_seen(event, registration)
    wave = waves[0] if waves else None
    teams = list_teams(event, registration, wave=wave)
    over = wave is not None and _is_over(event, registration, teams, wave, now)
    return tuple(_view(event, team, len(teams), now, seen, over=over) for team in teams if team.stops)


@dataclass(frozen=True)
class PublicRoute:
    """One way through an event, without hours. `audiences` says whose it is: empty where everybody takes the same."""

    audiences: str
    stops: list[dict[str, Any]]


def public_routes(event: EventRow, audience: AudienceRow | None = None) -> list[PublicRoute]:
    """The routes of an event, one for each variant; of an audience its own alone."""
    if not event.stops:
        return []
    shown = [v for v in list_variants(event) if v.stops and (audience is None or audience.code in v.audiences)]
    named = len(list_variants(event)) > 1
    return [PublicRoute(_whose(event, variant) if named else "", plain_stops(variant.stops)) for variant in shown]


def _whose(event: EventRow, variant: Variant) -> str:
    """« Pour les classes, les familles »: whose route it is."""
    return invited([event.audience(code) for code in variant.audiences])


def plain_stops(stops: Sequence[StopRow]) -> list[dict[str, Any]]:
    """A route without hours, as the public page shows it."""
    locale = current_locale()
    return [
        {
            "number": number,
            "name": stop.name(locale),
            "description": stop.text(locale),
            "minutes": stop.minutes,
            "optional": stop.optional,
        }
        for number, stop in enumerate(stops, start=1)
    ]


def _is_over(
    event: EventRow, registration: RegistrationRow, teams: Sequence[Team], wave: WaveRow, now: datetime
) -> bool:
    """Whether the last team is done; where a stop says not how long it takes, by the length of the whole route."""
    times = [time.ends_at for team in teams for time in team.stops]
    known = [ends_at for ends_at in times if ends_at is not None]
    if len(known) < len(times):
        known.append(visit_end(event, wave, registration.audience))
    return bool(known) and now >= max(known)


def _view(event: EventRow, team: Team, teams: int, now: datetime, seen: Collection[int], *, over: bool) -> RouteView:
    where = Whereabouts(None, None, 0) if over else whereabouts(team.stops, now, seen)
    shown = [_shown(event, time, number) for number, time in enumerate(team.stops, start=1)]
    for stop, time in zip(shown, team.stops, strict=True):
        if time is where.at:
            stop["state"] = "current"
        elif time.stop.id in seen:
            stop["state"] = "done"
        elif time is where.coming:
            stop["state"] = "next"
    name = _("Team %(number)s", number=team.number) if teams > 1 else ""
    people = ngettext("%(num)s person", "%(num)s people", team.people)
    return RouteView(
        team=f"{name} · {people}" if name else "",
        stops=tuple(shown),
        at=_signpost(event, team, where.at),
        coming=_signpost(event, team, where.coming),
        left=_left(where, begun=where.coming is not team.stops[0]),
    )


def _left(where: Whereabouts, *, begun: bool) -> str:
    """« Encore 2 étapes », on the way between two of them as well; at the last one, that it is the last."""
    if where.at is not None and where.coming is None:
        return str(_("This is the last step."))
    if not begun or not where.left:
        return ""
    return str(ngettext("%(num)d step still to go", "%(num)d steps still to go", where.left))


def _shown(event: EventRow, time: StopTime, number: int) -> dict[str, Any]:
    locale, stop = current_locale(), time.stop
    return {
        "number": number,
        "name": stop.name(locale),
        "optional": stop.optional,
        "description": stop.text(locale) if stop.optional else "",
        "minutes": stop.minutes,
        "hour": hour_words(event, time, locale),
        "place": place_words(stop, time.stand, locale) if time.stand is not None else "",
    }


def _signpost(event: EventRow, team: Team, time: StopTime | None) -> Signpost | None:
    if time is None:
        return None
    locale, stop = current_locale(), time.stop
    space = next((s for s in event.spaces if s.id == stop.space_id), None)
    directions = (
        "" if space is None else (space.directions_fr if locale == "fr" else space.directions_en or space.directions_fr)
    )
    where = [part for part in (place_words(stop, time.stand, locale), directions) if part]
    text = ". ".join(first_capital(p.rstrip(".")) for p in where) + ("." if where else "")
    number = next(i for i, other in enumerate(team.stops, start=1) if other is time)
    return Signpost(number, stop.name(locale), hour_words(event, time, locale), text)


def _stops_seen(event: EventRow, registration: RegistrationRow) -> set[int]:
    """The ids of the stops whose space has let somebody of this registration in."""
    spaces = {c.id: c.space_id for c in event.checkpoints if c.space_id is not None}
    if not spaces:
        return set()
    seen = {
        spaces[scan.checkpoint_id]
        for scan in list_scans(registration.id)
        if scan.checkpoint_id in spaces
        and scan.direction == Direction.IN
        and scan.result is ScanResult.ACCEPTED
        and not (scan.undone or scan.undoing)
    }
    return {stop.id for stop in event.stops if stop.space_id in seen}
