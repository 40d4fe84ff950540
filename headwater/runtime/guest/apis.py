"""Events tell AWS's host of an API, and functions build the address of its connections with it
(``https://{domainName}/{stage}``). What botocore sends there goes to our endpoint instead.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

_HOST = re.compile(r"\Ahttps://([a-z0-9]{10})\.execute-api\.[a-z0-9.-]+")


def install() -> None:
    """Once the function is loaded, whichever botocore it has brought; one that loads none then needs nothing."""
    module = sys.modules.get("botocore.httpsession")
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if module is None or not endpoint:
        return
    session: Any = module.URLLib3Session
    send = session.send

    def send_here(self: Any, request: Any) -> Any:
        request.url = _HOST.sub(rf"{endpoint}/_aws/execute-api/\1", request.url)
        return send(self, request)

    session.send = send_here
