"""CloudFormation's types of KMS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_KMS.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.kms.specs import TAKES_LONG
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, Step, resource

_COPIED = ("Description", "KeySpec", "KeyUsage", "Origin")
_REPLACING = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")


def _is_true(value: object, default: bool = False) -> bool:
    return default if value is None else str(value).lower() == "true"


@resource("AWS::KMS::Key")
class KeyResource(Resource):
    """`Ref` and the attribute KeyId are the id; attribute Arn. Deleting it schedules its deletion, as on AWS."""

    def create(self, call: Call, change: Change) -> Step:
        properties = change.properties
        request: dict[str, Any] = {name: properties[name] for name in _COPIED if name in properties}
        request |= {
            "MultiRegion": _is_true(properties.get("MultiRegion")),
            "BypassPolicyLockoutSafetyCheck": _is_true(properties.get("BypassPolicyLockoutSafetyCheck")),
            "Tags": _tags(change),
        }
        if "KeyPolicy" in properties:
            request["Policy"] = _text(properties["KeyPolicy"])
        if properties.get("KeySpec") in TAKES_LONG:
            return self._create_slowly(change, request)
        self._made(call, change, call.operation("kms", "CreateKey", request))
        return None

    async def _create_slowly(self, change: Change, request: dict[str, Any]) -> None:
        assert change.work is not None
        made = await change.work.operation("kms", "CreateKey", request)
        await change.work.transact(self._made, change, made)

    def _made(self, call: Call, change: Change, made: dict[str, Any]) -> None:
        change.physical_id = made["KeyMetadata"]["KeyId"]
        change.attributes = {"Arn": made["KeyMetadata"]["Arn"], "KeyId": change.physical_id}
        self._configure(call, change, {})

    def update(self, call: Call, change: Change) -> None:
        wanted, former = change.properties, change.previous
        if any(wanted.get(name) != former.get(name) for name in _REPLACING):
            raise Replace
        named = {"KeyId": change.physical_id}
        if wanted.get("Description") != former.get("Description"):
            call.operation("kms", "UpdateKeyDescription", {**named, "Description": wanted.get("Description") or ""})
        if wanted.get("KeyPolicy") != former.get("KeyPolicy") and "KeyPolicy" in wanted:
            bypass = _is_true(wanted.get("BypassPolicyLockoutSafetyCheck"))
            policy = {"Policy": _text(wanted["KeyPolicy"]), "BypassPolicyLockoutSafetyCheck": bypass}
            call.operation("kms", "PutKeyPolicy", {**named, **policy})
        present = call.operation("kms", "ListResourceTags", {**named, "Limit": 50})["Tags"]
        tags = _tags(change)
        gone = {tag["TagKey"] for tag in present} - {tag["TagKey"] for tag in tags}
        if gone:
            call.operation("kms", "UntagResource", {**named, "TagKeys": sorted(gone)})
        call.operation("kms", "TagResource", {**named, "Tags": tags})
        self._configure(call, change, former)

    def _configure(self, call: Call, change: Change, former: dict[str, Any]) -> None:
        """Rotation needs an enabled key, so that comes first where it is to be enabled, last where not."""
        wanted, named = change.properties, {"KeyId": change.physical_id}
        enabled, was_enabled = _is_true(wanted.get("Enabled"), True), _is_true(former.get("Enabled"), True)
        if enabled and not was_enabled:
            call.operation("kms", "EnableKey", named)
        rotation = (_is_true(wanted.get("EnableKeyRotation")), wanted.get("RotationPeriodInDays"))
        if rotation != (_is_true(former.get("EnableKeyRotation")), former.get("RotationPeriodInDays")):
            if rotation[0]:
                days = {"RotationPeriodInDays": int(rotation[1])} if rotation[1] else {}
                call.operation("kms", "EnableKeyRotation", {**named, **days})
            elif _is_true(former.get("EnableKeyRotation")):
                call.operation("kms", "DisableKeyRotation", named)
        if was_enabled and not enabled:
            call.operation("kms", "DisableKey", named)

    def delete(self, call: Call, change: Change) -> None:
        days = change.properties.get("PendingWindowInDays") or change.previous.get("PendingWindowInDays")
        request = {"KeyId": change.physical_id, **({"PendingWindowInDays": int(days)} if days else {})}
        try:
            call.operation("kms", "ScheduleKeyDeletion", request)
        except AwsError as error:
            if error.code not in ("NotFoundException", "KMSInvalidStateException"):
                raise


def _tags(change: Change) -> list[dict[str, str]]:
    tags = {key: value for key, value in change.tags.items() if not key.startswith("aws:")}
    tags |= {tag["Key"]: str(tag["Value"]) for tag in change.properties.get("Tags") or ()}
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


def _text(policy: Any) -> str:
    return policy if isinstance(policy, str) else orjson.dumps(policy).decode()


@resource("AWS::KMS::Alias")
class AliasResource(Resource):
    """`Ref` is the alias's name."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties["AliasName"]
        call.operation("kms", "CreateAlias", {"AliasName": name, "TargetKeyId": change.properties["TargetKeyId"]})
        change.physical_id = name

    def update(self, call: Call, change: Change) -> None:
        if change.properties["AliasName"] != change.previous.get("AliasName"):
            raise Replace
        request = {"AliasName": change.physical_id, "TargetKeyId": change.properties["TargetKeyId"]}
        call.operation("kms", "UpdateAlias", request)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("kms", "DeleteAlias", {"AliasName": change.physical_id})
        except AwsError as error:
            if error.code != "NotFoundException":
                raise
