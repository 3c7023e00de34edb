"""Settling counts from the live board: one of two, another figure, or both."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField

from app.accounts.rules import Ability
from app.checkin.enums import ConflictKind
from app.checkin.errors import ConflictNotFound, ConflictSettled
from app.checkin.operations.conflicts import MOST, settle_conflict
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import in_transaction
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.reports.queries.live_conflicts import ToConfirm, find_to_confirm
from app.web.forms.base import Between, Length, Maybe, PageForm, Required
from app.web.forms.timetable import Whole
from app.web.guards import current_actor, event_staff
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.live_board import forget_boards, reader_now
from app.web.manage.live_board_words import count_line, people_words

blueprint = Blueprint("manage_live_counts", __name__, url_prefix="/manage/events/<slug>/live/counts")

Answer = str | tuple[str, int] | Response


class CountForm(PageForm):
    """How many there are, as staff counted them."""

    participants = Whole(_l("Participants"), [Required("number"), Between(0, MOST)])
    companions = Whole(_l("Companions"), [Maybe(), Between(0, MOST)])
    note = StringField(_l("Note"), [Length(300)])


@blueprint.post("")
@event_staff(Ability.DOOR)
def settle(slug: str) -> Response:
    """One press on the board: `settled` is « 12:first », « 12:second » or « 12:both ». Of a passage of a phone that was taken off,
    « both » is that it counts, « first » that it does not.
    """
    event = get_own_event(slug)
    number, _colon, choice = request.form.get("settled", "").partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NotFound(f"count {number}")
    row = find_to_confirm(event.id, int(number))
    if row is None:
        return _too_late(slug)
    outcomes: dict[str, Headcount | None] = {"first": row.first.heads}
    if row.kind is not ConflictKind.LATE:
        outcomes["second"] = row.second.heads
    if row.kind is not ConflictKind.DIFFERS:
        outcomes["both"] = None
    if choice not in outcomes:
        raise NotFound(f"count {choice}")
    return _settled(event, row, outcomes[choice])


@blueprint.get("/<int:conflict_id>")
@event_staff(Ability.DOOR)
def another(slug: str, conflict_id: int) -> Answer:
    event = get_own_event(slug)
    row = find_to_confirm(event.id, conflict_id)
    if row is None:
        return _too_late(slug)
    if row.kind is ConflictKind.LATE:
        raise NotFound(f"count {conflict_id}")
    return _page(
        event, row, CountForm(formdata=None, participants=row.expected.participants, companions=row.expected.companions)
    )


@blueprint.post("/<int:conflict_id>")
@event_staff(Ability.DOOR)
def save(slug: str, conflict_id: int) -> Answer:
    event, form = get_own_event(slug), CountForm()
    row = find_to_confirm(event.id, conflict_id)
    if row is None:
        return _too_late(slug)
    if not form.validate_on_submit():
        return _page(event, row, form), 422
    outcome = Headcount(form.participants.data or 0, form.companions.data or 0)
    try:
        return _settled(event, row, outcome, note=form.note.data or "")
    except FieldError as error:
        form.show_refusal(error)
        return _page(event, row, form), 422


def _settled(event: EventRow, row: ToConfirm, outcome: Headcount | None, note: str = "") -> Response:
    try:
        in_transaction(lambda: settle_conflict(row.id, outcome, by=current_actor(), now=clock.now(), note=note))
    except (ConflictSettled, ConflictNotFound):
        return _too_late(event.slug)
    forget_boards()
    name = count_line(event, row, reader_now()).name
    if row.kind is ConflictKind.LATE and outcome is None:
        flash(_("%(name)s: the passage is counted.", name=name), "ok")
    elif row.kind is ConflictKind.LATE:
        flash(_("%(name)s: the passage is not counted.", name=name), "ok")
    elif outcome is None:
        flash(_("%(name)s: both counts stand.", name=name), "ok")
    else:
        flash(_("%(name)s: %(count)s, it is noted.", name=name, count=people_words(outcome)), "ok")
    return redirect(f"/manage/events/{event.slug}/live", 303)


def _too_late(slug: str) -> Response:
    forget_boards()
    flash(_("Nothing to confirm: somebody was first, or the passage was taken back."), "info")
    return redirect(f"/manage/events/{slug}/live", 303)


def _page(event: EventRow, row: ToConfirm, form: CountForm) -> str:
    return render_template(
        "manage/live/count.html",
        form=form,
        row=row,
        line=count_line(event, row, reader_now()),
        **event_context(event, "live"),
    )
