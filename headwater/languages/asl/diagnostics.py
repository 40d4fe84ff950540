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

    def limits(self, value: float, location: str, least: float, most: float | None = None) -> None:
        if value < least:
            self.schema(f"Minimum value is {least}", location)
        elif most is not None and value > most:
            self.schema(f"Maximum value is {most}", location)
