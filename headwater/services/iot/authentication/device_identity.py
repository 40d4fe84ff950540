"""Who a client is by the certificate that it has shown, of which a TLS listener has seen that it has the key.

https://docs.aws.amazon.com/iot/latest/developerguide/client-authentication.html
"""

from __future__ import annotations

from hashlib import sha256

from headwater.services.iot.authentication.authorizing import Identity
from headwater.services.iot.certificates.tables import CERTIFICATE, CERTIFICATE_HOMES
from headwater.services.iot.errors import unauthorized
from headwater.services.iot.policies.device_policies import policy_text
from headwater.spine.operations import Call


def certificate_home(call: Call, shown: bytes) -> tuple[str, str] | None:
    """The account and region in which a certificate (DER) is registered, rather where it is ACTIVE; None where it is
    in none.

    On AWS the host name tells them; ours is one for all.
    """
    homes = call.store.all(CERTIFICATE_HOMES, (_id(shown),))
    if not homes:
        return None
    account, region, _ = next((home for home in homes if home[2] == "ACTIVE"), homes[0])
    return account, region


def identity_by_certificate(call: Call, shown: bytes, client_id: str) -> Identity:
    """What a certificate makes of a client; UnauthorizedException where it is not registered here and ACTIVE."""
    identity = _id(shown)
    row = call.store.one(CERTIFICATE, (call.account, call.region, identity))
    if row is None or row[0] != "ACTIVE":
        raise unauthorized(f"The certificate {identity} is not registered and ACTIVE.")
    return Identity(identity, policy_text(call, identity, row[2], client_id), None)


def _id(shown: bytes) -> str:
    return sha256(shown).hexdigest()
