"""Which structures are probably one: pure, over all of an organiser's structures at once.

Structures whose numbers differ are two: a college and the vocational section beside it have a UAI each, a company's
establishments a SIRET each. Of the others, those of the same name and town, of the same mail domain (where nobody else has
it), and of names that differ by little in one town are proposed.
"""

import enum
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from app.core.text import fold

NEAR = 0.86
"""How much of two names must be the same for one to be taken for the other's slip of the pen."""
SHARED_BY = 3
"""A mail domain that more structures have says nothing: an academy's, a provider's."""
CROWD = 60
"""Of more structures than that with one first letter in one town, names are compared only with their neighbours."""
NEIGHBOURS = 12

PROVIDERS = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "outlook.fr",
        "hotmail.com",
        "hotmail.fr",
        "live.fr",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.fr",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "sfr.fr",
        "neuf.fr",
        "laposte.net",
        "bbox.fr",
        "numericable.fr",
        "icloud.com",
        "me.com",
        "proton.me",
        "protonmail.com",
        "gmx.fr",
        "gmx.com",
        "aol.com",
    ]
)
_SHORT = {
    "clg": "college", "col": "college", "lyc": "lycee", "lp": "lycee professionnel", "lpo": "lycee polyvalent",
    "legt": "lycee", "lgt": "lycee", "st": "saint", "ste": "sainte", "ml": "mission locale", "ets": "etablissements",
    "cs": "centre social",
}  # fmt: skip
_SMALL = frozenset(
    [
        "de",
        "du",
        "des",
        "d",
        "la",
        "le",
        "les",
        "l",
        "et",
        "a",
        "au",
        "aux",
        "en",
        "sur",
        "sas",
        "sarl",
        "sa",
        "eurl",
        "sasu",
        "association",
        "asso",
    ]
)


class Sign(enum.StrEnum):
    """Why two structures are proposed, the surest first."""

    SAME_NAME = "same_name"
    SAME_DOMAIN = "same_domain"
    NEAR_NAME = "near_name"


@dataclass(frozen=True)
class Known:
    """What is compared of a structure. `domains` are those of its contacts' mails."""

    id: int
    name: str
    commune: str
    uai: str
    siret: str
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pair:
    """Two structures, the older one first."""

    first_id: int
    second_id: int
    signs: tuple[Sign, ...]


def find_pairs(structures: Sequence[Known], apart: frozenset[tuple[int, int]] = frozenset()) -> list[Pair]:
    """Probable duplicates, the surest first. `apart` are pairs (smaller id first) that somebody said to be two."""
    by_id = {s.id: s for s in structures}
    signs: dict[tuple[int, int], set[Sign]] = defaultdict(set)
    for sign, couples in (
        (Sign.SAME_NAME, _of_same_name(structures)),
        (Sign.SAME_DOMAIN, _of_same_domain(structures)),
        (Sign.NEAR_NAME, _of_near_name(structures)),
    ):
        for one, other in couples:
            pair = (min(one, other), max(one, other))
            if pair not in apart and not _differ(by_id[one], by_id[other]):
                signs[pair].add(sign)
    for said in signs.values():
        if Sign.SAME_NAME in said:
            said.discard(Sign.NEAR_NAME)  # it says nothing more
    order = list(Sign)
    found = [Pair(first, second, tuple(s for s in order if s in said)) for (first, second), said in signs.items()]
    return sorted(
        found, key=lambda p: (order.index(p.signs[0]), -len(p.signs), fold(by_id[p.first_id].name), p.first_id)
    )


def name_words(name: str) -> tuple[str, ...]:
    """A name's words that tell it from others: abbreviations written out, small words and legal forms left out."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    spelt = [part for word in words for part in _SHORT.get(word, word).split()]
    return tuple(word for word in spelt if word not in _SMALL) or tuple(spelt)


def domain_of(email: str) -> str:
    """The domain of an address that stands for its body; "" for a provider's."""
    domain = email.rpartition("@")[2].lower()
    return "" if domain in PROVIDERS else domain


def _differ(one: Known, other: Known) -> bool:
    return bool((one.uai and other.uai and one.uai != other.uai) or (
        one.siret and other.siret and one.siret != other.siret
    ))  # fmt: skip


def _of_same_name(structures: Iterable[Known]) -> Iterator[tuple[int, int]]:
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for s in structures:
        groups[(fold(s.name), fold(s.commune))].append(s.id)
    for ids in groups.values():
        yield from combinations(ids, 2)


def _of_same_domain(structures: Iterable[Known]) -> Iterator[tuple[int, int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for s in structures:
        for domain in s.domains:
            if domain:
                groups[domain].append(s.id)
    for ids in groups.values():
        if len(ids) <= SHARED_BY:
            yield from combinations(ids, 2)


def _of_near_name(structures: Sequence[Known]) -> Iterator[tuple[int, int]]:
    """Names are compared within a town; one without a town, with those of any town that have the same words."""
    towns: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    somewhere: dict[str, list[int]] = defaultdict(list)
    nowhere: list[tuple[str, int]] = []
    for s in structures:
        key, town = " ".join(sorted(name_words(s.name))), fold(s.commune)
        if key and town:
            towns[(town, key[0])].append((key, s.id))
            somewhere[key].append(s.id)
        elif key:
            nowhere.append((key, s.id))
    for named in towns.values():
        yield from _near_in_town(sorted(named))
    for key, structure_id in nowhere:
        yield from ((structure_id, other_id) for other_id in somewhere.get(key, ()))


def _near_in_town(named: Sequence[tuple[str, int]]) -> Iterator[tuple[int, int]]:
    reach = len(named) if len(named) <= CROWD else NEIGHBOURS
    for place, (key, structure_id) in enumerate(named):
        for other, other_id in named[place + 1 : place + 1 + reach]:
            if _is_near(key, other):
                yield structure_id, other_id


def _is_near(one: str, other: str) -> bool:
    """Names of the same words, or all but the same; figures never count as a slip: Dijon 1 and Dijon 2 are two."""
    if one == other:
        return True
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR
