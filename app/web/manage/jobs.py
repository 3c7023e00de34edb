"""Work in the background: what waits, runs or stopped, starting again what stopped, calling off what waits."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.text import fold
from app.core.transaction import transaction
from app.jobs.models import JobState
from app.jobs.operations import cancel_queued, retry_all_dead, retry_dead
from app.reports.queries.jobs import count_work, get_work, list_work
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.manage.messages import MESSAGE_LABELS
from app.web.plain_errors import plain_error

blueprint = Blueprint("manage_jobs", __name__, url_prefix="/manage/jobs")

PAGE = 50
LONGEST_TEXT = 100
JOB_LABELS = {
    "accounts.purge": _l("Drop old log-in attempts and kept answers"),
    "accounts.send_reset": _l("Look whose forgotten password it is"),
    "checkin.forget_phones": _l("Forget the keys of phones of events long past"),
    "flows.plan": _l("Plan the passages of groups"),
    "flows.tell_delay": _l("Tell groups that their hours move"),
    "flows.tell_plan": _l("Tell groups their hours"),
    "jobs.purge": _l("Drop old finished work"),
    "loans.make_agreement": _l("Make the agreement on a loan"),
    "loans.remind": _l("Remind of boxes to bring back"),
    "loans.remove_names": _l("Forget the names of loans long past"),
    "messages.send": _l("Send a mail"),
    "registrations.run_bulk": _l("Act on several registrations"),
    "registrations.undo_bulk": _l("Undo an action on several registrations"),
    "registrations.purge_bulk": _l("Drop actions that were prepared and never begun"),
    "registrations.check_import": _l("Check an imported file"),
    "registrations.empty_bin": _l("Empty the bin of what is older than 30 days"),
    "registrations.forget_names": _l("Forget the names of events long past"),
    "registrations.lapse_offers": _l("End offers of places whose time is over"),
    "registrations.remind_of_offers": _l("Remind of offers that end soon"),
    "registrations.offer_places": _l("Offer free places to those who wait"),
    "registrations.purge_answer_files": _l("Delete files of forms that were never finished"),
    "registrations.purge_imports": _l("Delete imported files after a week"),
    "registrations.release_absent": _l("Give back the places of groups that did not come"),
    "registrations.send_links": _l("Look whose links are asked for"),
    "registrations.tell_event_deleted": _l("Tell everyone that the event is deleted"),
    "registrations.tell_event_restored": _l("Tell everyone that the event takes place again"),
    "registrations.tell_event_cancelled": _l("Tell everyone that the event is called off"),
    "registrations.tell_event_reopened": _l("Tell everyone that the event takes place after all"),
    "registrations.tell_postponed": _l("Tell everyone that the event is postponed"),
    "registrations.write_import": _l("Write an imported file"),
    "reports.purge_exports": _l("Delete exported files after a week"),
    "reports.write_export": _l("Make an exported file"),
    "reports.write_papers": _l("Make papers to print"),
    "training.accredit": _l("Accredit who was at a training"),
    "structures.purge": _l("Delete old links and files of structures"),
    "structures.send_link": _l("Look whose link is asked for"),
    "structures.write_import": _l("Write imported structures"),
}
"""Every kind of work, as people read it; a test proves that none is missing."""
SHOWN = (JobState.DEAD, JobState.RUNNING, JobState.QUEUED, JobState.DONE, JobState.CANCELLED)
ALIVE = frozenset({JobState.RUNNING, JobState.QUEUED})


@blueprint.get("")
@staff(MAY_MANAGE)
def index() -> str:
    asked, cursor = request.args.get("state", ""), request.args.get("before", "")
    text = " ".join(request.args.get("q", "").split())[:LONGEST_TEXT]
    chosen = next((state for state in SHOWN if state.value == asked), None)
    found = list_work(
        current_organiser_id(),
        chosen,
        text=text,
        names=[name for name, label in JOB_LABELS.items() if text and fold(text) in fold(str(label))],
        before=int(cursor) if cursor.isdecimal() and len(cursor) < 10 else None,
        limit=PAGE + 1,
    )
    jobs, counts = found[:PAGE], count_work(current_organiser_id())
    return render_template(
        "manage/jobs.html",
        jobs=jobs,
        chosen=chosen,
        states=SHOWN,
        counts=counts,
        text=text,
        here=_url(chosen, text, cursor),
        first_url=_url(chosen, text) if cursor else None,
        next_url=_url(chosen, text, str(jobs[-1].id)) if len(found) > PAGE else None,
        watched=any(job.state in ALIVE for job in jobs),
        **_words(),
    )


@blueprint.get("/<int:job_id>")
@staff(MAY_MANAGE)
def show(job_id: int) -> str:
    job = get_work(job_id, current_organiser_id())
    return render_template("manage/jobs_one.html", job=job, watched=job.state in ALIVE, **_words())


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


@blueprint.post("/retry")
@staff(MAY_MANAGE)
def retry_all() -> Response:
    with transaction():
        count = retry_all_dead(current_organiser_id(), by=current_actor(), now=clock.now())
    if count:
        flash(ngettext("%(num)d piece of work starts again.", "%(num)d pieces of work start again.", count), "ok")
    else:
        flash(_("Nothing is stopped."), "info")
    return redirect("/manage/jobs")


@blueprint.post("/<int:job_id>/cancel")
@staff(MAY_MANAGE)
def cancel(job_id: int) -> Response:
    try:
        with transaction():
            cancel_queued(job_id, by=current_actor(), now=clock.now())
        flash(_("It is called off: it will not be done."), "ok")
    except MoveNotAllowed:
        flash(_("Too late to call it off: it began, or is over."), "info")
    return redirect("/manage/jobs")


def _url(state: JobState | None, text: str, before: str = "") -> str:
    query = urlencode([(k, v) for k, v in (("state", state), ("q", text), ("before", before)) if v])
    return f"/manage/jobs?{query}" if query else "/manage/jobs"


def _words() -> dict[str, Any]:
    return {
        "labels": JOB_LABELS,
        "mail_labels": MESSAGE_LABELS,
        "plain_error": plain_error,
        "state_names": {
            JobState.DEAD: _("Stopped"),
            JobState.RUNNING: _("Running"),
            JobState.QUEUED: _("Waiting"),
            JobState.DONE: _("Finished"),
            JobState.CANCELLED: _("Called off"),
        },
    }
