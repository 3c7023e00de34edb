"""First steps of an organiser, from its name to the first published event, and the sheet of keyboard shortcuts.

What is done is read from the data; only what leaves no trace there (a look at the preview, a try at the door) is noted.
"""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.accounts.operations.guide import HIDDEN, PRACTISED, PREVIEWED, note_guide
from app.core.errors import NotFound
from app.core.transaction import transaction
from app.reports.queries.guide import FirstSteps, get_first_steps
from app.web.guards import current_account, current_organiser_id, find_access, signed_in, staff
from app.web.reachable import may_open

blueprint = Blueprint("manage_guide", __name__, url_prefix="/manage")

EVENTS = "/manage/events"


@dataclass(frozen=True)
class Step:
    """One step. `action` leads to `url`, by a form (`posts`) where doing it is noted; without a url it has to wait.

    `helper` says who can do it where the person cannot.
    """

    title: str
    text: str
    done: bool
    action: str
    url: str = ""
    posts: bool = False
    helper: str = ""


@dataclass(frozen=True)
class Guide:
    """The steps in their order; `next` is the first that is not done."""

    steps: tuple[Step, ...]
    hidden: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def all_done(self) -> bool:
        return self.done == len(self.steps)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.done), None)


@blueprint.get("/guide")
@staff(MAY_MANAGE)
def show() -> str:
    return render_template("manage/guide.html", guide=_guide())


@blueprint.post("/guide/hide")
@staff(MAY_MANAGE)
def hide() -> Response:
    _note(HIDDEN)
    flash(_("The first steps are put away. They come back from your menu."), "ok")
    return redirect(EVENTS)


@blueprint.post("/guide/show")
@staff(MAY_MANAGE)
def show_again() -> Response:
    _note(HIDDEN, on=False)
    return redirect(EVENTS)


@blueprint.post("/guide/preview")
@staff(MAY_MANAGE)
def preview() -> Response:
    """Note that the person looks at the preview, and lead them there. Raises NotFound while there is no event."""
    return redirect(f"{EVENTS}/{_note_for_event(PREVIEWED)}/preview")


@blueprint.post("/guide/practice")
@staff(MAY_MANAGE)
def practise() -> Response:
    """The same for a try at the door."""
    return redirect(f"/door/{_note_for_event(PRACTISED)}/practice")


@blueprint.get("/shortcuts")
@signed_in
def shortcuts() -> str:
    return render_template("manage/guide_keys.html")


@blueprint.app_template_global("first_steps")
def first_steps() -> Guide | None:
    """For the desk: the steps, while there are some to do and the person has not put them away. Else None."""
    access = find_access()
    if access is None or access.role not in MAY_MANAGE:
        return None
    guide = _guide()
    return None if guide.hidden or guide.all_done else guide


def _guide() -> Guide:
    found = get_first_steps(current_organiser_id(), current_account().account_id)
    return Guide((*_before_event(found), *_of_event(found), *_with_others(found)), found.hidden)


def _before_event(found: FirstSteps) -> tuple[Step, Step]:
    owner = "" if may_open("/manage/look") else _("An owner can do it.")
    return (
        Step(
            _("Your name, contact and colours"),
            _("They stand on every page, ticket and mail. Visitors see whom they can call."),
            found.looked, _("Set the look"), "" if owner else "/manage/look", helper=owner,
        ),
        Step(
            _("Your first event"),
            _("Choose a kind: dates, hours and audiences are proposed. Nobody sees a draft."),
            bool(found.event_slug), _("Make an event"), f"{EVENTS}/new",
        ),
    )  # fmt: skip


def _of_event(found: FirstSteps) -> tuple[Step, ...]:
    base = f"{EVENTS}/{found.event_slug}" if found.event_slug else ""
    return (
        Step(
            _("Arrival times"),
            _("Each wave has an hour and a number of places, so that nobody meets a crowd."),
            found.waves, _("Set the waves"), f"{base}/edit/waves" if base else "",
        ),
        Step(
            _("Texts"),
            _("Two sentences say what people will do there, in French, and in English if you wish."),
            found.texts, _("Write the texts"), f"{base}/edit/texts" if base else "",
        ),
        Step(
            _("A look at the preview"),
            _("The page as visitors will see it, on a phone too."),
            found.previewed, _("See the preview"), "/manage/guide/preview" if base else "", posts=True,
        ),
        Step(
            _("Publish"),
            _("People see the event and register. You can still change it: they are told what matters to them."),
            found.published, _("Go and publish"), f"{base}/edit" if base else "",
        ),
    )  # fmt: skip


def _with_others(found: FirstSteps) -> tuple[Step, Step]:
    owner = "" if may_open("/manage/people") else _("An owner can do it.")
    return (
        Step(
            _("A colleague beside you"),
            _("Somebody for the desk, or volunteers who only scan tickets."),
            found.invited, _("Invite a colleague"), "" if owner else "/manage/people", helper=owner,
        ),
        Step(
            _("A try at the door"),
            _("Take your phone, open the door of the event and practise before the day."),
            found.practised, _("Open the door"), "/manage/guide/practice" if found.event_slug else "", posts=True,
        ),
    )  # fmt: skip


def _note(word: str, *, on: bool = True) -> None:
    with transaction():
        note_guide(current_account().account_id, current_organiser_id(), word, on=on)


def _note_for_event(word: str) -> str:
    slug = get_first_steps(current_organiser_id(), current_account().account_id).event_slug
    if not slug:
        raise NotFound("event")
    _note(word)
    return slug
