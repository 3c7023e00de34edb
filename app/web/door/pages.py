"""The pages of a door, and what its scripts ask."""

from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, redirect, render_template, request, session
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE, MAY_SCAN
from app.accounts.operations.tokens import make_door_token
from app.checkin.enums import Direction
from app.checkin.operations import ScanAnswer, ScanInput, code_of, record_scans
from app.checkin.queries import DoorMatch, find_at_door, find_ticket_at_door, get_occupancy
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.i18n import format_day
from app.core.transaction import transaction
from app.events.enums import EventState
from app.events.queries import EventLine, EventRow, get_event, list_events
from app.registrations.drafts import Headcount
from app.registrations.queries import normal_reference
from app.web.door.verdicts import (
    Place,
    Ticket,
    Verdict,
    asks_headcount,
    expected_text,
    passing,
    ticket_of,
    verdict_of,
)
from app.web.door.words import door_words, fill
from app.web.guards import current_account, current_actor, current_organiser_id, current_role, event_staff, staff
from app.web.i18n import current_locale

blueprint = Blueprint("door", __name__, url_prefix="/door")

OPEN = (EventState.PUBLISHED, EventState.CLOSED, EventState.DRAFT)
MOST_PASSING = 5_000
DEVICE = "page"  # scans recorded without scripts


@blueprint.get("/")
@staff(MAY_SCAN)
def events() -> str:
    """The events one may scan for: those of today first, then the next ones, then the past ones."""
    now = clock.now()
    lines = list_events(current_organiser_id(), states=OPEN, limit=200)
    today = [line for line in lines if _is_today(line, now)]
    coming = [line for line in lines if line not in today and line.starts_at > now]
    past = [line for line in lines if line not in today and line not in coming]
    return render_template("door/events.html", today=today, coming=coming[::-1], past=past[:10])


@blueprint.get("/<slug>")
@event_staff(MAY_SCAN)
def scan_page(slug: str) -> str:
    """Waits for a ticket. The page's scripts send scans with a key of their own, which ends by itself."""
    event = _event(slug)
    account = current_account()
    with transaction():
        key = make_door_token(account.account_id, event.id, current_organiser_id(), by=current_actor(), now=clock.now())
    return _render("door/scan.html", event, door_data=_door_data(event, key), text="")


@blueprint.get("/<slug>/place")
@event_staff(MAY_SCAN)
def place_page(slug: str) -> str:
    """Asks which door the phone stands at, and which way people go."""
    return _render("door/place.html", _event(slug))


@blueprint.post("/<slug>/place")
@event_staff(MAY_SCAN)
def choose_place(slug: str) -> Response:
    event = _event(slug)
    wanted = request.form.get("checkpoint", ""), request.form.get("direction", "")
    known = {str(checkpoint.id) for checkpoint in event.checkpoints}
    if wanted[0] in known and wanted[1] in set(Direction):
        session["doors"] = {**session.get("doors", {}), str(event.id): f"{wanted[0]}:{wanted[1]}"}
    return redirect(f"/door/{event.slug}")


@blueprint.get("/<slug>/search")
@event_staff(MAY_SCAN)
def search(slug: str) -> str | Response:
    """Tickets by number, name, school or class; a number that is found leads straight to its ticket."""
    event = _event(slug)
    text = request.args.get("q", "").strip()[:200]
    matches = _find(event, text)
    if len(matches) == 1 and matches[0].reference == normal_reference(text):
        return redirect(f"/door/{event.slug}/tickets/{matches[0].reference}")
    now = clock.now()
    found = [ticket_of(event, match, match.code, now=now) for match in matches]
    return _render("door/search.html", event, text=text, found=found)


@blueprint.get("/<slug>/tickets/<reference>")
@event_staff(MAY_SCAN)
def ticket_page(slug: str, reference: str) -> str:
    """One ticket before it passes: who, how many, and the button that counts them."""
    event = _event(slug)
    match = next((m for m in _find(event, reference) if m.reference == normal_reference(reference)), None)
    if match is None:
        raise NotFound(reference)
    place = _place(event)
    ticket = ticket_of(event, match, match.code, now=clock.now())
    words = door_words(ticket.school)
    now_passing = passing(ticket, place) if asks_headcount(ticket, match, place) else Headcount()
    return _render(
        "door/ticket.html",
        event,
        ticket=ticket,
        asks=asks_headcount(ticket, match, place),
        passing=now_passing,
        detail=expected_text(ticket, words),
        scan_id=str(uuid4()),
        ticket_words=words,
    )


