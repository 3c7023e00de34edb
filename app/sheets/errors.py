"""Why a file cannot be used."""

from app.core.errors import DomainError

Fact = str | int


class ImportRefused(DomainError):
    """The file cannot be used, for the reason `code`; `facts` are what the sentence about it needs (wording.py)."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(", ".join([code, *(f"{name}={value}" for name, value in facts.items())]))
        self.code, self.facts = code, facts
