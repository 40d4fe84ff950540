"""The functions of the rules engine by name.

Called with what they cannot use, functions give UNDEFINED; they never raise.
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.languages.iot_sql.functions import general, messages, numbers, strings, times
from headwater.languages.iot_sql.functions.signature import Function

FUNCTIONS: Mapping[str, Function] = {
    **numbers.FUNCTIONS,
    **strings.FUNCTIONS,
    **general.FUNCTIONS,
    **messages.FUNCTIONS,
    **times.FUNCTIONS,
}

# Functions of AWS that reach other services, or need what we do not have.
UNSUPPORTED = frozenset(
    (
        "aws_lambda",
        "get_registry_data",
        "get_secret",
        "machinelearning_predict",
        "md2",
    )
)

__all__ = ["FUNCTIONS", "UNSUPPORTED", "Function"]
