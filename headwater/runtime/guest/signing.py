"""Signature version 4 by the botocore that we lend to functions: the same signatures at a fifth of the cost.

botocore makes copies of the headers, in the class of the standard library's e-mails, for each step of it, takes the
address apart four times, and derives the day's key anew: together more than a quarter of what is left of a call.
Plain requests are signed here; anything else is signed as it always was.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
import logging
import sys
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any

_DATE, _TOKEN, _AUTHORIZATION = "X-Amz-Date", "X-Amz-Security-Token", "Authorization"
_SET_ELSEWHERE = frozenset({"date", "x-amz-content-sha256"})  # which change how it is signed

Sign = Callable[[Any, Any], None]


class Signing:
    """In the place of ``SigV4Auth.add_auth``; ``usual`` is what was there."""

    def __init__(self, module: Any, usual: Sign) -> None:
        self._module = module
        self._usual = usual
        self._unsigned = frozenset(module.SIGNED_HEADERS_BLACKLIST)
        self._host = lru_cache(maxsize=64)(module._host_from_url)
        self._key = lru_cache(maxsize=64)(_key)
        self._parts = _parts(module.SigV4Auth)

    def add_auth(self, signer: Any, request: Any) -> None:
        """Put ``Authorization`` and what it needs into the headers of botocore's request."""
        headers = self._headers(request, signer.credentials.token) if self._is_plain(signer, request) else None
        if headers is None:
            self._usual(signer, request)
            return
        credentials, module = signer.credentials, self._module
        timestamp = request.context["timestamp"] = module.get_current_datetime().strftime(module.SIGV4_TIMESTAMP)
        day, region, service = timestamp[:8], signer._region_name, signer._service_name
        headers[_DATE.lower()] = request.headers[_DATE] = timestamp
        if credentials.token:
            headers[_TOKEN.lower()] = request.headers[_TOKEN] = credentials.token
        names = sorted(headers)
        signed = ";".join(names)
        canonical = "\n".join(
            [
                request.method.upper(),
                self._path(signer, request.url),
                signer.canonical_query_string(request) if "?" in request.url or request.params else "",
                *[f"{name}:{' '.join(headers[name].split())}" for name in names],
                "",
                signed,
                sha256(request.data or b"").hexdigest(),
            ]
        )
        scope = f"{day}/{region}/{service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key(credentials.secret_key, day, region, service), text.encode(), "sha256").hex()
        request.headers[_AUTHORIZATION] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, "
            f"Signature={signature}"
        )

    def _is_plain(self, signer: Any, request: Any) -> bool:
        """A body of bytes to our endpoint, and nobody who would have it otherwise."""
        module, context = self._module, request.context
        return (
            type(signer) is module.SigV4Auth
            and signer.credentials is not None
            and (request.data is None or type(request.data) is bytes)
            and request.url.startswith("http://")
            and "checksum" not in context
            and context.get("payload_signing_enabled", True)
            and not module.logger.isEnabledFor(logging.DEBUG)
            and _parts(module.SigV4Auth) == self._parts
        )

    def _headers(self, request: Any, token: str | None) -> dict[str, str] | None:
        """Those to be signed that are there already; None where one is out of the ordinary. Of a request that is
        sent again, what its former signature put in place is taken away."""
        found: dict[str, str] = {}
        former = (_DATE.lower(), _AUTHORIZATION.lower(), _TOKEN.lower() if token else "")
        for name, value in [*request.headers.raw_items()]:
            lower = name.lower()
            if lower in found or lower in _SET_ELSEWHERE or type(value) is not str or not value.isascii():
                return None
            if lower in former:
                del request.headers[name]
            elif lower not in self._unsigned:
                found[lower] = value
        found.setdefault("host", self._host("/".join(request.url.split("/", 3)[:3])))
        return found

    def _path(self, signer: Any, url: str) -> str:
        path: str = self._module.urlsplit(url).path
        return path if path == "/" else signer._normalize_url_path(path)


def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """What signs a day's requests to a service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _parts(signer: Any) -> tuple[Any, ...]:
    """What a library replaces that signs in another way."""
    return (
        signer.canonical_request,
        signer.headers_to_sign,
        signer.payload,
        signer.signature,
        signer.string_to_sign,
        signer.canonical_query_string,
        signer._normalize_url_path,
    )


def install() -> None:
    """For the botocore that is loaded before the function is: ours. One that a function brings is let alone."""
    module: Any = sys.modules.get("botocore.auth")
    if module is not None:
        signing = Signing(module, module.SigV4Auth.add_auth)
        module.SigV4Auth.add_auth = lambda self, request: signing.add_auth(self, request)
