"""CloudFormation's types of Secrets Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SecretsManager.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.secretsmanager.errors import invalid_request
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

_COPIED = ("Description", "KmsKeyId")
_GENERATED = (
    "ExcludeCharacters",
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "PasswordLength",
    "RequireEachIncludedType",
)


def _typed(name: str, value: Any) -> Any:
    """Templates may give numbers and booleans as texts."""
    if name == "PasswordLength":
        return int(value)
    return value if name == "ExcludeCharacters" else str(value).lower() == "true"


@resource("AWS::SecretsManager::Secret")
class SecretResource(Resource):
    """`Ref` and the attribute Id are the ARN."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        if properties.get("ReplicaRegions"):
            raise not_implemented("ReplicaRegions of AWS::SecretsManager::Secret")
        request = {name: properties[name] for name in _COPIED if name in properties}
        request["Name"] = properties.get("Name") or _made_up_name(change)
        request["Tags"] = _tags(change, properties)
        made = call.operation("secretsmanager", "CreateSecret", request | self._value(call, properties))
        self._describe(change, made["ARN"])

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        properties = change.properties
        request = {name: properties.get(name, "") for name in ("Description",)}
        if "KmsKeyId" in properties:
            request["KmsKeyId"] = properties["KmsKeyId"]
        if any(properties.get(name) != change.previous.get(name) for name in ("SecretString", "GenerateSecretString")):
            request |= self._value(call, properties)
        identity = {"SecretId": change.physical_id}
        call.operation("secretsmanager", "UpdateSecret", {**identity, **request})
        wanted, former = _tags(change, properties), _tags(change, change.previous)
        gone = {tag["Key"] for tag in former} - {tag["Key"] for tag in wanted}
        call.operation("secretsmanager", "UntagResource", {**identity, "TagKeys": sorted(gone)})
        call.operation("secretsmanager", "TagResource", {**identity, "Tags": wanted})
        self._describe(change, change.physical_id)

    def delete(self, call: Call, change: Change) -> None:
        request = {"SecretId": change.physical_id, "ForceDeleteWithoutRecovery": True}
        call.operation("secretsmanager", "DeleteSecret", request)

    def _describe(self, change: Change, arn: str) -> None:
        change.physical_id = arn
        change.attributes = {"Id": arn}

    def _value(self, call: Call, properties: dict[str, Any]) -> dict[str, str]:
        generate = properties.get("GenerateSecretString")
        if generate is None:
            return {"SecretString": properties["SecretString"]} if "SecretString" in properties else {}
        if "SecretString" in properties:
            raise invalid_request("You can't specify both SecretString and GenerateSecretString.")
        asked = {name: _typed(name, generate[name]) for name in _GENERATED if name in generate}
        password = call.operation("secretsmanager", "GetRandomPassword", asked)["RandomPassword"]
        template, key = generate.get("SecretStringTemplate"), generate.get("GenerateStringKey")
        if (template is None) != (key is None):
            raise invalid_request("SecretStringTemplate and GenerateStringKey must be specified together.")
        if template is None:
            return {"SecretString": password}
        try:
            whole = orjson.loads(template)
            whole[key] = password
        except (orjson.JSONDecodeError, TypeError):
            raise invalid_request("Could not parse SecretStringTemplate JSON.") from None
        return {"SecretString": orjson.dumps(whole).decode()}


def _made_up_name(change: Change) -> str:
    """Without the stack's name in front, unlike elsewhere."""
    return f"{change.logical_id}-{change.suffix}"


def _tags(change: Change, properties: dict[str, Any]) -> list[dict[str, str]]:
    tags = {key: value for key, value in change.tags.items() if not key.startswith("aws:")}
    tags |= {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or ()}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@resource("AWS::SecretsManager::ResourcePolicy")
class SecretPolicyResource(Resource):
    """`Ref` is the secret's ARN."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {"SecretId": properties["SecretId"], "ResourcePolicy": _text(properties["ResourcePolicy"])}
        if "BlockPublicPolicy" in properties:
            request["BlockPublicPolicy"] = str(properties["BlockPublicPolicy"]).lower() == "true"
        made = call.operation("secretsmanager", "PutResourcePolicy", request)
        change.physical_id = made["ARN"]
        change.attributes = {"Id": made["ARN"]}

    def update(self, call: Call, change: Change) -> None:
        if change.properties["SecretId"] != change.previous["SecretId"]:
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("secretsmanager", "DeleteResourcePolicy", {"SecretId": change.physical_id})
        except AwsError as error:
            if error.code not in ("ResourceNotFoundException", "InvalidRequestException"):
                raise


def _text(policy: Any) -> str:
    return policy if isinstance(policy, str) else orjson.dumps(policy).decode()
