"""A draft changed by hand: a passage is moved or pinned; what that breaks is said before it is kept."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.enums import EDITABLE
from app.events.errors import EventReadOnly
from app.events.queries import EventRow
from app.flows.breaches import Breach
from app.flows.building import STEP
from app.flows.enums import PlanState
from app.flows.errors import PlanChanged, PlanNotFound
from app.flows.operations import Revised, move_passage, pin, try_move
from app.flows.queries import PassageRow, WholePlan, describe_breaches, get_plan, list_passages
from app.web.filters import hour
from app.web.guards import current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.plan_undo import Place, drop_undo, find_undo, follow_undo, keep_undo
from app.web.manage.plan_words import Moving, Said, breach_words, name_of, team_name

blueprint = Blueprint("manage_plan_hand", __name__, url_prefix="/manage/events/<slug>/plan/<int:number>")

Answer = str | tuple[str, int] | Response
HOUR = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
STEPS = (-30, -10, -5, 5, 10, 30)
WHICH = ("passage", "team", "group")


@dataclass(frozen=True)
class Draft:
    """A draft with its passages, and the one that is looked at."""

    event: EventRow
    plan: WholePlan
    rows: list[PassageRow]
    row: PassageRow

    @property
    def team(self) -> list[PassageRow]:
        key = (self.row.registration_id, self.row.wave_id, self.row.team)
        return [row for row in self.rows if (row.registration_id, row.wave_id, row.team) == key]

    @property
    def back(self) -> str:
        local = self.row.starts_at.astimezone(ZoneInfo(self.event.timezone))
        return f"/manage/events/{self.event.slug}/plan/{self.plan.number}?day={local.date().isoformat()}"


@dataclass(frozen=True)
class Asked:
    """What was asked for: `time` as typed, None where it is no hour."""

    time: str
    starts_at: datetime | None
    stand: int | None
    along: bool


@blueprint.get("/passages/<int:passage_id>")
@event_staff(Ability.PROGRAMME_SEE)
def show(slug: str, number: int, passage_id: int) -> str:
    draft = _get(slug, number, passage_id)
    return _page(draft, Asked(_clock(draft, draft.row.starts_at), draft.row.starts_at, draft.row.stand, True))


@blueprint.post("/passages/<int:passage_id>")
@event_staff(Ability.PROGRAMME_CHANGE)
def move(slug: str, number: int, passage_id: int) -> Answer:
    """First what it breaks; where nothing breaks, or it is confirmed, it is kept."""
    draft = _get_changeable(slug, number, passage_id)
    asked = _asked(draft)
    if asked.starts_at is None:
        return _page(draft, asked, error=_("Write the hour with its minutes, for example 10:20.")), 422
    if request.form.get("revision") != str(draft.plan.revision):
        return _changed(draft, asked)
    try:
        new = _newly_broken(draft, asked, asked.starts_at)
        if new and request.form.get("step") != "keep":
            return _page(draft, asked, breaks=new)
        revised = _move(draft, asked, asked.starts_at)
    except FieldError as error:
        return _page(draft, asked, error=_refusal(error)), 422
    except PlanChanged:
        return _changed(_get_changeable(slug, number, passage_id), asked)
    keep_undo(draft.plan.id, revised.revision, draft.team)
    flash(_moved_words(draft, asked.starts_at, revised), "waiting" if revised.breaches else "ok")
    return redirect(f"{draft.back}#passage-{passage_id}", 303)


@blueprint.post("/pin/<int:passage_id>")
@event_staff(Ability.PROGRAMME_CHANGE)
def fix(slug: str, number: int, passage_id: int) -> Response:
    """Pin, or let go, a passage, its team or its whole group."""
    draft = _get_changeable(slug, number, passage_id)
    pinned, which = request.form.get("pinned") == "1", request.form.get("which", "")
    row, revision = draft.row, _revision()
    values: dict[str, Any] = {
        "team": {"registration_id": row.registration_id, "wave_id": row.wave_id, "team": row.team},
        "group": {"registration_id": row.registration_id, "wave_id": row.wave_id},
    }.get(which, {"passage_ids": [passage_id]})
    undo = find_undo(draft.plan)
    try:
        after = in_transaction(
            lambda: pin(draft.plan.id, pinned, by=current_actor(), now=clock.now(), revision=revision, **values)
        )
    except PlanChanged:
        flash(_("Somebody changed this plan meanwhile. Nothing was pinned: look at it, then try again."), "info")
    else:
        if undo is not None:
            follow_undo(after.revision)
        flash(_("Pinned: a new plan keeps it where it is.") if pinned else _("Let go: a new plan may move it."), "ok")
    return redirect(f"/manage/events/{slug}/plan/{number}/passages/{passage_id}", 303)


@blueprint.post("/undo")
@event_staff(Ability.PROGRAMME_CHANGE)
def undo(slug: str, number: int) -> Response:
    """Put back what was moved last, if nothing else changed since."""
    event = get_own_event(slug)
    _require_editable(event)
    plan = get_plan(event.id, number)
    places = find_undo(plan)
    if places is None:
        flash(_("Nothing to undo: the plan changed since that move."), "info")
    else:
        try:
            in_transaction(lambda: _put_back(plan, places))
            flash(_("Undone: the passages are where they were."), "ok")
        except (PlanChanged, MoveNotAllowed, FieldError):
            flash(_("Nothing to undo: the plan changed since that move."), "info")
    drop_undo()
    return redirect(f"/manage/events/{slug}/plan/{number}", 303)


def _put_back(plan: WholePlan, places: tuple[Place, ...]) -> None:
    """What a move pinned is let go again."""
    revision = plan.revision
    now_at = {row.id: (row.starts_at, row.stand) for row in list_passages(plan.id)}
    loose = []
    for place in places:
        if now_at.get(place.passage_id) in {None, (place.starts_at, place.stand)}:
            continue
        revision = move_passage(
            place.passage_id, place.starts_at, place.stand, by=current_actor(), now=clock.now(), revision=revision
        ).revision
        loose += [] if place.pinned else [place.passage_id]
    if loose:
        pin(plan.id, False, by=current_actor(), now=clock.now(), revision=revision, passage_ids=loose)


def _get(slug: str, number: int, passage_id: int) -> Draft:
    """Raises PlanNotFound when the plan has no such passage."""
    event = get_own_event(slug)
    plan = get_plan(event.id, number)
    rows = list_passages(plan.id)
    row = next((row for row in rows if row.id == passage_id), None)
    if row is None:
        raise PlanNotFound
    return Draft(event, plan, rows, row)


def _get_changeable(slug: str, number: int, passage_id: int) -> Draft:
    draft = _get(slug, number, passage_id)
    _require_editable(draft.event)
    if draft.plan.state is not PlanState.DRAFT:
        raise MoveNotAllowed("move", draft.plan.state.value)
    return draft


def _require_editable(event: EventRow) -> None:
    if event.state not in EDITABLE:
        raise EventReadOnly


def _revision() -> int:
    sent = request.form.get("revision", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else 0


def _clock(draft: Draft, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(draft.event.timezone)):%H:%M}"


def _asked(draft: Draft) -> Asked:
    """An hour typed, or the passage's own and some minutes (a button)."""
    typed, shift, stand = (request.form.get(name, "").strip() for name in ("time", "shift", "stand"))
    along = request.form.get("along") == "1"
    number = int(stand) if stand.isascii() and stand.isdecimal() and len(stand) < 4 else None
    if shift in {str(step) for step in STEPS}:
        starts = draft.row.starts_at + timedelta(minutes=int(shift))
        return Asked(_clock(draft, starts), starts, number, along)
    found = HOUR.fullmatch(typed)
    if found is None:
        return Asked(typed, None, number, along)
    local = draft.row.starts_at.astimezone(ZoneInfo(draft.event.timezone))
    return Asked(
        typed, local.replace(hour=int(found[1]), minute=int(found[2]), second=0, fold=local.fold), number, along
    )


