"""The tabs of the organiser's boxes, and who may open them."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.accounts.rules import Ability, roles_with
from app.boxes.queries import list_back_due
from app.core import clock
from app.recovery.queries import count_trouble
from app.resources.calendars import lending_zone
from app.web.guards import allows, current_organiser_id

SEES = roles_with(Ability.LENDING_SEE)
LENDS = roles_with(Ability.LENDING)
ASKS_BACK = frozenset({"/manage/boxes", "/manage/boxes/all", "/manage/boxes/returns"})
"""Where boxes are asked after that should be in service again."""


def boxes_context(current: str) -> dict[str, Any]:
    """What templates of these pages extend; `current` is the address of the tab that is open."""
    lends = allows(Ability.LENDING)
    tabs = [
        (_("Planning"), "/manage/boxes", True),
        (_("Loans"), "/manage/boxes/loans", True),
        (_("Hand-overs and returns"), "/manage/boxes/returns", lends),
        (_("To settle"), "/manage/boxes/trouble", True),
        (_("Boxes"), "/manage/boxes/all", True),
        (_("Scenarios"), "/manage/boxes/scenarios", True),
        (_("Facilitators"), "/manage/boxes/facilitators", lends),
        (_("Closures"), "/manage/boxes/closures", lends),
        (_("Calendars"), "/manage/boxes/calendars", lends),
        (_("Figures"), "/manage/boxes/figures", True),
    ]
    pages = {rule.rule for rule in current_app.url_map.iter_rules()}
    trouble = count_trouble(current_organiser_id(), now=clock.now())
    counts = {"/manage/boxes/trouble": trouble.total or None}
    shown = [(label, href, href == current, counts.get(href)) for label, href, may in tabs if may and href in pages]
    today = clock.now().astimezone(lending_zone()).date()
    back_due = list_back_due(current_organiser_id(), today) if current in ASKS_BACK else []
    return {"event_tabs": shown, "lends": lends, "trouble_count": trouble, "back_due": back_due}
