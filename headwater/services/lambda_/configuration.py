"""What a function is configured with: AWS's defaults, checks and texts.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.code import Code
from headwater.services.lambda_.errors import invalid_parameter, key_refusal, role_refusal
from headwater.services.lambda_.execution_role import check_dead_letters
from headwater.services.lambda_.function import Configuration
from headwater.spine.arns import parse_arn
from headwater.spine.encryption_keys import usable_key
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request
from headwater.spine.public_layers import requirement_of
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.trust import Taker, hand_over

PUBLISHED_FROM = "PublishedFrom"  # kept with a version: the revision of $LATEST that it is
_RUNTIMES = re.compile(r"python3\.\d+|nodejs\d+\.x|provided(\.al2|\.al2023)?")
_RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_LARGEST_ENVIRONMENT = 4096
_LONGEST_TIMEOUT = 900
_LARGEST_MEMORY = 10_240
_MOST_LAYERS = 5
_UNSUPPORTED = ("ImageConfig", "FileSystemConfigs", "CapacityProviderConfig", "DurableConfig", "TenancyConfig")
_PLAIN = ("Role", "Handler", "Description", "Timeout", "MemorySize", "Runtime", "EphemeralStorage", "KMSKeyArn")


def new_configuration(call: Call, request: Request, arn: str, name: str, code: Code) -> Configuration:
    """The configuration of a function that is created."""
    if request.get("PackageType", "Zip") != "Zip":
        raise not_implemented("The package type Image of Lambda")
    if not request.get("Runtime") or not request.get("Handler"):
        raise invalid_parameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    configuration: Configuration = {
        "FunctionName": name,
        "FunctionArn": arn,
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": request.get("Architectures") or ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    configure(call, configuration, request)
    set_code(call, configuration, code)
    return configuration


def set_code(call: Call, configuration: Configuration, code: Code) -> None:
    configuration["CodeSize"] = code.size
    configuration["CodeSha256"] = code.sha256
    touch(call, configuration)


def touch(call: Call, configuration: Configuration) -> None:
    """A change was made: new revision and time."""
    configuration["LastModified"] = iso8601_milliseconds(call.now).replace("Z", "+0000")
    configuration["RevisionId"] = call.ids.uuid()


def configure(call: Call, configuration: Configuration, request: Request) -> None:
    """Take over what a request says; members that are not in it stay as they are."""
    _check(request)
    hand_over(call, request.get("Role"), Taker("lambda", {}), role_refusal)
    if request.get("KMSKeyArn"):
        usable_key(call, request["KMSKeyArn"], ("kms:CreateGrant", "kms:Encrypt"), key_refusal)
    configuration.update({name: request[name] for name in _PLAIN if request.get(name) is not None})
    if "Runtime" in request:
        region = configuration["FunctionArn"].split(":")[3]
        digest = hashlib.sha256(configuration["Runtime"].encode()).hexdigest()
        configuration["RuntimeVersionConfig"] = {"RuntimeVersionArn": f"arn:aws:lambda:{region}::runtime:{digest}"}
    _set_optional(configuration, "Environment", request, bool((request.get("Environment") or {}).get("Variables")))
    _set_optional(
        configuration, "DeadLetterConfig", request, bool((request.get("DeadLetterConfig") or {}).get("TargetArn"))
    )
    if request.get("DeadLetterConfig") or request.get("Role"):
        check_dead_letters(call, configuration)
    if request.get("TracingConfig"):
        configuration["TracingConfig"] = {"Mode": request["TracingConfig"].get("Mode", "PassThrough")}
    if request.get("VpcConfig") is not None:
        asked = request["VpcConfig"]
        configuration["VpcConfig"] = {
            "SubnetIds": asked.get("SubnetIds") or [],
            "SecurityGroupIds": asked.get("SecurityGroupIds") or [],
            "VpcId": "vpc-0" if asked.get("SubnetIds") else "",
            "Ipv6AllowedForDualStack": asked.get("Ipv6AllowedForDualStack", False),
        }
    if (request.get("SnapStart") or {}).get("ApplyOn"):
        configuration["SnapStart"] = {"ApplyOn": request["SnapStart"]["ApplyOn"], "OptimizationStatus": "Off"}
    if request.get("LoggingConfig"):
        _configure_logging(configuration, request["LoggingConfig"])
    if request.get("Layers") is not None:
        _set_layers(call, configuration, request["Layers"])


def _set_optional(configuration: Configuration, name: str, request: Request, present: bool) -> None:
    """A structure that AWS leaves out of its answers once it is empty."""
    if request.get(name) is None:
        return
    configuration.pop(name, None)
    if present:
        configuration[name] = request[name]


def _configure_logging(configuration: Configuration, asked: dict[str, Any]) -> None:
    logging = {**configuration["LoggingConfig"], **asked}
    if logging["LogFormat"] == "JSON":
        logging.setdefault("ApplicationLogLevel", "INFO")
        logging.setdefault("SystemLogLevel", "INFO")
    elif "ApplicationLogLevel" in asked or "SystemLogLevel" in asked:
        raise invalid_parameter("To set ApplicationLogLevel or SystemLogLevel, LogFormat must be JSON.")
    else:
        logging.pop("ApplicationLogLevel", None)
        logging.pop("SystemLogLevel", None)
    configuration["LoggingConfig"] = logging


def _set_layers(call: Call, configuration: Configuration, arns: list[str]) -> None:
    if len(arns) > _MOST_LAYERS:
        raise invalid_parameter("Cannot reference more than 5 layers.")
    configuration.pop("Layers", None)
    layers = []
    for version_arn in arns:
        arn, _, version = version_arn.rpartition(":")
        row = call.store.one(tables.FIND_LAYER, (arn, whole(version)))
        if row is not None:
            layers.append({"Arn": version_arn, "CodeSize": orjson.loads(row[0])["Content"]["CodeSize"]})
        elif requirement_of(version_arn) is not None:
            layers.append({"Arn": version_arn})
        else:
            raise _no_layer(call, version_arn)
    if layers:
        configuration["Layers"] = layers


def _no_layer(call: Call, version_arn: str) -> AwsError:
    """On AWS another account's layer may well be there, where its owner lets everybody use it."""
    arn = parse_arn(version_arn)
    if arn is not None and arn.account != call.account:
        return not_implemented(f"The layer version {version_arn}, which another account publishes,")
    return invalid_parameter(f"Layer version {version_arn} does not exist.")


