"""Firehose's errors, worded as it words them.

https://docs.aws.amazon.com/firehose/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from headwater.spine.errors import AwsError


def invalid_argument(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


def role_refusal(role: str) -> AwsError:
    return invalid_argument(f"Firehose is unable to assume role {role}. Please check the role provided.")


def stream_not_found(name: str, account: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Firehose {name} under account {account} not found.")


def in_use(message: str) -> AwsError:
    return AwsError("ResourceInUseException", message)
