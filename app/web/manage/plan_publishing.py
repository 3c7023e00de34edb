"""A draft beside the plan in force: who moves from when to when; then it is put in force and people are told, or dropped."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.enums import EDITABLE
from app.events.errors import EventReadOnly
from app.events.queries import EventRow
from app.flows.enums import PLAN_MOVES, PlanMove, PlanState
from app.flows.errors import PlanBroken, PlanChanged, PlanIncomplete, PlanOutOfDate
from app.flows.operations import drop_plan, publish_plan
from app.flows.operations.publishing import list_missing
from app.flows.queries import (
    WholePlan,
    compare,
    find_plan_in_force,
    get_plan,
    is_out_of_date,
    list_passages,
    list_plan_breaches,
)
from app.flows.queries.comparing import WHO
from app.registrations.queries import RegistrationRow, list_registrations_by_id
from app.web.filters import number as counted
from app.web.guards import current_actor, event_staff
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.plan_words import breach_words, list_change_words, name_of, name_of_registration, team_name

blueprint = Blueprint("manage_plan_publishing", __name__, url_prefix="/manage/events/<slug>/plan/<int:number>")

Answer = str | tuple[str, int] | Response
STALE_SHOWN = 5
SHOWN = 200
"""Passages that a comparison shows; the rest is counted."""


@blueprint.get("/compare")
@event_staff(Ability.PROGRAMME_SEE)
def comparison(slug: str, number: int) -> str:
    event = get_own_event(slug)
    return _page(event, get_plan(event.id, number))


@blueprint.post("/publish")
@event_staff(Ability.PROGRAMME_CHANGE)
def publish(slug: str, number: int) -> Answer:
    event = get_own_event(slug)
    if event.state not in EDITABLE:
        raise EventReadOnly
    plan = get_plan(event.id, number)
    incomplete, revision = request.form.get("incomplete") == "1", _revision()
    try:
        changed = in_transaction(
            lambda: publish_plan(
                plan.id, by=current_actor(), now=clock.now(), revision=revision, incomplete=incomplete
            )
        )  # fmt: skip
    except PlanIncomplete:
        return _page(event, plan, error=_("Groups are missing: say that you know, or plan again.")), 422
    except PlanOutOfDate:
        return _page(event, plan, error=_stale_words(event, plan)), 409
    except PlanBroken:
        return _page(event, plan, error=_("This plan cannot hold yet: mend what is said below.")), 409
    except PlanChanged:
        text = _("Somebody changed this plan meanwhile. Look at what it is now, then publish it.")
        return _page(event, get_plan(event.id, number), error=text), 409
    except MoveNotAllowed:
        if _is_empty(plan):
            return _page(event, plan, error=_empty_words()), 409
        flash(_("Nothing was published: this plan is no draft any more, or the event has no date, or is over."), "info")
        return redirect(f"/manage/events/{slug}/plan", 303)
    mails = sum(1 for row in _rows(changed) if _is_told(row))
    text = ngettext("The plan is in force. %(count)s mail goes out.", "The plan is in force. %(count)s mails go out.", mails,
                    count=counted(mails)) if mails else _("The plan is in force. Nobody is told by mail.")  # fmt: skip
    flash(text, "ok")
    return redirect(f"/manage/events/{slug}/plan?published={number}", 303)


@blueprint.get("/drop")
@event_staff(Ability.PROGRAMME_CHANGE)
def ask_drop(slug: str, number: int) -> Answer:
    event = get_own_event(slug)
    plan = get_plan(event.id, number)
    if (plan.state, PlanMove.DROP) not in PLAN_MOVES:
        flash(_("This plan is dropped or replaced already."), "info")
        return redirect(f"/manage/events/{slug}/plan", 303)
    rows = _told_rows(plan) if plan.state is PlanState.IN_FORCE else []
    return render_template(
        "manage/plan/drop.html", plan=plan, in_force=plan.state is PlanState.IN_FORCE,
        mails=sum(1 for row in rows if _is_told(row)), told=len(rows),
        silent=sum(1 for row in rows if row.alive and not row.contact_email),
        **event_context(event, "plan"),
    )  # fmt: skip


@blueprint.post("/drop")
@event_staff(Ability.PROGRAMME_CHANGE)
def drop(slug: str, number: int) -> Response:
    event = get_own_event(slug)
    plan = get_plan(event.id, number)
    revision = None if plan.state is PlanState.MAKING else _revision()
    try:
        in_transaction(lambda: drop_plan(plan.id, by=current_actor(), now=clock.now(), revision=revision))
        in_force = plan.state is PlanState.IN_FORCE
        text = (
            _("Plan %(number)s is withdrawn.", number=number)
            if in_force
            else _("Plan %(number)s is dropped.", number=number)
        )
        flash(text, "ok")
    except PlanChanged:
        flash(_("Somebody changed this plan meanwhile. It was not dropped: look at it first."), "info")
    except MoveNotAllowed:
        over = event.is_over(clock.now())
        flash(
            _("This event is over: its plans stay.") if over else _("This plan is dropped or replaced already."), "info"
        )
    return redirect(f"/manage/events/{slug}/plan", 303)


def _is_empty(plan: WholePlan) -> bool:
    """Whether none of the groups of a draft still comes."""
    rows = list_passages(plan.id) if plan.state is PlanState.DRAFT else []
    return bool(rows) and all(row.gone for row in rows)


def _empty_words() -> str:
    return str(_("None of the groups of this plan still comes: plan again."))


def _stale_words(event: EventRow, plan: WholePlan) -> str:
    """What the draft does not know yet, and what to do."""
    changes = [change for change in is_out_of_date(plan, event) if change.kind not in WHO]
    rows = _rows({change.registration_id for change in changes if change.registration_id is not None})
    names = {row.id: name_of_registration(row) for row in rows}
    said = list_change_words(changes, event, names)
    why = said[:STALE_SHOWN] or [_("It puts elsewhere what has begun by now.")]
    return " ".join([_("This plan is out of date: plan again, then publish what comes of it."), *why])


def _revision() -> int:
    sent = request.form.get("revision", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else 0


def _rows(ids: Any) -> list[RegistrationRow]:
    return list_registrations_by_id(list(ids)) if ids else []


def _told_rows(plan: WholePlan) -> list[RegistrationRow]:
    """Those concerned when the plan in force goes."""
    return _rows(compare(None, plan).registrations)


def _is_told(row: RegistrationRow) -> bool:
    """As the mails are queued."""
    return bool(row.contact_email) and row.alive


def _page(event: EventRow, plan: WholePlan, *, error: str = "") -> str:
    current = find_plan_in_force(event.id)
    other = None if current is None or current.id == plan.id else current
    found = compare(other, plan)
    rows = _rows(found.registrations)
    is_draft = plan.state is PlanState.DRAFT
    missing = list_missing(event, list_passages(plan.id)) if is_draft else ()
    names = {row.id: name_of_registration(row) for row in _rows({registration for registration, _wave in missing})}
    return render_template(
        "manage/plan/compare.html",
        plan=plan, other=other, found=found, shown=SHOWN, error=error, is_draft=is_draft,
        mails=sum(1 for row in rows if _is_told(row)), calls=[row for row in rows if row.alive and not row.contact_email],
        breaches=[breach_words(breach, event) for breach in list_plan_breaches(plan, event)] if is_draft else [],
        missing=[(names.get(registration, ""), event.wave(wave)) for registration, wave in missing],
        name_of=name_of, name_of_registration=name_of_registration, team_name=team_name,
        several=len(plan.hours.days) > 1, empty=_empty_words() if _is_empty(plan) else "",
        **event_context(event, "plan"),
    )  # fmt: skip
