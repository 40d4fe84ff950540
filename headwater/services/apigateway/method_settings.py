"""Method settings of REST APIs' stages: limits are kept to, executions are logged; caches we lack, by name.

https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.store import Document
from headwater.spine.errors import not_implemented

_PATH = re.compile(r"/([^/]+)/([A-Z]+|\*)/([a-z]+/[A-Za-z]+)\Z")
_MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "logging/dataTrace": "dataTraceEnabled",
        "logging/loglevel": "loggingLevel",
        "metrics/enabled": "metricsEnabled",
        "throttling/burstLimit": "throttlingBurstLimit",
        "throttling/rateLimit": "throttlingRateLimit",
    }
)
# accepted where they ask for nothing
_UNSERVED: Mapping[str, str] = MappingProxyType({"caching/enabled": "false"})
_LEVELS = ("OFF", "ERROR", "INFO")


def setting_key(path: str, method: str) -> str:
    """The key of a resource's method: ``~1orders~1{id}/GET``; ``*`` stands for all of either."""
    return f"{path.replace('~', '~0').replace('/', '~1')}/{method}"


def patch_settings(settings: Mapping[str, Document], patch: Mapping[str, Any]) -> dict[str, Document]:
    """The settings with one patch operation done; AwsError for what cannot be changed."""
    match = _PATH.match(str(patch.get("path")))
    if match is None or match[3] not in _MEMBERS.keys() | _UNSERVED.keys():
        raise bad_request(f"Invalid method setting path: {patch.get('path')}")
    if match[3] in _UNSERVED:
        if str(patch.get("value")).lower() != _UNSERVED[match[3]].lower():
            raise not_implemented(f"The method setting {match[3]} of API Gateway")
        return dict(settings)
    key = f"{match[1]}/{match[2]}"
    setting = {**settings.get(key, {}), _MEMBERS[match[3]]: _typed(match[3], patch.get("value"))}
    return {**settings, key: setting}


def _typed(member: str, value: Any) -> Any:
    if member in ("metrics/enabled", "logging/dataTrace"):
        return str(value).lower() == "true"
    if member == "logging/loglevel":
        if value not in _LEVELS:
            raise bad_request("Invalid logging level, must be one of OFF, ERROR, INFO")
        return value
    try:
        return int(value) if member == "throttling/burstLimit" else float(value)
    except (TypeError, ValueError):
        raise bad_request(f"Invalid value for the method setting {member}: {value}") from None
