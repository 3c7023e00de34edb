"""The words of the pages that say no: what is so, what it means, who can help, and where one probably wanted to go."""

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from app.accounts.enums import Role
from app.accounts.queries import EndedRow, OrganiserRow, find_ended, get_organiser, list_members
from app.accounts.rules import Ability, roles_with
from app.core import clock
from app.core.i18n import format_span
from app.core.text import slugify
from app.core.urls import settings
from app.events.enums import EventState
from app.events.queries import EventLine, list_public_events
from app.web.filters import hour, number, until
from app.web.guards import current_account, find_access, is_recognised
from app.web.i18n import current_locale
from app.web.reachable import is_of_use

LIKELY = 4
ALIKE = 0.55
"""How near two addresses must be, from 0 to 1, for one to be offered in place of the other."""
LOOKED_AT = 50
_OF_AN_EVENT = re.compile(r"/manage/events/[^/]+(?:/registrations/(?P<reference>[^/]+))?")


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Notice:
    """`steps` say what one can do, `helpers` are the names of who can change it, `likely` pages one may have wanted.

    `search` is the text to begin a search of the desk with; None where there is no such search.
    """

    title: str
    text: str
    link: Link
    steps: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    likely: tuple[Link, ...] = ()
    search: str | None = None


def notice_of(status: int) -> Notice:
    """What the page of an HTTP error says."""
    if status == 404:
        return _not_found()
    agenda, again = Link(_("See what’s on"), "/"), Link(_("Try again"), request.path)
    if status == 403:
        text = _("Log in with another account, or ask who gave you the link.")
        return Notice(_("You may not open this page"), text, Link(_("Log in"), "/login"))
    if status == 410:
        text = _("It was here, and its time is over.")
        return Notice(_("This page is no longer here"), text, agenda, likely=_near_events())
    if status == 413:
        return _too_heavy(again)
    notices = {
        400: (_("We could not read what was sent"), _("Nothing was saved. Go back and try again."), agenda),
        405: (_("This page cannot be used like that"), _("Open it from its own link."), again),
        409: (_("This is no longer possible"), _("Things changed meanwhile and nothing was saved. Look again."), again),
        422: (_("Some answers do not fit"), _("Nothing was saved. Go back and look at your answers."), again),
        429: (_("Too many attempts"), _("Wait a few minutes, then try again."), again),
        503: (_("Many people are here at the moment"), _("Nothing was saved. Try again in a few seconds."), again),
    }
    fault = (_("Something went wrong on our side"), _("Nothing was saved. Try again in a few minutes."), again)
    return Notice(*notices.get(status, notices[400] if status < 500 else fault))


def form_too_old() -> Notice:
    return Notice(
        _("This page was open for too long"),
        _("Nothing was saved. Open the page again and fill in the form once more."),
        Link(_("Open the page again"), request.path),
    )


def too_many_attempts(until: datetime) -> Notice:
    """Says until when, for who was too often wrong."""
    text = _("Nothing is lost. Try again from %(hour)s on.", hour=hour(until))
    return Notice(_("Too many attempts"), text, Link(_("Try again"), request.path))


def role_missing(roles: frozenset[Role]) -> Notice:
    """Names the owners: they give roles."""
    access = find_access()
    if (access is None or access.role is None) and current_account().entrusted:
        text = _("You see what was entrusted to you of an event, and nothing else of its organiser.")
        home = Link(_("See what is entrusted to me"), "/manage/entrusted")
        return Notice(_("This is not entrusted to you"), text, home)
    if access is None or access.role is None:
        ended = find_ended(current_account().account_id, clock.now())
        if ended is not None:
            return _access_ended(ended)
        text = _("You are not among the people of any organiser. Ask who runs the event to invite you.")
        return Notice(_("Your role does not include this"), text, Link(_("Go to my account"), "/manage/account"))
    if roles == frozenset({Role.OWNER}):
        helper = _("Only owners may do this. They can do it for you, or make you an owner under “People”.")
    elif access.role is Role.DOOR:
        helper = _("Your role lets you scan tickets. An owner can give you another one.")
    else:
        helper = _("Your role does not include this page. An owner can give you another one.")
    owners = tuple(m.name for m in list_members(access.organiser_id) if m.role is Role.OWNER)
    return Notice(
        _("Your role does not include this"),
        helper,
        Link(_("Go to the doors"), "/door/events")
        if access.role is Role.DOOR
        else Link(_("Go to the events"), "/manage/"),
        helpers=owners,
        likely=_desk_pages(),
    )


