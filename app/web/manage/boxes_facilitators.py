"""People who run boxes, and what they may run."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.operations.people import (
    bring_back_facilitator,
    change_facilitator,
    create_facilitator,
    end_facilitator,
    grant_accreditation,
    withdraw_accreditation,
)
from app.boxes.queries import get_facilitator, get_scenario, list_facilitators, list_scenarios
from app.boxes.rows import FacilitatorRow
from app.core import clock
from app.core.transaction import transaction
from app.loans.errors import FacilitatorNeeded
from app.loans.operations.forgetting_people import forget_facilitator, nameless
from app.loans.queries_events import list_event_uses
from app.loans.standing import list_at_stake
from app.resources.calendars import lending_zone
from app.structures.queries import list_known
from app.web.filters import date_by
from app.web.forms.base import text_of
from app.web.forms.boxes import FacilitatorForm, GrantForm, WithdrawForm
from app.web.forms.loan_desk import revision_of
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import short_period
from app.web.manage.boxes_pages import page_of_list
from app.web.manage.boxes_saving import acting, try_to_save
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_facilitators", __name__, url_prefix="/manage/boxes/facilitators")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/facilitators"


@blueprint.get("")
@staff(LENDS)
def index() -> str:
    organiser_id = current_organiser_id()
    text, ended = request.args.get("q", "").replace("\x00", "")[:100], request.args.get("ended") == "1"
    scenarios = list_scenarios(organiser_id)
    chosen = next((s for s in scenarios if s.code == request.args.get("scenario")), None)
    people = list_facilitators(organiser_id, text=text, scenario_id=chosen.id if chosen else None, ended=ended)
    return render_template(
        "manage/boxes/facilitators/list.html",
        listed=page_of_list(people, BASE),
        text=text,
        ended=ended,
        chosen=chosen,
        scenarios=scenarios,
        today=_today(),
        **boxes_context(BASE),
    )


@blueprint.get("/new")
@staff(LENDS)
def new() -> str:
    return _form_page(_with_structures(FacilitatorForm(formdata=None)), None)


@blueprint.post("/new")
@staff(LENDS)
def create() -> Answer:
    form, values = _with_structures(FacilitatorForm()), acting()
    tried = try_to_save(form, lambda: create_facilitator(form.draft(), **values))
    if tried.value is None:
        return _form_page(form, None), tried.status
    flash(_("%(name)s is in the list. Say what they may run.", name=text_of(form.name)), "ok")
    return redirect(f"{BASE}/{tried.value}")


@blueprint.get("/<int:facilitator_id>")
@staff(LENDS)
def show(facilitator_id: int) -> str:
    return _page(get_facilitator(current_organiser_id(), facilitator_id))


@blueprint.get("/<int:facilitator_id>/edit")
@staff(LENDS)
def edit(facilitator_id: int) -> str:
    row = get_facilitator(current_organiser_id(), facilitator_id)
    return _form_page(_with_structures(FacilitatorForm.of(row)), row)


@blueprint.post("/<int:facilitator_id>/edit")
@staff(LENDS)
def save(facilitator_id: int) -> Answer:
    row, form = get_facilitator(current_organiser_id(), facilitator_id), _with_structures(FacilitatorForm())
    values = acting()
    tried = try_to_save(
        form, lambda: change_facilitator(row.id, form.draft(), revision=revision_of(form) or 0, **values)
    )
    if tried.value is None:
        return _form_page(form, row, changed=tried.changed), tried.status
    flash(_("Saved."), "ok")
    return redirect(f"{BASE}/{row.id}")


@blueprint.get("/<int:facilitator_id>/accreditations")
@staff(LENDS)
def grant_address(facilitator_id: int) -> Response:
    """Where the form was sent to, opened again from the address bar."""
    return redirect(f"{BASE}/{facilitator_id}")


@blueprint.post("/<int:facilitator_id>/accreditations")
@staff(LENDS)
def grant(facilitator_id: int) -> Answer:
    row = get_facilitator(current_organiser_id(), facilitator_id)
    form = _with_scenarios(GrantForm())
    if not form.validate_on_submit() or form.granted_on.data is None:
        return _page(row, grant=form), 422
    scenario = get_scenario(row.organiser_id, text_of(form.scenario))
    with transaction():
        grant_accreditation(
            row.id, scenario.id, form.granted_on.data, organiser_id=row.organiser_id, by=current_actor(),
            now=clock.now(), note=text_of(form.note),
        )  # fmt: skip
    day = form.granted_on.data
    if day > _today():
        said = _(
            "%(name)s may run %(code)s from %(day)s on.",
            name=row.name,
            code=scenario.code,
            day=date_by(day, "d MMMM y"),
        )
    else:
        said = _("%(name)s may run %(code)s.", name=row.name, code=scenario.code)
    flash(said, "ok")
    return redirect(f"{BASE}/{row.id}")


@blueprint.post("/<int:facilitator_id>/accreditations/<int:accreditation_id>/withdrawal")
@staff(LENDS)
def withdraw(facilitator_id: int, accreditation_id: int) -> Answer:
    row, form = get_facilitator(current_organiser_id(), facilitator_id), WithdrawForm()
    if not form.validate_on_submit():
        return _page(row, withdraw=form), 422
    with transaction():
        withdraw_accreditation(
            accreditation_id, text_of(form.note), organiser_id=row.organiser_id, by=current_actor(), now=clock.now()
        )  # fmt: skip
    flash(_("The accreditation is withdrawn. Loans agreed before stay."), "ok")
    return redirect(f"{BASE}/{row.id}")


@blueprint.post("/<int:facilitator_id>/end")
@staff(LENDS)
def end(facilitator_id: int) -> Response:
    with transaction():
        end_facilitator(facilitator_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    return redirect(f"{BASE}/{facilitator_id}")


@blueprint.post("/<int:facilitator_id>/return")
@staff(LENDS)
def bring_back(facilitator_id: int) -> Response:
    with transaction():
        bring_back_facilitator(
            facilitator_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now()
        )  # fmt: skip
    return redirect(f"{BASE}/{facilitator_id}")


@blueprint.post("/<int:facilitator_id>/erasure")
@staff(LENDS)
def erase(facilitator_id: int) -> Response:
    """Their name and addresses go for good; a number stays in their place."""
    row = get_facilitator(current_organiser_id(), facilitator_id)
    try:
        with transaction():
            forget_facilitator(row.id, organiser_id=row.organiser_id, now=clock.now(), by=current_actor())
    except FacilitatorNeeded as error:
        numbers = ", ".join(error.references)
        flash(
            _("%(name)s is still counted on. Settle this first: %(numbers)s.", name=row.name, numbers=numbers),
            "waiting",
        )
    else:
        flash(_("Their name and addresses are erased."), "ok")
    return redirect(f"{BASE}/{row.id}")


def _today() -> date:
    return clock.now().astimezone(lending_zone()).date()


def _with_structures(form: FacilitatorForm) -> FacilitatorForm:
    known = sorted(list_known(current_organiser_id()), key=lambda s: s.name.casefold())
    form.structure.choices = [("", _("Ours, or on their own")), *((str(s.id), s.name) for s in known)]
    return form


def _with_scenarios(form: GrantForm) -> GrantForm:
    locale = current_locale()
    rows = [s for s in list_scenarios(current_organiser_id()) if s.asks_accreditation]
    form.scenario.choices = [(s.code, f"{s.code} · {s.title(locale)}") for s in rows]
    return form


def _page(row: FacilitatorRow, *, grant: GrantForm | None = None, withdraw: WithdrawForm | None = None) -> str:
    today = _today()
    stakes = list_at_stake(row.organiser_id, row.id)
    return render_template(
        "manage/boxes/facilitators/show.html",
        person=row,
        grant=grant or _with_scenarios(GrantForm(formdata=None, granted_on=today)),
        withdraw=withdraw or WithdrawForm(formdata=None),
        today=today,
        stakes=stakes,
        is_erased=row.name == nameless(row.id),
        event_uses=[
            (use, short_period(use.period))
            for use in list_event_uses(row.organiser_id, since=today, facilitator_id=row.id)
        ],
        stakes_of={a.id: [s for s in stakes if s.accreditation_ids == {a.id}] for a in row.accreditations},
        **boxes_context(BASE),
    )


def _form_page(form: FacilitatorForm, row: FacilitatorRow | None, *, changed: bool = False) -> str:
    return render_template(
        "manage/boxes/facilitators/form.html", form=form, person=row, changed=changed, **boxes_context(BASE)
    )
