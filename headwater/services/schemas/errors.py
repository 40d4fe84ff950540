"""EventBridge Schemas' errors, worded as it words them.

https://docs.aws.amazon.com/eventbridge/latest/schema-reference/what-is-eventbridge-schemas.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError


def bad_request(message: str) -> AwsError:
    return AwsError("BadRequestException", message, Code="BadRequest")


def not_found(kind: str, name: str) -> AwsError:
    """``kind``: Registry, Schema, Discoverer."""
    return AwsError("NotFoundException", f"{kind} with name {name} does not exist.", 404, Code="NotFound")


def conflict(kind: str, name: str) -> AwsError:
    return AwsError("ConflictException", f"{kind} with name {name} already exists.", 409, Code="Conflict")


def invalid_token() -> AwsError:
    return bad_request("Invalid NextToken.")
