"""DynamoDB's errors, worded as DynamoDB words them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.errors import AwsError

KEY_MISMATCH = "The provided key element does not match the schema"
CONDITION_FAILED = "The conditional request failed"


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def key_refusal(error: AwsError) -> AwsError:
    if error.code == "AccessDeniedException":
        return AwsError("AccessDeniedException", f"KMS key access denied error: {error.message}")
    return validation(f"KMS validation error: {error.message}")


def invalid_parameter(message: str) -> AwsError:
    return AwsError("ValidationException", f"One or more parameter values were invalid: {message}")


def resource_not_found(detail: str = "") -> AwsError:
    return AwsError("ResourceNotFoundException", f"Requested resource not found{detail}")


def table_not_found(name: str) -> AwsError:
    """As the operations on tables say it; those on items do not name the table."""
    return resource_not_found(f": Table: {name} not found")


def table_exists(name: str) -> AwsError:
    return AwsError("ResourceInUseException", f"Table already exists: {name}")


def backed_up_table_not_found(name: str) -> AwsError:
    """As backups, restores, exports say it."""
    return AwsError("TableNotFoundException", f"Table not found: {name}")


def condition_failed(item: Mapping[str, Any] | None = None) -> AwsError:
    members: dict[str, Any] = {} if item is None else {"Item": item}
    return AwsError("ConditionalCheckFailedException", CONDITION_FAILED, 400, **members)


def transaction_cancelled(reasons: list[dict[str, Any]]) -> AwsError:
    codes = ", ".join([reason["Code"] for reason in reasons])
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=reasons,
    )


def idempotent_mismatch() -> AwsError:
    return AwsError(
        "IdempotentParameterMismatchException",
        "The request uses the same client token as a previous, but non-identical request. "
        "Do not reuse a client token with different requests, unless the requests are identical",
    )
