"""AWS IoT Core's message broker and protocol limits, and what follows from them.

Source: AWS General Reference, "AWS IoT Core endpoints and quotas", message broker.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, seconds and counts."""

    payload_bytes: int = 131_072
    packet_bytes: int = 149_504
    topic_bytes: int = 256
    topic_slashes: int = 7
    client_id_bytes: int = 128
    subscriptions_per_request: int = 8
    subscriptions_per_connection: int = 50
    inflight: int = 100
    topic_aliases: int = 8
    keep_alive_minimum: int = 30
    keep_alive_maximum: int = 1_200
    session_expiry_default: int = 3_600
    session_expiry_maximum: int = 604_800
    user_property_bytes: int = 8_192

    def keep_alive(self, requested: int) -> int:
        """The interval in force: 0 and what is too long become the maximum, what is too short the minimum."""
        if not requested or requested > self.keep_alive_maximum:
            return self.keep_alive_maximum
        return max(requested, self.keep_alive_minimum)

    def session_expiry(self, requested: int | None) -> int:
        """Seconds that a session outlives its connection, where MQTT 5's CONNECT asks for `requested`."""
        return min(requested or 0, self.session_expiry_maximum)


AWS_LIMITS = Limits()
