"""Who a client is by its certificate.

https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html
"""

from __future__ import annotations

from headwater.services.iot import certificate_tables as tables
from headwater.services.iot.authorizing import Identity
from headwater.services.iot.device_policies import policy_text
from headwater.services.iot.errors import unauthorized
from headwater.spine.operations import Call


def certificate_home(call: Call, identity: str) -> tuple[str, str]:
    """The account and region in which a certificate is registered, rather where it is ACTIVE.

    On AWS the host name tells them; ours is one for all.
    """
    homes = call.store.all(tables.CERTIFICATE_HOMES, (identity,))
    if not homes:
        raise unauthorized(f"The certificate {identity} is not registered.")
    account, region, _ = next((home for home in homes if home[2] == "ACTIVE"), homes[0])
    return account, region


def identity_by_certificate(call: Call, identity: str, client_id: str) -> Identity:
    """What a certificate makes of a client; UnauthorizedException where it is not ACTIVE."""
    row = call.store.one(tables.CERTIFICATE, (call.account, call.region, identity))
    if row is None or row[0] != "ACTIVE":
        raise unauthorized(f"The certificate {identity} is not ACTIVE.")
    return Identity(identity, policy_text(call, identity, row[2], client_id), None)