@blueprint.post("/<slug>/scan")
@event_staff(MAY_SCAN)
def scan(slug: str) -> str:
    """Record a passage sent by a form, and show the verdict. Sending the form again changes nothing."""
    event = _event(slug)
    place, now = _place(event), clock.now()
    match = find_ticket_at_door(event, _typed_code())
    ticket = ticket_of(event, match, _typed_code(), now=now) if match else None
    item = ScanInput(
        id=_typed_uuid("id") or str(uuid4()),
        code=_typed_code() or printable(request.form.get("code", ""))[:300],
        checkpoint_id=place.checkpoint.id,
        direction=place.direction,
        scanned_at=now.astimezone(UTC),
        headcount=_typed_headcount(ticket),
        undoes=_typed_uuid("undoes"),
    )
    with transaction():
        answer = record_scans(event, f"{DEVICE}-{current_account().account_id}", [item], now=now)[0]
    words = door_words(ticket.school if ticket else True)
    shown = _undone(answer, words) if item.undoes else verdict_of(answer, ticket, place, event, words, now=now)
    undo = item.id if answer.result == "accepted" and not item.undoes else ""
    return _render(
        "door/verdict.html", event, verdict=shown, ticket=ticket, undoes=undo, scan_id=str(uuid4()), ticket_words=words
    )


@blueprint.post("/<slug>/look-up")
@event_staff(MAY_SCAN)
def look_up(slug: str) -> Response:
    """For scripts: {code} → {ticket} or {ticket: null}; {text} → {tickets}."""
    event, now = _event(slug), clock.now()
    sent = request.get_json(silent=True)
    text, read = (sent.get("text"), sent.get("code")) if isinstance(sent, dict) else (None, None)
    if isinstance(text, str):
        return jsonify(tickets=[asdict(ticket_of(event, m, m.code, now=now)) for m in _find(event, text[:200])])
    if not isinstance(read, str):
        raise FieldError({"code": "required"})
    code = code_of(read[:2000])
    match = find_ticket_at_door(event, code) if code else None
    return jsonify(ticket=asdict(ticket_of(event, match, code, now=now)) if match and code else None)


def _event(slug: str) -> EventRow:
    """Raises EventNotFound, also for a slug that no database can hold."""
    return get_event(slug.replace("\x00", "\ufffd"), organiser_id=current_organiser_id())


def printable(text: str) -> str:
    """The text without what no keyboard sends, some of which PostgreSQL cannot hold."""
    return "".join(c for c in text if c.isprintable())


def _find(event: EventRow, text: str) -> list[DoorMatch]:
    """By code, else by words. A ticket's whole address may be pasted."""
    plain = printable(text)
    code = code_of(plain)
    match = find_ticket_at_door(event, code) if code else None
    return [match] if match else find_at_door(event, plain)


def _place(event: EventRow) -> Place:
    """Where this phone stands: what was chosen for this event, else the entrance, people coming in."""
    checkpoint_id, _, direction = session.get("doors", {}).get(str(event.id), "").partition(":")
    chosen = next((c for c in event.checkpoints if str(c.id) == checkpoint_id), None)
    entrance = next(c for c in event.checkpoints if c.space_id is None)
    return Place(chosen or entrance, Direction.OUT if chosen and direction == Direction.OUT else Direction.IN)


def _is_today(line: EventLine, now: datetime) -> bool:
    zone = ZoneInfo(line.timezone)
    return line.starts_at.astimezone(zone).date() <= now.astimezone(zone).date() <= line.ends_at.astimezone(zone).date()


def _typed_code() -> str:
    return code_of(request.form.get("code", "")[:2000]) or ""


def _typed_uuid(name: str) -> str | None:
    try:
        return str(UUID(request.form[name]))
    except (KeyError, ValueError):
        return None


def _typed_headcount(ticket: Ticket | None) -> Headcount | None:
    """How many pass, for a group; None lets the door decide (all who are not yet in)."""
    if ticket is None or not ticket.group or "participants" not in request.form:
        return None
    typed = [request.form.get(name, "0").strip() for name in ("participants", "companions")]
    counts = [int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0 for text in typed]
    return Headcount(min(counts[0], MOST_PASSING), min(counts[1], MOST_PASSING))


def _undone(answer: ScanAnswer, words: dict[str, str | tuple[str, str]]) -> Verdict:
    if answer.result == "accepted":
        return Verdict("already", fill(words["undone"]), answer.label, fill(words["undone_detail"]))
    return Verdict("refused", fill(words["invalid"]), answer.label, fill(words["invalid_detail"]))


def _door_data(event: EventRow, key: str) -> dict[str, object]:
    """What the page's scripts need."""
    place = _place(event)
    space = next((s for s in event.spaces if s.id == place.checkpoint.space_id), None)
    return {
        "slug": event.slug,
        "key": key,
        "locale": current_locale(),
        "checkpoint": str(place.checkpoint.id),
        "direction": place.direction.value,
        "space": {"name": space.name, "capacity": space.capacity} if space else None,
        "now": clock.now().isoformat(),
        "today": format_day(clock.now(), event.timezone, current_locale()),
        "csrf": generate_csrf(),
        "words": {"school": door_words(True), "people": door_words(False)},
    }


def _render(template: str, event: EventRow, **values: object) -> str:
    place = _place(event)
    return render_template(
        template,
        event=event,
        place=place,
        present=get_occupancy(event).present,
        words=door_words(True),
        people_words=door_words(False),
        fill=fill,
        may_register=current_role() in MAY_MANAGE,
        register_url=f"/manage/events/{event.slug}/registrations/new",
        **values,
    )
