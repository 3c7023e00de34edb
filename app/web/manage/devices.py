"""« Téléphones » of an event: a code by which phones become devices, and every phone with what it still keeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, session
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.checkin.devices.errors import EventOver
from app.checkin.devices.operations import end_code, make_code, rename_device, revoke_device
from app.checkin.devices.queries import CodeRow, DeviceRow, find_code, find_device_of_event, list_devices
from app.checkin.devices.rules import LARGE_OFFSET, SILENT_AFTER, DeviceState, list_ends_at
from app.checkin.enums import DeviceMode
from app.core import clock
from app.core.errors import FieldError, NotAllowed, NotFound
from app.core.transaction import in_transaction
from app.core.urls import absolute
from app.documents.qr import qr_svg
from app.events.queries import EventRow
from app.reports.queries.live_conflicts import list_late
from app.web.filters import day, hour
from app.web.forms.devices import CodeForm, PhoneNameForm
from app.web.guards import allows, current_account, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.live_board import reader_now
from app.web.manage.live_board_words import count_line
from app.web.manage.phone_words import lost_words, unsent_words, with_people

blueprint = Blueprint("manage_devices", __name__, url_prefix="/manage/events/<slug>/devices")

CODES_KEPT = 3  # in the cookie of one browser
KEPT = "phone_codes"
Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class CodeView:
    """A code that is shown: the address that phones read or somebody types, and until when."""

    url: str
    qr: Markup
    mode: DeviceMode
    places: str
    until: str


@dataclass(frozen=True)
class PhoneView:
    """A phone in words. `state` chooses its badge; `ends` is what the question before it is taken off says, empty where
    the person may not do that.
    """

    id: int
    name: str
    owner: str
    mode: DeviceMode
    state: str
    heard: str
    ended: str
    unsent: str
    since: str
    clock: str
    places: str
    ends: str
    lost: str


@dataclass(frozen=True)
class CodePhones:
    """Phones in use that read one code: several, and the person may take all of them off. `question` tells how many they are."""

    id: int
    title: str
    question: str


@blueprint.get("")
@event_staff(Ability.DOOR)
def show(slug: str) -> str:
    """The phones; the list and the code refresh themselves."""
    return _page(get_own_event(slug), CodeForm(formdata=None))


@blueprint.post("")
@event_staff(Ability.DOOR)
def make(slug: str) -> Answer:
    """A new code: what is shown of the one before goes on until its time is over."""
    event = get_own_event(slug)
    form = CodeForm().offer(event, current_locale())
    if not form.validate_on_submit():
        return _page(event, form), 422
    mode, now = DeviceMode(form.mode.data), clock.now()
    try:
        secret = in_transaction(lambda: make_code(event, form.checkpoint_ids, mode, by=current_actor(), now=now))
    except EventOver:
        return _over(slug)
    _keep(event, secret)
    return redirect(f"/manage/events/{slug}/devices#code", 303)


@blueprint.post("/own")
@event_staff(Ability.DOOR)
def use_own(slug: str) -> Response:
    """The very phone that asks becomes a device, in one press: it goes on at the door's page, which reads the code."""
    event, now = get_own_event(slug), clock.now()
    try:
        secret = in_transaction(lambda: make_code(event, (), DeviceMode.DOOR, by=current_actor(), now=now, own=True))
    except EventOver:
        return _over(slug)
    return redirect(f"/door#e={secret}", 303)


@blueprint.post("/code/end")
@event_staff(Ability.DOOR)
def end(slug: str) -> Response:
    """No further phone gets in by the code that is shown."""
    event, now = get_own_event(slug), clock.now()
    secret = session.get(KEPT, {}).get(str(event.id))
    if secret:
        in_transaction(lambda: end_code(event, secret, by=current_actor(), now=now))
        session[KEPT] = {key: kept for key, kept in session[KEPT].items() if key != str(event.id)}
    flash(_("The code opens nothing any more. Phones that read it before stay."), "ok")
    return redirect(f"/manage/events/{slug}/devices", 303)


@blueprint.post("/<int:device_id>/revocation")
@event_staff(Ability.DOOR)
def revoke(slug: str, device_id: int) -> Response:
    """Take a phone off. Who does not manage the event does so with their own phone, and with those that read their code."""
    (_event, device), now = _own_phone(slug, device_id), clock.now()
    in_transaction(lambda: revoke_device(device, by=current_actor(), now=now))
    flash(_("“%(name)s” is taken off. It drops its list as soon as it has network.", name=device.name), "ok")
    return redirect(f"/manage/events/{slug}/devices", 303)


