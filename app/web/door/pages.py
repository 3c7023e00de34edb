"""The pages of a door, and what its scripts ask."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, redirect, render_template, request, session
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_SCAN
from app.accounts.operations.tokens import make_door_token
from app.accounts.queries import find_token
from app.accounts.rules import Ability
from app.checkin.enums import Direction
from app.checkin.latecomers import GroupReturns
from app.checkin.operations import ScanAnswer, ScanInput, code_of, record_scans
from app.checkin.queries import DoorMatch, find_at_door, find_ticket_at_door, get_occupancy
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.i18n import format_day, format_hour
from app.core.transaction import retry, transaction
from app.events.enums import EventState
from app.events.queries import EventLine, EventRow, list_events
from app.flows.queries import list_planned_arrivals
from app.registrations.drafts import Headcount
from app.registrations.queries import normal_reference
from app.web.door.stage import Stage, door_event, remember, staged
from app.web.door.verdicts import (
    Place,
    Ticket,
    Verdict,
    asks_headcount,
    count_label,
    passing,
    people_text,
    question_text,
    refusal_of,
    refused_for,
    ticket_of,
    unknown_number,
    verdict_of,
)
from app.web.door.words import door_words, fill
from app.web.guards import allows, current_account, current_actor, current_organiser_id, event_staff, signed_in
from app.web.i18n import current_locale
from app.web.refusals import RoleMissing

blueprint = Blueprint("door", __name__, url_prefix="/door")

SHOWN = (EventState.PUBLISHED, EventState.CLOSED)
MOST_EVENTS = 200
MOST_PASSING = 5_000
DEVICE = "page"  # scans recorded without scripts
KEYS_KEPT = 3  # in the cookie of one browser: a volunteer rarely welcomes for more events at a time
LEAST_LEFT = timedelta(hours=8)  # a page opened now is used for a working day


@blueprint.get("/events")
@signed_in
def events() -> str | Response:
    """The events one may scan for: those of today first, then the next ones; those that are over behind a link.

    A partner finds theirs among what is entrusted to them.
    """
    if not allows(Ability.DOOR):
        if current_account().entrusted:
            return redirect("/manage/entrusted")
        raise RoleMissing(MAY_SCAN)
    now = clock.now()
    lines = list_events(current_organiser_id(), states=SHOWN, limit=MOST_EVENTS)
    today = [line for line in lines if _is_today(line, now)]
    coming = [line for line in lines if line not in today and line.starts_at > now]
    past = [line for line in lines if line not in today and line not in coming]
    over = "over" in request.args
    return render_template("door/events.html", today=today[::-1], coming=coming[::-1], past=past, over=over)


@blueprint.get("/<slug>")
@event_staff(Ability.DOOR)
def scan_page(slug: str) -> str:
    """Waits for a ticket. The page's scripts send scans with a key of their own, which ends by itself."""
    stage = Stage(door_event(slug), clock.now())
    return render("door/scan.html", stage, door_data=door_data(stage, _key(stage.event)), text="")


