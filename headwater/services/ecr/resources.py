"""ECR's CloudFormation type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.ecr.repository import arn_of, uri_of
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource

_TAGGING = Tagging("ecr", "tags", "tagKeys")
FIXED = ("RepositoryName", "EncryptionConfiguration")


@resource("AWS::ECR::Repository")
class RepositoryResource(Resource):
    """`Ref` is the name; attributes Arn, RepositoryUri."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        name = properties.get("RepositoryName") or change.physical_name(256, lower=True)
        request: dict[str, Any] = {
            "repositoryName": name,
            "tags": as_pairs(resource_tags(change)),
            "imageTagMutability": properties.get("ImageTagMutability"),
            "imageScanningConfiguration": _scanning(properties),
        }
        if encryption := properties.get("EncryptionConfiguration"):
            request["encryptionConfiguration"] = {
                "encryptionType": encryption["EncryptionType"],
                **({"kmsKey": encryption["KmsKey"]} if "KmsKey" in encryption else {}),
            }
        call.operation("ecr", "CreateRepository", {key: value for key, value in request.items() if value is not None})
        change.physical_id = name
        self._set_policies(call, change)

    def update(self, call: Call, change: Change) -> None:
        properties, previous = change.properties, change.previous
        if any(properties.get(member) != previous.get(member) for member in FIXED):
            raise Replace
        identity = {"repositoryName": change.physical_id}
        mutability = {"imageTagMutability": properties.get("ImageTagMutability") or "MUTABLE"}
        call.operation("ecr", "PutImageTagMutability", identity | mutability)
        scanning = {"imageScanningConfiguration": _scanning(properties)}
        call.operation("ecr", "PutImageScanningConfiguration", identity | scanning)
        self._set_policies(call, change)
        _TAGGING.update(call, {"resourceArn": arn_of(call, change.physical_id)}, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("ecr", "DeleteRepository", {"repositoryName": change.physical_id, "force": True})
        except AwsError as error:
            if error.code != "RepositoryNotFoundException":
                raise

    def _set_policies(self, call: Call, change: Change) -> None:
        name = change.physical_id
        change.attributes = {"Arn": arn_of(call, name), "RepositoryUri": uri_of(call, name)}
        access = change.properties.get("RepositoryPolicyText")
        lifecycle = (change.properties.get("LifecyclePolicy") or {}).get("LifecyclePolicyText")
        if access:
            request = {"repositoryName": name, "policyText": _text(access)}
            call.operation("ecr", "SetRepositoryPolicy", request)
        elif change.previous.get("RepositoryPolicyText"):
            call.operation("ecr", "DeleteRepositoryPolicy", {"repositoryName": name})
        if lifecycle:
            call.operation("ecr", "PutLifecyclePolicy", {"repositoryName": name, "lifecyclePolicyText": lifecycle})
        elif change.previous.get("LifecyclePolicy"):
            call.operation("ecr", "DeleteLifecyclePolicy", {"repositoryName": name})


def _text(policy: Any) -> str:
    return policy if isinstance(policy, str) else orjson.dumps(policy).decode()


def _scanning(properties: dict[str, Any]) -> dict[str, bool]:
    configured = (properties.get("ImageScanningConfiguration") or {}).get("ScanOnPush")
    return {"scanOnPush": str(configured).lower() == "true"}
