"""What staff found of counts at the doors, as the history says it: which count was confirmed, and whose phone said it."""

from typing import Any

from flask_babel import gettext as _

from app.checkin.conflict_words import people_words
from app.checkin.enums import LateReason
from app.checkin.operations.conflicts import SETTLED
from app.registrations.drafts import Headcount
from app.web.manage.history_words import verb_words

__all__ = ["SETTLED", "settled_words"]


def settled_words(details: dict[str, Any]) -> str:
    """« Comptage confirmé : 27 + 2 (Téléphone de Karim), plutôt que 25 + 2 (Porte B) ».

    Of lines that keep no counts, the verb's words.
    """
    counts = [Headcount(*count) for count in details.get("counts", [])]
    if len(counts) != 2:
        return verb_words(SETTLED)[1]
    first, second = (_said(count, phone) for count, phone in zip(counts, details["phones"], strict=True))
    found = people_words(Headcount(*details["found"])) if details.get("found") else ""
    said = {
        "first": _("Count confirmed: %(kept)s, rather than %(other)s", kept=first, other=second),
        "second": _("Count confirmed: %(kept)s, rather than %(other)s", kept=second, other=first),
        "both": _("Both counts are right: %(first)s and %(second)s", first=first, second=second),
        "another": _(
            "Count confirmed: %(found)s, rather than %(first)s or %(second)s", found=found, first=first, second=second
        ),
    }
    if details["outcome"] in said:
        return str(said[details["outcome"]])
    return _late(LateReason(details.get("why") or "taken_off"), second, counted=details["outcome"] == "counted")


def _late(why: LateReason, passed: str, *, counted: bool) -> str:
    """Of a passage that did not count by itself: what staff said of it, and why it was asked."""
    if why is LateReason.TAKEN_OFF:
        yes = _("Passage counted after its phone was taken off: %(passed)s", passed=passed)
        no = _("Passage not counted, after its phone was taken off: %(passed)s", passed=passed)
    elif why is LateReason.CANCELLED:
        yes = _("Passage with a cancelled ticket counted: %(passed)s", passed=passed)
        no = _("Passage with a cancelled ticket not counted: %(passed)s", passed=passed)
    else:
        yes = _("Passage that did not count by itself counted: %(passed)s", passed=passed)
        no = _("Passage that did not count by itself not counted: %(passed)s", passed=passed)
    return str(yes if counted else no)


def _said(people: Headcount, phone: str) -> str:
    count = people_words(people)
    return str(_("%(count)s (%(phone)s)", count=count, phone=phone)) if phone else count
