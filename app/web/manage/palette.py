"""Search everything: events, registrations, structures, pages and actions that the person may open.

The same address answers a whole page, and to htmx the options of the palette (Ctrl+K).
"""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.rules import Ability, Access, may
from app.core.i18n import format_span
from app.core.text import fold
from app.registrations.enums import RegistrationStatus
from app.reports.queries.palette import (
    FoundEvent,
    FoundRegistration,
    FoundStructure,
    find_by_reference,
    find_events,
    find_registrations,
    find_structures,
)
from app.web.forms.events import KIND_LABELS
from app.web.guards import current_account, find_access, signed_in
from app.web.i18n import current_locale
from app.web.reachable import accesses_of, is_of_use, may_open

blueprint = Blueprint("manage_palette", __name__, url_prefix="/manage")

LONGEST_TEXT = 100
SHOWN_PAGES = 6
PAGE_RESULTS = 30
STRUCTURES = "/manage/structures"


@dataclass(frozen=True)
class Place:
    """A page or an action, with further words by which people look for it."""

    label: object
    url: str
    icon: str
    words: object = ""


@dataclass(frozen=True)
class Result:
    """One line of results: what it is, what tells it apart, where it leads. `status` is that of a registration."""

    title: str
    text: str
    url: str
    icon: str
    status: RegistrationStatus | None = None
    absent: bool = False


@dataclass(frozen=True)
class Group:
    """Results of one kind. `key` is stable."""

    key: str
    label: str
    results: tuple[Result, ...]


ACTIONS = (
    Place(_l("Make a new event"), "/manage/events/new", "calendar-plus", _l("create add forum visit draft")),
    Place(_l("Invite a colleague"), "/manage/people", "user-plus", _l("add account role team temp volunteer")),
    Place(_l("Add a structure"), "/manage/structures/new", "building", _l("school company create new")),
    Place(_l("Make a key for a program"), "/manage/tokens", "key", _l("api token create")),
    Place(_l("Change the logo and colours"), "/manage/look", "palette", _l("brand name contact calendar")),
    Place(_l("Change my password"), "/manage/account", "lock", _l("account log out everywhere")),
)
PAGES = (
    Place(_l("Events"), "/manage/events", "calendar-event", _l("list forums")),
    Place(_l("What is entrusted to me"), "/manage/entrusted", "heart-handshake", _l("partner functions")),
    Place(_l("The doors"), "/door/events", "door-enter", _l("scan tickets check in practise")),
    Place(_l("Structures"), STRUCTURES, "building", _l("schools companies directory contacts UAI")),
    Place(_l("Projects"), "/manage/projects", "tag", _l("axes funders report")),
    Place(_l("Figures of the year"), "/manage/year", "chart-bar", _l("report totals targets")),
    Place(_l("Reasons"), "/manage/reasons", "flag", _l("cancel absence no-show codes")),
    Place(_l("Templates of events"), "/manage/templates", "copy", _l("design library clone")),
    Place(_l("Mails sent"), "/manage/messages", "mail", _l("messages state failed confirmation")),
    Place(_l("Exports"), "/manage/exports", "file-export", _l("taken out list csv excel xlsx file download who log")),
    Place(_l("Background work"), "/manage/jobs", "list-check", _l("jobs import stopped retry")),
    Place(_l("History"), "/manage/history", "history", _l("journal who changed what when")),
    Place(_l("Bin"), "/manage/bin", "trash", _l("deleted restore")),
    Place(_l("People"), "/manage/people", "users", _l("members roles team")),
    Place(_l("Look"), "/manage/look", "palette", _l("logo colours")),
    Place(_l("Keys"), "/manage/tokens", "key", _l("api tokens programs")),
    Place(_l("My account"), "/manage/account", "user-circle", _l("password organiser devices")),
    Place(_l("First steps"), "/manage/guide", "compass", _l("help guide begin")),
    Place(_l("Keyboard shortcuts"), "/manage/shortcuts", "keyboard", _l("keys help")),
    Place(_l("The public site"), "/", "world", _l("agenda visitors")),
)
EVENT_PAGES = (
    Place(_l("Registrations"), "/manage/events/%s/registrations", "users"),
    Place(_l("Register somebody"), "/manage/events/%s/registrations/new", "user-plus"),
    Place(_l("Door"), "/door/%s", "door-enter"),
    Place(_l("Settings"), "/manage/events/%s/edit", "settings", _l("waves spaces route texts")),
)
MORE_EVENT_PAGES = (
    Place(_l("Messages"), "/manage/events/%s/messages", "mail", _l("mails state failed")),
    Place(_l("Partners"), "/manage/events/%s/partners", "heart-handshake", _l("functions invite")),
    Place(_l("Questions"), "/manage/events/%s/questions", "help-circle", _l("answers ask")),
    Place(_l("Targets"), "/manage/events/%s/targets", "target", _l("numbers to reach")),
    Place(_l("Import registrations"), "/manage/events/%s/import", "upload", _l("file table")),
    Place(_l("History"), "/manage/events/%s/history", "history", _l("journal who changed what")),
)
"""Offered when their name is typed, alone or beside words of the event."""
SHORTEST_NAME = 3
"""Letters of a page's name from which on it is meant: fewer begin too many words."""


