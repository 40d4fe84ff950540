"""Temporary credentials of requests: whose they are, and that they have not expired.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from headwater.gateway.identity import MOST_KEPT
from headwater.gateway.messages import HttpRequest
from headwater.spine.errors import AwsError
from headwater.spine.session_tokens import Session, session_of

# either version of signatures writes it otherwise
_PRESIGNED = re.compile(r"(?:^|&)x-amz-security-token=([^&]*)", re.IGNORECASE)


class Sessions:
    """Sessions by their tokens, which are taken apart once each."""

    def __init__(self) -> None:
        self._known: dict[str, Session | None] = {}

    def find(self, request: HttpRequest) -> Session | None:
        """None where a request has no token, or one that was not made here: of that nothing is known."""
        token = request.headers.get("x-amz-security-token")
        if token is None:
            match = _PRESIGNED.search(request.query) if request.query else None
            if match is None:
                return None
            token = unquote(match[1])
        known = self._known.get(token, self)
        if isinstance(known, Sessions):
            known = session_of(token)
            if len(self._known) < MOST_KEPT:
                self._known[token] = known
        return known


def expired(service: str, protocol: str) -> AwsError:
    """As each kind of service says it."""
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", 400)
    text = "The security token included in the request is expired"
    if protocol == "query":
        return AwsError("ExpiredToken", text, 403)
    return AwsError("ExpiredTokenException", text, 400 if protocol == "json" else 403)