def function_missing(ability: Ability) -> Notice:
    """For a partner the organiser of the event helps; for the others who gives roles."""
    access = find_access()
    if access is None or access.role is not None:
        return role_missing(roles_with(ability))
    return Notice(
        _("This is not entrusted to you"),
        _("What was entrusted to you does not include this page. The organiser can change that."),
        Link(_("See what is entrusted to me"), "/manage/entrusted"),
        helpers=(_reached(get_organiser(access.organiser_id)),),
    )


def _access_ended(ended: EndedRow) -> Notice:
    """For a temp or a volunteer whose time is over: nothing is wrong with their role."""
    return Notice(
        _("Your access has ended"),
        _("Its last day was %(day)s. If you still need it, ask for it to be prolonged.", day=until(ended.ended_at)),
        Link(_("Go to my account"), "/manage/account"),
        helpers=(_reached(ended.organiser),),
    )


def _reached(organiser: OrganiserRow) -> str:
    """Its name, and how to reach it."""
    reached = ", ".join(part for part in (organiser.email, organiser.phone) if part)
    return f"{organiser.name} ({reached})" if reached else organiser.name


def _too_heavy(again: Link) -> Notice:
    most = number(settings().max_upload_bytes / 1024 / 1024)
    steps = (
        _("For a picture: save it smaller, or as JPEG."),
        _("For a table: save it as CSV, or cut it in two files."),
    )
    return Notice(
        _("This file is too heavy"), _("Nothing was saved. A file weighs %(most)s MB at most.", most=most), again, steps
    )


def _not_found() -> Notice:
    title, agenda = _("This page does not exist, or no longer"), Link(_("See what’s on"), "/")
    if request.path.startswith(("/manage", "/door")) and is_recognised():
        wanted = request.path.rstrip("/").rpartition("/")[2].replace("-", " ")[:60]
        text = _("It was moved, deleted, or belongs to somebody else.")
        home = Link(_("Go to the events"), "/manage/")
        return Notice(title, text, home, likely=(*_in_the_bin(), *_desk_pages()), search=wanted)
    return Notice(title, _("Here is what’s on."), agenda, likely=_near_events())


def _in_the_bin() -> tuple[Link, ...]:
    """Where an event or a registration is that was deleted: for who may bring it back."""
    asked = _OF_AN_EVENT.match(request.path)
    if asked is None or not is_of_use("/manage/bin"):
        return ()
    wanted = urlencode({"q": asked["reference"]} if asked["reference"] else {"kind": "event"})
    return (Link(_("Look in the bin: it may have been deleted"), f"/manage/bin?{wanted}"),)


def _desk_pages() -> tuple[Link, ...]:
    pages = (
        Link(_("Events"), "/manage/events"),
        Link(_("What is entrusted to me"), "/manage/entrusted"),
        Link(_("Structures"), "/manage/structures"),
        Link(_("The doors"), "/door/events"),
        Link(_("My account"), "/manage/account"),
    )
    return tuple(link for link in pages if is_of_use(link.url))[:LIKELY]


def _near_events() -> tuple[Link, ...]:
    """Events whose address is like the one asked for, else the next ones."""
    now, asked = clock.now(), slugify(request.path.rstrip("/").rpartition("/")[2])
    coming = list_public_events(now, limit=LOOKED_AT)
    alike = []
    if asked and request.path.startswith("/events/"):
        near = [(SequenceMatcher(None, asked, e.slug).ratio(), e) for e in (*coming, *_past(now))]
        alike = [e for ratio, e in sorted(near, key=lambda pair: -pair[0]) if ratio >= ALIKE]
    on = [e for e in coming if e.state is not EventState.CANCELLED]
    return tuple(Link(_title_and_days(e), f"/events/{e.slug}") for e in (alike or on)[:LIKELY])


def _title_and_days(event: EventLine) -> str:
    """Editions of one event have the same title: their days tell them apart."""
    days = "" if event.date_to_come else format_span(event.starts_at, event.ends_at, event.timezone, current_locale())
    return " · ".join(part for part in (event.title(current_locale()), days) if part)


def _past(now: datetime) -> list[EventLine]:
    return list_public_events(now, past=True, limit=LOOKED_AT)
