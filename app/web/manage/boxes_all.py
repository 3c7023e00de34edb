"""The inventory: boxes searched, made, changed; a box's page with contents, condition, photos and history."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.boxes.enums import BoxCondition, FileUse, OutReason, Wear
from app.boxes.errors import BoxPromised
from app.boxes.operations.boxes import (
    archive_box,
    change_box,
    create_box,
    put_out_of_service,
    restore_box,
    set_in_service,
)
from app.boxes.operations.files import keep_photo, remove_file
from app.boxes.queries import (
    get_box,
    get_scenario,
    list_boxes,
    list_contents,
    list_depots,
    list_files,
    list_scenarios,
    list_to_restock,
)
from app.boxes.rows import BoxRow
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.core.urls import absolute
from app.loans.photos import list_damage_photos
from app.loans.queries_events import count_event_uses
from app.resources.calendars import lending_zone
from app.web.forms.base import text_of
from app.web.forms.boxes import (
    CONDITION_BADGES,
    CONDITION_LABELS,
    OUT_LABELS,
    WEAR_LABELS,
    BoxForm,
    OutForm,
    PhotoForm,
)
from app.web.forms.loan_desk import revision_of
from app.web.guards import allows, current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import MOMENT_LABELS
from app.web.manage.boxes_due import due_address
from app.web.manage.boxes_files import read_sent
from app.web.manage.boxes_history import history_context
from app.web.manage.boxes_pages import page_of_list
from app.web.manage.boxes_photos import photo_problem
from app.web.manage.boxes_saving import acting, try_to_save
from app.web.manage.boxes_tabs import LENDS, SEES, boxes_context

blueprint = Blueprint("manage_boxes_all", __name__, url_prefix="/manage/boxes")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/all"


@blueprint.get("/all")
@staff(SEES)
def index() -> str:
    organiser_id = current_organiser_id()
    asked = request.args
    scenarios = list_scenarios(organiser_id)
    chosen = next((s for s in scenarios if s.code == asked.get("scenario")), None)
    conditions = [c for c in BoxCondition if c.value in asked.getlist("condition")]
    text, archived = asked.get("q", "").replace("\x00", "")[:100], asked.get("archived") == "1"
    depots = list_depots(organiser_id)
    depot = asked.get("depot", "") if asked.get("depot", "") in depots else ""
    wear = Wear(asked["wear"]) if asked.get("wear") in set(Wear) else None
    boxes = list_boxes(
        organiser_id, chosen.id if chosen else None, text=text, conditions=conditions, wear=wear, depot=depot,
        archived=archived,
    )  # fmt: skip
    narrows = bool(text or chosen or conditions or depot or wear)
    return render_template(
        "manage/boxes/all/list.html",
        listed=page_of_list(boxes, BASE),
        at_events=count_event_uses(organiser_id, now=clock.now()),
        whole=len(list_boxes(organiser_id, archived=archived)) if narrows else len(boxes),
        narrows=narrows,
        archived=archived,
        text=text,
        scenarios=scenarios,
        chosen=chosen,
        depots=depots,
        depot=depot,
        condition_choices=[(c.value, label) for c, label in CONDITION_LABELS.items()],
        chosen_conditions=[c.value for c in conditions],
        conditions=CONDITION_LABELS,
        badges=CONDITION_BADGES,
        wears=WEAR_LABELS,
        **boxes_context(BASE),
    )


@blueprint.get("/restock")
@staff(SEES)
def restock() -> str:
    lines = list_to_restock(current_organiser_id())
    return render_template("manage/boxes/all/restock.html", lines=lines, **boxes_context(BASE))


@blueprint.get("/all/new")
@staff(LENDS)
def new() -> str:
    form = _with_scenarios(BoxForm(formdata=None, scenario=request.args.get("scenario", "")))
    return _form_page(form, None)


@blueprint.post("/all/new")
@staff(LENDS)
def create() -> Answer:
    form, values = _with_scenarios(BoxForm()), acting()

    def write() -> int:
        scenario = get_scenario(values["organiser_id"], text_of(form.scenario))
        return create_box(scenario.id, form.draft(), **values)

    tried = try_to_save(form, write)
    if tried.value is None:
        return _form_page(form, None), tried.status
    flash(_("%(code)s is in the inventory. Print its label.", code=text_of(form.code).upper()), "ok")
    return redirect(f"{BASE}/{text_of(form.code).upper()}")


@blueprint.get("/all/<code>")
@staff(SEES)
def show(code: str) -> str:
    return _page(_get(code))


@blueprint.get("/all/<code>/edit")
@staff(LENDS)
def edit(code: str) -> str:
    row = _get(code)
    return _form_page(_with_scenarios(BoxForm.of(row)), row)


@blueprint.post("/all/<code>/edit")
@staff(LENDS)
def save(code: str) -> Answer:
    row, form = _get(code), _with_scenarios(BoxForm())
    form.scenario.data = row.scenario_code
    revision, values = revision_of(form) or 0, acting()
    tried = try_to_save(form, lambda: change_box(row.id, form.draft(), revision=revision, **values))
    if tried.value is None:
        return _form_page(form, row, changed=tried.changed), tried.status
    flash(_("Saved."), "ok")
    return redirect(f"{BASE}/{text_of(form.code).upper()}")


@blueprint.post("/all/<code>/out")
@staff(LENDS)
def take_out(code: str) -> Answer:
    row, form = _get(code), OutForm()
    if not form.validate_on_submit():
        return _page(row, out=form), 422
    now = clock.now()
    try:
        with transaction():
            put_out_of_service(
                row.id, OutReason(form.reason.data), until=form.until.data, note=text_of(form.note),
                organiser_id=row.organiser_id, today=now.astimezone(lending_zone()).date(), by=current_actor(), now=now,
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error)
        return _page(row, out=form), 422
    flash(_("%(code)s is out of service.", code=row.code), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/all/<code>/service")
@staff(LENDS)
def put_back(code: str) -> Response:
    row = _get(code)
    with transaction():
        condition = set_in_service(row.id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    if condition is BoxCondition.INCOMPLETE:
        flash(_("%(code)s is back in service, though something is missing.", code=row.code), "waiting")
    else:
        flash(_("%(code)s is back in service.", code=row.code), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/all/<code>/photos")
@staff(LENDS)
def add_photo(code: str) -> Answer:
    row, form = _get(code), PhotoForm()
    try:
        upload = read_sent(form.file.data, FileUse.PHOTO)
        with transaction():
            keep_photo(
                row.id, upload, organiser_id=row.organiser_id, by=current_actor(), now=clock.now(),
                note=text_of(form.note),
            )  # fmt: skip
    except FieldError as error:
        problem = error.problems.get("file", "")
        form.file.errors = [photo_problem(problem) if problem != "required" else _("Choose a file first.")]
        return _page(row, photo=form), 422
    return redirect(f"{BASE}/{row.code}#photos")


@blueprint.post("/all/<code>/photos/<token>/removal")
@staff(LENDS)
def remove_photo(code: str, token: str) -> Response:
    row = _get(code)
    with transaction():
        remove_file(
            token.replace("\x00", ""), organiser_id=row.organiser_id, by=current_actor(), now=clock.now()
        )  # fmt: skip
    return redirect(f"{BASE}/{row.code}#photos")


@blueprint.post("/all/<code>/archive")
@staff(LENDS)
def archive(code: str) -> Response:
    row = _get(code)
    try:
        with transaction():
            archive_box(row.id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    except BoxPromised:
        flash(_("%(code)s is lent or promised: find another box for it first.", code=row.code), "danger")
    else:
        flash(_("%(code)s is out of the inventory. Its history stays.", code=row.code), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/all/<code>/restoration")
@staff(LENDS)
def restore(code: str) -> Response:
    row = _get(code)
    with transaction():
        restore_box(row.id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    flash(_("%(code)s is in the inventory again.", code=row.code), "ok")
    return redirect(f"{BASE}/{row.code}")


def _get(code: str) -> BoxRow:
    return get_box(current_organiser_id(), code.replace("\x00", ""))


def _with_scenarios(form: BoxForm) -> BoxForm:
    rows = list_scenarios(current_organiser_id())
    locale = current_locale()
    form.scenario.choices = [(row.code, f"{row.code} · {row.title(locale)}") for row in rows]
    return form


def _page(row: BoxRow, *, out: OutForm | None = None, photo: PhotoForm | None = None) -> str:
    return render_template(
        "manage/boxes/all/show.html",
        box=row,
        contents=list_contents(row),
        files=list_files(box_id=row.id),
        damage=list_damage_photos(row.id),
        moments=MOMENT_LABELS,
        due=due_address(row),
        at_events=count_event_uses(row.organiser_id, now=clock.now()),
        **history_context(row),
        out=out or OutForm(formdata=None),
        photo=photo or PhotoForm(formdata=None),
        label_url=absolute(f"/b/{row.label}"),
        may_see_people=allows(Ability.PEOPLE_SEE),
        conditions=CONDITION_LABELS,
        badges=CONDITION_BADGES,
        wears=WEAR_LABELS,
        reasons=OUT_LABELS,
        **boxes_context(BASE),
    )


def _form_page(form: BoxForm, row: BoxRow | None, *, changed: bool = False) -> str:
    return render_template("manage/boxes/all/form.html", form=form, box=row, changed=changed, **boxes_context(BASE))