def _newly_broken(draft: Draft, asked: Asked, starts_at: datetime) -> list[Said]:
    before, after = try_move(draft.row.id, starts_at, asked.stand, along=asked.along)
    known = {_sign(breach) for breach in before}
    new = [breach for breach in after if _sign(breach) not in known]
    moving = Moving(draft.row, asked.along)
    found = describe_breaches(new, draft.rows, draft.plan, draft.event)
    return [breach_words(row, draft.event, moving) for row in found]


def _sign(breach: Breach) -> tuple[object, ...]:
    return breach.kind, frozenset(breach.passages), breach.space, breach.wanted, breach.there


def _move(draft: Draft, asked: Asked, starts_at: datetime) -> Revised:
    revision = _revision()
    return in_transaction(
        lambda: move_passage(
            draft.row.id, starts_at, asked.stand, by=current_actor(), now=clock.now(), revision=revision, along=asked.along
        )
    )  # fmt: skip


def _moved_words(draft: Draft, starts_at: datetime, revised: Revised) -> str:
    text = _("%(team)s goes to %(stop)s at %(hour)s.", team=team_name(draft.row),
             stop=draft.row.stop_name(current_locale()), hour=hour(starts_at, draft.event.timezone))  # fmt: skip
    text += " " + _("It is pinned: a new plan keeps it there.")
    if revised.breaches:
        text += " " + ngettext(
            "%(num)d thing is to be mended.", "%(num)d things are to be mended.", len(revised.breaches)
        )
    return str(text)


def _refusal(error: FieldError) -> str:
    if "stand" in error.problems:
        return str(_("There is no such stand."))
    if error.problems.get("starts_at") == "day":
        return str(_("This hour is not on a day of the plan."))
    if error.problems.get("starts_at") == "past":
        return str(_("What has begun stays where it is, and nothing is put into the past."))
    return str(_("Passages begin every 5 minutes: 10:20, 10:25…"))


def _changed(draft: Draft, asked: Asked) -> tuple[str, int]:
    """Somebody changed the plan meanwhile: as it is now, with what was typed."""
    text = _("Somebody changed this plan meanwhile. What you typed is kept: look at it, then send it again.")
    return _page(draft, asked, error=text), 409


def _page(draft: Draft, asked: Asked, *, breaks: list[Said] | None = None, error: str = "") -> str:
    space = next((s for s in draft.event.spaces if s.id == draft.row.space_id), None)
    return render_template(
        "manage/plan/passage.html",
        plan=draft.plan, row=draft.row, team=draft.team, asked=asked, breaks=breaks, error=error, back=draft.back,
        stands=space.stands if space else 0, steps=STEPS, step=STEP, whole=name_of(draft.row), who=team_name(draft.row),
        is_draft=draft.plan.state is PlanState.DRAFT,
        **event_context(draft.event, "plan"),
    )  # fmt: skip
