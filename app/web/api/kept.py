"""What an Idempotency-Key keeps of an answer: everything but people's names and words.

Those are put in again from what is stored when the call is repeated. So nobody who is erased lives on in a kept answer.
"""

from typing import Any

PERSONAL = frozenset({"label", "contact", "organisation", "oriented_by", "cancel_reason"})


def without_people(answer: Any) -> Any:
    """The answer with null for what is about people."""
    if isinstance(answer, dict):
        return {name: None if name in PERSONAL else without_people(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [without_people(value) for value in answer]
    return answer


def with_people(kept: Any, now: Any) -> Any:
    """The kept answer with what is said of people now, at the same places; empty where nothing is said any more."""
    if isinstance(kept, dict):
        said = now if isinstance(now, dict) else {}
        return {
            name: said.get(name, "") if name in PERSONAL else with_people(value, said.get(name))
            for name, value in kept.items()
        }
    if isinstance(kept, list):
        others = now if isinstance(now, list) else []
        return [with_people(value, others[at] if at < len(others) else None) for at, value in enumerate(kept)]
    return kept
