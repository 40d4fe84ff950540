"""Collecting what is wrong with a definition."""

from headwater.languages.asl.errors import Diagnostic


class Diagnostics:
    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.severity == "ERROR" for diagnostic in self.found)

    def add(self, code: str, message: str, location: str = "", severity: str = "ERROR") -> None:
        self.found.append(Diagnostic(code, message, location, severity))

    def schema(self, message: str, location: str) -> None:
        self.add("SCHEMA_VALIDATION_FAILED", message, location or "/")
