"""Scenarios and other things that are lent: what is said of them, and what every box of them holds."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.enums import FileUse
from app.boxes.errors import PromisedToNobodyTrained, ScenarioHasBoxes
from app.boxes.operations.files import keep_guide, remove_file
from app.boxes.operations.scenarios import (
    archive_scenario,
    change_scenario,
    create_scenario,
    restore_scenario,
    set_items,
)
from app.boxes.queries import get_scenario, list_boxes, list_files, list_guides, list_items, list_scenarios
from app.boxes.rows import ScenarioRow
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import transaction
from app.web.forms.base import text_of
from app.web.forms.boxes import (
    CONDITION_BADGES,
    CONDITION_LABELS,
    KIND_LABELS,
    ContentsForm,
    GuideForm,
    ScenarioForm,
)
from app.web.forms.loan_desk import revision_of
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.manage.boxes_files import read_sent
from app.web.manage.boxes_saving import acting, at_rows, try_to_save
from app.web.manage.boxes_tabs import LENDS, SEES, boxes_context

blueprint = Blueprint("manage_boxes_scenarios", __name__, url_prefix="/manage/boxes/scenarios")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/scenarios"


@blueprint.get("")
@staff(SEES)
def index() -> str:
    organiser_id = current_organiser_id()
    return render_template(
        "manage/boxes/scenarios/list.html",
        scenarios=list_scenarios(organiser_id),
        archived=list_scenarios(organiser_id, archived=True),
        kinds=KIND_LABELS,
        **boxes_context(BASE),
    )


@blueprint.get("/new")
@staff(LENDS)
def new() -> str:
    return _form_page(ScenarioForm.blank(), None)


@blueprint.post("/new")
@staff(LENDS)
def create() -> Answer:
    form, values = ScenarioForm(), acting()
    said = _("“%(name)s” is in the list. Say now what its boxes hold.", name=text_of(form.title_fr))
    return _written(form, None, lambda: create_scenario(form.draft(), **values), said, "/contents")


@blueprint.get("/<code>")
@staff(SEES)
def show(code: str) -> str:
    return _page(_get(code), GuideForm(formdata=None))


@blueprint.get("/<code>/edit")
@staff(LENDS)
def edit(code: str) -> str:
    row = _get(code)
    return _form_page(ScenarioForm.of(row), row)


@blueprint.post("/<code>/edit")
@staff(LENDS)
def save(code: str) -> Answer:
    row, form, values = _get(code), ScenarioForm(), acting()
    revision = revision_of(form) or 0
    return _written(form, row, lambda: change_scenario(row.id, form.draft(), revision=revision, **values), _("Saved."))


@blueprint.get("/<code>/contents")
@staff(LENDS)
def contents(code: str) -> str:
    row = _get(code)
    return _contents_page(ContentsForm.of(list_items(row.id), row.revision), row)


@blueprint.post("/<code>/contents")
@staff(LENDS)
def save_contents(code: str) -> Answer:
    row, form, values = _get(code), ContentsForm(), acting()
    revision, stored = revision_of(form) or 0, {item.id: item for item in list_items(row.id)}

    def write() -> bool:
        try:
            return set_items(row.id, form.drafts(stored), revision=revision, **values)
        except FieldError as error:
            raise at_rows(form.items, form.filled(), error) from error

    tried = try_to_save(form, write)
    if tried.value is None:
        return _contents_page(form, row, changed=tried.changed), tried.status
    flash(_("Saved.") if tried.value else _("Nothing was different: nothing is changed."), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/<code>/guide")
@staff(LENDS)
def send_guide(code: str) -> Answer:
    row, form = _get(code), GuideForm()
    try:
        upload = read_sent(form.file.data, FileUse.GUIDE_KEPT)
        with transaction():
            keep_guide(
                row.id, upload, organiser_id=row.organiser_id, by=current_actor(), now=clock.now(),
                public=form.public.data == "1",
            )  # fmt: skip
    except FieldError as error:
        form.show_refusal(error)
        return _page(row, form), 422
    flash(_("The guide is kept."), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/<code>/guide/removal")
@staff(LENDS)
def remove_guide(code: str) -> Response:
    row = _get(code)
    with transaction():
        for file in list_files(scenario_id=row.id):
            remove_file(file.token, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    flash(_("The guide is removed."), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/<code>/archive")
@staff(LENDS)
def archive(code: str) -> Response:
    row = _get(code)
    try:
        with transaction():
            archive_scenario(row.id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    except ScenarioHasBoxes:
        flash(_("It has boxes in the inventory: take them out first."), "danger")
    else:
        flash(_("Archived. It is no longer in the catalogue."), "ok")
    return redirect(f"{BASE}/{row.code}")


@blueprint.post("/<code>/restoration")
@staff(LENDS)
def restore(code: str) -> Response:
    row = _get(code)
    with transaction():
        restore_scenario(row.id, organiser_id=row.organiser_id, by=current_actor(), now=clock.now())
    flash(_("It is back in the list."), "ok")
    return redirect(f"{BASE}/{row.code}")


def _get(code: str) -> ScenarioRow:
    return get_scenario(current_organiser_id(), code.replace("\x00", ""))


def _written(
    form: ScenarioForm, row: ScenarioRow | None, write: Callable[[], object], said: str, then: str = ""
) -> Answer:
    """Its page, or the one `then` below it, once it is written; else the form again with what stands in the way."""
    try:
        tried = try_to_save(form, write)
    except PromisedToNobodyTrained as error:
        form.asks_accreditation.errors = [
            _(
                "Boxes are promised where nobody named is accredited: %(names)s. Name somebody there first.",
                names=", ".join(error.names),
            )
        ]
        return _form_page(form, row), 409
    if tried.value is None:
        return _form_page(form, row, changed=tried.changed), tried.status
    flash(said, "ok")
    return redirect(f"{BASE}/{text_of(form.code).upper()}{then}")


def _page(row: ScenarioRow, form: GuideForm) -> str:
    return render_template(
        "manage/boxes/scenarios/show.html",
        scenario=row,
        items=list_items(row.id),
        boxes=list_boxes(row.organiser_id, row.id),
        guide=list_guides([row.id]).get(row.id),
        form=form,
        kinds=KIND_LABELS,
        conditions=CONDITION_LABELS,
        badges=CONDITION_BADGES,
        **boxes_context(BASE),
    )


def _form_page(form: ScenarioForm, row: ScenarioRow | None, *, changed: bool = False) -> str:
    return render_template(
        "manage/boxes/scenarios/form.html", form=form, scenario=row, changed=changed, **boxes_context(BASE)
    )


def _contents_page(form: ContentsForm, row: ScenarioRow, *, changed: bool = False) -> str:
    return render_template(
        "manage/boxes/scenarios/contents.html",
        form=form,
        scenario=row,
        changed=changed,
        problems=form.list_problems(),
        **boxes_context(BASE),
    )
