"""What a phone at a door keeps or has lost, in words: passages, and of how many people."""

from flask_babel import gettext as _
from flask_babel import ngettext

from app.web.filters import number


def unsent_words(unsent: int, people: int) -> str:
    """« 3 passages pas encore envoyés (27 personnes) »; without the people of a phone that does not tell."""
    passages = ngettext("%(num)d passage not sent yet", "%(count)s passages not sent yet", unsent, count=number(unsent))
    return with_people(passages, people)


def lost_words(unsent: int, people: int) -> str:
    """« 1 passage perdu (13 personnes) »."""
    return with_people(ngettext("%(num)d passage lost", "%(num)d passages lost", unsent), people)


def with_people(passages: str, people: int) -> str:
    """The passages, and of how many people where that is known."""
    if not people:
        return str(passages)
    told = ngettext("%(num)d person", "%(num)d people", people)
    return str(_("%(passages)s (%(people)s)", passages=passages, people=told))
