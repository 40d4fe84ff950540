"""The addresses of HTTP actions: which destination stands for one, and which AWS would refuse.

https://docs.aws.amazon.com/iot/latest/developerguide/https-rule-action.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from headwater.services.iot.errors import invalid_request
from headwater.spine.errors import not_implemented

_TEMPLATE = "${"
_MOST_CHARACTERS, _MOST_HEADERS, _LONGEST_KEY = 2000, 100, 256
_SIGNATURE = ("roleArn", "serviceName", "signingRegion")


def check_action(parameters: Mapping[str, Any]) -> None:
    """InvalidRequestException for an HTTP action that cannot be carried out; 501 for what we do not know."""
    url, confirmation = parameters["url"], parameters.get("confirmationUrl")
    if confirmation is None and _TEMPLATE in url:
        raise invalid_request("The http action must have confirmationUrl where url has a substitution template.")
    if confirmation is not None and not url.startswith(confirmation):
        raise invalid_request("The confirmationUrl of the http action must be a prefix of its url.")
    for given in (url, confirmation):
        if given is not None and _TEMPLATE not in given:
            check_url(given)
    _check_headers(parameters.get("headers") or ())
    if parameters.get("enableBatching"):
        raise not_implemented("The member enableBatching of the IoT rule action http")
    if auth := parameters.get("auth"):
        signature = auth.get("sigv4") or {}
        if missing := [name for name in _SIGNATURE if not signature.get(name)]:
            raise invalid_request(f"The sigv4 of the http action must have {missing[0]}.")


def _check_headers(headers: Any) -> None:
    if len(headers) > _MOST_HEADERS:
        raise invalid_request(f"The http action has more than {_MOST_HEADERS} headers.")
    for header in headers:
        if not 1 <= len(header.get("key") or "") <= _LONGEST_KEY or header.get("value") is None:
            raise invalid_request(f"A header has a key of 1 to {_LONGEST_KEY} characters, and a value.")


def check_url(url: str) -> None:
    """That an address can be asked: over HTTPS, as AWS wants it, or HTTP, which is what runs on one's own machine."""
    try:
        parts = urlsplit(url)
        is_known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_known = False
    if not is_known or len(url) > _MOST_CHARACTERS or any(character.isspace() for character in url):
        raise invalid_request(f"The URL {url} is not valid.")
    if ":" in (parts.hostname or ""):
        raise invalid_request(f"The URL {url} is not valid: IPv6 addresses are not supported.")


def confirmation_url(parameters: Mapping[str, Any]) -> str:
    """What the destination of an action must be confirmed for."""
    return str(parameters.get("confirmationUrl") or parameters["url"])


def implied_urls(payload: Mapping[str, Any]) -> list[str]:
    """For which addresses a rule makes destinations by itself: those without templates."""
    actions = [*(payload.get("actions") or ()), payload.get("errorAction") or {}]
    urls = [confirmation_url(action["http"]) for action in actions if "http" in action]
    return [url for url in dict.fromkeys(urls) if _TEMPLATE not in url]
