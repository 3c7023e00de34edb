"""Invented people: names, mail at example.org, telephone numbers of the range kept for fiction (06 39 98 xx xx)."""

from random import Random

from app.core.text import fold
from app.registrations.drafts import Contact

FIRST = (
    "Camille", "Sofiane", "Élodie", "Julien", "Aïcha", "Bastien", "Clara", "Dylan", "Fatima", "Gabriel", "Hélène",
    "Ibrahim", "Jeanne", "Kevin", "Lucie", "Mehdi", "Nadia", "Olivier", "Pauline", "Quentin", "Rosa", "Samuel", "Thaïs", "Victor",
    "Yasmine", "Zoé",
)  # fmt: skip
FAMILY = (
    "Aubert", "Belkacem", "Charpentier", "Da Silva", "Étienne", "Faivre", "Gillot", "Humbert", "Jacquin", "Kaya",
    "Lacroix", "Maréchal", "Nicolas", "Ouedraogo", "Petitjean", "Quénot", "Renaudin", "Simonet", "Tissot", "Vannier", "Zanetti",
)  # fmt: skip


class Names:
    """Gives people one by one, none twice."""

    def __init__(self, random: Random) -> None:
        self._pairs = [(first, family) for first in FIRST for family in FAMILY]
        random.shuffle(self._pairs)
        self._given = 0

    def contact(self) -> Contact:
        """The next person."""
        first, family = self._pairs[self._given]
        self._given += 1
        address = f"{fold(first)}.{fold(family).replace(' ', '')}@example.org"
        number = 2000 + self._given * 37 % 8000
        return Contact(f"{first} {family}", address, f"06 39 98 {number // 100:02d} {number % 100:02d}", family)
