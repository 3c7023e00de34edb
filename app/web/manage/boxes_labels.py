"""QR labels of boxes, and where scanning one leads."""

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.rules import Ability
from app.boxes.errors import BoxNotFound
from app.boxes.queries import find_labelled, get_scenario_by_id, list_boxes
from app.core.urls import absolute
from app.documents.box_labels_pdf import BoxLabel, box_labels_pdf
from app.web.context import look_of
from app.web.guards import allows, current_organiser_id, find_access, is_recognised, public, staff
from app.web.i18n import current_locale
from app.web.manage.boxes_due import due_address
from app.web.manage.boxes_tabs import SEES

blueprint = Blueprint("manage_boxes_labels", __name__)


@blueprint.get("/manage/boxes/labels.pdf")
@staff(SEES)
def labels() -> Response:
    """Labels of the boxes named by `box`, of all where none is."""
    organiser_id, locale = current_organiser_id(), current_locale()
    wanted = set(request.args.getlist("box"))
    boxes = [box for box in list_boxes(organiser_id) if not wanted or box.code in wanted]
    if not boxes:
        raise BoxNotFound("label")
    made = [BoxLabel(b.code, b.scenario_title(locale), b.depot, absolute(f"/b/{b.label}")) for b in boxes]
    content = box_labels_pdf(
        made,
        title=_("Labels of boxes"),
        organiser_name=look_of(organiser_id).name,
        alt=_("QR code of box {}"),
        locale=locale,
    )
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
    return answer


@blueprint.get("/b/<label>")
@public
def scanned(label: str) -> AnyResponse:
    """The organiser's people to what is to be done with the box now, or to its page; everybody else to the catalogue's scenario."""
    box = find_labelled(label.replace("\x00", ""))
    if box is None:
        raise BoxNotFound("label")
    if is_recognised():
        access = find_access()
        if access is not None and access.organiser_id == box.organiser_id and allows(Ability.LENDING_SEE):
            return redirect(due_address(box) if allows(Ability.LENDING) else f"/manage/boxes/all/{box.code}")
    scenario = get_scenario_by_id(box.scenario_id)
    return redirect(f"/boxes/{scenario.slug}" if scenario.listed and scenario.archived_at is None else "/boxes")
