"""What is lent, in words: boxes of a game, or equipment (visuals, signage), of which the same is said with other words."""

from app.core.i18n import N_, Locale, translate

THING_WORDS = {
    N_("Your boxes come back on %(day)s"): N_("The equipment comes back on %(day)s"),
    N_("Your boxes were expected on %(day)s"): N_("The equipment was expected on %(day)s"),
    N_("We are still waiting for your boxes of %(day)s"): N_("We are still waiting for the equipment of %(day)s"),
    N_("Boxes with you: %(codes)s. Agreed return: %(when)s."): N_("Sets with you: %(codes)s. Agreed return: %(when)s."),
    N_("Read the agreement and accept it: the boxes are then kept ready for you."): N_(
        "Read the agreement and accept it: the equipment is then kept ready for you."
    ),
    N_("You get box %(new)s in place of box %(old)s: it holds the same game."): N_(
        "You get set %(new)s in place of set %(old)s: it holds the same things."
    ),
    N_("Other people run the game now: %(names)s."): N_("Other people look after it now: %(names)s."),
    N_("We cannot lend you the boxes of request %(reference)s"): N_(
        "We cannot lend you the equipment of request %(reference)s"
    ),
    N_("Next: fetch the boxes on %(day)s."): N_("Next: fetch the equipment on %(day)s."),
    N_("This borrower is trusted: boxes are kept."): N_("This borrower is trusted: the equipment is kept."),
    N_("It keeps its place meanwhile: nobody else gets the last box."): N_(
        "It keeps its place meanwhile: nobody else gets the last set."
    ),
    N_("The boxes were expected on %(day)s."): N_("The equipment was expected on %(day)s."),
    N_("You bring them back on %(day)s. Thank you for telling us."): N_(
        "You bring it back on %(day)s. Thank you for telling us."
    ),
    N_("Tell us below on which day you bring them back."): N_("Tell us below on which day you bring it back."),
    N_("You bring the boxes back on %(day)s."): N_("You bring the equipment back on %(day)s."),
    N_("Next: bring the boxes back by %(day)s."): N_("Next: bring the equipment back by %(day)s."),
    N_("The boxes are back. We check what is in them."): N_("The equipment is back. We check that all of it is there."),
    N_("The boxes are back and their contents are counted."): N_("The equipment is back and counted."),
    N_("Box %(code)s"): N_("Set %(code)s"),
    N_("We cannot lend you the boxes this time: %(reason)s."): N_(
        "We cannot lend you the equipment this time: %(reason)s."
    ),
    N_("The boxes were not collected. The loan is over."): N_("The equipment was not collected. The loan is over."),
    N_("When do you bring them back?"): N_("When do you bring it back?"),
    N_("Not fetched yet"): N_("Sets not fetched yet"),
    N_("Guide for facilitators (PDF)"): N_("Guide (PDF)"),
    N_("The loan is called off. Others may have the boxes now."): N_(
        "The loan is called off. Others may have the equipment now."
    ),
    N_("The boxes are back already. Thank you."): N_("The equipment is back already. Thank you."),
    N_("no box is free on these days"): N_("no set is free on these days"),
    N_("nobody named is trained for this game yet"): N_("nobody named knows how to use it yet"),
    N_("the date is too near to prepare the boxes"): N_("the date is too near to prepare the equipment"),
    N_("a box is out of service"): N_("a set is out of service"),
    N_("a box is not back in time"): N_("a set is not back in time"),
    N_("Box %(code)s: %(thing)s, %(number)s missing of %(given)s."): N_(
        "Set %(code)s: %(thing)s, %(number)s missing of %(given)s."
    ),
    N_("Box %(code)s came back damaged: it is out of service."): N_(
        "Set %(code)s came back damaged: it is out of service."
    ),
    N_("Box %(code)s has to be cleaned before it is lent again."): N_(
        "Set %(code)s has to be cleaned before it is lent again."
    ),
    N_("Box %(code)s cannot be lent for now."): N_("Set %(code)s cannot be lent for now."),
}
"""What is said of boxes, and the same of equipment."""


def lent_text(text: str, *, game: bool) -> str:
    """The text that says it of what is lent: itself for a game, for equipment the one in the table, which must be there."""
    return text if game else THING_WORDS[text]


def lent_words(locale: Locale, text: str, *, game: bool, **values: object) -> str:
    return translate(locale, lent_text(text, game=game), **values)