@blueprint.post("/codes/<int:code_id>/revocation")
@event_staff(Ability.DOOR)
def revoke_all(slug: str, code_id: int) -> Response:
    """Take off every phone in use that read this code: it went to somebody who should not have it."""
    event, now = get_own_event(slug), clock.now()
    phones = [phone for phone in list_devices(event.id) if phone.code_id == code_id]
    if not phones:
        raise NotFound("code")
    if not all(_may_revoke(phone) for phone in phones):
        raise NotAllowed("phones of somebody else are among them")
    used = [phone for phone in phones if phone.state(now) is DeviceState.ENROLLED]

    def work() -> None:
        for phone in used:
            revoke_device(phone, by=current_actor(), now=now)

    in_transaction(work)
    said = ngettext("%(num)d phone is taken off.", "%(num)d phones are taken off.", len(used))
    rest = _("They drop their list as soon as they have network.")
    flash(f"{said} {rest}", "ok")
    return redirect(f"/manage/events/{slug}/devices", 303)


@blueprint.get("/<int:device_id>/name")
@event_staff(Ability.DOOR)
def ask_name(slug: str, device_id: int) -> str:
    event, device = _own_phone(slug, device_id)
    return _name_page(event, device, PhoneNameForm(formdata=None, data={"name": device.name}))


@blueprint.post("/<int:device_id>/name")
@event_staff(Ability.DOOR)
def rename(slug: str, device_id: int) -> Answer:
    """Say which phone it is; the phone itself shows that name as soon as it has network."""
    (event, device), form, now = _own_phone(slug, device_id), PhoneNameForm(), clock.now()
    if not form.validate_on_submit():
        return _name_page(event, device, form), 422
    try:
        in_transaction(lambda: rename_device(device, form.name.data or "", by=current_actor(), now=now))
    except FieldError as error:
        form.show_refusal(error)
        return _name_page(event, device, form), 422
    flash(_("Saved."), "ok")
    return redirect(f"/manage/events/{slug}/devices", 303)


def _own_phone(slug: str, device_id: int) -> tuple[EventRow, DeviceRow]:
    """A phone that this person may name: one that they may take off."""
    event = get_own_event(slug)
    device = find_device_of_event(device_id, event.id)
    if device is None:
        raise NotFound("device")
    if not _may_revoke(device):
        raise NotAllowed("this phone is somebody else's")
    return event, device


def _name_page(event: EventRow, device: DeviceRow, form: PhoneNameForm) -> str:
    return render_template("manage/devices/name.html", form=form, phone=device, **event_context(event, "devices"))


def _page(event: EventRow, form: CodeForm) -> str:
    now, reader, ends = clock.now(), reader_now(), list_ends_at(event.last_ends_at)
    devices = list_devices(event.id)
    phones = [_view(device, event, now) for device in devices]
    return render_template(
        "manage/devices/show.html",
        form=form.offer(event, current_locale()),
        code=_shown_code(event, now),
        phones=[phone for phone in phones if phone.state in {"connected", "silent"}],
        ended=[phone for phone in phones if phone.state not in {"connected", "silent"}],
        late=[count_line(event, row, reader) for row in list_late(event.id)],
        codes=_codes(event, devices, now),
        over=ends <= now,
        ends=_("%(day)s at %(hour)s", day=day(ends, event.timezone), hour=hour(ends, event.timezone)),
        modes=DeviceMode,
        **event_context(event, "devices"),
    )


def _shown_code(event: EventRow, now: datetime) -> CodeView | None:
    """The code that this person made last, while phones may read it."""
    secret = session.get(KEPT, {}).get(str(event.id))
    found: CodeRow | None = find_code(event.id, secret, now=now) if secret else None
    if found is None:
        return None
    url = absolute(f"/door#e={secret}")
    drawn = Markup(qr_svg(url))  # noqa: S704 - drawn by us, it holds numbers only
    return CodeView(
        url, drawn, found.mode, _places(event, found.checkpoint_ids), hour(found.expires_at, event.timezone)
    )


def _keep(event: EventRow, secret: str) -> None:
    """The code stands in the cookie of who made it: the database knows its digest alone."""
    others = [(key, kept) for key, kept in session.get(KEPT, {}).items() if key != str(event.id)]
    session[KEPT] = dict([*others[1 - CODES_KEPT :], (str(event.id), secret)])


def _may_revoke(device: DeviceRow) -> bool:
    own = current_account().account_id in {device.account_id, device.made_by_id}
    return own or allows(Ability.EVENT_MOVE)


def _view(device: DeviceRow, event: EventRow, now: datetime) -> PhoneView:
    state = device.state(now)
    shown = state.value
    if state is DeviceState.ENROLLED:
        shown = "silent" if now - device.last_contact_at >= SILENT_AFTER else "connected"
    return PhoneView(
        id=device.id,
        name=device.name,
        owner=device.account_name,
        mode=device.mode,
        state=shown,
        heard=ago(device.last_contact_at, now),
        ended=_ended(device, event),
        unsent=unsent_words(device.unsent, device.lost_people) if device.unsent else "",
        since=_moment(device.unsent_since, event, now) if device.unsent_since else "",
        clock=_clock(device.behind),
        places=_places(event, device.checkpoint_ids),
        ends=_question(device) if state in {DeviceState.ENROLLED, DeviceState.OVER} and _may_revoke(device) else "",
        lost=_lost(device),
    )


