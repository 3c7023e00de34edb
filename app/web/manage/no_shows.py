"""Those who did not come to an event that is over, and why: one by one, or several at once."""

from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.rules import Ability
from app.core import clock
from app.core.errors import FieldError
from app.core.transaction import in_transaction
from app.events.enums import EDITABLE, ReasonUse
from app.events.queries import EventRow
from app.events.queries.reasons import list_reasons
from app.events.reasons import ReasonRow
from app.registrations.errors import NotOver
from app.registrations.operations.no_shows import tell_no_shows
from app.reports.queries.no_shows import PAGE, count_no_shows, list_no_shows, pick_no_shows
from app.web.guards import current_access, current_actor, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_editable_event, get_own_event, took_place

blueprint = Blueprint("manage_no_shows", __name__, url_prefix="/manage/events")

UNTOLD = "none"
"""In the address: those for whom no reason is told."""
MOST_SENT = 2 * PAGE


@blueprint.get("/<slug>/no-shows")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def show(slug: str) -> str:
    event = get_own_event(slug)
    access, over = current_access(), took_place(event)
    reasons = _reasons(event)
    chosen = [code for code in request.args.getlist("reason") if code == UNTOLD or code in {r.code for r in reasons}]
    text = request.args.get("q", "").strip()[:100]
    codes = ["" if code == UNTOLD else code for code in chosen]
    page = list_no_shows(event.id, access, codes=codes, text=text, after=_after()) if over else None
    totals = count_no_shows(event.id, access)
    counted = [(r, *totals.by_code[r.code]) for r in reasons if r.code in totals.by_code]
    return render_template(
        "manage/no_shows/list.html",
        over=over,
        may_tell=event.state in EDITABLE,
        page=page,
        totals=totals,
        counted=sorted(counted, key=lambda item: -item[1]),
        offered=[r for r in reasons if not r.retired],
        labels={r.code: r.label(current_locale()) for r in reasons},
        filters=[(UNTOLD, _("No reason yet")), *((r.code, r.label(current_locale())) for r, _n, _p in counted)],
        chosen=chosen,
        text=text,
        first_url=_url(slug, text, chosen),
        next_url=_url(slug, text, chosen, page.lines[-1].id) if page and page.more else None,
        here=_url(slug, text, chosen, _after()),
        **event_context(event, "no_shows"),
    )


@blueprint.post("/<slug>/no-shows")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def tell(slug: str) -> Response:
    """Each row sends the reason that it shows beside the one it showed: what a colleague told meanwhile is kept."""
    event = get_editable_event(slug)
    wanted = _several() if "several" in request.form else _changed()
    ids = pick_no_shows(event.id, current_access(), wanted) if took_place(event) else frozenset()
    told = {registration_id: code for registration_id, code in wanted.items() if registration_id in ids}
    changed = 0
    try:
        if told:
            changed = in_transaction(lambda: tell_no_shows(event.id, told, by=current_actor(), now=clock.now()))
    except FieldError:
        flash(_("This reason is not in the list. Choose another one."), "waiting")
    except NotOver:
        flash(_("The event is not over yet: who has not come may still come."), "waiting")
    else:
        flash(_said(changed, asked=bool(wanted)), "ok" if changed else "info")
    return redirect(_own(slug, request.form.get("back", "")), 303)


def _said(changed: int, *, asked: bool) -> str:
    if not asked:
        return str(_("Nothing changed: choose a reason first."))
    if not changed:
        return str(_("Nothing to change: it was so already."))
    return str(ngettext("Saved for %(num)d registration.", "Saved for %(num)d registrations.", changed))


def _several() -> dict[int, str]:
    """The ticked rows, all with the reason of the bar."""
    code = request.form.get("code", "")
    if not code:
        return {}
    ids = request.form.getlist("registration")[:MOST_SENT]
    return {int(i): "" if code == UNTOLD else code for i in ids if _is_id(i)}


def _changed() -> dict[int, str]:
    found = {}
    for name, code in list(request.form.items())[: 4 * MOST_SENT]:
        stem, _sep, number = name.partition("-")
        if stem == "code" and _is_id(number) and code != request.form.get(f"was-{number}", ""):
            found[int(number)] = code
    return found


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _after() -> int | None:
    text = request.args.get("after", "")
    return int(text) if _is_id(text) else None


def _reasons(event: EventRow) -> tuple[ReasonRow, ...]:
    return list_reasons(event.organiser_id, ReasonUse.NO_SHOW, retired=True)


def _url(slug: str, text: str, chosen: list[str], after: int | None = None) -> str:
    values = [("q", text)] if text else []
    values += [("reason", code) for code in chosen]
    if after is not None:
        values.append(("after", str(after)))
    return f"/manage/events/{slug}/no-shows" + (f"?{urlencode(values)}" if values else "")


def _own(slug: str, back: str) -> str:
    """Where the form stood, when it is this page."""
    home = f"/manage/events/{slug}/no-shows"
    return back if back.startswith(f"{home}?") and back.isprintable() else home
