"""The waiting list as the team sees it: who is next, what is in their way, the offers that are out, and offering by hand."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.enums import WaitingPolicy
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow, get_places
from app.registrations.enums import REGISTRATION_MOVES, RegistrationMove
from app.registrations.errors import ChangeClosed, NotInTurn
from app.registrations.operations import offer_to
from app.registrations.queries import RegistrationRow, waiting_before
from app.registrations.waiting import Party, Room, first_start, offer_until, offers_now, room_of
from app.registrations.waiting_gaps import in_the_way
from app.reports.lists import ListQuery
from app.reports.queries.waiting_list import PAGE, WaitingLine, count_offers, list_offers, list_queue
from app.web.filters import number
from app.web.guards import allows, current_access, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event, get_own_registration
from app.web.manage.list_words import wave_words
from app.web.manage.waiting_words import gap_words, policy_words, until_words

blueprint = Blueprint("manage_waiting", __name__, url_prefix="/manage/events/<slug>/waiting")

Answer = str | tuple[str, int] | Response
OFFERS = "offers"
"""In the address: the offers that are out, in place of who waits."""


@blueprint.get("")
@event_staff(Ability.LIST_SEE)
def show(slug: str) -> str:
    event, now = get_own_event(slug), clock.now()
    offers, query = request.args.get("show") == OFFERS, _query(event)
    read = list_offers if offers else list_queue
    page = read(event, query, current_access(), page=_page())
    room = room_of(event, get_places(event))
    first = (page.number - 1) * PAGE + 1
    return render_template(
        "manage/waiting/list.html",
        offers=offers,
        open_offers=count_offers(event.id, current_access()),
        page=page,
        query=query,
        wave=next(iter(query.waves), None),
        wave_choices=[(str(wave.id), wave_words(event, wave.id, current_locale())) for wave in event.waves],
        waves_of={line.id: _waves(event, line.waves) for line in page.lines},
        ways={} if offers else {line.id: _way(event, room, line, now) for line in page.lines},
        until={line.id: until_words(event, line.offered_until) for line in page.lines if line.offered_until},
        policy=policy_words(event),
        offers_now=offers_now(event),
        may_offer=allows(Ability.REGISTRATIONS_CHANGE) and offers_now(event),
        may_call=allows(Ability.REGISTRATIONS_CHANGE),
        shown=_("%(first)s to %(last)s of %(total)s", first=number(first), last=number(first + len(page.lines) - 1),
                total=number(page.count)) if page.lines else "",
        prev_url=_url(event, query, offers, page.number - 1) if page.number > 1 else None,
        next_url=_url(event, query, offers, page.number + 1) if page.number < page.pages else None,
        **event_context(event, "waiting"),
    )  # fmt: skip


def _query(event: EventRow) -> ListQuery:
    sent = request.args.get("wave", "")
    waves = {wave.id for wave in event.waves if str(wave.id) == sent}
    return ListQuery(text=request.args.get("q", "").strip()[:100], waves=frozenset(waves))


def _page() -> int:
    text = request.args.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _url(event: EventRow, query: ListQuery, offers: bool, page: int) -> str:
    values = ([("show", OFFERS)] if offers else []) + query.filter_args() + [("page", str(page))]
    return f"/manage/events/{event.slug}/waiting?{urlencode(values)}"


def _waves(event: EventRow, wave_ids: Iterable[int]) -> str:
    if event.date_to_come:
        return str(_("New date to come"))
    wanted = set(wave_ids)
    return ", ".join(wave_words(event, wave.id, current_locale()) for wave in event.waves if wave.id in wanted)


def _way(event: EventRow, room: Room, line: WaitingLine, now: datetime) -> str:
    """What is in the way of an offer, in words; for who comes later with HOLD, that others come first."""
    found = in_the_way(event, room, Party(line.id, line.waves, line.audience, line.people, line.is_group), now)
    if found is None and line.place > 1 and event.waiting_policy is WaitingPolicy.HOLD:
        return str(_("others come first"))
    return gap_words(event, found)


@blueprint.get("/<reference>")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask_offer(slug: str, reference: str) -> Answer:
    """What an offer by hand means, before it is made."""
    event, registration = get_own_registration(slug, reference)
    if RegistrationMove.OFFER not in REGISTRATION_MOVES[registration.status]:
        flash(_("This registration no longer waits."), "info")
        return redirect(_home(event))
    return _offer_page(event, registration)


@blueprint.post("/<reference>")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def offer(slug: str, reference: str) -> Answer:
    """Offers the places; where it is the turn of others, only once that was said and confirmed."""
    event, registration = get_own_registration(slug, reference)
    past = request.form.get("past") == "1"
    try:
        until = in_transaction(lambda: offer_to(registration.id, by=current_actor(), now=clock.now(), past=past))
    except NotInTurn:
        return _offer_page(event, registration, past=True), 409
    except (WaveFull, AudienceFull):
        return _offer_page(event, registration, full=True), 409
    except MoveNotAllowed:
        flash(_("This registration no longer waits."), "info")
    except ChangeClosed:
        flash(_("The visit has begun, or the event offers nothing now."), "waiting")
    else:
        end = until_words(event, until)
        if registration.contact_email:
            flash(_("Offered until %(until)s. The mail leaves in a moment.", until=end), "ok")
        else:
            flash(_("Offered until %(until)s. No mail reaches them: call them.", until=end), "waiting")
            return redirect(f"/manage/events/{event.slug}/calls", 303)
    return redirect(_home(event), 303)


def _home(event: EventRow) -> str:
    return f"/manage/events/{event.slug}/waiting"


def _offer_page(event: EventRow, registration: RegistrationRow, *, past: bool = False, full: bool = False) -> str:
    """`past`: it is the turn of others. `full`: there is no room."""
    now, ahead = clock.now(), waiting_before(registration)
    start = first_start(event, registration.waves)
    until = offer_until(now, event.offer_hours, start) or start
    party = Party(
        registration.id, registration.waves, registration.audience, registration.people, registration.is_group
    )  # fmt: skip
    found = in_the_way(event, room_of(event, get_places(event)), party, now)
    return render_template(
        "manage/waiting/offer.html",
        registration=registration,
        waves=_waves(event, registration.waves),
        ahead=ahead,
        ahead_words=ngettext(
            "%(num)d registration waits longer", "%(num)d registrations wait longer", ahead.parties
        ),
        past=past,
        full=full,
        way=gap_words(event, found) if found is not None else "",
        until=until_words(event, until),
        begun=start <= now,
        offers_now=offers_now(event),
        policy=policy_words(event),
        here=f"{_home(event)}/{registration.reference}",
        **event_context(event, "waiting"),
    )  # fmt: skip
