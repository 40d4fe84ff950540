"""Headwater: a whole event-driven AWS architecture on your own machine."""

__version__ = "0.1.0"
