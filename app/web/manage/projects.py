"""Projects: what events are reported under, with axes and funders."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE, MAY_READ
from app.core import clock
from app.core.errors import FieldError, NotFound
from app.core.transaction import transaction
from app.events.enums import Axis
from app.events.operations import save_project
from app.reports.queries.projects import ProjectRow, list_projects
from app.web.forms.base import choices
from app.web.forms.events import AXIS_LABELS, ProjectForm
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.manage.event_page import may_manage

blueprint = Blueprint("manage_projects", __name__, url_prefix="/manage/projects")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@staff(MAY_READ)
def index() -> str:
    return render_template(
        "manage/projects/list.html",
        projects=list_projects(current_organiser_id()),
        axes=AXIS_LABELS,
        may_manage=may_manage(),
    )


@blueprint.get("/new")
@staff(MAY_MANAGE)
def new() -> str:
    return _page(ProjectForm(formdata=None), None)


@blueprint.post("/new")
@staff(MAY_MANAGE)
def create() -> Answer:
    return _save(None)


@blueprint.get("/<int:project_id>/edit")
@staff(MAY_MANAGE)
def edit(project_id: int) -> str:
    project = _get_project(project_id)
    form = ProjectForm(
        formdata=None, name=project.name, axis=project.axis.value, secondary=[a.value for a in project.secondary],
        funders="\n".join(project.funders), starts_on=project.starts_on, ends_on=project.ends_on,
    )  # fmt: skip
    return _page(form, project)


@blueprint.post("/<int:project_id>/edit")
@staff(MAY_MANAGE)
def save(project_id: int) -> Answer:
    return _save(_get_project(project_id))


def project_choices(organiser_id: int) -> Any:
    """The organiser's projects for a drop-down, and none of them."""
    return choices({"": _("None"), **{str(p.id): p.name for p in list_projects(organiser_id)}})


def _get_project(project_id: int) -> ProjectRow:
    """Raises NotFound, for another organiser's too."""
    found = next((p for p in list_projects(current_organiser_id()) if p.id == project_id), None)
    if found is None:
        raise NotFound("project")
    return found


def _save(project: ProjectRow | None) -> Answer:
    form: Any = ProjectForm()
    if not form.validate_on_submit():
        return _page(form, project), 422
    try:
        with transaction():
            saved_id = save_project(
                organiser_id=current_organiser_id(),
                project_id=project.id if project else None,
                name=form.name.data,
                axis=Axis(form.axis.data),
                secondary=[Axis(value) for value in form.secondary.data or ()],
                funders=[line[:120] for line in (form.funders.data or "").splitlines()],
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                by=current_actor(),
                now=clock.now(),
            )
    except FieldError as error:
        form.show_refusal(error)
        return _page(form, project), 422
    flash(_("Saved: %(section)s.", section=form.name.data), "ok")
    return redirect(f"/manage/projects/{saved_id}" if project else "/manage/projects")


def _page(form: ProjectForm, project: ProjectRow | None) -> str:
    return render_template("manage/projects/form.html", form=form, project=project, problems=form.list_problems())
