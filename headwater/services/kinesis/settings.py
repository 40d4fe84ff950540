"""Settings of streams: retention, encryption, metrics, size of records. Encryption and metrics are kept and shown, no
more: records lie unencrypted in the local store, and nobody counts by shard.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.kinesis.errors import invalid_argument
from headwater.services.kinesis.lifecycle import pass_through
from headwater.services.kinesis.stream import (
    UPDATING,
    Settings,
    Stream,
    active_stream,
    change_settings,
    find_stream,
)
from headwater.spine.encryption_keys import as_shape, usable_key
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_SHORTEST, _LONGEST = 24, 8760
_ALL_METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


def update(call: Call, stream: Stream, **values: Any) -> Result:
    """Change some settings; the stream is UPDATING for a while."""

    def change(settings: Settings) -> None:
        for name, value in values.items():
            setattr(settings, name, value)

    change_settings(call, stream, change)
    pass_through(call, stream, UPDATING)
    return {}


@operation("kinesis", "UpdateStreamMode")
def update_stream_mode(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateStreamMode.html"""
    if request.get("WarmThroughputMiBps") is not None:
        raise not_implemented("WarmThroughputMiBps of Kinesis' streams")
    stream = active_stream(call, request)
    return update(call, stream, mode=request["StreamModeDetails"]["StreamMode"])


@operation("kinesis", "IncreaseStreamRetentionPeriod")
def increase_stream_retention_period(call: Call, request: Request) -> Result:
    stream, hours = _retained(call, request)
    if hours < stream.settings.retention:
        raise invalid_argument(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than existing "
            f"retention period ({stream.settings.retention} hours). Use DecreaseRetentionPeriod API."
        )
    return update(call, stream, retention=hours)


@operation("kinesis", "DecreaseStreamRetentionPeriod")
def decrease_stream_retention_period(call: Call, request: Request) -> Result:
    stream, hours = _retained(call, request)
    if hours > stream.settings.retention:
        raise invalid_argument(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than existing "
            f"retention period ({stream.settings.retention} hours). Use IncreaseRetentionPeriod API."
        )
    return update(call, stream, retention=hours)


def _retained(call: Call, request: Request) -> tuple[Stream, int]:
    hours = request["RetentionPeriodHours"]
    if hours < _SHORTEST:
        raise invalid_argument(
            f"Minimum allowed retention period is {_SHORTEST} hours. Requested retention period ({hours} hours) is "
            "too short."
        )
    if hours > _LONGEST:
        raise invalid_argument(
            f"Maximum allowed retention period is {_LONGEST} hours. Requested retention period ({hours} hours) is "
            "too long."
        )
    return active_stream(call, request), hours


@operation("kinesis", "StartStreamEncryption")
def start_stream_encryption(call: Call, request: Request) -> Result:
    stream = active_stream(call, request)
    usable_key(call, request["KeyId"], ("kms:DescribeKey",), as_shape)
    return update(call, stream, encryption=request["EncryptionType"], key=request["KeyId"])


@operation("kinesis", "StopStreamEncryption")
def stop_stream_encryption(call: Call, request: Request) -> Result:
    return update(call, active_stream(call, request), encryption="NONE", key=None)


@operation("kinesis", "UpdateMaxRecordSize")
def update_max_record_size(call: Call, request: Request) -> Result:
    return update(call, active_stream(call, request), record_kib=request["MaxRecordSizeInKiB"])


@operation("kinesis", "EnableEnhancedMonitoring")
def enable_enhanced_monitoring(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    return _monitor(call, stream, {*stream.settings.metrics} | _metrics(request))


@operation("kinesis", "DisableEnhancedMonitoring")
def disable_enhanced_monitoring(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    return _monitor(call, stream, {*stream.settings.metrics} - _metrics(request))


def _metrics(request: Request) -> set[str]:
    asked = set(request["ShardLevelMetrics"])
    return set(_ALL_METRICS) if "ALL" in asked else asked


def _monitor(call: Call, stream: Stream, wanted: set[str]) -> Result:
    desired = [name for name in _ALL_METRICS if name in wanted]
    current = stream.settings.metrics

    def change(settings: Settings) -> None:
        settings.metrics = desired

    change_settings(call, stream, change)
    shown = {"StreamName": stream.name, "StreamARN": stream.arn}
    return shown | {"CurrentShardLevelMetrics": current, "DesiredShardLevelMetrics": desired}
