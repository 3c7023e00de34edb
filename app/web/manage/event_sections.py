"""The sections of an event's settings: how each form shows a draft, and what it changes of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from app.core.i18n import Locale
from app.events.audiences import AudienceRow
from app.events.cloning import spaces_of, stops_of, transfers_of
from app.events.drafts import AllotmentDraft, ApartDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import Enrolment, EventKind, Span, WaitingPolicy
from app.events.queries import EventRow, WaveRow
from app.web.forms.base import choices
from app.web.forms.events import (
    ZONES,
    AudiencesForm,
    BasicsForm,
    PlaceForm,
    ProjectChoiceForm,
    RegistrationForm,
    TextsForm,
    WavesForm,
)
from app.web.forms.flows import ApartForm, RouteForm, SpacesForm
from app.web.forms.timetable import RowsForm, at


@dataclass(frozen=True)
class Section:
    """One page of the settings. `fill` gives a form's values for an event, `apply` the draft that a form asks for."""

    key: str
    title: object
    text: object
    form: type[RowsForm]
    fill: Callable[[EventRow], dict[str, Any]]
    apply: Callable[[Any, EventDraft], EventDraft]
    rows: str = ""


_SAME = (
    "title_fr", "title_en", "kind", "starts_at", "ends_at", "enrolment", "timezone", "venue_name", "venue_address",
    "venue_commune", "summary_fr", "summary_en", "description_fr", "description_en", "entrance_fr", "entrance_en",
    "join_url", "capacity", "largest_group", "registration_opens_at", "registration_closes_at", "asks_statistics", "waiting_list",
    "waiting_policy", "offer_hours", "transfer_minutes", "absent_minutes", "keep_names_days", "project_id",
)  # fmt: skip


def draft_of(event: EventRow) -> EventDraft:
    """The draft that would leave the event as it is."""
    return EventDraft(
        **{name: getattr(event, name) for name in _SAME},
        audiences=tuple(a.code for a in event.audiences),
        waves=tuple(_wave_draft(w) for w in event.waves),
        spaces=spaces_of(event, ids=True),
        stops=stops_of(event, ids=True),
        transfers=transfers_of(event),
        apart=tuple(ApartDraft(*pair) for pair in event.apart),
    )


def _wave_draft(wave: WaveRow) -> WaveDraft:
    allotments = tuple(AllotmentDraft(a.audience, a.max_people, a.max_groups) for a in wave.allotments)
    return WaveDraft(
        wave.starts_at, wave.ends_at, wave.capacity, wave.place, wave.host, allotments, wave.id, wave.forecast
    )


def local(moment: datetime, timezone: str) -> datetime:
    return moment.astimezone(ZoneInfo(timezone))


def days_of(event: EventRow) -> list[date]:
    """The local days of an event, at most 31 of them."""
    first, last = local(event.starts_at, event.timezone).date(), local(event.ends_at, event.timezone).date()
    return [first + timedelta(days=n) for n in range(min((last - first).days, 30) + 1)]


def _fill_basics(event: EventRow) -> dict[str, Any]:
    starts, ends = local(event.starts_at, event.timezone), local(event.ends_at, event.timezone)
    return {
        "title_fr": event.title_fr, "title_en": event.title_en, "kind": event.kind.value, "timezone": event.timezone,
        "starts_day": starts.date(), "starts_hour": starts.time(), "ends_day": ends.date(), "ends_hour": ends.time(),
        "move_waves": True,
    }  # fmt: skip


def _apply_basics(form: Any, draft: EventDraft) -> EventDraft:
    zone = ZoneInfo(form.timezone.data)
    starts, ends = (
        at(form.starts_day.data, form.starts_hour.data, zone),
        at(form.ends_day.data, form.ends_hour.data, zone),
    )
    return replace(
        draft,
        title_fr=form.title_fr.data,
        title_en=form.title_en.data,
        kind=EventKind(form.kind.data),
        timezone=form.timezone.data,
        starts_at=starts,
        ends_at=ends,
        waves=_moved(draft, starts, ends) if form.move_waves.data else draft.waves,
    )


def _moved(draft: EventDraft, starts: datetime, ends: datetime) -> tuple[WaveDraft, ...]:
    """Waves shifted with the event in local time; one that is the whole event stays the whole event."""
    if len(draft.waves) == 1 and (draft.waves[0].starts_at, draft.waves[0].ends_at) == (draft.starts_at, draft.ends_at):
        return (replace(draft.waves[0], starts_at=starts, ends_at=ends),)
    zone = ZoneInfo(draft.timezone)
    shift = starts.astimezone(zone).replace(tzinfo=None) - draft.starts_at.astimezone(zone).replace(tzinfo=None)

    def moved(moment: datetime) -> datetime:
        return (moment.astimezone(zone).replace(tzinfo=None) + shift).replace(tzinfo=zone)

    return tuple(replace(w, starts_at=moved(w.starts_at), ends_at=moved(w.ends_at)) for w in draft.waves)


