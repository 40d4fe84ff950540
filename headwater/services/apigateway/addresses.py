"""Addresses of HTTP endpoints behind integrations: what may be one, and its placeholders.

https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from headwater.services.apigateway.errors import bad_request

_PLACEHOLDER = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}|\{([^}]+)\}")
_ADDRESS = re.compile(r"https?://|\$\{stageVariables\.")


def address_of(uri: Any) -> str:
    """AwsError where an integration's URI is no endpoint's."""
    if not isinstance(uri, str) or not _ADDRESS.match(uri):
        raise bad_request("Invalid HTTP endpoint specified for URI")
    return uri


def filled(address: str, variables: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """An address with the stage's variables and the path's parameters in it."""

    def value(match: re.Match[str]) -> str:
        if match[1] is not None:
            return variables.get(match[1], "")
        return quote(parameters.get(match[2].rstrip("+"), ""), safe="/~")

    return _PLACEHOLDER.sub(value, address)
