"""Who changed what and when: the organiser's journal, one object's lines of it, and the history of one event."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.accounts.enums import MAY_MANAGE, Role
from app.accounts.rules import Ability, row_limit
from app.core import clock
from app.core.actor import ActorKind
from app.core.errors import NotFound
from app.core.urls import settings
from app.events.queries import EventRow, list_events
from app.reports.queries.journal import (
    JournalFilter,
    JournalLine,
    JournalPage,
    Who,
    list_journal,
    list_people_at_work,
    name_subjects,
)
from app.web.guards import allows, current_access, current_account, current_organiser_id, event_staff, staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.history_words import EVENT_GROUPS, GROUPS, OUTSIDER_GROUPS
from app.web.manage.history_words_lines import history_line

blueprint = Blueprint("manage_journal", __name__, url_prefix="/manage")

MOST_EVENTS = 200
"""Events offered by the filter: the latest."""
SUBJECTS = frozenset(
    {"structure", "account", "project", "template", "reason", "job", "registration", "token", "organiser"}
)
LARGEST_ID = 2**31 - 1


@blueprint.get("/history")
@staff(MAY_MANAGE)
def index() -> str:
    """Everything, or one object's (`object=structure:12`)."""
    organiser_id = current_organiser_id()
    events = list_events(organiser_id, limit=MOST_EVENTS)
    by_slug = {event.slug: event for event in events}
    event = by_slug.get(request.args.get("event", ""))
    subject = _subject()
    people = list_people_at_work(organiser_id)
    wanted = JournalFilter(
        organiser_id,
        subject=subject,
        event_id=event.id if event else None,
        groups=_groups(tuple(GROUPS)),
        who=_who(people),
        **_span(settings().default_timezone),
    )
    page = list_journal(wanted, before_id=_before())
    return render_template(
        "manage/history/journal.html",
        subject=subject,
        about=_name_of(subject, organiser_id),
        events=[(e.slug, e.title(current_locale())) for e in events],
        **_shown(page, organiser_id, people=True, named=not subject),
        **_form(people, tuple(GROUPS)),
    )


@blueprint.get("/events/<slug>/history")
@event_staff(Ability.PROGRAMME_SEE)
def of_event(slug: str) -> str:
    """Of an event, and of the registrations among the reader's rows: without people's data where they may not see it.

    Who does not manage the event reads neither of the team and the other partners, nor what others took out.
    """
    event = get_own_event(slug)
    people, rows, whole = allows(Ability.PEOPLE_SEE), row_limit(current_access()), allows(Ability.EVENT_MOVE)
    workers = list_people_at_work(event.organiser_id) if whole else []
    groups = EVENT_GROUPS if whole else OUTSIDER_GROUPS
    wanted = JournalFilter(
        event.organiser_id,
        event_id=event.id,
        rows=rows,
        groups=_groups(groups),
        outsider=None if whole else current_account().account_id,
        who=_who(workers),
        **_span(event.timezone),
    )
    page = list_journal(wanted, before_id=_before())
    return render_template(
        "manage/history/event.html",
        **_shown(page, event.organiser_id, people=people, event=event),
        **_form(workers, groups),
        **event_context(event, "history"),
    )


def _shown(
    page: JournalPage, organiser_id: int, *, people: bool, named: bool = True, event: EventRow | None = None
) -> dict[str, Any]:
    """The lines in words. On an event's page only its registrations are named: the rest is it itself."""
    names, team = name_subjects(page.lines, organiser_id), current_access().role is Role.OWNER
    lines = [
        history_line(
            line, names, people=people, about=named and (event is None or line.subject_kind != "event"), team=team
        )
        for line in page.lines
    ]
    zone = event.timezone if event else settings().default_timezone
    narrowed = any(value for key, value in request.args.items() if key not in {"before", "lang", "object"})
    return {
        "lines": lines,
        "days": _by_day(lines, zone),
        "zone": zone,
        "narrowed": narrowed,
        "all_url": _url(only=("object",)),
        "next_url": _url(before=str(page.lines[-1].id)) if page.more else None,
        "first_url": _url() if _before() is not None else None,
    }


def _by_day(lines: list[Any], zone: str) -> list[tuple[datetime, list[Any]]]:
    days: list[tuple[datetime, list[Any]]] = []
    for line in lines:
        if not days or _local(days[-1][0], zone) != _local(line.at, zone):
            days.append((line.at, []))
        days[-1][1].append(line)
    return days


def _local(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _form(people: list[Who], groups: tuple[str, ...]) -> dict[str, Any]:
    """What the filters offer, and what they hold."""
    return {
        "people": [(_code(who), who.label) for who in people]
        + [(ActorKind.VISITOR.value, _("Visitors and contacts")), (ActorKind.SYSTEM.value, "Parcours")],
        "groups": [(key, GROUPS[key][0]) for key in groups],
        "chosen": {name: request.args.get(name, "") for name in ("who", "event", "from", "to")}
        | {"about": request.args.getlist("about")},
        "wrong_days": [name for name in ("from", "to") if request.args.get(name) and _day(name) is None],
    }


def _code(who: Who) -> str:
    return f"{who.kind.value}:{who.id}"


def _who(people: list[Who]) -> Who | None:
    asked = request.args.get("who", "")
    if asked in {ActorKind.VISITOR.value, ActorKind.SYSTEM.value}:
        return Who(ActorKind(asked))
    return next((who for who in people if _code(who) == asked), None)


def _groups(offered: tuple[str, ...]) -> tuple[str, ...]:
    asked = [key for key in request.args.getlist("about") if key in offered]
    return tuple(start for key in asked for start in GROUPS[key][1])


def _span(zone: str) -> dict[str, Any]:
    """Whole days by the clocks of `zone`; what is no day is left aside, and said."""
    found: dict[str, Any] = {}
    if (first := _day("from")) is not None:
        found["since"] = datetime.combine(first, time(), ZoneInfo(zone))
    if (last := _day("to")) is not None:
        found["until"] = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))
    return found


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 1900 < found.year < 9000 else None


def _subject() -> str:
    """The object in the address. Raises NotFound for what cannot be one."""
    asked = request.args.get("object", "")
    if not asked:
        return ""
    kind, _colon, number = asked.partition(":")
    if kind not in SUBJECTS or not (number.isascii() and number.isdecimal() and int(number) <= LARGEST_ID):
        raise NotFound("object")
    return asked


def _name_of(subject: str, organiser_id: int) -> tuple[str, str]:
    """Name and page of the object looked at. Raises NotFound for one that is not the organiser's, and never was."""
    if not subject:
        return "", ""
    latest = list_journal(JournalFilter(organiser_id, subject=subject), limit=1).lines
    never = JournalLine(0, clock.now(), ActorKind.SYSTEM, None, "", "", subject, {})
    line, team = latest[0] if latest else never, current_access().role is Role.OWNER
    shown = history_line(line, name_subjects([line], organiser_id), people=True, team=team)
    if not latest and (not shown.about or subject.startswith("account:")):
        raise NotFound(subject)  # an account's name is no secret of its own, but of those who work with it
    return shown.about, shown.url


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _url(*, only: tuple[str, ...] = ("object", "who", "event", "from", "to", "about"), **more: str) -> str:
    kept = [(key, value) for key, value in request.args.items(multi=True) if key in only and value]
    query = urlencode([*kept, *more.items()])
    return f"{request.path}?{query}" if query else request.path