_PLACE = ("venue_name", "venue_address", "venue_commune", "entrance_fr", "entrance_en", "join_url")
_TEXTS = ("summary_fr", "summary_en", "description_fr", "description_en")


def _filler(names: tuple[str, ...]) -> Callable[[EventRow], dict[str, Any]]:
    return lambda event: {name: getattr(event, name) for name in names}


def _typed(form: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: form[name].data or "" for name in names}


def _applier(names: tuple[str, ...]) -> Callable[[Any, EventDraft], EventDraft]:
    return lambda form, draft: replace(draft, **_typed(form, names))


def _apply_audiences(form: Any, draft: EventDraft) -> EventDraft:
    """Limits of an audience that is no longer accepted go with it, and its pairs. A stop for it alone stays, and is refused."""
    codes = tuple(form.audiences.data or ())
    waves = tuple(replace(w, allotments=tuple(a for a in w.allotments if a.audience in codes)) for w in draft.waves)
    stops = tuple(
        replace(s, audiences=tuple(a for a in s.audiences if a in codes)) if set(s.audiences) & set(codes) else s
        for s in draft.stops
    )
    apart = tuple(a for a in draft.apart if {a.audience, a.other} <= set(codes))
    return replace(draft, audiences=codes, waves=waves, stops=stops, apart=apart)


def _fill_waves(event: EventRow) -> dict[str, Any]:
    return {"waves": [wave_values(w.starts_at, w.ends_at, event.timezone, w) for w in event.waves]}


def wave_values(starts_at: datetime, ends_at: datetime, timezone: str, wave: WaveRow | None = None) -> dict[str, Any]:
    """A wave as the row of the form holds it."""
    starts, ends = local(starts_at, timezone), local(ends_at, timezone)
    values: dict[str, Any] = {"day": starts.date(), "starts_at": starts.time(), "ends_at": ends.time()}
    if wave is not None:
        values |= {"id": str(wave.id), "capacity": wave.capacity, "forecast": wave.forecast}
        values |= {"place": wave.place, "host": wave.host}
    return values


def _apply_waves(form: Any, draft: EventDraft) -> EventDraft:
    zone = ZoneInfo(draft.timezone)
    before = {w.id: w for w in draft.waves}
    waves = []
    for entry in form.waves.entries:
        row = entry.form
        wave_id = as_id(row.id.data)
        starts, ends = at(row.day.data, row.starts_at.data, zone), at(row.day.data, row.ends_at.data, zone)
        if row.ends_at.data == time(0) and ends < starts:
            ends += timedelta(days=1)
        kept = before.get(wave_id)
        if kept is not None and ends <= starts and kept.ends_at > starts:
            ends = kept.ends_at  # it ends on a later day, which this page does not show
        allotments = kept.allotments if kept is not None else ()
        waves.append(
            WaveDraft(
                starts, ends, row.capacity.data, row.place.data, row.host.data, allotments, wave_id, row.forecast.data
            )
        )  # fmt: skip
    return replace(draft, waves=tuple(waves))


def as_id(text: str | None) -> int | None:
    """A number that came from a hidden field; anything else names a row that is new."""
    return int(text) if text and text.isdecimal() and len(text) <= 12 else None


def _fill_spaces(event: EventRow) -> dict[str, Any]:
    names = ("name", "capacity", "stands", "directions_fr", "directions_en")
    return {"spaces": [{name: getattr(s, name) for name in names} | {"id": str(s.id)} for s in event.spaces]}


def _apply_spaces(form: Any, draft: EventDraft) -> EventDraft:
    """A stop follows its space when that is renamed, and has none when it goes; so do the minutes to walk."""
    spaces = tuple(
        SpaceDraft(
            r.name.data, r.capacity.data, r.directions_fr.data, r.directions_en.data, as_id(r.id.data), r.stands.data
        )
        for r in (entry.form for entry in form.spaces.entries)
    )  # fmt: skip
    after = {s.id: s.name for s in spaces if s.id is not None}
    renamed = {s.name: after.get(s.id, "") for s in draft.spaces if s.id is not None}
    stops = tuple(replace(s, space=renamed.get(s.space, "")) for s in draft.stops)
    walks = (replace(w, space=renamed.get(w.space, ""), other=renamed.get(w.other, "")) for w in draft.transfers)
    return replace(draft, spaces=spaces, stops=stops, transfers=tuple(w for w in walks if w.space and w.other))


def _fill_route(event: EventRow) -> dict[str, Any]:
    names = ("name_fr", "name_en", "minutes", "optional", "text_fr", "text_en", "any_order", "largest_team", "box")
    return {
        "stops": [
            {name: getattr(s, name) for name in names}
            | {"space": s.space_name, "id": str(s.id), "audiences": list(s.audiences)}
            for s in event.stops
        ]
    }


