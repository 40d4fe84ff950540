"""Whose certificates the TLS listeners let through their handshake; what a device may then do is asked by its
certificate's id.

An authority that was trusted once may stay so until the next start: its certificates are looked up all the same.
"""

from __future__ import annotations

from headwater.languages.mqtt.pushes import TRUST_CHANNEL, Trusted
from headwater.services.iot.certificates import tables
from headwater.spine.operations import Call, Request, Result, operation


def tell_trusted(call: Call, pem: str) -> None:
    """One more, as soon as it is committed."""
    call.announce(TRUST_CHANNEL, Trusted(pem))


@operation("iot-mqtt", "ListTrusted", internal=True, reads=True)
def list_trusted(call: Call, request: Request) -> Result:
    """Result: Certificates (PEM): this cloud's own authority, those that users have registered, and certificates of
    no known authority."""
    call.span.kept = False
    statements = (tables.AUTHORITIES, tables.ALL_CA_CERTIFICATES, tables.FOREIGN_CERTIFICATES)
    return {"Certificates": [pem for statement in statements for (pem,) in call.store.all(statement)]}
