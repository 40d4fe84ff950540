"""Kinesis' errors, worded as it words them.

https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError


def invalid_argument(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


def validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def resource_not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def stream_not_found(name: str, account: str) -> AwsError:
    return resource_not_found(f"Stream {name} under account {account} not found.")


def shard_not_found(shard: str, name: str, account: str) -> AwsError:
    return resource_not_found(f"Could not find shard {shard} in stream {name} under account {account}.")


def in_use(message: str) -> AwsError:
    return AwsError("ResourceInUseException", message)


def limit_exceeded(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


def invalid_token() -> AwsError:
    return invalid_argument("NextToken is invalid.")
