"""Variables of the environment by which projects set up LocalStack: what they mean here, and which mean nothing.

https://docs.localstack.cloud/aws/configuration/config/configuration/
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_PREFIX = "LOCALSTACK_"
_NO = ("0", "false")
_YES = ("1", "true")
# Names of LocalStack's own, and why they change nothing; a trailing * stands for any ending.
_WITHOUT_EFFECT: Mapping[str, str] = MappingProxyType(
    {
        "LAMBDA_*": "functions are processes",
        "SQS_ENDPOINT_STRATEGY": "a queue is found by any form of its URL",
        "LOCALSTACK_HOST": "any name of the host is taken",
        "S3_SKIP_SIGNATURE_VALIDATION": "what AWS would refuse is noted, and refused with --verify-signatures",
        "STRICT_SERVICE_LOADING": "every service is there",
        "DYNAMODB_REMOVE_EXPIRED_ITEMS": "expired items always go",
        "DYNAMODB_SHARE_DB": "tables are of an account and a region",
        "DYNAMODB_ERROR_PROBABILITY": "headwater faults",
        "KINESIS_ERROR_PROBABILITY": "headwater faults",
        "KINESIS_LATENCY": "headwater faults",
        "SNAPSHOT_SAVE_STRATEGY": "all that is acknowledged is kept",
        "SNAPSHOT_LOAD_STRATEGY": "all that is acknowledged is kept",
        "USE_SSL": "--https-port",
        "LS_LOG": "headwater follow, headwater trace",
        "LOCALSTACK_AUTH_TOKEN": "none is needed",
        "LOCALSTACK_API_KEY": "none is needed",
        "ACTIVATE_PRO": "there is one edition",
        "DISABLE_CORS_CHECKS": "pages of any origin may call AWS's operations",
        "EXTRA_CORS_ALLOWED_ORIGINS": "pages of any origin may call AWS's operations",
        "MAIN_CONTAINER_NAME": "there is no container",
        "LOCALSTACK_VOLUME_DIR": "--data",
        "DOCKER_FLAGS": "there is no container",
        "PROVIDER_OVERRIDE_*": "each service has one implementation",
    }
)
# Names that others have too: nobody is told of them but where LocalStack's prefix says whose they are.
_COMMON: Mapping[str, str] = MappingProxyType({"DEBUG": "headwater follow, headwater trace"})


class Address(NamedTuple):
    """Where to listen; None where nothing is said of it."""

    host: str | None
    port: int | None


def address(environment: Mapping[str, str]) -> Address:
    """What GATEWAY_LISTEN says (``0.0.0.0:4566,…``, of which the first counts), or EDGE_BIND_HOST and EDGE_PORT, or
    MiniStack's GATEWAY_PORT."""
    host, _, port = (_said(environment, "GATEWAY_LISTEN") or "").split(",")[0].rpartition(":")
    if not host and not port.isdigit():
        host, port = port, ""
    host = host or _said(environment, "EDGE_BIND_HOST") or ""
    port = port or _said(environment, "EDGE_PORT") or environment.get("GATEWAY_PORT") or ""
    return Address(host or None, int(port) if port.isdigit() and int(port) < 65536 else None)


def keeps_nothing(environment: Mapping[str, str]) -> bool:
    """Whether PERSISTENCE is said to be off."""
    return (_said(environment, "PERSISTENCE") or "").lower() in _NO


def eager_services(environment: Mapping[str, str]) -> list[str] | None:
    """The services to load at the start, by LocalStack's names: those of SERVICES where EAGER_SERVICE_LOADING is on,
    none of them for all; None where it is off."""
    if (_said(environment, "EAGER_SERVICE_LOADING") or "").lower() not in _YES:
        return None
    return [name.strip() for name in (_said(environment, "SERVICES") or "").split(",") if name.strip()]


def without_effect(environment: Mapping[str, str]) -> list[str]:
    """A line for each variable that is set and changes nothing."""
    return [
        f"{name} has no effect here: {why}."
        for name, value in sorted(environment.items())
        if value and (why := _why(name)) is not None
    ]


def _why(name: str) -> str | None:
    bare = name.removeprefix(_PREFIX)
    if bare != name and bare in _COMMON:
        return _COMMON[bare]
    for each in (name, bare):
        for known, why in _WITHOUT_EFFECT.items():
            if each == known or (known.endswith("*") and each.startswith(known[:-1])):
                return why
    return None


def _said(environment: Mapping[str, str], name: str) -> str | None:
    return environment.get(name) or environment.get(_PREFIX + name)
