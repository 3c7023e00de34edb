"""Closed lists of what is lent."""

import enum


class LentKind(enum.StrEnum):
    """An escape game, or another thing lent the same way (visuals, signage)."""

    GAME = "game"
    OTHER = "other"


class Wear(enum.StrEnum):
    GOOD = "good"
    WORN = "worn"


class BoxCondition(enum.StrEnum):
    READY = "ready"
    INCOMPLETE = "incomplete"
    OUT_OF_SERVICE = "out_of_service"


class OutReason(enum.StrEnum):
    """Why a box is out of service."""

    BROKEN = "broken"
    MISSING_PARTS = "missing_parts"
    LOST = "lost"
    CLEANING = "cleaning"
    UPDATE = "update"
    OTHER = "other"


class FileUse(enum.StrEnum):
    """A guide is open to all (`GUIDE`), or kept for those who run the boxes (`GUIDE_KEPT`): it may hold a game's solutions."""

    GUIDE = "guide"
    GUIDE_KEPT = "guide_kept"
    PHOTO = "photo"
    DAMAGE = "damage"


GUIDES = frozenset({FileUse.GUIDE, FileUse.GUIDE_KEPT})


class AccreditationSource(enum.StrEnum):
    TRAINING = "training"
    BY_HAND = "by_hand"
