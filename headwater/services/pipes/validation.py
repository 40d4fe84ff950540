"""What CreatePipe and UpdatePipe check, in AWS's words.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headwater.languages.inputs import InvalidInput
from headwater.languages.patterns import PIPES, InvalidPattern, compile_pattern
from headwater.languages.pipe_inputs import PipeTemplate
from headwater.services import SERVICES
from headwater.services.pipes.errors import validation
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call
from headwater.spine.polling import STREAMS

Definition = Mapping[str, Any]
# The block of parameters of each kind of source, and whether it must be there.
SOURCE_BLOCKS: Mapping[str, str] = MappingProxyType(
    {"sqs": "SqsQueueParameters", "dynamodb": "DynamoDBStreamParameters", "kinesis": "KinesisStreamParameters"}
)
_OTHER_SOURCES = ("kafka", "mq")
_TARGET_BLOCKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "LambdaFunctionParameters": ("lambda",),
        "StepFunctionStateMachineParameters": ("states",),
        "KinesisStreamParameters": ("kinesis",),
        "EcsTaskParameters": ("ecs",),
        "BatchJobParameters": ("batch",),
        "SqsQueueParameters": ("sqs",),
        "EventBridgeEventBusParameters": ("events",),
        "HttpParameters": ("events", "execute-api"),
        "RedshiftDataParameters": ("redshift", "redshift-serverless"),
        "SageMakerPipelineParameters": ("sagemaker",),
        "CloudWatchLogsParameters": ("logs",),
        "TimestreamParameters": ("timestream",),
    }
)
TARGETS = frozenset({"events", "execute-api", "firehose", "kinesis", "lambda", "logs", "sns", "sqs", "states"})
_ENRICHMENTS = frozenset({"events", "execute-api", "lambda", "states"})
# What a target takes at once; an enrichment or target over HTTP takes one event.
MOST_AT_ONCE: Mapping[str, int] = MappingProxyType(
    {"events": 10, "execute-api": 1, "firehose": 500, "kinesis": 500, "logs": 10_000, "sns": 10, "sqs": 10}
)


def check_pipe(call: Call, definition: Definition) -> None:
    """AwsError where a definition, with its defaults, is not in order."""
    source, target = _arn(definition["Source"], "source"), _arn(definition["Target"], "target")
    enrichment = _arn(definition["Enrichment"], "enrichment") if definition.get("Enrichment") else None
    for arn in (source, target):
        if arn.region and arn.region != call.region:
            raise validation("Creating cross-region pipe is not permitted.")
    _check_source(source, definition.get("SourceParameters") or {})
    if enrichment is not None:
        _check_enrichment(call, enrichment)
    _check_target(call, target, definition.get("TargetParameters") or {})
    _check_batch(definition, source, target, enrichment)
    for block in ("EnrichmentParameters", "TargetParameters"):
        _check_template((definition.get(block) or {}).get("InputTemplate"))
    _check_logs(definition.get("LogConfiguration"))


def _arn(text: str, part: str) -> Arn:
    if text.startswith("smk://"):
        raise not_implemented("A pipe's self-managed Apache Kafka source")
    arn = parse_arn(text)
    if arn is None:
        raise validation(f"Invalid pipe {part}.")
    return arn


def _check_source(source: Arn, parameters: Mapping[str, Any]) -> None:
    service = source.service
    if service in _OTHER_SOURCES:
        raise not_implemented(f"A pipe's source of the service {service}")
    if service != "sqs" and service not in STREAMS:
        raise validation("Invalid pipe source.")
    block = SOURCE_BLOCKS[service]
    for name, value in parameters.items():
        if name not in ("FilterCriteria", block) and value is not None:
            raise validation("Invalid source parameter provided for source.")
    if service != "sqs" and "StartingPosition" not in (parameters.get(block) or {}):
        raise validation(f"SourceParameters.{block} Missing required parameter.")
    start = parameters.get(block) or {}
    if (start.get("StartingPosition") == "AT_TIMESTAMP") != (start.get("StartingPositionTimestamp") is not None):
        raise validation("StartingPositionTimestamp must be given with StartingPosition AT_TIMESTAMP, and only then.")
    for each in (parameters.get("FilterCriteria") or {}).get("Filters") or ():
        try:
            compile_pattern(each.get("Pattern") or "", PIPES)
        except InvalidPattern as error:
            raise validation(f"Invalid Event Pattern. Reason: {error.reason}") from None


def _check_enrichment(call: Call, enrichment: Arn) -> None:
    if enrichment.service not in _ENRICHMENTS:
        raise validation("Invalid pipe enrichment.")
    if enrichment.service == "events":
        _check_api_destination(call, enrichment)
    if enrichment.service == "states" and not _is_express(call, enrichment):
        raise validation("Only EXPRESS state machines are supported as a pipe enrichment.")


def _check_api_destination(call: Call, arn: Arn) -> None:
    if not arn.resource.startswith("api-destination/"):
        raise validation("Invalid pipe enrichment.")
    call.engine.find("events", "InvokeApiDestination")  # raises NotImplemented by name


def _check_target(call: Call, target: Arn, parameters: Mapping[str, Any]) -> None:
    service = target.service
    if service not in TARGETS:
        if any(service in services for services in _TARGET_BLOCKS.values()):
            raise not_implemented(f"A pipe's target of the service {service}")
        raise validation("Invalid pipe target.")
    if service != "execute-api" and service not in SERVICES:
        raise not_implemented(f"A pipe's target of the service {service}")
    for name, value in parameters.items():
        if value is not None and name in _TARGET_BLOCKS and service not in _TARGET_BLOCKS[name]:
            raise validation("Invalid target parameter provided for target.")
    if service == "sns" and target.resource.endswith(".fifo"):
        raise validation("SNS FIFO topics are not supported as a pipe target.")
    if service == "events" and target.resource.startswith("api-destination/"):
        _check_api_destination(call, target)
    if service == "kinesis" and not parameters.get("KinesisStreamParameters"):
        raise validation("TargetParameters.KinesisStreamParameters Missing required parameter.")
    if service == "states":
        _check_state_machine(call, target, parameters.get("StepFunctionStateMachineParameters") or {})


def _check_state_machine(call: Call, target: Arn, parameters: Mapping[str, Any]) -> None:
    awaited = (parameters.get("InvocationType") or "REQUEST_RESPONSE") == "REQUEST_RESPONSE"
    if awaited and not _is_express(call, target):
        raise validation("InvocationType REQUEST_RESPONSE is not supported for STANDARD state machines.")


def _is_express(call: Call, arn: Arn) -> bool:
    described = call.operation("states", "DescribeStateMachine", {"stateMachineArn": str(arn)}, arn.account, arn.region)
    return bool(described["type"] == "EXPRESS")


def _check_batch(definition: Definition, source: Arn, target: Arn, enrichment: Arn | None) -> None:
    parameters = (definition.get("SourceParameters") or {}).get(SOURCE_BLOCKS[source.service]) or {}
    size = parameters["BatchSize"]
    if size > (most := largest_batch(target, enrichment, size)):
        raise validation(f"The configured batch size {size} is greater than the max supported batch size {most}.")
    if source.service == "sqs":
        window = parameters.get("MaximumBatchingWindowInSeconds") or 0
        if source.resource.endswith(".fifo") and size > 10:
            raise validation("BatchSize must not be greater than 10 for FIFO queues.")
        if source.resource.endswith(".fifo") and window:
            raise validation("Batching window is not supported for FIFO queues")
        if size > 10 and not window:
            raise validation(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            )


def largest_batch(target: Arn, enrichment: Arn | None, wanted: int) -> int:
    """As much of a wanted batch as the target and the enrichment take; over HTTP it is one event."""
    if _is_http(target) or (enrichment is not None and _is_http(enrichment)):
        return 1
    return min(wanted, MOST_AT_ONCE.get(target.service, wanted))


def _is_http(arn: Arn) -> bool:
    return arn.service == "execute-api" or arn.resource.startswith("api-destination/")


def _check_template(template: str | None) -> None:
    if template:
        try:
            PipeTemplate(template)
        except InvalidInput as refusal:
            raise validation(str(refusal)) from None


def _check_logs(logs: Mapping[str, Any] | None) -> None:
    if not logs:
        return
    for name, service in (("S3LogDestination", "S3"), ("FirehoseLogDestination", "Firehose")):
        if logs.get(name):
            raise not_implemented(f"A pipe's log destination in {service}")
    if logs["Level"] != "OFF" and not logs.get("CloudwatchLogsLogDestination"):
        raise validation("Must provide at least 1 log destination in LogConfiguration")


def check_source_exists(call: Call, source: str) -> None:
    """AwsError of the source's own service where it is gone."""
    arn = parse_arn(source)
    if arn is None:
        raise validation("Invalid pipe source.")
    if arn.service == "sqs":
        url = f"{call.endpoint}/{arn.account}/{arn.resource}"
        call.operation("sqs", "GetQueueAttributes", {"QueueUrl": url}, arn.account, arn.region)
    else:
        kind = STREAMS[arn.service]
        call.operation(kind.service, kind.exists, {"StreamArn": source}, arn.account, arn.region)
