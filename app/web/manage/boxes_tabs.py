"""The tabs of the organiser's boxes, and who may open them."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.accounts.rules import Ability, roles_with
from app.web.guards import allows

SEES = roles_with(Ability.LENDING_SEE)
LENDS = roles_with(Ability.LENDING)


def boxes_context(current: str) -> dict[str, Any]:
    """What templates of these pages extend; `current` is the address of the tab that is open."""
    lends = allows(Ability.LENDING)
    tabs = [
        (_("Planning"), "/manage/boxes", True),
        (_("Loans"), "/manage/boxes/loans", True),
        (_("Returns"), "/manage/boxes/returns", lends),
        (_("Boxes"), "/manage/boxes/all", True),
        (_("Scenarios"), "/manage/boxes/scenarios", True),
        (_("Facilitators"), "/manage/boxes/facilitators", lends),
        (_("Closures"), "/manage/boxes/closures", lends),
        (_("Figures"), "/manage/boxes/figures", True),
    ]
    pages = {rule.rule for rule in current_app.url_map.iter_rules()}
    shown = [(label, href, href == current) for label, href, may in tabs if may and href in pages]
    return {"event_tabs": shown, "lends": lends}