def _lost(device: DeviceRow) -> str:
    """« 1 passage perdu (13 personnes) » of a phone that signed out with passages that it had not sent."""
    if device.signed_out_at is None or not device.unsent:
        return ""
    return lost_words(device.unsent, device.lost_people)


def _codes(event: EventRow, devices: list[DeviceRow], now: datetime) -> list[CodePhones]:
    """The codes that several phones in use read, the newest first, where the person may take all of these off."""
    used = [d for d in devices if d.state(now) is DeviceState.ENROLLED and d.code_id is not None]
    found = []
    for code_id in sorted({d.code_id for d in used if d.code_id is not None}, reverse=True):
        phones = [d for d in used if d.code_id == code_id]
        if len(phones) > 1 and all(_may_revoke(d) for d in devices if d.code_id == code_id):
            found.append(CodePhones(code_id, _code_title(event, phones, now), _question_all(phones)))
    return found


def _code_title(event: EventRow, phones: list[DeviceRow], now: datetime) -> str:
    made = _moment(phones[0].code_made_at or phones[0].enrolled_at, event, now)
    count = ngettext("%(num)d phone", "%(num)d phones", len(phones))
    return str(_("Code of %(when)s: %(phones)s", when=made, phones=count))


def _question_all(phones: list[DeviceRow]) -> str:
    asked = ngettext(
        "Take %(num)d phone off? It scans nothing any more and drops its list.",
        "Take %(num)d phones off? They scan nothing any more and drop their list.",
        len(phones),
    )
    return (
        f"{asked} {kept}"
        if (kept := _kept(sum(p.unsent for p in phones), sum(p.lost_people for p in phones), several=True))
        else str(asked)
    )


def ago(moment: datetime, now: datetime) -> str:
    """« il y a 2 min »."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return str(_("just now"))
    if minutes < 60:
        return str(ngettext("%(num)d min ago", "%(num)d min ago", minutes))
    hours = minutes // 60
    if hours < 24:
        return str(ngettext("%(num)d h ago", "%(num)d h ago", hours))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", hours // 24))


def _moment(moment: datetime, event: EventRow, now: datetime) -> str:
    """The hour, with its day when that is another one."""
    told = hour(moment, event.timezone)
    if now - moment < timedelta(hours=12):
        return told
    return str(_("%(day)s at %(hour)s", day=day(moment, event.timezone), hour=told))


def _ended(device: DeviceRow, event: EventRow) -> str:
    """« Retiré à 9 h 40 par Inès Roux »."""
    if device.revoked_at is not None:
        at = hour(device.revoked_at, event.timezone)
        if device.revoked_by:
            return str(_("Taken off at %(hour)s by %(name)s", hour=at, name=device.revoked_by))
        return str(_("Taken off at %(hour)s", hour=at))
    if device.signed_out_at is not None:
        return str(_("Signed out by itself at %(hour)s", hour=hour(device.signed_out_at, event.timezone)))
    return ""


def _clock(behind: timedelta | None) -> str:
    """Said only where the phone itself shows a wrong hour."""
    if behind is None or abs(behind) < LARGE_OFFSET:
        return ""
    minutes = int(abs(behind).total_seconds() // 60)
    if behind > timedelta():
        return str(ngettext("Its clock is %(num)d minute behind", "Its clock is %(num)d minutes behind", minutes))
    return str(ngettext("Its clock is %(num)d minute ahead", "Its clock is %(num)d minutes ahead", minutes))


def _places(event: EventRow, checkpoint_ids: tuple[int, ...]) -> str:
    """The doors that it stands at."""
    names = [c.label(current_locale()) for c in event.checkpoints if c.id in checkpoint_ids]
    return ", ".join(names) or str(_("All doors and spaces"))


def _question(device: DeviceRow) -> str:
    asked = str(_("Take “%(name)s” off? It scans nothing any more and drops its list.", name=device.name))
    return f"{asked} {kept}" if (kept := _kept(device.unsent, device.lost_people, several=False)) else asked


def _kept(unsent: int, people: int, *, several: bool) -> str:
    """What phones that are taken off may still send; "" where they keep nothing."""
    if not unsent:
        return ""
    kept = with_people(ngettext("%(num)d passage", "%(num)d passages", unsent), people)
    if several:
        return str(
            _("When they were last heard of they still kept %(passages)s, to be sent within a day.", passages=kept)
        )
    return str(
        _(
            "When it was last heard of it still kept %(passages)s, to be sent within a day, once it has network.",
            passages=kept,
        )
    )


def _over(slug: str) -> Response:
    flash(_("This event is over: no phone is taken any more."), "info")
    return redirect(f"/manage/events/{slug}/devices", 303)
