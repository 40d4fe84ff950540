"""ECR's errors, with AWS's codes and words.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call


def repository_not_found(call: Call, name: str) -> AwsError:
    text = f"The repository with name '{name}' does not exist in the registry with id '{call.account}'"
    return AwsError("RepositoryNotFoundException", text)


def repository_exists(call: Call, name: str) -> AwsError:
    text = f"The repository with name '{name}' already exists in the registry with id '{call.account}'"
    return AwsError("RepositoryAlreadyExistsException", text)


def image_not_found(call: Call, name: str, wanted: Mapping[str, str]) -> AwsError:
    digest, tag = wanted.get("imageDigest", "null"), wanted.get("imageTag", "null")
    text = f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within the repository "
    return AwsError("ImageNotFoundException", f"{text}with name '{name}' in the registry with id '{call.account}'")


def policy_not_found(call: Call, kind: str, name: str) -> AwsError:
    """``kind`` is ``Repository`` or ``Lifecycle``."""
    text = f"{kind} policy does not exist for the repository with name '{name}' in the registry with id "
    return AwsError(f"{kind}PolicyNotFoundException", f"{text}'{call.account}'")


def invalid_parameter(member: str, reason: str) -> AwsError:
    text = f"Invalid parameter at '{member}' failed to satisfy constraint: '{reason}'"
    return AwsError("InvalidParameterException", text)
