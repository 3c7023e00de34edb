"""What a person told the first steps of their organiser: a step done that nothing else shows, or that they hide."""

from sqlalchemy import select, update

from app.accounts.models import Membership
from app.core.db import db

HIDDEN, PREVIEWED, PRACTISED = "hidden", "previewed", "practised"


def note_guide(account_id: int, organiser_id: int, word: str, *, on: bool = True) -> None:
    """Note one of HIDDEN, PREVIEWED, PRACTISED, or take it back. Nothing happens for who does not work there.

    It is their own tick: no history keeps it. Raises ValueError for another word.
    """
    if word not in {HIDDEN, PREVIEWED, PRACTISED}:
        raise ValueError(word)
    mine = (Membership.account_id == account_id) & (Membership.organiser_id == organiser_id)
    kept = db.session.execute(select(Membership.guide).where(mine).with_for_update()).scalar_one_or_none()
    if kept is None:
        return
    words = set(kept.split()) | {word} if on else set(kept.split()) - {word}
    db.session.execute(update(Membership).where(mine).values(guide=" ".join(sorted(words))))
