"""Our spans, exported over OTLP/HTTP to whatever collects them."""

from headwater.insight.otlp.exporter import Exporter, NoSuchExtra

__all__ = ["Exporter", "NoSuchExtra"]
