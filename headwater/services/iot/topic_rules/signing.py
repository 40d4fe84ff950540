"""Signature version 4 of what HTTP actions send: pure, by the credentials that are given.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from headwater.spine.timestamps import iso8601_seconds

_ALGORITHM = "AWS4-HMAC-SHA256"


class Signer(NamedTuple):
    """``credentials`` as STS gives them."""

    credentials: Mapping[str, Any]
    region: str
    service: str


def sign(signer: Signer, url: str, headers: Mapping[str, str], body: bytes, now: int) -> dict[str, str]:
    """The headers to be added to a POST; ``now`` in ms. Those that are given are signed too."""
    credentials = signer.credentials
    stamp = iso8601_seconds(now).replace("-", "").replace(":", "")
    added = {"X-Amz-Date": stamp, "X-Amz-Security-Token": credentials["SessionToken"]}
    digest = sha256(body).hexdigest()
    if signer.service == "s3":
        added["X-Amz-Content-SHA256"] = digest
    signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, **added}.items()}
    signed["host"] = urlsplit(url).netloc.rpartition("@")[2]
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            "POST",
            _path(signer.service, url),
            _query(url),
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            digest,
        ]
    )
    scope = f"{stamp[:8]}/{signer.region}/{signer.service}/aws4_request"
    text = "\n".join([_ALGORITHM, stamp, scope, sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials['SecretAccessKey']}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"Credential={credentials['AccessKeyId']}/{scope}"
    return added | {"Authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={key.hex()}"}


def _path(service: str, url: str) -> str:
    """As it is sent, and encoded once more for every service but S3."""
    path = urlsplit(url).path or "/"
    return path if service == "s3" else quote(path, safe="/-_.~")


def _query(url: str) -> str:
    """As it is sent, in order."""
    query = urlsplit(url).query
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&")) if query else []
    return "&".join(f"{name}={value}" for name, value in pairs)
