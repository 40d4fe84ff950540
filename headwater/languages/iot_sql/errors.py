"""What can be wrong with a rule's SQL, and with one message that a rule is given."""

from __future__ import annotations


class SqlParseError(Exception):
    """The text is not a statement; AWS answers SqlParseException with this message."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class UnsupportedFunction(SqlParseError):
    """A function that AWS has and we do not."""


class EvaluationError(Exception):
    """The statement cannot be applied to this message; the rule fails for it."""
