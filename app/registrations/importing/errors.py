"""Refusals of imports. A file that cannot be used is refused as a whole; a line, only when the writing meets it."""

from app.core.errors import Conflict, DomainError, NotFound

Fact = str | int


class ImportRefused(DomainError):
    """The file cannot be used, for the reason `code`; `facts` are what the sentence about it needs (wording.py)."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(", ".join([code, *(f"{name}={value}" for name, value in facts.items())]))
        self.code, self.facts = code, facts


class LineRefused(Conflict):
    """A line that was fine when the file was checked can no longer be written (its wave filled…): nothing was."""

    def __init__(self, line: int, code: str) -> None:
        super().__init__(f"line {line}: {code}")
        self.line, self.code = line, code


class ImportNotFound(NotFound):
    """No such file at this event, or its seven days are over."""
