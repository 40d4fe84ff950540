"""CloudFormation's types of Lambda.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from headwater.services.lambda_.inline import package
from headwater.services.lambda_.names import parse_reference
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.resource_tags import Tagging, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, resource

_TAGGING = Tagging("lambda", pair=None, operations=("ListTags", "TagResource", "UntagResource"))
_NUMBERS = frozenset(
    {
        "Timeout",
        "MemorySize",
        "BatchSize",
        "MaximumBatchingWindowInSeconds",
        "ParallelizationFactor",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "TumblingWindowInSeconds",
        "MaximumEventAgeInSeconds",
        "MaximumConcurrency",
        "Size",
        "MaxAge",
    }
)
_NAMES = MappingProxyType({"KmsKeyArn": "KMSKeyArn"})
"""Properties that the API calls otherwise."""
_READ = (
    *("Architectures", "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "FunctionName", "Handler"),
    *("KmsKeyArn", "LoggingConfig", "MemorySize", "PackageType", "Role", "Runtime", "Timeout", "TracingConfig"),
)
_SWITCHES = frozenset({"Enabled", "BisectBatchOnFunctionError", "AllowCredentials", "Ipv6AllowedForDualStack"})


@resource("AWS::Lambda::Function")
class FunctionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("FunctionName") or change.physical_name(64)
        request = _request(change.properties, "Code", "Tags", "ReservedConcurrentExecutions", "FunctionName")
        request |= {"FunctionName": name, "Code": _code(change.properties), "Tags": resource_tags(change)}
        call.operation("lambda", "CreateFunction", request)
        self._finish(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        new, old = change.properties, change.previous
        if any(new.get(member) != old.get(member) for member in ("FunctionName", "PackageType")):
            raise Replace
        name = {"FunctionName": change.physical_id}
        if new.get("Code") != old.get("Code") or new.get("Architectures") != old.get("Architectures"):
            architectures = {"Architectures": new["Architectures"]} if "Architectures" in new else {}
            call.operation("lambda", "UpdateFunctionCode", name | _code(new) | architectures)
        apart = ("Code", "Tags", "ReservedConcurrentExecutions", "FunctionName", "Architectures", "PackageType")
        settings, former = _request(new, *apart), _request(old, *apart)
        if settings != former:
            gone = {member: _EMPTY[member] for member in former if member in _EMPTY and member not in settings}
            call.operation("lambda", "UpdateFunctionConfiguration", name | settings | gone)
        arn = self._finish(call, change, change.physical_id)
        _TAGGING.update(call, {"Resource": arn}, change)

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "DeleteFunction", {"FunctionName": change.physical_id})

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """Without its code, which can only be written."""
        named = {"FunctionName": change.physical_id}
        told = call.operation("lambda", "GetFunctionConfiguration", named)
        reserved = call.operation("lambda", "GetFunctionConcurrency", named).get("ReservedConcurrentExecutions")
        _describe_function(change, change.physical_id, told)
        return {
            **{name: told.get(_NAMES.get(name, name)) or None for name in _READ},
            "Layers": [layer["Arn"] for layer in told.get("Layers") or ()] or None,
            "ReservedConcurrentExecutions": reserved,
            "Tags": _TAGGING.present(call, {"Resource": told["FunctionArn"]}),
        }

    def known(self, call: Call) -> list[str]:
        functions = all_listed(call, "lambda", "ListFunctions", "Functions", ("NextMarker", "Marker"))
        return [function["FunctionName"] for function in functions]

    def _finish(self, call: Call, change: Change, name: str) -> str:
        reserved = change.properties.get("ReservedConcurrentExecutions")
        if reserved is not None:
            request = {"FunctionName": name, "ReservedConcurrentExecutions": int(reserved)}
            call.operation("lambda", "PutFunctionConcurrency", request)
        elif change.previous.get("ReservedConcurrentExecutions") is not None:
            call.operation("lambda", "DeleteFunctionConcurrency", {"FunctionName": name})
        configuration = call.operation("lambda", "GetFunctionConfiguration", {"FunctionName": name})
        _describe_function(change, name, configuration)
        arn: str = configuration["FunctionArn"]
        return arn


def _describe_function(change: Change, name: str, configuration: Request) -> None:
    snap_start = configuration["SnapStart"]
    change.physical_id = name
    change.attributes = {
        "Arn": configuration["FunctionArn"],
        "SnapStartResponse": snap_start,
        "SnapStartResponse.ApplyOn": snap_start["ApplyOn"],
        "SnapStartResponse.OptimizationStatus": snap_start["OptimizationStatus"],
    }


_EMPTY: dict[str, Any] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "Layers": [],
    "DeadLetterConfig": {"TargetArn": ""},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
    "TracingConfig": {"Mode": "PassThrough"},
    "MemorySize": 128,
    "Timeout": 3,
}
"""What a property goes back to that a template no longer has."""


@resource("AWS::Lambda::Version")
class VersionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = _request(change.properties, "RuntimePolicy", "ProvisionedConcurrencyConfig")
        version = call.operation("lambda", "PublishVersion", request)
        _provision(call, change, version["Version"])
        change.physical_id = version["FunctionArn"]
        change.attributes = {"Version": version["Version"], "FunctionArn": version["FunctionArn"]}

    def delete(self, call: Call, change: Change) -> None:
        try:
            _ignore_missing(call, "DeleteFunction", {"FunctionName": change.physical_id})
        except AwsError as error:
            # an alias that is made over in the same update still points here
            if error.code != "ResourceConflictException":
                raise


@resource("AWS::Lambda::Alias")
class AliasResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        self._describe(change, call.operation("lambda", "CreateAlias", self._request(change)))
        _provision(call, change, change.properties["Name"])

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(m) != change.previous.get(m) for m in ("Name", "FunctionName")):
            raise Replace
        self._describe(change, call.operation("lambda", "UpdateAlias", self._request(change)))
        _provision(call, change, change.properties["Name"])

    def delete(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {"FunctionName": properties["FunctionName"], "Name": properties["Name"]}
        _ignore_missing(call, "DeleteAlias", request)

    def _request(self, change: Change) -> dict[str, Any]:
        request = _request(change.properties, "RoutingConfig", "ProvisionedConcurrencyConfig")
        routing = change.properties.get("RoutingConfig") or {}
        weights = routing.get("AdditionalVersionWeights") or ()
        shares = {each["FunctionVersion"]: float(each["FunctionWeight"]) for each in weights}
        return request | {"RoutingConfig": {"AdditionalVersionWeights": shares}}

    def _describe(self, change: Change, alias: Request) -> None:
        change.physical_id = alias["AliasArn"]
        change.attributes = {"AliasArn": alias["AliasArn"]}


@resource("AWS::Lambda::Permission")
class PermissionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        change.physical_id = change.physical_name(100)
        request = _request(change.properties) | {"StatementId": change.physical_id}
        call.operation("lambda", "AddPermission", request)
        change.attributes = {"Id": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        request = {"FunctionName": change.properties["FunctionName"], "StatementId": change.physical_id}
        _ignore_missing(call, "RemovePermission", request)


@resource("AWS::Lambda::EventSourceMapping")
class EventSourceMappingResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = _request(change.properties, "Tags") | {"Tags": resource_tags(change)}
        if (seconds := change.properties.get("StartingPositionTimestamp")) is not None:
            request["StartingPositionTimestamp"] = round(float(seconds) * 1000)
        self._describe(change, call.operation("lambda", "CreateEventSourceMapping", request))

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(m) != change.previous.get(m) for m in ("EventSourceArn", "StartingPosition")):
            raise Replace
        request = _request(change.properties, "Tags", "EventSourceArn", "StartingPosition")
        if "FilterCriteria" in change.previous:
            request.setdefault("FilterCriteria", {"Filters": []})
        request["UUID"] = change.physical_id
        self._describe(change, call.operation("lambda", "UpdateEventSourceMapping", request))
        _TAGGING.update(call, {"Resource": change.attributes["EventSourceMappingArn"]}, change)

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "DeleteEventSourceMapping", {"UUID": change.physical_id})

    def _describe(self, change: Change, mapping: Request) -> None:
        change.physical_id = mapping["UUID"]
        change.attributes = {"Id": mapping["UUID"], "EventSourceMappingArn": mapping["EventSourceMappingArn"]}


@resource("AWS::Lambda::LayerVersion")
class LayerVersionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("LayerName") or change.physical_name(140)
        request = _request(change.properties) | {"LayerName": name}
        layer = call.operation("lambda", "PublishLayerVersion", request)
        change.physical_id = layer["LayerVersionArn"]
        change.attributes = {"LayerVersionArn": layer["LayerVersionArn"], "Arn": layer["LayerVersionArn"]}

    def delete(self, call: Call, change: Change) -> None:
        arn, _, version = change.physical_id.rpartition(":")
        call.operation("lambda", "DeleteLayerVersion", {"LayerName": arn, "VersionNumber": int(version)})


@resource("AWS::Lambda::LayerVersionPermission")
class LayerVersionPermissionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        change.physical_id = change.physical_name(100)
        call.operation(
            "lambda", "AddLayerVersionPermission", self._request(change, "Action", "Principal", "OrganizationId")
        )

    def delete(self, call: Call, change: Change) -> None:
        _ignore_missing(call, "RemoveLayerVersionPermission", self._request(change))

    def _request(self, change: Change, *members: str) -> dict[str, Any]:
        arn, _, version = change.properties["LayerVersionArn"].rpartition(":")
        given = {m: change.properties[m] for m in members if m in change.properties}
        return given | {"LayerName": arn, "VersionNumber": version, "StatementId": change.physical_id}


@resource("AWS::Lambda::Url")
class UrlResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        self._describe(change, call.operation("lambda", "CreateFunctionUrlConfig", self._request(change)))

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(m) != change.previous.get(m) for m in ("TargetFunctionArn", "Qualifier")):
            raise Replace
        self._describe(change, call.operation("lambda", "UpdateFunctionUrlConfig", self._request(change)))

    def delete(self, call: Call, change: Change) -> None:
        request = self._request(change)
        _ignore_missing(
            call, "DeleteFunctionUrlConfig", {m: request[m] for m in request if m in ("FunctionName", "Qualifier")}
        )

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        told = call.operation("lambda", "GetFunctionUrlConfig", {"FunctionName": change.physical_id})
        self._describe(change, told)
        function = parse_reference(call, told["FunctionArn"])
        # a template may name its function in several ways, and it is this one's for ever
        target = change.properties.get("TargetFunctionArn") or function.arn
        settings = {name: told.get(name) or None for name in ("AuthType", "Cors", "InvokeMode")}
        return {"TargetFunctionArn": target, "Qualifier": function.qualifier or None, **settings}

    def _request(self, change: Change) -> dict[str, Any]:
        return _request(change.properties, "TargetFunctionArn") | {
            "FunctionName": change.properties["TargetFunctionArn"]
        }

    def _describe(self, change: Change, url: Request) -> None:
        change.physical_id = url["FunctionArn"]
        change.attributes = {"FunctionUrl": url["FunctionUrl"], "FunctionArn": url["FunctionArn"]}


@resource("AWS::Lambda::EventInvokeConfig")
class EventInvokeConfigResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        call.operation("lambda", "PutFunctionEventInvokeConfig", _request(change.properties))
        change.physical_id = change.physical_id or change.physical_name(64)

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(m) != change.previous.get(m) for m in ("FunctionName", "Qualifier")):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        request = {m: change.properties[m] for m in ("FunctionName", "Qualifier")}
        _ignore_missing(call, "DeleteFunctionEventInvokeConfig", request)


def _provision(call: Call, change: Change, qualifier: str) -> None:
    """Provisioned concurrency of a version or an alias, as the template has it now."""
    key = {"FunctionName": change.properties["FunctionName"], "Qualifier": qualifier}
    wanted = (change.properties.get("ProvisionedConcurrencyConfig") or {}).get("ProvisionedConcurrentExecutions")
    if wanted is not None:
        request = {**key, "ProvisionedConcurrentExecutions": int(wanted)}
        call.operation("lambda", "PutProvisionedConcurrencyConfig", request)
    elif change.previous.get("ProvisionedConcurrencyConfig"):
        call.operation("lambda", "DeleteProvisionedConcurrencyConfig", key)


def _request(properties: dict[str, Any], *without: str) -> dict[str, Any]:
    """A template's properties as an API request: numbers and switches may stand there as text."""
    return {_NAMES.get(name, name): _typed(name, value) for name, value in properties.items() if name not in without}


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        if name in ("Variables", "Tags"):
            return {key: _text(each) for key, each in value.items()}
        return {key: _typed(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed("", each) for each in value]
    if name in _NUMBERS and isinstance(value, str):
        return int(value)
    if name in _SWITCHES and isinstance(value, str):
        return value.lower() == "true"
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _code(properties: dict[str, Any]) -> dict[str, Any]:
    """``Code`` of a template; source text in it becomes a package."""
    code = dict(properties["Code"])
    source = code.get("ZipFile")
    if isinstance(source, str):
        code["ZipFile"] = package(source, properties.get("Runtime", ""))
    return code


def _ignore_missing(call: Call, operation: str, request: dict[str, Any]) -> None:
    try:
        call.operation("lambda", operation, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
