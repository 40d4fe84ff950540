"""What is told of TLS where it is on."""

from __future__ import annotations

from headwater.cloud import Cloud


def addresses(cloud: Cloud) -> dict[str, str]:
    """The addresses by TLS, and the file of the authority that clients are to trust."""
    tls = cloud.tls
    if tls is None:
        return {}
    found = {"ca": str(tls.authority.path.resolve())}
    if tls.https_port:
        found["https"] = cloud.engine.secure_endpoint
    if tls.mqtts_port:
        found["mqtts"] = f"mqtts://{cloud.endpoint.partition('://')[2].rpartition(':')[0]}:{tls.mqtts_port}"
    return found


def told_of_tls(cloud: Cloud) -> list[str]:
    """Lines for a terminal."""
    found = addresses(cloud)
    if not found:
        return []
    where = " and ".join(found[name] for name in ("https", "mqtts") if name in found)
    return [f"By TLS: {where}. Clients trust it by AWS_CA_BUNDLE={found['ca']}"]
