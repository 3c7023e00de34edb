"""Addresses of lending's calendars: made, copied, renewed, revoked."""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.errors import BoxNotFound
from app.boxes.queries import get_box, list_boxes
from app.core import clock
from app.core.transaction import transaction
from app.core.urls import absolute
from app.loans.enums import FeedKind
from app.loans.feeds import FeedNotFound, list_feeds
from app.loans.operations.feeding import make_feed, renew_feed, revoke_feed
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_calendars", __name__, url_prefix="/manage/boxes/calendars")

BASE = "/manage/boxes/calendars"
LONGEST_CODE = 40


@blueprint.get("")
@staff(LENDS)
def index() -> str:
    organiser_id = current_organiser_id()
    feeds = [(feed, absolute(feed.path)) for feed in list_feeds(organiser_id)]
    of_boxes = [pair for pair in feeds if pair[0].kind is FeedKind.BOX]
    known = {feed.box_id for feed, _address in of_boxes}
    return render_template(
        "manage/boxes/calendars.html",
        desk=next((pair for pair in feeds if pair[0].kind is FeedKind.DESK), None),
        of_boxes=of_boxes,
        others=[box for box in list_boxes(organiser_id) if box.id not in known],
        chosen=request.args.get("box", ""),
        **boxes_context(BASE),
    )


@blueprint.post("")
@staff(LENDS)
def make() -> Response:
    """`box` is a box's code; without one, the desk's calendar."""
    code, organiser_id = request.form.get("box", "").replace("\x00", "")[:LONGEST_CODE].strip(), current_organiser_id()
    try:
        box_id = get_box(organiser_id, code).id if code else None
    except BoxNotFound:
        flash(_("This box is no longer there."), "waiting")
        return redirect(BASE)
    with transaction():
        make_feed(box_id, organiser_id=organiser_id, by=current_actor(), now=clock.now())
    flash(_("The address is ready. Copy it into your calendar program."), "ok")
    return redirect(BASE)


@blueprint.post("/<int:feed_id>/renewal")
@staff(LENDS)
def renew(feed_id: int) -> Response:
    try:
        with transaction():
            renew_feed(feed_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except FeedNotFound:
        return _gone()
    flash(_("The calendar has another address. The former one shows nothing any more."), "ok")
    return redirect(BASE)


@blueprint.post("/<int:feed_id>/revocation")
@staff(LENDS)
def revoke(feed_id: int) -> Response:
    try:
        with transaction():
            revoke_feed(feed_id, organiser_id=current_organiser_id(), by=current_actor(), now=clock.now())
    except FeedNotFound:
        return _gone()
    flash(_("The address shows nothing any more."), "ok")
    return redirect(BASE)


def _gone() -> Response:
    flash(_("This address was changed or revoked already."), "waiting")
    return redirect(BASE)
