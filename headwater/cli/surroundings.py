"""The environment in which a user's own command finds that AWS is Headwater."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from headwater.runtime import guest

_HOST_PREFIXES = Path(guest.__file__).parent / "host_prefixes.cjs"
_PROGRAMS = Path(__file__).parent / "programs"
_DEFAULT_REGION = "us-east-1"


def surroundings(endpoint: str, given: Mapping[str, str]) -> dict[str, str]:
    """The variables ``given``, with endpoint, credentials and region, and ``awslocal`` on the path. A profile would
    bring the credentials of a real account."""
    region = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or given.get("DEFAULT_REGION")
    address = urlsplit(endpoint)
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region or _DEFAULT_REGION,
        "AWS_DEFAULT_REGION": region or _DEFAULT_REGION,
        # what scripts that were written for LocalStack put together addresses from
        "LOCALSTACK_HOST": address.netloc,
        "LOCALSTACK_HOSTNAME": address.hostname or "",
        "EDGE_PORT": str(address.port),
        **{name: value for name, value in given.items() if name != "AWS_PROFILE"},
        **_without_host_prefixes(given),
        "PATH": f"{_PROGRAMS}{os.pathsep}{given.get('PATH', os.defpath)}",
        "AWS_ENDPOINT_URL": endpoint,
    }


def _without_host_prefixes(given: Mapping[str, str]) -> dict[str, str]:
    """SDKs put ``sync-`` and the like in front of an endpoint's host, which makes a name that exists nowhere.

    The SDK for JavaScript has no variable against it, so Node.js loads a few lines of ours first.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-host-prefix.html
    """
    node = f'{given.get("NODE_OPTIONS", "")} --require "{_HOST_PREFIXES}"'
    return {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true", "NODE_OPTIONS": node.strip()}
