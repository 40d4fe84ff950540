"""AWS's wire protocols, compiled from the service models on first use."""

from headwater.gateway.protocols.service import Protocol, WireService, load_service

__all__ = ["Protocol", "WireService", "load_service"]
