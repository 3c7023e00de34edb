"""Closed lists of trouble."""

import enum


class Way(enum.StrEnum):
    """What can be done for a promise whose box is away: another box, other dates, or calling it off."""

    BOX = "box"
    DATES = "dates"
    OFF = "off"
