"""Our spans, exported over OTLP/HTTP to whatever collects them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.insight.otlp.extra import NoSuchExtra
from headwater.spine.engine import Engine

if TYPE_CHECKING:
    from headwater.insight.otlp.exporter import Exporter

__all__ = ["Exporter", "NoSuchExtra", "exporter"]


def exporter(engine: Engine, endpoint: str) -> Exporter:
    """Raises NoSuchExtra. A start without it does not load its HTTP client."""
    from headwater.insight.otlp.exporter import Exporter

    return Exporter(engine, endpoint)
