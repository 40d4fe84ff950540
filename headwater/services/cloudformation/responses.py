"""Where answers and signals from outside come in: the names that custom resources and wait conditions share."""

from __future__ import annotations

from typing import Final

RESPONSE_PATH: Final = "/_headwater/cloudformation/response"
RESPONSE_SIGNAL: Final = "cloudformation-response"
