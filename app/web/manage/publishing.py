"""Publishing several drafts at once: what each still lacks first, then what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from app.accounts.enums import MAY_MANAGE
from app.core import clock
from app.core.errors import MoveNotAllowed
from app.core.transaction import in_transaction
from app.events.enums import EventMove, EventState
from app.events.errors import EventIncomplete, EventNotFound
from app.events.operations import move_event
from app.events.queries import EventRow
from app.web.forms.events import KIND_LABELS
from app.web.guards import current_actor, staff
from app.web.manage.event_page import get_own_event
from app.web.manage.events import closed_words, missing_word

blueprint = Blueprint("manage_publishing", __name__, url_prefix="/manage/publish")

MOST = 60
"""Two pages of the list: more at once nobody looks through."""


@dataclass(frozen=True)
class Line:
    """One event. `missing` are (section, words); `over`: its time is past, so that it is published from its settings alone;
    `closed` says when registration closed, where it did.
    """

    event: EventRow
    missing: tuple[tuple[str, str], ...]
    over: bool
    closed: str = ""

    @property
    def is_draft(self) -> bool:
        return self.event.state is EventState.DRAFT

    @property
    def ready(self) -> bool:
        return self.is_draft and not self.missing and not self.over


@blueprint.get("")
@staff(MAY_MANAGE)
def look() -> str:
    """Before: what is ready, and what is missing. After (`done`): what was published, and what was not and why."""
    lines = [_line(event) for event in _asked(request.args.getlist("event"))]
    done = "done" in request.args
    return render_template(
        "manage/events/publish_several.html",
        lines=lines,
        done=done,
        ready=[line for line in lines if line.ready],
        published=[line for line in lines if line.event.state is EventState.PUBLISHED],
        kinds=KIND_LABELS,
    )


@blueprint.post("")
@staff(MAY_MANAGE)
def publish() -> Response:
    """Each by itself: what one lacks keeps none of the others."""
    by, now = current_actor(), clock.now()
    for event in _asked(request.form.getlist("event")):
        if event.state is not EventState.DRAFT or event.ends_at <= now:
            continue

        def work(event_id: int = event.id) -> None:
            move_event(event_id, EventMove.PUBLISH, by=by, now=now)

        try:
            in_transaction(work)
        except (EventIncomplete, EventNotFound, MoveNotAllowed):
            continue  # the page says what it lacks, or what it is by now
    shown = [("event", slug) for slug in request.form.getlist("shown")[:MOST]]
    return redirect(f"/manage/publish?{urlencode([*shown, ('done', '1')])}", 303)


def _asked(slugs: Sequence[str]) -> list[EventRow]:
    """The organiser's events of these addresses, in order of their days; what is none of them is left out."""
    found = []
    for slug in list(dict.fromkeys(slugs))[:MOST]:
        try:
            found.append(get_own_event(slug))
        except EventNotFound:
            continue
    return sorted(found, key=lambda event: (event.starts_at, event.id))


def _line(event: EventRow) -> Line:
    missing = tuple((name, missing_word(name)) for name in event.missing)
    now = clock.now()
    return Line(event, missing, event.ends_at <= now, closed_words(event, now))