@blueprint.get("/search")
@signed_in
def search() -> str | Response:
    text = " ".join(request.args.get("q", "").replace("\x00", "").split())[:LONGEST_TEXT]
    accesses = accesses_of(current_account())
    as_options = "HX-Request" in request.headers
    if text and not as_options and (found := find_by_reference(accesses, text)) is not None:
        return redirect(f"/manage/events/{found[0]}/registrations/{found[1]}")
    groups = find_groups(accesses, text, most=8 if as_options else PAGE_RESULTS)
    template = "manage/_palette_options.html" if as_options else "manage/palette.html"
    return render_template(template, search_text=text, groups=groups)


def find_groups(accesses: list[Access], text: str, *, most: int) -> list[Group]:
    """All that matches, by kind, without empty kinds; without a text the latest events and what one can do."""
    locale = current_locale()
    events = find_events(accesses, text, limit=min(most, 6) if text else 5)
    entries = [(event, url) for event in events if (url := _entry(event, accesses)) is not None]
    people = [_registration(found, locale) for found in find_registrations(accesses, text, limit=most)]
    groups = [
        Group("events", _("Events"), tuple(_event(event, url, locale) for event, url in entries)),
        Group("event_pages", _("Pages of an event"), _pages_named(accesses, text)),
        Group("structures", _("Structures"), tuple(_structures(text))),
        Group("registrations", _("Registrations"), tuple(people)),
        Group("actions", _("Actions"), _matching(ACTIONS, text)),
        Group("pages", _("Pages"), _matching(PAGES, text) if text else ()),
    ]
    if text and entries:
        event = entries[0][0]
        groups.insert(1, Group("event", event.title(locale), _event_pages(event, accesses)))
    return [group for group in groups if group.results]


def _pages_named(accesses: list[Access], text: str) -> tuple[Result, ...]:
    """Pages of events that are called by their name: “partners”, “partners talents”. The latest events first."""
    words = fold(text).split()
    named = [(place, [w for w in words if not _is_called(place, w)]) for place in (*EVENT_PAGES, *MORE_EVENT_PAGES)]
    fewest = min(len(rest) for _place, rest in named)
    if fewest == len(words):
        return ()
    meant = [(place, rest) for place, rest in named if len(rest) == fewest]
    events = find_events(accesses, " ".join(meant[0][1]), limit=SHOWN_PAGES)
    return tuple(
        Result(str(place.label), event.title(current_locale()), url, place.icon)
        for event in events
        for place, rest in meant
        if rest == meant[0][1] and _opens(url := place.url % event.slug, event, accesses)
    )[:SHOWN_PAGES]


def _is_called(place: Place, word: str) -> bool:
    names = fold(f"{place.label} {place.words}").split()
    return len(word) >= SHORTEST_NAME and any(name.startswith(word) for name in names)


def _opens(url: str, event: FoundEvent, accesses: list[Access]) -> bool:
    return any(may_open(url, access) for access in _held(event, accesses))


def _structures(text: str) -> list[Result]:
    access = find_access()
    if access is None or not may_open(STRUCTURES):
        return []
    return [_structure(found) for found in find_structures(access.organiser_id, text)]


def _matching(places: tuple[Place, ...], text: str) -> tuple[Result, ...]:
    """The places whose label or further words hold all the words typed, and that the person may open."""
    words = fold(text).split()
    found = [p for p in places if all(word in fold(f"{p.label} {p.words}") for word in words)]
    found.sort(key=lambda place: not fold(str(place.label)).startswith(words[0]) if words else False)
    return tuple(Result(str(p.label), "", p.url, p.icon) for p in found if is_of_use(p.url))[:SHOWN_PAGES]


def _held(event: FoundEvent, accesses: list[Access]) -> list[Access]:
    return [a for a in accesses if a.organiser_id == event.organiser_id and a.event_id in {None, event.id}]


def _entry(event: FoundEvent, accesses: list[Access]) -> str | None:
    """The first page of an event that the person may open; None when nothing they hold opens one."""
    base = f"/manage/events/{event.slug}"
    held = _held(event, accesses)
    for ability, url in (
        (Ability.FIGURES_SEE, base), (Ability.LIST_SEE, f"{base}/registrations"), (Ability.DOOR, f"/door/{event.slug}"),
    ):  # fmt: skip
        if any(may(access, ability) for access in held):
            return url
    return None


def _event_pages(event: FoundEvent, accesses: list[Access]) -> tuple[Result, ...]:
    places = [(place, place.url % event.slug) for place in EVENT_PAGES]
    return tuple(Result(str(place.label), "", url, place.icon) for place, url in places if _opens(url, event, accesses))


def _event(event: FoundEvent, url: str, locale: str) -> Result:
    days = format_span(event.starts_at, event.ends_at, event.timezone, current_locale())
    text = " · ".join(part for part in (str(KIND_LABELS[event.kind]), days, event.place) if part)
    return Result(event.title(locale), text, url, "calendar-event")


def _registration(found: FoundRegistration, locale: str) -> Result:
    event_title = found.event_title_en or found.event_title_fr if locale == "en" else found.event_title_fr
    group = " · ".join(part for part in (found.class_label, found.organisation_name) if part)
    title = found.name or group or found.reference
    parts = [group if found.name else "", found.reference if title != found.reference else "", event_title]
    url = f"/manage/events/{found.event_slug}/registrations/{found.reference}"
    icon = "users" if found.people > 1 else "user"
    return Result(title, " · ".join(part for part in parts if part), url, icon, found.status, found.absent)


def _structure(found: FoundStructure) -> Result:
    text = " · ".join(part for part in (found.commune, found.number) if part)
    return Result(found.name, text, f"{STRUCTURES}/{found.id}", "building")
