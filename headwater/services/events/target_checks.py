"""What PutTargets refuses, with AWS's words: a target is found fault with when it is put, not when it is to be reached.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.inputs import InputPath, InputTransformer, InvalidInput
from headwater.services.events.destinations import DESTINATIONS
from headwater.services.events.errors import cross_account_target, validation
from headwater.services.events.http_parameters import HttpParameters
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import not_implemented

_INPUTS = ("Input", "InputPath", "InputTransformer")
# What AWS's rules can have as targets and ours cannot.
_LACKING = frozenset(
    {
        "appsync",
        "batch",
        "codebuild",
        "codepipeline",
        "ec2",
        "ecs",
        "glue",
        "inspector",
        "redshift",
        "redshift-data",
        "redshift-serverless",
        "sagemaker",
        "ssm",
        "ssm-incidents",
    }
)
# Parameters, and the services whose targets take them.
_PARAMETERS = {
    "SqsParameters": ("sqs",),
    "HttpParameters": ("execute-api", "api-destination"),
    "KinesisParameters": ("kinesis",),
    "RunCommandParameters": (),
    "EcsParameters": (),
    "BatchParameters": (),
    "RedshiftDataParameters": (),
    "SageMakerPipelineParameters": (),
    "AppSyncParameters": (),
}


def check_target(target: dict[str, Any], bus: Arn | None) -> None:
    """AwsError unless a rule on a bus may have this target."""
    parts = parse_arn(target["Arn"])
    if parts is None or not parts.resource.strip(":"):
        raise _bad_arn(target["Arn"])
    if parts.service in _LACKING:
        raise not_implemented(f"A rule's target of the service {parts.service}")
    if parts.service not in DESTINATIONS or not _has_form(parts):
        raise _bad_arn(target["Arn"])
    _check_role(target, parts, bus)
    _check_parameters(target, parts)
    _check_input(target)
    _check_dead_letters(target)


def _bad_arn(arn: str) -> Exception:
    return validation(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


def _has_form(arn: Arn) -> bool:
    match arn.service:
        case "events":
            return arn.resource.startswith(("event-bus/", "api-destination/"))
        case "states":
            return arn.resource.startswith("stateMachine:")
        case "lambda":
            return arn.resource.startswith("function:")
        case "logs":
            return arn.resource.startswith("log-group:")
        case "schemas":
            return False
        case "kinesis":
            return arn.resource.startswith("stream/")
        case "firehose":
            return arn.resource.startswith("deliverystream/")
        case "execute-api":
            return arn.resource.count("/") >= 2
    return True


def _check_role(target: dict[str, Any], arn: Arn, bus: Arn | None) -> None:
    """A role is what EventBridge takes on for those that have no policy of their own, and for buses elsewhere."""
    away = bus is not None and arn.account != "" and arn.account != bus.account
    if away and (arn.service in ("states", "logs") or _kind(arn) == "api-destination"):
        raise cross_account_target(str(arn))
    needed = (
        arn.service in ("states", "kinesis", "firehose")
        or _kind(arn) == "api-destination"
        or (arn.service == "events" and away)
    )
    if needed and not target.get("RoleArn"):
        raise validation(f"RoleArn is required for target {arn}.")


def _kind(arn: Arn) -> str:
    return "api-destination" if arn.resource.startswith("api-destination/") else arn.service


def _check_parameters(target: dict[str, Any], arn: Arn) -> None:
    for name, services in _PARAMETERS.items():
        if target.get(name) and _kind(arn) not in services:
            raise validation(f"Parameter(s) {name} not valid for target: {target['Id']}.")
    if arn.service == "sns" and arn.resource.endswith(".fifo"):
        # nothing of a target could say which message group an event belongs to
        raise validation(f"Parameter {arn} is not valid. Reason: SNS FIFO topics are not supported as targets.")
    fifo = arn.service == "sqs" and arn.resource.endswith(".fifo")
    if fifo and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise validation(f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.")


def _check_dead_letters(target: dict[str, Any]) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if arn is None:
        return
    parts = parse_arn(arn)
    if parts is None or parts.service != "sqs":
        raise _bad_arn(arn)
    if parts.resource.endswith(".fifo"):
        raise validation(f"Parameter {arn} is not valid. Reason: A dead-letter queue must be a standard queue.")


def _check_input(target: dict[str, Any]) -> None:
    identity = target["Id"]
    given = [name for name in _INPUTS if target.get(name)]
    if len(given) > 1:
        raise validation(f"Only one of Input, InputPath, or InputTransformer must be provided for target {identity}.")
    try:
        if text := target.get("Input"):
            orjson.loads(text)
        if path := target.get("InputPath"):
            InputPath(path)
        if transformer := target.get("InputTransformer"):
            InputTransformer(transformer.get("InputPathsMap") or {}, transformer["InputTemplate"])
        HttpParameters(target.get("HttpParameters") or {})
        if key := (target.get("KinesisParameters") or {}).get("PartitionKeyPath"):
            InputPath(key)
    except orjson.JSONDecodeError:
        raise validation(f"JSON syntax error in input for target {identity}") from None
    except InvalidInput as refusal:
        part = next((name for name in given if name != "Input"), "HttpParameters").replace("Transformer", "Template")
        raise validation(f"Invalid {part} for target {identity} : [{refusal}]") from None
