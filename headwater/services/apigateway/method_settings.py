"""Method settings of REST APIs' stages: limits are kept to, executions are logged. Those of caches are
kept too; they have no effect on a stage without a cache, and a stage with one is refused.

https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.store import Document

_PATH = re.compile(r"/([^/]+)/([A-Z]+|\*)/([a-z]+/[A-Za-z]+)\Z")
_ALL = re.compile(r"/([^/]+/(?:[A-Z]+|\*))\Z")
_MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "caching/dataEncrypted": "cacheDataEncrypted",
        "caching/enabled": "cachingEnabled",
        "caching/requireAuthorizationForCacheControl": "requireAuthorizationForCacheControl",
        "caching/ttlInSeconds": "cacheTtlInSeconds",
        "caching/unauthorizedCacheControlHeaderStrategy": "unauthorizedCacheControlHeaderStrategy",
        "logging/dataTrace": "dataTraceEnabled",
        "logging/loglevel": "loggingLevel",
        "metrics/enabled": "metricsEnabled",
        "throttling/burstLimit": "throttlingBurstLimit",
        "throttling/rateLimit": "throttlingRateLimit",
    }
)
_FLAGS = frozenset(
    {
        "caching/dataEncrypted",
        "caching/enabled",
        "caching/requireAuthorizationForCacheControl",
        "logging/dataTrace",
        "metrics/enabled",
    }
)
_WHOLE = frozenset({"caching/ttlInSeconds", "throttling/burstLimit"})
_STRATEGIES = ("FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER")
_LEVELS = ("OFF", "ERROR", "INFO")


def setting_key(path: str, method: str) -> str:
    """The key of a resource's method: ``~1orders~1{id}/GET``; ``*`` stands for all of either."""
    return f"{path.replace('~', '~0').replace('/', '~1')}/{method}"


def patch_settings(settings: Mapping[str, Document], patch: Mapping[str, Any]) -> dict[str, Document]:
    """The settings with one patch operation done; AwsError for what cannot be changed."""
    whole = _ALL.match(str(patch.get("path")))
    if whole is not None and patch.get("op") == "remove":
        return {key: setting for key, setting in settings.items() if key != whole[1]}
    match = _PATH.match(str(patch.get("path")))
    if match is None or match[3] not in _MEMBERS:
        raise bad_request(f"Invalid method setting path: {patch.get('path')}")
    key = f"{match[1]}/{match[2]}"
    setting = {**settings.get(key, {}), _MEMBERS[match[3]]: _typed(match[3], patch.get("value"))}
    return {**settings, key: setting}


def _typed(member: str, value: Any) -> Any:
    if member in _FLAGS:
        return str(value).lower() == "true"
    if member == "logging/loglevel":
        if value not in _LEVELS:
            raise bad_request("Invalid logging level, must be one of OFF, ERROR, INFO")
        return value
    if member == "caching/unauthorizedCacheControlHeaderStrategy":
        if value not in _STRATEGIES:
            raise bad_request(f"Invalid value for the method setting {member}: {value}")
        return value
    try:
        return int(value) if member in _WHOLE else float(value)
    except (TypeError, ValueError):
        raise bad_request(f"Invalid value for the method setting {member}: {value}") from None
