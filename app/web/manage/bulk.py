"""Actions on many registrations: choose, see what it would do, the last word, how far it is, what came of it, undo."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed, NotFound
from app.core.i18n import Locale, as_locale
from app.core.transaction import in_transaction, transaction
from app.events.queries import EventRow
from app.messages.rendering import Mail, RenderContext, render
from app.registrations.bulk.operations import give_up, prepare, set_params, start, start_undo
from app.registrations.bulk.planning import BulkPlan, make_plan
from app.registrations.bulk.queries import (
    BulkBrief,
    BulkNotFound,
    BulkRow,
    count_bulks,
    get_bulk,
    holds_all,
    list_bulks,
    list_lines,
)
from app.registrations.bulk.rules import (
    MOST,
    UNDO_FOR,
    Outcome,
    Stage,
    is_ready,
    may_begin,
    may_undo,
)
from app.registrations.enums import BulkKind, RegistrationStatus
from app.registrations.queue import get_open_places
from app.reports.exports import csv_parts
from app.reports.lists import ListQuery, left_aside, read_query
from app.reports.operations.exports import finish_csv, log_csv
from app.reports.queries.registration_list import find_ids, find_own_ids
from app.web.filters import number
from app.web.guards import allows, current_access, current_account, current_actor, event_staff
from app.web.mail_frame import MailBody, framed
from app.web.manage.bulk_failures import failures_sheet
from app.web.manage.bulk_fields import fields_of, wave_choices
from app.web.manage.bulk_results import done_lines, failed_lines, is_seen, to_telephone
from app.web.manage.bulk_words import (
    KIND_ICONS,
    KIND_TITLES,
    REASONS,
    consequences,
    done_words,
    failed_words,
    line_detail,
    line_title,
    people_words,
    question_words,
    reason_words,
    registrations_words,
    undone_words,
)
from app.web.manage.event_page import event_context, get_own_event
from app.web.public.words import wave_name

blueprint = Blueprint("manage_bulk", __name__, url_prefix="/manage/events/<slug>/bulk")

PAGE = 50
Answer = str | tuple[str, int] | Response


@blueprint.get("")
@event_staff(Ability.LIST_SEE)
def index(slug: str) -> str:
    event, cursor = get_own_event(slug), request.args.get("before", "")
    before = int(cursor) if cursor.isdecimal() and len(cursor) < 10 else None
    account_id = current_account().account_id if allows(Ability.REGISTRATIONS_CHANGE) else None
    rows = list_bulks(event.id, account_id=account_id, before=before, limit=PAGE + 1)
    here = _url(event)
    return render_template(
        "manage/bulk/list.html",
        rows=rows[:PAGE],
        total=count_bulks(event.id),
        next_url=f"{here}?before={rows[PAGE - 1].id}" if len(rows) > PAGE else None,
        first_url=here if before else None,
        summary=_summary,
        **_context(event, None),
    )


@blueprint.post("")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def choose(slug: str) -> Response:
    """What the list of registrations sends: `action`, and `ids` or `all=1` with what narrows the list."""
    event = get_own_event(slug)
    back = f"/manage/events/{event.slug}/registrations"
    kind = next((k for k in BulkKind if k.value == request.values.get("action")), None)
    if kind is None:
        flash(_("Choose what to do with them."), "waiting")
        return redirect(back)
    if request.values.get("all") == "1" and left_aside(_sent(), _asked(event)):
        flash(_("One of the filters means nothing any more: the list is longer now. Look at it again."), "waiting")
        return redirect(f"{back}?{urlencode(_asked(event).to_args() or [('view', 'all')])}")
    try:
        with transaction():
            bulk_id = prepare(event, kind, _chosen_ids(event), by=current_actor(), now=clock.now())
    except FieldError as error:
        if error.problems["ids"] == "too_many":
            flash(_("%(most)s registrations at a time at most. Narrow the list.", most=number(MOST)), "waiting")
        else:
            flash(_("Tick at least one registration."), "waiting")
        return redirect(back)
    except MoveNotAllowed:
        flash(_("This event does not take that now."), "waiting")
        return redirect(back)
    return redirect(_url(event, bulk_id))


@blueprint.get("/<int:bulk_id>")
@event_staff(Ability.LIST_SEE)
def show(slug: str, bulk_id: int) -> str | Response:
    """What it would do, how far it is, or what came of it: to be left and found again."""
    event, row = _find(slug, bulk_id)
    if row.stage is Stage.PREPARED:
        return _check_page(event, row) if is_ready(row.kind, row.params) else redirect(_url(event, row.id, "edit"))
    return _state_page(event, row)


@blueprint.get("/<int:bulk_id>/edit")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def edit(slug: str, bulk_id: int) -> str | Response:
    event, row = _find(slug, bulk_id)
    if row.stage is not Stage.PREPARED or row.kind is BulkKind.MAIL:
        return redirect(_url(event, row.id))
    plan = _plan(event, row)
    return _edit_page(event, row, plan, fields_of(event, row, plan, sent=False))


@blueprint.post("/<int:bulk_id>/edit")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def save(slug: str, bulk_id: int) -> Answer:
    event, row = _find(slug, bulk_id)
    if row.stage is not Stage.PREPARED or row.kind is BulkKind.MAIL:
        return redirect(_url(event, row.id))
    plan = _plan(event, row)
    form = fields_of(event, row, plan, sent=True)
    if not form.validate_on_submit():
        return _edit_page(event, row, plan, form), 422
    try:
        with transaction():
            set_params(row.id, form.params())
    except MoveNotAllowed:  # begun meanwhile, in another window
        pass
    return redirect(_url(event, row.id))


@blueprint.get("/<int:bulk_id>/mail/<any(fr, en):locale>/html")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def show_mail(slug: str, bulk_id: int, locale: str) -> Response:
    """The message as it would leave for one of those who read that language: what the frame of the page shows."""
    event, row = _find(slug, bulk_id)
    mail = _sample(event, row, as_locale(locale), _plan(event, row))
    if mail is None:
        raise NotFound("html")
    return MailBody(framed(mail.html, mail.attachments), content_type="text/html; charset=utf-8")


@blueprint.post("/<int:bulk_id>/start")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def begin(slug: str, bulk_id: int) -> Response:
    """The last word, or going on where it stopped. Pressed twice, it begins once."""
    event, row = _find(slug, bulk_id)
    try:
        in_transaction(lambda: start(row.id, event, by=current_actor(), now=clock.now()))
    except MoveNotAllowed:
        flash(_("It was not begun: something changed meanwhile. Look again."), "waiting")
    return redirect(_url(event, row.id))


@blueprint.post("/<int:bulk_id>/removal")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def remove(slug: str, bulk_id: int) -> Response:
    event, row = _find(slug, bulk_id)
    try:
        with transaction():
            give_up(row.id, event, by=current_actor())
    except MoveNotAllowed:
        return redirect(_url(event, row.id))
    flash(_("Nothing was done."), "info")
    return redirect(f"/manage/events/{event.slug}/registrations")


@blueprint.get("/<int:bulk_id>/undo")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask_undo(slug: str, bulk_id: int) -> str | Response:
    event, row = _find(slug, bulk_id)
    if not _is_undoable(row) or not _is_whole(row):
        return redirect(_url(event, row.id))
    left = sum(item.undo in {None, Outcome.NOT_YOURS} for item in row.done)
    return render_template(
        "manage/bulk/undo.html", row=row, registrations=registrations_words(left), **_context(event, row)
    )


@blueprint.post("/<int:bulk_id>/undo")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def undo(slug: str, bulk_id: int) -> Response:
    event, row = _find(slug, bulk_id)
    try:
        in_transaction(lambda: start_undo(row.id, event, by=current_actor(), now=clock.now()))
    except MoveNotAllowed:
        if _is_whole(row):
            flash(_("It can no longer be undone."), "waiting")
        else:
            flash(_("Only somebody who sees all of these registrations can undo it."), "waiting")
    return redirect(_url(event, row.id))


@blueprint.get("/<int:bulk_id>/failures.csv")
@event_staff(Ability.EXPORT)
def failures(slug: str, bulk_id: int) -> Response:
    """Those with whom it could not be done, and why. It is noted who takes it out, as with every list."""
    event, row = _find(slug, bulk_id)
    found = failed_lines(event, row)
    draft, sheet = failures_sheet(event, row, found, named=allows(Ability.PEOPLE_SEE))
    headers = {"Content-Disposition": f'attachment; filename="{draft.file_name}"', "Cache-Control": "no-store"}
    content = b"".join(csv_parts(sheet))
    if request.method == "GET":
        now = clock.now()
        with transaction():
            finish_csv(log_csv(draft, by=current_actor(), now=now), len(found), now=now)
    return Response(content, content_type="text/csv; charset=utf-8", headers=headers)


def _chosen_ids(event: EventRow) -> list[int]:
    """The registrations that were chosen, as far as the person has them."""
    access = current_access()
    if request.values.get("all") == "1":
        return find_ids(event, _asked(event), access)
    sent = request.form.getlist("ids")[: MOST + 1]
    ids = [int(i) for i in sent if i.isascii() and i.isdecimal() and len(i) < 10]
    return find_own_ids(event, ids, access)


def _sent() -> list[tuple[str, str]]:
    return [(name, value) for name in request.values for value in request.values.getlist(name)]


def _asked(event: EventRow) -> ListQuery:
    return read_query(request.values, event, current_access())


def _find(slug: str, bulk_id: int) -> tuple[EventRow, BulkRow]:
    """The event's action. One that is only prepared is its maker's alone. Raises BulkNotFound."""
    event = get_own_event(slug)
    row = get_bulk(bulk_id, event_id=event.id)
    if row.stage is Stage.PREPARED and row.account_id != current_account().account_id:
        raise BulkNotFound(str(bulk_id))
    return event, row


def _url(event: EventRow, bulk_id: int | None = None, page: str = "") -> str:
    base = f"/manage/events/{event.slug}/bulk"
    return base if bulk_id is None else f"{base}/{bulk_id}" + (f"/{page}" if page else "")


def _plan(event: EventRow, row: BulkRow) -> BulkPlan:
    """What it would do now, with those whom the person sees."""
    lines = [line for line in list_lines(event.id, row.registration_ids) if is_seen(line)]
    return make_plan(row.kind, row.params, lines, event, get_open_places(event, now=clock.now()))


def _sample(event: EventRow, row: BulkRow, locale: Locale, plan: BulkPlan) -> Mail | None:
    """The message to the first who reads that language, else to the first of all."""
    if row.kind is not BulkKind.MESSAGE or not is_ready(row.kind, row.params):
        return None
    reached = [line for line in plan.can if line.has_mail]
    line = next((line for line in reached if as_locale(line.locale) == locale), reached[0] if reached else None)
    if line is None:
        return None
    params, subject = {"registration_id": line.id, "bulk_id": row.id}, f"registration:{line.id}"
    return render(
        "registrations.message", RenderContext(params, locale, event.organiser_id, clock.now(), subject, message_id=0)
    )


def _edit_page(event: EventRow, row: BulkRow, plan: BulkPlan, form: Any) -> str:
    off = {RegistrationStatus.CANCELLED, RegistrationStatus.LAPSED}
    return render_template(
        "manage/bulk/edit.html",
        row=row,
        plan=plan,
        form=form,
        off=sum(line.status in off and line.has_mail for line in (*plan.can, *(line for line, _why in plan.cannot))),
        waves=wave_choices(event, plan),
        several=event.enrolment.value == "several",
        chosen=(registrations_words(len(plan.can)), people_words(plan.people)),
        **_context(event, row),
    )


def _check_page(event: EventRow, row: BulkRow) -> str:
    plan = _plan(event, row)
    mails = [(code, mail) for code in ("fr", "en") if (mail := _sample(event, row, as_locale(code), plan)) is not None]
    if not row.params.get("text_en"):
        mails = mails[:1]
    return render_template(
        "manage/bulk/check.html",
        row=row,
        plan=plan,
        mails=mails,
        open_to=may_begin(row.kind, event),
        question=question_words(row.kind, plan),
        consequences=consequences(row, plan, event),
        wave_names={wave.id: wave_name(event, wave) for wave in event.waves},
        **_context(event, row),
    )


def _state_page(event: EventRow, row: BulkRow) -> str:
    found = failed_lines(event, row)
    concerned = () if row.at_work else done_lines(event, row)
    page = request.args.get("page", "")
    first = PAGE * max(0, int(page) - 1) if page.isdecimal() and len(page) < 6 else 0
    here, undoable = _url(event, row.id), _is_undoable(row)
    return render_template(
        "manage/bulk/state.html",
        row=row,
        failures=found[first : first + PAGE],
        first=first,
        shown=len(found),
        hidden=len(row.failures) - len(found),
        concerned=concerned,
        silent=to_telephone(row, concerned) if allows(Ability.PEOPLE_SEE) else (),
        prev_url=f"{here}?page={first // PAGE}" if first else None,
        next_url=f"{here}?page={first // PAGE + 2}" if first + PAGE < len(found) else None,
        undoable=undoable,
        whole=(undoable or row.stage is Stage.UNDO_STOPPED) and _is_whole(row),
        may_change=allows(Ability.REGISTRATIONS_CHANGE),
        undo_until=row.finished_at + UNDO_FOR if row.finished_at else None,
        why=reason_words(row, event) if row.kind is BulkKind.CANCEL else "",
        wave_names={wave.id: wave_name(event, wave) for wave in event.waves},
        summary=_summary(row),
        **_context(event, row),
    )


def _is_undoable(row: BulkRow) -> bool:
    """Whether somebody can undo it now."""
    return bool(row.done) and may_undo(row.kind, row.stage, row.finished_at, clock.now(), left=row.left)


def _is_whole(row: BulkRow) -> bool:
    """Whether the reader may change all that was done: who has a part of the rows would use up everybody's undoing."""
    return holds_all(current_access(), row.event_id, [item.id for item in row.done])


def _summary(row: BulkBrief | BulkRow) -> list[str]:
    """What came of it in a few words: done, failed, put back."""
    counts = row.counts
    said = [done_words(row.kind, counts.done)] if counts.done else []
    said += [failed_words(counts.failed)] if counts.failed else []
    return [*said, undone_words(counts.put_back)] if row.stage is Stage.UNDONE else said


def _context(event: EventRow, row: BulkRow | None) -> dict[str, Any]:
    return {
        **event_context(event, "registrations"),
        "bulk_url": _url(event),
        "row_url": _url(event, row.id) if row else "",
        "list_url": f"/manage/events/{event.slug}/registrations",
        "kind_titles": KIND_TITLES,
        "kind_icons": KIND_ICONS,
        "reasons": REASONS,
        "line_title": line_title,
        "line_detail": line_detail,
    }