def _apply_route(form: Any, draft: EventDraft) -> EventDraft:
    rows = (entry.form for entry in form.stops.entries)
    stops = tuple(
        StopDraft(
            r.name_fr.data,
            r.minutes.data,
            r.name_en.data,
            r.text_fr.data,
            r.text_en.data,
            r.optional.data,
            r.space.data or "",
            as_id(r.id.data),
            r.any_order.data,
            tuple(r.audiences.data or ()),
            r.largest_team.data,
            r.box.data or "",
        )
        for r in rows
    )  # fmt: skip
    return replace(draft, stops=stops)


def _fill_apart(event: EventRow) -> dict[str, Any]:
    return {
        "pairs": [
            {"id": f"{one}~{other}", "audience": one, "other": other, "span": span.value}
            for one, other, span in event.apart
        ]
    }


def _apply_apart(form: Any, draft: EventDraft) -> EventDraft:
    rows = (entry.form for entry in form.pairs.entries)
    pairs = tuple(ApartDraft(r.audience.data or "", r.other.data or "", Span(r.span.data)) for r in rows)
    return replace(draft, apart=pairs)


def _fill_registration(event: EventRow) -> dict[str, Any]:
    values: dict[str, Any] = {
        "enrolment": event.enrolment.value, "capacity": event.capacity, "largest_group": event.largest_group,
        "waiting_list": event.waiting_list, "waiting_policy": event.waiting_policy.value, "offer_hours": event.offer_hours,
        "absent_minutes": event.absent_minutes, "asks_statistics": event.asks_statistics,
        "keep_names_days": event.keep_names_days,
    }  # fmt: skip
    for name, moment in (("opens", event.registration_opens_at), ("closes", event.registration_closes_at)):
        if moment is not None:
            values |= {
                f"{name}_day": local(moment, event.timezone).date(),
                f"{name}_hour": local(moment, event.timezone).time(),
            }
    return values


def _apply_registration(form: Any, draft: EventDraft) -> EventDraft:
    zone = ZoneInfo(draft.timezone)
    opens = at(form.opens_day.data, form.opens_hour.data or time(0), zone) if form.opens_day.data else None
    closes = at(form.closes_day.data, form.closes_hour.data or time(23, 59), zone) if form.closes_day.data else None
    return replace(
        draft,
        enrolment=Enrolment(form.enrolment.data),
        registration_opens_at=opens,
        registration_closes_at=closes,
        capacity=form.capacity.data,
        largest_group=form.largest_group.data,
        waiting_list=form.waiting_list.data,
        waiting_policy=WaitingPolicy(form.waiting_policy.data),
        offer_hours=form.offer_hours.data,
        absent_minutes=form.absent_minutes.data,
        asks_statistics=form.asks_statistics.data,
        keep_names_days=form.keep_names_days.data,
    )


def _apply_project(form: Any, draft: EventDraft) -> EventDraft:
    return replace(draft, project_id=as_id(form.project.data))


SECTIONS: dict[str, Section] = {
    s.key: s
    for s in (
        Section(
            "basics", _l("What and when"), _l("Title, kind, dates"), BasicsForm, _fill_basics, _apply_basics
        ),
        Section("place", _l("Where"), _l("Venue, entrance, link"), PlaceForm, _filler(_PLACE), _applier(_PLACE)),
        Section(
            "audiences", _l("Who"), _l("Audiences accepted"), AudiencesForm,
            lambda event: {"audiences": [a.code for a in event.audiences]}, _apply_audiences,
        ),
        Section(
            "waves", _l("Waves"), _l("Arrival times and places"), WavesForm, _fill_waves, _apply_waves, rows="waves"
        ),
        Section(
            "spaces", _l("Spaces"), _l("Rooms and their limits"), SpacesForm, _fill_spaces, _apply_spaces, rows="spaces"
        ),
        Section("route", _l("Route"), _l("Stops, in order"), RouteForm, _fill_route, _apply_route, rows="stops"),
        Section(
            "apart", _l("Audiences kept apart"), _l("Who does not come at the same time"), ApartForm, _fill_apart,
            _apply_apart, rows="pairs",
        ),
        Section(
            "registration", _l("Registration"), _l("Window, limit, waiting list"), RegistrationForm,
            _fill_registration, _apply_registration,
        ),
        Section(
            "texts", _l("Texts"), _l("What the public reads"), TextsForm, _filler(_TEXTS), _applier(_TEXTS)
        ),
        Section(
            "project", _l("Project"), _l("What it is reported under"), ProjectChoiceForm,
            lambda event: {"project": str(event.project_id or "")}, _apply_project,
        ),
    )
}  # fmt: skip


def zone_choices(current: str) -> Any:
    """The zones offered, and the event's own where it is another."""
    return choices(ZONES if current in ZONES else {**ZONES, current: current})


def audience_choices(offered: list[AudienceRow], event: EventRow | None, locale: Locale) -> Any:
    """Every audience of the organiser, and those that the event has beside them."""
    rows = {a.code: a for a in offered}
    if event is not None:
        rows |= {a.code: a for a in event.audiences}
    return choices({code: row.label(locale) for code, row in rows.items()})
