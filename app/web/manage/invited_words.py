"""What is said to who invited somebody."""

from datetime import date

from flask_babel import gettext as _

from app.accounts.rules import INVITATION_LIFE
from app.core import clock
from app.web.filters import until
from app.web.forms.accounts import end_of


def invited_words(mail: str, last: date | None, timezone: str) -> str:
    """Until when the link works: 7 days, or to the end of the `last` day of what it gives."""
    ends_at = end_of(last, timezone)
    if ends_at is None or clock.now() + INVITATION_LIFE < ends_at:
        return str(_("The invitation leaves for %(mail)s. It is valid for 7 days.", mail=mail))
    return str(
        _(
            "The invitation leaves for %(mail)s. Its link is valid to the end of the last day, %(day)s.",
            mail=mail,
            day=until(ends_at, timezone),
        )
    )