def _check(request: Request) -> None:
    for name in _UNSUPPORTED:
        if request.get(name):
            raise not_implemented(f"{name} of Lambda")
    runtime = request.get("Runtime")
    if runtime is not None and not _RUNTIMES.fullmatch(runtime):
        raise not_implemented(f"The Lambda runtime {runtime} (there are python3.*, nodejs*.x and provided.*)")
    _check_range(request.get("Timeout"), "timeout", _LONGEST_TIMEOUT)
    _check_range(request.get("MemorySize"), "memorySize", _LARGEST_MEMORY)
    variables = (request.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(_RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise invalid_parameter(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used "
            f"in this request: {', '.join(reserved)}"
        )
    size = len(orjson.dumps(variables)) if variables else 0
    if size > _LARGEST_ENVIRONMENT:
        raise invalid_parameter(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {orjson.dumps(variables).decode()}"
        )


def _check_range(value: int | None, name: str, largest: int) -> None:
    if value is not None and value > largest:
        raise invalid_parameter(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must have value less than or equal to {largest}"
        )


def shown(configuration: Configuration, qualified_arn: str | None = None) -> Configuration:
    """The configuration as an answer shows it."""
    answer = {name: value for name, value in configuration.items() if name != PUBLISHED_FROM}
    if qualified_arn:
        answer["FunctionArn"] = qualified_arn
    return answer


def shown_as_created(configuration: Configuration) -> Configuration:
    """As CreateFunction answers: by the next call the function is Active."""
    answer = shown(configuration)
    del answer["LastUpdateStatus"]
    return answer | {
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }


def shown_as_updating(configuration: Configuration) -> Configuration:
    """As updates answer: by the next call they have succeeded."""
    return shown(configuration) | {
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }
