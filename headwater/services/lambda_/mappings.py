"""Event source mappings: creating, changing, showing and deleting them.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.patterns import PIPES, InvalidPattern, compile_pattern
from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import conflict, invalid_parameter, not_found
from headwater.services.lambda_.execution_role import check_destination, check_source
from headwater.services.lambda_.explaining import keep_version
from headwater.services.lambda_.function import find_configuration, find_function
from headwater.services.lambda_.mapping import CHANGED
from headwater.services.lambda_.names import parse_reference
from headwater.services.lambda_.pages import page
from headwater.spine.arns import Arn, make_arn, parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.ids import first_at
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.polling import STREAMS

_SETTINGS = ("BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "FunctionResponseTypes", "ScalingConfig")
_STREAM_SETTINGS = (
    "ParallelizationFactor",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
)
_UNSUPPORTED = ("SelfManagedEventSource", "Topics", "Queues", "SourceAccessConfigurations", "ProvisionedPollerConfig")
_DESTINATIONS = ("sqs", "sns", "s3")
_MOST_FILTERS = 5
_SQS_DEFAULTS: dict[str, Any] = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
_STREAM_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "LastProcessingResult": "No records processed",
}


@operation("lambda", "CreateEventSourceMapping")
def create_event_source_mapping(call: Call, request: Request) -> Result:
    source = _source(request)
    arn = str(source)
    function = _function(call, request["FunctionName"])
    existing = call.store.one(tables.FIND_MAPPING_OF, (arn, function))
    if existing is not None:
        raise _exists(source, function, existing[0])
    stream = source.service in STREAMS
    identity = call.ids.uuid()
    configuration: dict[str, Any] = {
        "UUID": identity,
        **(_STREAM_DEFAULTS if stream else _SQS_DEFAULTS),
        "EventSourceArn": arn,
        "FunctionArn": function,
        "State": "Enabled" if request.get("Enabled", True) else "Disabled",
        "StateTransitionReason": "User action" if stream else "USER_INITIATED",
        "EventSourceMappingArn": make_arn("lambda", call.region, call.account, f"event-source-mapping:{identity}"),
    }
    if stream:
        _set_start(configuration, request, source)
    _configure(call, configuration, request, source)
    _check_source(call, configuration, source)
    _check_destination(call, configuration)
    tags = orjson.dumps(request.get("Tags") or {}).decode()
    text = orjson.dumps(configuration).decode()
    row = (identity, call.account, call.region, arn, function, text, tags, call.new_id())
    call.store.run(tables.INSERT_MAPPING, row)
    keep_version(call, configuration)
    if (position := _first_position(call, configuration)) is not None:
        call.store.run(tables.PUT_POSITION, (identity, "", position))
    call.signal(CHANGED)
    call.span.subject = configuration["EventSourceMappingArn"]
    return configuration | {"State": "Creating"}


@operation("lambda", "GetEventSourceMapping", reads=True)
def get_event_source_mapping(call: Call, request: Request) -> Result:
    return _find(call, request)


@operation("lambda", "ListEventSourceMappings", reads=True)
def list_event_source_mappings(call: Call, request: Request) -> Result:
    source = request.get("EventSourceArn")
    function = request.get("FunctionName")
    wanted = parse_reference(call, function).qualified if function else None

    def rows(after: str, limit: int) -> list[tuple[Any, ...]]:
        found = call.store.all(tables.LIST_MAPPINGS, (call.account, call.region, after))
        chosen = [row for row in found if source in (None, row[1]) and wanted in (None, row[2])]
        return chosen[:limit]

    found, marker = page(request, rows, most=100)
    return {"EventSourceMappings": [orjson.loads(row[3]) for row in found], "NextMarker": marker}


@operation("lambda", "UpdateEventSourceMapping")
def update_event_source_mapping(call: Call, request: Request) -> Result:
    configuration = _find(call, request)
    source = parse_arn(configuration["EventSourceArn"])
    assert source is not None
    if request.get("FunctionName"):
        configuration["FunctionArn"] = _function(call, request["FunctionName"])
    former, window = configuration["State"], configuration.get("TumblingWindowInSeconds")
    if request.get("Enabled") is not None:
        configuration["State"] = "Enabled" if request["Enabled"] else "Disabled"
    _configure(call, configuration, request, source)
    if request.get("DestinationConfig"):
        _check_destination(call, configuration)
    if configuration.get("TumblingWindowInSeconds") != window:
        call.store.run(tables.DELETE_WINDOWS, (configuration["UUID"],))
    text = orjson.dumps(configuration).decode()
    call.store.run(tables.SET_MAPPING, (text, configuration["FunctionArn"], call.new_id(), configuration["UUID"]))
    keep_version(call, configuration)
    call.signal(CHANGED)
    changing = {"Enabled": "Enabling", "Disabled": "Disabling"}[configuration["State"]]
    return configuration | {"State": "Updating" if former == configuration["State"] else changing}


@operation("lambda", "DeleteEventSourceMapping")
def delete_event_source_mapping(call: Call, request: Request) -> Result:
    configuration = _find(call, request)
    call.store.run(tables.DELETE_MAPPING, (configuration["UUID"],))
    call.store.run(tables.DELETE_POSITIONS, (configuration["UUID"],))
    call.store.run(tables.DELETE_WINDOWS, (configuration["UUID"],))
    keep_version(call, configuration, deleted=True)
    call.signal(CHANGED)
    return configuration | {"State": "Deleting"}


def _find(call: Call, request: Request) -> dict[str, Any]:
    row = call.store.one(tables.FIND_MAPPING, (request["UUID"], call.account, call.region))
    if row is None:
        raise not_found("The resource you requested does not exist.")
    configuration: dict[str, Any] = orjson.loads(row[0])
    call.span.subject = configuration["EventSourceMappingArn"]
    return configuration


def _source(request: Request) -> Arn:
    for member in _UNSUPPORTED:
        if request.get(member):
            raise not_implemented(f"{member} of Lambda's event source mappings")
    source = parse_arn(request.get("EventSourceArn") or "")
    if source is None:
        raise invalid_parameter("Unrecognized event source.")
    if source.service != "sqs" and source.service not in STREAMS:
        raise not_implemented(f"The event source {source.service} of Lambda")
    return source


def _function(call: Call, name: str) -> str:
    """The ARN of a function that exists, with the qualifier that was given."""
    reference = parse_reference(call, name)
    find_function(call, reference)
    find_configuration(call, reference)
    return reference.qualified


def _exists(source: Arn, function: str, identity: str) -> AwsError:
    name = function.split(":")[6]
    if source.service == "sqs":
        text = f'An event source mapping with SQS arn (" {source} ") and function (" {name} ") already exists.'
    else:
        text = f'The event source arn (" {source} ") and function (" {name} ") provided mapping already exists.'
    return conflict(f"{text} Please update or delete the existing mapping with UUID {identity}")


def _set_start(configuration: dict[str, Any], request: Request, source: Arn) -> None:
    start = request.get("StartingPosition")
    if start is None:
        raise invalid_parameter(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if start == "AT_TIMESTAMP" and source.service != "kinesis":
        raise invalid_parameter(f"Unsupported starting position for arn type: {configuration['EventSourceArn']}")
    timestamp = request.get("StartingPositionTimestamp")
    if (start == "AT_TIMESTAMP") != (timestamp is not None):
        missing = "required" if timestamp is None else "not allowed"
        raise invalid_parameter(f"StartingPositionTimestamp is {missing} where StartingPosition is {start}.")
    configuration["StartingPosition"] = start
    if timestamp is not None:
        configuration["StartingPositionTimestamp"] = timestamp


def _first_position(call: Call, configuration: dict[str, Any]) -> int | None:
    """Where a stream is begun, None: with the oldest record."""
    start = configuration.get("StartingPosition")
    if start == "AT_TIMESTAMP":
        return first_at(configuration["StartingPositionTimestamp"])
    return call.new_id() if start == "LATEST" else None


def _configure(call: Call, configuration: dict[str, Any], request: Request, source: Arn) -> None:
    """Take over what a request says; members that are not in it stay as they are."""
    stream = source.service in STREAMS
    allowed = _SETTINGS + (_STREAM_SETTINGS if stream else ())
    for member in _STREAM_SETTINGS:
        if request.get(member) is not None and not stream:
            raise invalid_parameter(f"Unsupported source parameter: {member} for event source type SQS")
    configuration.update({member: request[member] for member in allowed if request.get(member) is not None})
    if configuration.get("TumblingWindowInSeconds") and configuration["ParallelizationFactor"] > 1:
        raise invalid_parameter("ParallelizationFactor must be 1 where there is a tumbling window.")
    _check_batch(configuration, source)
    filters = (configuration.get("FilterCriteria") or {}).get("Filters") or []
    if not filters:
        configuration.pop("FilterCriteria", None)
    if len(filters) > _MOST_FILTERS:
        raise invalid_parameter("Filter criteria can have at most 5 filters.")
    for each in filters:
        try:
            compile_pattern(each.get("Pattern") or "", PIPES)
        except InvalidPattern as error:
            raise invalid_parameter(error.message) from None
    configuration["LastModified"] = call.now


def _check_batch(configuration: dict[str, Any], source: Arn) -> None:
    size, window = configuration["BatchSize"], configuration["MaximumBatchingWindowInSeconds"]
    if source.service == "sqs":
        fifo = source.resource.endswith(".fifo")
        if fifo and size > 10:
            raise invalid_parameter("BatchSize must not be greater than 10 for FIFO queues.")
        if fifo and window:
            raise invalid_parameter("Batching window is not supported for FIFO queues")
        if size > 10 and not window:
            raise invalid_parameter(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            )


def _check_destination(call: Call, configuration: dict[str, Any]) -> None:
    given = ((configuration.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if not given:
        return
    destination = parse_arn(given)
    if destination is None:
        raise not_implemented(f"The Lambda destination {given}")
    if destination.service not in _DESTINATIONS:
        raise invalid_parameter(f"The destination ARN {given} is invalid.")
    function, _ = find_configuration(call, parse_reference(call, configuration["FunctionArn"]))
    check_destination(call, destination, function, configuration["UUID"])


def _check_source(call: Call, configuration: dict[str, Any], source: Arn) -> None:
    """The source must exist, the function's role must be let in, and a queue's messages stay hidden for as long as the
    function may run."""
    function, _ = find_configuration(call, parse_reference(call, configuration["FunctionArn"]))
    check_source(call, source, function)
    if kind := STREAMS.get(source.service):
        call.operation(kind.service, kind.exists, {"StreamArn": str(source)}, source.account, source.region)
        return
    url = f"{call.endpoint}/{source.account}/{source.resource}"
    asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
    try:
        attributes = call.operation("sqs", "GetQueueAttributes", asked, source.account, source.region)["Attributes"]
    except AwsError as error:
        raise invalid_parameter(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            f"SQS Error Message: {error.message}"
        ) from None
    hidden = int(attributes["VisibilityTimeout"])
    if hidden < function["Timeout"]:
        raise invalid_parameter(
            f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {function['Timeout']} seconds"
        )