@blueprint.get("/<slug>/place")
@blueprint.get("/<slug>/practice/place", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def place_page(stage: Stage) -> str:
    """Asks which door the phone stands at, and which way people go."""
    return render("door/place.html", stage)


@blueprint.post("/<slug>/place")
@blueprint.post("/<slug>/practice/place", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def choose_place(stage: Stage) -> Response:
    event = stage.event
    wanted = request.form.get("checkpoint", ""), request.form.get("direction", "")
    known = {str(checkpoint.id) for checkpoint in event.checkpoints}
    if wanted[0] in known and wanted[1] in set(Direction):
        session["doors"] = {**session.get("doors", {}), str(event.id): f"{wanted[0]}:{wanted[1]}"}
    return redirect(stage.base)


@blueprint.get("/<slug>/search")
@blueprint.get("/<slug>/practice/search", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def search(stage: Stage) -> str | Response:
    """Tickets by name, school or class (`q`), or by the `number` that was read out.

    A number that is found leads straight to its ticket; one that nobody has is an unknown ticket, as a code would be.
    """
    event = stage.event
    number = request.args.get("number", "").strip()[:200]
    text = number or request.args.get("q", "").strip()[:200]
    matches = _find(event, text, stage.now)
    if len(matches) == 1 and matches[0].reference == normal_reference(text):
        return redirect(f"{stage.base}/tickets/{matches[0].reference}")
    if number and not matches:
        return _show_verdict(stage, unknown_number(printable(number), door_words(True)), typed=number)
    tickets = [ticket_of(event, match, match.code, now=stage.now) for match in matches]
    found = [(ticket, people_text(ticket.expected, door_words(ticket.school))) for ticket in tickets]
    return render("door/search.html", stage, text=text, found=found)


@blueprint.get("/<slug>/tickets/<reference>")
@blueprint.get("/<slug>/practice/tickets/<reference>", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def ticket_page(stage: Stage, reference: str) -> str:
    """One ticket before it passes: who, how many, and the button that counts them; or why it does not pass."""
    event = stage.event
    match = next((m for m in _find(event, reference, stage.now) if m.reference == normal_reference(reference)), None)
    if match is None:
        raise NotFound(reference)
    place = _place(event)
    ticket = ticket_of(event, match, match.code, now=stage.now)
    words, reason = door_words(ticket.school), refused_for(ticket, match, place)
    refused = refusal_of(reason, ticket.label, ticket, place, event, words, now=stage.now) if reason else None
    asks = asks_headcount(ticket, match, place)
    now_passing = passing(ticket, place) if asks else Headcount()
    labels = {part: count_label(part, now_passing, ticket, place, words) for part in ("participants", "companions")}
    return render(
        "door/ticket.html",
        stage,
        planned=_planned(event, match),
        ticket=ticket,
        refused=refused,
        asks=asks,
        passing=now_passing,
        labels=labels,
        detail=question_text(ticket, place, words),
        scan_id=str(uuid4()),
    )


def _planned(event: EventRow, match: DoorMatch) -> str:
    """The hours at which the plan has a group come, where they are not its waves'."""
    hours = list_planned_arrivals(event, [match.registration_id]) if match.group else {}
    return ", ".join(format_hour(at, event.timezone, current_locale()) for at in sorted(hours.values()))


@blueprint.post("/<slug>/scan")
@blueprint.post("/<slug>/practice/scan", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def scan(stage: Stage) -> str:
    """Record a passage sent by a form, and show the verdict. Sending the form again changes nothing."""
    event, now = stage.event, stage.now
    place = _place(event)
    match = find_ticket_at_door(event, _typed_code(), now=now)
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
    device, late = f"{DEVICE}-{current_account().account_id}", match is not None and match.absent

    def record() -> ScanAnswer:
        nonlocal late
        try:
            with stage.writing():
                return record_scans(event, device, [item], now=now, event_first=late)[0]
        except GroupReturns:
            late = True
            raise

    answer = retry(record)
    if stage.practice:
        remember(event, item)
    words = door_words(ticket.school if ticket else True)
    shown = _undone(answer, words) if item.undoes else verdict_of(answer, ticket, place, event, words, now=now)
    undo = item.id if answer.result == "accepted" and not item.undoes else ""
    return _show_verdict(stage, shown, ticket=ticket, undoes=undo, ticket_words=words)


@blueprint.post("/<slug>/look-up")
@blueprint.post("/<slug>/practice/look-up", defaults={"practice": True})
@event_staff(Ability.DOOR)
@staged
def look_up(stage: Stage) -> Response:
    """For scripts: {code} → {ticket} or {ticket: null}; {text} → {tickets}."""
    event, now = stage.event, stage.now
    sent = request.get_json(silent=True)
    text, read = (sent.get("text"), sent.get("code")) if isinstance(sent, dict) else (None, None)
    if isinstance(text, str):
        return jsonify(tickets=[asdict(ticket_of(event, m, m.code, now=now)) for m in _find(event, text[:200], now)])
    if not isinstance(read, str):
        raise FieldError({"code": "required"})
    code = code_of(read[:2000]) or ""  # what is no code is looked for too: the answer takes as long
    match = find_ticket_at_door(event, code, now=now)
    return jsonify(ticket=asdict(ticket_of(event, match, code, now=now)) if match else None)


def _key(event: EventRow) -> str:
    """The key of this browser for the event's doors: the one it has while that holds for hours yet, else a new one.

    It stands in the session's cookie, which may do more than the key does.
    """
    account, now, organiser_id = current_account(), clock.now(), current_organiser_id()
    keys: dict[str, str] = session.get("door_keys", {})
    kept = keys.get(str(event.id), "")
    known = find_token(kept, now) if kept else None
    if (
        known is not None
        and (known.account_id, known.event_id, known.organiser_id) == (account.account_id, event.id, organiser_id)
        and known.expires_at is not None
        and known.expires_at - now >= LEAST_LEFT
    ):
        return kept
    with transaction():
        made = make_door_token(account.account_id, event.id, organiser_id, by=current_actor(), now=now)
    others = [(slug, key) for slug, key in keys.items() if slug != str(event.id)]
    session["door_keys"] = dict([*others[1 - KEYS_KEPT :], (str(event.id), made)])
    return made


def _show_verdict(stage: Stage, verdict: Verdict, *, typed: str = "", **values: object) -> str:
    """The full screen of an answer. `typed` is what the ways on begin with."""
    shown = {"ticket": None, "undoes": "", "ticket_words": door_words(True), **values}
    return render("door/verdict.html", stage, verdict=verdict, typed=typed, scan_id=str(uuid4()), **shown)


def printable(text: str) -> str:
    """The text without what no keyboard sends, some of which PostgreSQL cannot hold."""
    return "".join(c for c in text if c.isprintable())


def _find(event: EventRow, text: str, now: datetime) -> list[DoorMatch]:
    """By code, else by words. A ticket's whole address may be pasted."""
    plain = printable(text)
    code = code_of(plain)
    match = find_ticket_at_door(event, code, now=now) if code else None
    return [match] if match else find_at_door(event, plain, now=now)


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


def door_data(stage: Stage, key: str) -> dict[str, object]:
    """What the page's scripts need; no key in practice."""
    event, place = stage.event, _place(stage.event)
    space = next((s for s in event.spaces if s.id == place.checkpoint.space_id), None)
    return {
        "slug": event.slug,
        "base": stage.base,
        "practice": stage.practice,
        "key": key,
        "locale": current_locale(),
        "checkpoint": str(place.checkpoint.id),
        "direction": place.direction.value,
        "space": {"name": space.name, "capacity": space.capacity} if space else None,
        "now": stage.now.isoformat(),
        "today": format_day(stage.now, event.timezone, current_locale()),
        "csrf": generate_csrf(),
        "words": {"school": door_words(True), "people": door_words(False)},
    }


def render(template: str, stage: Stage, **values: object) -> str:
    """A page of the door, with what all of them show."""
    event, place = stage.event, _place(stage.event)
    return render_template(
        template,
        event=event,
        stage=stage,
        door=stage.base,
        place=place,
        present=get_occupancy(event, now=stage.now).present,
        words=door_words(True),
        fill=fill,
        may_register=allows(Ability.REGISTRATIONS_CHANGE) and not stage.practice,
        register_url=f"/manage/events/{event.slug}/registrations/new",
        **values,
    )
