"""Words of the team's waiting list: what is in the way of an offer, what the policy does, until when an offer holds."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.i18n import format_short_day
from app.events.enums import WaitingPolicy
from app.events.queries import EventRow
from app.registrations.waiting_gaps import Gap, InTheWay
from app.web.filters import hour
from app.web.i18n import current_locale
from app.web.manage.list_words import wave_words


def until_words(event: EventRow, until: datetime) -> str:
    """« jeu. 4, 18 h 30 »; that the date is to come, while it is."""
    if event.date_to_come:
        return str(_("the new date"))
    day = format_short_day(until, event.timezone, current_locale())
    return f"{day}, {hour(until, event.timezone)}"


def gap_words(event: EventRow, found: InTheWay | None) -> str:
    """« il manque 3 places (jeu. 4, 9 h 40) »; for nothing in the way, that the offer is about to leave."""
    if found is None:
        return str(_("the places are free: the offer leaves in a moment"))
    wave = wave_words(event, found.wave_id, current_locale()) if found.wave_id is not None else ""
    match found.gap:
        case Gap.RESTS:
            return str(_("nothing is offered now"))
        case Gap.LATE:
            return str(_("begins within the hour: offer by hand"))
        case Gap.NEVER:
            return str(
                ngettext(
                    "%(num)d person more than can ever come then", "%(num)d people more than can ever come then",
                    found.missing,
                )
            )  # fmt: skip
        case Gap.APART:
            other = event.audience(found.audience).label(current_locale())
            return str(_("kept apart from “%(audience)s” (%(wave)s)", audience=other, wave=wave))
        case Gap.GROUPS:
            return str(_("no further group (%(wave)s)", wave=wave))
        case Gap.PLACES:
            return str(
                ngettext(
                    "%(num)d place is missing (%(wave)s)", "%(num)d places are missing (%(wave)s)", found.missing,
                    wave=wave,
                )
            )  # fmt: skip
        case Gap.AUDIENCE:
            return str(
                ngettext(
                    "%(num)d place of their audience is missing (%(wave)s)",
                    "%(num)d places of their audience are missing (%(wave)s)", found.missing, wave=wave,
                )
            )  # fmt: skip
        case Gap.EVENT:
            return str(
                ngettext(
                    "%(num)d place is missing in the whole event", "%(num)d places are missing in the whole event",
                    found.missing,
                )
            )  # fmt: skip


def policy_words(event: EventRow) -> str:
    """What the event does when the first in the list do not fit in."""
    if event.waiting_policy is WaitingPolicy.HOLD:
        return str(
            _("Free places are offered in this order. When they are too few for the first, they are kept for them.")
        )
    return str(
        _("Free places are offered in this order. When they are too few for the first, the next who fit in get them.")
    )
