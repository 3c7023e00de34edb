"""Work in the background: what waits, runs or stopped, and starting again what stopped."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import transaction
from app.jobs.models import JobState
from app.jobs.operations import retry_dead
from app.jobs.queries import list_jobs
from app.web.guards import current_actor, current_organiser_id, staff

blueprint = Blueprint("manage_jobs", __name__, url_prefix="/manage/jobs")

JOB_LABELS = {
    "messages.send": _l("Send a mail"),
    "registrations.tell_event_cancelled": _l("Tell everyone that the event is called off"),
    "registrations.write_import": _l("Write an imported file"),
}
SHOWN = (JobState.DEAD, JobState.RUNNING, JobState.QUEUED, JobState.DONE)


@blueprint.get("")
@staff(MAY_MANAGE)
def index() -> str:
    asked = request.args.get("state", "")
    chosen = next((state for state in SHOWN if state.value == asked), None)
    jobs = list_jobs(current_organiser_id(), chosen)
    return render_template("manage/jobs.html", jobs=jobs, chosen=chosen, states=SHOWN, labels=JOB_LABELS)


@blueprint.post("/<int:job_id>/retry")
@staff(MAY_MANAGE)
def retry(job_id: int) -> Response:
    try:
        with transaction():
            retry_dead(job_id, by=current_actor(), now=clock.now())
        flash(_("It starts again shortly."), "ok")
    except MoveNotAllowed:
        flash(_("This work is no longer stopped."), "info")
    return redirect("/manage/jobs")
