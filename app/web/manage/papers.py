"""Papers and screens of an event: sheets of groups and stands to print, links of the stands' live pages, the wall board."""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts.queries import get_organiser
from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import NotFound
from app.core.transaction import in_transaction
from app.core.urls import absolute, event_path, stand_path
from app.documents.qr import qr_svg
from app.events.enums import EDITABLE, VISIBLE
from app.events.operations.stands import close_stand, open_stand, open_stands
from app.events.queries import EventRow, SpaceRow
from app.events.queries.stands import list_stand_tokens
from app.flows.papers import MOST_SHEETS, group_sheets_of, limit_words, stand_sheets_of, stands_of
from app.flows.queries.visits import list_guests, list_visits, read_told
from app.flows.visits import Guest
from app.web.guards import allows, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.public.tickets import pdf_response
from app.web.public.words import listed

blueprint = Blueprint("manage_papers", __name__, url_prefix="/manage/events/<slug>/papers")

Sheet = TypeVar("Sheet")
NAMED = 8
_FILES = {
    "group": {"fr": "feuille-de-route", "en": "route-sheet"},
    "groups": {"fr": "feuilles-de-route", "en": "route-sheets"},
    "stands": {"fr": "feuilles-de-stand", "en": "stand-sheets"},
}


@dataclass(frozen=True)
class Part:
    """A file of at most sixty sheets: « 1 à 60 »; without words where one file holds all."""

    words: str
    url: str


@dataclass(frozen=True)
class StandLink:
    """A space with its live page, where it has one."""

    space: SpaceRow
    limit: str
    url: str
    qr: Markup | None


@blueprint.get("")
@event_staff(Ability.PROGRAMME_SEE)
def show(slug: str) -> str:
    event = get_own_event(slug)
    guests, told = list_guests(event.id), read_told(event.id)
    base, locale = f"/manage/events/{slug}/papers", current_locale()
    unplanned = [g for g in guests if g.id not in told.passages] if told.planned else []
    tokens = list_stand_tokens(event.id) if allows(Ability.PROGRAMME_CHANGE) else {}
    stands = stands_of(event)
    spaces = list(dict.fromkeys(space for space, _day in stands))
    return render_template(
        "manage/papers/show.html",
        guests=guests,
        guest_names={g.id: g.name(event, locale) for g in guests},
        planned=told.planned,
        unplanned=unplanned,
        unplanned_names=listed([g.name(event, locale) for g in unplanned[:NAMED]]) + ("…" if unplanned[NAMED:] else ""),
        group_parts=_parts(f"{base}/groups.pdf", len(guests)),
        stand_parts=_parts(f"{base}/stands.pdf", len(stands)),
        links=[_link(space, tokens.get(space.id)) for space in spaces],
        without=sum(space.id not in tokens for space in spaces),
        may_link=allows(Ability.PROGRAMME_CHANGE) and event.state in EDITABLE,
        sees_links=allows(Ability.PROGRAMME_CHANGE),
        board=absolute(f"{event_path(slug)}/board") if event.state in VISIBLE else "",
        **event_context(event, "papers"),
    )


@blueprint.get("/groups.pdf")
@event_staff(Ability.PROGRAMME_SEE)
def groups(slug: str) -> Response:
    """The sheets of all groups, or a part of them."""
    event = get_own_event(slug)
    return _groups_pdf(event, _part(list_guests(event.id)), _FILES["groups"])


@blueprint.get("/groups/<reference>.pdf")
@event_staff(Ability.PROGRAMME_SEE)
def group(slug: str, reference: str) -> Response:
    event = get_own_event(slug)
    return _groups_pdf(event, [g for g in list_guests(event.id) if g.reference == reference], _FILES["group"])


@blueprint.get("/stands.pdf")
@event_staff(Ability.PROGRAMME_SEE)
def stands(slug: str) -> Response:
    """The sheets of all spaces and days, or a part of them."""
    event = get_own_event(slug)
    return _stands_pdf(event, _part(list(stands_of(event))))


@blueprint.get("/stands/<int:space_id>.pdf")
@event_staff(Ability.PROGRAMME_SEE)
def stand(slug: str, space_id: int) -> Response:
    """The sheets of one space, one for each day."""
    event = get_own_event(slug)
    return _stands_pdf(event, [(space, day) for space, day in stands_of(event) if space.id == space_id])


@blueprint.post("/links")
@event_staff(Ability.PROGRAMME_CHANGE)
def give_links(slug: str) -> Response:
    """Live pages for all spaces that have none."""
    event = get_own_event(slug)
    made = in_transaction(lambda: open_stands(event.id, by=current_actor(), now=clock.now()))
    flash(ngettext("%(num)d live page is open.", "%(num)d live pages are open.", made), "ok")
    return _back(slug)


@blueprint.post("/links/<int:space_id>")
@event_staff(Ability.PROGRAMME_CHANGE)
def give_link(slug: str, space_id: int) -> Response:
    """A live page, or another link for it."""
    event = get_own_event(slug)
    in_transaction(lambda: open_stand(event.id, space_id, by=current_actor(), now=clock.now()))
    flash(_("Here is the new link. One that was given before opens nothing any more."), "ok")
    return _back(slug)


@blueprint.post("/links/<int:space_id>/close")
@event_staff(Ability.PROGRAMME_CHANGE)
def take_link(slug: str, space_id: int) -> Response:
    event = get_own_event(slug)
    in_transaction(lambda: close_stand(event.id, space_id, by=current_actor(), now=clock.now()))
    flash(_("The link is taken away: it opens nothing any more."), "ok")
    return _back(slug)


def _back(slug: str) -> Response:
    return redirect(f"/manage/events/{slug}/papers#screens", 303)


def _link(space: SpaceRow, token: str | None) -> StandLink:
    url = "" if token is None else absolute(stand_path(token))
    code = Markup(qr_svg(url)) if url else None  # noqa: S704 - drawn by us, it holds numbers only
    return StandLink(space, limit_words(space, current_locale()), url, code)


def _parts(url: str, count: int) -> list[Part]:
    if count <= MOST_SHEETS:
        return [Part("", url)] if count else []
    starts = range(0, count, MOST_SHEETS)
    return [
        Part(_("%(first)s to %(last)s", first=at + 1, last=min(at + MOST_SHEETS, count)), f"{url}?part={number}")
        for number, at in enumerate(starts, start=1)
    ]


def _part(sheets: list[Sheet]) -> list[Sheet]:
    """The sheets of the part asked for; the first of several when none is."""
    asked = request.args.get("part", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 0
    return sheets[(number - 1) * MOST_SHEETS : number * MOST_SHEETS] if number > 0 else []


def _groups_pdf(event: EventRow, guests: list[Guest], names: dict[str, str]) -> Response:
    if not guests:
        raise NotFound("no such sheet")
    told = read_told(event.id)
    organiser = get_organiser(event.organiser_id)
    content = group_sheets_of(event, guests, told, current_locale(), organiser=organiser)
    return pdf_response(content, f"{names[current_locale()]}-{event.slug}.pdf")


def _stands_pdf(event: EventRow, wanted: list[tuple[SpaceRow, date]]) -> Response:
    if not wanted:
        raise NotFound("no such sheet")
    visits, organiser = list_visits(event), get_organiser(event.organiser_id)
    content = stand_sheets_of(event, wanted, visits, current_locale(), organiser=organiser)
    return pdf_response(content, f"{_FILES['stands'][current_locale()]}-{event.slug}.pdf")
